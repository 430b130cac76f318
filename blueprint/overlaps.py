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

ROWS = pa.schema(
    [*(field for field in OVERLAPS if field.name != "geometry"), ("shape", pa.int64())]
)
"""An overlap a row, as `conflict.tasks` says; `shape` is the place of its shape, null for none."""
SHAPES = pa.schema([("geometry", pa.large_binary())])

_AT_ONCE = 10_000
_ORDER = [("left", "ascending"), ("right", "ascending")]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """`rows` as `ROWS` has them; `shapes` their WKB, and perhaps that of others, in any order."""

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
    def drawn(self) -> "Overlaps":
        """Those that have a shape."""
        return self.with_rows(self.rows.filter(pc.is_valid(self.rows.column("shape"))))

    def take(self, at: npt.NDArray[np.int64]) -> "Overlaps":
        """Those at some places."""
        return self.with_rows(self.rows.take(pa.array(at)))

    def parts(self) -> Iterator["Overlaps"]:
        """Some thousand rows at a time."""
        for start in range(0, len(self), _AT_ONCE):
            yield self.with_rows(self.rows.slice(start, _AT_ONCE))

    def wkb(self) -> pa.Array:
        """The shape of each row, null for none; in memory."""
        places = self.rows.column("shape")
        drawn = np.asarray(pc.is_valid(places))
        at = places.drop_null().to_numpy()
        ends = np.cumsum([len(chunk) for chunk in self.shapes.chunks], dtype=np.int64)
        of = np.searchsorted(ends, at, side="right")
        order = np.argsort(of, kind="stable")
        parts = [pa.array([], pa.large_binary())]
        for chunk in np.unique(of).tolist():
            first = int(ends[chunk]) - len(self.shapes.chunk(chunk))
            parts.append(self.shapes.chunk(chunk).take(pa.array(at[of == chunk] - first)))
        back = np.empty(len(at), dtype=np.int64)
        back[order] = np.arange(len(at))
        take = np.zeros(len(drawn), dtype=np.int64)
        take[drawn] = back
        return pa.concat_arrays(parts).take(pa.array(take, mask=~drawn))

    @property
    def in_place(self) -> "Overlaps":
        """These, as if the shapes of those that have one lay in their order and no others."""
        drawn = np.asarray(pc.is_valid(self.rows.column("shape")))
        places = pa.array(np.cumsum(drawn) - 1, mask=~drawn)
        at = self.rows.schema.get_field_index("shape")
        return self.with_rows(self.rows.set_column(at, ROWS.field("shape"), places))

    def and_found(self, found: pa.Table) -> "Overlaps":
        """These, and then others, as `conflict.tasks` has them."""
        geometry = found.column("geometry")
        places = len(self.shapes) + np.arange(len(found), dtype=np.int64)
        shape = pa.array(places, mask=np.asarray(pc.is_null(geometry)))
        more = found.drop_columns(["geometry"]).append_column("shape", shape)
        rows = pa.concat_tables([self.rows, more.cast(ROWS)])
        shapes = pa.chunked_array([*self.shapes.chunks, *geometry.chunks], pa.large_binary())
        return Overlaps(rows, shapes)

    def in_order(self) -> Iterator[pa.Table]:
        """The rows by left and right row, some thousand at a time."""
        order = pc.sort_indices(self.rows.select(["left", "right"]), _ORDER)
        for start in range(0, len(order), _AT_ONCE):
            yield self.rows.take(order[start : start + _AT_ONCE])
