"""Read GeoParquet: the primary geometry column, which must hold WKB, and the other plain columns.

Input: a Parquet file with the `geo` metadata of GeoParquet 1.x. Output: as for every reader; x is
east and longitude whatever the CRS says of its axes, as the format has it.

A Parquet file of a few kilobytes can stand for any amount of text: a value is stored once and
repeated by a number. So small text columns are read as dictionaries, and how long a piece of the
column would be is known before it is written out; of large ones few rows are read at a time.
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyproj
from pyarrow import parquet
from pyproj.exceptions import CRSError

from layers.checks import first_bytes, last_bytes, require
from layers.description import BATCH_BYTES, BATCH_ROWS, Description, Sink
from layers.errors import UnreadableSource
from layers.ogr import names_told_apart, unreadable

_MAGIC = b"PAR1"
_ROWS_LIMIT = 50_000_000
_UNPACKED_LIMIT = 8 << 30
_GROUP_LIMIT = 1 << 30
_COLUMNS_LIMIT = 2_000
_SMALL = 16 << 20
_BUFFER = 1 << 20
_TEXTS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_binary,
    pa.types.is_large_binary,
)


def read_parquet(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read a GeoParquet file; a CRS that is not there means longitude and latitude (CRS84)."""
    del layer, encoding  # one layer, always UTF-8
    whole = first_bytes(path, 4) == last_bytes(path, 4) == _MAGIC
    require(whole, path.name, "a whole Parquet file")
    try:
        with parquet.ParquetFile(path) as file:
            _check_size(path.name, file.metadata)
            said = _geo(path.name, file.metadata.metadata or {})
            columns, notes = _plain_columns(file.schema_arrow, said)
            at = _geometry_at(path.name, file.schema_arrow, columns, said)
            small = _small_texts(file)
        with parquet.ParquetFile(
            path, read_dictionary=small, pre_buffer=False, buffer_size=_BUFFER
        ) as file:
            rows = _Pieces(path.name, columns, at, sink)
            for batch in file.iter_batches(_rows_at_a_time(file.metadata), columns=columns):
                rows.take(batch)
            require(rows.count == file.metadata.num_rows, path.name, "whole: rows are missing")
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(path.name, "GeoParquet", error) from None
    return Description(path.name, "GeoParquet", None, _crs(path.name, said), "UTF-8", notes)


def _check_size(name: str, said: parquet.FileMetaData) -> None:
    groups = [said.row_group(at).total_byte_size for at in range(said.num_row_groups)]
    require(said.num_rows <= _ROWS_LIMIT, name, f"of at most {_ROWS_LIMIT} rows")
    require(said.num_columns <= _COLUMNS_LIMIT, name, f"of at most {_COLUMNS_LIMIT} columns")
    require(min(groups, default=0) >= 0, name, "whole: its sizes are damaged")
    require(sum(groups) <= _UNPACKED_LIMIT, name, "under 8 GiB when unpacked")
    require(max(groups, default=0) <= _GROUP_LIMIT, name, "in row groups under 1 GiB")


def _small_texts(file: parquet.ParquetFile) -> list[str]:
    """The text columns of which no row group has more than `_SMALL` bytes, repetitions aside."""
    said = file.metadata
    large = {
        said.row_group(group).column(at).path_in_schema
        for group in range(said.num_row_groups)
        for at in range(said.num_columns)
        if said.row_group(group).column(at).total_uncompressed_size > _SMALL
    }
    texts = (field.name for field in file.schema_arrow if _is_text(field.type))
    return [name for name in texts if name not in large]


def _rows_at_a_time(said: parquet.FileMetaData) -> int:
    """As many rows as fill a batch on an average of the row group that is largest by row."""
    groups = (said.row_group(at) for at in range(said.num_row_groups))
    widest = max((g.total_byte_size // max(g.num_rows, 1) for g in groups), default=0)
    return max(1, min(BATCH_ROWS, BATCH_BYTES // max(widest, 1)))


def _geo(name: str, metadata: dict[bytes, bytes]) -> dict[str, Any]:
    """What the `geo` metadata say of the primary column; `column` is its name."""
    try:
        said = json.loads(metadata[b"geo"])
        primary = said["primary_column"]
        column = dict(said["columns"][primary])
        boxes = [corner[0] for corner in column.get("covering", {}).get("bbox", {}).values()]
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError):
        message = f"{name}: is Parquet without proper `geo` metadata; deliver GeoParquet 1.x"
        raise UnreadableSource(message) from None
    if column.get("encoding") != "WKB":
        encoding = str(column.get("encoding"))[:40]
        message = f"{name}: its geometry is encoded as {encoding}; deliver it with encoding WKB"
        raise UnreadableSource(message)
    return {**column, "column": primary, "boxes": boxes}


def _plain_columns(schema: pa.Schema, said: dict[str, Any]) -> tuple[list[str], tuple[str, ...]]:
    """The names of the columns that hold one value a row, and a note on those that don't."""
    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    plain = [field.name for field in schema if not pa.types.is_nested(field.type)]
    left = [name for name in nested if name not in said["boxes"]]
    note = f"columns that hold lists or records were left out: {', '.join(left)}"
    return plain, ((note,) if left else ())


def _geometry_at(name: str, schema: pa.Schema, columns: list[str], said: dict[str, Any]) -> int:
    column = said["column"]
    found = columns.count(column) == 1 and _is_text(schema.field(column).type)
    require(found, name, f"GeoParquet: its geometry column {str(column)[:40]} is not there")
    return columns.index(column)


def _is_text(kind: pa.DataType) -> bool:
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    return any(is_kind(storage) for is_kind in _TEXTS)


def _crs(name: str, said: dict[str, Any]) -> str | None:
    """An authority code or WKT from PROJJSON; None where the file says that it is unknown."""
    if "crs" not in said:
        return "OGC:CRS84"
    if said["crs"] is None:
        return None
    try:
        crs = pyproj.CRS.from_user_input(said["crs"])
    except (CRSError, TypeError, ValueError):
        message = f"{name}: its CRS cannot be understood; deliver it with a proper PROJJSON"
        raise UnreadableSource(message) from None
    code = crs.to_authority(min_confidence=100)
    return ":".join(code) if code else str(crs.to_wkt())


class _Pieces:
    """Cuts batches of dictionaries into pieces that fit the memory, and writes them out."""

    def __init__(self, name: str, columns: list[str], at: int, sink: Sink) -> None:
        self._name, self._at, self._sink = name, at, sink
        self._columns = names_told_apart(columns, at)
        self.count = 0

    def take(self, batch: pa.RecordBatch) -> None:
        """Hand on one batch, in pieces where it is large."""
        size = sum(map(_length_of, batch.columns))
        pieces = min(batch.num_rows, 1 + size // BATCH_BYTES)
        if size > BATCH_BYTES and batch.num_rows == 1:
            message = f"{self._name}: a row over 64 MiB; deliver it in smaller parts"
            raise UnreadableSource(message)
        if pieces > 1:
            half = batch.num_rows // 2
            self.take(batch.slice(0, half))
            self.take(batch.slice(half))
            return
        self.count += batch.num_rows
        columns = [_written_out(c, geometry=at == self._at) for at, c in enumerate(batch.columns)]
        self._sink(pa.RecordBatch.from_arrays(columns, names=self._columns))


def _length_of(column: pa.Array) -> int:
    """How many bytes a column's texts have once they are written out."""
    plain = column.storage if isinstance(column, pa.ExtensionArray) else column
    if pa.types.is_dictionary(plain.type):
        lengths = pc.binary_length(plain.dictionary).take(plain.indices)
    elif any(is_kind(plain.type) for is_kind in _TEXTS):
        lengths = pc.binary_length(plain)
    else:
        return 0
    return int(pc.sum(lengths.cast(pa.int64()), min_count=0).as_py())


def _written_out(column: pa.Array, *, geometry: bool) -> pa.Array:
    plain = column.storage if isinstance(column, pa.ExtensionArray) else column
    if pa.types.is_dictionary(plain.type):
        plain = plain.dictionary.take(plain.indices)
    if geometry:
        return plain.cast(pa.binary())
    return plain.cast(pa.string()) if pa.types.is_large_string(plain.type) else plain
