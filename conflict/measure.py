"""Step 3: how large, by both calibres, and how wide.

Projected area (投影面积) is the plane area in the working CRS. Ellipsoidal area (椭球面积) is the
area on the ellipsoid of the CRS, here by an equal-area projection centred on the CRS: one vector
transformation for all geometries instead of a geodesic walk round each ring. Long edges are
divided first, because a straight edge of one projection is a curve in the other.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from conflict.pairs import Geometries

if TYPE_CHECKING:
    import pyproj

Numbers = npt.NDArray[np.float64]
_LONGEST_EDGE_M = 25.0
"""The error of a straight edge grows with its length: 5e-6 of the area at 1 km, 5e-9 at 25 m."""
_MIDDLE = (35.0, 105.0)
"""Latitude and longitude in the middle of the country."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Arrays of shape (n,): areas in m², length in m, count of points, mean width in m."""

    projected_m2: Numbers
    ellipsoidal_m2: Numbers
    length_m: Numbers
    count: npt.NDArray[np.int64]
    width_m: Numbers


def measure(geometries: Geometries, crs: str) -> Measures:
    """Measure geometries in the projected CRS `crs`; zero where a measure does not apply."""
    dimension = shapely.get_dimensions(geometries)
    lines, points, parts = dimension == 1, dimension == 0, shapely.get_num_geometries(geometries)
    return Measures(
        projected_m2=np.asarray(shapely.area(geometries), dtype=np.float64),
        ellipsoidal_m2=ellipsoidal_area_m2(geometries, crs),
        length_m=np.where(lines, shapely.length(geometries), 0.0),
        count=np.where(points & ~shapely.is_empty(geometries), parts, 0).astype(np.int64),
        width_m=mean_width_m(geometries),
    )


def ellipsoidal_area_m2(geometries: Geometries, crs: str) -> Numbers:
    """The area on the ellipsoid of `crs`, m², shape (n,).

    Agrees with the geodesic polygon area to 1e-8 for city-sized polygons.
    """
    found = np.zeros(len(geometries))
    polygons = shapely.get_dimensions(geometries) == 2
    dense = shapely.segmentize(geometries[polygons], _LONGEST_EDGE_M)
    transform = _to_equal_area(crs).transform

    def apply(xy: Numbers) -> Numbers:
        return np.column_stack(transform(xy[:, 0], xy[:, 1]))

    found[polygons] = shapely.area(shapely.transform(dense, apply))
    return found


def mean_width_m(geometries: Geometries) -> Numbers:
    """Twice the area over the perimeter, of the widest part; m, shape (n,).

    Exact for a long strip, half the side for a square. The widest part speaks for the whole, so
    that a real overlap with a thin tail is not taken for a sliver.
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    perimeter = shapely.length(parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        width = np.where(perimeter > 0, 2 * shapely.area(parts) / perimeter, 0.0)
    widest = np.zeros(len(geometries))
    np.maximum.at(widest, owner, width)
    return widest


@lru_cache(maxsize=16)
def _to_equal_area(crs: str) -> "pyproj.Transformer":
    # only here: it is a tenth of what a worker holds that measures in the plane
    import pyproj
    from pyproj.crs import ProjectedCRS
    from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

    source = pyproj.CRS.from_user_input(crs)
    if source.geodetic_crs is None:
        message = f"{crs}: has no ellipsoid; areas need a projected CRS of the earth"
        raise ValueError(message)
    use = source.area_of_use  # a city's own projection has none; areas are equal from anywhere
    centre = ((use.south + use.north) / 2, (use.west + use.east) / 2) if use else _MIDDLE
    conversion = LambertAzimuthalEqualAreaConversion(*centre)
    # on the same geodetic CRS, so that no datum shift can creep in
    equal_area = ProjectedCRS(conversion, geodetic_crs=source.geodetic_crs)
    return pyproj.Transformer.from_crs(source, equal_area, always_xy=True)
