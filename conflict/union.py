"""What shapes take up together, each spot once: a union that is not believed unseen.

The cascaded union of GEOS 3.14 in floating point was seen to lose a hundredth of the area of
thirteen sound polygons with whole numbers for corners, without an error (tests/cases/union.yaml).
Shares and control totals are areas of unions, so one is held against what it cannot differ from:
the sum of its parts where these share nothing, else the union on a grid of a micrometre, whose
noding is exact.

Parcels and plans lie edge to edge: of many polygons those edges are taken out that two of them
have, which is a tenth of the work, and the result is taken where it is sound and of the right size.
"""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from conflict.pairs import Geometries

_GRID_M = 1e-6
_LAW = 1e-9
_FEW = 8
"""Shapes that are joined along with other groups: more of them cost more than the call."""

_WHOLE = ("Polygon", "Point")
"""Kinds of shapes that are their own union."""

Sizes = npt.NDArray[np.float64]


def union_of(shapes: Geometries | Sequence[BaseGeometry]) -> BaseGeometry:
    """The union of polygons, lines or points, shape (n,), in one projected CRS, m."""
    given = np.asarray(shapes, dtype=object)
    if len(given) > _FEW:
        mosaic = _as_mosaic(given)
        if mosaic is not None:
            return mosaic
    try:
        joined = shapely.union_all(given)
    except GEOSException:
        return _on_grid(given)
    parts = float(_size(given).sum())
    size = float(_size(joined))
    if not _are_off(size, parts):
        return joined
    exact = _on_grid(given)
    # on the grid every boundary may have moved by a step of it
    slack = _LAW * parts + _GRID_M * float(shapely.length(joined))
    return joined if abs(size - float(_size(exact))) <= slack else exact


def unions_of(groups: Sequence[Geometries]) -> Geometries:
    """The union of each group, as `union_of` gives it: of k groups shape (k,)."""
    out = np.empty(len(groups), dtype=object)
    counts = np.array([len(group) for group in groups], dtype=np.intp)
    few = np.flatnonzero((counts > 0) & (counts <= _FEW))
    doubted = counts > 0
    for row in np.flatnonzero(counts == 1).tolist():
        # nothing is done to a polygon that is alone, nor to a point
        if groups[row][0].geom_type in _WHOLE:
            out[row], doubted[row] = groups[row][0], False
    few = few[doubted[few]]
    for width in np.unique(counts[few]).tolist():
        rows = few[counts[few] == width]
        given = np.array([groups[row] for row in rows.tolist()], dtype=object)
        with suppress(GEOSException):
            joined = shapely.union_all(given, axis=1)
            out[rows] = joined
            doubted[rows] = _are_off(_size(joined), _size(given).sum(axis=1))
    for row in np.flatnonzero(doubted | (counts == 0)).tolist():
        out[row] = union_of(groups[row])
    return out


def _as_mosaic(shapes: Geometries) -> BaseGeometry | None:
    """The union of many polygons that lie edge to edge, as parcels and plans do; None: they do not.

    Edges that two of them have are left out, and nothing is computed. What is sound and as large as
    its parts together can be nothing but their union.
    """
    if not (shapely.get_dimensions(shapes) == 2).all():
        return None
    try:
        joined = shapely.coverage_union_all(shapes)
    except GEOSException:
        return None
    off = _are_off(_size(joined), _size(shapes).sum())
    return None if off or not shapely.is_valid(joined) else joined


def _on_grid(shapes: Geometries) -> BaseGeometry:
    joined = shapely.union_all(shapes, grid_size=_GRID_M)
    # what is made on a grid would draw all that is made of it there
    return shapely.set_precision(joined, 0, mode="pointwise")


def _are_off(size: Sizes | float, parts: Sizes | float) -> npt.NDArray[np.bool_]:
    """Where a union is not as large as its parts together."""
    return np.asarray(~(np.abs(size - parts) <= _LAW * parts), dtype=bool)


def _size(shapes: Geometries | BaseGeometry) -> Sizes:
    """Area of what has one, else length."""
    area = np.asarray(shapely.area(shapes), dtype=np.float64)
    return np.where(area > 0, area, np.asarray(shapely.length(shapes), dtype=np.float64))
