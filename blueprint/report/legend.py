"""The legend: what every sign on the map means, from the bottom of the column up.

Input: the map's signs, and how low the findings reach at the least. Output: lines on the page, and
the height above which is room. Overlaps come in the order of their numbers, the gravest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from blueprint.documents import SiteCheck
from blueprint.report.page import DOT, HEADING, INK, PALE, PLAIN, SMALL, Look, Page, Spot
from blueprint.report.panel import BOTTOM, COLUMN, RIGHT
from blueprint.report.signs import UNCOVERED, LayerSign, OverlapSign
from blueprint.words import COLOURS, NO_DATA, gravest_first, hectares, legend_size

_LINE, _ROW = 8.2, 12.5
_HEAD = 50.0
"""What heading and site take, points."""
_FEWEST_OVERLAPS = 6


@dataclass(frozen=True, slots=True)
class Signs:
    """What is on the map; `uncovered` where a part of the site has no data."""

    overlaps: Sequence[OverlapSign]
    layers: Sequence[LayerSign]
    uncovered: bool


def write_legend(page: Page, check: SiteCheck, signs: Signs, ceiling: float) -> float:
    """Explain the map's signs, overlaps as far as they fit under `ceiling`; where room begins."""
    most = max(6, min(12, 16 - len(gravest_first(check.findings))))
    y = _layers(page, signs.layers, most, BOTTOM + 4) + 4
    if signs.uncovered:
        page.draw(_sign((COLUMN + 16, y), 2), UNCOVERED)
        page.write((COLUMN + 39, y), f"{NO_DATA.zh} {NO_DATA.en}", PLAIN)
        y += _ROW
    y = _overlaps(page, overlaps_shown(signs.overlaps, ceiling - y - _HEAD), y, signs.overlaps)
    page.draw(_sign((COLUMN + 16, y), 1), Look("none", INK, 2.4))
    page.write((COLUMN + 39, y), "用地范围 Site", PLAIN)
    page.write((RIGHT, y), hectares(check.site.area), PLAIN, "right")
    page.write((COLUMN, y + 16), "图例 Legend", HEADING)
    page.draw(shapely.LineString([(COLUMN, y + 27), (RIGHT, y + 27)]), Look("none", PALE, 0.8))
    return y + 34


def overlaps_shown(overlaps: Sequence[OverlapSign], room: float) -> Sequence[OverlapSign]:
    """The gravest overlaps, as many as fit, but all rather than all but one."""
    most = max(_FEWEST_OVERLAPS, int(room / _ROW))
    return overlaps if len(overlaps) <= most + 1 else overlaps[:most]


def _overlaps(
    page: Page, shown: Sequence[OverlapSign], y: float, overlaps: Sequence[OverlapSign]
) -> float:
    """Overlaps with their sizes, the mildest at the bottom; the height above them."""
    if len(shown) < len(overlaps):
        page.write((COLUMN + 38, y), f"另有 {len(overlaps) - len(shown)} 项重叠…", SMALL)
        y += 11.5
    for sign in reversed(shown):
        size = legend_size(sign.finding)
        page.disc((COLUMN + 6, y), sign.number, sign.colour)
        page.draw(_sign((COLUMN + 16, y), sign.dimension), sign.look(sign.dimension))
        room = RIGHT - COLUMN - 46 - page.letters.width(size, PLAIN.size)
        title = page.letters.wrap(sign.finding.title.zh, PLAIN.size, room, 1)[0]
        page.write((COLUMN + 39, y), title, PLAIN)
        page.write((RIGHT, y), size, PLAIN, "right")
        y += _ROW
    return y


def _layers(page: Page, layers: Sequence[LayerSign], most: int, y: float) -> float:
    """Layers in pairs, those that lie everywhere under a title; the height above them."""
    named = sorted(layers, key=lambda layer: layer.rank)[:most]
    if len(layers) > most:
        page.write((COLUMN, y), f"另有 {len(layers) - most} 个图层…", SMALL)
        y += 11
    everywhere = [layer for layer in named if layer.everywhere]
    if everywhere:
        y = _pairs(page, everywhere, y)
        page.write((COLUMN, y), "全图范围内 covers the whole view", SMALL)
        y += 11.5
    return _pairs(page, [layer for layer in named if not layer.everywhere], y)


def _pairs(page: Page, layers: Sequence[LayerSign], y: float) -> float:
    """Two layers to a line, a dot for what was found; the height above them."""
    for first in reversed(range(0, len(layers), 2)):
        pair = layers[first : first + 2]
        names = [page.letters.wrap(layer.name, SMALL.size, 88, 2) for layer in pair]
        y += _LINE * (max(map(len, names)) - 1)
        for x, layer, lines in zip((COLUMN, COLUMN + 118), pair, names, strict=False):
            page.draw(_sign((x, y), layer.dimension), layer.look(layer.dimension))
            for number, line in enumerate(lines):
                page.write((x + 22, y - _LINE * number), line, SMALL)
            if layer.outcome is not None:
                end = x + 27 + page.letters.width(lines[0], SMALL.size)
                page.draw(shapely.Point(end, y).buffer(2), Look(COLOURS[layer.outcome]))
        y += 11.5
    return y


def _sign(at: Spot, dimension: int) -> shapely.Geometry:
    """A disc, a line or a box, 18 points wide."""
    x, y = at
    dot, line = shapely.Point(x + 9, y).buffer(DOT), shapely.LineString([at, (x + 18, y)])
    return (dot, line, shapely.box(x, y - 4, x + 18, y + 4))[dimension]
