"""Is a file what its name claims, and whole? Asked of its bytes, before any driver opens it.

Input: a path or a document from a stranger. Output: nothing, or `UnreadableSource`. Drivers choose
by content, follow references and forgive damage: a GDAL .vrt named .geojson makes GDAL read other
files, a GeoJSON that names its CRS by link makes it call a server, and a shapefile cut short loses
its last rows without a word.
"""

import json
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from layers.errors import UnreadableSource

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHAPEFILE_CODE = b"\x00\x00\x27\x0a"
_SHAPEFILE_HEADER, _DBF_HEADER, _SHX_RECORD = 100, 32, 8
_UNPACKED_LIMIT = 1 << 30
# damaged, cut short, locked, packed in an unknown way, or with a name that no folder takes
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError)
_JSON_TYPES = {
    "FeatureCollection", "Feature", "GeometryCollection", "Point", "MultiPoint", "LineString",
    "MultiLineString", "Polygon", "MultiPolygon",
}  # fmt: skip


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


@contextmanager
def unpacked_shapefile(path: Path) -> Iterator[Path]:
    """The one shapefile in a zip, in a folder of its own that is gone afterwards."""
    require(zipfile.is_zipfile(path), path.name, "a zip archive")
    with TemporaryDirectory() as folder:
        try:
            found = _unpack(path, Path(folder))
        except _ZIP_ERRORS as error:
            reason = str(error)[:80]
            message = f"{path.name}: cannot be unpacked ({reason}); zip it again without a password"
            raise UnreadableSource(message) from None
        yield found


def _unpack(path: Path, folder: Path) -> Path:
    """Write the shapefile's parts under their bare names: no member decides where it lands."""
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not _of_macos(info.filename)]
        names = [PurePosixPath(info.filename.replace("\\", "/")) for info in members]
        inside = not any(name.is_absolute() or ".." in name.parts for name in names)
        require(inside, path.name, "a zip whose members stay inside it")
        size = sum(info.file_size for info in members)
        require(size <= _UNPACKED_LIMIT, path.name, "under 1 GiB when unpacked")
        shapes = [name for name in names if name.suffix.lower() == ".shp"]
        require(len(shapes) == 1, path.name, f"a zip with one shapefile (it has {len(shapes)})")
        for name, info in zip(names, members, strict=True):
            suffix = name.suffix.lower()
            if name.with_suffix("") == shapes[0].with_suffix("") and suffix in SHAPEFILE_PARTS:
                with archive.open(info) as member, (folder / (name.stem + suffix)).open("wb") as to:
                    shutil.copyfileobj(member, to)
    return folder / f"{shapes[0].stem}.shp"


def _of_macos(name: str) -> bool:
    """Whether a member is the shadow that macOS adds for each file."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._")


def check_geojson(name: str, data: bytes) -> None:
    """GeoJSON in UTF-8, every feature a Feature, and no CRS named by a link.

    Source: RFC 7946; the 2008 specification for `crs`, whose links GDAL follows.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_without_link)
    except (ValueError, RecursionError) as error:
        message = f"{name}: is not GeoJSON ({error}); check the file and deliver it again"
        raise UnreadableSource(message) from None
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in _JSON_TYPES:
        message = f"{name}: is JSON but not GeoJSON; its type must be that of a feature or geometry"
        raise UnreadableSource(message)
    if kind != "FeatureCollection":
        return
    features = document.get("features")
    if not isinstance(features, list):
        message = f"{name}: a FeatureCollection without a list of features"
        raise UnreadableSource(message)
    for number, feature in enumerate(features, 1):  # GDAL passes over what is no Feature
        proper = isinstance(feature, dict) and feature.get("type") == "Feature"
        require(proper, name, f"GeoJSON: member {number} of its features is no Feature")


def _without_link(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object as a dict, unless it is what GDAL would take for a CRS given by link.

    GDAL compares without regard to case, takes a type by its first letters, ends a text at NUL and
    looks into geometries too.
    """
    keys = {key.lower().partition("\0")[0] for key, _ in pairs}
    if "properties" in keys:
        for key, value in pairs:
            is_type = key.lower().partition("\0")[0] == "type"
            if is_type and isinstance(value, str) and value.lower().startswith(("link", "url")):
                raise ValueError("names its CRS by a link; name it as EPSG:4490 or the like")
    return dict(pairs)
