"""Read the TXT in which surveyed boundary points are exchanged (勘测定界界址点坐标交换格式).

Input: the bytes of one TXT file. A section [属性描述] holds `key=value` lines; a section
[地块坐标] holds, per parcel, a head `点数,面积(公顷),编号,名称,点/线/面,图幅号,用途,地类编码,@`
and a line `点号,圈号,X,Y` per point, X being the northing and Y the easting in metres.

Output: a `BoundaryFile`, whose geometries have x = easting and y = northing, exactly as written.
Every departure from the format that was met, and what was made of it, is a `Note` with its line.

Algorithm
1. Decode: a byte order mark, else the NUL bytes of UTF-16, else UTF-8, else GB18030.
2. Sort each line by its form, not by its section: section, `key=value`, head, point.
3. Put northing before easting: their numbers of digits tell them apart.
4. Take the zone from the easting's first two digits or from 带号, and the EPSG code from the zone.
   Only the national system of 2000 has a code; a datum is never guessed from coordinates.
5. Start a ring where 圈号 changes, a ring has closed, or its first point number comes again.
6. Nest the rings by containment: a ring directly inside a shell is a hole, inside a hole a shell.
Only closing points within 1 cm of the first and repeated points are mended. A self-crossing ring is
noted and left for the caller to judge.
"""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from layers.boundary_crs import agreed_crs
from layers.boundary_lines import KINDS, Draft, Kind, decode, sort_lines
from layers.boundary_notes import BoundaryTextError, Departure, Log, Note
from layers.boundary_points import number_in
from layers.boundary_rings import parcel_geometry

__all__ = [
    "BoundaryFile",
    "BoundaryTextError",
    "Departure",
    "Kind",
    "Note",
    "Parcel",
    "read_boundary_txt",
]

_HEAD_FIELDS = 9
_M2_PER_HA = 10_000.0
_MU_PER_HA = 15.0
_FAR_SHARE = 0.1  # what a corner that was lost takes of a parcel, and no way to reckon areas does
_AREA_SHARE = 0.01  # rounding and ellipsoidal areas stay well inside one per cent


@dataclass(frozen=True, slots=True)
class Parcel:
    """One 地块: its head at `line`, the declared area in hectares, and its geometry.

    面 gives a Polygon or MultiPolygon, 线 a LineString or MultiLineString, 点 a MultiPoint; x is
    the easting and y the northing, in the file's unit. The geometry may be invalid. `extra` has
    the fields that a head of more than nine gives after the 地类编码.
    """

    number: str
    name: str
    use: str
    map_sheet: str
    kind: Kind
    declared_area_ha: float | None
    geometry: BaseGeometry
    line: int = 0
    land_code: str = ""
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundaryFile:
    """A file as read; `crs` is "EPSG:n", or None where a `crs_…` note says what is missing.

    `departures` has, for every dialect met, all the lines that show it; `notes` tells the same
    along the file.
    """

    header: dict[str, str]
    parcels: tuple[Parcel, ...]
    crs: str | None
    encoding: str
    notes: tuple[Note, ...]
    departures: tuple[Departure, ...] = ()


def read_boundary_txt(data: bytes, name: str = "site.txt") -> BoundaryFile:
    """Read one boundary-point exchange file.

    `data` is the whole file; `name` is used in messages only. Coordinates come back as x = easting,
    y = northing in the file's unit (metres), with the zone prefix where the file has one; areas
    in hectares. `crs` is a CGCS2000 Gauss-Kruger code (EPSG 4491-4554), or None.

    Raises BoundaryTextError for bytes that are no such file, a file or parcel without points, a
    line that is no point, a ring of fewer than 3 points, a coordinate that is no finite number,
    eastings of several zones, and headers that contradict each other.
    Source: the land surveyors' exchange format, version 1.01, and its dialects in common tools.
    """
    log = Log(name)
    text, encoding = decode(data, log)
    if encoding != "utf-8":
        log.note(1, "encoding", encoding)
    if "\r" in text:
        log.note(1, "crlf")
    header, drafts = sort_lines(text, log)
    crs = agreed_crs(header, [point for draft in drafts for point in draft.points], log)
    parcels = tuple(_parcel(draft, log) for draft in drafts)
    said = {key: value for key, (value, _) in header.items()}
    return BoundaryFile(said, parcels, crs, encoding, log.notes(), log.departures())


def _parcel(draft: Draft, log: Log) -> Parcel:
    fields, at, line = draft.fields, draft.kind_at, draft.line
    if not draft.points:
        raise log.error(line, "the parcel has no points; add them or delete its head")
    kind = KINDS.get(fields[at] if at < len(fields) else "")
    if kind is None:
        log.note(line, "kind_assumed")
    if len(fields) != _HEAD_FIELDS:
        log.note(line, "head_fields", len(fields))
    geometry = parcel_geometry(draft, kind or "面", log)
    number, *name = fields[2:at] or [""]
    after = [part for part in fields[at + 1 :] if part != "@"]
    map_sheet, use, land_code = (after + [""] * 3)[:3]
    area = _declared_area(draft, geometry, log)
    return Parcel(
        number,
        ",".join(name),
        use,
        map_sheet,
        kind or "面",
        area,
        geometry,
        line,
        land_code,
        tuple(after[3:]),
    )


def _declared_area(draft: Draft, geometry: BaseGeometry, log: Log) -> float | None:
    """Return the head's area in hectares; square metres are told by the computed area."""
    text = draft.fields[1] if len(draft.fields) > 1 else ""
    declared, computed = number_in(text), geometry.area
    if declared is None:
        log.note(draft.line, "head_number", f"面积 {text}")
        return None
    if computed < 1:  # points, lines, degrees
        return declared
    if computed / 2 < declared < computed * 2:
        log.note(draft.line, "area_in_m2", text)
        declared /= _M2_PER_HA
    off = abs(declared * _M2_PER_HA - computed)
    if off > max(1.0, _AREA_SHARE * computed):
        in_mu = abs(declared / _MU_PER_HA * _M2_PER_HA - computed) <= _AREA_SHARE * computed
        far = "area_far" if off > _FAR_SHARE * computed else "area_off"
        kind = "area_mismatch" if in_mu or declared == 0 else far
        log.note(draft.line, kind, f"{declared:.4f}", f"{computed / _M2_PER_HA:.4f}")
    return declared
