"""Ground that several overlaps share, counted once, without a union of them all.

Overlaps of two sides share ground only where features of one side overlap each other. In the order
of their rows, each overlap counts what no earlier one has: all of it as a rule, and where earlier
ones lie on it, what they leave. These areas sum up to that of the union, each depends on its
surroundings alone, and so they are the same whatever the partition, and keep when something far
away changes.

Algorithm:
    1. which features of either side share ground with another of their side, here;
    2. the earlier overlaps whose features are the same or such others, and whose boxes meet;
    3. those of them that are kept are drawn, and taken away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from conflict.drawing import Asked, Drawn, draw
from conflict.overlay import Wanted, candidates, overlay_pairs
from conflict.pairs import Geometries
from conflict.shapes import Shapes
from conflict.tree import Boxes, Rows

Mask = npt.NDArray[np.bool_]

_SURE_M2 = 1e-6
"""Ground that two features of one side share counts above this; what is below is rounding."""
_GRID_M = 1e-4
_LAW = 1e-9
_AREAS = (3, 6)
"""The type ids of polygons and multipolygons."""


@dataclass(frozen=True, slots=True)
class Uncounted:
    """For the overlaps at `rows`: what earlier ones leave of them; `doubtful`: nothing credible."""

    rows: Rows
    shapes: Geometries
    doubtful: Rows


def uncounted(left: Shapes, right: Shapes, drawn: Drawn, asked: Asked) -> Uncounted:
    """What of each kept overlap no earlier one has; only overlaps that share ground are told."""
    kept = drawn.kept
    near = _Kept(drawn.left[kept], drawn.right[kept], _bounds(drawn.shapes[kept]))
    # nothing that comes after the left one is earlier, nor after the right one of the same left
    of_left = sharing(left, near.left, near.boxes, after=np.zeros(len(kept), dtype=bool))
    after = np.isin(near.left, of_left.features)
    of_right = sharing(right, near.right, near.boxes, after=after)
    at, l2, r2 = _earlier(left, right, near, of_left, of_right)
    there = _drawn_pairs(left, right, drawn, l2, r2, asked)
    # what lies elsewhere is never asked about, so its change is none
    beside = np.flatnonzero(meet(_bounds(there), near.boxes[at]))
    earlier: dict[int, list[BaseGeometry]] = {}
    for k, shape in zip(kept[at[beside]].tolist(), there[beside], strict=True):
        earlier.setdefault(k, []).append(shape)
    rows = np.array(list(earlier), dtype=np.int64)
    rests = _rests(drawn.shapes[rows], list(earlier.values()))
    told = shapely.is_geometry(rests)
    return Uncounted(rows[told], rests[told], rows[~told])


@dataclass(frozen=True, slots=True)
class Sharing:
    """Which features share ground with which, by feature: `others[starts[n]:starts[n + 1]]`."""

    features: Rows
    starts: Rows
    others: Rows

    def __len__(self) -> int:
        return len(self.others)

    def of(self, features: Rows) -> tuple[Rows, Rows]:
        """For each of the features, itself and all that it shares ground with: (place, other)."""
        place = np.searchsorted(self.features, features)
        known = np.zeros(len(features), dtype=bool)
        inside = place < len(self.features)
        known[inside] = self.features[place[inside]] == features[inside]
        counts = np.zeros(len(features), dtype=np.int64)
        counts[known] = np.diff(self.starts)[place[known]]
        at = np.repeat(np.arange(len(features)), counts)
        first = np.zeros(len(features), dtype=np.int64)
        first[known] = self.starts[place[known]]
        ends = np.cumsum(counts)
        within = np.arange(len(at)) - np.repeat(ends - counts, counts)
        others = self.others[np.repeat(first, counts) + within]
        every = np.arange(len(features))
        return np.concatenate([every, at]), np.concatenate([features, others])


def sharing(
    side: Shapes,
    features: Rows,
    boxes: Boxes,
    least_m2: float = _SURE_M2,
    after: Mask | None = None,
) -> Sharing:
    """Which features of one side share more ground than that with the features of some overlaps.

    `features` and `boxes` are those of the overlaps; what lies beside all boxes of a feature is
    left out, and so are, unless one of its overlaps is asked for it, features `after` it.
    """
    mine, of = np.unique(features, return_inverse=True)
    if len(mine) == 0:
        nothing = np.empty(0, dtype=np.int64)
        return Sharing(nothing, np.zeros(1, dtype=np.int64), nothing)
    around = np.full((len(mine), 4), (np.inf, np.inf, -np.inf, -np.inf))
    np.minimum.at(around[:, :2], of, boxes[:, :2])
    np.maximum.at(around[:, 2:], of, boxes[:, 2:])
    all_of = np.ones(len(mine), dtype=bool)
    if after is not None:
        all_of = np.bincount(of, weights=after, minlength=len(mine)) > 0
    low, high = around[:, :2].min(axis=0), around[:, 2:].max(axis=0)
    near = side.search((low[0], low[1], high[0], high[1]))
    i, j = candidates(side, side, Wanted(left_rows=mine, right_rows=near))
    place = np.searchsorted(mine, i)
    asked = (i != j) & (all_of[place] | (j < i)) & meet(side.boxes[j], around[place])
    i, j = i[asked], j[asked]
    # in one order, whoever asks
    keys = np.minimum(i, j) * len(side) + np.maximum(i, j)
    pairs, back = np.unique(keys, return_inverse=True)
    met = overlay_pairs(side, side, *np.divmod(pairs, len(side)))
    met = met.take(met.area_m2 > least_m2)
    shares = np.isin(pairs, met.left * len(side) + met.right)[back]
    i, j = i[shares], j[shares]
    rows, counts = np.unique(i, return_counts=True)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Sharing(rows, starts, j)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The overlaps that are kept: their rows and their boxes, equally long."""

    left: Rows
    right: Rows
    boxes: Boxes


def _earlier(
    left: Shapes, right: Shapes, kept: _Kept, of_left: Sharing, of_right: Sharing
) -> tuple[Rows, Rows, Rows]:
    """The earlier pairs that may lie on each overlap: its place, their left and right rows."""
    nothing = np.empty(0, dtype=np.int64)
    if not len(of_left) and not len(of_right):
        return nothing, nothing, nothing
    at, l2 = of_left.of(kept.left)
    meets = meet(left.boxes[l2], kept.boxes[at])
    at, l2 = at[meets], l2[meets]
    again, r2 = of_right.of(kept.right[at])
    at, l2 = at[again], l2[again]
    first = (l2 < kept.left[at]) | ((l2 == kept.left[at]) & (r2 < kept.right[at]))
    first &= meet(right.boxes[r2], kept.boxes[at]) & meet(right.boxes[r2], left.boxes[l2])
    return at[first], l2[first], r2[first]


def _bounds(shapes: Geometries) -> Boxes:
    """The boxes of shapes, NaN for None; shape (k, 4)."""
    return np.asarray(shapely.bounds(shapes), dtype=np.float64).reshape(-1, 4)


def meet(a: Boxes, b: Boxes) -> Mask:
    """Which pairs of boxes, shapes (k, 4), (k, 4), have room in common."""
    across = (a[:, 0] < b[:, 2]) & (b[:, 0] < a[:, 2])
    return np.asarray(across & (a[:, 1] < b[:, 3]) & (b[:, 1] < a[:, 3]), dtype=bool)


def _drawn_pairs(
    left: Shapes, right: Shapes, drawn: Drawn, l2: Rows, r2: Rows, asked: Asked
) -> Geometries:
    """The shape of each pair that is a kept overlap, here or beyond the tile; else None."""
    span = len(right)
    pairs, back = np.unique(l2 * span + r2, return_inverse=True)
    found = np.full(len(pairs), None, dtype=object)
    here = drawn.left * span + drawn.right
    place = np.minimum(np.searchsorted(here, pairs), max(0, len(here) - 1))
    is_here = here[place] == pairs if len(here) else np.zeros(len(pairs), dtype=bool)
    found[is_here] = drawn.shapes[place[is_here]]
    i, j = np.divmod(pairs[~is_here], max(1, span))
    classes = asked.classes(left, right)
    if classes is not None:
        fight = classes.fights[classes.left[i], classes.right[j]]
        i, j = i[fight], j[fight]
    more = draw(left, right, overlay_pairs(left, right, i, j), asked)
    kept = more.kept
    at = np.searchsorted(pairs, more.left[kept] * span + more.right[kept])
    found[at] = more.shapes[kept]
    return found[back]


def _rests(wholes: Geometries, others: Sequence[Sequence[BaseGeometry]]) -> Geometries:
    """What others leave of each of some shapes, as `without` says; None where nothing is credible.

    Most are told at once, and their law is held against the kernel, which draws nothing.
    """
    found, taken = (np.full(len(wholes), None, dtype=object) for _ in range(2))
    try:
        taken[:] = [_united(shapes, None) for shapes in others]
        areas = np.flatnonzero(_are_areas(wholes) & _are_areas(taken))
        rest = shapely.difference(wholes[areas], taken[areas])
    except GEOSException:  # whichever it was: each by itself
        rest, areas = np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    whole, shared = shapely.area(wholes[areas]), _shared_m2(wholes[areas], taken[areas])
    lawful = abs(shapely.area(rest) + shared - whole) <= _SURE_M2 + whole * _LAW
    found[areas[lawful]] = rest[lawful]
    for n in np.flatnonzero(shapely.is_missing(found)).tolist():
        found[n] = without(wholes[n], others[n])
    return found


def _are_areas(shapes: Geometries) -> Mask:
    return np.isin(shapely.get_type_id(shapes), _AREAS)


def _shared_m2(wholes: Geometries, others: Geometries) -> npt.NDArray[np.float64]:
    """What each has in common with the other one, m², shape (k,)."""
    every = np.arange(len(wholes))
    sides = Shapes.from_geometries(wholes), Shapes.from_geometries(others)
    met = overlay_pairs(*sides, every, every)
    found = np.zeros(len(wholes))
    found[met.left] = met.area_m2
    return found


def without(whole: BaseGeometry, others: Sequence[BaseGeometry]) -> BaseGeometry | None:
    """`whole` less the others, checked: what is left and what is shared make up the whole.

    None: no method gives anything credible.
    """
    for grid, repair in ((None, _as_it_is), (_GRID_M, _as_it_is), (_GRID_M, shapely.make_valid)):
        try:
            taken = _united([repair(shape) for shape in others], grid)
            rest = shapely.difference(repair(whole), taken, grid_size=grid)
            shared = shapely.intersection(repair(whole), taken, grid_size=grid)
        except GEOSException:
            continue
        slack = 1e-6 + whole.area * _LAW if grid is None else 1e-3 + whole.length * _GRID_M
        if abs(rest.area + shared.area - whole.area) <= slack:
            return shapely.set_precision(rest, 0)
    return None


def _united(shapes: Sequence[BaseGeometry], grid: float | None) -> BaseGeometry:
    return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes, grid_size=grid)


_Repair = Callable[[BaseGeometry], BaseGeometry]


def _as_it_is(shape: BaseGeometry) -> BaseGeometry:
    return shape
