"""Is GeoJSON what GDAL must be given? Asked feature by feature, before GDAL opens it.

Input: a document, or a file of one document a line. Output: the number of features, or
`UnreadableSource`. GDAL follows a CRS given by link, and passes over what is no feature.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from layers.checks import first_bytes, require
from layers.crs import is_known
from layers.errors import UnreadableSource

_WHOLE_LIMIT = 256 << 20
_RECORD_LIMIT = 64 << 20
_RS = b"\x1e"
_CHUNK = 1 << 20
_GEOMETRIES = {
    "GeometryCollection", "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon",
    "MultiPolygon",
}  # fmt: skip
_FEATURE: dict[str, object] = {"type": "Feature"}


# GDAL ends a text at NUL and puts a mark for half of a surrogate pair, without a word
_NO_CHARACTER = re.compile(
    rb"(?<!\\)(?:\\\\)*"
    rb"(?:\\u0000|\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F])"
)


def read_whole(path: Path) -> bytes:
    """The bytes of a GeoJSON file, unless it is too large to be looked at as a whole."""
    if path.stat().st_size > _WHOLE_LIMIT:
        message = (
            f"{path.name}: over 256 MiB of GeoJSON; deliver it as GeoPackage, FlatGeobuf or "
            "GeoJSON lines (.geojsonl)"
        )
        raise UnreadableSource(message)
    return path.read_bytes()


def check_geojson(name: str, data: bytes, *, texts_matter: bool = True) -> int:
    """GeoJSON in UTF-8, every feature a Feature, and no CRS named by a link; counts the features.

    Where `texts_matter`, no text has what GDAL would alter: of a site only the shape is kept.

    Source: RFC 7946; the 2008 specification for `crs`, whose links GDAL follows.
    """
    document = _parsed(name, data.removeprefix(b"\xef\xbb\xbf"), texts_matter=texts_matter)
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in {"FeatureCollection", "Feature", *_GEOMETRIES}:
        message = f"{name}: is JSON but not GeoJSON; its type must be that of a feature or geometry"
        raise UnreadableSource(message)
    if not isinstance(document, dict) or kind != "FeatureCollection":
        return 1
    features = document.get("features")
    if not isinstance(features, list):
        message = f"{name}: a FeatureCollection without a list of features"
        raise UnreadableSource(message)
    for number, feature in enumerate(features, 1):
        proper = isinstance(feature, dict) and feature.get("type") == "Feature"
        require(proper, name, f"GeoJSON: member {number} of its features is no Feature")
    return len(features)


def check_sequence(path: Path) -> int:
    """Every record of the file is a feature or a geometry; counts them.

    Source: RFC 8142, whose records begin with RS; without any RS, one record a line.
    """
    count = 0
    for number, record in enumerate(_records(path), 1):
        if not record.strip():
            continue
        where = f"{path.name}: record {number}"
        document = _parsed(where, record)
        kind = document.get("type") if isinstance(document, dict) else None
        proper = isinstance(kind, str) and kind in {"Feature", *_GEOMETRIES}
        require(proper, where, "a GeoJSON feature")
        count += 1
    return count


def _records(path: Path) -> Iterator[bytes]:
    by_rs = first_bytes(path, 1) == _RS
    mark = _RS if by_rs else b"\n"
    pending = bytearray()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            *ended, rest = chunk.split(mark)
            for part in ended:
                pending += part
                yield bytes(pending)
                pending.clear()
            pending += rest
            if len(pending) > _RECORD_LIMIT:
                message = f"{path.name}: a record over 64 MiB; deliver one feature a line"
                raise UnreadableSource(message)
    yield bytes(pending)


def _parsed(name: str, data: bytes, *, texts_matter: bool = True) -> object:
    try:
        text = data.decode("utf-8")
        if texts_matter:
            _refuse_what_is_no_character(data)
        return json.loads(text, object_pairs_hook=_checked, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        message = f"{name}: is not GeoJSON ({error}); check the file and deliver it again"
        raise UnreadableSource(message) from None


def _refuse_what_is_no_character(data: bytes) -> None:
    found = _NO_CHARACTER.search(data)
    if found:
        raise ValueError(f"{found[0][-6:].decode()} is no character that a text may have")


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON")


def _checked(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """What of an object is still asked for, unless it is what GDAL takes for a CRS given by link.

    GDAL compares without regard to case, takes a type by its first letters, ends a text at NUL and
    looks into geometries too. Coordinates and attributes are dropped: they would fill the memory.
    """
    keys = {key.lower().partition("\0")[0] for key, _ in pairs}
    if "properties" in keys:
        for key, value in pairs:
            is_type = key.lower().partition("\0")[0] == "type"
            if is_type and isinstance(value, str) and value.lower().startswith(("link", "url")):
                raise ValueError("names its CRS by a link; name it as EPSG:4490 or the like")
    kept: dict[str, object] = {key: value for key, value in pairs if key in {"type", "features"}}
    if pairs and pairs[0][0] == "name" and len(pairs) == 1:  # what a CRS is named by
        return dict(pairs)
    for key, value in pairs:
        if key.lower().partition("\0")[0] == "crs":
            _refuse_unknown_crs(value)
        if key == "properties" and kept.get("type") == "name":
            kept[key] = value
    return _FEATURE if kept == _FEATURE else kept


def _refuse_unknown_crs(member: object) -> None:
    """A CRS that GDAL does not know it takes for WGS 84, without a word."""
    if not isinstance(member, dict) or member.get("type") != "name":
        return
    said = member.get("properties")
    name = said.get("name") if isinstance(said, dict) else None
    if not isinstance(name, str) or not is_known(name):
        shown = str(name)[:60]
        raise ValueError(f"names the CRS {shown!a}, which is none; name one such as EPSG:4490")
