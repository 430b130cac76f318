"""One law for all formats: the same ten features give the same rows, whatever carried them."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyogrio
import pytest
import shapely

from layers.description import Description

Read = Callable[..., tuple[Description, pa.Table]]
COUNT = 10
FORMATS = [
    "layer.shp", "layer.zip", "layer.gpkg", "layer.gdb", "layer.geojson", "layer.json",
    "layer.geojsonl", "layer.geojsons", "layer.ndjson", "layer.fgb", "layer.parquet", "layer.kml",
    "layer.csv",
]  # fmt: skip


def frame() -> gpd.GeoDataFrame:
    """Ten parcels in degrees, some with holes, some of two parts, with Chinese names."""
    shapes = []
    for at in range(COUNT):
        x, y = 118.0 + at / 128, 24.5
        outer = shapely.box(x, y, x + 1 / 256, y + 1 / 256)
        hole = shapely.box(x + 1 / 1024, y + 1 / 1024, x + 1 / 512, y + 1 / 512)
        other = shapely.box(x, y + 1 / 128, x + 1 / 256, y + 1 / 64)
        shapes.append(outer - hole if at % 3 else outer | other)
    names = [f"永久基本农田{at}" for at in range(COUNT)]
    return gpd.GeoDataFrame({"名称": names, "code": range(COUNT)}, geometry=shapes, crs="EPSG:4490")


def write(path: Path) -> Path:
    rows = frame()
    match path.suffix:
        case ".parquet":
            rows.to_parquet(path)
        case ".csv":
            rows.to_wkt(rounding_precision=-1).rename(columns={"geometry": "WKT"}).to_csv(
                path, index=False
            )
        case ".zip":
            shapefile = write(path.with_suffix(".shp"))
            with zipfile.ZipFile(path, "w") as archive:
                for part in shapefile.parent.glob("layer.???"):
                    if part != path:
                        archive.write(part, part.name)
        case ".geojsonl" | ".geojsons" | ".ndjson":
            lines = path.with_suffix(".geojsonl")
            options = {"RS": "YES" if path.suffix == ".geojsons" else "NO"}
            options["COORDINATE_PRECISION"] = "15"
            pyogrio.write_dataframe(rows, lines, driver="GeoJSONSeq", **options)
            lines.rename(path)
        case ".json":
            pyogrio.write_dataframe(rows, path.with_suffix(".geojson"), driver="GeoJSON")
            path.with_suffix(".geojson").rename(path)
        case ".gdb":
            whole = {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}
            kind = "MultiPolygon"
            pyogrio.write_dataframe(rows, path, driver="OpenFileGDB", geometry_type=kind, **whole)
        case ".kml":
            pyogrio.write_dataframe(rows, path, driver="LIBKML")
        case _:
            pyogrio.write_dataframe(rows, path)
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_ten_features_give_the_same_rows(tmp_path: Path, name: str, rows_of: Read) -> None:
    _, rows = rows_of(write(tmp_path / name))
    found = {
        row["名称"]: (int(row["code"]), shapely.from_wkb(row["geometry"]))
        for row in rows.to_pylist()
    }
    assert (rows.num_rows, len(found)) == (COUNT, COUNT)
    for title, code, shape in frame().itertuples(index=False):
        assert found[title][0] == code
        apart = shapely.hausdorff_distance(found[title][1], shape)
        assert apart <= (1e-8 if name == "layer.gdb" else 0)  # a FileGDB has a grid of its own


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_shows_texts_by_which_mojibake_is_seen(
    tmp_path: Path, name: str, rows_of: Read
) -> None:
    said, _ = rows_of(write(tmp_path / name))
    assert said.preview[0] == "名称"
    assert len(said.preview) == 1 + 5
    assert all(text.startswith("永久基本农田") for text in said.preview[1:])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_its_crs_if_it_can(tmp_path: Path, name: str, rows_of: Read) -> None:
    said, _ = rows_of(write(tmp_path / name))
    on_wgs84 = {".kml": "OGC:CRS84", ".geojsonl": "EPSG:4326", ".geojsons": "EPSG:4326"}
    suffix = Path(name).suffix
    expected = {**on_wgs84, ".ndjson": "EPSG:4326", ".csv": None}.get(suffix, "EPSG:4490")
    assert said.crs == expected


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"layer.gdb"}))
@pytest.mark.parametrize("share", [0.05, 0.33, 0.57, 0.93, 0.99])
def test_a_file_cut_short_is_refused(
    tmp_path: Path, name: str, share: float, refusal: Callable[[Path], str]
) -> None:
    path = write(tmp_path / name)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert refusal(path).startswith("layer.")
