"""A layer with a layer: which features share ground, how much, and what shape it has.

Input: two `Shapes` of polygons. Output: `Overlaps`, sorted by left, then right row.

Algorithm:
    1. the trees give the pairs whose boxes touch;
    2. the kernel says of each whether it shares ground and how much, without a geometry;
    3. the few that it doubts are drawn by GEOS, which decides;
    4. shapes are drawn for those that are asked for: of a feature that lies within the other it is
       the feature itself, else GEOS intersects, giants cut down to the pair's surroundings, and
       the result is held against the area that the kernel found.
What a pair comes to depends on its two features alone: no partition and no thread changes it.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import shapely

from conflict import kernel
from conflict.intersect import Keep, intersect
from conflict.kernel import APART, CROSSING, DOUBTFUL, LEFT_WITHIN, RIGHT_WITHIN
from conflict.pairs import Geometries
from conflict.parts import each_pair, only_dimension
from conflict.shapes import Shapes
from conflict.tree import Boxes, Rows

Numbers = npt.NDArray[np.float64]
Kinds = npt.NDArray[np.int8]
Bounds = tuple[float, float, float, float]
T = TypeVar("T")

_CHUNK = 8_192
"""Pairs at a time: some megabytes of geometries."""
_WINDOW_CORNERS = 256
"""Features of more corners are cut down to the surroundings of each pair."""
_MARGIN = 0.5
"""How far a window reaches beyond a pair's common box, of its longer side: GEOS looks that far."""


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Arrays of shape (k,): rows of both sides, the area they share, m², its kind (`kernel`).

    A pair that stays DOUBTFUL is one that GEOS could not draw: it may share ground.
    """

    left: Rows
    right: Rows
    area_m2: Numbers
    kind: Kinds

    def __len__(self) -> int:
        return len(self.left)

    def take(self, at: npt.NDArray[Any] | slice) -> "Overlaps":
        """Those at the given places, or under a mask."""
        return Overlaps(self.left[at], self.right[at], self.area_m2[at], self.kind[at])


@dataclass(frozen=True, slots=True)
class Classes:
    """A matrix rule: only pairs whose `fights[left class, right class]` holds are formed.

    `left` (n,) and `right` (m,) have the class of each feature as an index into the matrix.
    """

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    fights: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Failure:
    """A pair that has no credible intersection, by its rows; the reason never says where it is."""

    left: int
    right: int
    reason: str


def overlay(
    left: Shapes,
    right: Shapes,
    *,
    owned: Bounds | None = None,
    classes: Classes | None = None,
    left_rows: Rows | None = None,
    right_rows: Rows | None = None,
    threads: int = 1,
) -> Overlaps:
    """Every pair of polygons that shares ground; touching is no overlap.

    `owned` (minx, miny, maxx, maxy), half open: only pairs whose common box has its lower left
    corner in there, so that tiles that cover the plane find every pair once. `left_rows` and
    `right_rows`, ascending, restrict either side.
    """
    i, j = candidates(left, right, owned, classes, left_rows, right_rows, threads)
    parts = list(
        _each(threads, lambda part: _measured(left, right, i[part], j[part]), _slices(len(i)))
    )
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return Overlaps(nothing, nothing, np.empty(0), np.empty(0, dtype=np.int8))
    columns = zip(*((p.left, p.right, p.area_m2, p.kind) for p in parts), strict=True)
    return Overlaps(*(np.concatenate(column) for column in columns))


def candidates(  # noqa: PLR0917 as `overlay`
    left: Shapes,
    right: Shapes,
    owned: Bounds | None = None,
    classes: Classes | None = None,
    left_rows: Rows | None = None,
    right_rows: Rows | None = None,
    threads: int = 1,
) -> tuple[Rows, Rows]:
    """The pairs whose boxes touch, sorted by left, then right row; see `overlay`."""
    rows = np.arange(len(left), dtype=np.int64) if left_rows is None else left_rows
    tile = None
    if owned is not None:
        tile = np.array(owned, dtype=np.float64)
        rows = np.intersect1d(rows, left.search(owned), assume_unique=True)
    rows = np.ascontiguousarray(rows, dtype=np.int64)
    matrix = [None, None, None, 0] if classes is None else _matrix(classes)

    def join(part: slice) -> tuple[Rows, Rows]:
        found = kernel.active.join(left.flat, right.flat, rows[part], tile, *matrix)
        i, j = (np.frombuffer(side, np.int64) for side in found)
        if right_rows is None:
            return i, j
        wanted = np.zeros(len(right), dtype=bool)
        wanted[right_rows] = True
        return i[wanted[j]], j[wanted[j]]

    found = list(_each(threads, join, _slices(len(rows), 65_536)))
    empty = np.empty(0, dtype=np.int64)
    i, j = (np.concatenate([empty, *(pair[k] for pair in found)]) for k in (0, 1))
    return i, j


def shared_geometry(
    left: Shapes,
    right: Shapes,
    overlaps: Overlaps,
    rows: npt.NDArray[Any] | None = None,
    *,
    threads: int = 1,
    keep: Keep | None = None,
) -> tuple[Geometries, list[Failure]]:
    """The polygons that overlaps share, those at `rows` or all; None for one that failed.

    `keep` is given each pair that needed more than GEOS' first answer.
    """
    chosen = overlaps if rows is None else overlaps.take(rows)
    drawn = _each(
        threads, lambda part: _draw(left, right, chosen.take(part), keep), _slices(len(chosen))
    )
    shapes, failures = [np.empty(0, dtype=object)], []
    for found, failed in drawn:
        shapes.append(found)
        failures.extend(failed)
    return np.concatenate(shapes), failures


def _matrix(classes: Classes) -> list[Any]:
    a, b = (np.ascontiguousarray(c, dtype=np.int32) for c in (classes.left, classes.right))
    fights = np.ascontiguousarray(classes.fights, dtype=np.uint8)
    return [a, b, fights, fights.shape[1]]


def _measured(left: Shapes, right: Shapes, i: Rows, j: Rows) -> Overlaps:
    """What each pair shares; those that share nothing are left out."""
    area, kind = np.zeros(len(i)), np.zeros(len(i), dtype=np.int8)
    kernel.active.measure(left.flat, right.flat, i, j, area, kind)
    found = Overlaps(i, j, area, kind)
    doubtful = np.flatnonzero(kind == DOUBTFUL)
    if len(doubtful):
        met, _ = _draw(left, right, found.take(doubtful), None)
        known = ~shapely.is_missing(met)
        area[doubtful[known]] = shapely.area(met[known])
        kind[doubtful[known]] = np.where(area[doubtful[known]] > 0, CROSSING, APART)
    return found.take(kind != APART)


def _draw(
    left: Shapes, right: Shapes, overlaps: Overlaps, keep: Keep | None
) -> tuple[Geometries, list[Failure]]:
    met = np.empty(len(overlaps), dtype=object)
    for kind, side, rows in (
        (LEFT_WITHIN, left, overlaps.left),
        (RIGHT_WITHIN, right, overlaps.right),
    ):
        within = np.flatnonzero(overlaps.kind == kind)
        met[within] = gathered(side, rows[within])
    rest = np.flatnonzero(overlaps.kind >= CROSSING)
    large = np.maximum(left.corners[overlaps.left[rest]], right.corners[overlaps.right[rest]])
    in_window = rest[large > _WINDOW_CORNERS]
    met[in_window] = _draw_in_windows(left, right, overlaps.take(in_window))
    whole = np.flatnonzero((overlaps.kind >= CROSSING) & shapely.is_missing(met))
    i, j = overlaps.left[whole], overlaps.right[whole]
    expected = np.where(overlaps.kind[whole] == CROSSING, overlaps.area_m2[whole], np.nan)
    found = intersect(gathered(left, i), gathered(right, j), 2, expected, keep=keep)
    met[whole] = found.geometry
    return met, [Failure(int(i[f.pair]), int(j[f.pair]), f.reason) for f in found.failures]


def gathered(side: Shapes, rows: Rows) -> Geometries:
    """Whole features by row, each made once however often it is there."""
    once, at = np.unique(rows, return_inverse=True)
    return side.geometries(once)[at]


def _draw_in_windows(left: Shapes, right: Shapes, overlaps: Overlaps) -> Geometries:
    """Intersections with giants cut down; None where the result is not beyond doubt."""
    if len(overlaps) == 0:
        return np.empty(0, dtype=object)
    a, b = left.boxes[overlaps.left], right.boxes[overlaps.right]
    windows = _windows(a, b)
    met, raised = each_pair(
        shapely.intersection,
        windowed(left, overlaps.left, windows),
        windowed(right, overlaps.right, windows),
    )
    met = only_dimension(met, 2)
    area = shapely.area(met)
    # 1e-9 of the area or 1e-6 m²; what is off is drawn again from the whole features
    allowed = np.maximum(1e-6, 1e-9 * overlaps.area_m2)
    met[raised | ~(np.abs(area - overlaps.area_m2) <= allowed)] = None
    return met


def _windows(a: Boxes, b: Boxes) -> Boxes:
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    margin = _MARGIN * (high - low).max(axis=1, keepdims=True) + 1.0
    return np.hstack([low - margin, high + margin])


def windowed(side: Shapes, rows: Rows, windows: Boxes) -> Geometries:
    """Features by row: the small ones whole, giants within each window."""
    out = np.empty(len(rows), dtype=object)
    large = side.corners[rows] > _WINDOW_CORNERS
    out[~large] = gathered(side, rows[~large])
    out[large] = side.geometries(rows[large], windows[large])
    return out


def _slices(count: int, size: int = _CHUNK) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]


def _each(threads: int, function: Callable[[slice], T], parts: list[slice]) -> Iterable[T]:
    """Call for every part, in order; with threads, a few at a time."""
    if threads <= 1 or len(parts) < 2:
        yield from map(function, parts)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(function, parts)
