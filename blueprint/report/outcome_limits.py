"""What bounds an outcome, in its report: what is open, until when it holds, law, and proof."""

from collections.abc import Iterator

from blueprint.cases.outcome import KeptOutcome
from blueprint.cases.outcome_documents import REPLIES, CaseOutcome
from blueprint.report.document import (
    Block,
    Commands,
    Facts,
    Grid,
    Plates,
    Points,
    Section,
    Text,
    Tongue,
)
from blueprint.report.names import CLOCK
from blueprint.report.outcome_words import answer_words
from blueprint.report.project_figures import figure_words
from blueprint.report.site_cited import Cited
from blueprint.report.site_law import law_blocks
from blueprint.rules.legal import LegalBasis
from blueprint.words import WORDS


def open_section(outcome: CaseOutcome, say: Tongue) -> Section:
    """What nobody answered, what could not be looked at, which conditions are not met."""
    title = say("尚待解决的事项", "What is open")
    items = list(_open(outcome, say))
    if not items:
        nothing = say("没有尚待解决的事项。", "Nothing is open.")
        return Section(title=title, blocks=[Text(text=nothing)])
    told = say("部门沉默不视为同意。", "Silence of a department is never agreement.")
    return Section(title=title, blocks=[Points(items=items), Text(text=told, tone="note")])


def _open(outcome: CaseOutcome, say: Tongue) -> Iterator[str]:
    titles = {one.key: say.of(one.finding.title) for one in outcome.findings}
    for reply in outcome.replies:
        if reply.status in ("awaited", "not_answered") or reply.unanswered:
            name, left = say.of(reply.department.name), reply.unanswered or reply.findings
            about = say.listed([titles.get(key, key) for key in left])
            became = say.of(REPLIES[reply.status])
            yield say(
                f"{name}：{became}（期限 {reply.due}），事项：{about}",
                f"{name}: {became} (due {reply.due}), about: {about}",
            )
    for line in outcome.not_checked:
        reason = "" if line.reason is None else say.of(line.reason)
        name, word = say.of(line.name), say.of(WORDS["no_data"])
        yield say(f"图层“{name}”：{reason or word}", f"layer {name}: {reason or word}")
    for condition in outcome.conditions:
        if condition.met is False:
            figure = condition.condition.figure or ""
            number, given = condition.number, condition.given
            given = "" if given is None else figure_words(figure, given, say)
            yield say(
                f"条件 {number}：项目现有指标 {given} 不满足",
                f"condition {number}: the project's figure {given} does not meet it",
            )


def deadlines_section(outcome: CaseOutcome, plates: Plates, say: Tongue) -> Section:
    """Who had to answer by when and did, until when all of it holds, and the eight calibres."""
    rows = [
        [
            say.of(reply.department.name),
            f"{reply.asked_on}",
            f"{reply.due}{say('（预估）', ' (estimated)') if reply.due_estimated else ''}",
            "—" if reply.answered_on is None else f"{reply.answered_on}",
            say("逾期", "late") if reply.late else say.of(REPLIES[reply.status]),
            answer_words(reply.answer, say),
        ]
        for reply in outcome.replies
    ]
    head = [
        say("部门", "Department"),
        say("征求日期", "Asked on"),
        say("反馈期限", "Due"),
        say("反馈日期", "Answered on"),
        say("状态", "Status"),
        say("意见", "Answer"),
    ]
    holds = say(
        f"本意见所依据的预审有效至 {outcome.valid_until}，期满或用地、指标、蓝图变化后须重新预审。",
        f"What this rests on holds until {outcome.valid_until}; after that, or when the site, the "
        "figures or the blueprint change, the case has to be screened again.",
    )
    blocks: list[Block] = []
    if rows:
        blocks.append(Grid(head=head, rows=rows, widths=[0.26, 0.14, 0.19, 0.14, 0.13, 0.14]))
    if any(reply.due_estimated for reply in outcome.replies):
        told = say(
            "“预估”：当年节假日安排尚未载入，期限按推定的工作日计算。",
            "estimated: the holidays of that year are not known yet, working days are presumed.",
        )
        blocks.append(Text(text=told, tone="note"))
    blocks.append(Text(text=holds))
    day = outcome.issued_on
    drawn = plates.take(CLOCK, say(f"计时口径对照（截至 {day}）", f"The clock, on {day}"))
    if drawn is not None:
        blocks.append(drawn)
    return Section(title=say("时限与有效期", "Deadlines and validity"), blocks=blocks)


def outcome_law_section(outcome: CaseOutcome, cited: Cited, say: Tongue) -> Section:
    """Every legal basis that findings, answers and conditions cite."""
    bases = list(_bases(outcome))
    title = say("法律依据", "Legal basis")
    if not bases:
        nothing = say("没有引用法律依据。", "No legal basis is cited.")
        return Section(title=title, blocks=[Text(text=nothing)])
    found = [one.finding for one in outcome.findings]
    blocks = law_blocks(bases, found, outcome.application_date, cited, say)
    return Section(title=title, blocks=blocks)


def _bases(outcome: CaseOutcome) -> Iterator[LegalBasis]:
    for one in outcome.findings:
        if one.finding.outcome != "clear":
            yield from one.finding.legal_bases
    for reply in outcome.replies:
        yield from (basis.legal for basis in reply.basis if basis.legal is not None)
    for line in outcome.conditions:
        basis = line.condition.basis
        if basis is not None and basis.legal is not None:
            yield basis.legal


def outcome_proof_section(kept: KeptOutcome, say: Tongue) -> Section:
    """What an outcome rests on, its hash, and the commands that hold it against what is kept."""
    outcome, pack = kept.outcome, kept.outcome.rule_pack
    rows = [(say("意见编号", "Outcome"), outcome.outcome_id)]
    if kept.sha256 is not None:
        rows.append((say("内容哈希 SHA-256", "Content hash, SHA-256"), kept.sha256))
        rows.append((say("台账序号", "Step of the ledger"), f"{kept.number}"))
    rows += [
        (say("案卷", "Case"), outcome.case.id),
        (say("第几次预审", "Screening"), f"{outcome.screening}"),
        (say("预检编号", "Site check"), outcome.check_id),
        (say("图形哈希", "Hash of the site"), outcome.site.geometry_hash),
        (say("蓝图快照", "Snapshot"), outcome.snapshot.id),
        (say("快照哈希", "Hash of the snapshot"), outcome.snapshot.digest),
        (say("规则包", "Rule pack"), f"{pack.id} {pack.version}"),
        (say("规则包哈希", "Hash of the pack"), pack.sha256),
    ]
    blocks: list[Block] = [Facts(rows=rows)]
    if kept.sha256 is None:
        told = say("草稿未留存，无从核验。", "A draft is not kept: there is nothing to verify.")
        return Section(title=_proof_title(say), blocks=[*blocks, Text(text=told)])
    name = f"{outcome.outcome_id}.json"
    steps = say(
        f"向本服务取回意见文件 /cases/{outcome.case.id}/outcome.json，存为 {name}，然后运行：",
        f"Get the outcome's document, /cases/{outcome.case.id}/outcome.json, as {name}, then run:",
    )
    told = say(
        "第一条列出文件的内容哈希，应与上列一致，并与台账所留逐项比对；第二条按所引快照和规则重算"
        "预检；第三条核对台账所在的日志链未被改动。内容哈希是意见文件规范文本的 SHA-256。",
        "The first prints the content hash of the document, which has to be the one above, and "
        "compares it with what the ledger has; the second judges the site check anew; the third "
        "shows that the log which seals the ledger was not altered. The content hash is the "
        "SHA-256 of the outcome in canonical form.",
    )
    commands = [
        f"blueprint case verify {name}",
        f"blueprint verify {outcome.check_id}.json",
        "blueprint audit verify",
    ]
    blocks += [Text(text=steps), Commands(lines=commands), Text(text=told, tone="note")]
    return Section(title=_proof_title(say), blocks=blocks)


def _proof_title(say: Tongue) -> str:
    return say("来源与核验", "Sources, and how to verify them")
