"""Protected and restricted areas: water, coast, nature, heritage, city lines, safety."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from city.drawing import Drawing, Drawn, with_class
from city.ground import Ground, groups
from city.plans import Zones
from city.shapes import GRID_M, apart, blob, blobs, km, point_array, scatter, single_parts

INTAKES = km((7.2, 34.4), (30.2, 29.2))  # river intakes, amid fields
RUNWAY = km((14.5, 11.3), (18.1, 12.5))
SCENIC = ((km((14.2, 6.1))[0], 2200.0), (km((7.5, 5.2))[0], 800.0), (km((19, 46))[0], 2600.0))
RESERVES = ((km((5, 47))[0], 2600.0), (km((31, 45.5))[0], 2300.0), (km((19.2, 30))[0], 1100.0))
MILITARY = ((km((-8.2, 35.5))[0], 420.0), (km((36.5, 41))[0], 500.0), (km((28.5, 15.3))[0], 300.0))
OLD_TOWNS = km((9.4, 6.2), (16.2, 33.4), (8.4, 20.6), (25.6, 21.2), (0.6, 13.2))


def draw_protection(
    ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator
) -> None:
    """Draw every protected area that a rule may rely on."""
    _water(ground, zones, drawing, rng)
    _coast(ground, drawing, rng)
    _nature(ground, zones, drawing, rng)
    _heritage(ground, zones, drawing, rng)
    _city_lines(zones, drawing, rng)
    _airport(ground, drawing)
    _safety(ground, zones, drawing, rng)
    _projects(ground, zones, drawing, rng)


def _snap(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.set_precision(geometry, GRID_M)


def _rings(kernel: BaseGeometry, *reach_m: float) -> list[BaseGeometry]:
    """Zones of growing distance round a kernel, none overlapping another."""
    zones, inner = [], kernel
    for reach in reach_m:
        outer = kernel.buffer(reach, 5).simplify(3)
        zones.append(_snap(outer.difference(inner)))
        inner = shapely.union(outer, inner)
    return zones


def _water(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    lakes = [_snap(lake) for lake in ground.reservoirs]
    drawing["reservoir"] = Drawn(list(lakes), {"SKDJ": ["中型"] * 3 + ["小型"] * 6})
    sources: list[BaseGeometry] = [lake.buffer(100, 6).simplify(2) for lake in lakes[:6]]
    near = shapely.union_all(list(ground.rivers.values()))
    for xy in INTAKES:
        reach = blob(rng, xy, 750)
        bank = shapely.intersection(near.buffer(420), reach)
        sources.append(shapely.union(bank, blob(rng, xy, 460)))
    land = ground.land
    first = [_snap(shapely.intersection(s, land)) for s in sources]
    second, quasi = [], []
    taken = shapely.union_all(first)
    for source in sources:
        ring, outer = _rings(source, 500, 1300)
        second.append((_snap(ring.intersection(land).difference(taken)), ("二级",)))
        quasi.append((_snap(outer.intersection(land).difference(taken)), ("准保护区",)))
    drawing["water_source_1"] = with_class([(f, ("一级",)) for f in first], "BHDJ")
    drawing["water_source_2"] = with_class(second, "BHDJ", least_m2=100)
    drawing["water_source_quasi"] = with_class(quasi, "BHDJ", least_m2=100)
    bed: list[tuple[BaseGeometry, tuple[str, str]]] = []
    blue: list[tuple[BaseGeometry, tuple[str, str]]] = []
    line: list[tuple[BaseGeometry, tuple[str, str]]] = []
    for name, river in ground.rivers.items():
        for district, area in ground.districts.items():
            mine = shapely.intersection(area, land)
            for width, target in ((55, bed), (85, blue), (100, line)):
                part = _snap(shapely.intersection(river.buffer(width, 4).simplify(2), mine))
                target.append((part, (name, district)))
    drawing["river_management"] = with_class(bed, "HLMC", "XZQ", least_m2=200)
    drawing["river_blue_line"] = with_class(blue, "HLMC", "XZQ", least_m2=200)
    town = zones.dev.buffer(150)
    urban = [(_snap(shapely.intersection(p, town)), v) for p, v in line]
    drawing["blue_line"] = with_class(urban, "HLMC", "XZQ", least_m2=2000)


def _coast(ground: Ground, drawing: Drawing, rng: np.random.Generator) -> None:
    band = shapely.intersection(ground.coast.buffer(200, 4).simplify(8), ground.land)
    drawing["coastal_setback"] = with_class(
        [(_snap(shapely.intersection(band, d)), (200,)) for d in ground.districts.values()],
        "TXJL", least_m2=500,
    )  # fmt: skip
    kept = [p for p in shapely.get_parts(ground.coast) if p.length > 400]
    drawing["natural_shoreline"] = Drawn([_snap(p) for p in kept])
    sea = shapely.difference(ground.city, ground.land)
    shapely.prepare(sea)
    wet = shapely.intersection(sea, ground.coast.buffer(250))
    tidal = ground.city.difference(ground.land.buffer(0.001))
    marsh = [
        (_snap(shapely.intersection(b, tidal)), ("滨海湿地",))
        for b in blobs(rng, scatter(rng, wet, 9), 250, 600)
    ]
    lakeside = [(_snap(r.buffer(60, 6)), ("人工湿地",)) for r in ground.reservoirs[6:8]]
    drawing["wetland"] = with_class(marsh + lakeside, "SDLX", least_m2=5000)


def _nature(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    cells = ground.cells
    core, general = [], []
    for xy, radius in RESERVES:
        outer = _snap(shapely.intersection(blob(rng, xy, radius, 40), ground.city))
        inner = _snap(shapely.intersection(blob(rng, xy, radius * 0.5, 30), outer))
        core.append((inner, ("核心保护区",)))
        general.append((_snap(shapely.difference(outer, inner)), ("一般控制区",)))
    drawing["nature_reserve_core"] = with_class(core, "GKQ")
    drawing["nature_reserve_general"] = with_class(general, "GKQ")
    wood = np.flatnonzero(zones.use == "forest")
    label = groups(cells.centre[wood], 110, rng)
    drawing["forest_land"] = with_class(
        [
            (
                _snap(
                    cells.union(np.isin(np.arange(len(zones.use)), wood[label == i])).buffer(
                        -3, join_style="mitre"
                    )
                ),
                (rng.choice(["公益林", "商品林"]),),
            )
            for i in range(110)
        ],
        "LYLX",
        least_m2=2000,
    )
    scenic, heart = [], []
    for xy, radius in SCENIC:
        area = _snap(shapely.intersection(blob(rng, xy, radius, 36), ground.land))
        scenic.append((area, ("风景名胜区",)))
        heart.append((_snap(shapely.intersection(blob(rng, xy, radius * 0.45), area)), ("核心",)))
    drawing["scenic_area"] = with_class(scenic, "FJLX")
    drawing["scenic_core"] = with_class(heart, "FJLX")


def _heritage(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    land = shapely.union(zones.living, zones.rest)
    places = scatter(rng, land.buffer(-150), 36)
    near = np.concatenate([xy + rng.normal(0, 170, (4, 2)) for xy in OLD_TOWNS])
    kernels = apart(blobs(rng, np.concatenate([places, near]), 18, 60))
    level = [str(x) for x in rng.choice(["国家级", "省级", "市级", "区级"], len(kernels))]
    drawing["heritage_protection"] = Drawn(list(kernels), {"WBDJ": level})
    taken, control = shapely.union_all(kernels), []
    for kernel, grade in zip(kernels, level, strict=True):
        ring = _snap(_rings(kernel, rng.uniform(30, 90))[0].difference(taken))
        taken = shapely.union(taken, ring)
        control.append((ring, (grade,)))
    drawing["heritage_control_zone"] = with_class(control, "WBDJ", least_m2=50)
    buried = apart(blobs(rng, scatter(rng, ground.land, 9), 150, 420))
    drawing["underground_heritage"] = Drawn(buried)
    towns = [_snap(blob(rng, xy, 260)) for xy in OLD_TOWNS]
    drawing["historic_district_core"] = Drawn(list(towns))
    purple = [_snap(t.buffer(60, 6).simplify(1)) for t in towns]
    drawing["purple_line"] = Drawn(
        purple + [_snap(k.buffer(5, 4).simplify(1)) for k in kernels[:8]]
    )
    drawing["historic_building"] = Drawn(point_array(scatter(rng, shapely.union_all(towns), 40)))


def _city_lines(zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    inner = zones.dev.buffer(-80)
    greens = apart(blobs(rng, scatter(rng, inner, 90), 40, 260))
    kind = [str(x) for x in rng.choice(["公园绿地", "防护绿地", "广场用地"], len(greens))]
    drawing["green_line"] = Drawn(list(greens), {"LDLX": kind})
    yellow = apart(blobs(rng, scatter(rng, inner, 34), 35, 110, 12))
    drawing["yellow_line"] = Drawn(yellow)


def _airport(ground: Ground, drawing: Drawing) -> None:
    runway = LineString(RUNWAY)
    drawing["airport_site"] = Drawn([_snap(runway.buffer(420, cap_style="flat"))])
    along = RUNWAY[1] - RUNWAY[0]
    along = along / np.hypot(*along)
    across = np.array([-along[1], along[0]])
    surfaces: list[BaseGeometry] = [runway.buffer(4000, 16)]
    for end, out in ((RUNWAY[0], -along), (RUNWAY[1], along)):
        near, far = end + out * 60, end + out * 15_060
        surfaces.append(Polygon([near + across * 150, far + across * 2400,
                                 far - across * 2400, near - across * 150]))  # fmt: skip
    clearance = _snap(shapely.intersection(shapely.union_all(surfaces), ground.city))
    drawing["airport_clearance"] = with_class([(clearance, (150,))], "XGHB")


def _safety(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    hills = zones.forest.buffer(-250)
    prone = apart(blobs(rng, scatter(rng, hills, 40), 150, 700))
    drawing["geohazard_prone"] = Drawn(
        list(prone), {"YFCD": [str(x) for x in rng.choice(["高", "中", "低"], len(prone))]}
    )
    danger = [_snap(blob(rng, p.representative_point().coords[0], 70)) for p in prone[:12]]
    edge = shapely.intersection(zones.rest, zones.forest.buffer(60))
    danger += [_snap(blob(rng, xy, 60)) for xy in scatter(rng, edge, 4)]
    drawing["geohazard_danger"] = Drawn(list(danger), {"ZHLX": ["滑坡"] * 10 + ["崩塌"] * 6})
    mines = blobs(rng, scatter(rng, hills, 9), 200, 600)
    kinds = [
        "建筑用石料",
        "高岭土",
        "地热",
        "矿泉水",
        "花岗岩",
        "石英砂",
        "建筑用砂",
        "叶蜡石",
        "铁",
    ]
    drawing["mineral_resource"] = Drawn(list(mines), {"KZ": kinds})
    drawing["military"] = Drawn([_snap(blob(rng, xy, r)) for xy, r in MILITARY])
    drawing["weather_station"] = Drawn(point_array(scatter(rng, ground.land, 9)))
    drawing["seismic_station"] = Drawn(point_array(scatter(rng, ground.land, 6)))
    drawing["survey_mark"] = Drawn(
        point_array(scatter(rng, ground.land, 70)),
        {"DJ": [str(x) for x in rng.choice(["B", "C", "D"], 70)]},
    )
    tops = scatter(rng, hills, 8)
    links = [LineString(np.round([tops[i], tops[i + 1]], 3)) for i in range(7)]
    drawing["microwave_link"] = Drawn(
        list(links), {"PLGHZ": [7.5, 8.0, 11.0, 7.5, 8.0, 11.0, 13.0]}
    )
    drawing["hazardous_chemical_site"] = Drawn(point_array(scatter(rng, zones.production, 14)))


def _projects(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    cells = ground.cells
    dev = np.flatnonzero(zones.use == "dev")
    label = groups(cells.centre[dev], 60, rng)
    planned = dev[np.isin(label, rng.choice(60, 9, replace=False))]
    shapes = [
        p
        for i in planned
        for p in single_parts(_snap(cells.shape[i].buffer(-12, join_style="mitre")), 5000)
    ]
    count = len(shapes)
    uses = ["二类居住用地", "商业用地", "一类工业用地", "公园绿地", "教育用地"]
    drawing["detailed_plan"] = Drawn(
        list(shapes),
        {
            "YDXZ": [str(x) for x in rng.choice(uses, count)],
            "RJL": [round(float(x), 1) for x in rng.uniform(0.8, 3.2, count)],
            "JZGD": [int(x) for x in rng.choice([18, 24, 36, 54, 80], count)],
            "LDL": [int(x) for x in rng.choice([20, 30, 35], count)],
        },
    )
    inner = zones.dev.buffer(-60)
    sites = apart(blobs(rng, scatter(rng, inner, 95), 50, 170, 9))
    code = [f"{2100 + i % 5 * 100 + i % 12 + 1}-359901-04-01-{200000 + i * 137}"
            for i in range(len(sites))]  # fmt: skip
    cut = len(sites) * 2 // 3
    # every eighth was given up: it still lies in the layer, and concerns nobody
    approved = ["已撤销" if i % 8 == 7 else "在建" if i % 3 == 2 else "已批" for i in range(cut)]
    planned = ["已终止" if i % 8 == 7 else "前期" if i % 3 == 2 else "策划"
               for i in range(len(sites) - cut)]  # fmt: skip
    drawing["approved_project"] = Drawn(list(sites[:cut]), {"XMDM": code[:cut], "XMZT": approved})
    drawing["planned_project"] = Drawn(list(sites[cut:]), {"XMDM": code[cut:], "XMZT": planned})
