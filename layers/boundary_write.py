"""Write the TXT in which surveyed boundary points are exchanged (勘测定界界址点坐标交换格式).

Input: parcels, in metres of a CGCS2000 Gauss-Kruger zone, x the easting and y the northing; the
values of the header that the writer cannot know. Output: the bytes of one file in the form that
`boundary_txt` describes, and in plain words whatever the file cannot say as it was given.

What is written is read back as it was: the same rings, holes and parts in the same order, with
coordinates that are equal to the last bit unless a precision is asked for that cuts them. Points
are numbered J1, J2, … through each parcel, and each ring repeats its first point under its number.
A ring is 圈号 1 and up: each part, then its holes. Areas are plane areas (投影面积) in hectares,
unless the parcel declares its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from layers.boundary_points import ZONES, is_northing, number_in, zone_prefix
from layers.boundary_txt import BoundaryFile, Parcel
from layers.errors import CannotWrite

__all__ = [
    "TextEncoding",
    "Written",
    "prefixed_twin",
    "rewrite_boundary_txt",
    "write_boundary_txt",
    "zone_of",
]

TextEncoding = Literal["utf-8", "gbk"]
Coordinates = npt.NDArray[np.float64]

_M2_PER_HA = 10_000.0
_STORE_DECIMALS = 4  # the store's grid is 0.1 mm
_MOST_DECIMALS = 8  # eight digits before the point and eight behind: a double has no more
_LEAST = {"面": 3, "线": 2, "点": 1}  # points of a ring that differ
_KEYS = (
    "格式版本号",
    "数据产生单位",
    "数据产生日期",
    "坐标系",
    "几度分带",
    "投影类型",
    "计量单位",
    "带号",
    "精度",
    "转换参数",
)
_ALWAYS = {"格式版本号": "1.01", "转换参数": ",,,,,,"}
_SYSTEM = {"坐标系": "2000国家大地坐标系", "投影类型": "高斯克吕格", "计量单位": "米"}


@dataclass(frozen=True, slots=True)
class Written:
    """The bytes of a file, and what it says otherwise than it was given; usually nothing."""

    data: bytes
    losses: tuple[str, ...]


def write_boundary_txt(
    parcels: Iterable[Parcel],
    crs: str | None,
    header: Mapping[str, str] | None = None,
    *,
    precision: float | None = None,
    encoding: TextEncoding = "utf-8",
) -> Written:
    """Write parcels as one boundary-point exchange file.

    `crs` is the CGCS2000 Gauss-Kruger code of the geometries: whether eastings have the zone before
    them (EPSG:4527) or not (EPSG:4548), and what the header says of zones, follows from it. With
    None, for local systems, the header's own words stand. `precision` is a power of ten in metres;
    without it coordinates have as many decimals as they need, at least those of the header's 精度
    or, where it has none, four.

    Raises CannotWrite for a CRS that is no such zone, a parcel without a geometry or with another
    one than its 图形属性 says, a ring smaller than the precision, a coordinate outside the zone,
    and a character that the encoding does not have.
    Source: the land surveyors' exchange format, version 1.01.
    """
    work = list(parcels)
    said = {key: _one_line(value) for key, value in (header or {}).items()}
    for parcel in work:
        _check_kind(parcel)
    zone = None if crs is None else zone_of(crs)
    losses: list[str] = []
    decimals, shapes = _on_grid(work, _decimals(said.get("精度", ""), precision), precision, losses)
    work = [replace(parcel, geometry=shape) for parcel, shape in zip(work, shapes, strict=True)]
    if zone is not None:
        _check_zone(work, zone, crs or "")
        said |= _SYSTEM | {"几度分带": str(zone[0]), "带号": str(zone[1])}
    if decimals is not None:
        said["精度"] = f"{10**-decimals:.{decimals}f}"
    values = dict.fromkeys(_KEYS, "") | _ALWAYS | said
    lines = ["[属性描述]", *(f"{key}={value}" for key, value in values.items()), "[地块坐标]"]
    for parcel in work:
        lines += _parcel_lines(parcel, decimals, losses)
    return Written(_encoded("\n".join(lines) + "\n", encoding), tuple(dict.fromkeys(losses)))


def rewrite_boundary_txt(
    file: BoundaryFile, *, precision: float | None = None, encoding: TextEncoding = "utf-8"
) -> Written:
    """Write a file that was read: in the standard form, whatever dialect it came in."""
    return write_boundary_txt(
        file.parcels, file.crs, file.header, precision=precision, encoding=encoding
    )


def prefixed_twin(crs: str) -> str:
    """The code of the same zone whose eastings have the zone's number before them.

    Raises:
        CannotWrite: the code is no CGCS2000 Gauss-Kruger zone.
    """
    width, zone, _ = zone_of(crs)
    zones, first, _ = ZONES[width]
    return f"EPSG:{first + zone - zones[0]}"


def zone_of(crs: str) -> tuple[int, int, bool]:
    """Width in degrees, number of the zone, and whether eastings begin with it.

    Raises:
        CannotWrite: the code is no CGCS2000 Gauss-Kruger zone.
    """
    code = int(crs[5:]) if re.fullmatch(r"EPSG:\d{1,6}", crs) else 0
    for width, (zones, *firsts) in ZONES.items():
        for prefixed, first in zip((True, False), firsts, strict=True):
            if code - first in range(len(zones)):
                return width, zones[code - first], prefixed
    message = (
        f"{crs}: no CGCS2000 Gauss-Kruger zone, in which boundary points are written; "
        "name one such as EPSG:4527 (zone before the easting) or EPSG:4548 (without)"
    )
    raise CannotWrite(message)


def _check_kind(parcel: Parcel) -> None:
    kinds = {"面": {3, 6}, "线": {1, 2, 5}, "点": {0, 4}}[parcel.kind]
    type_id = shapely.get_type_id(parcel.geometry)
    if type_id not in kinds or shapely.is_empty(parcel.geometry):
        drawn = "no geometry" if type_id < 0 else f"the geometry {parcel.geometry.geom_type}"
        message = (
            f"parcel {parcel.number or parcel.name}: is {parcel.kind} but has {drawn}; mend it"
        )
        raise CannotWrite(message)


def _decimals(said: str, precision: float | None) -> int:
    """The decimals of a precision in metres, the header's unless one is asked for."""
    step = number_in(said) if precision is None else precision
    for decimals in range(_MOST_DECIMALS + 1):
        if step is not None and abs(step * 10**decimals - 1) < 1e-6:
            return decimals
    if precision is not None:
        message = f"{precision}: no precision; name a power of ten in metres such as 0.001"
        raise CannotWrite(message)
    return _STORE_DECIMALS


def _on_grid(
    parcels: Sequence[Parcel], decimals: int, precision: float | None, losses: list[str]
) -> tuple[int | None, Sequence[BaseGeometry]]:
    """How many decimals to write, None for as many as each number needs, and what is then read."""
    shapes = np.array([parcel.geometry for parcel in parcels], dtype=object)
    xy = shapely.get_coordinates(shapes)
    if precision is None:
        while decimals <= _MOST_DECIMALS and not np.array_equal(xy, np.round(xy, decimals)):
            decimals += 1
        return (decimals if decimals <= _MOST_DECIMALS else None), shapes.tolist()
    moved = float(np.abs(np.round(xy, decimals) - xy).max(initial=0.0))
    if moved == 0:
        return decimals, shapes.tolist()
    losses.append(f"coordinates are rounded to {precision:g} m, none by more than {moved:.1g} m")
    rounded = shapely.transform(shapes, lambda points: np.round(points, decimals))
    broken = int((shapely.is_valid(shapes) & ~shapely.is_valid(rounded)).sum())
    if broken:
        losses.append(f"{broken} parcels touch or cross themselves when rounded")
    return decimals, rounded.tolist()


def _check_zone(parcels: Sequence[Parcel], zone: tuple[int, int, bool], crs: str) -> None:
    """Refuse coordinates that a reader would not take for the zone's."""
    wanted = zone[1] if zone[2] else 0
    for parcel in parcels:
        minx, miny, maxx, maxy = parcel.geometry.bounds
        zones = {zone_prefix(minx), zone_prefix(maxx)}
        if zones != {wanted} or not (is_northing(miny) and is_northing(maxy)):
            message = (
                f"parcel {parcel.number or parcel.name}: lies at {minx:.0f}, {miny:.0f}, outside "
                f"{crs}; name the zone that it lies in"
            )
            raise CannotWrite(message)


def _parcel_lines(parcel: Parcel, decimals: int | None, losses: list[str]) -> Iterator[str]:
    points = []
    label = 0
    for ring, (xy, closed) in enumerate(_rings(parcel), 1):
        texts = [f"{ring},{_number(y, decimals)},{_number(x, decimals)}" for x, y in xy.tolist()]
        first = label + 1
        label += len(texts)
        points += [f"J{number},{text}" for number, text in enumerate(texts, first)]
        if closed:
            points.append(points[-len(texts)])
    fields = [parcel.number, parcel.name, parcel.kind, parcel.map_sheet, parcel.use]
    clean = [_field(text, losses) for text in [*fields, parcel.land_code, *parcel.extra]]
    yield ",".join([str(len(points)), _hectares(parcel, losses), *clean, "@"])
    yield from points


def _rings(parcel: Parcel) -> Iterator[tuple[Coordinates, bool]]:
    """The points of each ring without the closing one, and whether it has one."""
    if parcel.kind == "点":
        yield shapely.get_coordinates(parcel.geometry), False
        return
    for part in shapely.get_parts(parcel.geometry):
        for line in shapely.get_rings(part) if parcel.kind == "面" else [part]:
            xy = shapely.get_coordinates(line)
            again = np.concatenate([[False], (xy[1:] == xy[:-1]).all(axis=1)])
            xy = xy[~again]
            if len(np.unique(xy, axis=0)) < _LEAST[parcel.kind]:
                message = (
                    f"parcel {parcel.number or parcel.name}: has a ring that is smaller than the "
                    "precision; write it with a finer one"
                )
                raise CannotWrite(message)
            yield (xy[:-1], True) if parcel.kind == "面" else (xy, False)


def _number(value: float, decimals: int | None) -> str:
    if decimals is None:
        return np.format_float_positional(value, unique=True, trim="-")
    return f"{value:.{decimals}f}"


def _hectares(parcel: Parcel, losses: list[str]) -> str:
    """The declared area, else the plane one, to four decimals."""
    declared = parcel.declared_area_ha
    text = f"{parcel.geometry.area / _M2_PER_HA if declared is None else declared:.4f}"
    if declared is not None and float(text) != declared:
        losses.append("declared areas are rounded to 0.0001 hectares")
    return text


def _field(text: str, losses: list[str]) -> str:
    """A text as a field takes it: on one line, without the comma that ends it."""
    clean = _one_line(text).replace(",", "，")
    if clean == "@":
        clean = "＠"
    if not clean.strip(" ,;，；\u3000"):
        clean = ""
    if clean != text:
        losses.append(f"{text[:40]!r} is written as {clean[:40]!r}")
    return clean


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\x85]+", " ", text).strip()


def _encoded(text: str, encoding: TextEncoding) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        message = (
            f"{text[error.start]!r} in {text[max(error.start - 20, 0) : error.end]!r} "
            f"is no {encoding.upper()} character; write UTF-8"
        )
        raise CannotWrite(message) from None
