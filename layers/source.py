"""Read a delivered file: any format we know → one Arrow table of what the file says, unaltered.

Input: a path (file, or folder for FileGDB), and where the file is silent the layer, CRS, encoding.
Output: `Source`: the rows (attribute columns plus `geometry` as WKB in the file's own CRS).
Steps: the format is decided by suffix and confirmed by the first bytes, so that a file in disguise
(a GDAL .vrt named .geojson would make GDAL read other files) never reaches a driver; then one
reader per format family: pyogrio for the bulk formats, fiona for CAD, our own for boundary text.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import fiona
import pyarrow as pa
import pyogrio
import shapely
from fiona.errors import FionaError
from pyogrio.errors import DataLayerError, DataSourceError

from layers.boundary_txt import BoundaryTextError, read_boundary_txt
from layers.encoding import shapefile_encoding
from layers.errors import AmbiguousSource, UnreadableSource

GEOMETRY = "geometry"
_ZIP_LIMIT = 1 << 30
_JSON_TYPES = {
    "FeatureCollection", "Feature", "GeometryCollection", "Point", "MultiPoint", "LineString",
    "MultiLineString", "Polygon", "MultiPolygon",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """What one delivered file says.

    `rows` has the attribute columns and `geometry` (WKB, nulls where the file has none);
    `crs` is an authority code or WKT, None where the file is silent; `notes` say what the reader
    decided (encoding, dialect) in plain words.
    """

    name: str
    format: str
    layer: str | None
    crs: str | None
    encoding: str | None
    rows: pa.Table
    notes: tuple[str, ...] = ()


def read_source(
    path: Path, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> Source:
    """Read one layer of the file at `path`.

    `crs` and `encoding` override what the file says of itself.

    Raises:
        UnreadableSource: missing, empty, damaged, or not of a format we read.
        AmbiguousSource: several layers and none named, or no layer of that name.
    """
    if not path.exists():
        message = f"{path}: no such file"
        raise UnreadableSource(message)
    read = _READERS.get(path.suffix.lower())
    if read is None:
        message = f"{path.name}: not a format that is read here; deliver one of {_known()}"
        raise UnreadableSource(message)
    source = read(path, layer, encoding)
    if source.rows.num_rows == 0:
        message = f"{path.name}: holds no feature{f' in layer {layer}' if layer else ''}"
        raise UnreadableSource(message)
    return with_crs(source, crs)


def with_crs(source: Source, crs: str | None) -> Source:
    """The source with the CRS that its deliverer named, if one was named."""
    return source if crs is None else replace(source, crs=crs)


def read_geojson(document: bytes, name: str = "body.geojson") -> Source:
    """Read GeoJSON that came over the wire rather than from a file."""
    _check_geojson(name, document)
    return _read_ogr(io.BytesIO(document), name, "GeoJSON", None, None)


def source_bytes(path: Path) -> tuple[str, bytes]:
    """The delivered file as kept in the store: its SHA-256 and its bytes.

    A shapefile's companions and a FileGDB's folder become one zip with fixed times, so that an
    equal delivery has an equal hash.
    """
    members = _members(path)
    if members == [path]:
        data = path.read_bytes()
    else:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in members:
                info = zipfile.ZipInfo(str(member.relative_to(path.parent)))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, member.read_bytes())
        data = buffer.getvalue()
    return hashlib.sha256(data).hexdigest(), data


def _members(path: Path) -> list[Path]:
    if path.is_dir():
        # lock files come and go with whoever looks at the geodatabase
        return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".lock")
    if path.suffix.lower() == ".shp":
        return sorted(p for p in path.parent.glob(f"{path.stem}.*") if p.is_file())
    return [path]


def _known() -> str:
    return ", ".join(sorted(_READERS))


def _first_bytes(path: Path, count: int = 64) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _require(ok: object, path: Path, what: str) -> None:
    if not ok:
        message = f"{path.name}: is not {what}; check the file and deliver it again"
        raise UnreadableSource(message)


def _read_shapefile(path: Path, layer: str | None, encoding: str | None) -> Source:
    _require(_first_bytes(path, 4) == b"\x00\x00\x27\x0a", path, "a shapefile")
    for suffix in (".shx", ".dbf"):
        companions = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
        _require(any(p.exists() for p in companions), path, f"complete: its {suffix} is missing")
    found, ground = (encoding, "given") if encoding else shapefile_encoding(path)
    source = _read_ogr(path, path.name, "ESRI Shapefile", layer, found)
    note = f"attributes read as {found or 'the .cpg says'} ({ground})"
    return replace(source, notes=(note,))


def _read_zip(path: Path, layer: str | None, encoding: str | None) -> Source:
    _require(zipfile.is_zipfile(path), path, "a zip archive")
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        _require(sum(i.file_size for i in infos) <= _ZIP_LIMIT, path, "under 1 GiB when unpacked")
        shapes = [i.filename for i in infos if i.filename.lower().endswith(".shp")]
        _require(len(shapes) == 1, path, f"a zip with one shapefile (it has {len(shapes)})")
        _require(archive.read(shapes[0])[:4] == b"\x00\x00\x27\x0a", path, "a zipped shapefile")
    where = f"/vsizip/{path.resolve()}/{shapes[0]}"
    return _read_ogr(where, path.name, "ESRI Shapefile", layer, encoding)


def _read_geopackage(path: Path, layer: str | None, encoding: str | None) -> Source:
    _require(_first_bytes(path, 16) == b"SQLite format 3\0", path, "a GeoPackage")
    return _read_ogr(path, path.name, "GPKG", layer, encoding)


def _read_filegdb(path: Path, layer: str | None, encoding: str | None) -> Source:
    _require(path.is_dir() and any(path.glob("*.gdbtable")), path, "a FileGDB folder")
    return _read_ogr(path, path.name, "OpenFileGDB", layer, encoding)


def _read_geojson_file(path: Path, layer: str | None, encoding: str | None) -> Source:
    _check_geojson(path.name, path.read_bytes())
    return _read_ogr(path, path.name, "GeoJSON", layer, encoding)


def _check_geojson(name: str, data: bytes) -> None:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        message = f"{name}: is not GeoJSON ({error}); check the file and deliver it again"
        raise UnreadableSource(message) from None
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in _JSON_TYPES:
        message = f"{name}: is JSON but not GeoJSON; its type must be Feature, FeatureCollection or a geometry"
        raise UnreadableSource(message)
    if kind == "FeatureCollection" and not isinstance(document.get("features"), list):
        message = f"{name}: a FeatureCollection without a list of features"
        raise UnreadableSource(message)


def _read_ogr(
    where: Path | str | io.BytesIO, name: str, driver: str, layer: str | None, encoding: str | None
) -> Source:
    try:
        chosen = _choose_layer(name, [str(row[0]) for row in pyogrio.list_layers(where)], layer)
        meta, table = pyogrio.read_arrow(where, layer=chosen, encoding=encoding)
    except (DataSourceError, DataLayerError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        message = f"{name}: cannot be read as {driver} ({reason}); check the file and its encoding"
        raise UnreadableSource(message) from None
    geometry = meta["geometry_name"] or "wkb_geometry"
    names = [GEOMETRY if column == geometry else column for column in table.column_names]
    if GEOMETRY not in names:
        message = f"{name}: layer {chosen} is a table without geometry"
        raise UnreadableSource(message)
    crs = meta["crs"] or None
    return Source(name, driver, chosen, crs, meta["encoding"], table.rename_columns(names))


def _choose_layer(name: str, layers: list[str], wanted: str | None) -> str:
    if wanted is not None and wanted in layers:
        return wanted
    if wanted is None and len(layers) == 1:
        return layers[0]
    shown = ", ".join(layers[:12]) + (" ..." if len(layers) > 12 else "")
    problem = f"no layer {wanted}" if wanted is not None else f"{len(layers)} layers"
    message = f"{name}: {problem}; name one with --source-layer: {shown or 'it has none'}"
    raise AmbiguousSource(message)


def _read_cad(path: Path, layer: str | None, encoding: str | None) -> Source:
    """A DXF's entities, those of one CAD layer where `layer` is given.

    Closed polylines come as closed lines: `normalise` makes them polygons where those are wanted.
    """
    head = _first_bytes(path, 4096)
    _require(b"SECTION" in head or head.startswith(b"AutoCAD Binary DXF"), path, "a DXF drawing")
    try:
        with fiona.open(path, enabled_drivers=["DXF"], encoding=encoding) as entities:
            rows = [(dict(e["properties"]), e["geometry"]) for e in entities]
    except FionaError as error:
        message = f"{path.name}: cannot be read as DXF ({error})"
        raise UnreadableSource(message) from None
    names = sorted({str(properties.get("Layer")) for properties, _ in rows})
    if layer is not None:
        rows = [row for row in rows if row[0].get("Layer") == layer]
        if not rows:
            _choose_layer(path.name, names, layer)
    shapes = [shapely.geometry.shape(g) if g is not None else None for _, g in rows]
    columns = {
        key: [str(p.get(key) or "") for p, _ in rows] for key in ("Layer", "EntityHandle", "Text")
    }
    columns[GEOMETRY] = list(shapely.to_wkb(shapes)) if shapes else []
    table = pa.table(columns, schema=_text_schema(("Layer", "EntityHandle", "Text")))
    return Source(path.name, "DXF", layer, None, encoding, table)


def _read_boundary_text(path: Path, layer: str | None, encoding: str | None) -> Source:
    """The land survey's boundary points; one row a parcel."""
    del layer, encoding  # the format has neither: one list of parcels, encoding found by the reader
    try:
        file = read_boundary_txt(path.read_bytes(), path.name)
    except BoundaryTextError as error:
        raise UnreadableSource(str(error)) from None
    parcels = file.parcels
    columns: dict[str, list[object]] = {
        "number": [p.number for p in parcels],
        "name": [p.name for p in parcels],
        "use": [p.use for p in parcels],
        GEOMETRY: list(shapely.to_wkb([p.geometry for p in parcels])) if parcels else [],
    }
    table = pa.table(columns, schema=_text_schema(("number", "name", "use")))
    notes = tuple(f"line {note.line}: {note.en}" for note in file.notes)
    return Source(path.name, "boundary text", None, file.crs, file.encoding, table, notes)


def _text_schema(names: tuple[str, ...]) -> pa.Schema:
    fields = [pa.field(name, pa.string()) for name in names]
    return pa.schema([*fields, pa.field(GEOMETRY, pa.binary())])


_Reader = Callable[[Path, str | None, str | None], Source]
_READERS: dict[str, _Reader] = {
    ".shp": _read_shapefile,
    ".zip": _read_zip,
    ".gpkg": _read_geopackage,
    ".gdb": _read_filegdb,
    ".geojson": _read_geojson_file,
    ".json": _read_geojson_file,
    ".dxf": _read_cad,
    ".txt": _read_boundary_text,
}
