"""Overlays on the store's grid: what shapes take up together, and what one leaves of another.

The floating-point union of GEOS 3.14 was seen to lose a hundredth of the area of thirteen sound
polygons with whole numbers for corners (tests/cases/union.yaml), and its difference to fail on
buffers. On a grid its noding is exact. Corners move by less than a step of it.
"""

import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from conflict.pairs import Geometries

GRID_M = 1e-4


def united(shapes: Geometries) -> BaseGeometry:
    """The union of shapes, (n,)."""
    return _off_grid(shapely.union_all(shapes, grid_size=GRID_M))


def less(shape: BaseGeometry, taken: BaseGeometry) -> BaseGeometry:
    """A shape without another."""
    return _off_grid(shapely.difference(shape, taken, grid_size=GRID_M))


def common(shape: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """What two shapes have in common."""
    return _off_grid(shapely.intersection(shape, other, grid_size=GRID_M))


def cut_to(shapes: Geometries, bounds: tuple[float, float, float, float]) -> Geometries:
    """What of shapes, (n,), lies in a box, part by part; shape (k,)."""
    frame = shapely.box(*bounds)
    try:
        cut = shapely.intersection(shapes, frame)
    except GEOSException:
        cut = shapely.intersection(shapes, frame, grid_size=GRID_M)
    parts = shapely.get_parts(cut)
    return parts[~shapely.is_empty(parts)]


def _off_grid(shape: BaseGeometry) -> BaseGeometry:
    # what is made on a grid would draw all that is made of it there
    return shapely.set_precision(shape, 0, mode="pointwise")
