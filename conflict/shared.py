"""Step 3: the shape of what pairs share, drawn from flat arrays.

Input: pairs with what the kernel found for each, and where their sides come from (`Sides`): two
layers, or many layers and a site. Output: geometries in the left feature's dimension, of one part
or of many as GEOS would have it. What lies within the other one is the shape itself.
Where boundaries cross properly the kernel draws; the rest GEOS draws, giants cut down to the
surroundings of what they have in common (`shapes.gather`). Each of these shapes whose size is the
one that the kernel found without drawing is taken. What is left is drawn from the whole features,
checked and, if need be, sent down the fallback chain (`intersect`).
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import shapely

from conflict.intersect import Failure, Keep, intersect
from conflict.kernel import APART, CROSSING, DOUBTFUL
from conflict.pairs import Geometries
from conflict.parts import each_pair, only_dimension
from conflict.shapes import GIANT, Numbers, Shapes, draw_shared
from conflict.tree import Boxes, Rows

Kinds = npt.NDArray[np.int8]
Places = npt.NDArray[Any]

_MARGIN = 0.5
"""How far a window reaches beyond a pair's common box, of its longer side: GEOS looks that far."""
_ABSOLUTE, _RELATIVE = 1e-6, 1e-9
"""How far two ways to an area, m², or a length, m, may differ."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What each of k pairs shares, arrays of shape (k,).

    `size`: m², m or points, by `dimension`, the left feature's. `kind`: as in `kernel`.
    """

    size: Numbers
    kind: Kinds
    dimension: Kinds


class Sides(Protocol):
    """Where the features of pairs come from; `at` are places among the pairs, shape (m,)."""

    def left(self, at: Places) -> Geometries:
        """The left features, whole."""

    def right(self, at: Places) -> Geometries:
        """The right ones."""

    def cut(self, at: Places) -> tuple[Geometries, Geometries]:
        """Both, giants cut down to what lies around the pair."""

    def drawn(self, at: Places) -> Geometries:
        """What they share, as the kernel has it; None where it leaves that to GEOS."""


def settle(sides: Sides, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Let GEOS decide on the doubtful pairs, in place; which of all share something, shape (k,).

    One that GEOS cannot draw stays DOUBTFUL: it may share something.
    """
    doubtful = np.flatnonzero(pairs.kind == DOUBTFUL)
    if len(doubtful):
        met, _ = draw(sides, pairs, doubtful)
        known = ~shapely.is_missing(met)
        at, met = doubtful[known], met[known]
        lines = pairs.dimension[at] == 1
        pairs.size[at] = np.where(lines, shapely.length(met), shapely.area(met))
        pairs.kind[at] = np.where(pairs.size[at] > 0, CROSSING, APART)
    return np.asarray(pairs.kind != APART)


def draw(
    sides: Sides, pairs: Pairs, places: Places, keep: Keep | None = None
) -> tuple[Geometries, list[Failure]]:
    """What the pairs at `places` share, shape (m,); None for one that failed.

    A failure names its place in `places`. `keep` is given each pair that needed more than GEOS'
    first answer.
    """
    kind, dimension = pairs.kind[places], pairs.dimension[places]
    met = sides.drawn(places)
    drawn = (dimension == 2) & ((kind == CROSSING) | (kind == DOUBTFUL))
    at = np.flatnonzero(drawn | ((dimension == 1) & (kind == CROSSING)))
    if len(at):
        met[at] = _of_right_size(met[at], sides, pairs, places[at])
    failures: list[Failure] = []
    rest = shapely.is_missing(met)
    for wanted in np.unique(dimension[rest]).tolist():
        at = np.flatnonzero(rest & (dimension == wanted))
        size = np.where(kind[at] == CROSSING, pairs.size[places[at]], np.nan)
        expected = size if wanted == 2 else None
        left, right = sides.left(places[at]), sides.right(places[at])
        found = intersect(left, right, wanted, expected, keep=keep)
        met[at] = found.geometry
        failures += [replace(failure, pair=int(at[failure.pair])) for failure in found.failures]
    return met, failures


def _of_right_size(met: Geometries, sides: Sides, pairs: Pairs, places: Places) -> Geometries:
    """What the kernel drew of polygons and lines, or else GEOS; None where the size is off."""
    met[_is_off(met, pairs, places)] = None
    rest = np.flatnonzero(shapely.is_missing(met))
    if len(rest):
        drawn, _ = each_pair(shapely.intersection, *sides.cut(places[rest]))
        for wanted in (1, 2):
            chosen = pairs.dimension[places[rest]] == wanted
            drawn[chosen] = only_dimension(drawn[chosen], wanted)
        drawn[_is_off(drawn, pairs, places[rest])] = None
        met[rest] = drawn
    return met


def _is_off(met: Geometries, pairs: Pairs, places: Places) -> npt.NDArray[np.bool_]:
    """Which shapes are missing or have not the size that was found without them."""
    size, line = pairs.size[places], pairs.dimension[places] == 1
    drawn = shapely.area(met)
    drawn[line] = shapely.length(met[line])
    return ~(np.abs(drawn - size) <= np.maximum(_ABSOLUTE, _RELATIVE * size))


@dataclass(frozen=True, slots=True)
class OfTwoLayers:
    """Pairs of rows of two layers of polygons; the arrays have shape (k,)."""

    left_shapes: Shapes
    right_shapes: Shapes
    left_rows: Rows
    right_rows: Rows
    kinds: Kinds

    def left(self, at: Places) -> Geometries:
        """The left features, whole."""
        return _whole(self.left_shapes, self.left_rows[at])

    def right(self, at: Places) -> Geometries:
        """The right ones."""
        return _whole(self.right_shapes, self.right_rows[at])

    def drawn(self, at: Places) -> Geometries:
        """What they share, as the kernel has it; None where it leaves that to GEOS."""
        rows = self.left_rows[at]
        which = np.zeros_like(rows), rows, self.left_shapes.dimension[rows], self.kinds[at]
        other = self.right_shapes, self.right_rows[at]
        return draw_shared([self.left_shapes.flat], *which, *other)

    def cut(self, at: Places) -> tuple[Geometries, Geometries]:
        """Both, giants cut down to what lies around the pair's common box."""
        a, b = self.left_rows[at], self.right_rows[at]
        windows = _windows(self.left_shapes.boxes[a], self.right_shapes.boxes[b])
        return _cut(self.left_shapes, a, windows), _cut(self.right_shapes, b, windows)


def _whole(side: Shapes, rows: Rows) -> Geometries:
    """Whole features by row, each made once however often it is there."""
    once, at = np.unique(rows, return_inverse=True)
    return side.geometries(once)[at]


def _windows(a: Boxes, b: Boxes) -> Boxes:
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    return around(np.hstack([low, high]))


def around(boxes: Boxes) -> Boxes:
    """Windows that reach as far beyond the boxes as GEOS looks; shapes (k, 4) → (k, 4)."""
    low, high = boxes[:, :2], boxes[:, 2:]
    margin = _MARGIN * (high - low).max(axis=1, keepdims=True) + 1.0
    return np.hstack([low - margin, high + margin])


def _cut(side: Shapes, rows: Rows, windows: Boxes) -> Geometries:
    """Features by row: the small ones whole, giants within each window."""
    out = np.empty(len(rows), dtype=object)
    large = side.corners(rows) > GIANT
    out[~large] = _whole(side, rows[~large])
    out[large] = side.geometries(rows[large], windows[large])
    return out
