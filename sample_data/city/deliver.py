"""Write the deliveries: attributes, coordinate systems and formats as departments send them."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fiona
import geopandas as gpd
import numpy as np
import pyogrio
import shapely
import yaml
from ezdxf.addons.r12writer import r12writer
from shapely.geometry.base import BaseGeometry

from city.drawing import Drawing, Drawn
from city.faults import damage_table
from city.ground import CRS, DISTRICTS, Ground
from city.recipes import Recipe

# Files in another system than EPSG:4548, and shapefiles that come without .cpg.
FILE_CRS = {
    "water_source.geojson": "EPSG:4490",
    "power_tower.geojson": "EPSG:4490",
    "parking.geojson": "EPSG:4490",
    "pipelines.geojson": "EPSG:4490",
    "postal.geojson": "EPSG:4490",
    "trees.geojson": "EPSG:4490",
    "eco_redline_next.geojson": "EPSG:4490",
    "heritage.gpkg": "EPSG:4490",
    "public_service.gpkg": "EPSG:4490",
    "river_blue_line.shp": "EPSG:4527",
    "district_beiling.gpkg": "EPSG:4527",
}
PLAIN_GEOJSON = {"parking.geojson", "postal.geojson"}  # without a crs member
WITHOUT_CPG = {"green_line.shp", "river_blue_line.shp"}
WITHOUT_LDID = {"river_blue_line.shp"}
LDID_GBK, LDID_OFFSET = 0x4D, 29
MANY = 300
GPKG = {"SPATIAL_INDEX": "NO", "ADD_GPKG_OGR_CONTENTS": "NO"}  # small files


@dataclass(frozen=True, slots=True)
class Layer:
    """What the catalogue says about a layer, as far as its delivery needs it."""

    id: str
    subtheme: str
    zh: str
    code: str | None
    polygon: bool


def catalogue_layers(catalogue: dict[str, Any]) -> list[Layer]:
    """All layers of the catalogue in their order."""
    return [
        Layer(x["id"], s["id"], x["name"]["zh"], x.get("code"), x["geometry"] == "polygon")
        for t in catalogue["themes"]
        for s in t["subthemes"]
        for x in s["layers"]
    ]


def deliver(
    layers: list[Layer], recipes: list[Recipe], ground: Ground, drawing: Drawing, folder: Path
) -> list[dict[str, str]]:
    """Write every layer into its file; answer the rows of the manifest."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files: dict[str, list[tuple[Layer, gpd.GeoDataFrame]]] = {}
    target = {r.layer: r.file for r in recipes}
    for number, layer in enumerate(layers, start=1):
        table = damage_table(layer.id, _table(number, layer, drawing[layer.id], ground))
        files.setdefault(target[layer.id], []).append((layer, table))
    rows: dict[str, dict[str, str]] = {}
    for name, tables in files.items():
        for (layer, _), row in zip(tables, _write(folder / name, tables), strict=True):
            rows[layer.id] = {"layer": layer.id, "file": name, **row}
    return [rows[layer.id] for layer in layers]


def deliver_next(layers: list[Layer], ground: Ground, name: str, drawn: Drawn, path: Path) -> None:
    """Write a layer's next version, which arrives later than all others: no manifest has it."""
    ((number, layer),) = [(n, x) for n, x in enumerate(layers, start=1) if x.id == name]
    _write(path, [(layer, _table(number, layer, drawn, ground))])


def _table(number: int, layer: Layer, drawn: Drawn, ground: Ground) -> gpd.GeoDataFrame:
    """Add the identifying fields that every planning layer carries."""
    shapes = np.asarray(drawn.shapes, dtype=object)
    home = [_district(s, ground) for s in shapes]
    noun = _noun(layer.zh) if len(shapes) < MANY else ""  # short names keep the sample small
    columns: dict[str, Any] = {
        "BSM": [f"{number:03d}{i:06d}" for i in range(1, len(shapes) + 1)],
        "YSDM": [f"2090{layer.subtheme}{number % 100:02d}"] * len(shapes),
        "XZQDM": [DISTRICTS[d][1] for d in home],
        "MC": [f"{DISTRICTS[d][0][:2]}{noun}{i}" for i, d in enumerate(home, start=1)],
        **drawn.fields,
    }
    if layer.polygon and "BZ" not in columns:
        columns["BZ"] = ["虚构"] * len(shapes)
    columns = {
        key: [DISTRICTS.get(v, (v,))[0] for v in values] if key == "XZQ" else values
        for key, values in columns.items()
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def _noun(name: str) -> str:
    for district, *_ in DISTRICTS.values():
        name = name.removeprefix(district)
    return name


def _district(shape: BaseGeometry, ground: Ground) -> str:
    if shape.is_empty:
        return "ludao"
    inner = shapely.point_on_surface(shape)
    for name, area in ground.districts.items():
        shapely.prepare(area)
        if area.intersects(inner):
            return name
    return min(ground.districts, key=lambda d: float(ground.districts[d].distance(inner)))


def _write(path: Path, tables: list[tuple[Layer, gpd.GeoDataFrame]]) -> list[dict[str, str]]:
    crs = FILE_CRS.get(path.name, CRS)
    moved = [(layer, table if crs == CRS else table.to_crs(crs)) for layer, table in tables]
    if path.suffix == ".gpkg":
        return [_write_many(path, x.zh, t, **GPKG) for x, t in moved]
    if path.suffix == ".gdb":
        return [_write_many(path, x.code or x.id.upper(), t) for x, t in moved]
    if path.suffix == ".dxf":
        return _write_dxf(path, moved)
    ((_, table),) = moved
    if path.suffix == ".shp":
        _write_shapefile(path, table, crs)
        return [{}]
    options = {"COORDINATE_PRECISION": "8", "RFC7946": "NO"}
    if path.name in PLAIN_GEOJSON:
        table = table.set_crs(None, allow_override=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_dataframe(table, path, driver="GeoJSON", **options)
    return [{"crs": crs} if path.name in PLAIN_GEOJSON else {}]


def _write_many(path: Path, name: str, table: gpd.GeoDataFrame, **options: str) -> dict[str, str]:
    driver = "GPKG" if path.suffix == ".gpkg" else "OpenFileGDB"
    pyogrio.write_dataframe(table, path, layer=name, driver=driver, **options)
    return {"source_layer": name}


def _write_shapefile(path: Path, table: gpd.GeoDataFrame, crs: str) -> None:
    """A shapefile with a GBK .dbf and narrow fields; some lose their .cpg, one its LDID too."""
    kinds = {name: _kind(table[name]) for name in table.columns.drop("geometry")}
    schema = {"geometry": table.geometry.iloc[0].geom_type, "properties": kinds}
    with fiona.open(
        path, "w", driver="ESRI Shapefile", crs=crs, schema=schema, encoding="GBK"
    ) as sink:
        sink.writerecords(
            {
                "geometry": shape.__geo_interface__,
                "properties": dict(zip(kinds, values, strict=True)),
            }
            for shape, *values in table[["geometry", *kinds]].itertuples(index=False)
        )
    if path.name in WITHOUT_CPG:
        path.with_suffix(".cpg").unlink(missing_ok=True)
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[1:4] = bytes((126, 11, 1))
    dbf[LDID_OFFSET] = 0 if path.name in WITHOUT_LDID else LDID_GBK
    path.with_suffix(".dbf").write_bytes(dbf)


def _kind(values: Any) -> str:
    """The narrowest .dbf field that holds a column."""
    if values.dtype.kind == "i":
        return "int:9"
    if values.dtype.kind == "f":
        return "float:9.2"
    return f"str:{max(len(str(v).encode('gbk')) for v in values)}"


def _write_dxf(path: Path, tables: list[tuple[Layer, gpd.GeoDataFrame]]) -> list[dict[str, str]]:
    """CAD drawings have neither attributes nor a coordinate system: only lines on named layers."""
    with r12writer(path) as drawing:
        for layer, table in tables:
            for number, shape in enumerate(table.geometry):
                points = shapely.get_coordinates(shape).round(3)
                closed = layer.polygon
                points = points[:-1] if closed else points
                if layer.id == "yellow_line" and number == 6:
                    closed = False  # fault: a ring that does not close
                drawing.add_polyline_2d(points.tolist(), layer=layer.id.upper(), closed=closed)
    return [{"source_layer": layer.id.upper(), "crs": CRS} for layer, _ in tables]


def write_manifest(rows: list[dict[str, str]], path: Path) -> None:
    """One line for each layer: what arrived for it."""
    lines = [
        yaml.safe_dump(row, allow_unicode=True, default_flow_style=True, sort_keys=False, width=999)
        for row in rows
    ]
    head = "# Written by make_city.py: the delivery of each layer, relative to deliveries/.\n"
    path.write_text(head + "".join(f"- {line}" for line in lines), encoding="utf-8")
