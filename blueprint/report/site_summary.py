"""What was found in one table (检测一览表), by control line, and counted by groups of them."""

from collections import Counter
from collections.abc import Iterator

from blueprint.documents import Finding, Outcome, SiteCheck
from blueprint.report.control_lines import GROUPS, Group
from blueprint.report.document import Grid, Tongue
from blueprint.report.site_cited import Cited
from blueprint.shared_documents import HECTARE_M2, MU_M2, Area
from blueprint.values import Bilingual
from blueprint.words import WORDS, gravest_first, metres, percent

_NOT_MET = Bilingual(zh="未涉及", en="not met")
_NOT_ASKED = Bilingual(zh="未检测", en="not checked")
_UNDECIDED = Bilingual(zh="无法判断", en="no data")
_WIDTHS = [0.14, 0.2, 0.1, 0.14, 0.14, 0.095, 0.1, 0.085]


def summary_grid(check: SiteCheck, cited: Cited, say: Tongue) -> Grid:
    """A row for each control line and, after them, for whatever else was met."""
    head = [
        say("类别", "Group"),
        say("控制线（图层）", "Control line (layer)"),
        say("结论", "Outcome"),
        say("椭球面积 m²", "Ellipsoidal, m²"),
        say("投影面积 m²", "Projected, m²"),
        say("公顷", "ha"),
        say("亩", "mu"),
        say("占用地", "Share"),
    ]
    rows = list(_rows(check, cited, say))
    return Grid(head=head, rows=rows, widths=_WIDTHS, right=[3, 4, 5, 6, 7])


def counts_grid(check: SiteCheck, cited: Cited, say: Tongue) -> Grid:
    """How many findings of which outcome each group has."""
    counts = Counter((cited.group_of(one.layer), one.outcome) for one in check.findings)
    outcomes: tuple[Outcome, ...] = ("prohibited", "restricted", "consult", "notice", "no_data")
    rows = []
    for group, name in GROUPS.items():
        numbers = [counts[group, outcome] for outcome in outcomes]
        if group == "topic" or cited.lines:
            rows.append([say.of(name), *(f"{number}" if number else "—" for number in numbers)])
    head = [say("类别", "Group"), *(say.of(WORDS[outcome]) for outcome in outcomes)]
    return Grid(head=head, rows=rows, widths=[0.3, *[0.14] * 5], right=[1, 2, 3, 4, 5])


def area_grid(area: Area, say: Tongue) -> Grid:
    """An area by both calibres, in m², 公顷 and 亩."""
    decides = say("（为准）", " (decides)")
    rows = []
    for calibre, name, m2 in (
        ("ellipsoidal", say("椭球面积", "Ellipsoidal"), area.ellipsoidal_m2),
        ("projected", say("投影面积", "Projected"), area.projected_m2),
    ):
        own = calibre == area.decided_by
        hectares, mu = (area.hectares, area.mu) if own else (m2 / HECTARE_M2, m2 / MU_M2)
        rows.append(
            [name + (decides if own else ""), f"{m2:,.2f}", f"{hectares:,.4f}", f"{mu:,.4f}"]
        )
    head = [say("面积", "Area"), "m²", say("公顷", "ha"), say("亩", "mu")]
    return Grid(head=head, rows=rows, widths=[0.34, 0.24, 0.2, 0.22], right=[1, 2, 3])


def _rows(check: SiteCheck, cited: Cited, say: Tongue) -> Iterator[list[str]]:
    found = gravest_first(check.findings)
    for line in cited.lines:
        about = [one for one in found if one.layer == line.layer]
        yield from (_row(one, line.group, say.of(line.name), say) for one in about)
        if not about:
            word = _without_finding(check, line.layer)
            yield [say.of(GROUPS[line.group]), say.of(line.name), say.of(word), *["—"] * 5]
    names = {line.layer: say.of(line.name) for line in check.layers}
    known = {line.layer for line in cited.lines}
    for one in found:
        if one.layer not in known:
            yield _row(one, "topic", names.get(one.layer, one.layer), say)


def line_word(check: SiteCheck, layer: str, say: Tongue) -> str:
    """What became of a control line: the gravest outcome, or why there is none; and its version."""
    found = [one.outcome for one in gravest_first(check.findings) if one.layer == layer]
    word = say.of(WORDS[found[0]]) if found else say.of(_without_finding(check, layer))
    version = next((line.version for line in check.layers if line.layer == layer), None)
    return word if version is None else word + say(f"（第 {version} 版）", f" (version {version})")


def is_not_met(check: SiteCheck, layer: str) -> bool:
    """Whether a layer was looked at, and nothing was met."""
    found = any(one.layer == layer for one in gravest_first(check.findings))
    return not found and _without_finding(check, layer) is _NOT_MET


def _without_finding(check: SiteCheck, layer: str) -> Bilingual:
    """What became of a layer on which nothing was found."""
    status = next((line.status for line in check.layers if line.layer == layer), None)
    if status is None:
        return _NOT_ASKED
    undecided = any(one.layer == layer and one.outcome == "no_data" for one in check.findings)
    return _UNDECIDED if undecided or status in ("no_data", "error") else _NOT_MET


def _row(finding: Finding, group: Group, name: str, say: Tongue) -> list[str]:
    area, share = finding.area, finding.share
    told = [say.of(GROUPS[group]), name, say.of(WORDS[finding.outcome])]
    if area is None or finding.relation == "touches":
        return [*told, _extent(finding, say), "—", "—", "—", "—"]
    sizes = (f"{area.ellipsoidal_m2:,.2f}", f"{area.projected_m2:,.2f}")
    return [
        *told,
        *sizes,
        f"{area.hectares:,.4f}",
        f"{area.mu:,.4f}",
        "—" if share is None else percent(share),
    ]


def _extent(finding: Finding, say: Tongue) -> str:
    """What is known of what has no area."""
    if finding.withheld:
        return say("不予公开", "withheld")
    if finding.relation == "touches":
        return say("仅相接", "touches")
    if finding.length_m:
        return metres(finding.length_m)
    return "—" if finding.count is None else say(f"{finding.count} 处", f"{finding.count} places")
