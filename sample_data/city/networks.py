"""Lines: railways, metro, roads, streets, power, pipes, routes at sea."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from city.drawing import Drawing, Drawn
from city.ground import Ground, groups, spread
from city.plans import Zones
from city.shapes import (
    GRID_M,
    Coordinates,
    cell_edges,
    curve,
    distinct,
    km,
    lattice,
    line_parts,
    point_array,
    scatter,
    warp,
    winding,
)

Routes = Sequence[Coordinates]
HIGH_SPEED = [
    km((-14, 11), (-6, 15.4), (-1, 20.5), (3.4, 25), (12, 30.6), (19, 33.6), (30, 31), (45, 34)),
    km((3.4, 25), (1, 31), (3, 38), (2, 48)),
]
RAILWAY = [
    km((-14, 25), (-6, 22.4), (1, 21.6), (7.6, 21), (9.8, 18.6), (12.2, 16.2), (13.2, 12),
       (12.4, 8.8)),
    km((1, 21.6), (1.4, 15.2), (4.4, 11), (3.4, 6.6)),
]  # fmt: skip
EXPRESSWAY = [
    km((-14, 16), (-5, 17.8), (0, 23.2), (7, 28.4), (13, 34), (20, 37), (29, 34), (36, 31),
       (46, 30)),
    km((0, 23.2), (-2, 28), (-3, 36), (-4, 47)),
    km((20, 37), (21, 44), (22, 54)),
    km((-12, 11.4), (-3, 11.6), (3, 13.4), (5.6, 9.4), (8.6, 9.4)),
    km((19.4, 13.2), (22, 15.6), (24.6, 18.6), (26.4, 22), (27, 27), (29, 34)),
]  # fmt: skip
NATIONAL = [
    km((-14, 13.4), (-6, 16.4), (0, 19.4), (5, 20), (9.6, 25), (14.6, 30.4), (21, 31), (27, 29),
       (34, 27), (46, 27)),
    km((14.6, 30.4), (13, 37), (15, 43), (16, 56)),
]  # fmt: skip
PROVINCIAL = [
    km((3.6, 22), (2, 30), (4, 37), (9, 44), (8.6, 53)),
    km((24.6, 23), (30, 23.4), (36, 24), (44, 26)),
    km((-12, 30), (-5, 30.4), (2, 30), (9, 31)),
    km((27, 29), (30, 37), (31, 50)),
]
POWER_500 = [
    km((-14, 21), (-8, 25), (-5, 31), (2, 39), (11, 42), (22, 41.5), (33, 38), (46, 36)),
    km((11, 42), (10, 47), (12, 55)),
]
OIL_GAS = [
    km((-14, 28), (-6, 26.4), (1, 29.4), (8, 34.8), (15, 37.4), (24, 34.6), (32, 33.8), (46, 32)),
    km((3.6, 6.8), (0.4, 9.6), (-3.4, 18), (-6, 26.4)),
]
CHANNELS = [km((16, 3.2), (8.6, 3.4), (7.2, 7.4), (7.4, 12)), km((31, 15), (24, 14.2), (19.4, 19))]
FERRIES = [km((9.2, 6.4), (8, 5.8)), km((9, 9), (6.4, 9.6)), km((21.6, 12.6), (24, 16))]
CROSSINGS = [km((12.6, 15), (9.4, 19.6)), km((19.8, 13.6), (25, 17)), km((8.6, 9.2), (5.4, 9.6)),
             km((18, 15), (16.6, 22), (14.6, 24)), km((31, 19.6), (32.4, 18))]  # fmt: skip


def draw_networks(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    """Draw every line layer, and what stands along lines."""
    city = ground.city
    for name, routes, sway in (
        ("railway_highspeed", HIGH_SPEED, 60),
        ("railway", RAILWAY, 80),
        ("expressway", EXPRESSWAY, 110),
        ("national_road", NATIONAL, 130),
        ("provincial_road", PROVINCIAL, 190),
        ("oil_gas_pipeline", OIL_GAS, 150),
        ("shipping_channel", CHANNELS, 60),
        ("ferry_line", FERRIES, 20),
        ("bridge_tunnel", CROSSINGS, 15),
    ):
        drawing[name] = _routes(routes, sway, city, rng)
    for name in ("railway_highspeed", "railway"):
        drawing[name] = _by_setting(drawing[name], zones)
    _metro(ground, drawing)
    _country_roads(ground, zones, drawing, rng)
    streets = _streets(zones, drawing, rng)
    _power(ground, zones, drawing, rng)
    _pipes(streets, drawing, rng)


def _routes(routes: Routes, sway_m: float, inside: BaseGeometry, rng: np.random.Generator) -> Drawn:
    lines: list[BaseGeometry] = []
    for points in routes:
        smooth = shapely.get_coordinates(curve(points, 2))
        line = winding(rng, smooth, sway_m * 0.25, 1600)
        lines += line_parts(shapely.intersection(line, inside), 200)
    return Drawn(lines)


def _by_setting(routes: Drawn, zones: Zones) -> Drawn:
    """Cut routes where they enter or leave the town: the law's zones differ by the setting."""
    town = zones.dev
    pieces = [
        (part, setting)
        for line in routes.shapes
        for setting, where in (
            ("城市市区", shapely.intersection(line, town)),
            ("其他地区", shapely.difference(line, town)),
        )
        for part in line_parts(where, 5)
    ]
    return Drawn([part for part, _ in pieces], {"QYLX": [setting for _, setting in pieces]})


def _metro(ground: Ground, drawing: Drawing) -> None:
    lines = distinct(ground.metro)
    drawing["metro_line"] = Drawn(lines, {"FSFS": ["地下"] * len(lines)})
    stops = ground.metro_stops
    sides = np.concatenate([stops + np.array([60, 25]), stops - np.array([60, 25])])
    drawing["metro_entrance"] = Drawn(point_array(sides))


def _country_roads(
    ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator
) -> None:
    country = shapely.union_all([zones.farm, zones.rest])
    towns = scatter(rng, country, 26)
    villages = scatter(rng, country, 70)
    for name, places, reach in (("county_road", towns, 2), ("township_road", villages, 1)):
        hubs = towns
        lines: list[BaseGeometry] = []
        for place in places:
            away = np.hypot(*(hubs - place).T)
            order = [i for i in np.argsort(away) if away[i] > 300]
            for i in order[:reach]:
                line = winding(rng, np.stack([place, hubs[i]]), 150, 900)
                if line.length < 9000:
                    lines += line_parts(shapely.intersection(line, ground.land), 200)
        # Two towns may each choose the other, and a short way has no bend to tell them apart.
        drawing[name] = Drawn(distinct(lines))


def _streets(zones: Zones, drawing: Drawing, rng: np.random.Generator) -> list[LineString]:
    """A warped grid inside the development boundary: wide meshes, then narrow ones."""
    town = zones.dev.buffer(30)
    streets: dict[str, list[LineString]] = {}
    for name, mesh, jitter in (("arterial_road", 2000, 0.16), ("branch_road", 1250, 0.13)):
        edges = cell_edges(lattice(rng, town, mesh, jitter, 0.45), warp(rng, (4000, 90)), 650)
        parts = line_parts(shapely.simplify(shapely.intersection(edges, town), 3), 150)
        streets[name] = [shapely.set_precision(p, GRID_M) for p in parts]
        # Several neighbouring stretches make one named street.
        middle = shapely.get_coordinates(shapely.centroid(streets[name]))
        label = groups(middle, len(middle) // 7, rng)
        stretches = np.asarray(streets[name], dtype=object)
        drawing[name] = Drawn([shapely.multilinestrings(stretches[label == i].tolist())
                               for i in np.unique(label)])  # fmt: skip
    arterial = streets["arterial_road"]
    chosen = rng.permutation(len(arterial))
    drawing["brt_line"] = Drawn([arterial[i] for i in chosen[:14]])
    drawing["utility_tunnel"] = Drawn([arterial[i] for i in chosen[14:24]])
    drawing["greenway"] = Drawn([arterial[i] for i in chosen[24:44]])
    return [*arterial, *streets["branch_road"]]


def _power(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    """Straight spans between substations, one level feeding the next."""
    land = ground.land
    drawing["power_line_500kv"] = Drawn(
        [p for r in POWER_500 for p in line_parts(shapely.intersection(_spans(rng, r), land), 200)]
    )
    hubs = spread(scatter(rng, zones.dev, 300), 11, rng)
    sources = km((-8, 25), (2, 39), (11, 42), (22, 41.5), (33, 38))
    stations = spread(scatter(rng, zones.dev, 500), 30, rng)
    homes = scatter(rng, zones.living, 60)
    drawing["power_line_220kv"] = _feed(rng, sources, hubs, land)
    drawing["power_line_110kv"] = _feed(rng, hubs, stations, land)
    drawing["power_line_10kv"] = _feed(rng, stations, homes, land)
    # where levels meet, the tower is one of the higher
    towers: dict[tuple[float, float], int] = {}
    for kilovolts, step in ((500, 800), (220, 700), (110, 700)):
        for line in drawing[f"power_line_{kilovolts}kv"].shapes:
            for x, y in shapely.get_coordinates(shapely.segmentize(line, step)).tolist():
                towers.setdefault((x, y), kilovolts)
    places = sorted(towers)
    drawing["power_tower"] = Drawn(
        point_array(np.array(places)), {"DYDJ": [towers[place] for place in places]}
    )


def _spans(rng: np.random.Generator, points: Coordinates) -> LineString:
    dense = np.asarray(shapely.segmentize(LineString(points), 2500).coords)
    dense[1:-1] += rng.normal(0, 160, dense[1:-1].shape)
    return LineString(np.round(dense, 3))


def _feed(
    rng: np.random.Generator, sources: Coordinates, places: Coordinates, land: BaseGeometry
) -> Drawn:
    """A line to each place from the nearest source or place already fed."""
    lines: list[BaseGeometry] = []
    fed = list(sources)
    for place in sorted(places, key=lambda p: float(np.hypot(*(sources - p).T).min())):
        known = np.asarray(fed)
        start = known[np.hypot(*(known - place).T).argmin()]
        lines += line_parts(shapely.intersection(_spans(rng, np.stack([start, place])), land), 60)
        fed.append(place)
    return Drawn(lines)


def _pipes(streets: list[LineString], drawing: Drawing, rng: np.random.Generator) -> None:
    """Mains that run beside the streets."""
    for name, side, count in (
        ("gas_main", 6.0, 55),
        ("water_supply_main", -5.0, 70),
        ("sewage_main", 9.0, 60),
        ("optical_cable", -8.0, 50),
    ):
        chosen = [streets[i] for i in rng.permutation(len(streets))[:count]]
        moved = [shapely.offset_curve(s, side, join_style="mitre") for s in chosen]
        drawing[name] = Drawn(
            [shapely.set_precision(p, GRID_M) for m in moved for p in line_parts(m, 50)]
        )
