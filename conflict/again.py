"""A search again after little has changed: only what the change can have touched is looked at.

Input: the overlaps that an earlier search found (a table as `tasks` says), and where the rows of
its sides are now (`Moved`). Output: the table that a search of everything would give, to the last
bit, in three parts:

    1. overlaps with a new feature are found (`tasks`);
    2. overlaps of two features that are as they were keep what is known of them (`settled`);
    3. except where an overlap came or went beside them: what they count of the ground that several
       share is told again (`recount`).

What an overlap counts depends on the earlier ones whose features are its own or share ground with
its own, as `ground` says. One that came matters to an overlap only if it is such a one; one that
went only if the overlap had any beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from conflict.drawing import Asked
from conflict.ground import meet, sharing
from conflict.overlay import overlay_pairs
from conflict.pairs import Geometries
from conflict.shapes import Shapes
from conflict.sources import Source
from conflict.tasks import PART, Changed, Known, Task, plan_known, plan_tasks
from conflict.tree import Boxes, Rows

_FINER = 4
"""There is little to do: in finer parts, it is something for every worker."""
_KNOWN = 500

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of the features of one side.

    `now`, shape (n before,): each one's row now, -1 for one that is gone or not as it was. `new`,
    ascending: the rows now of those that were not there, or not so.
    """

    now: Rows
    new: Rows

    @classmethod
    def between(cls, before: pa.Array, after: pa.Array) -> "Moved":
        """By what tells a feature from all others and from what it was: its id and its content."""
        if before.equals(after):
            return cls(np.arange(len(after)), np.empty(0, dtype=np.int64))
        now = pc.fill_null(pc.index_in(before, value_set=after), -1).to_numpy().astype(np.int64)
        new = np.ones(len(after), dtype=bool)
        new[now[now >= 0]] = False
        return cls(now, np.flatnonzero(new))


class Again:
    """One search again.

    `before` has the columns of `tasks.SCHEMA`, of which the geometry may be left out, and any
    others: what is settled keeps them. `shapes` gives the WKB of some of its rows, null where there
    is none.
    """

    def __init__(
        self,
        search: str,
        sides: tuple[Source, Source],
        asked: Asked,
        before: pa.Table,
        shapes: Callable[[Rows], pa.Array | pa.ChunkedArray],
        moved: tuple[Moved, Moved],
    ) -> None:
        self._search, self._sides, self._asked = search, sides, asked
        self._moved = moved
        left, right = (
            side.now[np.asarray(before.column(name))]
            for side, name in zip(moved, ("left", "right"), strict=True)
        )
        stays = (left >= 0) & (right >= 0)
        self._before, self._stays = before, np.flatnonzero(stays)
        self._left, self._right = left[stays], right[stays]
        self.gone: Rows = np.flatnonzero(~stays)
        self._boxes_gone = _boxes(shapes(self.gone))
        self._came: list[tuple[Rows, Rows, Boxes]] = []
        self._first = 0

    @property
    def anything_moved(self) -> bool:
        """Whether a feature came or went, or has another row than it had."""
        return not all(
            len(side.new) == 0 and np.array_equal(side.now, np.arange(len(side.now)))
            for side in self._moved
        )

    def tasks(self, most: float = PART) -> list[Task]:
        """Those that find the overlaps with a new feature."""
        changed = Changed(*(side.new for side in self._moved))
        most /= _FINER
        tasks = plan_tasks(self._search, *self._sides, self._asked, changed=changed, most=most)
        self._first = len(tasks)
        return tasks

    def saw(self, found: pa.Table) -> None:
        """Take note of what one of these tasks has found."""
        drawn = found.filter(pc.is_valid(found.column("geometry")))
        left, right = (np.asarray(drawn.column(name)) for name in ("left", "right"))
        self._came.append((left, right, _boxes(drawn.column("geometry"))))

    def recount(self) -> tuple[pa.Table, list[Task]]:
        """What is settled, and the tasks that tell the ground of the others again."""
        if not self.anything_moved:
            return self._before, []
        left, right = (side.open() for side in self._sides)
        again = self._beside_what_came(left, right)
        again[self._beside_what_went(left, right)] = True
        some = self._before.take(pa.array(self._stays[again]))
        area, kind = (np.array(some.column(name)) for name in ("area_m2", "kind"))
        known = Known(self._left[again], self._right[again], area, kind)
        tasks = plan_known(
            self._search, *self._sides, self._asked, known, first=self._first, most=_KNOWN
        )
        settled = self._before.take(pa.array(self._stays[~again]))
        for at, rows in enumerate((self._left[~again], self._right[~again])):
            settled = settled.set_column(at, settled.schema.field(at), pa.array(rows))
        return settled, tasks

    def _beside_what_came(self, left: Shapes, right: Shapes) -> Mask:
        """Which of those that stay may have a new overlap among the earlier ones beside them."""
        found = np.zeros(len(self._stays), dtype=bool)
        if not self._came:
            return found
        l2, r2, boxes = (np.concatenate(some) for some in zip(*self._came, strict=True))
        of_left, of_right = (_Side(left, self._left, l2), _Side(right, self._right, r2))
        for one, other, moved in zip(
            (of_left, of_right), (of_right, of_left), self._moved, strict=True
        ):
            new = np.flatnonzero(np.isin(one.came, moved.new))
            at, k = _sharing(one.only(new), other.only(new), boxes[new])
            at = new[at]
            later = (self._left[k] > l2[at]) | (
                (self._left[k] == l2[at]) & (self._right[k] > r2[at])
            )
            found[k[later]] = True
        return found

    def _beside_what_went(self, left: Shapes, right: Shapes) -> Rows:
        """Those that had earlier ones beside them, near one that is gone; ascending."""
        beside = np.asarray(self._before.column("beside"))[self._stays]
        for side, rows in ((left, self._left), (right, self._right)):
            near = np.zeros(len(side), dtype=bool)
            for box in self._boxes_gone.tolist() if beside.any() else ():
                near[side.search(box)] = True
            beside &= near[rows]
        at = np.flatnonzero(beside)
        return at[_near(left.boxes[self._left[at]], right.boxes[self._right[at]], self._boxes_gone)]


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of overlaps: its features, their rows in those that stay, and in those that came."""

    shapes: Shapes
    stay: Rows
    came: Rows

    def only(self, at: Rows) -> "_Side":
        return _Side(self.shapes, self.stay, self.came[at])


def _sharing(one: _Side, other: _Side, boxes: Boxes) -> tuple[Rows, Rows]:
    """Which came and which stay (places) and have features on either side that share ground.

    On the one side, what came has features that nothing of what stays has. `boxes` are those of
    what came; what lies elsewhere is left out.
    """
    # however little two share: `ground` may have measured them in the other order
    at, near = sharing(one.shapes, one.came, boxes, 0.0).of(one.came)
    order = np.argsort(one.stay, kind="stable")
    first, last = (np.searchsorted(one.stay[order], near, side) for side in ("left", "right"))
    counts = last - first
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    at, k = np.repeat(at, counts), order[np.repeat(first, counts) + within]
    meets = meet(other.shapes.boxes[other.stay[k]], boxes[at])
    at, k = at[meets], k[meets]
    a, b = other.stay[k], other.came[at]
    keys = a * len(other.shapes) + b
    asked = np.unique(keys[a != b])
    pairs = np.divmod(asked, max(1, len(other.shapes)))
    met = overlay_pairs(other.shapes, other.shapes, *pairs)
    share = (a == b) | np.isin(keys, met.left * len(other.shapes) + met.right)
    return at[share], k[share]


def _boxes(wkb: pa.Array | pa.ChunkedArray) -> Boxes:
    """The boxes of what was drawn, shape (k, 4)."""
    shapes = shapely.from_wkb(wkb.drop_null().to_numpy(zero_copy_only=False))
    return np.asarray(shapely.bounds(shapes)).reshape(-1, 4)


def _near(a: Boxes, b: Boxes, boxes: Boxes) -> Rows:
    """Which pairs of boxes have in common what may lie beside one of the others; ascending."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    tree = shapely.STRtree(_rectangles(boxes))
    common = _rectangles(np.hstack([np.minimum(low, high), np.maximum(low, high)]))
    return np.unique(tree.query(common)[0]).astype(np.int64)


def _rectangles(boxes: Boxes) -> Geometries:
    out = np.empty(len(boxes), dtype=object)
    out[:] = shapely.box(*boxes.T)
    return out
