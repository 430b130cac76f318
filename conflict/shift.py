"""The smallest move that takes a shape off all others: a point nearest to where it stands now.

Input: a polygon, geometries of any dimension that it has to keep clear of, both valid and in one
projected CRS, and how far it may move, m. Output: `Shift`.

Algorithm: a move is a point of the plane, (0, 0) where the polygon stands. The moves that make it
meet an obstacle are the Minkowski sum of the obstacle with the polygon turned about the origin:
    1. where boundaries meet: each edge of one less each edge of the other, a parallelogram;
    2. where one lies inside the other: the obstacle less a point of the polygon, and a point of
       the obstacle less the polygon, for each part of either.
What their union leaves of a disc is free; it is made narrower by the margin, which also takes out
slits that rounding leaves; its point nearest to the origin is the smallest move. Discs grow: what
is found within one is no farther than anything beyond it. Nothing is sampled, so no narrow gap is
missed. Only where the edges are too many for that, shapes are simplified outwards first, and
`exact` is false: the move clears what it has to, and a smaller one may exist.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import affinity
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from conflict.buffers import outside
from conflict.gridded import GRID_M, less, united
from conflict.pairs import Geometries

Numbers = npt.NDArray[np.float64]

MARGIN_M = 0.01
"""How far a moved or trimmed shape keeps off: more than rounding, less than a survey resolves."""
_SEGMENTS = 64
_FIRST_M = 12.5
_MOST_PAIRS = 20_000
_MOST_EDGES = 2_000_000
_THIN_M = 1e-5
_COARSEST_M = 16.0


@dataclass(frozen=True, slots=True)
class Shift:
    """Metres to the east and north; `move` None: there is no free place as near as was asked."""

    move: tuple[float, float] | None
    exact: bool = True

    @property
    def distance_m(self) -> float:
        """How far, 0 if nowhere."""
        return 0.0 if self.move is None else float(np.hypot(*self.move))


def smallest_shift(site: BaseGeometry, obstacles: Geometries, within_m: float) -> Shift:
    """The smallest move of a polygon that keeps it `MARGIN_M` off every obstacle, shape (n,)."""
    reach = min(_FIRST_M, within_m)
    while True:
        found = _within(site, obstacles, reach)
        if found.move is not None and found.distance_m <= reach:
            return found
        if reach >= within_m:
            return Shift(None, exact=found.exact)
        reach = min(2 * reach, within_m)


def _within(site: BaseGeometry, obstacles: Geometries, reach: float) -> Shift:
    """The nearest free move in a disc; it may lie beyond `reach` by what the disc is too large."""
    far = reach + 4 * MARGIN_M
    near = _around(site, obstacles, far)
    outlines, exact = np.array([site], dtype=object), True
    tolerance = 0.0
    while (sums := _sums(outlines, near, far)) is None:
        tolerance = max(2 * tolerance, 0.25)
        exact = False
        outlines = _coarser(np.array([site], dtype=object), tolerance)
        near = _coarser(_around(site, obstacles, far + 2 * tolerance), tolerance)
        if tolerance > _COARSEST_M:
            return Shift(None, exact=False)
    disc = shapely.Point(0, 0).buffer(far * outside(_SEGMENTS), _SEGMENTS)
    free = less(disc, united(sums)).buffer(-MARGIN_M)
    if free.is_empty:
        return Shift(None, exact)
    x, y = shapely.get_coordinates(shapely.shortest_line(shapely.Point(0, 0), free))[1]
    # whole steps of the grid: what is moved keeps its shape to the last digit
    return Shift((round(x / GRID_M) * GRID_M, round(y / GRID_M) * GRID_M), exact)


def _around(site: BaseGeometry, obstacles: Geometries, far: float) -> Geometries:
    """What of the obstacles a move as far as that can meet, united, in parts."""
    minx, miny, maxx, maxy = site.bounds
    # wide enough for its own edges to be out of reach
    room = far + 1.0
    frame = shapely.box(minx - room, miny - room, maxx + room, maxy + room)
    near = obstacles[shapely.dwithin(site, obstacles, far)]
    cut = shapely.get_parts(_cut(near, frame))
    cut = cut[~shapely.is_empty(cut)]
    flat = shapely.get_dimensions(cut) == 2
    parts = shapely.get_parts(united(cut[flat]))
    return np.concatenate([parts[~shapely.is_empty(parts)], cut[~flat]])


def _cut(shapes: Geometries, frame: BaseGeometry) -> Geometries:
    try:
        return np.asarray(shapely.intersection(shapes, frame), dtype=object)
    except GEOSException:
        return np.asarray(shapely.intersection(shapes, frame, grid_size=GRID_M), dtype=object)


def _coarser(shapes: Geometries, tolerance: float) -> Geometries:
    """Shapes with fewer corners that leave out nothing."""
    # no corner moves by more than the tolerance that the shape grew by
    grown = shapely.buffer(shapes, 1.05 * tolerance, join_style="mitre")
    return shapely.get_parts(united(shapely.simplify(grown, tolerance)))


def _sums(outlines: Geometries, obstacles: Geometries, far: float) -> Geometries | None:
    """The moves within a disc that make the outlines meet an obstacle; None: too many edges."""
    of_site, of_obstacles = _edges(outlines), _edges(obstacles)
    if len(of_site) * len(of_obstacles) > _MOST_EDGES:
        return None
    where_edges_meet = _parallelograms(of_obstacles, of_site, far)
    if where_edges_meet is None:
        return None
    parts = shapely.get_parts(outlines)
    inside = []
    flat = obstacles[shapely.get_dimensions(obstacles) == 2]
    for x, y in _first_corners(parts):
        inside += [affinity.translate(shape, -x, -y) for shape in flat]
    for x, y in _first_corners(obstacles):
        inside += [affinity.affine_transform(part, [-1, 0, 0, -1, x, y]) for part in parts]
    return np.concatenate([where_edges_meet, np.array(inside, dtype=object)])


def _first_corners(shapes: Geometries) -> Numbers:
    """One corner of each part, shape (k, 2)."""
    coordinates, part = shapely.get_coordinates(shapely.get_parts(shapes), return_index=True)
    _, first = np.unique(part, return_index=True)
    return np.asarray(coordinates[first])


def _edges(shapes: Geometries) -> Numbers:
    """The edges of polygons and lines, shape (n, 2 ends, 2 coordinates)."""
    flat = shapely.get_dimensions(shapes) == 2
    lines = shapely.get_parts(np.concatenate([shapely.boundary(shapes[flat]), shapes[~flat]]))
    lines = lines[shapely.get_dimensions(lines) == 1]
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    return np.stack([coordinates[joined], coordinates[joined + 1]], axis=1)


def _parallelograms(left: Numbers, right: Numbers, far: float) -> Geometries | None:
    """Each edge of one less each edge of the other, those that reach the disc; None: too many."""
    i, j = (grid.ravel() for grid in np.indices((len(left), len(right))))
    low = left.min(axis=1)[i] - right.max(axis=1)[j]
    high = left.max(axis=1)[i] - right.min(axis=1)[j]
    gap = np.maximum(np.maximum(low, -high), 0.0)
    at = np.flatnonzero(np.hypot(gap[:, 0], gap[:, 1]) <= far)
    a, b = left[i[at]], right[j[at]]
    along, across = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0]
    area = np.abs(along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0])
    longest = np.maximum(np.hypot(*along.T), np.hypot(*across.T))
    wide = area > _THIN_M * longest
    a, b = a[wide], b[wide]
    corners = np.stack(
        [a[:, 0] - b[:, 0], a[:, 1] - b[:, 0], a[:, 1] - b[:, 1], a[:, 0] - b[:, 1]], axis=1
    )
    shapes = np.asarray(shapely.polygons(corners), dtype=object)
    reached = shapes[shapely.dwithin(shapely.Point(0, 0), shapes, far)]
    return None if len(reached) > _MOST_PAIRS else np.asarray(reached, dtype=object)
