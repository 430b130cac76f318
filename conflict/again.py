"""A search again after little has changed: only what the change can have touched is looked at.

Input: the overlaps that an earlier search found (a table as `tasks` says), and where the rows of
its sides are now (`Moved`). Output: the table that a search of everything would give, to the last
bit, in three parts:

    1. overlaps with a new feature are found (`tasks`);
    2. overlaps of two features that are as they were keep what is known of them (`settled`);
    3. except where an overlap came or went beside them: what they count of the ground that several
       share is told again (`recount`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from conflict.drawing import Asked
from conflict.pairs import Geometries
from conflict.shapes import Shapes
from conflict.sources import Source
from conflict.tasks import PART, Changed, Known, Task, plan_known, plan_tasks
from conflict.tree import Boxes, Rows


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
        now = pc.fill_null(pc.index_in(before, value_set=after), -1).to_numpy().astype(np.int64)
        return cls(now, np.setdiff1d(np.arange(len(after)), now))


class Again:
    """One search again."""

    def __init__(
        self,
        search: str,
        sides: tuple[Source, Source],
        asked: Asked,
        before: pa.Table,
        moved: tuple[Moved, Moved],
    ) -> None:
        self._search, self._sides, self._asked = search, sides, asked
        self._moved = moved
        left, right = (
            side.now[np.asarray(before.column(name))]
            for side, name in zip(moved, ("left", "right"), strict=True)
        )
        stays = (left >= 0) & (right >= 0)
        kept = before.filter(pa.array(stays))
        for at, rows in enumerate((left[stays], right[stays])):
            kept = kept.set_column(at, kept.schema.field(at), pa.array(rows))
        self._kept = kept
        self._disturbed = [_boxes(before.filter(pa.array(~stays)))]
        self._first = 0

    def tasks(self, most: float = PART) -> list[Task]:
        """Those that find the overlaps with a new feature."""
        changed = Changed(*(side.new for side in self._moved))
        tasks = plan_tasks(self._search, *self._sides, self._asked, changed=changed, most=most)
        self._first = len(tasks)
        return tasks

    def saw(self, found: pa.Table) -> None:
        """Take note of what one of these tasks has found."""
        self._disturbed.append(_boxes(found))

    def recount(self) -> tuple[pa.Table, list[Task]]:
        """What is settled, and the tasks that tell the ground of the others again."""
        left, right = (side.open() for side in self._sides)
        at = _near(self._kept, left, right, np.concatenate(self._disturbed))
        mask = np.zeros(len(self._kept), dtype=bool)
        mask[at] = True
        some = self._kept.take(pa.array(at))
        known = Known(
            *(np.array(some.column(name)) for name in ("left", "right", "area_m2", "kind"))
        )
        tasks = plan_known(self._search, *self._sides, self._asked, known, first=self._first)
        return self._kept.filter(pa.array(~mask)), tasks


def _boxes(found: pa.Table) -> Boxes:
    """The boxes of what was drawn, shape (k, 4)."""
    wkb = found.column("geometry").drop_null()
    return np.asarray(shapely.bounds(shapely.from_wkb(wkb.to_numpy()))).reshape(-1, 4)


def _near(kept: pa.Table, left: Shapes, right: Shapes, boxes: Boxes) -> Rows:
    """Which overlaps may lie beside one of the boxes, by the boxes of their features; ascending."""
    a = left.boxes[np.asarray(kept.column("left"))]
    b = right.boxes[np.asarray(kept.column("right"))]
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    tree = shapely.STRtree(_rectangles(boxes))
    common = _rectangles(np.hstack([np.minimum(low, high), np.maximum(low, high)]))
    return np.unique(tree.query(common)[0]).astype(np.int64)


def _rectangles(boxes: Boxes) -> Geometries:
    out = np.empty(len(boxes), dtype=object)
    out[:] = shapely.box(*boxes.T)
    return out
