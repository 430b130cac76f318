"""What other programs see in the embedded store, and what they and a full disk may not spoil."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
import sqlalchemy as sa

from blueprint.bootstrap import init_store, open_service
from layers import Layer, StoreUnavailable, UnreadableSource, open_database
from layers.table import content_hashes, feature_table
from layers.views import view_columns

from .shelf import (
    CRS,
    HOLED,
    LINE,
    POINT,
    SQUARE,
    Rows,
    Shelf,
    Worker,
    features,
    open_shelf,
    square,
)

FARMLAND = "永久基本农田"


@pytest.fixture
def shelf(geopackage_store: str) -> Iterator[Shelf]:
    """The embedded store alone."""
    opened = open_shelf(geopackage_store)
    yield opened
    opened.service.close()


def read(shelf: Shelf, layer: str = FARMLAND, **options):
    """A layer as GDAL reads it, the store closed: two SQLites in one process undo each other."""
    shelf.service.close()
    return pyogrio.read_dataframe(shelf.name, layer=layer, **options)


def look(path: str, query: str, *values: object) -> list[tuple]:
    """The answer to a query, without the store."""
    with closing(sqlite3.connect(path)) as file:
        return file.execute(query, values).fetchall()


def test_gdal_lists_each_layer_by_its_name_and_the_deliveries_and_nothing_else(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    shelf.service.close()
    assert dict(pyogrio.list_layers(shelf.name)) == {
        "永久基本农田": "MultiPolygon",
        "城市道路": "MultiLineString",
        "轨道车站": "MultiPoint",
        "layer_version": None,
    }


def test_a_view_has_the_current_features_with_their_attributes_and_crs(shelf: Shelf):
    shelf.append("farmland", {"gone": SQUARE, "kept": (HOLED, {"地类": "水田", "亩": 3})})
    shelf.append("farmland", {"kept": (HOLED, {"地类": "水田", "亩": 3}), "new": SQUARE})
    frame = read(shelf).sort_values("feature_id")
    assert frame["feature_id"].tolist() == ["kept", "new"]
    assert frame["地类"].tolist()[0] == "水田"
    assert frame.crs.to_epsg() == 4548
    kept, new = shapely.from_wkt([HOLED, SQUARE])
    assert shapely.equals(frame.geometry.to_numpy(), [kept, shapely.multipolygons([new])]).all()
    info = pyogrio.read_info(shelf.name, layer=FARMLAND)
    assert info["features"] == 2
    assert info["fields"].tolist() == ["feature_id", "亩", "地类"]


def test_the_list_of_contents_tells_extent_and_number_of_the_current_version(shelf: Shelf):
    shelf.append("farmland", {"a": square(600000, 2700000, 100), "b": square(650000, 2750000)})
    shelf.append("farmland", {"a": square(600000, 2700000, 100)})
    query = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?"
    assert look(shelf.name, query, FARMLAND) == [(600000, 2700000, 600100, 2700100)]
    assert look(shelf.name, query, "城市道路") == [(None, None, None, None)]
    # QGIS takes this number; where it is missing it counts wrong from 100,000 features on
    counts = dict(look(shelf.name, "SELECT table_name, feature_count FROM gpkg_ogr_contents"))
    assert counts == {"永久基本农田": 1, "城市道路": 0, "轨道车站": 0}


def test_the_file_says_that_it_is_a_geopackage_and_has_the_tables_of_one(shelf: Shelf):
    assert look(shelf.name, "PRAGMA application_id") == [(0x47504B47,)]
    assert look(shelf.name, "PRAGMA user_version") == [(10300,)]
    assert look(shelf.name, "PRAGMA integrity_check") == [("ok",)]
    assert look(shelf.name, "PRAGMA foreign_key_check") == []
    tables = {name for (name,) in look(shelf.name, "SELECT name FROM sqlite_schema")}
    assert tables >= {"gpkg_contents", "gpkg_spatial_ref_sys", "gpkg_geometry_columns"}
    systems = look(shelf.name, "SELECT srs_id, organization FROM gpkg_spatial_ref_sys ORDER BY 1")
    assert systems == [(-1, "NONE"), (0, "NONE"), (4326, "EPSG"), (4548, "EPSG")]


def test_the_file_itself_and_not_only_its_log_says_so_as_soon_as_it_is_made(tmp_path: Path):
    path = tmp_path / "new.gpkg"
    service = init_store(str(path), CRS)
    assert path.read_bytes()[68:72] == b"GPKG"
    service.close()


def test_every_blob_has_a_header_with_its_crs_and_its_box(shelf: Shelf):
    shelf.append("road", {"r": LINE})
    ((blob,),) = look(shelf.name, "SELECT geometry FROM feature")
    assert blob[:4] == b"GP\x00\x03"
    assert int.from_bytes(blob[4:8], "little") == 4548
    line = shapely.from_wkt(LINE)
    minx, maxx, miny, maxy = np.frombuffer(blob[8:40], "<f8")
    assert (minx, miny, maxx, maxy) == line.bounds
    assert shapely.from_wkb(blob[40:]).equals(line)


def test_odd_attribute_names_neither_break_the_view_nor_get_lost(shelf: Shelf):
    odd = {
        'say "水田"': "a",
        "it's": "b",
        "50%": "c",
        "": "d",
        "fid": "e",
        "OGC_FID": "f",
        "geometry": "g",
        "feature_id": "h",
        "Name": "i",
        "name": "j",
        "back\\slash": "k",
        "a.b[0]": "l",
        "$": "m",
        "两行\n名": "n",
        "长" * 30: "o",
        "长" * 31: "p",
        ":param ?": "q",
        "rowid": "r",
    }
    table = features({"x": (SQUARE, odd)})
    shelf.append("farmland", table)
    frame = read(shelf)
    columns = view_columns(table)
    assert list(columns) == sorted(odd)
    assert {field: frame[name].tolist() for field, name in columns.items()} == {
        field: [value] for field, value in odd.items()
    }
    assert frame["feature_id"].tolist() == ["x"]


def test_a_feature_without_an_attribute_that_others_have_shows_none(shelf: Shelf):
    rows: Rows = {"a": (SQUARE, {"地类": "水田"}), "b": (HOLED, {"备注": None, 'q"': 1})}
    shelf.append("farmland", rows)
    frame = read(shelf).set_index("feature_id")
    assert frame.loc["a", "地类"] == "水田"
    assert frame.loc[["b"], "地类"].isna().all()
    assert frame.loc[["a"], 'q"'].isna().all()


@pytest.mark.parametrize("name", ['引"号', "撇'号", "百分%号", "select", "一 二", "图层;--"])
def test_odd_layer_names_are_listed_and_read_as_they_are(geopackage_store: str, name: str):
    service = init_store(geopackage_store, CRS)
    shelf = Shelf(geopackage_store, service)
    with service.database.write() as connection:
        service.layers.register(connection, [Layer("odd", name, "polygon")])
    shelf.append("odd", {"a": SQUARE, "b": square(0, 0)})
    assert name in dict(pyogrio.list_layers(geopackage_store))
    assert len(read(shelf, name)) == 2
    assert read(shelf, name, bbox=(-1, -1, 1, 1))["feature_id"].tolist() == ["b"]
    service.close()


def test_a_layer_named_like_a_table_is_refused_and_harms_nothing(shelf: Shelf):
    with (
        pytest.raises(StoreUnavailable, match="feature") as caught,
        shelf.service.database.write() as connection,
    ):
        shelf.service.layers.register(connection, [Layer("clash", "feature", "polygon")])
    assert "\n" not in str(caught.value)
    assert shelf.sql("SELECT count(*) FROM layer") == [3]
    assert shelf.append("farmland", {"a": SQUARE}).version == 1


def test_gdal_reads_by_bounds_what_the_store_scans_by_bounds(shelf: Shelf):
    rows = {f"f{x}_{y}": square(x * 20, y * 20) for x in range(30) for y in range(30)}
    shelf.append("farmland", rows)
    shelf.append("farmland", {key: row for key, row in rows.items() if not key.startswith("f5_")})
    bounds = (75.0, 100.0, 140.0, 131.5)
    by_gdal = sorted(read(shelf, bbox=bounds)["feature_id"])
    by_store = shelf.scan({"farmland": 2}, bounds).column("feature_id").to_pylist()
    assert by_gdal == by_store
    assert len(by_store) == 6


def test_gdal_finds_a_spatial_index_for_every_view(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    shelf.append("road", {"r": LINE})
    shelf.append("station", {"s": POINT})
    shelf.service.close()
    for layer in (FARMLAND, "城市道路", "轨道车站"):
        capabilities = pyogrio.read_info(shelf.name, layer=layer)["capabilities"]
        assert capabilities["fast_spatial_filter"], layer
        assert capabilities["fast_feature_count"], layer


# what GDAL asks when it reads a view by bounds, with the index of that name
BY_BOUNDS = f"""
    SELECT m.* FROM "{FARMLAND}" m JOIN "rtree_{FARMLAND}_geometry" r ON m."OGC_FID" = r."id"
    WHERE r."maxx" >= 600000 AND r."minx" <= 600050 AND r."maxy" >= 2700000 AND r."miny" <= 2700050
"""  # noqa: S608 a name of ours


@pytest.mark.parametrize("statistics", [False, True])
def test_a_read_by_bounds_goes_through_the_index_and_a_full_read_does_not(
    shelf: Shelf, statistics: bool
):
    shelf.append("farmland", {f"f{at}": square(600000 + at * 20, 2700000) for at in range(500)})
    with closing(sqlite3.connect(shelf.name)) as file:
        if statistics:
            file.execute("ANALYZE")
            file.commit()
    by_bounds = [row[3] for row in look(shelf.name, f"EXPLAIN QUERY PLAN {BY_BOUNDS}")]
    assert by_bounds[0].startswith("SCAN feature_box VIRTUAL TABLE INDEX 2:")
    assert by_bounds[1] == "SEARCH feature USING INTEGER PRIMARY KEY (rowid=?)"
    everything = look(shelf.name, f'EXPLAIN QUERY PLAN SELECT * FROM "{FARMLAND}"')  # noqa: S608
    assert "USING INDEX feature_by_layer (layer_id=?)" in everything[0][3]
    assert [row[2] for row in look(shelf.name, BY_BOUNDS)] == ["f0", "f1", "f2"]


def test_the_store_scans_by_index_with_bounds_and_without(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    queries: list[tuple[str, dict]] = []

    def note(conn, cursor, statement, parameters, context, executemany):
        if "FROM feature" in statement and "EXPLAIN" not in statement:
            queries.append((statement, parameters))

    sa.event.listen(shelf.service.database.engine, "before_cursor_execute", note)
    shelf.scan({"farmland": 1, "road": 1})
    shelf.scan({"farmland": 1}, (0.0, 0.0, 1.0, 1.0))
    plans = []
    for statement, parameters in queries:
        rows = look(shelf.name, f"EXPLAIN QUERY PLAN {statement}", *parameters)
        plans.append(" / ".join(row[3] for row in rows))
    span, piece, _, box = plans
    assert span.startswith("SEARCH feature USING COVERING INDEX feature_by_layer (layer_id=?")
    assert piece == "SEARCH feature USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
    assert "SCAN b VIRTUAL TABLE INDEX 2:" in box
    assert "SEARCH f USING INTEGER PRIMARY KEY" in box


def test_two_layers_that_share_a_place_in_the_index_stay_apart(
    geopackage_store: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("layers.geopackage._slot", lambda layer_id: 256.0)
    shelf = open_shelf(geopackage_store)
    with shelf.service.database.write() as connection:
        shelf.service.layers.register(connection, [Layer("pond", "坑塘", "polygon")])
    shelf.append("farmland", {"a": SQUARE})
    shelf.append("pond", {"b": SQUARE})
    around = (600000, 2700000, 600001, 2700001)
    assert shelf.scan({"pond": 1}, around).column("feature_id").to_pylist() == ["b"]
    assert read(shelf, "坑塘", bbox=around)["feature_id"].tolist() == ["b"]
    shelf.service.close()


def test_the_view_is_left_alone_unless_its_columns_change(shelf: Shelf):
    def shape_of_schema() -> int:
        return int(look(shelf.name, "PRAGMA schema_version")[0][0])

    shelf.append("farmland", {"a": (SQUARE, {"地类": "水田"})})
    before = shape_of_schema()
    shelf.append("farmland", {"b": (SQUARE, {"地类": "旱地"})})
    assert shape_of_schema() == before
    shelf.append("farmland", {"b": (SQUARE, {"地类": "旱地", "亩": 1})})
    assert shape_of_schema() > before
    assert read(shelf)["亩"].tolist() == ["1"]


def test_after_close_the_file_alone_is_the_whole_store(shelf: Shelf, tmp_path: Path):
    shelf.append("farmland", {"a": SQUARE})
    shelf.scan({"farmland": 1})
    shelf.service.close()
    assert [path.name for path in Path(shelf.name).parent.iterdir()] == ["store.gpkg"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = Path(shelf.name).rename(elsewhere / "moved.gpkg")
    service = open_service(str(moved))
    assert Shelf(str(moved), service).scan({"farmland": 1}).num_rows == 1
    service.close()


def test_a_refused_open_leaves_no_side_files(shelf: Shelf, tmp_path: Path):
    shelf.service.close()
    with closing(sqlite3.connect(shelf.name)) as file:
        file.execute("DELETE FROM setting")
        file.commit()
    with pytest.raises(StoreUnavailable, match="run `blueprint init`"):
        open_service(shelf.name)
    assert [path.name for path in tmp_path.iterdir()] == ["store.gpkg"]


def test_gdal_in_another_process_reads_the_old_state_while_the_store_writes(shelf: Shelf):
    script = (
        "import pyogrio, sys\n"
        "for _ in sys.stdin:\n"
        "    frame = pyogrio.read_dataframe(sys.argv[1], layer=sys.argv[2])\n"
        "    print(*frame['feature_id'], flush=True)\n"
    )
    shelf.append("farmland", {"a": SQUARE})
    command = [sys.executable, "-W", "error", "-c", script, shelf.name, FARMLAND]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as gdal:
        assert gdal.stdin is not None
        assert gdal.stdout is not None
        with shelf.service.database.write() as connection:
            shelf.service.layers.append(connection, shelf.delivery("farmland", {"b": SQUARE}))
            gdal.stdin.write("now\n")
            assert gdal.stdout.readline() == "a\n"
        gdal.stdin.write("now\n")
        assert gdal.stdout.readline() == "b\n"
        gdal.stdin.close()
    assert shelf.scan({"farmland": 2}).column("feature_id").to_pylist() == ["b"]


def test_the_store_is_no_file_to_be_delivered_into_itself(shelf: Shelf, tmp_path: Path):
    link = tmp_path / "link.gpkg"
    link.symlink_to(shelf.name)
    for path in (Path(shelf.name), link):
        with pytest.raises(UnreadableSource, match="is the store itself"):
            shelf.service.refuse_own_file(path)


def test_a_file_of_another_program_is_refused_and_not_touched(tmp_path: Path):
    theirs = tmp_path / "theirs.gpkg"
    with closing(sqlite3.connect(theirs)) as file:
        file.execute("CREATE TABLE farm (id INTEGER PRIMARY KEY)")
        file.commit()
    before = theirs.read_bytes()
    for attempt in (lambda: init_store(str(theirs), CRS), lambda: open_service(str(theirs))):
        with pytest.raises(StoreUnavailable, match="holds other data than a store's") as caught:
            attempt()
        assert "\n" not in str(caught.value)
    assert theirs.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.gpkg"]


def test_what_is_no_database_is_refused_in_one_line(tmp_path: Path):
    text = tmp_path / "notes.gpkg"
    text.write_text("not a database, though it is long enough to be looked at as one" * 50)
    for path in (text, tmp_path, tmp_path / "nowhere" / "store.gpkg"):
        with pytest.raises(StoreUnavailable, match="set BLUEPRINT_STORE") as caught:
            open_database(str(path))
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


def test_an_empty_file_becomes_a_store(tmp_path: Path):
    path = tmp_path / "empty.gpkg"
    path.touch()
    shelf = open_shelf(str(path))
    assert shelf.append("farmland", {"a": SQUARE}).version == 1
    shelf.service.close()


def test_a_full_disk_is_told_in_one_line_and_the_store_works_when_there_is_room(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    with Worker(shelf.name) as worker:
        worker.begin("full")
        said = worker.answer()
        assert said.startswith(f"{shelf.name}: ")
        assert said.endswith(("make room on its disk", "make room on its disk, or mend it"))
        assert shelf.versions()["farmland"].version == 1
        worker.begin("never")
        assert worker.answer() == "0"
    assert shelf.scan({"farmland": 1}).num_rows == 1
    assert shelf.scan({"farmland": 2}).num_rows == 400
    assert look(shelf.name, "PRAGMA integrity_check") == [("ok",)]


def test_an_unchanged_delivery_adds_next_to_nothing_to_the_file(shelf: Shelf):
    rng = np.random.default_rng(5)
    x, y = np.round(rng.uniform(600_000, 650_000, (2, 5000)), 4)
    circles = shapely.set_precision(shapely.buffer(shapely.points(x, y), 20, quad_segs=4), 1e-4)
    shapes = shapely.normalize(shapely.multipolygons(circles, indices=np.arange(5000)))
    ids, texts = [f"{at:05d}" for at in range(5000)], ['{"DLBM":"0101"}'] * 5000
    table = feature_table(ids, shapes, content_hashes(shapes, texts), texts, CRS)
    sizes = []
    for _ in range(2):
        shelf.append("farmland", table)
        shelf.service.close()
        sizes.append(Path(shelf.name).stat().st_size)
    assert sizes[1] < 1.02 * sizes[0]


def test_a_store_that_is_removed_under_its_users_is_missed_and_a_new_one_is_followed(
    tmp_path: Path,
):
    path = tmp_path / "store.gpkg"
    service = init_store(str(path))
    with service.database.read() as connection:
        assert service.layers.crs(connection) == CRS
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    with pytest.raises(StoreUnavailable, match="is gone"), service.database.read():
        pass
    init_store(str(path)).close()
    with service.database.write() as connection:
        connection.execute(sa.text("INSERT INTO setting VALUES ('mark', 'kept')"))
    service.close()
    with open_service(str(path)).database.read() as connection:
        assert connection.scalar(sa.text("SELECT value FROM setting WHERE key = 'mark'")) == "kept"
