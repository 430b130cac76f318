"""Coordinate reference systems: which may be transformed without being told parameters, and how.

CGCS2000 and the ITRF-based datums (WGS 84 among them) agree within decimetres, so a
transformation between them is safe. Beijing 1954, Xi'an 1980 and city-local systems differ by tens
of metres to kilometres and PROJ answers with a ballpark shift without a word: those are refused.
"""

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError

from layers.errors import UnsuitableCrs
from layers.table import Geometries

NO_EPSG_CODE = 100_000
"""The number by which a database knows a CRS that EPSG does not list."""

# by EPSG's names and by those that .prj files (WKT 1) have for them
_SAFE_DATUM = re.compile(
    r"(D )?(China 2000|China Geodetic Coordinate System 2000|CGCS ?2000"
    r"|WGS (19)?84|World Geodetic System 1984\b.*"
    r"|ITRF ?(19|20)?\d\d|International Terrestrial Reference Frame \d{4})",
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def parse_crs(text: str) -> pyproj.CRS:
    """A CRS from an authority code or WKT.

    Raises:
        UnsuitableCrs: unknown to PROJ, or on a datum that needs parameters.
    """
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError:
        short = text if len(text) < 40 else text[:37] + "..."
        message = f"{short}: not a known CRS; give one such as EPSG:4548 or EPSG:4490"
        raise UnsuitableCrs(message) from None
    if crs.is_compound:
        crs = pyproj.CRS.from_wkt(crs.sub_crs_list[0].to_wkt())
    if crs.is_geocentric:
        message = f"{label(crs)}: has its origin in the earth's centre; deliver degrees or metres"
        raise UnsuitableCrs(message)
    if crs.datum is None or not _SAFE_DATUM.fullmatch(crs.datum.name.replace("_", " ")):
        message = (
            f"{label(crs)}: on datum {crs.datum.name if crs.datum else 'unknown'}, which cannot be "
            "brought to CGCS2000 without official parameters; transform it first and deliver "
            "EPSG:4490 or a CGCS2000 zone"
        )
        raise UnsuitableCrs(message)
    return crs


def label(crs: pyproj.CRS) -> str:
    """EPSG:4548 where the CRS surely has a code, else its name."""
    code = crs.to_authority(auth_name="EPSG", min_confidence=90)
    return f"EPSG:{code[1]}" if code else crs.name


def srid_of(text: str) -> int:
    """The number by which a database knows the CRS: its EPSG code where it has one."""
    code = parse_crs(text).to_authority(auth_name="EPSG", min_confidence=100)
    return int(code[1]) if code else NO_EPSG_CODE


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    # EPSG:4548 has its axes north, east: always_xy keeps x = easting = longitude
    return pyproj.Transformer.from_crs(parse_crs(source), parse_crs(target), always_xy=True)


def to_crs(geometries: Geometries, source: str, target: str) -> Geometries:
    """Bring geometries, shape (n,), from one CRS to another; x is east in both.

    Coordinates that have no image come out as infinity: `normalise` quarantines them.
    """
    if source == target or parse_crs(source).equals(parse_crs(target), ignore_axis_order=True):
        return geometries
    transform = _transformer(source, target).transform

    def apply(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geometries, apply), dtype=object)


def to_lonlat(geometries: Geometries, source: str) -> Geometries:
    """Geometries for GeoJSON (RFC 7946): CGCS2000 longitude and latitude, to 0.1 mm."""

    def to_nine_decimals(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.round(xy, 9)

    degrees = to_crs(geometries, source, "EPSG:4490")
    return np.asarray(shapely.transform(degrees, to_nine_decimals), dtype=object)
