"""Read a delivered file: any format we know → one Arrow table of what the file says, unaltered.

Input: a path (file, or folder for FileGDB), and where the file is silent the layer, CRS, encoding.
Output: `Source`: the rows (attribute columns plus `geometry` as WKB in the file's own CRS).
Steps: the format is decided by suffix and confirmed by the bytes (`checks`), so that a file in
disguise never reaches a driver; then one reader per format family: pyogrio for the bulk formats,
fiona for CAD, our own for boundary text. What a driver warns of becomes a note.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import fiona
import pyarrow as pa
import shapely
from fiona.errors import FionaError

from layers.boundary_txt import BoundaryTextError, read_boundary_txt
from layers.checks import (
    SHAPEFILE_PARTS,
    check_geojson,
    check_shapefile,
    first_bytes,
    last_bytes,
    require,
    unpacked_shapefile,
)
from layers.encoding import (
    BYTES_AS_TEXT,
    decoded,
    dxf_encoding,
    known_encoding,
    shapefile_encoding,
    unescaped,
)
from layers.errors import UnreadableSource
from layers.ogr import GEOMETRY, choose_layer, names_told_apart, read_layer

__all__ = ["GEOMETRY", "Source", "read_geojson", "read_source", "source_bytes", "with_crs"]


_CAD_FIELDS = ("Layer", "EntityHandle", "Text")
_DXF_HEAD = 65_536


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
    folder = path.suffix.lower() == ".gdb"
    require(path.is_dir() == folder, path.name, "a folder" if folder else "a file")
    if encoding is not None and known_encoding(encoding) is None:
        message = f"{path.name}: {encoding} is no known encoding; name one such as GB18030 or UTF-8"
        raise UnreadableSource(message)
    source = read(path, layer, encoding)
    return with_crs(_not_empty(source), crs)


def _not_empty(source: Source) -> Source:
    if source.rows.num_rows == 0:
        where = f" in layer {source.layer}" if source.layer else ""
        message = f"{source.name}: holds no feature{where}; check the file and deliver it again"
        raise UnreadableSource(message)
    return source


def with_crs(source: Source, crs: str | None) -> Source:
    """The source with the CRS that its deliverer named, if one was named."""
    return source if crs is None else replace(source, crs=crs)


def read_geojson(document: bytes, name: str = "body.geojson") -> Source:
    """Read GeoJSON that came over the wire rather than from a file."""
    check_geojson(name, document)
    return _not_empty(_read_ogr(io.BytesIO(document), name, "GeoJSON", None))


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
        # not what viewers leave beside it: an index, or the same layer in another format
        files = (p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file())
        return sorted(p for p in files if p.suffix.lower() in SHAPEFILE_PARTS)
    return [path]


def _known() -> str:
    return ", ".join(sorted(_READERS))


def _read_shapefile(path: Path, layer: str | None, encoding: str | None) -> Source:
    check_shapefile(path)
    said = known_encoding(encoding) if encoding else None
    true, ground = (said, "given") if said else shapefile_encoding(path)
    read = read_layer(path, path.name, "ESRI Shapefile", layer, BYTES_AS_TEXT)
    rows, misfits = decoded(read.rows, true)
    names = rows.column_names  # two may be the same once their cut last characters are gone
    rows = rows.rename_columns(names_told_apart(names, names.index(GEOMETRY)))
    notes = [*read.notes, f"attributes read as {true} ({ground})"]
    if misfits:
        notes.append(f"{misfits} values hold bytes that are not {true}, shown as \ufffd")
    return Source(path.name, "ESRI Shapefile", read.name, read.crs, true, rows, tuple(notes))


def _read_zip(path: Path, layer: str | None, encoding: str | None) -> Source:
    with unpacked_shapefile(path) as shapefile:
        return replace(_read_shapefile(shapefile, layer, encoding), name=path.name)


def _read_geopackage(path: Path, layer: str | None, encoding: str | None) -> Source:
    del encoding  # always UTF-8, as in a FileGDB and in GeoJSON
    require(first_bytes(path, 16) == b"SQLite format 3\0", path.name, "a GeoPackage")
    return _read_ogr(path, path.name, "GPKG", layer)


def _read_filegdb(path: Path, layer: str | None, encoding: str | None) -> Source:
    del encoding
    require(path.is_dir() and any(path.glob("*.gdbtable")), path.name, "a FileGDB folder")
    return _read_ogr(path, path.name, "OpenFileGDB", layer)


def _read_geojson_file(path: Path, layer: str | None, encoding: str | None) -> Source:
    del encoding
    check_geojson(path.name, path.read_bytes())
    return _read_ogr(path, path.name, "GeoJSON", layer)


def _read_ogr(where: Path | io.BytesIO, name: str, driver: str, layer: str | None) -> Source:
    read = read_layer(where, name, driver, layer)
    return Source(name, driver, read.name, read.crs, "UTF-8", read.rows, read.notes)


def _read_cad(path: Path, layer: str | None, encoding: str | None) -> Source:
    """A DXF's entities, those of one CAD layer where `layer` is given.

    Closed polylines come as closed lines: `normalise` makes them polygons where those are wanted.
    """
    head = first_bytes(path, _DXF_HEAD)
    require(b"SECTION" in head, path.name, "a DXF drawing in text form")
    require(last_bytes(path, 64).rstrip().endswith(b"EOF"), path.name, "whole: it is cut short")
    true = encoding or dxf_encoding(head)
    try:
        with (
            fiona.Env(**({"DXF_ENCODING": true} if true else {})),
            fiona.open(path, enabled_drivers=["DXF"]) as entities,
        ):
            rows = [(dict(e["properties"]), e["geometry"]) for e in entities]
    except (FionaError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        message = f"{path.name}: cannot be read as DXF ({reason}); check it and deliver it again"
        raise UnreadableSource(message) from None
    texts = {key: [unescaped(str(p.get(key) or "")) for p, _ in rows] for key in _CAD_FIELDS}
    shapes = [shapely.geometry.shape(g) if g is not None else None for _, g in rows]
    columns = {**texts, GEOMETRY: list(shapely.to_wkb(shapes)) if shapes else []}
    table = pa.table(columns, schema=_text_schema(_CAD_FIELDS))
    if layer is not None:
        choose_layer(path.name, sorted(set(texts["Layer"])), layer)
        table = table.filter([name == layer for name in texts["Layer"]])
    return Source(path.name, "DXF", layer, None, true, table)


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
    for note in file.notes:
        if note.kind == "count_mismatch":  # a file cut short would ask about other ground
            message = f"{path.name}: line {note.line}: {note.en}; deliver the whole file"
            raise UnreadableSource(message)
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
