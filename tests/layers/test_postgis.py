"""The server store: partitions, views for desktop GIS, ordinary roles, servers that go away."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from blueprint.bootstrap import init_store, open_service
from layers import Layer, StoreUnavailable, open_database
from layers.views import quote_name, view_columns

from .shelf import CRS, HOLED, LINE, POINT, SQUARE, Shelf, features, open_shelf, square


@pytest.fixture
def shelf(postgis_store: str) -> Iterator[Shelf]:
    """The server store alone."""
    opened = open_shelf(postgis_store)
    yield opened
    opened.service.close()


def fill(shelf: Shelf) -> None:
    shelf.append("farmland", {"a": SQUARE, "b": HOLED})
    shelf.append("road", {"r": LINE})
    shelf.append("station", {"s": POINT})


def test_each_layer_has_a_partition_of_its_own_with_key_and_spatial_index(shelf: Shelf):
    fill(shelf)
    for layer_id, count in (("farmland", 2), ("road", 1), ("station", 1)):
        rows = shelf.sql(
            "SELECT count(*) FROM feature WHERE tableoid = to_regclass(:name)",
            name=f"feature_{layer_id}",
        )
        assert rows == [count]
        indexes = shelf.sql(
            "SELECT am.amname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "JOIN pg_am am ON am.oid = c.relam WHERE i.indrelid = to_regclass(:name) ORDER BY 1",
            name=f"feature_{layer_id}",
        )
        assert indexes == ["btree", "gist"]


def test_a_scan_leaves_the_other_layers_partitions_alone(shelf: Shelf):
    plan = "\n".join(
        shelf.sql(
            "EXPLAIN SELECT * FROM unnest(ARRAY['road'], ARRAY[1]) AS pin (layer_id, version) "
            "JOIN feature f ON f.layer_id = pin.layer_id WHERE f.layer_id = ANY(ARRAY['road'])"
        )
    )
    assert "feature_road" in plan
    assert "feature_farmland" not in plan


def test_views_are_listed_by_the_layers_names_with_type_and_crs(shelf: Shelf):
    with shelf.service.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT f_table_name, f_geometry_column, coord_dimension, srid, type "
            "FROM geometry_columns WHERE f_table_name !~ '^feature' ORDER BY type"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("城市道路", "geometry", 2, 4548, "MULTILINESTRING"),
        ("轨道车站", "geometry", 2, 4548, "MULTIPOINT"),
        ("永久基本农田", "geometry", 2, 4548, "MULTIPOLYGON"),
    ]


def test_a_view_has_the_current_features_with_their_attributes(shelf: Shelf):
    shelf.append("farmland", {"gone": SQUARE, "kept": (HOLED, {"地类": "水田", "亩": 3.5})})
    shelf.append("farmland", {"kept": (HOLED, {"地类": "水田", "亩": 3.5}), "new": SQUARE})
    with shelf.service.database.read() as connection:
        query = 'SELECT feature_id, "地类", "亩", ST_SRID(geometry) FROM "永久基本农田" ORDER BY 1'
        rows = connection.exec_driver_sql(query).all()
    assert [tuple(row) for row in rows] == [
        ("kept", "水田", "3.5", 4548),
        ("new", None, None, 4548),
    ]


def test_odd_attribute_names_neither_break_the_view_nor_get_lost(shelf: Shelf):
    odd = {
        'say "水田"': "a",
        "it's": "b",
        "50%": "c",
        "%s %(x)s": "d",
        "": "e",
        "fid": "f",
        "geometry": "g",
        "Name": "h",
        "name": "i",
        "back\\slash": "j",
        "长" * 30: "k",
        "长" * 31: "l",
        ":param": "m",
        "ctid": "n",
    }
    table = features({"x": (SQUARE, odd)})
    shelf.append("farmland", table)
    with shelf.service.database.read() as connection:
        row = dict(connection.exec_driver_sql('SELECT * FROM "永久基本农田"').mappings().one())
    columns = view_columns(table)
    assert {field: row[name] for field, name in columns.items()} == odd
    assert row["feature_id"] == "x"


def test_odd_layer_names_are_listed_and_read_as_they_are(postgis_store: str):
    names = ['引"号', "撇'号", "百分%号", "select", "一 二", "长" * 20]
    shelf = Shelf(postgis_store, init_store(postgis_store, CRS))
    with shelf.service.database.write() as connection:
        layers = [Layer(f"odd{at}", name, "polygon") for at, name in enumerate(names)]
        shelf.service.layers.register(connection, layers)
    for layer in layers:
        shelf.append(layer.id, {"a": SQUARE})
        assert shelf.sql(f"SELECT feature_id FROM {quote_name(layer.name)}") == ["a"]  # noqa: S608
    listed = shelf.sql("SELECT f_table_name FROM geometry_columns WHERE type = 'MULTIPOLYGON'")
    assert sorted(listed) == sorted(names)
    shelf.service.close()


def test_rights_granted_on_a_view_outlive_a_delivery_with_the_same_fields(shelf: Shelf):
    query = "SELECT has_table_privilege('pg_read_all_settings', '\"永久基本农田\"', 'SELECT')"
    shelf.append("farmland", {"a": (SQUARE, {"地类": "水田"})})
    with shelf.service.database.write() as connection:
        connection.exec_driver_sql('GRANT SELECT ON "永久基本农田" TO pg_read_all_settings')
    assert shelf.sql(query) == [True]
    shelf.append("farmland", {"b": (SQUARE, {"地类": "旱地"})})
    assert shelf.sql(query) == [True]
    assert shelf.sql('SELECT "地类" FROM "永久基本农田"') == ["旱地"]


def test_a_role_that_is_no_superuser_suffices(shelf: Shelf):
    assert shelf.sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [False]
    fill(shelf)
    assert shelf.scan({"farmland": 1, "road": 1, "station": 1}).num_rows == 4


def test_new_layers_need_not_wait_for_those_who_read_the_others(shelf: Shelf):
    fill(shelf)
    database, layers = shelf.service.database, shelf.service.layers
    with database.read() as reader:
        before = layers.scan(reader, {"farmland": 1})
        with database.write() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
            layers.register(connection, [Layer("pond", "坑塘", "polygon")])
            layers.append(connection, shelf.delivery("pond", {"p": SQUARE}))
        assert layers.scan(reader, {"farmland": 1}).equals(before)
    assert shelf.scan({"pond": 1}).num_rows == 1


def test_times_are_utc_whatever_zone_the_server_is_in(shelf: Shelf):
    with shelf.service.database.write() as connection:
        name = connection.scalar(sa.text("SELECT current_database()"))
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone = 'Asia/Shanghai'")
    shelf.service.close()
    assert shelf.sql("SHOW timezone") == ["Asia/Shanghai"]
    version = shelf.append("farmland", {"a": SQUARE})
    kept = shelf.versions()["farmland"]
    assert kept == version
    assert kept.delivered_at.isoformat() == "2026-11-23T09:30:00+00:00"


@pytest.fixture
def bare_database(postgis_server: sa.URL) -> Iterator[str]:
    """A database without PostGIS, which our role may not add."""
    url = postgis_server.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute("CREATE DATABASE test_bare TEMPLATE template0")
        yield url.set(database="test_bare").render_as_string(hide_password=False)
        server.execute("DROP DATABASE test_bare WITH (FORCE)")


def test_a_database_without_postgis_says_what_its_administrator_must_do(bare_database: str):
    with pytest.raises(StoreUnavailable, match="CREATE EXTENSION postgis") as caught:
        init_store(bare_database, CRS)
    one_line_without_password(caught.value, bare_database)
    with pytest.raises(StoreUnavailable, match="run `blueprint init`"):
        open_service(bare_database)


def test_a_server_that_does_not_answer_is_told_in_one_line(postgis_store: str):
    dead = sa.make_url(postgis_store).set(port=1).render_as_string(hide_password=False)
    for attempt in (lambda: open_service(dead), lambda: init_store(dead, CRS)):
        with pytest.raises(StoreUnavailable, match="see that the server runs") as caught:
            attempt()
        one_line_without_password(caught.value, dead)


def test_a_wrong_password_is_told_in_one_line_that_does_not_repeat_it(postgis_store: str):
    wrong = sa.make_url(postgis_store).set(password="wr0ng-secret")
    name = wrong.render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match="password authentication failed") as caught:
        open_service(name)
    one_line_without_password(caught.value, name)


@pytest.mark.parametrize(
    "name", ["mysql://root@127.0.0.1/x", "http://example.org/x", "://", "a://["]
)
def test_a_url_of_something_else_is_refused_in_one_line(name: str):
    with pytest.raises(StoreUnavailable, match="postgresql") as caught:
        open_database(name)
    assert "\n" not in str(caught.value)


def one_line_without_password(error: Exception, url: str) -> None:
    assert "\n" not in str(error)
    password = sa.make_url(url).password
    assert password
    assert str(password) not in str(error)


def test_a_server_that_was_restarted_between_two_calls_is_found_again(
    shelf: Shelf, postgis_store: str
):
    shelf.append("farmland", {"a": SQUARE})
    drop_connections(postgis_store)
    assert shelf.scan({"farmland": 1}).num_rows == 1
    drop_connections(postgis_store)
    assert shelf.append("farmland", {"b": SQUARE}).version == 2


def test_a_server_that_goes_away_in_the_middle_takes_the_version_back(
    shelf: Shelf, postgis_store: str
):
    shelf.append("farmland", {"a": SQUARE})

    def append(lost_before: str) -> None:
        with shelf.service.database.write() as connection:
            if lost_before == "append":
                drop_connections(postgis_store)
            shelf.service.layers.append(connection, shelf.delivery("farmland", {"b": SQUARE}))
            drop_connections(postgis_store)

    for lost_before in ("append", "commit"):
        with pytest.raises(StoreUnavailable) as caught:
            append(lost_before)
        assert "\n" not in str(caught.value), lost_before
        assert shelf.versions()["farmland"].version == 1, lost_before
    assert shelf.append("farmland", {"c": square(0, 0)}).version == 2


def drop_connections(store: str) -> None:
    """What a restart does to every client but this one."""
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_an_error_while_copying_is_told_in_one_line_and_takes_the_version_back(shelf: Shelf):
    table = features({"nul\0": SQUARE})
    with pytest.raises(StoreUnavailable) as caught:
        shelf.append("farmland", table)
    assert "\n" not in str(caught.value)
    assert shelf.versions() == {}
    assert shelf.append("farmland", {"a": SQUARE}).version == 1
