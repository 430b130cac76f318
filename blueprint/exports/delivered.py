"""What was delivered, as it was delivered: the rows that were set aside, and the file itself.

A department mends the ones and compares with the other.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import shapely
import sqlalchemy as sa

from blueprint.clearance import PUBLIC, Clearance
from blueprint.errors import PlanningError
from blueprint.exports.choice import Exported, Wanted, find_version, may_see_all
from blueprint.exports.columns import Column, fill, find_columns
from blueprint.exports.formats import (
    Format,
    Rows,
    format_of,
    geometry_column,
    refuse_to_overwrite,
    write_rows,
    written_whole,
)
from blueprint.service import Service
from layers import LayerVersion
from layers.crs import any_crs
from layers.deliveries import read_source_file
from layers.errors import UnknownDelivery, UnsuitableCrs
from layers.models import DeliveryRow, LayerVersionRow, SourceFileRow
from layers.quarantine import quarantined_rows
from layers.shapes import all_finite, from_wkb

_BATCH = 20_000
_OWN = ("row", "reason", "delivered_wkb")
_FORMATS = ("gpkg", "geojson")


def export_quarantined(
    service: Service,
    wanted: Wanted,
    path: Path,
    format_: Format | None = None,
    *,
    replace: bool = False,
) -> Exported:
    """Write the rows of a delivery that were set aside, with their number in the file and why.

    Geometries are as delivered, in the delivery's own CRS. A row whose geometry no file can hold
    (none, damaged, not finite) is written without one; what there was of it is in `delivered_wkb`,
    in hexadecimal.

    Raises:
        DataError: no such layer or version that the caller may see.
        PlanningError: nothing was set aside, the file is there already, or cannot be written whole.
    """
    format_ = format_of(path, format_)
    if format_ not in _FORMATS:
        message = f"{path.name}: rows set aside are written as .gpkg or .geojson; name such a file"
        raise PlanningError(message)
    refuse_to_overwrite(path, replace=replace)
    service.refuse_own_file(path)
    with service.database.read() as connection:
        found = find_version(service, connection, wanted)
        layer, version = found.layer, found.version
        table = quarantined_rows(connection, layer.id, version.version)
        said = _delivered_crs(connection, version)
    if table.num_rows == 0:
        message = f"{layer.id}: nothing of version {version.version} was quarantined"
        raise PlanningError(message)
    columns, losses = find_columns(table.to_batches(_BATCH), _OWN)
    crs = _known(said)
    if crs is None:
        losses.append(f"the file does not name its CRS: {said or 'the delivery named none'}")
    schema = _schema(columns)
    name = f"{layer.name.zh}_quarantined"
    rows = Rows(name, crs, "Unknown", schema, _batches(table, columns, schema), table.num_rows)
    with written_whole(path) as half:
        write_rows(rows, half, format_)
    return Exported(
        str(path), format_, layer.id, version.version, crs, table.num_rows, tuple(losses)
    )


def export_source(
    service: Service,
    path: Path,
    *,
    digest: str | None = None,
    number: int | None = None,
    clearance: Clearance = PUBLIC,
    replace: bool = False,
) -> Exported:
    """Write a delivered file as it came, by its SHA-256 or by the number of its delivery.

    A shapefile with its companions and a FileGDB are kept, and come, as one zip. Only one who may
    see every layer that the file was delivered for may have it.

    Raises:
        UnknownDelivery: there is none that the caller may see.
        PlanningError: the file is there already, or the store's copy is damaged.
    """
    refuse_to_overwrite(path, replace=replace)
    service.refuse_own_file(path)
    with service.database.read() as connection:
        known = _delivered_file(connection, digest, number)
        if known is None or not may_see_all(connection, known.layers, clearance):
            message = f"{digest or number}: no such delivery; `blueprint deliveries` lists them"
            raise UnknownDelivery(message)
        found = sha256()
        with written_whole(path) as half, half.open("wb") as file:
            for chunk in read_source_file(connection, known.sha256):
                found.update(chunk)
                file.write(chunk)
            if found.hexdigest() != known.sha256:
                message = f"{known.name}: the store's copy is damaged; restore the store"
                raise PlanningError(message)
    return Exported(str(path), known.name, None, None, None, None)


@dataclass(frozen=True, slots=True)
class _DeliveredFile:
    sha256: str
    name: str
    layers: frozenset[str]


def _delivered_file(
    connection: sa.Connection, digest: str | None, number: int | None
) -> _DeliveredFile | None:
    """A kept file and all layers that it was ever delivered for, taken or refused."""
    if digest is None:
        of_number = sa.select(DeliveryRow.source_sha256).where(DeliveryRow.id == number)
        digest = connection.scalar(of_number)
    name = connection.scalar(sa.select(SourceFileRow.name).where(SourceFileRow.sha256 == digest))
    layers: set[str] = set()
    for rows in (DeliveryRow, LayerVersionRow):  # stores of the first revision list no deliveries
        query = sa.select(rows.layer_id).where(rows.source_sha256 == digest)
        layers.update(connection.scalars(query))
    if digest is None or name is None or not layers:
        return None
    return _DeliveredFile(digest, name, frozenset(layers))


def _delivered_crs(connection: sa.Connection, version: LayerVersion) -> str | None:
    """The CRS that the delivery's report names."""
    d = DeliveryRow
    query = sa.select(d.report).where(d.layer_id == version.layer_id, d.version == version.version)
    report = connection.scalar(query)
    said = json.loads(report).get("crs") if report else None
    return said if isinstance(said, str) else None


def _known(said: str | None) -> str | None:
    """The CRS where it is one that a file can name: a city's own system is known here alone."""
    try:
        return said and any_crs(said).to_wkt()
    except UnsuitableCrs:
        return None


def _schema(columns: Sequence[Column]) -> pa.Schema:
    own = [("row", pa.int64()), ("reason", pa.string()), ("delivered_wkb", pa.string())]
    attributes = [(column.name, column.type) for column in columns]
    return pa.schema([*(pa.field(*pair) for pair in own + attributes), geometry_column()])


def _batches(
    table: pa.Table, columns: Sequence[Column], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for batch in filter(len, table.to_batches(_BATCH)):
        delivered: list[bytes | None] = batch.column("geometry").to_pylist()
        shapes, _ = from_wkb(delivered)
        usable = ~shapely.is_missing(shapes) & all_finite(shapes)
        pairs = list(zip(delivered, usable.tolist(), strict=True))
        arrays = [
            batch.column("row"),
            batch.column("reason"),
            pa.array([wkb.hex() if wkb and not fit else None for wkb, fit in pairs], pa.string()),
            *fill(columns, batch),
            pa.array([wkb if fit else None for wkb, fit in pairs], pa.binary()),
        ]
        yield pa.record_batch(arrays, schema=schema)
