"""Write rows to a file of any format that is given out, batch by batch, whole or not at all.

Input: `Rows`, a stream of Arrow batches whose last column is the geometry as WKB. Output: the file.
It is written in a folder beside its place and moved when it is whole; a shapefile's parts are moved
one by one, the .shp last. GDAL writes what it has a driver for, straight from Arrow; GeoParquet and
CSV are written here, since GDAL's are missing or cut numbers.
"""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyarrow import csv
from pyogrio.errors import DataLayerError, DataSourceError

from blueprint.errors import PlanningError
from layers.crs import any_crs
from layers.table import geometries

Format = Literal["gpkg", "geojson", "geojsonseq", "fgb", "parquet", "shp", "csv", "txt"]

_SUFFIXES: dict[str, Format] = {
    ".gpkg": "gpkg",
    ".geojson": "geojson",
    ".json": "geojson",
    ".geojsonl": "geojsonseq",
    ".geojsons": "geojsonseq",
    ".fgb": "fgb",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".shp": "shp",
    ".zip": "shp",
    ".csv": "csv",
    ".txt": "txt",
}
_DRIVERS = {
    "gpkg": "GPKG",
    "geojson": "GeoJSON",
    "geojsonseq": "GeoJSONSeq",
    "fgb": "FlatGeobuf",
    "shp": "ESRI Shapefile",
}
_DEGREE_DECIMALS, _METRE_DECIMALS = 10, 5  # finer than the store's grid, so that it is met again
_PARTS = (".shx", ".dbf", ".prj", ".cpg", ".shp")  # in the order in which they are moved


@dataclass(frozen=True, slots=True)
class Rows:
    """What is written: a stream of batches under one schema, its CRS and OGR's name of its type."""

    layer: str
    crs: str | None
    geometry_type: str
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    count: int


def geometry_column() -> pa.Field:
    """The geometry field that drivers know as one."""
    return pa.field("geometry", pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})


def format_of(path: Path, given: Format | None) -> Format:
    """The format that a file's name says, if it agrees with the one that is asked for.

    Raises:
        PlanningError: the name says none, or another one.
    """
    said = _SUFFIXES.get(path.suffix.lower())
    if said is None or (given is not None and said != given):
        wanted = [suffix for suffix, of in _SUFFIXES.items() if given in {None, of}]
        message = f"{path.name}: name a file that ends in {' or '.join(wanted)}"
        raise PlanningError(message)
    return said


def refuse_to_overwrite(path: Path, *, replace: bool) -> None:
    """See that a file may be written to `path`.

    Raises:
        PlanningError: its folder is not there, or something is at its place.
    """
    if not path.parent.is_dir():
        message = f"{path}: its folder does not exist; make it first"
        raise PlanningError(message)
    there = [part for part in _files(path) if part.exists()]
    if any(not part.is_file() for part in there):
        message = f"{path}: is no file; name another"
        raise PlanningError(message)
    if there and not replace:
        message = f"{there[0]}: is there; name another file, or give --replace"
        raise PlanningError(message)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; what is there when the block ends well is moved to `path`."""
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
        half = Path(folder, path.name)
        try:
            yield half
        except OSError as error:
            raise _unwritten(path, error.strerror or str(error)) from None
        for made, place in zip(_files(half), _files(path), strict=True):
            if made.exists():
                made.replace(place)
            else:
                place.unlink(missing_ok=True)  # an older one's part, such as another .prj


def write_rows(rows: Rows, path: Path, format_: Format) -> None:
    """Write the rows to `path`, a file that is not there yet.

    Raises:
        PlanningError: the driver could not write it, or not all of it.
    """
    if format_ == "parquet":
        _write_parquet(rows, path)
    elif format_ == "csv":
        _write_csv(rows, path)
    elif path.suffix.lower() == ".zip":
        folder = path.with_suffix("")
        folder.mkdir()
        _write_ogr(rows, folder / f"{path.stem}.shp", format_)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(folder.iterdir()):
                archive.write(part, part.name)
        shutil.rmtree(folder)
    else:
        _write_ogr(rows, path, format_)


def _files(path: Path) -> list[Path]:
    if path.suffix.lower() != ".shp":
        return [path]
    return [path.with_suffix(part) for part in _PARTS[:-1]] + [path]


def _write_ogr(rows: Rows, path: Path, format_: Format) -> None:
    degrees = rows.crs is not None and any_crs(rows.crs).is_geographic
    options: dict[str, object] = {}
    crs = rows.crs
    if format_ in {"geojson", "geojsonseq"}:
        options["COORDINATE_PRECISION"] = str(_DEGREE_DECIMALS if degrees else _METRE_DECIMALS)
    if format_ == "geojsonseq":
        crs = "OGC:CRS84"  # its driver would transform anything else
    if format_ == "shp":
        options |= {"ENCODING": "UTF-8", "2GB_LIMIT": "YES"}
    if format_ == "gpkg":
        options["GEOMETRY_NAME"] = "geometry"
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.batches)
    try:
        pyogrio.write_arrow(
            reader,
            path,
            layer=path.stem if format_ == "shp" else rows.layer,
            driver=_DRIVERS[format_],
            geometry_name="geometry",
            geometry_type=rows.geometry_type,
            crs=crs,
            layer_options=options,
        )
        info = pyogrio.read_info(path, force_feature_count=True)
    except (DataSourceError, DataLayerError, RuntimeError) as error:
        raise _unwritten(path, str(error)) from None
    if info["features"] != rows.count:
        raise _unwritten(path, f"{info['features']} of {rows.count} rows are in it")
    # GDAL leaves a spatial index out, without a word, that there was no room for
    if format_ == "gpkg" and not info["capabilities"]["fast_spatial_filter"]:
        raise _unwritten(path, "it has no spatial index")
    for part in _files(path):
        if part.exists():
            _need_room(part)


def _need_room(path: Path) -> None:
    """See that a byte more would find room: GDAL does not tell of a last write that was cut."""
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"\0")
        file.flush()
        os.fsync(file.fileno())
        file.truncate(size)


def _write_parquet(rows: Rows, path: Path) -> None:
    """GeoParquet 1.1: WKB, with the CRS as PROJJSON and the box of all of it."""
    box = np.array([np.inf, np.inf, -np.inf, -np.inf])
    types: set[str] = set()
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for batch in rows.batches:
            writer.write_batch(batch)
            shapes = geometries(batch)
            edges = shapely.total_bounds(shapes)
            box[:2], box[2:] = np.fmin(box[:2], edges[:2]), np.fmax(box[2:], edges[2:])
            types |= {shape.geom_type for shape in shapes}
        about: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": sorted(types),
            "crs": rows.crs and any_crs(rows.crs).to_json_dict(),
        }
        if np.isfinite(box).all():
            about["bbox"] = box.tolist()
        head = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}}
        writer.add_key_value_metadata({"geo": json.dumps(head)})


def _write_csv(rows: Rows, path: Path) -> None:
    """CSV in UTF-8 with a mark, for spreadsheets, and the geometry as WKT in the last column."""
    schema = pa.schema([*list(rows.schema)[:-1], pa.field("WKT", pa.string())])
    with path.open("wb") as file:
        file.write(b"\xef\xbb\xbf")
        with csv.CSVWriter(file, schema) as writer:
            for batch in rows.batches:
                wkt = shapely.to_wkt(geometries(batch), rounding_precision=-1)
                arrays = [*batch.columns[:-1], pa.array(wkt, pa.string())]
                writer.write_batch(pa.record_batch(arrays, schema=schema))


def _unwritten(path: Path, reason: str) -> PlanningError:
    said = " ".join(reason.split()).replace(str(path), path.name)
    return PlanningError(f"{path.name}: could not be written whole ({said}); is the disk full?")
