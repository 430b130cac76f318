"""Overlaps and gaps within one polygon layer: whether it is the partition that it claims to be.

Input: the polygons of one layer, valid, in one projected CRS. Output: every pair that shares area,
and everything between them, or within an outline, that none of them takes; with measures. What is
only rounding is the caller's to say.

Algorithm:
    1. GEOS' coverage validation marks the polygons whose edges do not match their neighbours':
       in a sound layer none, and nothing is intersected at all;
    2. a pair can share area only if one of the two is marked; those that do are intersected;
    3. polygons that match are joined by dropping the edges they share, the rest by overlay;
    4. the joined area is held against the law that it is the sum of the parts less what they
       share; where it is not, all is joined again by overlay;
    5. gaps are the holes of the joined area less what lies in them, or what an outline has beyond.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from conflict.errors import OverlayError
from conflict.intersect import intersect_pairs
from conflict.measure import mean_width_m
from conflict.pairs import Geometries, Indices
from conflict.parts import only_dimension

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_GRID_M = 1e-4
_LAW = 1e-9
"""How far a sum of areas may be off for rounding, of the sum."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Overlaps, arrays of shape (k,), left < right; gaps, arrays of shape (g,).

    Areas are m², widths the mean width of the widest part, m.
    """

    left: Indices
    right: Indices
    overlaps: Geometries
    overlap_m2: Numbers
    overlap_width_m: Numbers
    gaps: Geometries
    gap_m2: Numbers
    gap_width_m: Numbers


def check_coverage(shapes: Geometries, outline: BaseGeometry | None = None) -> Coverage:
    """Find where polygons overlap, and what they leave out.

    Shape (n,); gaps are the holes of their union or, where `outline` is given, what of it the
    union leaves free, each gap one polygon.

    Raises:
        OverlayError: two polygons have no credible intersection, or no union is credible.
    """
    marked = _unmatched(shapes)
    left, right, overlaps = _overlaps(shapes, marked)
    overlap_m2 = np.asarray(shapely.area(overlaps), dtype=np.float64)
    joined = _union(shapes, marked, float(overlap_m2.sum()))
    gaps = _holes(joined) if outline is None else _polygons(_difference(outline, joined))
    return Coverage(
        left,
        right,
        overlaps,
        overlap_m2,
        mean_width_m(overlaps),
        gaps,
        np.asarray(shapely.area(gaps), dtype=np.float64),
        mean_width_m(gaps),
    )


def everywhere_thinner(shapes: Geometries, width_m: float) -> Mask:
    """Which polygons hold no circle of that diameter, shape (n,).

    The mean width alone would take a square for a sliver that has a long thin tail.
    """
    # no shape is wider on average than its widest circle: those need no second look
    thin = mean_width_m(shapes) < width_m
    if thin.any():
        core = shapely.buffer(shapes[thin], -width_m / 2, join_style="mitre")
        thin[thin] = shapely.is_empty(core)
    return np.asarray(thin, dtype=bool)


def _unmatched(shapes: Geometries) -> Mask:
    """The polygons with an edge that is no edge of the neighbour it touches, shape (n,)."""
    if len(shapes) < 2:
        return np.zeros(len(shapes), dtype=bool)
    try:
        return ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    except GEOSException:
        return np.ones(len(shapes), dtype=bool)


def _overlaps(shapes: Geometries, marked: Mask) -> tuple[Indices, Indices, Geometries]:
    probes = np.flatnonzero(marked)
    if len(probes) == 0:
        nothing = np.empty(0, dtype=np.intp)
        return nothing, nothing.copy(), np.empty(0, dtype=object)
    i, j = shapely.STRtree(shapes).query(shapes[probes], predicate="intersects")
    i = probes[i]
    # a pair of two marked polygons is met from both sides
    once = (i != j) & (~marked[j] | (i < j))
    pairs = np.sort(np.column_stack([i[once], j[once]]), axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    inside = shapely.relate_pattern(shapes[pairs[:, 0]], shapes[pairs[:, 1]], "T********")
    left, right = pairs[inside, 0], pairs[inside, 1]
    met = intersect_pairs(shapes[left], shapes[right], 2)
    real = ~shapely.is_empty(met)
    return left[real], right[real], met[real]


def _union(shapes: Geometries, marked: Mask, shared_m2: float) -> BaseGeometry:
    total = float(shapely.area(shapes).sum())
    for join in (_join_matching, _join_all, _join_on_grid):
        try:
            joined = join(shapes, marked)
        except GEOSException:
            continue
        # three polygons on one spot share it in three pairs, and it is lost only twice
        slack = 1e-3 + total * _LAW
        if total - shared_m2 - slack <= joined.area <= total + slack:
            return joined
    message = "the layer has no credible union; repair its polygons and deliver it again"
    raise OverlayError(message)


def _join_matching(shapes: Geometries, marked: Mask) -> BaseGeometry:
    matching = shapely.coverage_union_all(shapes[~marked])
    if not marked.any():
        return matching
    return shapely.union_all([matching, shapely.union_all(shapes[marked])])


def _join_all(shapes: Geometries, marked: Mask) -> BaseGeometry:
    del marked
    return shapely.union_all(shapes)


def _join_on_grid(shapes: Geometries, marked: Mask) -> BaseGeometry:
    del marked
    return shapely.set_precision(shapely.union_all(shapes, grid_size=_GRID_M), 0)


def _holes(joined: BaseGeometry) -> Geometries:
    """What lies within the outer rings of `joined` and is none of it, as single polygons."""
    parts = shapely.get_parts(joined)
    parts = parts[shapely.get_dimensions(parts) == 2]
    rings = [ring for part in parts for ring in part.interiors]
    if not rings:
        return np.empty(0, dtype=object)
    holes = np.asarray(shapely.polygons(rings), dtype=object)
    # an island in a hole is no gap, and what it leaves of the hole may fall apart
    i, j = shapely.STRtree(parts).query(holes, predicate="contains")
    for hole in np.unique(i):
        holes[hole] = _difference(holes[hole], _filled(parts[j[i == hole]]))
    return _polygons(*holes)


def _filled(parts: Geometries) -> BaseGeometry:
    """Without their lakes: what lies in those is seen with the lake."""
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))


def _difference(whole: BaseGeometry, part: BaseGeometry) -> BaseGeometry:
    """`whole` less `part`, checked: what is left and what is shared make up the whole."""
    for grid in (None, _GRID_M):
        try:
            rest = shapely.set_precision(shapely.difference(whole, part, grid_size=grid), 0)
            shared = shapely.intersection(whole, part, grid_size=grid)
        except GEOSException:
            continue
        if abs(rest.area + shared.area - whole.area) <= 1e-3 + whole.area * _LAW:
            return rest
    message = "the outline less the layer is not credible; repair its polygons and deliver it again"
    raise OverlayError(message)


def _polygons(*shapes: BaseGeometry) -> Geometries:
    """All single polygons that have an area."""
    found = only_dimension(np.array(shapely.get_parts(list(shapes)), dtype=object), 2)
    parts = shapely.get_parts(found)
    return np.asarray(parts[~shapely.is_empty(parts)], dtype=object)
