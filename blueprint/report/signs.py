"""What a map is about, in points, and how it is drawn: on the map and in the legend alike.

Input: an overlap or a layer with its shapes on the page. Output: a `Look` for its areas (2), lines
(1) or points (0). Outcomes have colours and hatches, overlaps have numbers, layers have names.
Fills are opaque, so that a colour on the map is one of the legend's and never a mixture; areas
whose fill could not be seen, or would be seen everywhere, are drawn as outlines.
"""

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from blueprint.documents import Finding, Outcome
from blueprint.report.page import Look
from blueprint.words import COLOURS, HATCHES
from layers import Geometries

_THIN = 3.0  # points
_EVERYWHERE, _HIDDEN, _ALIKE = 0.9, 0.1, 0.95
_FILLS = (
    *("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00"),
    *("#C2A5CF", "#D9B38C", "#8DA0CB", "#A6DBA0"),
)
"""Paul Tol's light scheme, which the colour-blind can tell apart, without its grey; and four."""

UNCOVERED = Look("#EFEAF6", COLOURS["no_data"], 1.3, "----")
"""The part of a site on which there are no data."""


@dataclass(frozen=True, slots=True)
class OverlapSign:
    """One finding where it meets the site, under its number."""

    number: int
    finding: Finding
    shape: shapely.GeometryCollection

    @property
    def colour(self) -> str:
        """The colour of its outcome."""
        return COLOURS[self.finding.outcome]

    @property
    def dimension(self) -> int:
        """2 for a finding with an area, 1 with a length, 0 with a count."""
        return 2 if self.finding.area is not None else int(self.finding.length_m is not None)

    @property
    def is_thin(self) -> bool:
        """Whether it is an area that cannot be seen as one."""
        return is_narrow(self.shape, _THIN)

    def look(self, dimension: int) -> Look:
        """How its areas, lines or points are drawn."""
        fill, hatch = _lighter(self.colour, 0.16), HATCHES.get(self.finding.outcome)
        area = Look(fill, self.colour, 1.3, hatch)
        return (Look(self.colour, "white", 1.0), Look("none", self.colour, 2.4), area)[dimension]


@dataclass(frozen=True, slots=True)
class LayerSign:
    """One layer around the site; `filled` where its colour can be seen on the map."""

    name: str
    outcome: Outcome | None
    parts: Geometries
    fill: str
    filled: bool = True
    everywhere: bool = False

    @property
    def rank(self) -> int:
        """0 where the gravest was found, the highest where nothing was."""
        return _rank(self.outcome)

    @property
    def dark(self) -> str:
        """The layer's colour for lines and letters."""
        return _hex(channel * 0.55 for channel in _channels(self.fill))

    @property
    def dimension(self) -> int:
        """The highest dimension of its parts."""
        return int(shapely.get_dimensions(self.parts).max())

    def look(self, dimension: int) -> Look:
        """How its areas, lines or points are drawn; what was found shows on the edge."""
        if dimension == 1:
            return Look("none", self.dark, 1.6)
        found = self.outcome
        edge, width = (self.dark, 0.5) if found is None else (COLOURS[found], 1.0)
        if dimension == 2 and not self.filled:
            return Look("none", edge, max(width, 0.8))
        return Look(_lighter(self.fill, 0.6), edge, width)


def sign_layers(
    layers: Iterable[tuple[str, Outcome | None, Geometries]], view: shapely.Polygon
) -> list[LayerSign]:
    """Signs for layers with their parts on the page, the most extensive first.

    A layer that covers `view` (almost) wholly is not filled, and neither is one whose fill would
    be hidden by the fills of smaller layers, which lie above it.
    """
    shown = sorted(layers, key=lambda layer: layer[0])
    covers = [_cover(parts, view) for _, _, parts in shown]
    everywhere = [shapely.area(cover) > _EVERYWHERE * shapely.area(view) for cover in covers]
    fills = _colours([name for name, _, _ in shown])
    signs: list[LayerSign] = []
    hiding: shapely.Geometry = shapely.Polygon()
    for index in sorted(range(len(shown)), key=lambda i: _height(covers[i], view, shown[i][1])):
        name, outcome, parts = shown[index]
        extent = shapely.area(covers[index])
        free = shapely.area(shapely.difference(covers[index], hiding))
        filled = bool((extent == 0 or free > _HIDDEN * extent) and not everywhere[index])
        if filled:
            hiding = shapely.union(hiding, covers[index])
        sign = LayerSign(name, outcome, parts, fills[index], filled, bool(everywhere[index]))
        signs.append(sign)
    return signs[::-1]


def _rank(outcome: Outcome | None) -> int:
    return len(COLOURS) if outcome is None else list(COLOURS).index(outcome)


def _height(
    cover: shapely.Geometry, view: shapely.Polygon, outcome: Outcome | None
) -> tuple[int, int]:
    """What decides which layer lies above: the smaller, of like extent the graver."""
    return math.ceil(shapely.area(cover) / shapely.area(view) * 20), _rank(outcome)


def _cover(parts: Geometries, view: shapely.Polygon) -> shapely.Geometry:
    """What the areas among `parts` cover of `view`."""
    areas = shapely.make_valid(parts[shapely.get_dimensions(parts) == 2])
    return shapely.intersection(shapely.union_all(areas), view)


def _colours(names: Sequence[str]) -> list[str]:
    """A colour for each name: its own, unless an earlier name has the same one."""
    wishes = [_FILLS[zlib.crc32(name.encode()) % len(_FILLS)] for name in names]
    left = [fill for fill in _FILLS if fill not in wishes]
    colours: list[str] = []
    for wish in wishes:
        colours.append(left.pop(0) if wish in colours and left else wish)
    return colours


def alike(overlaps: Sequence[OverlapSign]) -> list[list[OverlapSign]]:
    """The overlaps in groups of (almost) equal shape, in the order of their first members."""
    groups: list[list[OverlapSign]] = []
    for sign in overlaps:
        same = (group for group in groups if _is_same(group[0], sign))
        group = next(same, None)
        if group is None:
            groups.append([sign])
        else:
            group.append(sign)
    return groups


def _is_same(one: OverlapSign, other: OverlapSign) -> bool:
    """Whether nobody could tell the two shapes apart on the page."""
    dimensions = {int(shapely.get_dimensions(sign.shape)) for sign in (one, other)}
    if len(dimensions) == 2 or one.is_thin != other.is_thin:
        return False
    if dimensions != {2} or one.is_thin:
        return bool(shapely.hausdorff_distance(one.shape, other.shape) < _THIN)
    first, second = (shapely.make_valid(shapely.union_all(s.shape)) for s in (one, other))
    both = shapely.area(shapely.intersection(first, second))
    return bool(both > _ALIKE * shapely.area(shapely.union(first, second)))


def is_narrow(shape: shapely.Geometry, width: float) -> bool:
    """Whether a polygon's mean width is less than `width`; lines and points have none."""
    polygon = shapely.get_dimensions(shape) == 2
    return bool(polygon and 2 * shapely.area(shape) < width * shapely.length(shape))


def fill_of(look: Look) -> Look:
    """A look without its edge; a hatch keeps the edge's colour."""
    return replace(look, width=0)


def edge_of(look: Look) -> Look:
    """A look without its fill and its hatch."""
    return replace(look, fill="none", hatch=None)


def _channels(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])


def _lighter(colour: str, share: float) -> str:
    """So much of the colour, the rest white."""
    return _hex(255 - (255 - channel) * share for channel in _channels(colour))


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{int(channel):02X}" for channel in channels)
