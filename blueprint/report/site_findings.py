"""What was found on a site, for its report: by control line, with law, departments, conditions."""

from collections.abc import Iterable

from blueprint.documents import Finding, SiteCheck
from blueprint.legal import LegalBasis
from blueprint.report.document import Block, Card, Facts, Grid, Section, Text, Tongue
from blueprint.report.site_figures import (
    article_words,
    asked_words,
    extent_words,
    margin_words,
    paired,
    project_words,
)
from blueprint.report.words import COLOURS, WORDS, gravest_first
from blueprint.rule_tables import LEVELS

_MOST_PROJECTS = 20


def findings_section(check: SiteCheck, say: Tongue) -> Section:
    """The findings under the control line or layer that each is about, the gravest first."""
    found = gravest_first(check.findings)
    blocks: list[Block] = []
    if found:
        blocks.append(_overview(check, found, say))
        blocks += [_card(check, finding, say) for finding in found]
    else:
        nothing = say(
            "在已检测的管控线和图层中未发现涉及项；未检测的事项见后文。",
            "Nothing was met among the control lines and layers that were checked; what was not "
            "checked is listed further on.",
        )
        blocks.append(Text(text=nothing))
    blocks += _clear(check, say)
    return Section(title=say("管控线检测结果", "Findings by control line"), blocks=blocks)


def _overview(check: SiteCheck, found: list[Finding], say: Tongue) -> Grid:
    names = _layer_names(check, say)
    rows = []
    for finding in found:
        area, share = finding.area, finding.share
        shown = area is not None and finding.relation != "touches"
        rows.append(
            [
                names[finding.layer],
                say.of(finding.title),
                say.of(WORDS[finding.outcome]),
                f"{area.ellipsoidal_m2:,.2f}" if shown and area else "—",
                f"{area.projected_m2:,.2f}" if shown and area else "—",
                "—" if share is None else f"{share:.2%}",
            ]
        )
    head = [
        say("管控线（图层）", "Control line (layer)"),
        say("检测结论", "Finding"),
        say("等级", "Outcome"),
        say("椭球面积 m²", "Ellipsoidal m²"),
        say("投影面积 m²", "Projected m²"),
        say("占用地", "Of the site"),
    ]
    widths = [0.22, 0.27, 0.12, 0.14, 0.14, 0.11]
    return Grid(head=head, rows=rows, widths=widths, right=[3, 4, 5])


def _card(check: SiteCheck, finding: Finding, say: Tongue) -> Card:
    names = _layer_names(check, say)
    rows = [(say("管控线（图层）", "Control line (layer)"), names[finding.layer])]
    extent, figures = extent_words(finding, say), project_words(finding, say)
    if extent:
        rows.append((say("范围", "Extent"), say("，", "; ").join(extent)))
    if figures:
        rows.append((say("指标", "Figures"), say("，", "; ").join(figures)))
    if finding.feature_ids:
        ids = finding.feature_ids
        more = say(f" 等 {len(ids)} 个", f" and {len(ids) - 12} more") if len(ids) > 12 else ""
        rows.append((say("要素", "Features"), say.listed(ids[:12]) + more))
    rows.append((say("管控要求", "Condition"), say.of(finding.message)))
    notes = [say.of(note) for note in finding.notes]
    notes += [words for words in (asked_words(finding, say), margin_words(finding, say)) if words]
    if finding.approximate is not None:
        notes.append(
            say(
                f"图形来自 {finding.approximate} 网络地图坐标，位置可能偏差数米",
                f"rests on coordinates of a web map ({finding.approximate}): metres off, maybe",
            )
        )
    if notes:
        rows.append((say("说明", "Notes"), say.joined(notes)))
    rows.append((say("主管部门", "Department"), say.of(finding.department.name)))
    rows.append((say("依据", "Basis"), say.joined([_cited(b, say) for b in finding.legal_bases])))
    blocks: list[Text | Facts | Grid] = [Facts(rows=rows)]
    if finding.projects:
        blocks.append(_projects(finding, say))
    return Card(
        colour=COLOURS[finding.outcome],
        word=say.of(WORDS[finding.outcome]),
        title=say.of(finding.title),
        blocks=list(blocks),
    )


def _projects(finding: Finding, say: Tongue) -> Grid:
    rows = [
        [
            one.code or "—",
            one.name or "—",
            one.state or "—",
            f"{one.area.deciding_m2:,.2f}",
            f"{one.share:.2%}",
        ]
        for one in finding.projects[:_MOST_PROJECTS]
    ]
    head = [
        say("项目代码", "Code"),
        say("名称", "Name"),
        say("状态", "State"),
        "m²",
        say("占用地", "Of the site"),
    ]
    return Grid(head=head, rows=rows, widths=[0.26, 0.34, 0.14, 0.14, 0.12], right=[3, 4])


def _clear(check: SiteCheck, say: Tongue) -> list[Block]:
    """The layers that were looked at and are not met, each with what was looked at."""
    clear = [line for line in check.layers if line.status == "clear"]
    if not clear:
        return []
    told = []
    for line in clear:
        seen = (
            "" if line.version is None else say(f"第 {line.version} 版", f"version {line.version}")
        )
        since = "" if line.effective is None else f"{line.effective}"
        told.append([say.of(line.name), " · ".join(filter(None, [seen, since])) or "—"])
    title = (say("已检测且未涉及的图层", "Checked and not met"), say("版本与生效日期", "Version"))
    return [paired(title, told)]


def law_section(check: SiteCheck, say: Tongue) -> Section:
    """Every legal basis that a finding cites, as it is in force on the application date."""
    rows = []
    for basis in _bases(gravest_first(check.findings)):
        until = basis.in_force_until
        rows.append(
            [
                _title(basis, say) + (f" {basis.number}" if basis.number else ""),
                article_words(basis.article, say) or "—",
                say.of(LEVELS[basis.level]),
                f"{basis.in_force_from} – {until or say('现行', 'today')}",
                say("已核实", "read") if basis.verified else say("未核实", "not read"),
            ]
        )
    day = check.application_date
    if not rows:
        blocks: list[Block] = [
            Text(text=say("没有引用法律依据的检测结论。", "No finding cites a legal basis."))
        ]
    else:
        told = say(
            f"以下依据在申请日期 {day} 有效。“未核实”表示条文未与原文逐字核对，引用前应核对。",
            f'In force on the application date, {day}. "not read" means that nobody has compared '
            "the article with its source: do so before citing it.",
        )
        head = [
            say("法规名称与文号", "Law and number"),
            say("条款", "Article"),
            say("层级", "Level"),
            say("有效期", "In force"),
            say("条文核对", "Article"),
        ]
        grid = Grid(head=head, rows=rows, widths=[0.4, 0.13, 0.15, 0.2, 0.12])
        blocks = [Text(text=told, tone="note"), grid]
    return Section(title=say("法律依据", "Legal basis"), blocks=blocks)


def department_section(check: SiteCheck, say: Tongue) -> Section:
    """Whom to ask about which findings, each department once, with its conditions."""
    asked: dict[str, list[Finding]] = {}
    for finding in gravest_first(check.findings):
        asked.setdefault(say.of(finding.department.name), []).append(finding)
    title = say("征询部门与建设条件", "Departments and conditions")
    if not asked:
        nobody = say("没有须征询部门的检测结论。", "No finding asks for a department's opinion.")
        return Section(title=title, blocks=[Text(text=nobody)])
    rows = [
        [
            name,
            _marked(say.of(finding.title), say.of(WORDS[finding.outcome]), say),
            say.of(finding.message),
        ]
        for name, findings in asked.items()
        for finding in findings
    ]
    head = [
        say("部门", "Department"),
        say("事项", "About"),
        say("管控要求与建设条件", "Conditions"),
    ]
    blocks: list[Block] = [Grid(head=head, rows=rows, widths=[0.2, 0.28, 0.52])]
    return Section(title=title, blocks=blocks)


def _marked(title: str, outcome: str, say: Tongue) -> str:
    return say(f"{title}（{outcome}）", f"{title} ({outcome})")


def _layer_names(check: SiteCheck, say: Tongue) -> dict[str, str]:
    names = {finding.layer: finding.layer for finding in check.findings}
    return names | {line.layer: say.of(line.name) for line in check.layers}


def _bases(findings: Iterable[Finding]) -> list[LegalBasis]:
    bases = {(b.law, b.article): b for finding in findings for b in finding.legal_bases}
    return list(bases.values())


def _title(basis: LegalBasis, say: Tongue) -> str:
    return say(f"《{basis.title.zh}》", basis.title.en)


def _cited(basis: LegalBasis, say: Tongue) -> str:
    unread = "" if basis.verified else say("（未核实）", " (not read)")
    article = article_words(basis.article, say)
    return f"{_title(basis, say)}{say('', ' ') if article else ''}{article}{unread}"
