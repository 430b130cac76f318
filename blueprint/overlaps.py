"""All overlaps of one search: their numbers in order, their shapes wherever they lie.

A search that goes on from an earlier one finds a hundredth of its overlaps. The others' shapes stay
where they are, on disk and mapped: rows say which shape is theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from conflict import SCHEMA as OVERLAPS

_PLACES = {"geometry": "shape", "counted": "counted_shape"}
ROWS = pa.schema(
    [
        *(field for field in OVERLAPS if field.name not in _PLACES),
        *((place, pa.int64()) for place in _PLACES.values()),
    ]
)
"""An overlap a row, as `conflict.tasks` says; instead of a shape its place, null for none."""
SHAPES = pa.schema([("geometry", pa.large_binary())])

_AT_ONCE = 10_000
_ORDER = [("left", "ascending"), ("right", "ascending")]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """`rows` as `ROWS` has them; `shapes` their WKB, and perhaps that of others, in any order.

    Shapes are those of overlaps and of the ground of them that is counted, where that is not all.
    """

    rows: pa.Table
    shapes: pa.ChunkedArray

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @classmethod
    def none(cls) -> "Overlaps":
        """Those of a search that has found nothing yet."""
        return cls(ROWS.empty_table(), SHAPES.empty_table().column(0))

    def with_rows(self, rows: pa.Table) -> "Overlaps":
        """Others with the same shapes."""
        return Overlaps(rows, self.shapes)

    @property
    def are_drawn(self) -> npt.NDArray[np.bool_]:
        """Which of them have a shape."""
        return np.asarray(pc.is_valid(self.rows.column("shape")))

    @property
    def drawn(self) -> "Overlaps":
        """Those that have a shape."""
        return self.with_rows(self.rows.filter(pa.array(self.are_drawn)))

    def take(self, at: npt.NDArray[np.int64]) -> "Overlaps":
        """Those at some places."""
        return self.with_rows(self.rows.take(pa.array(at)))

    def parts(self) -> Iterator["Overlaps"]:
        """Some thousand rows at a time."""
        for start in range(0, len(self), _AT_ONCE):
            yield self.with_rows(self.rows.slice(start, _AT_ONCE))

    def wkb(self, of: str = "geometry") -> pa.Array:
        """The shape of each row, or its counted one, null for none; in memory."""
        places = self.rows.column(_PLACES[of])
        there = np.asarray(pc.is_valid(places))
        at = places.drop_null().to_numpy()
        ends = np.cumsum([len(chunk) for chunk in self.shapes.chunks], dtype=np.int64)
        in_chunk = np.searchsorted(ends, at, side="right")
        order = np.argsort(in_chunk, kind="stable")
        parts = [pa.array([], pa.large_binary())]
        for chunk in np.unique(in_chunk).tolist():
            first = int(ends[chunk]) - len(self.shapes.chunk(chunk))
            parts.append(self.shapes.chunk(chunk).take(pa.array(at[in_chunk == chunk] - first)))
        back = np.empty(len(at), dtype=np.int64)
        back[order] = np.arange(len(at))
        take = np.zeros(len(there), dtype=np.int64)
        take[there] = back
        return pa.concat_arrays(parts).take(pa.array(take, mask=~there))

    @property
    def table(self) -> pa.Table:
        """All of it as `conflict.tasks` has it; in memory."""
        shapes = {name: self.wkb(name) for name in _PLACES}
        columns = [
            shapes[field.name] if field.name in shapes else self.rows.column(field.name)
            for field in OVERLAPS
        ]
        return pa.table(columns, schema=OVERLAPS)

    @property
    def in_place(self) -> "Overlaps":
        """These, as if their shapes lay as `wkb_in_place` has them, and no others."""
        rows, count = self.rows, 0
        for place in _PLACES.values():
            there = np.asarray(pc.is_valid(rows.column(place)))
            places = pa.array(count + np.cumsum(there) - 1, mask=~there)
            rows = rows.set_column(ROWS.get_field_index(place), ROWS.field(place), places)
            count += int(there.sum())
        return self.with_rows(rows)

    def wkb_in_place(self) -> Iterator[pa.Array]:
        """The shapes of all rows in their order, then those that are counted; some at a time."""
        for name in _PLACES:
            yield from (part.wkb(name).drop_null() for part in self.parts())

    def and_found(self, found: pa.Table) -> "Overlaps":
        """These, and then others, as `conflict.tasks` has them."""
        more, shapes = found, list(self.shapes.chunks)
        for name, place in _PLACES.items():
            wkb = found.column(name)
            places = sum(map(len, shapes)) + np.arange(len(found), dtype=np.int64)
            shapes += wkb.chunks  # as it lies on disk, with the nulls
            at = pa.array(places, mask=np.asarray(pc.is_null(wkb)))
            more = more.drop_columns([name]).append_column(place, at)
        rows = pa.concat_tables([self.rows, more.cast(ROWS)])
        return Overlaps(rows, pa.chunked_array(shapes, pa.large_binary()))

    def in_order(self) -> Iterator[pa.Table]:
        """The rows by left and right row, some thousand at a time."""
        order = pc.sort_indices(self.rows.select(["left", "right"]), _ORDER)
        for start in range(0, len(order), _AT_ONCE):
            yield self.rows.take(order[start : start + _AT_ONCE])
