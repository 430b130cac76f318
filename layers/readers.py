"""Read one layer of a delivered file, whatever its format: what the file says, unaltered.

Input: a path (file, or folder for FileGDB), where the file is silent the layer and encoding, and a
sink for the rows (attribute columns plus `geometry` as WKB in the file's own CRS), batch by batch.
Output: `Description`: everything else that the file says.
Steps: the format is decided by suffix and confirmed by the bytes (`checks`), so that a file in
disguise never reaches a driver; then one reader per format family (`read_*`): GDAL for the bulk
formats and drawings, Arrow for GeoParquet, our own for the formats in plain text.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from layers.checks import require
from layers.description import Description, Sink, Watch
from layers.encoding import known_encoding
from layers.errors import UnreadableSource
from layers.read_boundary import read_boundary
from layers.read_cad import read_cad
from layers.read_csv import read_csv
from layers.read_database import read_filegdb, read_flatgeobuf, read_geopackage
from layers.read_json import read_geojson_document, read_geojson_file, read_sequence
from layers.read_kml import read_kml
from layers.read_parquet import read_parquet
from layers.read_shapefile import read_shapefile
from layers.read_zip import read_zip

__all__ = ["read_document", "read_file"]


def read_file(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read one layer of the file at `path` into `sink`, batch by batch.

    What the sink took before an error is not the layer.

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
    watch = Watch(sink)
    return _described(read(path, layer, encoding, watch), watch)


def read_document(document: bytes, name: str, sink: Sink) -> Description:
    """Read GeoJSON that came over the wire rather than from a file."""
    watch = Watch(sink)
    return _described(read_geojson_document(document, name, watch), watch)


def _described(said: Description, watch: Watch) -> Description:
    if watch.rows == 0:
        where = f" in layer {said.layer}" if said.layer else ""
        message = f"{said.name}: holds no feature{where}; check the file and deliver it again"
        raise UnreadableSource(message)
    return replace(said, preview=watch.preview())


def _known() -> str:
    return ", ".join(sorted(_READERS))


_Reader = Callable[[Path, str | None, str | None, Sink], Description]
_READERS: dict[str, _Reader] = {
    ".shp": read_shapefile,
    ".zip": read_zip,
    ".gpkg": read_geopackage,
    ".gdb": read_filegdb,
    ".geojson": read_geojson_file,
    ".json": read_geojson_file,
    ".geojsonl": read_sequence,
    ".geojsons": read_sequence,
    ".ndjson": read_sequence,
    ".fgb": read_flatgeobuf,
    ".parquet": read_parquet,
    ".kml": read_kml,
    ".csv": read_csv,
    ".dxf": read_cad,
    ".txt": read_boundary,
}
