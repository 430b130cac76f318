"""Control lines and plans: unions of cells, made to disagree in a few dozen known places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from city.drawing import Drawing, Drawn, with_class
from city.ground import CONTROL_KM2, DEVELOPMENT_KM2, FARM_SHARE, Ground, groups
from city.shapes import (
    GRID_M,
    Geometries,
    blob,
    cell_edges,
    lattice,
    line_parts,
    partition,
    scatter,
    single_parts,
    warp,
)

SLIVER_WIDTHS_M = (0.05, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5)
REAL_RADII_M = (20.0, 35.0, 60.0, 90.0, 140.0, 210.0)
Spot = tuple[int, tuple[float, float]]  # number of a feature, a point of its edge

FIELD_GAP_M = 4.0  # basic farmland stays this far from the cells' edges: a path round each field
REDLINE_GAP_M = 5.0


@dataclass(frozen=True, slots=True)
class Zones:
    """Each cell's use: dev, farm, forest, water, rest or sea; and areas other layers need."""

    use: np.ndarray
    dev: BaseGeometry
    living: BaseGeometry
    production: BaseGeometry
    farm: BaseGeometry
    forest: BaseGeometry
    rest: BaseGeometry


def draw_plans(ground: Ground, drawing: Drawing, rng: np.random.Generator) -> Zones:
    """Draw the control lines, farmland and both plans."""
    use = _assign_use(ground, rng)
    zones = _control_lines(ground, use, drawing, rng)
    _farmland(ground, zones, drawing, rng)
    _redline(ground, zones, drawing, rng)
    _disagree(drawing, rng)
    _land_use_plan(ground, zones, drawing, rng)
    _urban_plan(ground, zones, drawing, rng)
    return zones


def _fill(order: np.ndarray, area_km2: np.ndarray, target_km2: float) -> np.ndarray:
    """The cells of `order` that together come closest to a target without exceeding it."""
    chosen, total = [], 0.0
    for cell in order:
        if total + area_km2[cell] <= target_km2:
            chosen.append(cell)
            total += area_km2[cell]
    return np.asarray(chosen, dtype=int)


def _assign_use(ground: Ground, rng: np.random.Generator) -> np.ndarray:
    cells = ground.cells
    use = np.array(cells.kind, dtype="U9")
    use[(use == "river") | (use == "reservoir")] = "water"
    land = np.flatnonzero(cells.kind == "land")
    order = land[np.argsort(-cells.score[land])]
    use[_fill(order, cells.area_km2, DEVELOPMENT_KM2)] = "dev"
    left = order[use[order] == "land"]
    water_km2 = cells.area_km2[use == "water"].sum()
    # Hills enter the line first; what stays out are scattered villages on the lower ground.
    rank = cells.score[left] + rng.normal(0, 0.25, len(left))
    inside = left[np.argsort(rank)]
    line = _fill(inside, cells.area_km2, CONTROL_KM2 - water_km2)
    line = line[np.argsort(-cells.score[line])]
    use[line] = "forest"
    use[_fill(line, cells.area_km2, FARM_SHARE * CONTROL_KM2)] = "farm"
    use[use == "land"] = "rest"
    return use


def _control_lines(
    ground: Ground, use: np.ndarray, drawing: Drawing, rng: np.random.Generator
) -> Zones:
    cells = ground.cells
    inside = np.isin(use, ("farm", "forest", "water"))

    def by_district(chosen: np.ndarray, *names: str, label: str = "") -> Drawn:
        parts = [(cells.union(chosen & (cells.district == d)), (label,)) for d in ground.districts]
        return with_class(parts, *names)

    drawing["eco_control_line"] = by_district(inside, "GKLX", label="生态控制线")
    drawing["eco_control_farmland"] = by_district(use == "farm", "GKLX", label="农田")
    drawing["eco_control_forest"] = by_district(use == "forest", "GKLX", label="林地")
    drawing["eco_control_water"] = by_district(use == "water", "GKLX", label="水域")
    drawing["development_boundary"] = by_district(use == "dev", "BJLX", label="城镇集中建设区")
    dev = np.flatnonzero(use == "dev")
    cluster = groups(cells.centre[dev], 70, rng)
    working = np.isin(cluster, rng.choice(70, 27, replace=False))
    living = np.isin(np.arange(len(use)), dev[~working])
    production = np.isin(np.arange(len(use)), dev[working])
    drawing["living_space"] = by_district(living, "KJLX", label="生活空间")
    drawing["production_space"] = by_district(production, "KJLX", label="生产空间")
    return Zones(
        use=use,
        dev=cells.union(use == "dev"),
        living=cells.union(living),
        production=cells.union(production),
        farm=cells.union(use == "farm"),
        forest=cells.union(use == "forest"),
        rest=cells.union(use == "rest"),
    )


def _farmland(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    """Fields inside the farm cells; basic farmland and its reserve are some of them."""
    edges = cell_edges(lattice(rng, ground.land, 510, 0.32, turn=0.5), warp(rng, (700, 22)), 240)
    fields = partition([shapely.intersection(edges, zones.farm.buffer(5))], zones.farm)
    fields = fields[(shapely.area(fields) > 12_000) & (rng.random(len(fields)) < 0.86)]
    cluster = groups(shapely.get_coordinates(shapely.centroid(fields)), 130, rng)
    share = rng.random(130)
    survey = [max(single_parts(f.buffer(-5, join_style="mitre")), key=lambda p: p.area)
              for f in fields]  # fmt: skip
    kinds = rng.choice(["0101", "0102", "0103"], len(fields), p=[0.45, 0.15, 0.4])
    drawing["farmland"] = Drawn(_snap(survey), {"DLBM": list(kinds), "DLMC": [
        {"0101": "水田", "0102": "水浇地", "0103": "旱地"}[k] for k in kinds]})  # fmt: skip
    basic = np.flatnonzero(share[cluster] < 0.68)
    drawn = [max(single_parts(fields[i].buffer(-FIELD_GAP_M, join_style="mitre")),
                 key=lambda p: p.area) for i in basic]  # fmt: skip
    drawing["permanent_basic_farmland"] = Drawn(_snap(drawn), {"DLBM": list(kinds[basic])})
    reserve = np.flatnonzero(share[cluster] > 0.92)
    drawing["farmland_reserve"] = Drawn([survey[i] for i in reserve])


def _snap(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    return list(shapely.set_precision(shapes, GRID_M))


def _redline(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    """The red line: the highest forest, some reservoirs, set back 5 m from the cells' edges."""
    cells = ground.cells
    forest = np.flatnonzero(zones.use == "forest")
    cluster = groups(cells.centre[forest], 44, rng)
    height = np.array([cells.score[forest[cluster == i]].mean() for i in range(44)])
    unions = [cells.union(np.isin(np.arange(len(zones.use)), forest[cluster == i]))
              for i in range(44)]  # fmt: skip
    border = [shapely.intersection(u.boundary, zones.dev.boundary).length for u in unions]
    # High ground, and a few groups that meet farmland and the development boundary.
    order = [*np.argsort(height)[:12], *np.argsort(height)[-5:], *np.argsort(border)[-6:]]
    parts = []
    for i in dict.fromkeys(order):
        union = unions[i]
        parts.append((union.buffer(-REDLINE_GAP_M, join_style="mitre"), ("生物多样性维护",)))
    drawn = with_class(parts, "HXLX", least_m2=20_000)
    drawn.shapes = _snap(drawn.shapes)
    drawing["eco_redline"] = drawn


def _disagree(drawing: Drawing, rng: np.random.Generator) -> None:
    """Let three layers overlap that must not: re-digitised edges and real patches."""
    farm, red = drawing["permanent_basic_farmland"], drawing["eco_redline"]
    dev = shapely.union_all(drawing["development_boundary"].shapes)
    both = FIELD_GAP_M + REDLINE_GAP_M
    _encroach(farm, FIELD_GAP_M, _meetings(farm, dev, 1, rng)[:24], rng)
    _encroach(farm, both, _meetings(farm, red.union(), 1, rng)[:20], rng)
    _encroach(red, REDLINE_GAP_M, _meetings(red, dev, 8, rng)[:16], rng)


def _encroach(
    layer: Drawn,
    gap_m: float,
    spots: list[Spot],
    rng: np.random.Generator,
) -> None:
    """Enlarge features at some spots so that they reach over a gap into another layer."""
    tree = shapely.STRtree(layer.shapes)
    for turn, (i, spot) in enumerate(spots):
        old = layer.shapes[i]
        if turn % 5 < 3:
            width = SLIVER_WIDTHS_M[turn % len(SLIVER_WIDTHS_M)]
            reach = blob(rng, spot, rng.uniform(120, 400))
            grown = old.buffer(gap_m + width, join_style="mitre").intersection(reach)
        else:
            grown = blob(rng, spot, REAL_RADII_M[turn % len(REAL_RADII_M)])
        others = [layer.shapes[j] for j in tree.query(grown.buffer(1)) if j != i]
        new = shapely.union(old, grown.difference(shapely.union_all(others).buffer(2)))
        layer.shapes[i] = shapely.set_precision(
            max(single_parts(new), key=lambda p: p.area), GRID_M
        )


def _meetings(
    layer: Drawn, other: BaseGeometry, per_feature: int, rng: np.random.Generator
) -> list[Spot]:
    """Features that run along another layer, each with points of its edge next to it."""
    shapely.prepare(other)
    zone = other.buffer(11)
    found: list[Spot] = []
    for i, shape in enumerate(layer.shapes):
        if not 3.5 < shape.distance(other) < 10.5:
            continue
        edges = line_parts(shapely.intersection(shape.boundary, zone), 60)
        for share in rng.uniform(0.2, 0.8, per_feature if edges else 0):
            edge = edges[rng.integers(len(edges))]
            x, y = edge.interpolate(share, normalized=True).coords[0]
            found.append((i, (x, y)))
    return [found[i] for i in rng.permutation(len(found))]


def _land_use_plan(
    ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator
) -> None:
    """The older plan: one parcel per cell."""
    cells, use = ground.cells, zones.use
    land = np.flatnonzero(use != "sea")
    built = np.isin(use, ("dev", "rest")) & (rng.random(len(use)) > 0.012)
    built |= (use == "farm") & (rng.random(len(use)) < 0.03)
    built[(use == "rest") & (rng.random(len(use)) < 0.4)] = False
    detail = {"farm": "耕地", "forest": "林地", "water": "水域", "rest": "园地", "dev": "园地"}
    top = np.where(built, "建设用地", np.where(use == "water", "未利用地", "农用地"))
    fine = [("城镇村用地" if built[i] else detail[str(use[i])]) for i in land]
    drawing["land_use_plan"] = Drawn(
        list(cells.shape[land]),
        {"TGLX": list(top[land]), "DLLB": fine, "BZ": ["虚构数据，不作规划依据"] * len(land)},
    )


def _urban_plan(ground: Ground, zones: Zones, drawing: Drawing, rng: np.random.Generator) -> None:
    """The younger plan: own parcels, its built-up edge re-digitised and changed in places."""
    cells = ground.cells
    fringe = np.array([zones.dev.boundary.distance(c) < 1 for c in cells.shape])
    pick = fringe & (rng.random(len(fringe)) < 0.025)
    built = (zones.use == "dev") & ~pick | pick & np.isin(zones.use, ("farm", "rest"))
    fixed = ground.land.boundary
    move = warp(rng, (900, 0.7), (260, 0.3))
    shapely.prepare(fixed)

    def redigitise(xy: np.ndarray) -> np.ndarray:
        # Nothing moves where the edge is the coast or the city's limit.
        calm = np.minimum(1, shapely.distance(fixed, shapely.points(xy)) / 200)[:, None]
        return np.asarray(xy + (move(xy) - xy) * calm)

    town = shapely.transform(cells.union(built), redigitise)
    dense = lattice(rng, ground.land, 1200, 0.3, turn=0.9)
    inside = shapely.contains_xy(zones.dev.buffer(400), dense)
    sparse = scatter(rng, ground.land.difference(zones.dev.buffer(900)), 230)
    edges = cell_edges(np.concatenate([dense[inside], sparse]), warp(rng, (1500, 30)), 400)
    faces = partition([edges, town.boundary], ground.land)
    faces = _merge_crumbs(faces)
    inner = shapely.point_on_surface(faces)
    urban = shapely.intersects(town, inner)
    kinds = np.array(["居住用地", "公共管理与公共服务用地", "商业服务业用地", "工业用地",
                      "绿地与开敞空间用地", "交通运输用地"])  # fmt: skip
    drawn = rng.choice(kinds, len(faces), p=[0.38, 0.12, 0.1, 0.22, 0.12, 0.06])
    drawing["urban_plan"] = Drawn(
        list(faces),
        {
            "CGLX": list(np.where(urban, "建设用地", "非建设用地")),
            "YDLX": list(np.where(urban, drawn, "农林用地")),
            "BZ": ["虚构数据，不作规划依据"] * len(faces),
        },
    )


def _merge_crumbs(faces: Geometries) -> Geometries:
    """Drop faces that are mere rounding of the coast (under 20 m²)."""
    return faces[shapely.area(faces) > 20]
