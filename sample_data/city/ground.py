"""The ground: coast, city outline, districts, and the cells every plan is put together from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from pyproj import Transformer
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from city.shapes import (
    GRID_M,
    Coordinates,
    Geometries,
    blobs,
    cell_edges,
    km,
    lattice,
    partition,
    point_array,
    single_parts,
    warp,
    waves,
    winding,
)

CRS = "EPSG:4548"
DEVELOPMENT_KM2 = 639.5
CONTROL_KM2 = 982.0
FARM_SHARE = 0.24

# The invented outline, clockwise from the south-west coast; the sea side stays near the shore.
OUTLINE = km(
    (-8.4, 7.9), (-10.6, 13), (-11.2, 20), (-9.2, 27), (-10.6, 34), (-5, 42), (3, 45.4), (9, 52),
    (18, 55.6), (24.5, 50.5), (32, 49), (40.5, 41), (42.6, 33), (41.6, 26), (38.9, 19),
    (36.7, 15.8), (33, 14.9), (26, 14.4), (22.4, 13.4), (21.8, 9), (19.4, 5.3), (15.4, 1.8),
    (10, 2.2), (7, 3.7), (2, 4.2), (-3, 5.6),
)  # fmt: skip
# id: (name, code, points whose surroundings belong to the district)
DISTRICTS: dict[str, tuple[str, str, Coordinates]] = {
    "ludao": ("鹭岛区", "359901", km((14, 9), (12, 13), (17, 6), (8.2, 5), (18, 12))),
    "xiyu": ("西屿区", "359902", km((1, 11), (-6, 13), (-3, 17), (5, 8), (3, 14))),
    "xingwan": ("杏湾区", "359903", km((5, 22), (2, 27), (10, 24), (-6, 24), (8, 19), (3, 17.5))),
    "tongxi": ("同溪区", "359904", km((14, 31), (10, 34), (18, 35), (17, 27))),
    "dongxiang": ("东翔区", "359905", km((26, 20), (30, 25), (34, 18), (24, 29), (36, 27))),
    "beiling": ("北岭区", "359906", km((0, 38), (8, 43), (20, 46), (30, 42), (-8, 34), (38, 38))),
}
RIVERS = {
    "鹭溪": km((1, 42), (5, 36.5), (9, 33.6), (13.5, 32), (17.5, 31.4)),
    "白沙溪": km((23, 47), (20, 39.5), (19.4, 35), (18.6, 32)),
    "石兜溪": km((3, 31), (9, 28.8), (12.5, 29.6), (15.2, 28.8)),
    "龙潭溪": km((-4, 33), (0, 28), (4, 25.6), (6, 24)),
    "九曲溪": km((37, 37), (31, 30), (28, 26), (24.3, 23.9)),
    "芸溪": km((-9, 19), (-6, 17.6), (-3.6, 17.4), (-1.6, 17.1)),
}
RESERVOIRS = km(
    (-2.5, 36), (6.5, 42), (15, 46), (27, 42), (34.8, 33.2), (-6, 28), (-7.5, 22), (22.4, 35),
    (3.2, 12.4),
)  # fmt: skip
HILLS = km(
    (-8, 32), (-1, 40), (7, 45), (17, 50), (28, 45), (38, 37), (-8.5, 23), (2.2, 12.2),
    (14.2, 6.2), (1, 32), (12, 41), (30, 36), (-7.5, 16),
)  # fmt: skip
HILL_SIZE = np.array([1.2, 1.3, 1.6, 1.7, 1.5, 1.3, 1.1, 2.6, 3.4, 0.9, 0.9, 0.8, 0.7])
HILL_REACH_M = np.array([5, 5, 6, 6, 6, 5, 4, 1.9, 2.0, 3, 4, 3, 2.5]) * 1000
PLAINS = km((15, 31), (7, 24.5), (28, 24), (-4, 14), (24, 20), (11, 27), (22, 28), (6, 20))


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of the city: every plan is a union of some of them."""

    shape: Geometries
    area_km2: Coordinates
    centre: Coordinates
    kind: np.ndarray  # sea, river, reservoir or land
    district: np.ndarray
    street: np.ndarray
    score: Coordinates  # high where a city would grow

    def union(self, chosen: np.ndarray) -> BaseGeometry:
        """The union of the chosen cells: their edges are identical, so it is exact."""
        return shapely.coverage_union_all(self.shape[chosen])


@dataclass(slots=True)
class Ground:
    """What every later step draws upon."""

    land: BaseGeometry
    city: BaseGeometry
    coast: BaseGeometry
    rivers: dict[str, LineString]
    corridor: BaseGeometry
    reservoirs: list[BaseGeometry]
    cells: Cells
    metro: list[BaseGeometry]  # as mapped: most stretches twice
    metro_stops: Coordinates
    districts: dict[str, BaseGeometry] = field(default_factory=dict)
    streets: dict[str, BaseGeometry] = field(default_factory=dict)


def read_base(path: Path) -> list[BaseGeometry]:
    """The geometries of a base file, in the city's CRS."""
    to_city = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    geometries = shapely.from_wkb(pyogrio.raw.read(path)[2])
    moved = shapely.transform(
        geometries, lambda xy: np.stack(to_city.transform(xy[:, 0], xy[:, 1]), axis=1)
    )
    return list(moved)


def draw_ground(base: Path, streets: dict[str, list[str]], rng: np.random.Generator) -> Ground:
    """Cut the city into cells and tell what each is."""
    outline = shapely.transform(
        shapely.segmentize(Polygon(OUTLINE), 250), warp(rng, (6000, 190), (1500, 30), (600, 8))
    )
    outline = shapely.set_precision(outline, GRID_M)
    coast_land = shapely.union_all(read_base(base / "coast_gshhg_lgpl.geojson")).simplify(36)
    land = shapely.set_precision(shapely.intersection(coast_land, outline), GRID_M)
    land = MultiPolygon([p for p in shapely.get_parts(land) if p.area > 30_000])
    shore = shapely.intersection(coast_land.boundary, outline.buffer(-1))
    rivers = {
        name: winding(rng, _to_shore(points, shore), 140, 700) for name, points in RIVERS.items()
    }
    corridor = shapely.intersection(
        shapely.union_all(list(rivers.values())).buffer(90, 3).simplify(6), land
    )
    bank = corridor.buffer(30)
    lakes: list[BaseGeometry] = [
        max(single_parts(lake.difference(bank)), key=lambda p: p.area)
        for lake in blobs(rng, RESERVOIRS, 420, 900, 30)
    ]
    lines = cell_edges(_cell_seeds(rng, outline, land), warp(rng, (2500, 60), (800, 18)), 330)
    inner = shapely.union_all([corridor, *lakes])
    lines = shapely.difference(lines, shapely.union_all(lakes))
    faces = partition([lines, land.boundary, inner.boundary], outline)
    kind = _kinds(faces, land, corridor, lakes)
    cells = _describe(faces, kind, streets, shore, rng)
    metro = read_base(base / "metro_osm_odbl.geojson")
    ground = Ground(
        land=cells.union(cells.kind != "sea"),
        city=cells.union(np.ones(len(faces), bool)),
        coast=shore,
        rivers=rivers,
        corridor=corridor,
        reservoirs=lakes,
        cells=cells,
        metro=[shapely.set_precision(g, GRID_M) for g in metro if isinstance(g, LineString)],
        metro_stops=shapely.get_coordinates([g for g in metro if g.geom_type == "Point"]),
    )
    ground.districts = {d: cells.union(cells.district == d) for d in DISTRICTS}
    ground.streets = {s: cells.union(cells.street == s) for d in streets for s in streets[d]}
    return ground


def _to_shore(points: Coordinates, shore: BaseGeometry) -> Coordinates:
    """Let a river end in the sea next to its last point."""
    last = shapely.points(points[-1])
    near = shapely.get_coordinates(shapely.shortest_line(last, shore))[-1]
    return np.concatenate([points, [near + (near - points[-1]) * 0.05]])


def _cell_seeds(rng: np.random.Generator, outline: Polygon, land: BaseGeometry) -> Coordinates:
    """Cell centres: close on the plains and near the shore, wide in the hills and the sea."""
    fine = lattice(rng, outline, 1040, 0.42)
    coarse = lattice(rng, outline, 2000, 0.45, turn=0.7)
    shapely.prepare(land)
    hilly = _hills(fine) > 0.55
    on_land = shapely.contains_xy(land, fine)
    keep = fine[on_land & ~hilly]
    far = shapely.distance(shapely.MultiPoint(keep), shapely.points(coarse)) > 0
    tree = shapely.STRtree(point_array(keep))
    gap = tree.query_nearest(shapely.points(coarse), return_distance=True, all_matches=False)[1]
    return np.concatenate([keep, coarse[far & (gap > 980)]])


def _hills(xy: Coordinates) -> Coordinates:
    square = ((xy[:, None, :] - HILLS[None]) ** 2).sum(axis=2)
    return np.asarray((HILL_SIZE * np.exp(-square / HILL_REACH_M**2)).sum(axis=1))


def _score(xy: Coordinates, shore: BaseGeometry, rng: np.random.Generator) -> Coordinates:
    square = ((xy[:, None, :] - PLAINS[None]) ** 2).sum(axis=2)
    plain = (0.7 * np.exp(-square / 4000.0**2)).sum(axis=1)
    to_sea = shapely.distance(shapely.points(xy), shore)
    noise = waves(rng, 6500)(xy) * 0.18 + waves(rng, 2400)(xy) * 0.12
    return np.asarray(plain + 1.3 * np.exp(-to_sea / 4500) - _hills(xy) + noise)


def _kinds(
    faces: Geometries, land: BaseGeometry, corridor: BaseGeometry, lakes: list[BaseGeometry]
) -> np.ndarray:
    inner = shapely.point_on_surface(faces)
    kind = np.full(len(faces), "land", dtype="U9")
    for name, area in (("reservoir", shapely.union_all(lakes)), ("river", corridor)):
        shapely.prepare(area)
        kind[shapely.intersects(area, inner)] = name
    kind[~shapely.intersects(land, inner)] = "sea"
    return kind


def _describe(
    faces: Geometries,
    kind: np.ndarray,
    streets: dict[str, list[str]],
    shore: BaseGeometry,
    rng: np.random.Generator,
) -> Cells:
    seeds = np.concatenate([d[2] for d in DISTRICTS.values()])
    owner = np.concatenate([[name] * len(d[2]) for name, d in DISTRICTS.items()])
    middle = shapely.get_coordinates(shapely.centroid(faces))
    district = owner[_nearest(middle, seeds)]
    street = np.full(len(faces), "", dtype="U20")
    for name, names in streets.items():
        mine = np.flatnonzero(district == name)
        ashore = mine[kind[mine] == "land"]
        street[mine] = np.asarray(names)[
            _nearest(middle[mine], spread(middle[ashore], len(names), rng))
        ]
    return Cells(
        shape=faces,
        area_km2=shapely.area(faces) / 1e6,
        centre=shapely.get_coordinates(shapely.point_on_surface(faces)),
        kind=kind,
        district=district,
        street=street,
        score=_score(middle, shore, rng),
    )


def _nearest(points: Coordinates, seeds: Coordinates) -> np.ndarray:
    return np.asarray(((points[:, None, :] - seeds[None]) ** 2).sum(axis=2).argmin(axis=1))


def spread(points: Coordinates, count: int, rng: np.random.Generator) -> Coordinates:
    """Seeds spread evenly among points (a few rounds of k-means)."""
    seeds = points[rng.choice(len(points), count, replace=False)]
    for _ in range(12):
        label = _nearest(points, seeds)
        seeds = np.stack(
            [points[label == i].mean(axis=0) if (label == i).any() else seeds[i]
             for i in range(count)]
        )  # fmt: skip
    return np.asarray(seeds)


def groups(points: Coordinates, count: int, rng: np.random.Generator) -> np.ndarray:
    """Label points by the nearest of `count` evenly spread seeds."""
    count = min(count, len(points))
    return _nearest(points, spread(points, count, rng))
