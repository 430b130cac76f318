"""What stands around the map: the title with the verdict, findings, the legend and the footer.

Input: the check and the map's signs. Output: lines on the page. The legend is written from the
bottom of the column up, so that findings have the room that it leaves.
"""

from collections.abc import Sequence

import shapely

from blueprint.documents import Outcome, SiteCheck, Verdict
from blueprint.report.lettering import Script
from blueprint.report.page import (
    DOT,
    GREY,
    HEADING,
    INK,
    PALE,
    PLAIN,
    SMALL,
    STRONG,
    Look,
    Page,
    Spot,
)
from blueprint.report.signs import LayerSign, OverlapSign
from blueprint.report.words import (
    COLOURS,
    WORDS,
    bases_words,
    gravest_first,
    hectares,
    legend_size,
    size_words,
    unjudged_words,
)

Lines = tuple[Sequence[str], Sequence[str]]  # bold, plain

_LEFT, COLUMN, RIGHT = 20.0, 520.0, 752.0
"""Where the page's text begins, where the column beside the map begins, and where both end."""
_TOP, _BOTTOM = 522.0, 56.0
_STRONG_LINE, _SMALL_LINE, _GAP = 10.0, 8.6, 7.0
_MOST_FINDINGS, _MOST_OVERLAPS = 8, 6
_MOST_EXPLAINED = 4
"""Up to so many findings are given with their message and their law."""


def write_title(page: Page, check: SiteCheck) -> None:
    """The site's name, as large as it fits, and the verdict in its colour."""
    words, colour = WORDS[check.verdict], COLOURS[check.verdict]
    page.plate((RIGHT - 118, 533, RIGHT, 567), Look(colour), radius=5)
    page.write((RIGHT - 59, 554.5), words.zh, Script(14.5, "white", bold=True), "center")
    page.write((RIGHT - 59, 540.5), words.en, Script(8, "white"), "center")
    room = RIGHT - 154
    size, lines = page.letters.fit(check.site.name, room, ((17, 1), (13, 2), (10, 3)))
    for number, line in enumerate(lines):
        y = 565.5 - size / 2 - number * size * 1.2
        page.write((_LEFT, y), line, Script(size, INK, bold=True))
    subtitle = f"{check.city.zh} · 选址预检 · {check.city.en} · Site check"
    page.write((_LEFT, 530), page.letters.wrap(subtitle, 7.5, room, 1)[0], Script(7.5, GREY))


def write_legend(
    page: Page, check: SiteCheck, overlaps: Sequence[OverlapSign], layers: Sequence[LayerSign]
) -> float:
    """Explain the map's signs from the bottom of the page up; the height above which is room."""
    most = max(6, min(12, 16 - len(gravest_first(check.findings))))
    y = _legend_of_layers(page, layers, most, _BOTTOM + 4)
    y = _legend_of_overlaps(page, overlaps, y + 4)
    page.draw(_sign((COLUMN + 16, y), 1), Look("none", INK, 2.4))
    page.write((COLUMN + 39, y), "用地范围 Site", PLAIN)
    page.write((RIGHT, y), hectares(check.site.area), PLAIN, "right")
    page.write((COLUMN, y + 16), "图例 Legend", HEADING)
    page.draw(shapely.LineString([(COLUMN, y + 27), (RIGHT, y + 27)]), Look("none", PALE, 0.8))
    return y + 34


def _legend_of_layers(page: Page, layers: Sequence[LayerSign], most: int, y: float) -> float:
    """Layers in pairs, the last at the bottom; the height above them."""
    named = layers[:most]
    if len(layers) > most:
        page.write((COLUMN, y), f"另有 {len(layers) - most} 个图层…", SMALL)
        y += 11
    for first in reversed(range(0, len(named), 2)):
        pair = named[first : first + 2]
        names = [page.letters.wrap(layer.title, SMALL.size, 90, 2) for layer in pair]
        y += 8.2 * (max(map(len, names)) - 1)
        for x, layer, lines in zip((COLUMN, COLUMN + 118), pair, names, strict=False):
            page.draw(_sign((x, y), layer.dimension), layer.look(layer.dimension))
            for number, line in enumerate(lines):
                page.write((x + 22, y - 8.2 * number), line, SMALL)
        y += 11.5
    return y


def _legend_of_overlaps(page: Page, overlaps: Sequence[OverlapSign], y: float) -> float:
    """Overlaps with their sizes, the smallest at the bottom; the height above them."""
    largest = sorted(overlaps, key=lambda sign: (-(sign.finding.share or 0), sign.finding.rule))
    if len(largest) > _MOST_OVERLAPS:
        page.write((COLUMN + 38, y), f"另有 {len(largest) - _MOST_OVERLAPS} 项重叠…", SMALL)
        y += 11.5
    for sign in reversed(largest[:_MOST_OVERLAPS]):
        size = legend_size(sign.finding)
        page.disc((COLUMN + 6, y), sign.number, sign.colour)
        page.draw(_sign((COLUMN + 16, y), sign.dimension), sign.look(sign.dimension))
        room = RIGHT - COLUMN - 46 - page.letters.width(size, PLAIN.size)
        title = page.letters.wrap(sign.finding.title.zh, PLAIN.size, room, 1)[0]
        page.write((COLUMN + 39, y), title, PLAIN)
        page.write((RIGHT, y), size, PLAIN, "right")
        y += 12.5
    return y


def _sign(at: Spot, dimension: int) -> shapely.Geometry:
    """A disc, a line or a box, 18 points wide."""
    x, y = at
    dot, line = shapely.Point(x + 9, y).buffer(DOT), shapely.LineString([at, (x + 18, y)])
    return (dot, line, shapely.box(x, y - 4, x + 18, y + 4))[dimension]


def write_findings(
    page: Page, check: SiteCheck, overlaps: Sequence[OverlapSign], floor: float
) -> float:
    """Say what was found, the gravest first, as far as it fits above `floor`; where it ends."""
    numbers = {sign.finding.rule: sign.number for sign in overlaps}
    found, unjudged = gravest_first(check.findings), unjudged_words(check.findings)
    page.write((COLUMN, _TOP - 5), "预检结论 Findings", HEADING)
    wrap, width = page.letters.wrap, RIGHT - COLUMN - 51
    y = _TOP - 22
    if check.verdict == "pass":
        passed = ["未发现管控冲突", "No constraint found"], [f"已核对 {len(check.layers)} 个图层"]
        y = _row(page, y, "pass", passed)
    elif not found:
        doubt = "有数据的图层中未发现管控冲突，资料不全，不能认定为通过"
        y = _row(page, y, "incomplete", (wrap(doubt, STRONG.size, width), []))
    closing = wrap(unjudged, SMALL.size, width, 4) if unjudged else []
    floor += _SMALL_LINE * len(closing) + 6
    for index, finding in enumerate(found):
        title = wrap(finding.title.zh, STRONG.size, width - 15, 2)
        words = f"{finding.department.name.zh}；{size_words(finding)}".rstrip("；")
        plain = wrap(words, SMALL.size, width, 4)
        if len(found) <= _MOST_EXPLAINED:
            plain += wrap(finding.message.zh, SMALL.size, width, 5)
            plain += wrap(bases_words(finding), SMALL.size, width, 4)
        lines = title, plain
        room_for_more = 12 * (finding is not found[-1])
        if index == _MOST_FINDINGS or y - _height(lines) < floor + room_for_more:
            page.write((COLUMN + 46, y), f"另有 {len(found) - index} 项…", STRONG)
            y -= 14
            break
        y = _row(page, y, finding.outcome, lines, numbers.get(finding.rule))
    return _row(page, y, "no_data", ([], closing)) if closing else y


def _height(lines: Lines) -> float:
    """How much of the column a finding takes."""
    return _STRONG_LINE * len(lines[0]) + _SMALL_LINE * len(lines[1]) + _GAP


def _row(
    page: Page, y: float, outcome: Outcome | Verdict, lines: Lines, mark: int | None = None
) -> float:
    """One finding with its first line at `y`; the height where the next begins."""
    below = y - _height(lines)
    page.plate((COLUMN, y - 5.8, COLUMN + 40, y + 5.8), Look(COLOURS[outcome]))
    page.write((COLUMN + 20, y), WORDS[outcome].zh, Script(7, "white", bold=True), "center")
    if mark is not None:
        page.disc((COLUMN + 52, y), mark, COLOURS[outcome])
    for line in lines[0]:
        page.write((COLUMN + (46 if mark is None else 61), y), line, STRONG)
        y -= _STRONG_LINE
    for line in lines[1]:
        page.write((COLUMN + 46, y), line, SMALL)
        y -= _SMALL_LINE
    return below


def write_footer(page: Page, check: SiteCheck) -> None:
    """The city's notice, and what the check can be reproduced from."""
    if check.city_notice is not None:
        page.plate((_LEFT, 27, RIGHT, 45), Look("#FFF1C2", "#D9A400", 0.8))
        notice = f"{check.city_notice.zh} · {check.city_notice.en}"
        line = page.letters.wrap(notice, 9, RIGHT - 36, 1)[0]
        centre = (_LEFT + RIGHT) / 2, 36
        page.write(centre, line, Script(9, "#5C4400", bold=True), "center")
    deciding = "椭球" if check.site.area.decided_by == "ellipsoidal" else "投影"
    words = (
        f"快照 {check.snapshot.id} · 规则包 {check.rule_pack.id} {check.rule_pack.version}"
        f" · 申请日期 {check.application_date} · 坐标系 {check.site.crs}，单位：米"
        f" · 面积以{deciding}面积为准 · 检查编号 {check.check_id}"
    )
    for number, line in enumerate(page.letters.wrap(words, SMALL.size, RIGHT - 24, 2)):
        page.write((_LEFT, 18.5 - number * 9), line, SMALL)
