"""Coordinate reference systems: which may be transformed without being told parameters, and how.

CGCS2000 and the ITRF-based datums (WGS 84 among them) agree within decimetres, so a
transformation between them is safe. Beijing 1954, Xi'an 1980 and city-local systems differ by tens
of metres to kilometres and PROJ answers with a ballpark shift without a word: those are refused
here. `layers.georeference` takes them where parameters or control points are declared.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError, ProjError

from layers.errors import UnsuitableCrs
from layers.table import Geometries

NO_EPSG_CODE = 100_000
"""The number by which a database knows a CRS that EPSG does not list."""

Plain = npt.NDArray[np.float64]
"""Coordinates, shape (n, 2): x east, y north."""

_AXIS_M, _FLATTENING = 6378137.0, 298.2572
"""The ellipsoid of CGCS2000, GRS 80 and WGS 84: they differ in the flattening's seventh digit."""

# neither a code (EPSG:4548, urn:…) nor a definition (WKT, JSON, +proj=…)
_NAME = re.compile(r"[^:+=\[{]*")

# by EPSG's names and by those that .prj files (WKT 1) have for them
_SAFE_DATUM = re.compile(
    r"(D )?(China 2000|China Geodetic Coordinate System 2000|CGCS ?2000"
    r"|WGS (19)?84|World Geodetic System 1984\b.*"
    r"|ITRF ?(19|20)?\d\d|International Terrestrial Reference Frame \d{4})",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def parse_crs(text: str) -> pyproj.CRS:
    """A CRS from an authority code or WKT that agrees with CGCS2000.

    Raises:
        UnsuitableCrs: unknown to PROJ, or on a datum that needs parameters.
    """
    crs = any_crs(text)
    if not _agrees_with_cgcs2000(crs):
        guess = " (PROJ would guess: a ballpark shift)" if is_ballpark(crs) else ""
        message = (
            f"{label(crs)}: on datum {crs.datum.name if crs.datum else 'unknown'}, which cannot be "
            f"brought to CGCS2000 without official parameters{guess}; name a system of the "
            "catalogue that has them, or transform it first and deliver EPSG:4490 or a CGCS2000 "
            "zone"
        )
        raise UnsuitableCrs(message)
    return crs


@lru_cache(maxsize=256)
def any_crs(text: str) -> pyproj.CRS:
    """A CRS of degrees or of a plane, on whatever datum; of one with heights, the plane part.

    Raises:
        UnsuitableCrs: unknown to PROJ, or not of degrees or a plane.
    """
    crs = _read(text)
    if crs is None:
        short = text if len(text) < 40 else text[:37] + "..."
        message = f"{short}: not a known CRS; give one such as EPSG:4548 or EPSG:4490"
        raise UnsuitableCrs(message)
    if crs.is_compound:
        crs = pyproj.CRS.from_wkt(crs.sub_crs_list[0].to_wkt())
    if crs.is_bound:
        crs = _unbound(crs)
    if crs.is_geocentric:
        message = f"{label(crs)}: has its origin in the earth's centre; deliver degrees or metres"
        raise UnsuitableCrs(message)
    return crs


def is_known(text: str) -> bool:
    """Whether the text names or describes a CRS, suitable or not."""
    return _read(text) is not None


def _read(text: str) -> pyproj.CRS | None:
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError:
        return None
    # PROJ finds "Beijing" among its names: what was meant must not be guessed
    guessed = _NAME.fullmatch(text) is not None and crs.name.casefold() != text.casefold()
    return None if guessed else crs


def _unbound(crs: pyproj.CRS) -> pyproj.CRS:
    """The CRS without the parameters that a .prj or PROJ string ties to it, if these say nothing.

    Desktop GIS writes such parameters unasked: they are no declaration.
    """
    way, source = crs.coordinate_operation, crs.source_crs
    if source is None or way is None or not way.towgs84 or any(way.towgs84):
        message = (
            f"{label(crs)}: brings transformation parameters of its own (TOWGS84), which nobody "
            "vouches for; declare them as helmert of a system in the catalogue, and name that"
        )
        raise UnsuitableCrs(message)
    return source


def is_ballpark(source: pyproj.CRS) -> bool:
    """Whether PROJ's way to CGCS2000 is a guess: degrees taken over from datum to datum."""
    try:
        way = pyproj.Transformer.from_crs(source, "EPSG:4490", always_xy=True)
    except ProjError:
        return False
    # PROJ names the step; -1 is its word for an accuracy that it does not know
    return "Ballpark" in way.description or way.accuracy == -1


def _agrees_with_cgcs2000(crs: pyproj.CRS) -> bool:
    """By the datum's name and its ellipsoid: a WKT can name the one and describe another."""
    if crs.datum is None or crs.ellipsoid is None:
        return False
    named = _SAFE_DATUM.fullmatch(crs.datum.name.replace("_", " ")) is not None
    size = abs(crs.ellipsoid.semi_major_metre - _AXIS_M) < 1
    return named and size and abs(crs.ellipsoid.inverse_flattening - _FLATTENING) < 1e-4


def label(crs: pyproj.CRS) -> str:
    """EPSG:4548 where the CRS surely has a code, else its name."""
    code = crs.to_authority(auth_name="EPSG", min_confidence=90)
    return f"EPSG:{code[1]}" if code else crs.name


def srid_of(text: str) -> int:
    """The number by which a database knows the CRS: its EPSG code where it has one."""
    code = parse_crs(text).to_authority(auth_name="EPSG", min_confidence=100)
    return int(code[1]) if code else NO_EPSG_CODE


@lru_cache(maxsize=256)
def transformation(source: pyproj.CRS, target: pyproj.CRS) -> Callable[[Plain], Plain]:
    """Between two CRSs of one datum, or of datums that agree: coordinates of shape (n, 2), x east.

    What has no image comes out as infinity. Where the datums differ in name, degrees are taken
    over as they are; the caller has seen to it (`parse_crs`) that they may be.
    """
    # EPSG:4548 has its axes north, east: always_xy keeps x = easting = longitude
    transform = pyproj.Transformer.from_crs(source, target, always_xy=True).transform

    def apply(xy: Plain) -> Plain:
        return np.column_stack(transform(xy[:, 0], xy[:, 1]))

    return apply


def to_crs(geometries: Geometries, source: str, target: str) -> Geometries:
    """Bring geometries, shape (n,), from one CRS to another; x is east in both.

    Coordinates that have no image come out as infinity: `normalise` quarantines them.
    """
    one, other = parse_crs(source), parse_crs(target)
    if source == target or one.equals(other, ignore_axis_order=True):
        return geometries
    return np.asarray(shapely.transform(geometries, transformation(one, other)), dtype=object)


def to_lonlat(geometries: Geometries, source: str) -> Geometries:
    """Geometries for GeoJSON (RFC 7946): CGCS2000 longitude and latitude, to 0.1 mm."""

    def to_nine_decimals(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.round(xy, 9)

    degrees = to_crs(geometries, source, "EPSG:4490")
    return np.asarray(shapely.transform(degrees, to_nine_decimals), dtype=object)
