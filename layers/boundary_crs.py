"""Step 4 of reading a boundary-point file: the EPSG code that headers and eastings agree on.

Only the national system of 2000 has a code; a datum is never guessed from coordinates.
"""

import re
import unicodedata
from collections.abc import Sequence

from layers.boundary_lines import Header
from layers.boundary_notes import Log
from layers.boundary_points import ZONES, Point, integer_in, is_northing, zone_prefix

_CODED = {  # what the headers must say for an EPSG code; an empty 投影类型 or 计量单位 is the usual
    "坐标系": r"(?=.*2000)(?:CGCS|国家|中国|大地|坐标|系统|系|2000|DEGREE|GK|ZONE|CM|\d{2,3}E"
    r"|(?<!\d)\d{1,2}(?!\d)|\W|_)*+",
    "投影类型": r"|.*(?:高斯|GAUSS|GK).*",
    "计量单位": r"|米|公尺|M|MET(?:ER|RE)S?",
}
_ZONE_KEYS = ("几度分带", "带号")


def agreed_crs(header: Header, points: Sequence[Point], log: Log) -> str | None:
    """Return the EPSG code that headers and eastings agree on, or None with a note."""
    prefix = _common_prefix(points, log)
    for key, pattern in _CODED.items():
        value, line = header.get(key, ("", 1))
        if not re.fullmatch(pattern, unicodedata.normalize("NFKC", value), re.IGNORECASE):
            undeclared = key == "坐标系" and not value
            log.note(line, "crs_undeclared" if undeclared else "crs_unsupported", f"{key}={value}")
            return None
    for point in points:
        if zone_prefix(point.xy[0]) is None or not is_northing(point.xy[1]):
            log.note(point.line, "crs_coordinates")
            return None
    said_width, said_zone = (integer_in(header.get(key, ("", 1))[0]) for key in _ZONE_KEYS)
    zone = prefix or said_zone
    if not zone:
        log.note(1, "crs_zone_unknown")
        return None
    width = said_width or (3 if zone in ZONES[3][0] else 6)
    zones, prefixed, plain = ZONES.get(width, (range(0), 0, 0))
    if zone not in zones or zone != (said_zone or zone):
        said = f"几度分带 {said_width}, 带号 {said_zone}, Y {prefix or '—'}"
        log.note(header.get("带号", ("", 1))[1], "crs_zone_conflict", said)
        return None
    if not (said_width and said_zone):
        log.note(1, "zone_inferred", zone, width)
    return f"EPSG:{(prefixed if prefix else plain) + zone - zones[0]}"


def _common_prefix(points: Sequence[Point], log: Log) -> int | None:
    """Return the zone before all eastings; a file of several zones has no one CRS and fails."""
    first_line: dict[int | None, int] = {}
    for point in points:
        prefix = zone_prefix(point.xy[0])
        first_line.setdefault(prefix, point.line)
        if prefix == 0:
            log.note(point.line, "no_zone_prefix")
    if any(first_line) and len(first_line) > 1:
        one, other, *_ = first_line.values()
        raise log.error(
            other, f"easting of another zone than line {one}; correct it or split the file"
        )
    return next(iter(first_line), None)
