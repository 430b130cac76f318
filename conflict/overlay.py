"""A layer with a layer: which features share ground, how much, and what shape it has.

Input: two `Shapes` of polygons. Output: `Overlaps`, sorted by left, then right row.

Algorithm:
    1. the trees give the pairs whose boxes touch;
    2. the kernel says of each whether it shares ground and how much, without a geometry; the few
       that it doubts are drawn by GEOS, which decides;
    3. shapes are drawn for those that are asked for (`shared`).
What a pair comes to depends on its two features alone: no partition and no thread changes it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from conflict import kernel
from conflict.intersect import Failure, Keep
from conflict.pairs import Geometries
from conflict.shapes import Numbers, Shapes
from conflict.shared import Kinds, OfTwoLayers, Pairs, draw, settle
from conflict.tree import Rows

Bounds = tuple[float, float, float, float]
T = TypeVar("T")

_CHUNK = 8_192
"""Pairs at a time: some megabytes of geometries."""
_ROWS = 65_536
"""Rows at a time that look for their pairs."""


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

    def take(self, at: npt.NDArray[Any]) -> "Overlaps":
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
class Wanted:
    """Which pairs are asked for: all, unless one of these says otherwise.

    `owned` (minx, miny, maxx, maxy), half open: those whose common box has its lower left corner in
    there, so that tiles that cover the plane own every pair once. `left_rows` and `right_rows`,
    ascending, restrict either side.
    """

    owned: Bounds | None = None
    classes: Classes | None = None
    left_rows: Rows | None = None
    right_rows: Rows | None = None


_ALL = Wanted()


def overlay(left: Shapes, right: Shapes, wanted: Wanted = _ALL, *, threads: int = 1) -> Overlaps:
    """Every wanted pair of polygons that shares ground; touching is no overlap.

    Raises:
        ValueError: a class is not one of the matrix.
    """
    return overlay_pairs(left, right, *candidates(left, right, wanted, threads), threads=threads)


def overlay_pairs(left: Shapes, right: Shapes, i: Rows, j: Rows, *, threads: int = 1) -> Overlaps:
    """Those of the pairs (left row, right row), shapes (k,), that share ground, in their order."""
    area, kind = np.zeros(len(i)), np.zeros(len(i), dtype=np.int8)

    def measured(part: slice) -> npt.NDArray[np.bool_]:
        kernel.active.measure(left.flat, right.flat, i[part], j[part], area[part], kind[part])
        pairs = Pairs(area[part], kind[part], left.dimension[i[part]])
        return settle(OfTwoLayers(left, right, i[part], j[part], kind[part]), pairs)

    shared = [np.zeros(0, dtype=bool), *_each(threads, measured, _slices(len(i), _CHUNK))]
    return Overlaps(i, j, area, kind).take(np.concatenate(shared))


def candidates(
    left: Shapes, right: Shapes, wanted: Wanted = _ALL, threads: int = 1
) -> tuple[Rows, Rows]:
    """The wanted pairs whose boxes touch, sorted by left, then right row.

    Raises:
        ValueError: a class is not one of the matrix.
    """
    rows = np.arange(len(left)) if wanted.left_rows is None else wanted.left_rows
    tile = None
    if wanted.owned is not None:
        tile = np.array(wanted.owned, dtype=np.float64)
        rows = np.intersect1d(rows, left.search(wanted.owned), assume_unique=True)
    rows = np.ascontiguousarray(rows, dtype=np.int64)
    matrix = _matrix(left, right, wanted.classes)

    def join(part: slice) -> tuple[Rows, Rows]:
        found = kernel.active.join(left.flat, right.flat, rows[part], tile, *matrix)
        i, j = (np.frombuffer(side, np.int64) for side in found)
        if wanted.right_rows is None:
            return i, j
        asked = np.zeros(len(right), dtype=bool)
        asked[wanted.right_rows] = True
        return i[asked[j]], j[asked[j]]

    found = list(_each(threads, join, _slices(len(rows), _ROWS)))
    empty = np.empty(0, dtype=np.int64)
    i, j = (np.concatenate([empty, *(pair[k] for pair in found)]) for k in (0, 1))
    return i, j


def shared_geometry(
    left: Shapes,
    right: Shapes,
    overlaps: Overlaps,
    *,
    threads: int = 1,
    keep: Keep | None = None,
) -> tuple[Geometries, list[Failure]]:
    """The polygons that overlaps share, shape (k,); None for one that failed.

    A failure names its place among the overlaps. `keep` is given each pair that needed more than
    GEOS' first answer.
    """
    sides = OfTwoLayers(left, right, overlaps.left, overlaps.right, overlaps.kind)
    pairs = Pairs(overlaps.area_m2, overlaps.kind, left.dimension[overlaps.left])
    slices = _slices(len(overlaps), _CHUNK)
    places = np.arange(len(overlaps))
    drawn = _each(threads, lambda part: draw(sides, pairs, places[part], keep), slices)
    shapes, failures = [np.empty(0, dtype=object)], []
    for part, (found, failed) in zip(slices, drawn, strict=True):
        shapes.append(found)
        failures += [replace(failure, pair=failure.pair + part.start) for failure in failed]
    return np.concatenate(shapes), failures


def _matrix(left: Shapes, right: Shapes, classes: Classes | None) -> list[Any]:
    """What the kernel is told of a matrix rule; it trusts the classes, so they are looked at."""
    if classes is None:
        return [None, None, None, 0]
    fights = np.ascontiguousarray(classes.fights, dtype=np.uint8)
    sides = []
    for shapes, given, most in zip(
        (left, right), (classes.left, classes.right), fights.shape, strict=True
    ):
        side = np.ascontiguousarray(given, dtype=np.int32)
        if len(side) != len(shapes) or (len(side) and not 0 <= side.min() <= side.max() < most):
            message = f"classes: one for each feature, from 0 to {most - 1}, is needed"
            raise ValueError(message)
        sides.append(side)
    return [*sides, fights, fights.shape[1]]


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]


def _each(threads: int, function: Callable[[slice], T], parts: list[slice]) -> Iterator[T]:
    """Call for every part, in order; with threads, a few at a time."""
    if threads <= 1 or len(parts) < 2:
        yield from map(function, parts)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(function, parts)
