"""Files that are given out: read back by others, complete, and for those alone who may see them."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely

from blueprint.errors import PlanningError
from blueprint.exports.choice import Wanted
from blueprint.exports.delivered import export_quarantined, export_source
from blueprint.exports.layer import Form, export_layer
from layers import DataError, UnknownLayer
from layers.boundary_txt import read_boundary_txt
from layers.errors import UnknownDelivery
from layers.table import geometries
from tests.blueprint.conftest import Town

HOLED = (
    "POLYGON ((100 100, 300 100, 300 300.1234, 100 300, 100 100), "
    "(150 150, 200 150, 200 200, 150 150))"
)
PLAIN = "POLYGON ((500 500, 600 500, 600 600, 500 600, 500 500))"
WORDS = [
    {"名称": "地块一", "面积公顷数": 1.5, "n": 1, "open": True, "mixed": "a"},
    {"名称": "𠮷,；", "面积公顷数": 2.0, "n": None, "open": False, "mixed": "b"},
]


def deliver(town: Town) -> None:
    town.deliver("farmland", HOLED, PLAIN, attributes=WORDS)


def stored(town: Town, layer: str = "farmland") -> np.ndarray:
    with town.service.database.read() as connection:
        version = town.service.layers.version(connection, layer)
        return geometries(town.service.layers.scan(connection, {layer: version.version}))


def read(path: Path) -> geopandas.GeoDataFrame:
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    frame = pyogrio.read_dataframe(path)
    if path.suffix == ".csv":
        frame["geometry"] = shapely.from_wkt(frame["WKT"].tolist())
    return frame


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "parquet", "shp", "zip", "csv"])
def test_a_layer_comes_back_with_its_ids_words_and_every_bit_of_its_land(
    town_on_either: Town, suffix: str
) -> None:
    deliver(town_on_either)
    path = town_on_either.folder / f"out.{suffix}"
    done = export_layer(town_on_either.service, Wanted("farmland"), path)
    assert (done.features, done.version, done.crs) == (2, 1, "EPSG:4548")
    frame = read(path).sort_values("feature_id")
    assert set(frame["名称"]) == {"地块一", "𠮷,；"}
    short = "面积公" if suffix in {"shp", "zip"} else "面积公顷数"
    assert sorted(map(float, frame[short])) == [1.5, 2.0]
    # FlatGeobuf has its own order; a shapefile does not tell one part from several
    for was, now in zip(stored(town_on_either), frame["geometry"], strict=True):
        assert shapely.equals_exact(shapely.normalize(was), as_multi(now), 0)
    if suffix != "csv":
        assert frame.crs.to_epsg() == 4548


def as_multi(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.normalize(shapely.multipolygons(shapely.get_parts(shape)))


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl"])
def test_geojson_is_in_degrees_so_fine_that_the_stores_grid_is_met_again(
    town: Town, suffix: str
) -> None:
    deliver(town)
    path = town.folder / f"out.{suffix}"
    done = export_layer(town.service, Wanted("farmland"), path)
    assert done.crs == "EPSG:4490"
    frame = read(path).sort_values("feature_id").set_crs("EPSG:4490", allow_override=True)
    back = shapely.transform(frame.to_crs("EPSG:4548").geometry, lambda xy: np.round(xy, 4))
    for was, now in zip(stored(town), back, strict=True):
        assert shapely.equals_exact(shapely.normalize(was), as_multi(now), 0)


def test_boundary_text_is_taken_in_again_as_the_same_land(town_on_either: Town) -> None:
    town = town_on_either
    deliver(town)
    before = stored(town)
    path = town.folder / "out.txt"
    done = export_layer(town.service, Wanted("farmland"), path)
    assert done.crs == "EPSG:4527"
    assert any("面积公顷数" in loss for loss in done.losses)
    file = read_boundary_txt(path.read_bytes())
    assert (file.crs, file.notes) == ("EPSG:4527", ())
    assert file.header["数据产生单位"] == "规划局"
    moved = [
        shapely.transform(p.geometry, lambda xy: np.round(xy - [39e6, 0], 4)) for p in file.parcels
    ]
    for was, now in zip(before, moved, strict=True):
        assert shapely.equals_exact(shapely.normalize(was), as_multi(now), 0)


def test_boundary_text_may_be_plain_rounded_and_in_gbk(town: Town) -> None:
    deliver(town)
    path = town.folder / "out.txt"
    form = Form(crs="EPSG:4548", precision=0.001)
    done = export_layer(town.service, Wanted("farmland"), path, form)
    assert any("rounded to 0.001 m" in loss for loss in done.losses)
    assert read_boundary_txt(path.read_bytes()).crs == "EPSG:4548"
    with pytest.raises(DataError, match="write UTF-8"):
        export_layer(town.service, Wanted("farmland"), town.folder / "b.txt", Form(encoding="gbk"))
    assert not (town.folder / "b.txt").exists()


def test_an_older_version_is_given_out_by_number_snapshot_and_day(town: Town) -> None:
    town.deliver("farmland", HOLED)
    snapshot = town.publish()
    town.deliver("farmland", HOLED, PLAIN)
    for n, wanted in enumerate(
        [Wanted("farmland", version=1), Wanted("farmland", snapshot=snapshot)]
    ):
        done = export_layer(town.service, wanted, town.folder / f"old{n}.gpkg")
        assert (done.version, done.features) == (1, 1)
    assert export_layer(town.service, Wanted("farmland"), town.folder / "new.gpkg").features == 2


def test_shapefile_names_are_cut_at_ten_bytes_and_said(town: Town) -> None:
    deliver(town)
    path = town.folder / "out.shp"
    done = export_layer(town.service, Wanted("farmland"), path)
    assert "field '面积公顷数' is written as '面积公'" in done.losses
    assert path.with_suffix(".cpg").read_text() == "UTF-8"


def test_a_layer_above_the_clearance_is_as_unknown_as_one_that_is_not_there(
    town_on_either: Town,
) -> None:
    town = town_on_either
    town.deliver("barracks", PLAIN)
    snapshot = town.publish()
    said = []
    for wanted in (Wanted("barracks"), Wanted("barracks", snapshot=snapshot), Wanted("nowhere")):
        with pytest.raises(UnknownLayer) as caught:
            export_layer(town.service, wanted, town.folder / "secret.gpkg")
        with pytest.raises(UnknownLayer):
            export_quarantined(town.service, wanted, town.folder / "secret.gpkg")
        said.append(str(caught.value).replace(wanted.layer, "X"))
    assert len(set(said)) == 1
    assert not (town.folder / "secret.gpkg").exists()
    cleared = Wanted("barracks", clearance="restricted")
    assert export_layer(town.service, cleared, town.folder / "secret.gpkg").features == 1


def test_a_delivered_file_comes_back_byte_for_byte_to_those_who_may_see_it(
    town_on_either: Town,
) -> None:
    town = town_on_either
    open_ = town.draw(HOLED)
    from blueprint.deliveries.ingest import ingest_layer
    from blueprint.deliveries.manifest import Request

    ingest_layer(town.service, Request("farmland", open_), town.effective)
    with town.service.database.read() as connection:
        digest = town.service.layers.version(connection, "farmland").source_sha256
    out = town.folder / "again.gpkg"
    done = export_source(town.service, out, digest=digest)
    assert out.read_bytes() == open_.read_bytes()
    assert done.format == open_.name
    ingest_layer(town.service, Request("barracks", open_), town.effective)
    said = set()
    for name in (digest, "0" * 64):
        with pytest.raises(UnknownDelivery) as caught:
            export_source(town.service, town.folder / "x.gpkg", digest=name)
        said.add(str(caught.value).replace(name, "X"))
    assert len(said) == 1
    export_source(town.service, town.folder / "x.gpkg", digest=digest, clearance="restricted")


def test_rows_set_aside_come_as_delivered_with_their_row_and_reason(town_on_either: Town) -> None:
    town = town_on_either
    rows = [{"名称": name} for name in ("好", "重", "空")]
    path = town.folder / "in.geojson"
    lonlat = shapely.box(117.99, 24.42, 117.991, 24.421)
    features = [
        {"type": "Feature", "properties": row, "geometry": shape}
        for row, shape in zip(
            [rows[0], rows[0], rows[2]],
            [json.loads(shapely.to_geojson(lonlat))] * 2 + [None],
            strict=True,
        )
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    from blueprint.deliveries.ingest import ingest_layer
    from blueprint.deliveries.manifest import Request

    ingest_layer(town.service, Request("farmland", path, crs="EPSG:4490"), town.effective)
    for suffix in ("gpkg", "geojson"):
        out = town.folder / f"aside.{suffix}"
        done = export_quarantined(town.service, Wanted("farmland"), out)
        assert done.features == 2
        frame = pyogrio.read_dataframe(out)
        assert frame["row"].tolist() == [2, 3]
        assert frame["reason"].tolist() == ["duplicate", "no_geometry"]
        assert frame["名称"].tolist() == ["好", "空"]
        assert frame.crs.to_epsg() == 4490
        assert shapely.equals_exact(frame.geometry[0], lonlat, 0)
        assert frame.geometry[1] is None


def test_a_file_that_is_there_is_not_overwritten_unless_told(town: Town) -> None:
    deliver(town)
    path = town.folder / "out.gpkg"
    path.write_text("work of days")
    with pytest.raises(PlanningError, match="--replace"):
        export_layer(town.service, Wanted("farmland"), path)
    assert path.read_text() == "work of days"
    export_layer(town.service, Wanted("farmland"), path, replace=True)
    assert len(pyogrio.read_dataframe(path)) == 2


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("absent/out.gpkg", Form(), "folder does not exist"),
        ("out.xyz", Form(), "name a file that ends in"),
        ("out.gpkg", Form("shp"), r"\.shp"),
        ("out.gpkg", Form(precision=0.001), "boundary points"),
        ("out.geojsonl", Form(crs="EPSG:4548"), "degrees"),
        ("out.gpkg", Form(crs="EPSG:999999"), "not a known CRS"),
        ("out.txt", Form(crs="EPSG:4490"), "zone"),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_line(
    town: Town, name: str, form: Form, words: str
) -> None:
    deliver(town)
    with pytest.raises((PlanningError, DataError), match=words) as caught:
        export_layer(town.service, Wanted("farmland"), town.folder / name, form)
    assert "\n" not in str(caught.value)
    assert not (town.folder / name).exists()


@pytest.mark.parametrize(
    "suffix", ["gpkg", "geojson", "geojsonl", "fgb", "parquet", "shp", "csv", "txt"]
)
def test_on_a_full_disk_no_file_is_left_and_one_line_says_why(town: Town, suffix: str) -> None:
    cells = [
        shapely.box(x * 20, y * 20, x * 20 + 9, y * 20 + 9).wkt
        for x in range(50)
        for y in range(50)
    ]
    town.deliver("farmland", *cells)
    path = town.folder / f"out.{suffix}"
    export_layer(town.service, Wanted("farmland"), path)
    # not even the last byte may be missing
    limit = path.stat().st_size - 1
    path.unlink()
    command = [Path(sys.executable).with_name("blueprint"), "export", "farmland", "--out", path]
    ran = subprocess.run(
        [*command, "--replace"],
        env=os.environ | {"BLUEPRINT_STORE": town.service.database.name},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "disk full" in ran.stderr
    assert not path.exists()
    assert list(town.folder.glob(".out*")) == []
