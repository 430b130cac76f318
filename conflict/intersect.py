"""Step 2: the exact intersection of each pair, of one dimension, with a fallback chain.

GEOS' floating-point overlay is tried for all pairs at once. A result that fails, or that cannot be
(larger than either side, outside their boxes), is computed again on a grid, then on repaired
inputs. What no method gives is an error that names the pair: a pair is never lost in silence.
"""

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from conflict.errors import OverlayError
from conflict.pairs import Geometries

_GRID_M = 1e-4
_SLACK_M = 1e-3
"""How far a credible result may reach beyond its inputs, metres."""


def intersect_pairs(left: Geometries, right: Geometries, dimension: int) -> Geometries:
    """left[k] ∩ right[k], its parts of `dimension` (0 points, 1 lines, 2 polygons) alone.

    Shapes (k,), (k,) → (k,); an empty geometry where a pair only touches.

    Raises:
        OverlayError: no method gave a credible result for some pair.
    """
    if len(left) == 0:
        return np.empty(0, dtype=object)
    try:
        met = np.asarray(shapely.intersection(left, right), dtype=object)
    except GEOSException:
        met = np.array([_one(a, b) for a, b in zip(left, right, strict=True)], dtype=object)
    for k in np.flatnonzero(~credible(met, left, right)):
        met[k] = _one(left[k], right[k])
    return only_dimension(met, dimension)


def credible(met: Geometries, left: Geometries, right: Geometries) -> npt.NDArray[np.bool_]:
    """Whether each result lies within both boxes and is no larger than either side."""
    area = np.minimum(shapely.area(left), shapely.area(right))
    small = (shapely.area(met) <= area * (1 + 1e-9) + 1e-6) | (shapely.get_dimensions(met) < 2)
    boxes, a, b = shapely.bounds(met), shapely.bounds(left), shapely.bounds(right)
    with np.errstate(invalid="ignore"):
        low = boxes[:, :2] >= np.maximum(a, b)[:, :2] - _SLACK_M
        high = boxes[:, 2:] <= np.minimum(a, b)[:, 2:] + _SLACK_M
    within = low.all(axis=1) & high.all(axis=1)
    return np.asarray(shapely.is_empty(met) | (small & within), dtype=bool)


def _one(left: BaseGeometry, right: BaseGeometry) -> BaseGeometry:
    for grid, repaired in ((None, False), (_GRID_M, False), (None, True)):
        try:
            a, b = shapely.make_valid([left, right]) if repaired else (left, right)
            # a result keeps the grid that it was computed on; what follows is in floating point
            met = shapely.set_precision(shapely.intersection(a, b, grid_size=grid), 0)
        except GEOSException:
            continue
        if credible(*(np.array([g], dtype=object) for g in (met, a, b)))[0]:
            return met
    # no place: where a feature lies may be secret
    message = "two geometries have no credible intersection; repair the layer and deliver it again"
    raise OverlayError(message)


def only_dimension(met: Geometries, dimension: int) -> Geometries:
    """The parts of one dimension; what has none becomes empty. Shape (k,) is kept."""
    mixed = shapely.get_type_id(met) == 7
    out = met.copy()
    nothing = shapely.from_wkt("GEOMETRYCOLLECTION EMPTY")
    out[~mixed & (shapely.get_dimensions(met) != dimension)] = nothing
    for k in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(met[k]))
        chosen = parts[shapely.get_dimensions(parts) == dimension]
        out[k] = shapely.union_all(chosen) if len(chosen) else nothing
    return out
