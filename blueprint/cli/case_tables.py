"""Cases for a person at a terminal: tables in both languages' order."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.cases.attached import AttachedCheck
from blueprint.cases.consultations import Asked, Consultation
from blueprint.cases.documents import ANSWERS, Basis, Opinion, Screening
from blueprint.cases.outcome import KeptOutcome
from blueprint.cases.outcome_documents import OUTCOME_VERDICTS, REPLIES, Reply
from blueprint.cases.outcome_proof import OutcomeVerification
from blueprint.cases.review import Review
from blueprint.cases.shown_documents import CaseFile, CaseFindings, OpinionLine
from blueprint.cases.stages import STAGE_NAMES
from blueprint.cases.standing import CASE_STATES, FINDINGS_STATES, CaseStanding
from blueprint.cases.worklist import CasePage
from blueprint.cli.tables import area_text, check_tables, head_with_id, outcome_text

_REPLY_COLOURS = {
    "awaited": "yellow",
    "answered": "green",
    "not_answered": "bold red",
    "released": "dim",
}
_VERDICT_COLOURS = {
    "positive": "bold green",
    "conditional": "yellow",
    "negative": "bold red",
    "open": "magenta",
}
_UNVERIFIED = "（时限为默认值，未核实 · the number of days is a default, not verified）"


def cases_table(page: CasePage) -> Table:
    """One line a case; beneath it, of a department, what it is asked."""
    table = Table(title=f"案卷 · cases on {page.day} ({page.matched})")
    head_with_id(table, "项目、阶段 project, stage", "状态、预审 state, findings", "反馈、期限 due")
    for one in page.cases:
        standing = one.standing
        findings = FINDINGS_STATES[standing.findings].zh
        due = "" if standing.due is None else f"\n{standing.due}"
        table.add_row(
            one.id,
            Text(f"{one.project.name}\n{STAGE_NAMES[one.stage].zh}"),
            _state_text(standing).append(f"\n{findings}", style="dim"),
            _answered(standing).append(due),
        )
    return table


def _state_text(standing: CaseStanding) -> Text:
    text = Text(CASE_STATES[standing.state].zh)
    if standing.outcome is not None:
        text.append(f" {OUTCOME_VERDICTS[standing.outcome].zh}", _VERDICT_COLOURS[standing.outcome])
    if standing.outcome_stands is False:
        text.append(" 已失效", style="magenta")
    if standing.to_ask:
        text.append(" 待征求", style="yellow")
    if standing.flagged:
        text.append(" ⚑ 新快照结论不同", style="magenta")
    return text


def _answered(standing: CaseStanding) -> Text:
    if not standing.asked:
        return Text("")
    text = Text(f"{standing.answered}/{standing.asked}")
    if standing.overdue:
        text.append(f" 逾期 {standing.overdue}", style="bold red")
    return text


def case_tables(file: CaseFile, opinions: Sequence[OpinionLine]) -> Group:
    """One case: where it stands, screenings, whom it asks, what they answered."""
    standing = file.standing
    head: list[RenderableType] = [
        Text.assemble((file.project.name, "bold"), f"   {file.id}"),
        Text(
            f"{STAGE_NAMES[file.stage].both()} · 申请日期 {file.application_date} · "
            f"{standing.day}："
        ).append_text(_state_text(standing)),
        Text(f"预审 findings  {FINDINGS_STATES[standing.findings].both()}"),
    ]
    for one in file.screenings:
        line = Text(f"第 {one.screening} 次预审 {one.day} · 快照 {one.snapshot.id} · ")
        if one.verdict is not None:
            line.append_text(outcome_text(one.verdict))
        line.append(f" · 有效至 {one.valid_until} · {one.check_id}")
        if not one.validity_verified:
            line.append(_UNVERIFIED, style="dim")
        head.append(line)
    if file.flag is not None:
        head.append(Text(f"⚑ {file.flag.before} → {file.flag.after}：").append_text(
            outcome_text(file.flag.verdict_before)).append(" → ").append_text(
            outcome_text(file.flag.verdict_after)))  # fmt: skip
    if file.consultations:
        head.append(consultations_table(file.consultations))
    head += [Padding(opinion_text(one.opinion), (0, 0, 0, 2)) for one in opinions if one.stands]
    return Group(*head)


def attached_table(checks: Sequence[AttachedCheck]) -> Table:
    """The checks that are attached to a case."""
    table = Table(title="附检 · attached checks")
    for title in ("检测 check", "结论 verdict", "快照 snapshot", "用地 site", "附入 attached"):
        table.add_column(title, overflow="fold")
    for one in checks:
        site = Text(f"{one.site} · {area_text(one.area)}")
        if one.same_site is False:
            site.append(" 与预审红线不同 another outline", style="yellow")
        who = Text(f"{one.day} {one.who or ''}".rstrip())
        if one.note is not None:
            who.append(f"\n{one.note}")
        table.add_row(one.check_id, outcome_text(one.verdict), one.snapshot.id, site, who)
    return table


def consultations_table(asking: Sequence[Consultation]) -> Table:
    """Whom a case asks, until when, and what became of it."""
    table = Table(title="征求意见 · consultations")
    for title in ("部门 department", "状态 status", "期限 due", "意见 answer", "事项 findings"):
        table.add_column(title, overflow="fold")
    for one in asking:
        due = f"{one.due}{' 预估' if one.due_estimated else ''}"
        said = "" if one.answer is None else ANSWERS[one.answer].zh
        said += " 逾期" if one.late else ""
        table.add_row(
            Text(one.department.name.zh),
            Text(REPLIES[one.status].zh, style=_REPLY_COLOURS[one.status]),
            due,
            said,
            Text("\n".join(_titles(one))),
        )
    return table


def _titles(one: Consultation) -> list[str]:
    """What is asked by its title, where it may be told in words."""
    return [question.title.zh for question in one.questions] or one.findings


def screening_tables(screening: Screening, asked: Asked | None) -> Group:
    """What a screening came to, and whom it concerns."""
    head = Text.assemble(("预审结论 verdict  ", "bold"), outcome_text(screening.verdict))
    head.append(f"   第 {screening.screening} 次 · 快照 {screening.snapshot.id} · ")
    head.append(f"有效至 {screening.valid_until} · {screening.check_id}")
    table = Table(title="征求意见清单 · whom to ask about what")
    for title in ("部门 department", "事项 finding", "依据 articles in force"):
        table.add_column(title, overflow="fold")
    for one in screening.departments:
        for question in one.questions:
            bases = "、".join(f"《{b.title.zh}》{b.article or ''}" for b in question.legal_bases)
            what = outcome_text(question.outcome).append(f" {question.title.zh}")
            table.add_row(Text(one.department.name.zh), what, Text(bases))
        table.add_section()
    lines: list[RenderableType] = [head, table]
    lines += [
        Text(f"与其他项目重叠 overlaps {one.name}：{area_text(one.area)}", style="yellow")
        for one in screening.overlaps
    ]
    if asked is not None:
        lines.append(asked_text(asked))
    return Group(*lines)


def asked_text(asked: Asked) -> Text:
    """Who was asked, asked again, left alone, released."""
    parts = (
        ("已征求 asked", asked.asked),
        ("重新征求 asked again", asked.again),
        ("意见仍有效 unchanged", asked.unchanged),
        ("不再涉及 released", asked.released),
    )
    told = [f"{name}：{', '.join(names)}" for name, names in parts if names]
    return Text("\n".join(told) or "无需征求意见 · nobody has to be asked")


def opinion_text(opinion: Opinion) -> Text:
    """One opinion with its basis and its conditions."""
    text = Text.assemble((opinion.department.name.zh, "bold"), f" {ANSWERS[opinion.answer].both()}")
    text.append(f" · 第 {opinion.version} 版{' · 逾期 late' if opinion.late else ''}")
    for basis in opinion.basis:
        text.append(f"\n  依据 {_basis_text(basis)}")
    for one in opinion.conditions:
        text.append(f"\n  条件 {one.text}")
        text.append("" if one.basis is None else f"（{_basis_text(one.basis)}）")
    if opinion.note is not None:
        text.append(f"\n  备注 {opinion.note}", style="dim")
    return text


def outcome_tables(kept: KeptOutcome) -> Group:
    """The outcome with its list of conditions."""
    outcome = kept.outcome
    title = "草稿 draft" if kept.number is None else f"{outcome.issued_on} · sha256 {kept.sha256}"
    verdict = OUTCOME_VERDICTS[outcome.verdict].both()
    lines: list[RenderableType] = [
        Text.assemble(
            ("策划生成意见  ", "bold"), (verdict, _VERDICT_COLOURS[outcome.verdict]), f"   {title}"
        ),
        Text(f"{outcome.facts.name} · {outcome.facts.proposer} · {outcome.case.id}"),
    ]
    if kept.number is not None and not kept.stands:
        lines.append(Text("所依据的预审已被替代或过期 · rests on what holds no more", "magenta"))
    lines += [Text(f"因为 because  {reason.both()}") for reason in outcome.reasons]
    lines.append(_replies_table(outcome.replies))
    if outcome.conditions:
        table = Table(title="建设条件清单 · conditions")
        for name in (
            "#",
            "部门 department",
            "条件 condition",
            "依据 basis",
            "项目指标",
            "满足 met",
        ):
            table.add_column(name, overflow="fold")
        for line in outcome.conditions:
            basis = line.condition.basis
            met = {None: "", True: "是", False: "否"}[line.met]
            table.add_row(
                str(line.number),
                Text(line.department.name.zh),
                Text(line.condition.text),
                Text("" if basis is None else _basis_text(basis)),
                "" if line.given is None else str(line.given),
                met,
            )
        lines.append(table)
    lines += [Text(f"矛盾 contradiction  {one.text.both()}", "bold red")
              for one in outcome.contradictions]  # fmt: skip
    if outcome.not_checked:
        names = "、".join(line.name.zh for line in outcome.not_checked)
        lines.append(Text(f"未能核对 not checked  {names}", style="magenta"))
    if outcome.notice is not None:
        lines.append(Text(outcome.notice.both(), style="dim italic"))
    return Group(*lines)


def findings_tables(found: CaseFindings) -> Group:
    """What was found, copy by copy."""
    lines: list[RenderableType] = [Text(FINDINGS_STATES[found.state].both())]
    for copy in found.copies:
        whose = copy.findings.department
        name = copy.findings.audience if whose is None else whose.name.both()
        lines.append(Text(f"\n{name} · {copy.day} · sha256 {copy.sha256}", style="bold"))
        lines.append(check_tables(copy.findings.check))
    return Group(*lines)


def review_tables(review: Review) -> Group:
    """The cases that a newer snapshot would tell something else."""
    table = Table(title=f"快照 {review.snapshot} 下有变化的案卷 · cases that would differ")
    table.caption = "＋ 出现 new，－ 消失 gone，≠ 变化 changed"
    head_with_id(table, "结论 verdict", "检测结论 findings")
    for one in review.cases:
        verdict = outcome_text(one.verdict_before)
        if one.differs:
            verdict.append("\n→ ").append_text(outcome_text(one.verdict_after))
        signs = (("＋", one.appeared), ("－", one.gone), ("≠", one.changed))
        lines = [f"{sign} {_key_text(key)}" for sign, keys in signs for key in keys]
        table.add_row(one.case_id, verdict, Text("\n".join(lines)))
    counts = (
        f"在办案卷 {review.live} 件，重新判定 {review.judged} 件，有变化 {len(review.cases)} 件\n"
        f"{review.judged} of {review.live} live cases judged, {len(review.cases)} differ"
    )
    return Group(*([table] if review.cases else []), Text(counts))


def _key_text(key: str) -> str:
    """What a finding is called: its rule, and whether it is one without data."""
    rule, _, rest = key.partition("@")
    return f"{rule} 资料不全 no data" if ":no_data" in rest else rule


def _replies_table(replies: Sequence[Reply]) -> Table:
    table = Table(title="部门意见 · opinions")
    for title in ("部门 department", "状态 status", "意见 answer", "日期 on", "依据 basis"):
        table.add_column(title, overflow="fold")
    for one in replies:
        said = "" if one.answer is None else ANSWERS[one.answer].zh
        table.add_row(
            Text(one.department.name.zh),
            Text(REPLIES[one.status].zh, style=_REPLY_COLOURS[one.status]),
            said + (" 逾期" if one.late else ""),
            "" if one.answered_on is None else str(one.answered_on),
            Text("；".join(map(_basis_text, one.basis))),
        )
    return table


def _basis_text(basis: Basis) -> str:
    legal = "" if basis.legal is None else f"《{basis.legal.title.zh}》{basis.legal.article or ''}"
    return " ".join(part for part in (legal, basis.text) if part)


def outcome_verification_text(found: OutcomeVerification) -> Text:
    """What holding an outcome's document against the ledger came to."""
    words = {
        "as_issued": ("与台账一致 as issued", "bold green"),
        "altered": ("与台账不一致 altered", "bold red"),
        "not_here": ("台账中没有 not here", "magenta"),
    }
    text = Text.assemble(words[found.kept], f"  {found.outcome_id} · {found.case_id}")
    text.append(f"\n内容哈希 content hash {found.content_hash}")
    if found.number is not None:
        text.append(f" · 台账序号 step {found.number}")
    if found.newest is False:
        text.append("\n其后另有新的意见 · another outcome has taken its place", "magenta")
    for one in found.alterations[:20]:
        text.append(f"\n  {one.path or '台账 ledger'}", "cyan")
    return text
