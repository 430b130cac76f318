"""Five sites whose answers are known: where they lie is searched for, so that they stay true."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from city.drawing import Drawing
from city.ground import CRS, Ground
from city.shapes import GRID_M, Coordinates, blob, scatter, single_parts

# Layers that lie under a site by design; everything else has to stay clear of it.
UNDERLAY = {
    "admin_city", "admin_district", "development_boundary", "living_space", "production_space",
    "land_use_plan", "urban_plan", "statistical_unit",
}  # fmt: skip
CLEAR_M = {
    "survey_mark": 260, "weather_station": 1100, "seismic_station": 1100, "military": 700,
    "microwave_link": 160, "hazardous_chemical_site": 1100, "airport_clearance": 100,
}  # fmt: skip
CLEAR_LINE_M, CLEAR_AREA_M, CLEAR_POINT_M = 80.0, 40.0, 80.0
LENGTH_M = 80.0
STRIP_M = 0.3

Site = dict[str, Polygon]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a site is tested against, indexed once."""

    obstacles: list[tuple[str, shapely.STRtree, float]]  # layer, its features, distance to keep
    plans: list[tuple[shapely.STRtree, np.ndarray]]  # parcels, whether they are building land
    dev: BaseGeometry

    def free(self, site: BaseGeometry, *ignore: str) -> bool:
        """True if all that matters keeps its distance and both plans show building land."""
        room = site.buffer(30)
        return (
            bool(self.dev.contains(room))
            and not any(
                len(tree.query(site, predicate="dwithin", distance=away))
                for name, tree, away in self.obstacles
                if name not in ignore
            )
            and all(built[tree.query(room, predicate="intersects")].all()
                    for tree, built in self.plans)
        )  # fmt: skip


def look_round(drawing: Drawing) -> Surroundings:
    """Index every layer that a site has to stay clear of, the densest first."""
    obstacles = []
    for name, drawn in sorted(drawing.items(), key=lambda item: -len(item[1].shapes)):
        if name in UNDERLAY or name.startswith("grid_"):
            continue
        if name.endswith(("_planning_unit", "_school_district")):
            continue
        kind = drawn.shapes[0].geom_type
        usual = {"Polygon": CLEAR_AREA_M, "Point": CLEAR_POINT_M}.get(kind, CLEAR_LINE_M)
        obstacles.append((name, shapely.STRtree(drawn.shapes), CLEAR_M.get(name, usual)))
    plans = [
        (
            shapely.STRtree(drawing[name].shapes),
            np.array(drawing[name].fields[column]) == "建设用地",
        )
        for name, column in (("land_use_plan", "TGLX"), ("urban_plan", "CGLX"))
    ]
    dev = drawing["development_boundary"].union()
    shapely.prepare(dev)
    return Surroundings(obstacles, plans, dev)


def find_sites(ground: Ground, drawing: Drawing, rng: np.random.Generator) -> Site:
    """Choose the sites; the sliver site also gets its piece of basic farmland."""
    sliver = _farmland_sliver(drawing, rng)
    around = look_round(drawing)
    return {
        "clear": _clear(around, rng),
        "consult": _consult(around, ground, rng),
        "farmland_sliver": sliver,
        "prohibited": _prohibited(drawing, rng),
        "outside_coverage": _outside(ground, drawing, rng),
    }


def _plot(rng: np.random.Generator, centre: Coordinates, width: float, depth: float) -> Polygon:
    """A five-cornered plot, turned at random, like a surveyed parcel."""
    corners = np.array([(-0.5, -0.5), (0.5, -0.46), (0.52, 0.3), (0.3, 0.5), (-0.48, 0.47)])
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    ring = corners * (width, depth) @ turn + centre
    return shapely.set_precision(Polygon(ring), GRID_M)


def _clear(around: Surroundings, rng: np.random.Generator) -> Polygon:
    for centre in scatter(rng, around.dev.buffer(-200), 6000):
        plot = _plot(rng, centre, 210, 160)
        if around.free(plot):
            return plot
    raise LookupError("clear: no free place found; thin the layers out")


def _consult(around: Surroundings, ground: Ground, rng: np.random.Generator) -> Polygon:
    """A plot whose nearest edge runs 28 m from a metro line."""
    lines = ground.metro
    metro = shapely.union_all(lines)
    for _ in range(20_000):
        line = lines[rng.integers(len(lines))]
        along = rng.uniform(0, line.length)
        a = shapely.get_coordinates(line.interpolate(along))[0]
        b = shapely.get_coordinates(line.interpolate(along + 5))[0]
        if np.hypot(*(b - a)) < 1:
            continue
        side = np.array([a[1] - b[1], b[0] - a[0]]) / np.hypot(*(b - a))
        ahead = (b - a) / np.hypot(*(b - a))
        near, far = 28.0, 168.0
        ring = [a + side * near - ahead * 75, a + side * near + ahead * 75,
                a + side * far + ahead * 80, a + side * far - ahead * 70]  # fmt: skip
        plot = shapely.set_precision(Polygon(ring), GRID_M)
        if not 22 < plot.distance(metro) < 38:
            continue
        if around.free(plot, "metro_line"):
            return plot
    raise LookupError("consult: no place along the metro found; thin the layers out")


def _farmland_sliver(drawing: Drawing, rng: np.random.Generator) -> Polygon:
    """A basic field left inside the development boundary, and a plot 0.3 m over its edge."""
    around = look_round(drawing)
    for centre in scatter(rng, around.dev.buffer(-300), 8000):
        x, y = np.round(centre, 0)
        field = Polygon(
            [(x - 110, y), (x + 120, y), (x + 150, y + 90), (x + 60, y + 150), (x - 90, y + 110)]
        )
        top, left, right = y + STRIP_M, x - LENGTH_M / 2, x + LENGTH_M / 2
        plot = Polygon([(left, top), (right, top), (right + 15, y - 230), (left - 20, y - 215)])
        if around.free(shapely.union(plot, field)):
            farm = drawing["permanent_basic_farmland"]
            farm.shapes.append(field)
            for values in farm.fields.values():
                values.append("0103")
            return plot
    raise LookupError("farmland_sliver: no free place found; thin the layers out")


def _prohibited(drawing: Drawing, rng: np.random.Generator) -> Polygon:
    """The middle of the largest basic field in a first-class water source."""
    source = drawing["water_source_1"].union()
    fields = [shapely.intersection(f, source) for f in drawing["permanent_basic_farmland"].shapes]
    roads = [g for name in ("county_road", "township_road") for g in drawing[name].shapes]
    verge = shapely.union_all(roads).buffer(30)
    free = [p for f in fields if f.area > 5000 for p in single_parts(f.difference(verge), 5000)]
    middle = max((shapely.maximum_inscribed_circle(f) for f in free), key=lambda r: r.length)
    return blob(rng, shapely.get_coordinates(middle)[0], middle.length * 0.58, 10)


def _outside(ground: Ground, drawing: Drawing, rng: np.random.Generator) -> Polygon:
    """A plot astride the city's limit on land."""
    limit, red = ground.city.boundary, drawing["eco_redline"].union()
    military = drawing["military"].union()
    for _ in range(5000):
        point = limit.interpolate(rng.uniform(0, limit.length))
        if point.distance(ground.coast) < 4000 or point.x > 640_000:
            continue
        plot = _plot(rng, np.array([point.x, point.y]), 220, 180)
        share = shapely.intersection(plot, ground.city).area / plot.area
        apart = plot.distance(red) > 100 and plot.distance(military) > 5000
        if 0.45 < share < 0.55 and apart:
            return plot
    raise LookupError("outside_coverage: no place on the city's limit found")


def write_sites(sites: Site, folder: Path) -> None:
    """Each site in another of the formats applicants bring."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _write_txt(folder / "clear.txt", sites["clear"], "示例地块（无冲突）")
    _write_table(folder / "consult.geojson", sites["consult"], "示例地块（需征求意见）", "GeoJSON",
                 "EPSG:4490", COORDINATE_PRECISION="9", RFC7946="YES")  # fmt: skip
    _write_table(folder / "farmland_sliver.shp", sites["farmland_sliver"], "示例地块（碎图斑）",
                 "ESRI Shapefile", CRS, ENCODING="GBK")  # fmt: skip
    _write_table(folder / "prohibited.gpkg", sites["prohibited"], "示例地块（禁止）", "GPKG", CRS)
    _write_table(folder / "outside_coverage.geojson", sites["outside_coverage"],
                 "示例地块（超出覆盖）", "GeoJSON", "EPSG:4490", COORDINATE_PRECISION="9",
                 RFC7946="YES")  # fmt: skip


def _write_table(
    path: Path, shape: Polygon, name: str, driver: str, crs: str, **options: str
) -> None:
    table = gpd.GeoDataFrame({"DKMC": [name], "BZ": ["虚构"]}, geometry=[shape], crs=CRS)
    out: Any = table if crs == CRS else table.to_crs(crs)
    pyogrio.write_dataframe(out, path, driver=driver, layer=path.stem, **options)


def _write_txt(path: Path, shape: Polygon, name: str) -> None:
    """The exchange format for boundary points: X north, Y east with the zone number 39."""
    ring = shapely.get_coordinates(shapely.orient_polygons(shape, exterior_cw=True))
    zone = shapely.get_coordinates(
        gpd.GeoSeries([LineString(ring)], crs=CRS).to_crs("EPSG:4527").iloc[0]
    )
    count = len(zone) - 1
    head = [
        "[属性描述]", "格式版本号=1.01", "数据产生单位=示例测绘单位（虚构）",
        "数据产生日期=2026-11-01", "坐标系=2000国家大地坐标系", "几度分带=3",
        "投影类型=高斯克吕格", "计量单位=米", "带号=39",
        "精度=0.001", "转换参数=,,,,,,", "[地块坐标]",
        f"{count},{shape.area / 1e4:.4f},1,{name},面,,商服用地,,@",
    ]  # fmt: skip
    rows = [f"J{i % count + 1},1,{y:.3f},{x:.3f}" for i, (x, y) in enumerate(zone)]
    path.write_text("\r\n".join(head + rows) + "\r\n", encoding="gbk", newline="")
