"""Readable tables for the terminal: what a person wants to see first, in both languages' order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.catalogue import Catalogue
from blueprint.conflicts.documents import ConflictRule, ConflictRun, Total
from blueprint.deliveries.report import IngestReport
from blueprint.documents import Finding, LayerLine, ProjectLine, Robustness, SiteCheck, Suggestion
from blueprint.shared_documents import Area, SnapshotRef
from blueprint.words import UNVERIFIED, WORDS, margin_words
from layers import LayerVersion

_COLOURS = {
    "pass": "bold green",
    "clear": "green",
    "notice": "cyan",
    "consult": "yellow",
    "restricted": "dark_orange",
    "prohibited": "bold red",
    "incomplete": "magenta",
    "no_data": "magenta",
}


_REASONS = 4
"""Reasons that are listed: more are read among the findings."""
_PARTS = 6
"""Parts up to which they are listed."""
_REMEDIES = {
    "trim": "裁剪 trim",
    "shift": "平移 shift",
    "nothing": "无可行修改 nothing",
    "ask": "征求部门意见 ask",
}
_STATUS = {"checked": "已核对", "no_data": "资料不全", "not_in_force": "当日无依据"}


def outcome_text(outcome: str) -> Text:
    """An outcome or verdict in its colour, in both languages."""
    return Text(f"{WORDS[outcome].zh} {outcome}", style=_COLOURS[outcome])


def area_text(area: Area | None) -> str:
    """Both calibres in m², the deciding one first, and 公顷."""
    return "" if area is None else f"{_calibres(area)} = {area.hectares:,.4f} 公顷"


def _calibres(area: Area) -> str:
    first, second = (area.ellipsoidal_m2, "椭球"), (area.projected_m2, "投影")
    if area.decided_by == "projected":
        first, second = second, first
    return f"{first[0]:,.2f} m² {first[1]} / {second[0]:,.2f} {second[1]}"


def catalogue_table(catalogue: Catalogue) -> Table:
    """Themes with their numbers of sub-themes and layers."""
    table = Table(title=f"{catalogue.city.name.zh} · {catalogue.city.name.en}")
    for title in ("专题", "theme", "sub-themes", "layers"):
        table.add_column(title, justify="right" if title in ("sub-themes", "layers") else "left")
    for theme in catalogue.themes:
        layers = sum(len(subtheme.layers) for subtheme in theme.subthemes)
        row = (theme.name.zh, theme.name.en, str(len(theme.subthemes)), str(layers))
        table.add_row(*row)
    subthemes = sum(len(theme.subthemes) for theme in catalogue.themes)
    table.add_section()
    total = str(len(list(catalogue.layers())))
    table.add_row("合计", "total", str(subthemes), total, style="bold")
    return table


def ingest_table(reports: Iterable[IngestReport]) -> Table | None:
    """The deliveries in which something was repaired, set aside or noticed; None: there is none."""
    table = Table(title="入库情况 · deliveries with something to say")
    for title in ("layer", "file", "read", "kept", "what"):
        number = title in ("read", "kept")
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    for report in reports:
        if report.kinds or report.status == "refused":
            found = [f"{count} {kind}" for kind, count in report.kinds.items()]
            kinds = ", ".join([*(["退回 refused"] if report.status == "refused" else []), *found])
            row = (report.layer, report.file, str(report.read), str(report.kept), kinds)
            table.add_row(*row)
    return table if table.row_count else None


def conflicts_tables(run: ConflictRun) -> Group:
    """Conflicts by rule, and by pair of departments."""
    rules = Table(title="规划冲突 · conflicts by rule (疑似: narrower than the data can tell)")
    rules.add_column("规则 rule", min_width=36, overflow="fold")
    for title in ("确实", "疑似", "公顷 ha"):
        rules.add_column(title, justify="right")
    rules.add_column("核对", overflow="fold")
    for line in run.rules:
        severity = (WORDS[line.severity].zh, _COLOURS[line.severity])
        name = Text.assemble(severity, f" {line.title.zh}\n")
        status = _STATUS[line.status] + (f"：{line.reason.zh}" if line.reason else "")
        status += "".join(f"；{note.zh}" for note in line.notes)
        if line.by_design_area is not None:
            size = f"{line.by_design_area.hectares:,.2f} 公顷 ha"
            status += f"；开天窗 by design {line.by_design}，{size}"
        rules.add_row(
            name.append(line.rule, style="dim"),
            "" if line.conflicts is None else str(line.conflicts),
            "" if line.suspected_errors is None else str(line.suspected_errors),
            f"{line.union.hectares:,.2f}" if line.union else "",
            Text(status, style="" if status == _STATUS["checked"] else "magenta"),
        )
    matrices = [_differences_table(line) for line in run.rules if line.matrix is not None]
    return Group(rules, *matrices, _departments_table(run))


def _differences_table(line: ConflictRule) -> Table:
    """A matrix rule's conflicts by difference and district, then by cell of its table."""
    assert line.matrix is not None
    table = Table(title=f"{line.left_name.zh} × {line.right_name.zh} · {line.rule}")
    for title in ("差异 difference", "分区 district"):
        table.add_column(title, overflow="fold")
    for title in ("确实", "疑似", "公顷 ha", "占比 share"):
        table.add_column(title, justify="right")
    for difference in line.matrix.differences:
        first = Text.assemble(
            (WORDS[difference.severity].zh, _COLOURS[difference.severity]),
            f" {difference.title.zh}",
        )
        table.add_row(first, Text("合计 all", style="bold"), *_total_cells(difference))
        for one in difference.districts:
            name = one.district or "各区之外 in none"
            table.add_row("", Text(name), *_total_cells(one))
        table.add_section()
    for cell in line.matrix.cells:
        pair = f"{cell.left_class.zh} × {cell.right_class.zh}"
        table.add_row(Text(pair), "", *_total_cells(cell))
    return table


def _total_cells(total: Total) -> tuple[str, str, str, str]:
    share = "" if total.share is None else f"{total.share:.2%}"
    return (
        str(total.conflicts),
        str(total.suspected_errors),
        f"{total.area.hectares:,.2f}",
        share,
    )


def _departments_table(run: ConflictRun) -> Table:
    counts: dict[tuple[str, str], list[int]] = {}
    for line in run.rules:
        of_pair = counts.setdefault((line.left_department, line.right_department), [0, 0])
        of_pair[0] += line.conflicts or 0
        of_pair[1] += line.suspected_errors or 0
    table = Table(title="部门之间 · conflicts by departments")
    for title in ("部门 department", "部门 department", "确实", "疑似"):
        table.add_column(title, justify="right" if title in ("确实", "疑似") else "left")
    names = {ref.id: ref.name for line in run.rules for ref in line.departments}
    for (left, right), (real, suspected) in sorted(counts.items(), key=lambda item: -sum(item[1])):
        if real + suspected == 0:
            continue
        table.add_row(names[left].zh, names[right].zh, str(real), str(suspected))
    return table


def check_tables(check: SiteCheck) -> Group:
    """A site check for a person: the verdict, its findings, what was not checked, the verdict."""
    verdict = Text.assemble(("结论 verdict  ", "bold"), outcome_text(check.verdict))
    area = check.site.area
    head = [
        Text.assemble(verdict, f"   {check.site.name}"),
        Text(f"面积 area  {area_text(area)} = {area.mu:,.4f} 亩"),
        Text(
            f"快照 snapshot {check.snapshot.id} · 规则包 {check.rule_pack.id} "
            f"{check.rule_pack.version} · 申请日期 {check.application_date} · {check.check_id}"
        ),
    ]
    if check.site.crs_assumed:
        head.append(Text(f"图形未注明坐标系，按 {check.site.source_crs} 读取", style="magenta"))
    head += [Text(f"依据 because  {reason.both()}") for reason in check.reasons[:_REASONS]]
    head += [Text(f"读图 {note}", style="dim") for note in check.site.notes]
    head += [Text(f"{note.zh} · {note.en}", style="magenta") for note in check.notes]
    known = [finding for finding in check.findings if finding.outcome != "no_data"]
    blocks = [_finding_text(finding) for finding in known]
    blocks += [_suggestion_text(one) for one in check.suggestions or []]
    foot = [_silence_text(check)] if _silent(check) else []
    clear = sum(line.status == "clear" for line in check.layers)
    foot.append(Text(f"核对图层 {len(check.layers)}，无涉 {clear}", style="dim"))
    if check.city_notice:
        foot.append(Text(f"{check.city_notice.zh} · {check.city_notice.en}", style="dim italic"))
    if check.robustness is not None:
        foot += [Text(f"\n{line}", style=style) for line, style in _robust_lines(check.robustness)]
    if check.what_would_change_it:
        lines = [f"  {change.text.both()}" for change in check.what_would_change_it]
        foot.append(Text("\n".join(["\n可变因素 what would change it", *lines])))
    if len(blocks) > 2:
        foot.append(verdict)
    return Group(*head, *blocks, *foot)


def _robust_lines(robustness: Robustness) -> Iterator[tuple[str, str]]:
    """Whether the verdict stands, and what is missed by less than the layers' accuracy."""
    yield robustness.text.both(), "dim" if robustness.robust else "yellow"
    for miss in robustness.near_misses:
        away = "" if miss.distance_m is None else f" {miss.distance_m:.2f} m"
        yield (
            (
                f"险未触及 near miss{away} (±{miss.accuracy_m:g} m): {miss.title.both()}，"
                f"{WORDS[miss.outcome].both()}"
            ),
            "yellow",
        )


def _silent(check: SiteCheck) -> list[LayerLine]:
    return [line for line in check.layers if line.status == "no_data" or line.reason]


def _silence_text(check: SiteCheck) -> Text:
    """Which layers could not be believed, by reason."""
    reasons: dict[str, list[str]] = {}
    for line in _silent(check):
        zh = line.reason.zh if line.reason else "要素缺少规则所需的属性，无法判断"
        reasons.setdefault(zh, []).append(line.name.zh)
    text = "\n".join(f"  {why}：{_few(names)}" for why, names in reasons.items())
    return Text(f"\n未能核对 not checked\n{text}", style="magenta")


def _few(names: Sequence[str], most: int = 6) -> str:
    shown = "、".join(names[:most])
    return shown if len(names) <= most else f"{shown}等 {len(names)} 个图层"


def _finding_text(finding: Finding) -> Group:
    """One finding: what and how large, who and by which law, what it means."""
    bases = "、".join(
        f"《{b.title.zh}》{b.article or ''}{'' if b.verified else UNVERIFIED.zh}"
        for b in finding.legal_bases
    )
    lines = [f"{finding.department.name.zh} · {bases}", finding.message.zh]
    lines += [_project_text(project) for project in finding.projects]
    lines += [note.zh for note in finding.notes]
    if 0 < len(finding.parts) <= _PARTS:
        lines += [f"其中 {part.feature_id}  {_calibres(part.area)}" for part in finding.parts]
    if finding.margin is not None:
        lines.append(margin_words(finding.margin).both())
    title = Text.assemble("\n", outcome_text(finding.outcome), "  ", (finding.title.zh, "bold"))
    size = _size_text(finding)
    title.append(f"  {size}" if size else "").append(f"  {finding.rule}", style="dim")
    return Group(title, Padding(Text("\n".join(lines)), (0, 0, 0, 4)))


def _project_text(project: ProjectLine) -> str:
    code = project.code or "无代码 no code"
    said = " · ".join(text for text in (code, project.name, project.state) if text)
    return f"{said}：{area_text(project.area)}，占地块 {project.share:.2%}"


def _suggestion_text(suggestion: Suggestion) -> Group:
    """One suggestion, in both languages."""
    said = [suggestion.text, *suggestion.notes]
    text = "\n".join(line for one in said for line in (one.zh, one.en))
    title = Text.assemble("\n", ("建议 suggestion  ", "bold"), _REMEDIES[suggestion.kind])
    return Group(title, Padding(Text(text), (0, 0, 0, 4)))


def _size_text(finding: Finding) -> str:
    if finding.relation == "touches":
        return "仅边界相接"
    if finding.area is not None:
        share = f" {finding.share:.2%}" if finding.share is not None else ""
        thin = finding.band == "suspected_error"
        width = f" 宽 {finding.width_m:.3f} m" if thin else ""
        return f"{_calibres(finding.area)}{share}{width}"
    if finding.length_m is not None:
        return f"{finding.length_m:,.1f} m"
    return f"{finding.count} 处" if finding.count is not None else ""


def verdicts_table(checks: Sequence[SiteCheck]) -> Table:
    """One line a site."""
    table = Table(title="选址预检 · a verdict per site")
    for title in ("地块 site", "结论 verdict", "公顷 ha", "最重一项 gravest finding"):
        table.add_column(title, justify="right" if title == "公顷 ha" else "left", overflow="fold")
    for check in checks:
        known = [finding for finding in check.findings if finding.outcome != "no_data"]
        first = known[0].title.zh if known else "无"
        if check.verdict == "incomplete":
            first = _reason_of(check)
            known = []
        gravest = f"{first}等 {len(known)} 项" if len(known) > 1 else first
        hectares = f"{check.site.area.hectares:,.4f}"
        table.add_row(check.site.name, outcome_text(check.verdict), hectares, gravest)
    return table


def _reason_of(check: SiteCheck) -> str:
    silent = _silent(check)
    if silent and silent[0].reason:
        return f"{silent[0].reason.zh}（{len(silent)} 个图层）"
    return check.notes[0].zh if check.notes and not silent else "有规则无法判断"


def snapshots_table(snapshots: Sequence[tuple[SnapshotRef, int]]) -> Table:
    """Snapshots, the newest first."""
    table = Table(title="蓝图快照 · snapshots")
    for title in ("id", "published", "layers", "digest"):
        table.add_column(title, justify="right" if title == "layers" else "left")
    for ref, layers in snapshots:
        table.add_row(
            ref.id, f"{ref.published_at:%Y-%m-%d %H:%M} UTC", str(layers), ref.digest[:16]
        )
    return table


def layers_table(catalogue: Catalogue, versions: Mapping[str, LayerVersion]) -> Table:
    """Every layer with its owner and its newest version."""
    table = Table(title="图层目录 · layers")
    for title in ("id", "图层", "部门", "版本", "要素", "生效"):
        number = title in ("版本", "要素")
        whole = title in ("id", "生效")
        table.add_column(
            title, justify="right" if number else "left", no_wrap=whole, overflow="fold"
        )
    for layer in catalogue.layers():
        version = versions.get(layer.id)
        known = ("", "", "无数据") if version is None else (
            str(version.version), str(version.feature_count), str(version.effective)
        )  # fmt: skip
        owner = catalogue.department_names[layer.department].zh
        table.add_row(layer.id, layer.name.zh, owner, *known)
    return table


def head_with_id(table: Table, *titles: str) -> None:
    """The columns of a table whose first has ids: they stay whole, so that they can be copied."""
    table.add_column("id", no_wrap=True)
    for title in titles:
        table.add_column(title, overflow="fold")
