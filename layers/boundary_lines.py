"""Steps 1 to 3 of reading a boundary-point file: bytes to text, lines by their form, points.

Input: the file's bytes. Output: the header's values with their lines, and one `Draft` a parcel:
its head's fields and its points, the northing put before the easting.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from layers.boundary_notes import Log
from layers.boundary_points import Point, is_northing, number_in, zone_prefix

Kind = Literal["点", "线", "面"]
Header = dict[str, tuple[str, int]]  # value and line of each key
KINDS: dict[str, Kind] = {"点": "点", "线": "线", "面": "面"}
_KIND_AT = 4  # where the head says 点, 线 or 面
_POINT_FIELDS = 4
_LIMIT_M = 1.0e8  # an easting with its zone has eight digits
_PUNCTUATION = str.maketrans("，；＝［］【】＠．－", ",;=[][]@.-")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # the full-width ASCII
_WIDE_DIGIT = re.compile("[０-９]")
_HEAD_FIELDS = 9
# said twice and differently, these make two files of one
_SAID_ONCE = ("坐标系", "投影类型", "计量单位", "几度分带", "带号")


@dataclass(slots=True)
class Draft:
    """One parcel as its lines say it: the head's fields, where its kind stands, its points."""

    line: int
    fields: list[str]
    kind_at: int
    points: list[Point] = field(default_factory=list)


def decode(data: bytes, log: Log) -> tuple[str, str]:
    """Return the text and the name of its encoding: a mark, UTF-16 by its NULs, UTF-8, GB18030."""
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


def sort_lines(text: str, log: Log) -> tuple[Header, list[Draft]]:
    """Sort the lines into header values with their lines, and parcels with their points."""
    header: Header = {}
    drafts: list[Draft] = []
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
        elif _is_standard_head(line):
            plain = line  # full-width punctuation in a name is the name's own
            drafts += _heads(line, number)
        elif found := _heads(plain, number):
            drafts += found
        else:
            plain = plain.translate(_WIDE)
            _put_point(drafts, plain, number, log)
        if plain != line:
            log.note(number, "full_width")
    if not drafts:
        what = "no parcel" if header or sections else "not a boundary-point exchange file"
        raise log.error(
            len(lines), f"{what}; add a head 点数,面积,编号,名称,面,图幅号,用途,地类编码,@"
        )
    _note_missing_sections(sections, log)
    return header, drafts


def _note_missing_sections(sections: str, log: Log) -> None:
    for section in ("[属性描述]", "[地块坐标]"):
        if section not in sections:
            log.note(1, "section_missing", section)


def _put_header(header: Header, key: str, value: str, line: int, log: Log) -> None:
    old, old_line = header.get(key, (value, line))
    if old != value and key in _SAID_ONCE:
        raise log.error(
            line, f"{key}={value[:40]!r} contradicts line {old_line}; split the file in two"
        )
    if key in _SAID_ONCE and _WIDE_DIGIT.search(value):
        log.note(line, "full_width")
    header[key] = value, line


def _is_standard_head(line: str) -> bool:
    """Tell a head as it should be: nine fields by plain commas, the numbers in plain digits."""
    fields = [field.strip() for field in line.split(",")]
    said = [field.translate(_PUNCTUATION).strip(" ,;") for field in fields]
    return (
        len(fields) == _HEAD_FIELDS
        and fields[_KIND_AT] in KINDS
        and fields[-1] == "@"
        and all(bool(text) == bool(field) for text, field in zip(said, fields, strict=True))
        and not any(_WIDE_DIGIT.search(field) for field in fields[:2])
    )


def _heads(plain: str, number: int) -> list[Draft]:
    """Read a parcel's head, known by its final @ or by 点, 线 or 面 as a field; or nothing."""
    body, at, rest = plain.rpartition("@")
    ends = bool(at) and not rest.strip(",; ")
    fields = [part.strip() for part in (body if ends else plain).split(",")]
    if ends:
        fields = [*fields[:-1], "@"] if not fields[-1] else [*fields, "@"]
    places = [i for i, part in enumerate(fields) if i > 1 and part in KINDS]
    if not (ends or places):
        return []
    return [Draft(number, fields, _KIND_AT if _KIND_AT in places or not places else places[0])]


def _put_point(drafts: list[Draft], plain: str, line: int, log: Log) -> None:
    fields = re.split(r"[,;]" if re.search(r"[,;]", plain) else r"\s+", plain.rstrip(",; \t"))
    if not drafts and (len(fields) < _POINT_FIELDS or number_in(fields[3]) is None):
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
    northing, easting = number_in(x), number_in(y)
    if northing is None or easting is None or max(abs(northing), abs(easting)) > _LIMIT_M:
        raise log.error(
            line, f"{plain[:60]!r} is no point; write 点号,圈号,X,Y with finite X and Y"
        )
    if zone_prefix(northing) is not None and is_northing(easting):
        log.note(line, "swapped_xy")
        northing, easting = easting, northing
    if not ring:
        log.note(line, "no_ring_number")
        if not is_northing(northing):  # a line cut short looks the same
            raise log.error(line, f"{plain[:60]!r} lacks a field; write 点号,圈号,X,Y")
    if "J" not in label.upper():
        log.note(line, "no_j")
    drafts[-1].points.append(Point(line, label, ring, (easting, northing)))
