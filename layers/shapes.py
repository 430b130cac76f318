"""Geometry columns: which are finite, parts of the wanted dimension, single to multi-part."""

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from layers.table import Geometries

Mask = npt.NDArray[np.bool_]


def from_wkb(blobs: list[bytes | None]) -> tuple[Geometries, Mask]:
    """Shapes from WKB, and which of them had a ring to be closed; None for what is no geometry."""
    wkb = np.array(blobs, dtype=object)
    with np.errstate(invalid="ignore"):  # coordinates that are not numbers are for `all_finite`
        shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
        broken = np.flatnonzero(shapely.is_missing(shapes))
        shapes[broken] = shapely.from_wkb(wkb[broken], on_invalid="fix")
    mended = np.zeros(len(shapes), dtype=bool)
    mended[broken] = ~shapely.is_missing(shapes[broken])
    return shapes, mended


def all_finite(shapes: Geometries) -> Mask:
    """Whether every coordinate is finite; a missing or empty geometry counts as finite."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.ones(len(shapes), dtype=bool)
    finite[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return finite


def close_lines(shapes: Geometries) -> Geometries:
    """The shapes with every closed line made the polygon that it draws, as CAD means it."""
    lines = (shapely.get_type_id(shapes) == 1) & (shapely.get_num_coordinates(shapes) > 3)
    closed = lines & shapely.is_closed(shapes)
    if not closed.any():
        return shapes
    coordinates, owner = shapely.get_coordinates(shapes[closed], return_index=True)
    out = shapes.copy()
    out[closed] = shapely.polygons(shapely.linearrings(coordinates, indices=owner))
    return out


def has_other_dimension(shapes: Geometries, dimension: int) -> Mask:
    """Which shapes have a part of another dimension beside those of `dimension`."""
    found = np.zeros(len(shapes), dtype=bool)
    collections = np.flatnonzero(shapely.get_type_id(shapes) == 7)
    if len(collections):
        parts, owner = shapely.get_parts(shapes[collections], return_index=True)
        single, inner = shapely.get_parts(parts, return_index=True)
        other = shapely.get_dimensions(single) != dimension
        found[collections[owner[inner[other]]]] = True
    return found


def keep_dimension(shapes: Geometries, dimension: int) -> Geometries:
    """Only the parts of the given dimension (0 points, 1 lines, 2 polygons), shape kept (n,)."""
    out = shapes.copy()
    mixed = shapely.get_type_id(shapes) == 7
    out[mixed] = [_parts_of(shape, dimension) for shape in shapes[mixed]]
    other = ~mixed & (shapely.get_dimensions(out) != dimension) & ~shapely.is_missing(out)
    out[other] = shapely.from_wkt("GEOMETRYCOLLECTION EMPTY")
    return out


def _parts_of(shape: BaseGeometry, dimension: int) -> BaseGeometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    chosen = parts[shapely.get_dimensions(parts) == dimension]
    if dimension == 2:
        return shapely.union_all(chosen)
    multi = shapely.multilinestrings if dimension == 1 else shapely.multipoints
    return cast("BaseGeometry", multi(chosen))


def to_multi(shapes: Geometries) -> Geometries:
    """Single-part geometries as multi-part ones of the same dimension."""
    out = shapes.copy()
    makers: dict[int, Callable[..., Geometries]] = {
        0: shapely.multipoints,
        1: shapely.multilinestrings,
        3: shapely.multipolygons,
    }
    kinds = shapely.get_type_id(shapes)
    for kind, make in makers.items():
        rows = np.flatnonzero(kinds == kind)
        if len(rows):
            out[rows] = make(shapes[rows], indices=np.arange(len(rows)))
    return out
