"""Rules and their audit for a person and for `--json`, in both languages."""

from collections.abc import Sequence
from datetime import date

import yaml
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.cli.tables import outcome_text
from blueprint.rules.audit import RuleAudit
from blueprint.rules.audited import SUBJECTS, AuditFinding
from blueprint.rules.legal import LEVELS
from blueprint.rules.pack import Rule, RulePack, SiteRule
from blueprint.supervision import TOTALS, SupervisedRule, SupervisedTotal, Supervision
from blueprint.values import Bilingual

KINDS: dict[str, Bilingual] = {
    "site": Bilingual(zh="地块", en="site"),
    "exclusive": Bilingual(zh="互斥", en="exclusive"),
    "matrix": Bilingual(zh="差异矩阵", en="matrix"),
    "distance": Bilingual(zh="距离", en="distance"),
    "height": Bilingual(zh="限高", en="height"),
    "attribute": Bilingual(zh="指标", en="attribute"),
    "project": Bilingual(zh="项目", en="project"),
    "quota": Bilingual(zh="总量", en="quota"),
    "coverage": Bilingual(zh="覆盖", en="coverage"),
    "within": Bilingual(zh="位于", en="within"),
    "contains": Bilingual(zh="包含", en="contains"),
}
_AUDIT: dict[str, Bilingual] = {
    "not_in_force": Bilingual(zh="规则无有效依据", en="not in force"),
    "lapsed": Bilingual(zh="依据失效", en="basis lapsed"),
    "pilot_only": Bilingual(zh="仅有试点依据", en="pilot alone"),
    "departs": Bilingual(zh="与上位法不一致", en="departs from higher law"),
    "superseded": Bilingual(zh="已被替代", en="superseded"),
    "unverified_law": Bilingual(zh="法规未核实", en="law not verified"),
    "no_basis": Bilingual(zh="未载明依据", en="no basis"),
    "misfit": Bilingual(zh="所引名称不存在", en="names nothing"),
    "unused": Bilingual(zh="未被使用", en="unused"),
    "no_limit": Bilingual(zh="未载明时限", en="no limit"),
}


def rule_line(pack: RulePack, rule: Rule, day: date) -> dict[str, object]:
    """A rule in one line."""
    return {
        "id": rule.id,
        "kind": rule.kind,
        "severity": rule.severity,
        "department": rule.department,
        "layers": list(dict.fromkeys(rule.asked_layers())),
        "title": rule.title.model_dump(),
        "in_force": bool(pack.bases_in_force(rule, day)),
    }


def rule_document(pack: RulePack, rule: Rule, day: date) -> dict[str, object]:
    """All that a rule says, its bases with the laws that they cite."""
    bases = []
    for citation in rule.bases:
        law = pack.laws[citation.law]
        bases.append(
            pack.basis(citation).model_dump(mode="json")
            | {
                "departs_from": citation.model_dump(mode="json")["departs_from"],
                "law_verified": law.verified,
                "note": law.note,
                "in_force": law.in_force_on(day),
            }
        )
    said = rule.model_dump(mode="json", exclude={"bases"})
    if isinstance(rule, SiteRule) and rule.ask is not None:
        said["question"] = pack.questions[rule.ask].text.model_dump()
    return {
        "pack": pack.id,
        "version": pack.version,
        "day": str(day),
        "rule": said,
        "in_force": bool(pack.bases_in_force(rule, day)),
        "bases": bases,
    }


def rules_table(pack: RulePack, rules: Sequence[Rule], day: date) -> Table:
    """One line a rule."""
    table = Table(title=f"{pack.name.zh} {pack.version} · {pack.name.en} · {day}")
    for title in ("规则 rule", "类型 kind", "结论 severity", "名称 title", "图层 layers"):
        table.add_column(title, overflow="fold")
    table.add_column("有效 in force")
    for rule in rules:
        standing = bool(pack.bases_in_force(rule, day))
        table.add_row(
            Text(rule.id),
            KINDS[rule.kind].both(),
            outcome_text(rule.severity),
            Text(f"{rule.title.zh}\n{rule.title.en}"),
            Text(", ".join(dict.fromkeys(rule.asked_layers()))),
            Text("是 yes", style="green") if standing else Text("否 no", style="magenta"),
        )
    return table


def rule_text(pack: RulePack, rule: Rule, day: date) -> Group:
    """One rule for a person."""
    standing = bool(pack.bases_in_force(rule, day))
    head = Text.assemble(
        outcome_text(rule.severity),
        (f"  {rule.title.zh} · {rule.title.en}", "bold"),
        (f"  {rule.id}", "dim"),
    )
    head.append(
        f"\n{KINDS[rule.kind].both()} · "
        + (f"{day} 有效 in force" if standing else f"{day} 无有效依据 not in force"),
        style="" if standing else "magenta",
    )
    common = {"id", "kind", "severity", "department", "title", "message", "bases"}
    table = Table(show_header=False)
    for name, value in rule.model_dump(mode="json", exclude=common, exclude_none=True).items():
        if value not in ([], {}):
            told = value
            if isinstance(value, list | dict):
                told = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120).strip()
            table.add_row(Text(name, style="dim"), Text(str(told)))
    table.add_row(Text("department", style="dim"), Text(rule.department))
    if isinstance(rule, SiteRule) and rule.ask is not None:
        text = Text(pack.questions[rule.ask].text.both())
        table.add_row(Text("question", style="dim"), text)
    message = Text(f"{rule.message.zh}\n{rule.message.en}")
    return Group(head, Padding(message, (0, 0, 0, 4)), table, _bases_table(pack, rule, day))


def _bases_table(pack: RulePack, rule: Rule, day: date) -> Table:
    table = Table(title="法律依据 · legal bases")
    for title in ("法规 law", "条 article", "层级 level", "有效期 in force", "核实 verified"):
        table.add_column(title, overflow="fold")
    for citation in rule.bases:
        law = pack.laws[citation.law]
        until = "" if law.in_force_until is None else str(law.in_force_until)
        table.add_row(
            Text(f"{law.title.zh}\n{law.title.en}", style="" if law.in_force_on(day) else "dim"),
            Text(citation.article or ""),
            LEVELS[law.level].both(),
            f"{law.in_force_from} – {until}",
            _verified(law=law.verified, article=citation.verified),
        )
    return table


def _verified(*, law: bool, article: bool) -> Text:
    """How far a citation was compared with a published source."""
    if law and article:
        return Text("日期和条文 date and article", style="green")
    which = "仅日期 date alone" if law else "仅条文 article alone" if article else "未核实 neither"
    return Text(which, style="magenta")


def audit_text(audit: RuleAudit) -> Group:
    """An audit for a person: problems, remarks, the sum."""
    blocks = [_finding_text(finding) for finding in audit.findings]
    remarks = len(audit.findings) - audit.problems
    counts = [
        f"{SUBJECTS[part.what].both()} {part.count}（{part.pack} {part.version}），"
        f"有效 in force {part.in_force} · 条文未核实 articles not verified {len(part.unread)}"
        for part in audit.parts
    ]
    foot = f"{audit.day} · 问题 problems {audit.problems} · 备注 remarks {remarks}"
    return Group(*blocks, Text("\n" + "\n".join([*counts, foot]), style="bold"))


def _finding_text(finding: AuditFinding) -> Group:
    problem = finding.weight == "problem"
    title = Text.assemble(
        (_AUDIT[finding.kind].both(), "bold red" if problem else "yellow"),
        (f"  {_few(finding.about)}", "dim"),
    )
    return Group(title, Padding(Text(f"{finding.message.zh}\n{finding.message.en}"), (0, 0, 0, 4)))


def _few(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} … ({len(names)})"


_STATUS: dict[str, Bilingual] = {
    "kept": Bilingual(zh="符合", en="kept"),
    "broken": Bilingual(zh="不符合", en="broken"),
    "no_data": Bilingual(zh="资料不全", en="no data"),
    "not_in_force": Bilingual(zh="当日无依据", en="not in force"),
    "withheld": Bilingual(zh="不予公开", en="withheld"),
}
_STYLES = {"kept": "green", "broken": "bold red"}


def supervision_table(supervision: Supervision) -> Group:
    """One line a rule on whole layers, and what breaks it."""
    table = Table(
        title=f"监督 · supervision · {supervision.snapshot.id} · {supervision.day}",
    )
    table.add_column("规则 rule", overflow="fold", min_width=24)
    table.add_column("结果 result")
    table.add_column("说明 what", overflow="fold")
    for rule in supervision.rules:
        name = Text(f"{rule.title.zh}\n{rule.title.en}\n").append(rule.rule, style="dim")
        style = _STYLES.get(rule.status, "magenta")
        table.add_row(name, Text(_STATUS[rule.status].both(), style=style), _breaches_text(rule))
    foot = supervision.city_notice.both() if supervision.city_notice else ""
    return Group(table, Text(foot, style="dim italic"))


def _total_text(total: SupervisedTotal) -> str:
    """A total that holds, with what it has to be."""
    low, high = total.at_least_km2, total.at_most_km2
    if low is not None and low == high:
        asked = f" = {low:,.2f}"
    else:
        asked = "".join(
            f" {sign} {one:,.2f}" for sign, one in (("≥", low), ("≤", high)) if one is not None
        )
    name = "" if total.name is None else f" {total.name}"
    return f"{TOTALS[total.total].both()}{name} {total.km2:,.2f} km²{asked}"


def _breaches_text(rule: SupervisedRule, most: int = 5) -> Text:
    said = [reason.both() for reason in rule.reasons]
    said += [_total_text(total) for total in rule.totals if total.holds]
    for breach in rule.breaches[:most]:
        size = "" if breach.area_m2 is None else f" {breach.area_m2:,.2f} m² 投影"
        if breach.ellipsoidal_m2 is not None:
            size += f" / {breach.ellipsoidal_m2:,.2f} 椭球"
        said.append(f"{breach.text.both()}{size} {', '.join(breach.feature_ids[:4])}".strip())
    if len(rule.breaches) > most:
        said.append(f"… {len(rule.breaches)}")
    return Text("\n".join(said))
