from datetime import timedelta

import geopandas
import pytest
import shapely

from blueprint.conflicts.search import find_conflicts
from blueprint.errors import PlanningError
from blueprint.exports.shapes import write_conflicts
from tests.blueprint.conftest import DAY, Town, exclusive_rule

A = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
B = "POLYGON ((90 0, 200 0, 200 100, 90 100, 90 0))"
NEXT_TO_A = "POLYGON ((100 0, 200 0, 200 100, 100 100, 100 0))"
OVER_A_BY_20_CM = "POLYGON ((99.8 0, 200 0, 200 100, 99.8 100, 99.8 0))"


def search(town: Town, **options):
    return find_conflicts(town.service, **({"day": DAY} | options))


def test_an_overlap_of_two_layers_that_must_not_overlap_is_a_conflict(town_on_either: Town):
    town = town_on_either
    town.deliver("farmland", A)
    town.deliver("zone", B)
    town.publish(exclusive_rule("farmland", "zone"))
    found = search(town)
    (conflict,) = found.document.conflicts
    assert conflict.area.projected_m2 == pytest.approx(1000, abs=1e-3)
    assert conflict.width_m == pytest.approx(2 * 1000 / 220, abs=1e-3)
    assert conflict.band == "real"
    assert found.document.rules[0].conflicts == 1
    assert found.document.complete


def test_layers_that_only_touch_do_not_fight(town: Town):
    town.deliver("farmland", A)
    town.deliver("zone", NEXT_TO_A)
    town.publish(exclusive_rule("farmland", "zone"))
    assert search(town).document.conflicts == []


def test_a_thin_overlap_is_a_suspected_error_and_never_dropped(town: Town):
    town.deliver("farmland", A)
    town.deliver("zone", OVER_A_BY_20_CM)
    town.publish(exclusive_rule("farmland", "zone"))
    document = search(town).document
    assert [conflict.band for conflict in document.conflicts] == ["suspected_error"]
    assert document.rules[0].suspected_errors == 1


def test_ground_that_several_pairs_share_is_counted_once_in_the_union(town: Town):
    town.deliver("farmland", A, A, attributes=[{"n": 1}, {"n": 2}])
    town.deliver("zone", B)
    town.publish(exclusive_rule("farmland", "zone"))
    document = search(town).document
    assert document.rules[0].conflicts == 2
    assert document.rules[0].union.projected_m2 == pytest.approx(1000, abs=1e-3)


def test_filters_choose_the_classes_that_disagree(town: Town):
    town.deliver("farmland", A, attributes=[{"use": "field"}])
    town.deliver("zone", B, attributes=[{"use": "building"}])
    agree = exclusive_rule("farmland", "zone", left_where="use = 'building'")
    fight = exclusive_rule(
        "zone", "farmland", left_where="use = 'building'", right_where="use = 'field'"
    )
    town.publish(agree, fight)
    counts = {line.rule: line.conflicts for line in search(town).document.rules}
    assert counts == {"exclusive.farmland_zone": 0, "exclusive.zone_farmland": 1}


@pytest.mark.parametrize("missing", ["farmland", "zone"])
def test_a_rule_whose_layer_is_missing_is_no_data_not_free_of_conflicts(town: Town, missing: str):
    town.deliver("zone" if missing == "farmland" else "farmland", A)
    town.publish(exclusive_rule("farmland", "zone"))
    document = search(town).document
    assert document.rules[0].status == "no_data"
    assert not document.complete


def test_a_stale_layer_makes_its_rules_no_data(town: Town):
    town.deliver("farmland", A)
    town.deliver("zone", B)
    town.publish(exclusive_rule("farmland", "zone"))
    late = town.catalogue.by_id["zone"].stale_after(DAY) + timedelta(days=1)
    assert search(town, day=late).document.rules[0].status == "no_data"


def test_a_feature_without_the_attribute_of_a_filter_leaves_the_search_incomplete(town: Town):
    town.deliver("farmland", A, B, attributes=[{"use": "field"}, {"use": None}])
    town.deliver("zone", B)
    town.publish(exclusive_rule("farmland", "zone", left_where="use = 'field'"))
    document = search(town).document
    assert document.rules[0].status == "no_data"
    assert document.rules[0].conflicts == 1
    assert not document.complete


def test_the_public_learns_nothing_of_conflicts_with_a_restricted_layer(town: Town):
    town.deliver("farmland", A)
    town.deliver("barracks", B, "POLYGON EMPTY")
    town.publish(exclusive_rule("farmland", "barracks"))
    public = search(town)
    line = public.document.rules[0]
    assert line.withheld
    assert (line.conflicts, line.suspected_errors, line.union) == (None, None, None)
    assert line.reason is None
    assert public.document.conflicts == []
    assert len(public.shapes) == 0
    assert len(search(town, clearance="restricted").document.conflicts) == 1


def test_a_pair_that_cannot_be_overlaid_stops_nothing_and_is_never_free_of_conflicts(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    town.deliver("farmland", A)
    town.deliver("zone", B)
    town.deliver("redline", "POLYGON ((10 10, 20 10, 20 20, 10 20, 10 10))")
    town.publish(exclusive_rule("farmland", "zone"), exclusive_rule("farmland", "redline"))

    def torn(*_sides: object, **_options: object) -> object:
        message = "TopologyException: side location conflict"
        raise shapely.errors.GEOSException(message)

    monkeypatch.setattr(shapely, "intersection", torn)
    document = search(town).document
    lines = {line.rule: line for line in document.rules}
    assert lines["exclusive.farmland_zone"].status == "no_data"
    assert "1 pairs" in lines["exclusive.farmland_zone"].reason.en
    assert lines["exclusive.farmland_redline"].conflicts == 1
    assert not document.complete


def test_exported_conflicts_open_elsewhere_with_their_sizes(town: Town):
    town.deliver("farmland", A)
    town.deliver("zone", B)
    town.publish(exclusive_rule("farmland", "zone"))
    path = town.folder / "conflicts.gpkg"
    write_conflicts(search(town), path)
    frame = geopandas.read_file(path, layer="conflicts")
    assert frame.area.tolist() == pytest.approx(frame["projected_m2"].tolist(), abs=1e-3)
    assert frame.crs.to_epsg() == 4548


def test_an_export_without_conflicts_is_an_empty_layer_and_replaces_an_older_file(town: Town):
    town.deliver("farmland", A)
    town.deliver("zone", NEXT_TO_A)
    town.publish(exclusive_rule("farmland", "zone"))
    path = town.folder / "conflicts.gpkg"
    write_conflicts(search(town), path)
    write_conflicts(search(town), path)
    assert len(geopandas.read_file(path, layer="conflicts")) == 0


@pytest.mark.parametrize("name", ["notes.txt", "my.gpkg", "folder.gpkg"])
def test_an_export_never_replaces_what_is_no_export(town: Town, name: str):
    town.deliver("farmland", A)
    town.deliver("zone", B)
    town.publish(exclusive_rule("farmland", "zone"))
    path = town.folder / name
    if name.startswith("folder"):
        path.mkdir()
    else:
        path.write_text("mine")
    with pytest.raises(PlanningError, match=name):
        write_conflicts(search(town), path)
    assert path.is_dir() or path.read_text() == "mine"


def test_an_overlap_as_narrow_as_a_corridor_itself_is_real(town: Town):
    corridor = "POLYGON ((10 40, 90 40, 90 40.8, 10 40.8, 10 40))"
    town.deliver("farmland", A)
    town.deliver("zone", corridor)
    town.publish(exclusive_rule("farmland", "zone"))
    assert [conflict.band for conflict in search(town).document.conflicts] == ["real"]


def test_a_version_not_yet_in_effect_makes_its_rules_no_data(town: Town):
    town.deliver("farmland", A)
    town.deliver("zone", B)
    town.publish(exclusive_rule("farmland", "zone"))
    document = search(town, day=DAY - timedelta(days=1)).document
    assert document.rules[0].status == "no_data"
    assert "farmland" in document.rules[0].reason.en
    assert "zone" in document.rules[0].reason.en
