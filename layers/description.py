"""What a reader says of a file, apart from its rows; the rows go to a sink, batch by batch.

A delivery may hold a million polygons, so no reader keeps them: it pushes batches of one schema
(attribute columns and `geometry`, WKB in the file's own CRS) and describes the file at the end.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from layers.source import GEOMETRY

Sink = Callable[[pa.RecordBatch], None]
"""Takes the batches of one file in their order; all have one schema."""

BATCH_ROWS = 50_000
BATCH_BYTES = 64 << 20
_SHOWN, _SHOWN_LENGTH = 5, 40


@dataclass(frozen=True, slots=True)
class Description:
    """What one delivered file says of itself; its fields are those of `Source`, without rows."""

    name: str
    format: str
    layer: str | None
    crs: str | None
    encoding: str | None
    notes: tuple[str, ...] = ()
    preview: tuple[str, ...] = ()


class Batches:
    """Rows gathered into batches for a sink: attribute texts and a geometry.

    A batch ends at `BATCH_ROWS` rows or `BATCH_BYTES` bytes, whichever comes first.
    """

    def __init__(self, names: Iterable[str], sink: Sink) -> None:
        fields = [pa.field(name, pa.string()) for name in names]
        self._schema = pa.schema([*fields, pa.field(GEOMETRY, pa.binary())])
        self._sink = sink
        self._rows: list[tuple[str | bytes | None, ...]] = []
        self._bytes = 0

    def add(self, texts: Iterable[str | None], geometry: bytes | None) -> None:
        """One row: a text for every attribute, then its geometry."""
        row = (*texts, geometry)
        self._rows.append(row)
        self._bytes += sum(len(value) for value in row if value is not None)
        if len(self._rows) == BATCH_ROWS or self._bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what is gathered; called once more at the end."""
        columns = zip(*self._rows, strict=True) if self._rows else ([] for _ in self._schema)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, self._schema, strict=True)]
        self._sink(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._rows, self._bytes = [], 0


class Watch:
    """A sink before the sink: counts rows and remembers texts by which a person sees mojibake."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.rows = 0
        self._names: tuple[str, ...] | None = None
        self._texts: dict[str, None] = {}

    def __call__(self, batch: pa.RecordBatch) -> None:
        """Take one batch."""
        if self._names is None:
            foreign = [name for name in batch.schema.names if not name.isascii()]
            self._names = tuple(foreign[:_SHOWN])
        self.rows += batch.num_rows
        self._remember(batch)
        self._sink(batch)

    def preview(self) -> tuple[str, ...]:
        """The first names of fields, then the first distinct values, that are not ASCII."""
        return tuple(dict.fromkeys([*(self._names or ()), *self._texts]))

    def _remember(self, batch: pa.RecordBatch) -> None:
        for column in batch.columns:
            if len(self._texts) >= _SHOWN:
                return
            if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
                continue
            foreign = column.filter(pc.invert(pc.string_is_ascii(column)))
            for text in foreign.unique()[: _SHOWN - len(self._texts)].to_pylist():
                short = text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "..."
                self._texts[short] = None
