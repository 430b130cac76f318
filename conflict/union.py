"""What shapes take up together, each spot once: a union that is not believed unseen.

The cascaded union of GEOS 3.14 in floating point was seen to lose a hundredth of the area of
thirteen sound polygons with whole numbers for corners, without an error (tests/cases/union.yaml).
Shares and control totals are areas of unions, so one is held against what it cannot differ from:
the sum of its parts where these share nothing, else the union on a grid of a micrometre, whose
noding is exact.
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
_FEW = 16
"""Shapes of a group that is joined along with others: of more, the join costs more than the call."""

Sizes = npt.NDArray[np.float64]


def union_of(shapes: Geometries | Sequence[BaseGeometry]) -> BaseGeometry:
    """The union of polygons, lines or points, shape (n,), in one projected CRS, m."""
    given = np.asarray(shapes, dtype=object)
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


def _on_grid(shapes: Geometries) -> BaseGeometry:
    joined = shapely.union_all(shapes, grid_size=_GRID_M)
    # what is made on a grid would draw all that is made of it there
    return shapely.set_precision(joined, 0, mode="pointwise")


def _are_off(size: Sizes, parts: Sizes) -> npt.NDArray[np.bool_]:
    """Where a union is not as large as its parts together."""
    return np.asarray(~(np.abs(size - parts) <= _LAW * parts), dtype=bool)


def _size(shapes: Geometries | BaseGeometry) -> Sizes:
    """Area of what has one, else length."""
    area = np.asarray(shapely.area(shapes), dtype=np.float64)
    return np.where(area > 0, area, np.asarray(shapely.length(shapes), dtype=np.float64))
