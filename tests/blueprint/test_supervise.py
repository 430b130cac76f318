"""Rules on whole layers, over a snapshot."""

from datetime import date
from typing import Any

import pytest

from blueprint.catalogue import Catalogue
from blueprint.snapshots import load_into_store
from blueprint.supervise import supervise
from blueprint.supervision import Supervision

from .conftest import BOUNDARY, DAY, FAR, LAW, Town, catalogue, site_rule

KM = "POLYGON ((1000 1000, 2000 1000, 2000 2000, 1000 2000, 1000 1000))"
WEST = "POLYGON ((1000 1000, 1500 1000, 1500 2000, 1000 2000, 1000 1000))"
EAST = "POLYGON ((1500 1000, 2000 1000, 2000 2000, 1500 2000, 1500 1000))"


def plan_rule(kind: str, **fields: Any) -> dict[str, Any]:
    return site_rule("zone") | {"id": f"{kind}.a", "kind": kind} | fields


def look(town: Town, **options: Any) -> Supervision:
    return supervise(town.service, **({"day": DAY} | options))


def projected(town: Town, **totals: Any) -> None:
    """The town's catalogue with areas in the plane, which are round numbers."""
    tree = catalogue(zone={"control_total": totals} if totals else {}).model_dump(mode="json")
    tree["city"]["deciding_area"] = "projected"
    load_into_store(town.service, Catalogue.model_validate(tree))


@pytest.mark.parametrize(
    ("city", "status"),
    [
        ({"at_least_km2": 1}, "kept"),
        ({"at_least_km2": 1.1}, "broken"),
        ({"at_most_km2": 0.9}, "broken"),
    ],
)
def test_a_control_total_is_kept_or_broken(town: Town, city, status):
    projected(town)
    town.deliver("zone", WEST, EAST)
    town.publish(plan_rule("quota", city=city))
    (rule,) = look(town).rules
    assert rule.status == status
    assert rule.totals[0].km2 == pytest.approx(1)
    assert bool(rule.breaches) == (status == "broken")


def test_the_catalogues_control_total_is_taken_where_the_rule_asks_for_it(town: Town):
    projected(town, at_least_km2=2)
    town.deliver("zone", KM)
    town.publish(plan_rule("quota", catalogue_total=True))
    (rule,) = look(town).rules
    assert (rule.status, rule.totals[0].at_least_km2) == ("broken", 2)
    assert "short by 1.000000 km²" in rule.breaches[0].text.en


def test_a_catalogue_without_the_total_leaves_it_unknown_and_not_kept(town: Town):
    town.deliver("zone", KM)
    town.publish(plan_rule("quota", catalogue_total=True))
    found = look(town)
    assert (found.rules[0].status, found.complete) == ("no_data", False)


def test_areas_are_by_the_calibre_that_decides(town: Town):
    town.deliver("zone", KM)
    town.publish(plan_rule("quota", city={"at_least_km2": 1}))
    (rule,) = look(town).rules
    assert rule.status == "broken"
    assert 0.999 < rule.totals[0].km2 < 1


def test_districts_and_parts_are_summed_from_their_layers(town: Town):
    projected(town)
    town.deliver("zone", KM)
    town.deliver("plan", WEST, EAST, attributes=[{"MC": "west"}, {"MC": "east"}])
    town.deliver("farmland", WEST)
    town.deliver("redline", EAST)
    districts = {
        "layer": "plan", "field": "MC",
        "targets": {"west": {"at_least_km2": 0.5}, "north": {"at_least_km2": 0.1}},
    }  # fmt: skip
    town.publish(plan_rule("quota", districts=districts, sum_of=["farmland", "redline"]))
    (rule,) = look(town).rules
    holds = {(total.total, total.name): total.holds for total in rule.totals}
    assert holds == {
        ("district", "west"): True,
        ("district", "north"): None,
        ("sum_of_districts", None): True,
        ("sum_of_parts", None): True,
    }
    assert rule.status == "no_data"


@pytest.mark.parametrize("effective", [None, date(2020, 1, 1)], ids=["never delivered", "stale"])
def test_a_rule_whose_layer_is_missing_or_stale_is_never_kept(town: Town, effective):
    if effective is not None:
        town.deliver("zone", KM, effective=effective)
    town.publish(
        plan_rule("quota", city={"at_most_km2": 100}),
        plan_rule("coverage"),
        plan_rule("within", inside="boundary"),
    )
    found = look(town)
    assert {rule.status for rule in found.rules} == {"no_data"}
    assert not found.complete


def test_quarantined_rows_keep_a_rule_from_being_kept_but_not_from_being_broken(town: Town):
    town.deliver("zone", KM, "LINESTRING (0 0, 1 1)")
    town.publish(
        plan_rule("within", inside="boundary"),
        plan_rule("quota", city={"at_least_km2": 5}),
    )
    assert [rule.status for rule in look(town).rules] == ["no_data", "broken"]


def test_a_partition_is_told_with_its_overlaps_gaps_and_codes(town: Town):
    town.deliver("zone", KM, WEST, attributes=[{"BSM": "1"}, {"BSM": "1"}])
    town.publish(plan_rule("coverage", id_field="BSM", outline="boundary"))
    (rule,) = look(town).rules
    assert [breach.what for breach in rule.breaches] == ["overlap", "gap", "duplicate"]
    assert rule.breaches[0].area_m2 == pytest.approx(500_000, abs=0.01)
    assert rule.breaches[0].ellipsoidal_m2 == pytest.approx(500_000, rel=1e-3)
    assert rule.breaches[0].ellipsoidal_m2 < rule.breaches[0].area_m2
    assert len(rule.breaches[0].feature_ids) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "within", "id": "within.a", "layer": "zone", "inside": "redline"},
        {"kind": "contains", "id": "contains.a", "layer": "redline", "contained": "zone"},
    ],
    ids=["within", "contains"],
)
def test_what_reaches_outside_is_told_feature_by_feature(town: Town, fields):
    town.deliver("zone", KM, FAR)
    town.deliver("redline", WEST)
    town.publish(plan_rule(**fields))
    (rule,) = look(town).rules
    assert rule.status == "broken"
    assert sorted(breach.area_m2 for breach in rule.breaches) == pytest.approx(
        [10_000, 500_000], abs=0.01
    )


def test_a_filter_that_cannot_decide_keeps_a_rule_from_being_kept(town: Town):
    town.deliver("zone", KM, attributes=[{"class": None, "n": 1}])
    town.publish(plan_rule("within", inside="boundary", where="class = 'a'"))
    assert look(town).rules[0].status == "no_data"


def test_a_layer_above_the_clearance_is_withheld(town: Town):
    town.deliver("barracks", KM)
    town.publish(plan_rule("quota", layer="barracks", city={"at_least_km2": 5}))
    (rule,) = look(town).rules
    assert (rule.status, rule.totals, rule.breaches) == ("withheld", [], [])
    (rule,) = look(town, clearance="restricted").rules
    assert rule.status == "broken"


def test_a_rule_without_a_basis_on_the_day_is_not_applied(town: Town):
    late = LAW | {"in_force_from": "2027-01-01"}
    rule = plan_rule("quota", city={"at_least_km2": 5}, bases=[{"law": "late"}])
    town.publish(rule, laws={"late": late})
    assert look(town).rules[0].status == "not_in_force"


def test_both_stores_tell_the_same(town_on_either: Town):
    town = town_on_either
    town.deliver("zone", KM, WEST)
    town.deliver("redline", BOUNDARY)
    town.publish(
        plan_rule("quota", city={"at_least_km2": 5}),
        plan_rule("coverage"),
        plan_rule("within", inside="redline"),
    )
    assert [rule.status for rule in look(town).rules] == ["broken", "broken", "kept"]
