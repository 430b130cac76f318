"""Whether a result can be what two geometries share: boxes, sizes and the law of areas.

How exact: a corner of a result is rounded to the doubles around it, so that an area may be off by
the length of its outline times the distance of two neighbouring doubles (`_ROUNDINGS` of it: both
ways of computing it round). That is allowed on top of 1e-9 of the area or 1e-6 m².
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from conflict.pairs import Geometries
from conflict.parts import each_pair, only_dimension

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SLACK_M = 1e-3
"""How far a credible result may reach beyond its inputs, metres."""
_RELATIVE, _ABSOLUTE = 1e-9, 1e-6
_ROUNDINGS = 4


def doubts(
    met: Geometries,
    left: Geometries,
    right: Geometries,
    dimension: int,
    expected_m2: Numbers | None = None,
) -> Mask:
    """Which results cannot be, or are not what was expected; shapes (k,) → (k,).

    Raises nothing; a missing result is doubted.
    """
    size = _sizes(met, dimension)
    doubted = ~(shapely.is_empty(met) | within_boxes(met, left, right))
    if expected_m2 is None or dimension < 2:
        most = np.minimum(_limits(left, dimension), _limits(right, dimension))
        return np.asarray(doubted | ~(size <= _more(most)), dtype=bool)
    off = np.abs(size - expected_m2) > np.maximum(_RELATIVE * expected_m2, _ABSOLUTE)
    rows = np.flatnonzero(off)
    if len(rows):
        allowed = _tolerance(expected_m2[rows], met[rows], left[rows], right[rows])
        off[rows] = ~(np.abs(size[rows] - expected_m2[rows]) <= allowed)
    rows = np.flatnonzero(np.isnan(expected_m2))
    if len(rows):
        # by the side that is cheaper to take apart: one may be a giant
        a, b = left[rows], right[rows]
        swap = shapely.get_num_coordinates(a) > shapely.get_num_coordinates(b)
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        off[rows] = ~_lawful(met[rows], a, b)
    return np.asarray(doubted | off | shapely.is_missing(met), dtype=bool)


def broken_laws(
    met: Geometries, a: Geometries, b: Geometries, dimension: int, grid: float
) -> Iterator[str]:
    """What laws of size a result breaks; on a grid every edge may have moved by half a step."""
    size = _sizes(met, dimension)[0]
    for name, whole, other in (("left", a, b), ("right", b, a)):
        if shapely.get_dimensions(whole)[0] != dimension:
            continue
        limit = _sizes(whole, dimension)[0]
        moved = grid * shapely.length(whole)[0]
        if not size <= _more(limit) + moved:
            yield f"larger than its {name} side: {size}, {limit}"
        elif dimension > 0:
            rest = shapely.difference(whole[0], other[0], grid_size=grid or None)
            rest = only_dimension(np.array([rest], dtype=object), dimension)
            off = abs(size + _sizes(rest, dimension)[0] - limit)
            if not off <= _tolerance(np.array([limit]), rest, whole, whole)[0] + moved:
                yield f"shared and left over differ from the {name} side by {off}"


def agrees(
    met: BaseGeometry, left: BaseGeometry, right: BaseGeometry, expected_m2: float, grid: float
) -> bool:
    """Whether one result has the expected area, as far as a grid can tell; NaN: none is known."""
    if np.isnan(expected_m2):
        return True
    a, b, c = (np.array([shape], dtype=object) for shape in (left, right, met))
    allowed = float(_tolerance(np.array([expected_m2]), c, a, b)[0])
    allowed += grid * min(left.length, right.length)
    return bool(abs(met.area - expected_m2) <= allowed)


def within_boxes(met: Geometries, left: Geometries, right: Geometries) -> Mask:
    """Whether each result lies within both sides' boxes; an empty or missing one does not."""
    boxes, a, b = shapely.bounds(met), shapely.bounds(left), shapely.bounds(right)
    with np.errstate(invalid="ignore"):
        low = boxes[:, :2] >= np.maximum(a[:, :2], b[:, :2]) - _SLACK_M
        high = boxes[:, 2:] <= np.minimum(a[:, 2:], b[:, 2:]) + _SLACK_M
    return np.asarray(low[:, 0] & low[:, 1] & high[:, 0] & high[:, 1], dtype=bool)


def _lawful(met: Geometries, a: Geometries, b: Geometries) -> Mask:
    """Whether what is shared and what is left of `a` make up `a`, polygons."""
    rest, raised = each_pair(shapely.difference, a, b)
    whole = _sizes(a, 2)
    off = np.abs(_sizes(met, 2) + _sizes(rest, 2) - whole)
    return np.asarray(~raised & (off <= _tolerance(whole, rest, a, a)), dtype=bool)


def _sizes(shapes: Geometries, dimension: int) -> Numbers:
    """Area m², length m or number of points, shape (n,); NaN where missing."""
    if dimension == 2:
        return np.asarray(shapely.area(shapes), dtype=np.float64)
    if dimension == 1:
        return np.asarray(shapely.length(shapes), dtype=np.float64)
    return np.asarray(shapely.get_num_coordinates(shapes), dtype=np.float64)


def _limits(side: Geometries, dimension: int) -> Numbers:
    """How large a result can be for one side's sake; a giant that is there often is read once."""
    names = np.fromiter(map(id, side), dtype=np.uint64, count=len(side))
    _, first, back = np.unique(names, return_index=True, return_inverse=True)
    shapes = side[first]
    fits = shapely.get_dimensions(shapes) == dimension
    return np.where(fits, _sizes(shapes, dimension), np.inf)[back]


def _more(size: Numbers) -> Numbers:
    return size * (1 + _RELATIVE) + _ABSOLUTE


def _tolerance(size: Numbers, met: Geometries, left: Geometries, right: Geometries) -> Numbers:
    """How far two ways to one size may differ for rounding: see the module's text."""
    outline = shapely.length(met) + np.minimum(shapely.length(left), shapely.length(right))
    with np.errstate(all="ignore"):  # an empty one has no bounds, one at infinity no neighbour
        ulp = np.spacing(np.nan_to_num(np.abs(shapely.bounds(left))).max(axis=1))
        tolerance = np.maximum(_RELATIVE * size, _ABSOLUTE) + _ROUNDINGS * outline * ulp
    return np.asarray(tolerance, dtype=np.float64)
