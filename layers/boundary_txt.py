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

import math
import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

__all__ = ["BoundaryFile", "BoundaryTextError", "Kind", "Note", "Parcel", "read_boundary_txt"]

Kind = Literal["点", "线", "面"]
_KINDS: dict[str, Kind] = {"点": "点", "线": "线", "面": "面"}
_KIND_AT, _HEAD_FIELDS, _POINT_FIELDS = 4, 9, 4
_NORTHING_M = (1.0e6, 6.0e6)  # seven digits, from the Xisha islands to the Heilong river
_LIMIT_M = 1.0e8  # an easting with its zone has eight digits
_SAME_POINT_M = 0.01  # a closing point under the first point's number may be off by rounding
_EASTING_M = 1.0e5  # six digits at least
_RING_POINTS = 3
_M2_PER_HA = 10_000.0
_AREA_SHARE = 0.01  # rounding and ellipsoidal areas stay well inside one per cent
# width in degrees: zones, EPSG code of the first with a prefix, and of the first without
_ZONES = {3: (range(25, 46), 4513, 4534), 6: (range(13, 24), 4491, 4502)}
_PUNCTUATION = str.maketrans("，；＝［］【】＠．－", ",;=[][]@.-")
_CODED = {  # what the headers must say for an EPSG code; an empty 投影类型 or 计量单位 is the usual
    "坐标系": r"(?=.*2000)(?:CGCS|国家|中国|大地|坐标|系统|系|2000|DEGREE|GK|ZONE|CM|\d{2,3}E"
    r"|(?<!\d)\d{1,2}(?!\d)|\W|_)*+",
    "投影类型": r"|.*(?:高斯|GAUSS|GK).*",
    "计量单位": r"|米|公尺|M|MET(?:ER|RE)S?",
}
_Header = dict[str, tuple[str, int]]  # value and line of each key
_ZONE_KEYS = ("几度分带", "带号")
# slug | Chinese | English, each text with the values of the finding
_TABLE = """
encoding | 文件编码为 {0} | the file is encoded as {0}
crlf | 行尾为 CRLF | lines end with CRLF
blank_line | 空行, 已跳过 | blank line, skipped
full_width | 全角标点, 已按半角读取 | full-width punctuation, read as half-width
line_ignored | 无法识别的行, 已跳过: {0} | unknown line, skipped: {0}
section_missing | 缺少 {0} | {0} is missing
head_fields | 地块头为 {0} 项, 标准为 9 项 | the head has {0} fields; the standard has 9
head_number | 不是数字, 未核对: {0} | not a number, so not checked: {0}
kind_assumed | 未写明点、线、面, 已按面读取 | neither 点, 线 nor 面 is given; read as 面 (polygon)
count_closing | 声明 {0} 点, 实有 {1} 行, 差在闭合点 | {0} points, {1} lines: closing points differ
count_mismatch | 声明 {0} 点, 实有 {1} 行, 请核对 | {0} points declared, but {1} lines found
area_in_m2 | 面积 {0} 以平方米计, 已换算为公顷 | the area {0} is in m²; converted to hectares
area_mismatch | 声明 {0} 公顷, 计算为 {1} 公顷 | {0} ha declared, but {1} ha computed
no_j | 点号没有 J | the point number has no J
no_ring_number | 没有圈号 | no ring number
extra_fields | 点行多于 4 项, 多余的未读 | more than 4 fields in a point; the rest was not read
swapped_xy | X/Y 颠倒, 已对调 | X and Y were swapped; put right
no_zone_prefix | Y 坐标不含带号 | the easting has no zone prefix
duplicate_point | 与前一点重合, 已删除 | the same as the point before; removed
closing_point_off | 闭合点略偏起点, 已取起点 | the closing point was a little off; the first is used
ring_not_closed | 圈未闭合, 已闭合 | the ring was not closed; closed
ring_split | 圈号未变而另起一圈 | another ring begins under the same ring number
numbering_restarts | 本圈点号重新编号 | point numbers start again in this ring
self_crossing | 圈自相交, 未作修改 | the ring crosses itself; left as it is
invalid_geometry | 图形无效, 未作修改: {0} | the shape is invalid; left as it is: {0}
zone_inferred | 由坐标或带号推定: 带号 {0}, {1} 度带 | inferred: zone {0}, {1} degrees wide
crs_undeclared | 未声明坐标系, 请指定 | no 坐标系 is declared; name the CRS
crs_unsupported | “{0}”没有对应代码, 请指定坐标系 | no code for “{0}”; name the CRS
crs_zone_unknown | 带号不明, 请指定坐标系 | the zone is unknown; name the CRS
crs_zone_conflict | 分带矛盾: {0}; 请指定坐标系 | zones contradict: {0}; name the CRS
crs_coordinates | 不像高斯坐标, 请核对 | not a Gauss-Kruger coordinate; check it or name the CRS
"""
_TEXTS = {slug: texts for slug, *texts in (row.split(" | ") for row in _TABLE.strip().split("\n"))}


class BoundaryTextError(ValueError):
    """The file cannot be read; the one-line message names the file, the line and the remedy."""


@dataclass(frozen=True, slots=True)
class Note:
    """One finding from `line` (1-based) on, under a stable slug `kind`.

    Neighbouring lines with the same finding share a note, whose texts give the range.
    """

    line: int
    kind: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One 地块: its head at `line`, the declared area in hectares, and its geometry.

    面 gives a Polygon or MultiPolygon, 线 a LineString or MultiLineString, 点 a MultiPoint; x is
    the easting and y the northing, in the file's unit. The geometry may be invalid.
    """

    number: str
    name: str
    use: str
    map_sheet: str
    kind: Kind
    declared_area_ha: float | None
    geometry: BaseGeometry
    line: int


@dataclass(frozen=True, slots=True)
class BoundaryFile:
    """A file as read; `crs` is "EPSG:n", or None where a `crs_…` note says what is missing."""

    header: dict[str, str]
    parcels: tuple[Parcel, ...]
    crs: str | None
    encoding: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    line: int
    label: str
    ring: str
    xy: tuple[float, float]  # easting, northing


@dataclass(slots=True)
class _Draft:
    line: int
    fields: list[str]
    kind_at: int
    points: list[_Point] = field(default_factory=list)


class _Log:
    """The findings about one file, and the wording of its errors."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: set[tuple[str, tuple[str, ...], int]] = set()

    def note(self, line: int, kind: str, *values: object) -> None:
        shown = tuple(" ".join(str(value).split())[:60] for value in values)
        self.found.add((kind, shown, line))

    def error(self, line: int, message: str) -> BoundaryTextError:
        return BoundaryTextError(f"{self.name}, line {line}: {message}")

    def notes(self) -> tuple[Note, ...]:
        notes = []
        ranked = enumerate(sorted(self.found))
        for _, run in groupby(ranked, lambda item: (item[1][:2], item[1][2] - item[0])):
            (kind, values, first), *rest = (found for _, found in run)
            zh, en = (text.format(*values) for text in _TEXTS[kind])
            if rest:
                zh, en = f"{zh}(第{first}-{rest[-1][2]}行)", f"{en} (lines {first}-{rest[-1][2]})"
            notes.append(Note(first, kind, zh, en))
        return tuple(sorted(notes, key=lambda note: (note.line, note.kind)))


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
    log = _Log(name)
    text, encoding = _decode(data, log)
    if encoding != "utf-8":
        log.note(1, "encoding", encoding)
    if "\r" in text:
        log.note(1, "crlf")
    header, drafts = _scan(text, log)
    crs = _crs(header, [point for draft in drafts for point in draft.points], log)
    parcels = tuple(_parcel(draft, log) for draft in drafts)
    return BoundaryFile({k: v for k, (v, _) in header.items()}, parcels, crs, encoding, log.notes())


def _decode(data: bytes, log: _Log) -> tuple[str, str]:
    candidates = ["utf-8", "gb18030"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    elif data.startswith(b"\xef\xbb\xbf"):
        candidates = ["utf-8-sig"]
    elif b"\0" in (start := data[:64]):  # UTF-16: the zero halves of ASCII characters
        candidates = ["utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"]
    for encoding in candidates:
        with suppress(UnicodeDecodeError):
            return data.decode(encoding), encoding
    raise log.error(1, "neither UTF-8, UTF-16 nor GB18030 text; export the parcels as TXT again")


def _scan(text: str, log: _Log) -> tuple[_Header, list[_Draft]]:
    """Sort the lines into header values with their lines, and parcels with their points."""
    header: _Header = {}
    drafts: list[_Draft] = []
    sections = ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    for number, raw in enumerate(lines, 1):
        line = raw.strip("\ufeff\x1a\0 \t\u3000")
        plain = line.translate(_PUNCTUATION)
        key, equals, _ = plain.partition("=")
        if not plain:
            log.note(number, "blank_line")
        elif plain.startswith("["):
            sections += plain
        elif equals and "," not in key:
            plain = plain[: len(key) + 1] + line[len(key) + 1 :]  # values stay as written
            _put_header(header, key.strip(), line[len(key) + 1 :].strip(), number, log)
        elif draft := _head(plain, number):
            drafts.append(draft)
        else:
            _put_point(drafts, plain, number, log)
        if plain != line:
            log.note(number, "full_width")
    for section in ("[属性描述]", "[地块坐标]"):
        if section not in sections:
            log.note(1, "section_missing", section)
    if not drafts:
        what = "no parcel" if header or sections else "not a boundary-point exchange file"
        raise log.error(
            len(lines), f"{what}; add a head 点数,面积,编号,名称,面,图幅号,用途,地类编码,@"
        )
    return header, drafts


def _put_header(header: _Header, key: str, value: str, line: int, log: _Log) -> None:
    old, old_line = header.get(key, (value, line))
    if old != value and key in (*_CODED, *_ZONE_KEYS):
        raise log.error(
            line, f"{key}={value[:40]!r} contradicts line {old_line}; split the file in two"
        )
    header[key] = value, line


def _head(plain: str, number: int) -> _Draft | None:
    """Read a parcel's head, known by its final @ or by 点, 线 or 面 as a field."""
    body, at, rest = plain.rpartition("@")
    ends = bool(at) and not rest.strip(",; ")
    fields = [part.strip() for part in (body if ends else plain).split(",")]
    if ends:
        fields = [*fields[:-1], "@"] if not fields[-1] else [*fields, "@"]
    places = [i for i, part in enumerate(fields) if i > 1 and part in _KINDS]
    if not (ends or places):
        return None
    return _Draft(number, fields, _KIND_AT if _KIND_AT in places or not places else places[0])


def _put_point(drafts: list[_Draft], plain: str, line: int, log: _Log) -> None:
    fields = re.split(r"[,;]" if re.search(r"[,;]", plain) else r"\s+", plain.rstrip(",; \t"))
    if not drafts and (len(fields) < _POINT_FIELDS or _number(fields[3]) is None):
        log.note(line, "line_ignored", plain)
        return
    if not drafts:
        raise log.error(
            line, f"{plain[:40]!r} comes before any parcel; add the parcel's head (…,面,…,@)"
        )
    if len(fields) > _POINT_FIELDS:
        log.note(line, "extra_fields")
    elif len(fields) == _POINT_FIELDS - 1:
        fields.insert(1, "")
    fields += [""] * (_POINT_FIELDS - len(fields))
    label, ring, x, y = (part.strip() for part in fields[:_POINT_FIELDS])
    northing, easting = _number(x), _number(y)
    if northing is None or easting is None or max(abs(northing), abs(easting)) > _LIMIT_M:
        raise log.error(
            line, f"{plain[:60]!r} is no point; write 点号,圈号,X,Y with finite X and Y"
        )
    if _prefix(northing) is not None and _is_northing(easting):
        log.note(line, "swapped_xy")
        northing, easting = easting, northing
    if not ring:
        log.note(line, "no_ring_number")
        if not _is_northing(northing):  # a line cut short looks the same
            raise log.error(line, f"{plain[:60]!r} lacks a field; write 点号,圈号,X,Y")
    if "J" not in label.upper():
        log.note(line, "no_j")
    drafts[-1].points.append(_Point(line, label, ring, (easting, northing)))


def _number(text: str) -> float | None:
    try:
        value = float(unicodedata.normalize("NFKC", text).replace("_", "?"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _integer(text: str) -> int | None:
    found = re.search(r"\d{1,7}", text.replace("三", "3").replace("六", "6"))
    return int(found[0]) if found else None


def _is_northing(value: float) -> bool:
    return _NORTHING_M[0] <= value < _NORTHING_M[1]


def _prefix(easting: float) -> int | None:
    """Return the zone before an easting, 0 for six digits, None for anything else."""
    zone, metres = divmod(easting, 1e6)
    known = zone == 0 or any(zone in zones for zones, _, _ in _ZONES.values())
    return int(zone) if known and metres >= _EASTING_M else None


def _crs(header: _Header, points: Sequence[_Point], log: _Log) -> str | None:
    """Return the EPSG code that headers and eastings agree on, or None with a note."""
    prefix = _common_prefix(points, log)
    for key, pattern in _CODED.items():
        value, line = header.get(key, ("", 1))
        if not re.fullmatch(pattern, value, re.IGNORECASE):
            undeclared = key == "坐标系" and not value
            log.note(line, "crs_undeclared" if undeclared else "crs_unsupported", f"{key}={value}")
            return None
    for point in points:
        if _prefix(point.xy[0]) is None or not _is_northing(point.xy[1]):
            log.note(point.line, "crs_coordinates")
            return None
    said_width, said_zone = (_integer(header.get(key, ("", 1))[0]) for key in _ZONE_KEYS)
    zone = prefix or said_zone
    if not zone:
        log.note(1, "crs_zone_unknown")
        return None
    width = said_width or (3 if zone in _ZONES[3][0] else 6)
    zones, prefixed, plain = _ZONES.get(width, (range(0), 0, 0))
    if zone not in zones or zone != (said_zone or zone):
        said = f"几度分带 {said_width}, 带号 {said_zone}, Y {prefix or '—'}"
        log.note(header.get("带号", ("", 1))[1], "crs_zone_conflict", said)
        return None
    if not (said_width and said_zone):
        log.note(1, "zone_inferred", zone, width)
    return f"EPSG:{(prefixed if prefix else plain) + zone - zones[0]}"


def _common_prefix(points: Sequence[_Point], log: _Log) -> int | None:
    """Return the zone before all eastings; a file of several zones has no one CRS and fails."""
    first_line: dict[int | None, int] = {}
    for point in points:
        prefix = _prefix(point.xy[0])
        first_line.setdefault(prefix, point.line)
        if prefix == 0:
            log.note(point.line, "no_zone_prefix")
    if any(first_line) and len(first_line) > 1:
        one, other, *_ = first_line.values()
        raise log.error(
            other, f"easting of another zone than line {one}; correct it or split the file"
        )
    return next(iter(first_line), None)


def _parcel(draft: _Draft, log: _Log) -> Parcel:
    fields, at, line = draft.fields, draft.kind_at, draft.line
    if not draft.points:
        raise log.error(line, "the parcel has no points; add them or delete its head")
    kind = _KINDS.get(fields[at] if at < len(fields) else "")
    if kind is None:
        log.note(line, "kind_assumed")
    if len(fields) != _HEAD_FIELDS:
        log.note(line, "head_fields", len(fields))
    geometry = _geometry(draft, kind or "面", log)
    number, *name = fields[2:at] or [""]
    map_sheet, use = ([part for part in fields[at + 1 :] if part != "@"] + ["", ""])[:2]
    area = _declared_area(draft, geometry, log)
    return Parcel(number, ",".join(name), use, map_sheet, kind or "面", area, geometry, line)


def _geometry(draft: _Draft, kind: Kind, log: _Log) -> BaseGeometry:
    rings = _rings(draft.points, log, closing=kind == "面")
    ends = [_is_closed(ring) for ring in rings if kind == "面"]
    _check_count(draft, sum(map(len, rings)), ends.count(True), ends.count(False), log)
    if kind == "点":
        return MultiPoint([point.xy for ring in rings for point in ring])
    least = _RING_POINTS if kind == "面" else 2
    for ring in rings:
        if len({point.xy for point in ring}) < least:
            raise log.error(
                ring[0].line, f"a ring of fewer than {least} points; complete or delete it"
            )
    if kind == "线":
        lines = [LineString([point.xy for point in ring]) for ring in rings]
        return lines[0] if len(lines) == 1 else MultiLineString(lines)
    labels: set[str] = set()
    for ring in rings:
        if ring[0].label in labels:
            log.note(ring[0].line, "numbering_restarts")
        labels.update(point.label for point in ring if point.label)
        if not _is_closed(ring):
            log.note(ring[-1].line, "ring_not_closed")
    crossing = [ring for ring in rings if not shapely.LinearRing([p.xy for p in ring]).is_simple]
    for ring in crossing:
        log.note(ring[0].line, "self_crossing")
    shape = _nest([Polygon([point.xy for point in ring]) for ring in rings])
    if not crossing and not shape.is_valid:
        log.note(draft.line, "invalid_geometry", shapely.is_valid_reason(shape))
    return shape


def _is_closed(ring: Sequence[_Point]) -> bool:
    return len(ring) > _RING_POINTS and ring[0].xy == ring[-1].xy


def _returns(ring: Sequence[_Point], point: _Point) -> bool:
    """Tell whether the first point's number comes again, where numbers tell points apart."""
    long = len(ring) >= _RING_POINTS
    return long and bool(point.label) and point.label == ring[0].label != ring[-1].label


def _rings(points: Sequence[_Point], log: _Log, *, closing: bool) -> list[list[_Point]]:
    """Split a parcel's points into rings; unless `closing`, where 圈号 changes and only there."""
    rings: list[list[_Point]] = []
    for point in points:
        ring = rings[-1] if rings and rings[-1][0].ring == point.ring else []
        if ring and point.xy == ring[-1].xy:
            log.note(point.line, "duplicate_point")
            continue
        off = math.dist(point.xy, ring[0].xy) if closing and _returns(ring, point) else 0.0
        if not ring or (closing and _is_closed(ring)) or off > _SAME_POINT_M:
            if ring:
                log.note(point.line, "ring_split")
            rings.append([point])
        elif off:
            log.note(point.line, "closing_point_off")
            ring.append(replace(point, xy=ring[0].xy))
        else:
            ring.append(point)
    return rings


def _check_count(draft: _Draft, kept: int, closed: int, unclosed: int, log: _Log) -> None:
    """Compare the declared count, which may or may not count closing points, with the lines."""
    read, count = len(draft.points), _number(draft.fields[0])
    if count is None:
        log.note(draft.line, "head_number", f"点数 {draft.fields[0]}")
    elif count not in (read, kept):
        explained = count in (read - closed, kept - closed, read + unclosed, kept + unclosed)
        kind = "count_closing" if explained else "count_mismatch"
        log.note(draft.line, kind, draft.fields[0], read)


def _nest(shells: Sequence[Polygon]) -> Polygon | MultiPolygon:
    """Make holes of the rings that lie directly inside a shell.

    Larger rings come first, so a ring's parent is the last one before it that contains it. For
    rings that do not cross this is the even-odd rule.
    """
    ranked = sorted(shells, key=lambda ring: (-ring.convex_hull.area, -ring.area))
    shapely.prepare(ranked)
    bounds = shapely.bounds(ranked)
    holes: dict[int, list[int]] = {}  # of each shell
    for i, ring in enumerate(ranked):
        around = (bounds[:i, :2] <= bounds[i, :2]).all(1) & (bounds[:i, 2:] >= bounds[i, 2:]).all(1)
        fitting = reversed(np.flatnonzero(around).tolist())
        parent = next((j for j in fitting if _contains(ranked[j], ring)), None)
        if parent in holes:
            holes[parent].append(i)
        else:
            holes[i] = []
    parts = [
        Polygon(ranked[i].exterior, [ranked[j].exterior for j in inner])
        for i, inner in holes.items()
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _contains(outer: Polygon, inner: Polygon) -> bool:
    """Tell by vertices and edge midpoints off the outer ring, so touching or crossing is no bar."""
    vertices = shapely.get_coordinates(inner)
    probes = np.vstack([vertices[:-1], (vertices[1:] + vertices[:-1]) / 2])
    within = shapely.contains_xy(outer, probes).sum()
    outside = (~shapely.intersects_xy(outer, probes)).sum()
    return bool(within > outside)


def _declared_area(draft: _Draft, geometry: BaseGeometry, log: _Log) -> float | None:
    """Return the head's area in hectares; square metres are told by the computed area."""
    text = draft.fields[1] if len(draft.fields) > 1 else ""
    declared, computed = _number(text), geometry.area
    if declared is None:
        log.note(draft.line, "head_number", f"面积 {text}")
        return None
    if computed < 1:  # points, lines, degrees
        return declared
    if computed / 2 < declared < computed * 2:
        log.note(draft.line, "area_in_m2", text)
        declared /= _M2_PER_HA
    if abs(declared * _M2_PER_HA - computed) > max(1.0, _AREA_SHARE * computed):
        log.note(draft.line, "area_mismatch", f"{declared:.4f}", f"{computed / _M2_PER_HA:.4f}")
    return declared
