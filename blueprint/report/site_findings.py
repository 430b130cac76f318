"""What was found on a site, for its report: by control line, each where it is; whom to ask."""

from collections.abc import Iterator, Sequence

from blueprint.documents import Finding, SiteCheck
from blueprint.report.control_lines import GROUPS, ControlLine, Group
from blueprint.report.document import (
    Block,
    Card,
    Facts,
    Gallery,
    Grid,
    Heading,
    Plates,
    Section,
    Simple,
    Text,
    Tongue,
)
from blueprint.report.names import OVERVIEW, THREE, hit_name, line_name
from blueprint.report.site_cited import Cited
from blueprint.report.site_figures import (
    asked_words,
    extent_words,
    margin_words,
    paired,
    project_words,
)
from blueprint.report.site_law import cited_words
from blueprint.report.site_summary import area_grid, is_not_met, line_word
from blueprint.words import COLOURS, WORDS, gravest_first

_MOST_PROJECTS, _MOST_PARTS, _MOST_IDS = 20, 12, 12


def findings_section(check: SiteCheck, cited: Cited, plates: Plates, say: Tongue) -> Section:
    """The findings under the control line or layer that each is about, the gravest first."""
    blocks: list[Block] = []
    overview = plates.take(OVERVIEW, say("检测结果总图", "All findings on one map"))
    if overview is not None:
        blocks.append(overview)
    for group in GROUPS:
        blocks += _group(check, cited, group, plates, say)
    return Section(title=say("管控线检测结果", "Findings by control line"), blocks=blocks)


def _group(
    check: SiteCheck, cited: Cited, group: Group, plates: Plates, say: Tongue
) -> Iterator[Block]:
    """One group of control lines: what became of each, drawn, and what was found."""
    lines = [line for line in cited.lines if line.group == group]
    found = [one for one in gravest_first(check.findings) if cited.group_of(one.layer) == group]
    if lines or group == "topic":
        yield Heading(text=say.of(GROUPS[group]))
    if lines:
        words = [f"{say.of(one.name)}{say('：', ': ')}{line_word(check, one.layer, say)}"
                 for one in lines]  # fmt: skip
        yield Text(text=say.joined(words) + say("。", "."))
        yield from _drawn(check, lines, plates, say)
    for finding in found:
        yield _card(check, finding, cited, plates, say)
    if group == "topic":
        if not found:
            nothing = say(
                "在已检测的其他图层中未发现涉及项；未检测的事项见后文。",
                "Nothing was met among the other layers that were checked; what was not checked "
                "is listed further on.",
            )
            yield Text(text=nothing)
        yield from _clear(check, cited, say)


def _drawn(
    check: SiteCheck, lines: Sequence[ControlLine], plates: Plates, say: Tongue
) -> Iterator[Block]:
    """The lines that are near on drawings: the three together, then each alone."""
    if lines[0].group == "three":
        three = plates.take(THREE, say("三条控制线套合图", "The three control lines together"))
        if three is not None:
            yield three
    taken = [
        plates.take(
            line_name(one.layer),
            f"{say.of(one.name)}{say('：', ': ')}{line_word(check, one.layer, say)}",
        )
        for one in lines
    ]
    pictures = [picture for picture in taken if picture is not None]
    if pictures:
        yield Gallery(pictures=pictures)
    # of a line without data it is not known whether it is near
    far = [
        say.of(one.name)
        for one, picture in zip(lines, taken, strict=True)
        if picture is None and is_not_met(check, one.layer)
    ]
    if far and plates.drawn:
        told = say("用地周边图幅内没有，故不绘图：", "Not near the site, and not drawn: ")
        yield Text(text=told + say.listed(far), tone="note")


def _card(check: SiteCheck, finding: Finding, cited: Cited, plates: Plates, say: Tongue) -> Card:
    blocks: list[Simple] = [Facts(rows=_facts(check, finding, cited, say))]
    if finding.area is not None and finding.relation != "touches":
        blocks.append(area_grid(finding.area, say))
    below: list[Simple] = []
    if len(finding.parts) > 1:
        below.append(_parts(finding, say))
    if finding.projects:
        below.append(_projects(finding, say))
    position = next(at for at, one in enumerate(check.findings) if one is finding)
    return Card(
        colour=COLOURS[finding.outcome],
        word=say.of(WORDS[finding.outcome]),
        title=say.of(finding.title),
        blocks=blocks,
        picture=plates.take(hit_name(position), say.of(finding.title)),
        below=below,
    )


def _facts(check: SiteCheck, finding: Finding, cited: Cited, say: Tongue) -> list[tuple[str, str]]:
    names = layer_names(check, say)
    rows = [(say("图层", "Layer"), names[finding.layer])]
    theme = cited.theme_of(finding.layer)
    if theme is not None and cited.group_of(finding.layer) == "topic":
        rows.append((say("专题", "Theme"), say.of(theme)))
    extent, figures = extent_words(finding, say), project_words(finding, say)
    if extent:
        rows.append((say("范围", "Extent"), say("，", "; ").join(extent)))
    if figures:
        rows.append((say("指标", "Figures"), say("，", "; ").join(figures)))
    if finding.feature_ids and len(finding.parts) < 2:
        ids, more = finding.feature_ids, len(finding.feature_ids) - _MOST_IDS
        rest = say(f" 等 {len(ids)} 个", f" and {more} more") if more > 0 else ""
        rows.append((say("要素", "Features"), say.listed(ids[:_MOST_IDS]) + rest))
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
    basis = say.joined([cited_words(one, say) for one in finding.legal_bases])
    rows.append((say("依据", "Basis"), basis))
    return rows


def _parts(finding: Finding, say: Tongue) -> Grid:
    """What each feature has of a finding's area; parts add up to it."""
    rows = [
        [one.feature_id, f"{one.area.ellipsoidal_m2:,.2f}", f"{one.area.projected_m2:,.2f}"]
        for one in finding.parts[:_MOST_PARTS]
    ]
    more = len(finding.parts) - _MOST_PARTS
    if more > 0:
        rows.append([say(f"另有 {more} 个要素", f"{more} more features"), "", ""])
    head = [
        say("要素", "Feature"),
        say("椭球面积 m²", "Ellipsoidal, m²"),
        say("投影面积 m²", "Projected, m²"),
    ]
    return Grid(head=head, rows=rows, widths=[0.5, 0.25, 0.25], right=[1, 2])


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


def _clear(check: SiteCheck, cited: Cited, say: Tongue) -> Iterator[Block]:
    """The other layers that were looked at and are not met, each with what was looked at."""
    lines = {line.layer for line in cited.lines}
    clear = [one for one in check.layers if one.status == "clear" and one.layer not in lines]
    if not clear:
        return
    told = []
    for line in clear:
        seen = (
            "" if line.version is None else say(f"第 {line.version} 版", f"version {line.version}")
        )
        since = "" if line.effective is None else f"{line.effective}"
        told.append([say.of(line.name), " · ".join(filter(None, [seen, since])) or "—"])
    title = (say("已检测且未涉及的图层", "Checked and not met"), say("版本与生效日期", "Version"))
    yield paired(title, told)


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


def layer_names(check: SiteCheck, say: Tongue) -> dict[str, str]:
    """What layers are called, by their ids."""
    names = {finding.layer: finding.layer for finding in check.findings}
    return names | {line.layer: say.of(line.name) for line in check.layers}
