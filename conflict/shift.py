"""The smallest move that takes a shape off all others: a point nearest to where it stands now.

Input: a polygon, geometries of any dimension that it has to keep clear of, both valid and in one
projected CRS, and how far it may move, m. Output: `Shift`.

Algorithm: a move is a point of the plane, (0, 0) where the polygon stands. The moves that make it
meet an obstacle are the Minkowski sum of the obstacle with the polygon turned about the origin:
    copies  the obstacle less a point of the polygon, and a point of the obstacle less the polygon:
            one of each part, where one lies inside the other; some more, roughly and never too
            large, because they take up most of what is not free;
    edges   each edge of one less each edge of the other, a parallelogram, where boundaries meet.
All are grown by the margin, which also closes the slits that rounding leaves. What the copies leave
of a disc is cut into quarters, the nearest to the origin first (`conflict.nearest`), until few
parallelograms lie in one; what they leave of it is free, and its point nearest to the origin is the
smallest move. Nothing is sampled, so no narrow gap is missed. Only where the edges are too many,
shapes are simplified outwards first, or the search is ended, and `exact` is false: the move clears
what it has to, and a smaller one may exist.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from conflict.buffers import outside
from conflict.gridded import GRID_M, cut_to, less, united
from conflict.nearest import nearest_free
from conflict.pairs import Geometries

Numbers = npt.NDArray[np.float64]

MARGIN_M = 0.01
"""How far a moved or trimmed shape keeps off: more than rounding, less than a survey resolves."""
_SEGMENTS = 64
_FIRST_M = 20.0
_MOST_PAIRS = 20_000
_MOST_EDGES = 2_000_000
_AT_ONCE = 200_000
_COPIES = 6
_ROUGH_M = 0.5
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
    for reach in sorted({min(_FIRST_M, within_m), within_m}):
        found = _within(site, obstacles, reach)
        if found.move is not None and found.distance_m <= reach:
            return found
    return Shift(None, exact=found.exact)


def _within(site: BaseGeometry, obstacles: Geometries, reach: float) -> Shift:
    """The nearest free move in a disc; it may lie beyond `reach` by what the disc is too large."""
    far = reach + 4 * MARGIN_M
    outlines, near = np.array([site], dtype=object), _around(site, obstacles, far)
    disc = shapely.Point(0, 0).buffer(far * outside(_SEGMENTS), _SEGMENTS)
    tolerance = 0.0
    while True:
        left = less(disc, united(_grown(_copies(outlines, near, disc))))
        if left.is_empty:
            return Shift(None, exact=tolerance == 0)
        sums = _parallelograms(_edges(near), _edges(outlines), left)
        if sums is not None:
            break
        tolerance = max(2 * tolerance, 0.25)
        if tolerance > _COARSEST_M:
            return Shift(None, exact=False)
        outlines = _coarser(np.array([site], dtype=object), tolerance)
        near = _coarser(_around(site, obstacles, far + 2 * tolerance), tolerance)
    point, proved = nearest_free(left, _grown(sums))
    exact = proved and tolerance == 0
    if point is None:
        return Shift(None, exact)
    x, y = point
    # whole steps of the grid: what is moved keeps its shape to the last digit
    return Shift((round(x / GRID_M) * GRID_M, round(y / GRID_M) * GRID_M), exact)


def _grown(shapes: Geometries) -> Geometries:
    return np.asarray(shapely.buffer(shapes, MARGIN_M, quad_segs=8), dtype=object)


def _around(site: BaseGeometry, obstacles: Geometries, far: float) -> Geometries:
    """What of the obstacles a move as far as that can meet, united, in parts."""
    # wide enough for its own edges to be out of reach
    minx, miny, maxx, maxy = site.bounds
    room = far + 1.0
    shapely.prepare(site)
    near = obstacles[shapely.dwithin(site, obstacles, far)]
    cut = cut_to(near, (minx - room, miny - room, maxx + room, maxy + room))
    flat = shapely.get_dimensions(cut) == 2
    parts = shapely.get_parts(united(cut[flat]))
    return np.concatenate([parts[~shapely.is_empty(parts)], cut[~flat]])


def _coarser(shapes: Geometries, tolerance: float) -> Geometries:
    """Shapes with fewer corners that leave out nothing."""
    # no corner moves by more than the tolerance that the shape grew by
    grown = shapely.buffer(shapes, 1.05 * tolerance, join_style="mitre")
    return shapely.get_parts(united(shapely.simplify(grown, tolerance)))


def _copies(outlines: Geometries, obstacles: Geometries, disc: BaseGeometry) -> Geometries:
    """Moves that leave one inside the other, and others that they meet at, near a disc."""
    parts = shapely.get_parts(outlines)
    flat = obstacles[shapely.get_dimensions(obstacles) == 2]
    turned = np.array([affinity.scale(part, -1, -1, origin=(0, 0)) for part in parts])
    copies = [*_moved(flat, _corners(parts), -1), *_moved(turned, _corners(obstacles), 1)]
    return cut_to(np.array(copies, dtype=object), disc.buffer(1.0).bounds)


def _corners(shapes: Geometries) -> Iterator[Numbers]:
    """A few corners of each part, far from one another; shape (k, 2), k at least 1."""
    for part in shapely.get_parts(shapes):
        corners = shapely.get_coordinates(part)
        yield corners[:: -(-len(corners) // _COPIES)]


def _moved(shapes: Geometries, corners: Iterator[Numbers], sign: int) -> Iterator[BaseGeometry]:
    """Shapes moved by the first corner of each part, as they are; by the others, a little less."""
    rough = shapely.simplify(shapely.buffer(shapes, -_ROUGH_M), 0.9 * _ROUGH_M)
    for first, *others in corners:
        yield from (affinity.translate(shape, *(sign * first)) for shape in shapes)
        for corner in others:
            yield from (affinity.translate(shape, *(sign * corner)) for shape in rough)


def _edges(shapes: Geometries) -> Numbers:
    """The edges of polygons and lines, shape (n, 2 ends, 2 coordinates)."""
    flat = shapely.get_dimensions(shapes) == 2
    lines = shapely.get_parts(np.concatenate([shapely.boundary(shapes[flat]), shapes[~flat]]))
    lines = lines[shapely.get_dimensions(lines) == 1]
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    return np.stack([coordinates[joined], coordinates[joined + 1]], axis=1)


def _parallelograms(left: Numbers, right: Numbers, free: BaseGeometry) -> Geometries | None:
    """Each edge of one less each edge of the other, those that meet `free`; None: too many."""
    if len(left) * len(right) > _MOST_EDGES:
        return None
    shapely.prepare(free)
    minx, miny, maxx, maxy = free.bounds
    found, count = [np.empty(0, dtype=object)], 0
    rows = max(1, _AT_ONCE // max(1, len(left)))
    for start in range(0, len(right), rows):
        some = right[start : start + rows]
        i, j = (grid.ravel() for grid in np.indices((len(left), len(some))))
        low = left.min(axis=1)[i] - some.max(axis=1)[j]
        high = left.max(axis=1)[i] - some.min(axis=1)[j]
        at = np.flatnonzero(((low <= (maxx, maxy)) & (high >= (minx, miny))).all(axis=1))
        shapes = _sums(left[i[at]], some[j[at]])
        found.append(shapes[shapely.dwithin(free, shapes, MARGIN_M)])
        count += len(found[-1])
        if count > _MOST_PAIRS:
            return None
    return np.concatenate(found)


def _sums(a: Numbers, b: Numbers) -> Geometries:
    """Edges less edges, pair by pair; those of no width are left to the margin of others."""
    along, across = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0]
    area = np.abs(along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0])
    wide = area > _THIN_M * np.maximum(np.hypot(*along.T), np.hypot(*across.T))
    a, b = a[wide], b[wide]
    corners = np.stack(
        [a[:, 0] - b[:, 0], a[:, 1] - b[:, 0], a[:, 1] - b[:, 1], a[:, 0] - b[:, 1]], axis=1
    )
    return np.asarray(shapely.polygons(corners), dtype=object)
