"""One contract for both stores: what was kept comes back, and nothing half-done is seen."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from blueprint.bootstrap import init_store, open_service
from layers import Layer, Quarantined, StoreUnavailable, UnknownLayer
from layers.errors import UnknownVersion, UnsuitableCrs
from layers.table import column, crs_of, geometries
from layers.versions import digest

from .shelf import (
    CRS,
    HOLED,
    LAYERS,
    LINE,
    MOMENT,
    POINT,
    SQUARE,
    Rows,
    Shelf,
    Worker,
    features,
    open_shelf,
    run_together,
    square,
)

# the store under test lives on between examples: each of them appends one more version
several = settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
coordinate = st.floats(min_value=-1e7, max_value=1e7, allow_nan=False)
point = st.builds(shapely.Point, coordinate, coordinate)
# as far from zero as a city is, and finer than the single precision of both indexes
near = st.integers(0, 40).map(lambda step: 2_700_000.1 + step * 0.05)
side = st.integers(1, 20).map(lambda step: step * 0.05)
spot = st.builds(shapely.Point, near, near)
box = st.builds(lambda x, y, w, h: shapely.box(x, y, x + w, y + h), near, near, side, side)
frame = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), near, near, side, side)


@pytest.fixture
def shelf(store: str) -> Iterator[Shelf]:
    """Either store in turn."""
    opened = open_shelf(store)
    yield opened
    opened.service.close()


@pytest.fixture
def both(geopackage_store: str, postgis_store: str) -> Iterator[tuple[Shelf, Shelf]]:
    """The two stores side by side."""
    shelves = open_shelf(geopackage_store), open_shelf(postgis_store)
    yield shelves
    for opened in shelves:
        opened.service.close()


def ids(table: pa.Table) -> list[str]:
    return column(table, "feature_id")


def of_layer(table: pa.Table) -> dict[str, tuple[bytes, str, str]]:
    """Feature id → everything that is known of it."""
    columns = [
        table.column(name).to_pylist() for name in ("geometry", "content_hash", "attributes")
    ]
    return dict(zip(ids(table), zip(*columns, strict=True), strict=True))


def numbered(shapes: list[shapely.Geometry]) -> Rows:
    return {f"f{at}": (shape, {"n": at}) for at, shape in enumerate(shapes)}


def test_making_a_store_twice_keeps_what_is_in_it(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    init_store(shelf.name, CRS).close()
    assert ids(shelf.scan({"farmland": 1})) == ["a"]
    assert shelf.sql("SELECT count(*) FROM audit_log WHERE action = 'init'") == [1]


def test_a_store_may_be_made_from_several_sides_at_once(store: str):
    def init() -> None:
        init_store(store, CRS).close()

    assert run_together(init, init, init) == []
    service = open_service(store)
    with service.database.read() as connection:
        assert service.layers.crs(connection) == CRS
    service.close()


def test_a_store_made_for_another_crs_is_refused_with_both_names(shelf: Shelf):
    with pytest.raises(UnsuitableCrs, match=r"EPSG:4547.*EPSG:4548") as caught:
        init_store(shelf.name, "EPSG:4547")
    assert "\n" not in str(caught.value)


def test_a_geographic_crs_is_refused(store: str):
    with pytest.raises(UnsuitableCrs, match="not a projected CRS"):
        init_store(store, "EPSG:4490")


def test_a_store_that_was_never_made_says_so(store: str):
    with pytest.raises(StoreUnavailable, match="run `blueprint init`"):
        open_service(store)


def test_a_layer_registered_twice_keeps_its_versions(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    with shelf.service.database.write() as connection:
        shelf.service.layers.register(connection, [*LAYERS, Layer("pond", "坑塘", "polygon")])
    with shelf.service.database.read() as connection:
        known = shelf.service.layers.layers(connection)
    assert [layer.id for layer in known] == ["farmland", "pond", "road", "station"]
    assert ids(shelf.scan({"farmland": 1})) == ["a"]


@pytest.mark.parametrize(
    "changed", [Layer("road", "道路", "line"), Layer("road", "城市道路", "polygon")]
)
def test_a_layer_that_changes_its_name_or_geometry_is_refused(shelf: Shelf, changed: Layer):
    with (
        pytest.raises(UnknownLayer, match=r"road.*城市道路 \(line\)"),
        shelf.service.database.write() as connection,
    ):
        shelf.service.layers.register(connection, [changed])


def test_registering_the_same_layer_from_two_sides_at_once_makes_it_once(shelf: Shelf):
    def register() -> None:
        with shelf.service.database.write() as connection:
            layers = [Layer(f"new{number}", f"新层{number}", "point") for number in range(5)]
            shelf.service.layers.register(connection, layers)

    assert run_together(register, register, register) == []
    assert shelf.sql("SELECT count(*) FROM layer WHERE id LIKE 'new%'") == [5]


def test_what_was_appended_is_scanned_back_whole(shelf: Shelf):
    delivered = {
        "farmland": {"b": (SQUARE, {"名称": "一号'田\"%"}), "a": (HOLED, {"亩": 12.5, "空": None})},
        "road": {"r": (LINE, {"级": "快速路"})},
        "station": {"s": (POINT, {"换乘": True})},
    }
    for layer_id, rows in delivered.items():
        shelf.append(layer_id, rows)
    table = shelf.scan({"station": 1, "farmland": 1, "road": 1})
    assert column(table, "layer_id") == ["farmland", "farmland", "road", "station"]
    assert ids(table) == ["a", "b", "r", "s"]
    assert crs_of(table) == CRS
    expected = {
        key: row for rows in delivered.values() for key, row in of_layer(features(rows)).items()
    }
    assert of_layer(table) == expected


def test_a_scan_of_nothing_is_an_empty_table_of_the_same_schema(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    full = shelf.scan({"farmland": 1})
    for empty in (
        shelf.scan({}),
        shelf.scan({"road": 1}),
        shelf.scan({"farmland": 1}, (0, 0, 1, 1)),
    ):
        assert empty.num_rows == 0
        assert empty.schema.equals(full.schema, check_metadata=True)


@several
@given(shapes=st.lists(point, min_size=1, max_size=8))
@example(shapes=[shapely.Point(0.1 + 0.2, -0.0), shapely.Point(5e-324, 1e7 / 3)])
def test_coordinates_come_back_to_the_last_bit_from_both_stores(
    both: tuple[Shelf, Shelf], shapes: list[shapely.Geometry]
):
    table = features(numbered(shapes))
    for shelf in both:
        version = shelf.append("station", table)
        assert of_layer(shelf.scan({"station": version.version})) == of_layer(table)


@several
@given(shapes=st.lists(box, min_size=1, max_size=12), bounds=frame)
@example(shapes=[shapely.box(0, 0, 10, 10)], bounds=(10, 10, 20, 20))
@example(shapes=[shapely.box(0, 0, 10, 10)], bounds=(10.000001, 0, 20, 20))
@example(shapes=[shapely.box(0, 0, 10, 10)], bounds=(5, 5, 5, 5))
def test_bounds_choose_exactly_the_features_whose_boxes_touch_them(
    both: tuple[Shelf, Shelf], shapes: list[shapely.Geometry], bounds: tuple[float, ...]
):
    minx, miny, maxx, maxy = bounds
    expected = sorted(
        f"f{at}"
        for at, (left, bottom, right, top) in enumerate(shapely.bounds(shapes))
        if left <= maxx and right >= minx and bottom <= maxy and top >= miny
    )
    for shelf in both:
        version = shelf.append("farmland", numbered(shapes))
        assert ids(shelf.scan({"farmland": version.version}, bounds)) == expected


@several
@given(data=st.lists(st.dictionaries(st.sampled_from("abcdefgh"), spot, min_size=1), max_size=4))
def test_both_stores_answer_alike_for_every_version(
    both: tuple[Shelf, Shelf], data: list[Mapping[str, shapely.Geometry]]
):
    for rows in data:
        table = features({key: (shape, {"k": key}) for key, shape in rows.items()})
        versions = [shelf.append("station", table) for shelf in both]
        assert versions[0].digest == versions[1].digest
    newest = both[0].versions().get("station")
    for number in range(1, 1 + (newest.version if newest else 0)):
        for bounds in (None, (2_700_000.3, 2_700_000.3, 2_700_001.0, 2_700_001.0)):
            left, right = (shelf.scan({"station": number}, bounds) for shelf in both)
            assert left.equals(right, check_metadata=True)


def test_both_stores_tell_the_same_of_every_version(both: tuple[Shelf, Shelf]):
    east = datetime(2026, 11, 23, 17, 30, tzinfo=timezone(timedelta(hours=8)))
    for shelf in both:
        shelf.append("farmland", {"a": SQUARE}, content=b"one", delivered_at=east)
        shelf.append("farmland", {"b": SQUARE}, content=b"two", delivered_at=MOMENT)
    left, right = (shelf.versions() for shelf in both)
    assert left == right
    assert left["farmland"].delivered_at.isoformat() == "2026-11-23T09:30:00+00:00"
    for shelf in both:
        with shelf.service.database.read() as connection:
            first = shelf.service.layers.version(connection, "farmland", 1)
            assert shelf.service.layers.pinned(connection, {"farmland": 1}) == {"farmland": first}
        assert first.delivered_at == MOMENT
        assert first.delivered_at.utcoffset() == timedelta(0)


def test_a_moment_without_a_time_zone_is_refused(shelf: Shelf):
    with pytest.raises(sa.exc.StatementError, match="needs its time zone"):
        shelf.append("farmland", {"a": SQUARE}, delivered_at=MOMENT.replace(tzinfo=None))
    assert shelf.versions() == {}


def test_an_older_version_scans_as_before_when_newer_ones_are_there(shelf: Shelf):
    first = {"kept": SQUARE, "moved": square(0, 0), "dropped": square(50, 50)}
    shelf.append("farmland", first)
    before = shelf.scan({"farmland": 1})
    shelf.append("farmland", {"kept": SQUARE, "moved": square(1, 0), "new": square(9, 9)})
    shelf.append("farmland", {"moved": square(0, 0)})
    assert shelf.scan({"farmland": 1}).equals(before, check_metadata=True)
    assert ids(shelf.scan({"farmland": 2})) == ["kept", "moved", "new"]
    assert ids(shelf.scan({"farmland": 3})) == ["moved"]
    assert ids(shelf.scan({"farmland": 1}, (45, 45, 55, 55))) == ["dropped"]
    assert ids(shelf.scan({"farmland": 2}, (45, 45, 55, 55))) == []
    assert of_layer(shelf.scan({"farmland": 3}))["moved"] == of_layer(before)["moved"]


def test_an_unchanged_feature_is_stored_once_however_many_versions_it_lives_in(shelf: Shelf):
    rows: dict[str, str] = {f"f{at}": square(at * 20, 0) for at in range(50)}
    for _ in range(3):
        shelf.append("farmland", rows)
    assert shelf.sql("SELECT count(*) FROM feature") == [50]
    shelf.append("farmland", rows | {"f7": square(7, 7)})
    assert shelf.sql("SELECT count(*) FROM feature") == [51]
    assert shelf.sql("SELECT version_until FROM feature WHERE version_until IS NOT NULL") == [4]
    assert [shelf.scan({"farmland": number}).num_rows for number in (1, 2, 3, 4)] == [50] * 4


def test_a_feature_whose_attributes_alone_change_is_a_new_one(shelf: Shelf):
    shelf.append("farmland", {"a": (SQUARE, {"地类": "水田"})})
    shelf.append("farmland", {"a": (SQUARE, {"地类": "旱地"})})
    assert shelf.sql("SELECT count(*) FROM feature") == [2]
    texts = [column(shelf.scan({"farmland": number}), "attributes") for number in (1, 2)]
    assert texts == [['{"地类": "水田"}'], ['{"地类": "旱地"}']]


def test_a_version_may_lose_more_features_than_one_statement_names(shelf: Shelf):
    many = {f"f{at:05d}": shapely.Point(at, at).wkt for at in range(10_001)}
    shelf.append("station", many)
    shelf.append("station", {"f00000": many["f00000"]})
    assert ids(shelf.scan({"station": 2})) == ["f00000"]
    assert shelf.scan({"station": 1}).num_rows == 10_001


def test_layers_do_not_see_each_others_features(shelf: Shelf):
    with shelf.service.database.write() as connection:
        shelf.service.layers.register(connection, [Layer("pond", "坑塘", "polygon")])
    shelf.append("farmland", {"a": SQUARE})
    shelf.append("pond", {"a": square(600000, 2700000), "b": SQUARE})
    shelf.append("pond", {"b": SQUARE})
    around = (599000, 2699000, 601000, 2701000)
    for bounds in (None, around):
        both = shelf.scan({"farmland": 1, "pond": 1}, bounds)
        assert list(zip(column(both, "layer_id"), ids(both), strict=True)) == [
            ("farmland", "a"),
            ("pond", "a"),
            ("pond", "b"),
        ]
        assert ids(shelf.scan({"pond": 2}, bounds)) == ["b"]
        assert ids(shelf.scan({"farmland": 1}, bounds)) == ["a"]


def test_a_digest_is_of_the_content_whatever_its_order():
    rows = {"a": SQUARE, "b": HOLED, "c": (SQUARE, {"n": 1})}
    table = features(rows)
    assert digest(table) == digest(features(dict(reversed(rows.items()))))
    for other in (
        {"a": SQUARE, "b": HOLED},
        rows | {"b": SQUARE},
        rows | {"c": (SQUARE, {"n": 2})},
        {"A": SQUARE, "b": HOLED, "c": (SQUARE, {"n": 1})},
    ):
        assert digest(features(other)) != digest(table)


def test_an_id_that_reads_like_two_features_has_a_digest_of_its_own():
    two = features({"a": SQUARE, "b": HOLED})
    first, second = column(two, "content_hash")
    names = pa.table({"feature_id": [f"a {first}\nb"], "content_hash": [second]})
    assert digest(names) != digest(two)


def test_quarantined_rows_are_kept_with_their_bounds_and_twins_are_not_counted(shelf: Shelf):
    rows = (
        Quarantined(3, "not_finite", b"\x01", None, '{"n":3}'),
        Quarantined(5, "collapsed", b"\x02", (1.0, 2.0, 3.0, 4.0), '{"n":5}'),
        Quarantined(8, "duplicate", b"\x03", (1.0, 2.0, 3.0, 4.0), '{"n":8}'),
    )
    version = shelf.append("farmland", {"a": SQUARE}, quarantined=rows)
    shelf.append("farmland", {"a": SQUARE})
    shelf.append("road", {"r": LINE}, quarantined=rows[:1])
    assert version.quarantined_count == 3
    with shelf.service.database.read() as connection:
        quarantined = shelf.service.layers.quarantined
        assert quarantined(connection, {"farmland": 1}) == {
            "farmland": [None, (1.0, 2.0, 3.0, 4.0)]
        }
        assert quarantined(connection, {"farmland": 2, "road": 1}) == {"road": [None]}
        assert quarantined(connection, {}) == {}
    assert shelf.sql("SELECT wkb FROM quarantine ORDER BY id")[:3] == [b"\x01", b"\x02", b"\x03"]


def test_a_source_file_is_kept_once_however_many_layers_come_out_of_it(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE}, content=b"a map")
    shelf.append("road", {"r": LINE}, content=b"a map")
    shelf.append("road", {"r": LINE}, content=b"another map")
    kept = shelf.sql("SELECT content FROM source_chunk ORDER BY content")
    assert kept == [b"a map", b"another map"]


def test_two_layers_out_of_one_file_may_come_at_once(shelf: Shelf):
    def append(layer_id: str, wkt: str) -> None:
        shelf.append(layer_id, {"a": wkt}, content=b"one file" * 1000)

    failures = run_together(
        lambda: append("farmland", SQUARE),
        lambda: append("road", LINE),
        lambda: append("station", POINT),
    )
    assert failures == []
    assert shelf.sql("SELECT count(*) FROM source_file") == [1]
    assert len(shelf.versions()) == 3


def test_a_delivery_for_an_unknown_layer_is_refused_and_leaves_nothing(shelf: Shelf):
    with pytest.raises(UnknownLayer, match="pond: the store has no such layer"):
        shelf.append("pond", {"a": SQUARE})
    assert shelf.sql("SELECT count(*) FROM source_file") == [0]


def test_a_version_that_is_not_there_is_named(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    with shelf.service.database.read() as connection:
        layers = shelf.service.layers
        with pytest.raises(UnknownVersion, match="farmland: has no version 2"):
            layers.version(connection, "farmland", 2)
        with pytest.raises(UnknownVersion, match="road: has no version;"):
            layers.version(connection, "road")
        with pytest.raises(UnknownVersion, match="farmland: has no version 7"):
            layers.pinned(connection, {"farmland": 7})


def test_an_error_in_the_callers_transaction_takes_the_version_back(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})

    def fail() -> None:
        with shelf.service.database.write() as connection:
            shelf.service.layers.append(connection, shelf.delivery("farmland", {"b": SQUARE}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert shelf.versions()["farmland"].version == 1
    assert ids(shelf.scan({"farmland": 1})) == ["a"]
    assert shelf.append("farmland", {"c": SQUARE}).version == 2
    assert ids(shelf.scan({"farmland": 2})) == ["c"]


def test_readers_see_the_old_state_until_a_write_is_whole(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    database, layers = shelf.service.database, shelf.service.layers
    with database.read() as early:
        assert layers.version(early, "farmland").version == 1
        with database.write() as connection:
            layers.append(connection, shelf.delivery("farmland", {"b": SQUARE}))
            assert layers.version(connection, "farmland").version == 2
            assert ids(shelf.scan({"farmland": 1})) == ["a"]
            assert shelf.versions()["farmland"].version == 1
        assert layers.version(early, "farmland").version == 1
        assert ids(layers.scan(early, {"farmland": 1})) == ["a"]
    assert shelf.versions()["farmland"].version == 2


def test_two_threads_that_append_to_one_layer_make_versions_one_and_two(shelf: Shelf):
    tables = [
        features(numbered([shapely.box(n, at, n + 1, at + 1) for at in range(300)])) for n in (0, 1)
    ]
    failures = run_together(*(lambda t=t: shelf.append("farmland", t) for t in tables))
    assert failures == []
    scanned = [of_layer(shelf.scan({"farmland": number})) for number in (1, 2)]
    assert sorted(scanned, key=repr) == sorted(map(of_layer, tables), key=repr)


def test_two_processes_that_append_to_one_layer_make_versions_one_and_two(shelf: Shelf):
    with Worker(shelf.name) as one, Worker(shelf.name) as other:
        for worker in (one, other):
            worker.begin("never")
        assert [one.answer(), other.answer()] == ["0", "0"]
    with shelf.service.database.read() as connection:
        versions = [shelf.service.layers.version(connection, "farmland", n) for n in (1, 2)]
    for version in versions:
        table = shelf.scan({"farmland": version.version})
        assert table.num_rows == version.feature_count == 400
        assert digest(table) == version.digest
    assert versions[0].digest != versions[1].digest


STEPS = (
    "keep_source",
    "_keep_quarantined",
    "_end_what_is_gone",
    "insert",
    "show",
    "record",
    "commit",
)


def test_a_writer_killed_at_any_step_leaves_no_trace_and_the_store_works_on(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    before = shelf.scan({"farmland": 1})
    with Worker(shelf.name) as worker:
        for step in STEPS:
            worker.begin(step)
            assert worker.answer() == "-9", step
            assert shelf.versions()["farmland"].version == 1, step
            assert shelf.scan({"farmland": 1}).equals(before), step
        worker.begin("never")
        assert worker.answer() == "0"
    assert shelf.sql("SELECT count(*) FROM feature") == [401]
    assert shelf.sql("SELECT count(*) FROM source_file") == [2]
    assert shelf.append("farmland", {"b": SQUARE}).version == 3
    assert shelf.scan({"farmland": 2}).num_rows == 400
    assert shelf.scan({"farmland": 1}).equals(before)


def test_a_crs_without_an_epsg_code_serves_as_well(store: str):
    local = (
        'PROJCS["City 118.5",GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",'
        'SPHEROID["CGCS2000",6378137,298.257222101]],PRIMEM["Greenwich",0],'
        'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
        'PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",118.5],'
        'PARAMETER["scale_factor",1],PARAMETER["false_easting",500000],'
        'PARAMETER["false_northing",0],UNIT["metre",1]]'
    )
    service = init_store(store, local)
    shelf = Shelf(store, service)
    with service.database.write() as connection:
        service.layers.register(connection, LAYERS)
    shelf.append("farmland", features({"a": SQUARE}, local))
    table = shelf.scan({"farmland": 1}, (600000, 2700000, 600001, 2700001))
    assert crs_of(table) == local
    assert shapely.area(geometries(table)).tolist() == [10_000]
    service.close()
