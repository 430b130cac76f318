"""Step 3: the shape of what pairs share, drawn from flat arrays.

Input: rows of two `Shapes`, the right ones polygons, with what the kernel found for each pair.
Output: geometries in the left feature's dimension. A feature that lies within the other one is the
shape itself; the rest GEOS draws. Where one of two polygons is a giant, both are cut down to the
surroundings of what they have in common (`Shapes.geometries`), and the result is taken if its area
is the kernel's; if it is not, the pair is drawn from the whole features, checked and, if need be,
sent down the fallback chain (`intersect`).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from conflict.intersect import Failure, Keep, intersect
from conflict.kernel import APART, CROSSING, DOUBTFUL, LEFT_WITHIN, RIGHT_WITHIN
from conflict.pairs import Geometries
from conflict.parts import each_pair, only_dimension
from conflict.shapes import Numbers, Shapes
from conflict.tree import Boxes, Rows

Kinds = npt.NDArray[np.int8]

_WINDOW_CORNERS = 256
"""Features of more corners are cut down to the surroundings of each pair."""
_MARGIN = 0.5
"""How far a window reaches beyond a pair's common box, of its longer side: GEOS looks that far."""
_ABSOLUTE_M2, _RELATIVE = 1e-6, 1e-9
"""How far two ways to an area may differ."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of features and what each shares; all arrays of shape (k,).

    `size`: m², m or points, by the left feature's dimension. `kind`: as in `kernel`.
    """

    left: Rows
    right: Rows
    size: Numbers
    kind: Kinds

    def take(self, at: npt.NDArray[Any] | slice) -> "Pairs":
        """Those at the given places, or under a mask."""
        return Pairs(self.left[at], self.right[at], self.size[at], self.kind[at])


def settle(left: Shapes, right: Shapes, pairs: Pairs) -> Pairs:
    """The pairs that share something: GEOS decides on the doubtful ones.

    One that GEOS cannot draw stays DOUBTFUL: it may share something.
    """
    doubtful = np.flatnonzero(pairs.kind == DOUBTFUL)
    if len(doubtful):
        met, _ = draw(left, right, pairs.take(doubtful))
        known = ~shapely.is_missing(met)
        at, met = doubtful[known], met[known]
        size, kind = pairs.size.copy(), pairs.kind.copy()
        lines = left.dimension[pairs.left[at]] == 1
        size[at] = np.where(lines, shapely.length(met), shapely.area(met))
        kind[at] = np.where(size[at] > 0, CROSSING, APART)
        pairs = Pairs(pairs.left, pairs.right, size, kind)
    return pairs.take(pairs.kind != APART)


def draw(
    left: Shapes, right: Shapes, pairs: Pairs, keep: Keep | None = None
) -> tuple[Geometries, list[Failure]]:
    """What each pair shares, shape (k,); None for one that failed.

    `keep` is given each pair that needed more than GEOS' first answer.
    """
    met = np.full(len(pairs.left), None, dtype=object)
    within, around = pairs.kind == LEFT_WITHIN, pairs.kind == RIGHT_WITHIN
    met[within] = _whole(left, pairs.left[within])
    met[around] = _whole(right, pairs.right[around])
    rest = ~(within | around)
    dimension = left.dimension[pairs.left]
    corners = np.maximum(left.corners[pairs.left], right.corners[pairs.right])
    giant = rest & (dimension == 2) & (corners > _WINDOW_CORNERS)
    met[giant] = _draw_in_windows(left, right, pairs.take(giant))
    failures: list[Failure] = []
    rest &= shapely.is_missing(met)
    for wanted in np.unique(dimension[rest]).tolist():
        at = np.flatnonzero(rest & (dimension == wanted))
        some = pairs.take(at)
        expected = np.where(some.kind == CROSSING, some.size, np.nan) if wanted == 2 else None
        found = intersect(
            _whole(left, some.left), _whole(right, some.right), wanted, expected, keep=keep
        )
        met[at] = found.geometry
        failures += [replace(failure, pair=int(at[failure.pair])) for failure in found.failures]
    return met, failures


def _whole(side: Shapes, rows: Rows) -> Geometries:
    """Whole features by row, each made once however often it is there."""
    once, at = np.unique(rows, return_inverse=True)
    return side.geometries(once)[at]


def _draw_in_windows(left: Shapes, right: Shapes, pairs: Pairs) -> Geometries:
    """Intersections with giants cut down; None where the result is not beyond doubt."""
    if len(pairs.left) == 0:
        return np.empty(0, dtype=object)
    windows = _windows(left.boxes[pairs.left], right.boxes[pairs.right])
    met, raised = each_pair(
        shapely.intersection,
        _in_windows(left, pairs.left, windows),
        _in_windows(right, pairs.right, windows),
    )
    met = only_dimension(met, 2)
    allowed = np.maximum(_ABSOLUTE_M2, _RELATIVE * pairs.size)
    met[raised | ~(np.abs(shapely.area(met) - pairs.size) <= allowed)] = None
    return met


def _windows(a: Boxes, b: Boxes) -> Boxes:
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    margin = _MARGIN * (high - low).max(axis=1, keepdims=True) + 1.0
    return np.hstack([low - margin, high + margin])


def _in_windows(side: Shapes, rows: Rows, windows: Boxes) -> Geometries:
    """Features by row: the small ones whole, giants within each window."""
    out = np.empty(len(rows), dtype=object)
    large = side.corners[rows] > _WINDOW_CORNERS
    out[~large] = _whole(side, rows[~large])
    out[large] = side.geometries(rows[large], windows[large])
    return out
