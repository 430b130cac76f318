"""A search cut into tasks, and what one task does, wherever it runs.

Input of `plan_tasks`: two sides by their sources (`conflict.sources`), and what is asked of each
overlap. Output: tasks, small and picklable, that own every pair exactly once
(`conflict.partitions`). Output of `run_task`: an Arrow table with a row for every overlap, sorted
by left and right row:

    left, right     rows of the two sides
    kind            as the kernel has it; FAILED where no method gave a credible intersection
    area_m2         in the plane
    width_m         mean width of the widest part; 0 where nothing had to be drawn
    ellipsoidal_m2  on the ellipsoid; 0 where it is not kept
    counted_m2, counted_ellipsoidal_m2
                    of the ground that no earlier overlap has: they sum up to the area of the union
    beside          whether earlier overlaps lie beside it, which may have some of its ground
    geometry        WKB; null for what is too small to be kept
    counted         WKB of the ground that is counted, where that is not all of it; else null
    failure         why, where it failed; else null

What a row says depends on its features and their surroundings alone, never on the partition.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from conflict.drawing import Asked, Drawn, draw
from conflict.ground import uncounted
from conflict.measure import ellipsoidal_area_m2
from conflict.overlay import Overlaps, Wanted, overlay
from conflict.partitions import PLANE, Tile, split
from conflict.shapes import Numbers, Shapes
from conflict.sources import Source
from conflict.tree import Rows

SCHEMA = pa.schema(
    [
        pa.field("left", pa.int64()),
        pa.field("right", pa.int64()),
        pa.field("kind", pa.int8()),
        *(
            pa.field(name, pa.float64())
            for name in (
                "area_m2", "width_m", "ellipsoidal_m2", "counted_m2", "counted_ellipsoidal_m2",
            )
        ),
        pa.field("beside", pa.bool_()),
        pa.field("geometry", pa.large_binary()),
        pa.field("counted", pa.large_binary()),
        pa.field("failure", pa.string()),
    ]
)  # fmt: skip

PART = 250_000.0
"""Corners of both sides in one task: some seconds of work, some megabytes of results."""
_HEAVIEST = 256
"""Corners that a feature counts at most: of a giant, a pair meets only the edges nearby."""
_UNTOLD = "the ground that it shares with others could not be told apart: counted whole"


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows of either side, ascending: only pairs with one of them are asked for."""

    left: Rows
    right: Rows


@dataclass(frozen=True, slots=True)
class Known:
    """Overlaps whose measures are known, but not any more what of their ground is counted."""

    left: Rows
    right: Rows
    area_m2: Numbers
    kind: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Task:
    """The pairs of two sides that one tile owns; or, where `known` is given, those overlaps.

    `search` is what it belongs to, `number` its place there: the two name it.
    """

    search: str
    number: int
    left: Source
    right: Source
    asked: Asked
    tile: Tile = PLANE
    changed: Changed | None = None
    known: Known | None = None


def plan_tasks(
    search: str,
    left: Source,
    right: Source,
    asked: Asked,
    *,
    changed: Changed | None = None,
    most: float = PART,
) -> list[Task]:
    """Cut a search into tasks of about `most` corners each, that own every pair exactly once.

    With `changed`, only pairs with a changed feature are owned by anybody.
    """
    a, b = left.open(), right.open()
    corners, weights = _places(a, b, changed)
    if len(corners) == 0:
        return []
    tiles = split(corners, weights, most)
    return [
        Task(search, number, left, right, asked, tile, changed and _within(a, b, changed, tile))
        for number, tile in enumerate(tiles)
    ]


def plan_known(
    search: str,
    left: Source,
    right: Source,
    asked: Asked,
    known: Known,
    *,
    first: int,
    most: int = 2_000,
) -> list[Task]:
    """Tasks that count the ground of known overlaps again; their numbers begin at `first`."""
    tasks: list[Task] = []
    for start in range(0, len(known), most):
        part = slice(start, start + most)
        some = Known(known.left[part], known.right[part], known.area_m2[part], known.kind[part])
        tasks.append(Task(search, first + len(tasks), left, right, asked, known=some))
    return tasks


def run_task(task: Task) -> pa.Table:
    """Find, draw and measure what a task owns; the table is as said above."""
    left, right = task.left.open(), task.right.open()
    if task.known is not None:
        known = task.known
        overlaps = Overlaps(known.left, known.right, known.area_m2, known.kind)
    elif task.changed is not None:
        overlaps = _with_changed(left, right, task.tile, task.changed, task.asked)
    else:
        classes = task.asked.classes(left, right)
        overlaps = overlay(left, right, Wanted(task.tile, classes))
    drawn = draw(left, right, overlaps, task.asked)
    return _table(left, right, drawn, task.asked)


def _places(left: Shapes, right: Shapes, changed: Changed | None) -> tuple[Numbers, Numbers]:
    """Lower left corners of the boxes that may be in a pair, with what each one weighs."""
    if changed is None:
        rows_left = _where(left, _extent(right))
        rows_right = _where(right, _extent(left))
    else:
        rows_left = np.union1d(changed.left, _partners(left, right, changed.right))
        rows_right = np.union1d(changed.right, _partners(right, left, changed.left))
    places, weights = [], []
    for side, rows in ((left, rows_left), (right, rows_right)):
        there = rows[~np.isnan(side.boxes[rows, 0])]
        places.append(side.boxes[there, :2])
        weights.append(np.minimum(side.corners(there), _HEAVIEST).astype(np.float64))
    return np.concatenate(places), np.concatenate(weights)


def _where(side: Shapes, box: Tile) -> Rows:
    """The rows of one side whose boxes touch another; an empty feature has none."""
    rows = np.arange(len(side), dtype=np.int64)
    return rows[_touching(side, rows, box)]


def _partners(side: Shapes, other: Shapes, rows: Rows) -> Rows:
    """The rows of one side whose boxes touch those of the other's rows."""
    found = [side.search(box) for box in other.boxes[rows].tolist()]
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))


def _extent(side: Shapes) -> Tile:
    boxes = side.boxes[~np.isnan(side.boxes[:, 0])]
    if len(boxes) == 0:
        return (np.inf, np.inf, -np.inf, -np.inf)
    low, high = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    return (low[0], low[1], high[0], high[1])


def _touching(shapes: Shapes, rows: Rows, tile: Tile) -> npt.NDArray[np.bool_]:
    """Which of the rows have a box that touches the tile; an empty feature has none."""
    boxes, (minx, miny, maxx, maxy) = shapes.boxes[rows], tile
    across = (boxes[:, 0] <= maxx) & (boxes[:, 2] >= minx)
    return np.asarray(across & (boxes[:, 1] <= maxy) & (boxes[:, 3] >= miny), dtype=bool)


def _within(left: Shapes, right: Shapes, changed: Changed, tile: Tile) -> Changed:
    """The changed features that the tile has to do with."""
    return Changed(
        changed.left[_touching(left, changed.left, tile)],
        changed.right[_touching(right, changed.right, tile)],
    )


def _with_changed(
    left: Shapes, right: Shapes, tile: Tile, changed: Changed, asked: Asked
) -> Overlaps:
    """Overlaps with a changed feature: of a changed left one, or of the other left ones."""
    classes = asked.classes(left, right)
    others = np.setdiff1d(left.search(tile), changed.left, assume_unique=True)
    found = [
        overlay(left, right, Wanted(tile, classes, rows_left, rows_right))
        for rows_left, rows_right in ((changed.left, None), (others, changed.right))
    ]
    columns = zip(
        *((part.left, part.right, part.area_m2, part.kind) for part in found), strict=True
    )
    both = Overlaps(*(np.concatenate(column) for column in columns))
    return both.take(np.lexsort((both.right, both.left)))


def _table(left: Shapes, right: Shapes, drawn: Drawn, asked: Asked) -> pa.Table:
    kept, k = drawn.kept, len(drawn.left)
    area, ellipsoidal = np.zeros(k), np.zeros(k)
    area[kept] = drawn.area_m2[kept]
    ellipsoidal[kept] = ellipsoidal_area_m2(drawn.shapes[kept], asked.crs)
    counted, counted_ellipsoidal = area.copy(), ellipsoidal.copy()
    less = uncounted(left, right, drawn, asked)
    counted[less.rows] = shapely.area(less.shapes)
    counted_ellipsoidal[less.rows] = ellipsoidal_area_m2(less.shapes, asked.crs)
    parts = np.full(k, None, dtype=object)
    parts[less.rows] = less.shapes
    beside = np.zeros(k, dtype=bool)
    beside[less.rows] = beside[less.doubtful] = True
    failures = drawn.failures.copy()
    failures[less.doubtful] = _UNTOLD
    columns: Sequence[object] = (
        drawn.left,
        drawn.right,
        drawn.kind,
        drawn.area_m2,
        drawn.width_m,
        ellipsoidal,
        counted,
        counted_ellipsoidal,
        beside,
        shapely.to_wkb(drawn.shapes),
        shapely.to_wkb(parts),
        failures,
    )
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)
