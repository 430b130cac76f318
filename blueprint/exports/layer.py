"""A version of a layer as a file: features with their ids, and attributes as typed columns.

Features stream from the store's table to the file in batches, their WKB as it is where the file is
in the city's CRS.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from blueprint.catalogue import CatalogueLayer
from blueprint.errors import PlanningError
from blueprint.exports.choice import Exported, Wanted, find_version
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
from blueprint.exports.shapefile import FIELD_NAME_BYTES, Fitting
from blueprint.exports.text import boundary_text, header_of
from blueprint.service import Service
from layers.boundary_write import TextEncoding
from layers.crs import parse_crs, to_crs
from layers.shapes import all_finite
from layers.table import crs_of, geometries

_BATCH = 20_000
_LONLAT = "EPSG:4490"
_OWN = ("feature_id",)
_GEOMETRY_TYPES = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "MultiPoint"}


@dataclass(frozen=True, slots=True)
class Form:
    """The form that is asked for: None leaves it to the file's name and the format's custom.

    `precision` (metres) and `encoding` concern boundary-point text alone.
    """

    format: Format | None = None
    crs: str | None = None
    precision: float | None = None
    encoding: TextEncoding | None = None


def export_layer(
    service: Service, wanted: Wanted, path: Path, form: Form = Form(), *, replace: bool = False
) -> Exported:
    """Write the features of a layer's version to a file.

    Coordinates are in the form's CRS: unless named, the city's; longitude and latitude of CGCS2000
    in GeoJSON; the city's zone with its number before the easting in boundary-point text.

    Raises:
        DataError: no such layer or version that the caller may see, a CRS that the city's cannot
            be brought to, or a feature that the format cannot say.
        PlanningError: the file is there already, or cannot be written whole.
    """
    format_ = format_of(path, form.format)
    refuse_to_overwrite(path, replace=replace)
    service.refuse_own_file(path)
    if format_ != "txt" and (form.precision is not None or form.encoding is not None):
        message = f"{path.name}: precision and encoding are options of boundary points (.txt)"
        raise PlanningError(message)
    with service.database.read() as connection:
        found = find_version(service, connection, wanted)
        layer, version = found.layer, found.version
        table = service.layers.scan(connection, {layer.id: version.version})
    losses: list[str] = []
    if version.approximate:
        losses.append(f"was delivered in {version.approximate}: approximate, not for measuring")
    if format_ == "txt":
        _need_polygons(layer, path)
        owner = found.catalogue.department_names[layer.department]
        head = header_of(owner.zh, found.catalogue.city.today())
        text, crs = boundary_text(table, form.crs, head, form.precision, form.encoding or "utf-8")
        losses += text.losses
        with written_whole(path) as half:
            half.write_bytes(text.data)
    else:
        crs = form.crs or (_LONLAT if format_.startswith("geojson") else crs_of(table))
        losses += _write(table, layer, path, format_, crs)
    return Exported(
        str(path), format_, layer.id, version.version, crs, table.num_rows, tuple(losses)
    )


def _need_polygons(layer: CatalogueLayer, path: Path) -> None:
    if layer.geometry != "polygon":
        message = (
            f"{path.name}: {layer.id} is a {layer.geometry} layer; boundary points are of land"
        )
        raise PlanningError(message)


def _write(
    table: pa.Table, layer: CatalogueLayer, path: Path, format_: Format, crs: str
) -> list[str]:
    if format_ == "geojsonseq" and not parse_crs(crs).is_geographic:
        message = f"{path.name}: this format holds degrees; leave --crs out, or write GeoJSON"
        raise PlanningError(message)
    name_bytes = FIELD_NAME_BYTES if format_ == "shp" else None
    columns, losses = find_columns(table.to_batches(_BATCH), _OWN, name_bytes)
    batches = feature_batches(table, columns, _mover(crs_of(table), crs, path))
    fitting = Fitting()
    rows = Rows(
        layer.name.zh,
        crs,
        _GEOMETRY_TYPES[layer.geometry],
        feature_columns(columns),
        fitting.fit(batches) if format_ == "shp" else batches,
        table.num_rows,
    )
    with written_whole(path) as half:
        write_rows(rows, half, format_)
    if format_ in {"csv", "geojsonseq"}:
        losses.append(f"the format does not name its CRS: it is {crs}, east before north")
    return losses + fitting.losses()


def feature_columns(columns: Sequence[Column]) -> pa.Schema:
    """The schema of what is written: id, attributes, geometry."""
    own = pa.field("feature_id", pa.string())
    attributes = [pa.field(column.name, column.type) for column in columns]
    return pa.schema([own, *attributes, geometry_column()])


def feature_batches(
    table: pa.Table, columns: Sequence[Column], move: Callable[[pa.RecordBatch], pa.Array]
) -> Iterator[pa.RecordBatch]:
    """The table's batches in that schema."""
    schema = feature_columns(columns)
    for batch in filter(len, table.to_batches(_BATCH)):
        arrays = [batch.column("feature_id"), *fill(columns, batch), move(batch)]
        yield pa.record_batch(arrays, schema=schema)


def _mover(home: str, crs: str, path: Path) -> Callable[[pa.RecordBatch], pa.Array]:
    """What gives a batch's geometries in `crs`, untouched where that is the store's own."""
    if parse_crs(crs).equals(parse_crs(home), ignore_axis_order=True):
        return lambda batch: batch.column("geometry")

    def moved(batch: pa.RecordBatch) -> pa.Array:
        shapes = to_crs(geometries(batch), home, crs)
        if not np.all(all_finite(shapes)):
            message = f"{path.name}: a feature has no image in {crs}; name another CRS"
            raise PlanningError(message)
        return pa.array(shapely.to_wkb(shapes), pa.binary())

    return moved
