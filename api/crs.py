"""The CRSs in which features are asked for and given, by their URIs (OGC API - Features Part 2).

A coordinate comes in the order that its CRS defines: EPSG:4490 is latitude, longitude; EPSG:4548
northing, easting; CRS84 longitude, latitude. Inside the house x is east.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from blueprint.box import Box
from layers import Bounds, Geometries
from layers.crs import label, parse_crs, to_crs, to_lonlat

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_ALWAYS = ("EPSG:4490", "EPSG:3857")
_DEGREES, _METRES = 9, 4
"""Decimals that are given: a tenth of a millimetre."""
_MERCATOR_M = 20_037_508.34
"""Where Mercator's world ends, to all sides: beyond it begins the next turn of the same one."""
_FARTHEST_M = 1e9
"""No plane reaches so far, and up to here sums of coordinates are exact enough."""


@dataclass(frozen=True, slots=True)
class Crs:
    """One CRS that is spoken here; `code` as PROJ has it, `north_first`: y comes before x."""

    uri: str
    code: str
    north_first: bool
    degrees: bool


def spoken(city_crs: str) -> tuple[Crs, ...]:
    """The CRSs that a city's features are given in; CRS84, the default, first."""
    home = label(parse_crs(city_crs))
    codes = dict.fromkeys([*_ALWAYS, home])
    return (
        Crs(CRS84, "EPSG:4490", north_first=False, degrees=True),
        *(_of_code(code) for code in codes if code.startswith("EPSG:")),
    )


def storage(city_crs: str) -> str:
    """The URI of the CRS that features are kept in; CRS84 where the city's own has no code."""
    code = label(parse_crs(city_crs))
    return _of_code(code).uri if code.startswith("EPSG:") else CRS84


def one_of(text: str, city_crs: str) -> Crs | None:
    """The CRS of a URI, or of a code such as EPSG:4548; None: it is not spoken here."""
    for crs in spoken(city_crs):
        if text == crs.uri or (text == crs.code and crs.uri != CRS84):
            return crs
    return None


def given_in(crs: Crs, shapes: Geometries, city_crs: str) -> Geometries:
    """Features of the city's plane in a CRS, in the order of its axes."""
    moved = to_lonlat(shapes, city_crs) if crs.degrees else to_crs(shapes, city_crs, crs.code)
    decimals = _DEGREES if crs.degrees else _METRES

    def ordered(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.round(xy[:, ::-1] if crs.north_first else xy, decimals)

    return np.asarray(shapely.transform(moved, ordered), dtype=object)


def box_in(crs: Crs, bounds: Bounds, city_crs: str) -> Box:
    """A box whose numbers come in the order of the axes of its CRS."""
    if crs.north_first:
        bounds = (bounds[1], bounds[0], bounds[3], bounds[2])
    if crs.degrees:
        return Box(bounds)
    if crs.code == label(parse_crs(city_crs)):
        return Box(_within(bounds, _FARTHEST_M), plane=True)
    # Mercator's sides are meridians and parallels: its boxes are boxes of degrees
    box: Any = np.array([shapely.box(*_within(bounds, _MERCATOR_M))], dtype=object)
    minx, miny, maxx, maxy = to_crs(box, crs.code, "EPSG:4490")[0].bounds
    return Box((minx, miny, maxx, maxy))


def _within(bounds: Bounds, most: float) -> Bounds:
    """The bounds without what lies farther from the origin than that, along either axis."""
    minx, miny, maxx, maxy = np.clip(bounds, -most, most).tolist()
    return (minx, miny, maxx, maxy)


@lru_cache(maxsize=64)
def _of_code(code: str) -> Crs:
    crs = pyproj.CRS.from_user_input(code)
    north_first = crs.axis_info[0].direction == "north"
    return Crs(_EPSG + code.removeprefix("EPSG:"), code, north_first, crs.is_geographic)
