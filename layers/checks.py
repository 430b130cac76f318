"""Is a file what its name claims, and whole? Asked of its bytes, before any driver opens it.

Input: a path or a document from a stranger. Output: nothing, or `UnreadableSource`. Drivers choose
by content, follow references and forgive damage: a GDAL .vrt named .geojson makes GDAL read other
files, a GeoJSON that names its CRS by link makes it call a server, and a shapefile cut short loses
its last rows without a word.
"""

import struct
from pathlib import Path

from layers.errors import UnreadableSource

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHAPEFILE_CODE = b"\x00\x00\x27\x0a"
_SHAPEFILE_HEADER, _DBF_HEADER, _SHX_RECORD = 100, 32, 8


def require(ok: object, name: str, what: str) -> None:
    """Refuse the file unless it is what it should be."""
    if not ok:
        message = f"{name}: is not {what}; check the file and deliver it again"
        raise UnreadableSource(message)


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file, fewer where it is shorter."""
    with path.open("rb") as file:
        return file.read(count)


def last_bytes(path: Path, count: int) -> bytes:
    """The last bytes of a file, fewer where it is shorter."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - count, 0))
        return file.read()


def beside(path: Path, suffix: str) -> Path | None:
    """A shapefile's companion of that suffix, in small or capital letters, if it is there."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.exists():
            return candidate
    return None


def check_shapefile(path: Path) -> None:
    """A shapefile's .shp, .shx and .dbf are there, none cut short, with equally many records.

    Source: ESRI Shapefile Technical Description, 1998; dBASE III file header.
    """
    name = path.name
    head = first_bytes(path, _SHAPEFILE_HEADER)
    require(head.startswith(_SHAPEFILE_CODE), name, "a shapefile")
    index, rows = _companion(path, ".shx"), _companion(path, ".dbf")
    require(_length_said(head) <= path.stat().st_size, name, "whole: its .shp is cut short")
    index_length = _length_said(first_bytes(index, _SHAPEFILE_HEADER))
    require(index_length <= index.stat().st_size, name, "whole: its .shx is cut short")
    table = first_bytes(rows, _DBF_HEADER)
    require(len(table) == _DBF_HEADER, name, "whole: its .dbf is cut short")
    count, header, width = struct.unpack_from("<IHH", table, 4)
    require(header + count * width <= rows.stat().st_size, name, "whole: its .dbf is cut short")
    shapes = (index_length - _SHAPEFILE_HEADER) // _SHX_RECORD
    require(shapes == count, name, f"whole: it has {shapes} shapes and {count} rows")


def _companion(path: Path, suffix: str) -> Path:
    found = beside(path, suffix)
    if found is None:
        message = f"{path.name}: is not complete; deliver its {suffix} with it"
        raise UnreadableSource(message)
    return found


def _length_said(header: bytes) -> int:
    """The length in bytes that the header of a .shp or .shx states, beyond any file's if none."""
    words: int = struct.unpack_from(">I", header.ljust(28, b"\xff"), 24)[0]
    return 2 * words
