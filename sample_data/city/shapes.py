"""Shapes that look drawn by nature or by a planner: warped cells, blobs, winding lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

Coordinates = NDArray[np.float64]
Geometries = NDArray[np.object_]
Warp = Callable[[Coordinates], Coordinates]

GRID_M = 0.001


def km(*pairs: tuple[float, float]) -> Coordinates:
    """Turn kilometres east and north of (600 000, 2 700 000) into metres."""
    return np.asarray(pairs, dtype=float) * 1000 + (600_000, 2_700_000)


def waves(rng: np.random.Generator, length_m: float, count: int = 5) -> Callable[..., Coordinates]:
    """A smooth random field of about unit size with features of `length_m`."""
    angle = rng.uniform(0, 2 * np.pi, count)
    k = np.stack([np.cos(angle), np.sin(angle)]) * (
        2 * np.pi / (length_m * rng.uniform(0.7, 1.4, count))
    )
    phase = rng.uniform(0, 2 * np.pi, count)
    return lambda xy: np.sin(xy @ k + phase).sum(axis=1) / np.sqrt(count / 2)


def warp(rng: np.random.Generator, *scales: tuple[float, float]) -> Warp:
    """A displacement by smooth fields, given as (wavelength, amplitude) in metres."""
    fields = [(waves(rng, length), waves(rng, length), size) for length, size in scales]

    def move(xy: Coordinates) -> Coordinates:
        dx = sum(size * east(xy) for east, _, size in fields)
        dy = sum(size * north(xy) for _, north, size in fields)
        return np.asarray(xy + np.stack([dx, dy], axis=1))

    return move


def scatter(rng: np.random.Generator, area: BaseGeometry, count: int) -> Coordinates:
    """Random points inside an area."""
    shapely.prepare(area)
    minx, miny, maxx, maxy = area.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        draw = rng.uniform((minx, miny), (maxx, maxy), (max(count, 50) * 4, 2))
        found = np.concatenate([found, draw[shapely.contains_xy(area, draw)]])
    return found[:count]


def lattice(
    rng: np.random.Generator, area: BaseGeometry, step_m: float, jitter: float, turn: float = 0.3
) -> Coordinates:
    """A turned square lattice over an area's box, each point moved by up to `jitter` steps."""
    centre = np.asarray(shapely.centroid(shapely.box(*area.bounds)).coords[0])
    reach = np.hypot(*(np.asarray(area.bounds[2:]) - area.bounds[:2])) / 2
    ticks = np.arange(-reach, reach + step_m, step_m)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    grid = grid + rng.uniform(-jitter, jitter, grid.shape) * step_m
    cos, sin = np.cos(turn), np.sin(turn)
    points = grid @ np.array([[cos, sin], [-sin, cos]]) + centre
    near = shapely.contains_xy(shapely.box(*area.bounds).buffer(2 * step_m), points)
    return np.asarray(points[near])


def cell_edges(points: Coordinates, move: Warp, step_m: float) -> BaseGeometry:
    """Edges of the Voronoi cells of points, densified and displaced."""
    edges = shapely.voronoi_polygons(MultiPoint(points), only_edges=True)
    return shapely.transform(shapely.segmentize(edges, step_m), move)


def partition(lines: Iterable[BaseGeometry], inside: BaseGeometry) -> Geometries:
    """The faces that lines cut an area into: shared edges are identical, without gaps."""
    noded = shapely.union_all([*lines, inside.boundary], grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(inside)
    return np.asarray(faces[shapely.intersects(inside, inner) & (shapely.area(faces) > 1)])


def blob(
    rng: np.random.Generator, centre: Sequence[float], radius_m: float, vertices: int = 22
) -> Polygon:
    """A rounded, irregular patch."""
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = np.ones(vertices)
    for order in (2, 3, 4, 5):
        radius += rng.normal(0, 0.16 / np.sqrt(order)) * np.cos(
            order * angle + rng.uniform(0, 2 * np.pi)
        )
    radius = np.clip(radius, 0.45, 1.7) * radius_m
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None] + np.asarray(centre)
    return shapely.set_precision(Polygon(ring), GRID_M)


def blobs(
    rng: np.random.Generator, centres: Coordinates, low_m: float, high_m: float, vertices: int = 22
) -> list[BaseGeometry]:
    """A patch of random size round each centre."""
    sizes = rng.uniform(low_m, high_m, len(centres))
    return [blob(rng, c, r, vertices) for c, r in zip(centres, sizes, strict=True)]


def apart(shapes: list[BaseGeometry], gap_m: float = 5) -> list[BaseGeometry]:
    """Keep only shapes that stay clear of those before them."""
    kept: list[BaseGeometry] = []
    for shape in shapes:
        if all(shape.distance(other) > gap_m for other in kept):
            kept.append(shape)
    return kept


def curve(points: Coordinates, rounds: int = 3) -> LineString:
    """Smooth a polyline by cutting its corners (Chaikin), end points kept."""
    for _ in range(rounds):
        first, last = points[:1], points[-1:]
        a, b = points[:-1], points[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        points = np.concatenate([first, cut[1:-1], last])
    return LineString(points)


def winding(
    rng: np.random.Generator, points: Coordinates, sway_m: float, step_m: float = 900
) -> LineString:
    """A line through points that bends on its way."""
    dense = np.asarray(shapely.segmentize(LineString(points), step_m).coords)
    dense[1:-1] += rng.normal(0, sway_m, dense[1:-1].shape)
    line = curve(dense, 2)
    return shapely.set_precision(shapely.simplify(line, 7), GRID_M)


def single_parts(geometry: BaseGeometry, least_m2: float = 1.0) -> list[Polygon]:
    """The polygons of a geometry, without crumbs."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return [p for p in parts if isinstance(p, Polygon) and p.area >= least_m2]


def line_parts(geometry: BaseGeometry, least_m: float = 5.0) -> list[LineString]:
    """The lines of a geometry, joined where they meet, without crumbs."""
    if isinstance(geometry, shapely.GeometryCollection | shapely.MultiLineString):
        geometry = shapely.line_merge(
            shapely.MultiLineString(
                [g for g in shapely.get_parts(geometry) if isinstance(g, LineString)]
            )
        )
    return [
        p for p in shapely.get_parts(geometry) if isinstance(p, LineString) and p.length >= least_m
    ]


def distinct(shapes: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Each geometry once, the first of its equals, whichever way round it was drawn."""
    first: dict[bytes, BaseGeometry] = {}
    for shape in shapes:
        first.setdefault(shapely.to_wkb(shapely.normalize(shape)), shape)
    return list(first.values())


def point_array(xy: Coordinates) -> list[BaseGeometry]:
    """Points from coordinates, on the millimetre grid."""
    return [Point(x, y) for x, y in np.round(xy, 3)]
