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
from conflict.overlay import Wanted, candidates, overlay, overlay_pairs
from conflict.pairs import Geometries
from conflict.shapes import Shapes
from conflict.tree import Boxes, Rows

_SURE_M2 = 1e-6
"""Ground that two features of one side share counts above this; what is below is rounding."""
_GRID_M = 1e-4
_LAW = 1e-9


@dataclass(frozen=True, slots=True)
class Uncounted:
    """For the overlaps at `rows`: what earlier ones leave of them; `doubtful`: nothing credible."""

    rows: Rows
    shapes: Geometries
    doubtful: Rows


def uncounted(left: Shapes, right: Shapes, drawn: Drawn, asked: Asked) -> Uncounted:
    """What of each kept overlap no earlier one has; only overlaps that share ground are told."""
    kept = drawn.kept
    boxes = shapely.bounds(drawn.shapes[kept]).reshape(-1, 4)
    of_left = sharing(left, drawn.left[kept], boxes)
    of_right = sharing(right, drawn.right[kept], boxes)
    near = _Kept(drawn.left[kept], drawn.right[kept], boxes)
    at, l2, r2 = _earlier(left, right, near, of_left, of_right)
    there = _drawn_pairs(left, right, drawn, l2, r2, asked)
    earlier: dict[int, list[BaseGeometry]] = {}
    for k, pair in zip(kept[at].tolist(), zip(l2.tolist(), r2.tolist(), strict=True), strict=True):
        if pair in there and _beside(there[pair], drawn.shapes[k]):
            earlier.setdefault(k, []).append(there[pair])
    rows, rests, doubtful = [], [], []
    for k, shapes in earlier.items():
        rest = without(drawn.shapes[k], shapes)
        if rest is None:
            doubtful.append(k)
        else:
            rows.append(k)
            rests.append(rest)
    found = np.empty(len(rests), dtype=object)
    found[:] = rests
    return Uncounted(np.array(rows, np.int64), found, np.array(doubtful, np.int64))


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


def sharing(side: Shapes, features: Rows, boxes: Boxes, least_m2: float = _SURE_M2) -> Sharing:
    """Which features of one side share more ground than that with those, near the overlaps."""
    nothing = np.empty(0, dtype=np.int64)
    if len(features) == 0:
        return Sharing(nothing, np.zeros(1, dtype=np.int64), nothing)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    near = side.search((low[0], low[1], high[0], high[1]))
    mine = np.unique(features)
    i, j = candidates(side, side, Wanted(left_rows=mine, right_rows=near))
    once = (i < j) | ((i > j) & ~np.isin(j, mine))  # what two share, they share in either order
    met = overlay_pairs(side, side, i[once], j[once])
    met = met.take(met.area_m2 > least_m2)
    back = np.isin(met.right, mine)
    of = np.concatenate([met.left, met.right[back]])
    others = np.concatenate([met.right, met.left[back]])
    order = np.lexsort((others, of))
    of, others = of[order], others[order]
    rows, counts = np.unique(of, return_counts=True)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Sharing(rows.astype(np.int64), starts, others)


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


def _beside(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether the boxes meet: what lies elsewhere is never asked about, so its change is none."""
    return bool(meet(np.array([one.bounds]), np.array([other.bounds]))[0])


def meet(a: Boxes, b: Boxes) -> npt.NDArray[np.bool_]:
    """Which pairs of boxes, shapes (k, 4), (k, 4), have room in common."""
    across = (a[:, 0] < b[:, 2]) & (b[:, 0] < a[:, 2])
    return np.asarray(across & (a[:, 1] < b[:, 3]) & (b[:, 1] < a[:, 3]), dtype=bool)


def _drawn_pairs(
    left: Shapes, right: Shapes, drawn: Drawn, l2: Rows, r2: Rows, asked: Asked
) -> dict[tuple[int, int], BaseGeometry]:
    """Those of the pairs that are kept overlaps, with their shapes, here or beyond the tile."""
    here = {
        (int(drawn.left[k]), int(drawn.right[k])): drawn.shapes[k] for k in range(len(drawn.left))
    }
    asked_for = set(zip(l2.tolist(), r2.tolist(), strict=True))
    found = {pair: here[pair] for pair in asked_for & here.keys() if here[pair] is not None}
    beyond = sorted(asked_for - here.keys())
    if not beyond:
        return found
    pairs = np.array(beyond, dtype=np.int64)
    rows = (np.unique(pairs[:, 0]), np.unique(pairs[:, 1]))
    wanted = Wanted(None, asked.classes(left, right), *rows)
    met = overlay(left, right, wanted)
    span = len(right)
    chosen = np.flatnonzero(np.isin(met.left * span + met.right, pairs[:, 0] * span + pairs[:, 1]))
    more = draw(left, right, met.take(chosen), asked)
    for k in more.kept:
        found[int(more.left[k]), int(more.right[k])] = more.shapes[k]
    return found


def without(whole: BaseGeometry, others: Sequence[BaseGeometry]) -> BaseGeometry | None:
    """`whole` less the others, checked: what is left and what is shared make up the whole.

    None: no method gives anything credible.
    """
    for grid, repair in ((None, _as_it_is), (_GRID_M, _as_it_is), (_GRID_M, shapely.make_valid)):
        try:
            parts = [repair(shape) for shape in others]
            taken = parts[0] if len(parts) == 1 else shapely.union_all(parts, grid_size=grid)
            rest = shapely.difference(repair(whole), taken, grid_size=grid)
            shared = shapely.intersection(repair(whole), taken, grid_size=grid)
        except GEOSException:
            continue
        slack = 1e-6 + whole.area * _LAW if grid is None else 1e-3 + whole.length * _GRID_M
        if abs(rest.area + shared.area - whole.area) <= slack:
            return shapely.set_precision(rest, 0)
    return None


_Repair = Callable[[BaseGeometry], BaseGeometry]


def _as_it_is(shape: BaseGeometry) -> BaseGeometry:
    return shape
