"""`blueprint diff`: counts and measures, who may see them, and the GeoPackage of changes."""

from pathlib import Path

import geopandas
import pyogrio
import pytest

from blueprint.cli.diff_output import LAYERS, write_diff
from blueprint.diff import diff_layer
from blueprint.errors import PlanningError
from blueprint.snapshots import load_into_store
from layers import UnknownLayer
from layers.errors import UnknownVersion

from .conftest import DAY, FAR, HALF, SITE, Town, catalogue, site_rule

NEAR = "POLYGON ((1000 1000, 1100 1000, 1100 1090, 1000 1090, 1000 1000))"


@pytest.fixture
def town(town_on_either: Town) -> Town:
    load_into_store(
        town_on_either.service,
        catalogue(
            farmland={"id_field": "bsm"}, metro={"id_field": "bsm"}, station={"id_field": "bsm"}
        ),
    )
    return town_on_either


def deliver(town: Town, layer: str, **rows: tuple[str, dict[str, object]]) -> None:
    attributes = [{"bsm": name, **fields} for name, (_, fields) in rows.items()]
    town.deliver(layer, *(wkt for wkt, _ in rows.values()), attributes=attributes)


@pytest.fixture
def changed(town: Town) -> Town:
    deliver(
        town,
        "farmland",
        gone=(FAR, {"地类": "水田"}),
        cut=(SITE, {"地类": "水田"}),
        same=(FAR.replace("5", "7"), {"地类": "林地"}),
    )
    deliver(
        town,
        "farmland",
        new=(HALF, {"地类": "水田"}),
        cut=(NEAR, {"地类": "旱地"}),
        same=(FAR.replace("5", "7"), {"地类": "林地"}),
    )
    return town


def test_areas_before_and_after_and_of_what_differs_are_told_by_both_calibres(changed: Town):
    found = diff_layer(changed.service, "farmland", 1, 2).document
    counts = found.counts
    assert (counts.added, counts.removed, counts.changed) == (1, 1, 1)
    assert (found.before.features, found.after.features) == (3, 3)
    assert (found.before.size, found.after.size) == (30_000.0, 64_000.0)
    (cut,) = found.geometry_changed
    areas = [round(area.projected_m2, 2) for area in (cut.before, cut.after, cut.difference)]
    assert areas == [10_000.0, 9_000.0, 1_000.0]
    assert 1_000 < cut.difference.ellipsoidal_m2 + 1 < 1_003
    (field,) = found.attributes_changed
    assert (field.field, field.before, field.after) == ("地类", "水田", "旱地")
    assert [line.feature_id for line in (*found.added, *found.removed)] == ["new", "gone"]


def test_a_diff_the_other_way_round_is_the_mirror_image(changed: Town):
    there = diff_layer(changed.service, "farmland", 1, 2).document
    back = diff_layer(changed.service, "farmland", 2, 1).document
    assert (there.before, there.after) == (back.after, back.before)
    assert (there.added, there.removed) == (back.removed, back.added)
    (cut,), (uncut,) = there.geometry_changed, back.geometry_changed
    assert (cut.before, cut.after, cut.difference) == (uncut.after, uncut.before, uncut.difference)
    none = diff_layer(changed.service, "farmland", 2, 2).document
    assert set(none.counts.model_dump().values()) == {0}


def test_lines_are_measured_by_length_and_points_counted_and_their_move_measured(town: Town):
    deliver(town, "metro", m=("LINESTRING (0 0, 100 0)", {}))
    deliver(town, "metro", m=("LINESTRING (0 0, 130 0)", {}))
    deliver(town, "station", s=("POINT (10 10)", {}))
    deliver(town, "station", s=("POINT (13 14)", {}))
    (line,) = diff_layer(town.service, "metro", 1, 2).document.geometry_changed
    assert (line.before, line.after, line.difference, line.moved_m) == (100.0, 130.0, 30.0, None)
    (point,) = diff_layer(town.service, "station", 1, 2).document.geometry_changed
    assert (point.before, point.after, point.difference, point.moved_m) == (1, 1, 2, 5.0)


def test_a_value_that_is_set_removed_or_of_another_type_is_a_change(town: Town):
    deliver(town, "farmland", a=(SITE, {"gone": "x", "kept": 1}))
    deliver(town, "farmland", a=(SITE, {"kept": True, "new": "y"}))
    fields = diff_layer(town.service, "farmland", 1, 2).document.attributes_changed
    assert {(x.field, x.change) for x in fields} == {
        ("gone", "removed"),
        ("kept", "changed"),
        ("new", "set"),
    }


def test_a_layer_that_may_not_be_seen_is_refused_as_one_that_is_not_there(town: Town):
    for wkt in (SITE, FAR):
        town.deliver("barracks", wkt)
    said = []
    for name in ("barracks", "nothing"):
        with pytest.raises(UnknownLayer) as refused:
            diff_layer(town.service, name, 1, 2)
        said.append(str(refused.value).replace(name, "X"))
    assert said[0] == said[1]
    assert diff_layer(town.service, "barracks", 1, 2, "restricted").document.counts.added == 1


def test_a_version_published_as_restricted_alone_stays_so(town: Town):
    town.deliver("zone", SITE)
    load_into_store(town.service, catalogue(zone={"sensitivity": "restricted"}))
    town.publish(site_rule("zone"))
    load_into_store(town.service, catalogue())
    town.deliver("zone", FAR)
    with pytest.raises(UnknownLayer, match="zone: no such layer"):
        diff_layer(town.service, "zone", 1, 2)
    diff_layer(town.service, "zone", 1, 2, "restricted")
    diff_layer(town.service, "zone", 2, 2)


def test_a_version_that_is_not_there_is_refused(changed: Town):
    with pytest.raises(UnknownVersion, match="farmland: has no version 9"):
        diff_layer(changed.service, "farmland", 1, 9)


def test_changes_are_written_as_layers_of_a_geopackage_whole_or_not_at_all(
    changed: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "changes.gpkg"
    found = diff_layer(changed.service, "farmland", 1, 2)
    write_diff(found, path)
    assert [name for name, _ in pyogrio.list_layers(path)] == list(LAYERS)
    frames = {name: geopandas.read_file(path, layer=name) for name in LAYERS}
    assert {name: len(frame) for name, frame in frames.items()} == dict.fromkeys(LAYERS, 1)
    assert frames["added"]["地类"].tolist() == ["水田"]
    difference = frames["geometry_changed_difference"]
    assert difference.geometry.area.round(2).tolist() == [1_000.0]
    assert difference["difference_projected_m2"].tolist() == [1_000.0]
    assert frames["attributes_changed"][["field", "before", "after"]].values.tolist() == [
        ["地类", "水田", "旱地"]
    ]
    before = path.read_bytes()

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(geopandas.GeoDataFrame, "to_file", broken)
        with pytest.raises(ZeroDivisionError):
            write_diff(found, path)
    assert path.read_bytes() == before
    write_diff(diff_layer(changed.service, "farmland", 1, 1), path)
    assert len(geopandas.read_file(path, layer="added")) == 0
    assert not list(tmp_path.glob(".changes*"))


def test_no_other_file_is_replaced_by_changes(changed: Town, tmp_path: Path):
    found = diff_layer(changed.service, "farmland", 1, 2)
    drawn = changed.draw(SITE)
    for path, reason in (
        (drawn, "holds no changes"),
        (tmp_path / "changes.shp", "name a file ending in .gpkg"),
        (tmp_path / "none" / "changes.gpkg", "its folder does not exist"),
    ):
        with pytest.raises(PlanningError, match=reason):
            write_diff(found, path)


def test_a_version_delivered_before_sizes_were_kept_is_measured(changed: Town):
    with changed.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE layer_version SET size = NULL")
    found = diff_layer(changed.service, "farmland", 1, 2).document
    assert found.before.size == pytest.approx(30_000)
    assert found.before.effective == DAY
