"""What becomes of conflicts from one snapshot to the next, and what makes one the same."""

from datetime import timedelta

import pytest

from blueprint.conflicts.difference import ConflictDifference, difference
from blueprint.conflicts.identity import pair_id
from blueprint.conflicts.kept_runs import choose_run, run_of
from blueprint.conflicts.search import find_conflicts
from blueprint.errors import NotSearched
from blueprint.registry import load_snapshot
from blueprint.snapshots import load_into_store, publish
from tests.blueprint.conftest import DAY, Town, catalogue, exclusive_rule, rule_pack

FIELD = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
WIDER = "POLYGON ((0 0, 120 0, 120 100, 0 100, 0 0))"
FIELD_AWAY = "POLYGON ((300 0, 400 0, 400 100, 300 100, 300 0))"
BESIDE = "POLYGON ((90 0, 200 0, 200 100, 90 100, 90 0))"
BESIDE_AWAY = "POLYGON ((390 0, 500 0, 500 100, 390 100, 390 0))"
NOWHERE_NEAR = "POLYGON ((5000 5000, 5100 5000, 5100 5100, 5000 5100, 5000 5000))"
RULE = exclusive_rule("farmland", "zone")


def named(*ids: str) -> dict[str, list[dict[str, str]]]:
    return {"attributes": [{"BSM": name} for name in ids]}


def keep_ids(town: Town) -> None:
    """From here on the departments give ids, as the attribute BSM."""
    load_into_store(town.service, catalogue(farmland={"id_field": "BSM"}, zone={"id_field": "BSM"}))


def search(town: Town, **options) -> str:
    return find_conflicts(town.service, **({"day": DAY} | options)).head.run_id


def between(town: Town, then: str, now: str, clearance: str = "public") -> ConflictDifference:
    with town.service.database.read() as connection:
        runs = (run_of(connection, run, clearance) for run in (then, now))
        return difference(*runs)


def changes(found: ConflictDifference) -> list[tuple[str, str, str]]:
    return sorted((c.change, c.left.feature_id, c.right.feature_id) for c in found.conflicts)


def test_conflicts_are_new_persisting_with_their_change_of_area_or_resolved(town_on_either: Town):
    town = town_on_either
    keep_ids(town)
    town.deliver("farmland", FIELD, FIELD_AWAY, **named("a", "b"))
    town.deliver("zone", BESIDE, BESIDE_AWAY, **named("x", "y"))
    town.publish(RULE)
    then = search(town)
    town.deliver("farmland", WIDER, FIELD_AWAY, **named("a", "c"))
    town.deliver("zone", BESIDE, NOWHERE_NEAR, **named("x", "y"))
    third = "POLYGON ((395 0, 450 0, 450 100, 395 100, 395 0))"
    town.deliver("zone", BESIDE, third, **named("x", "z"))
    town.publish(RULE)
    found = between(town, then, search(town))
    assert changes(found) == [
        ("new", "c", "z"),
        ("persisting", "a", "x"),
        ("resolved", "b", "y"),
    ]
    (same,) = [one for one in found.conflicts if one.change == "persisting"]
    assert same.grown.projected_m2 == pytest.approx(2000, abs=1e-3)
    assert same.after.projected_m2 - same.before.projected_m2 == pytest.approx(2000, abs=1e-3)
    assert same.id == pair_id("exclusive.farmland_zone", "farmland", "a", "zone", "x")
    assert found.comparable
    assert found.counts.model_dump() == {
        "new": 1, "persisting": 1, "resolved": 1, "undecided": 0
    }  # fmt: skip


def test_a_department_that_renumbers_its_features_has_the_same_conflicts(town_on_either: Town):
    town = town_on_either
    keep_ids(town)
    town.deliver("farmland", FIELD, FIELD_AWAY, **named("a", "b"))
    town.deliver("zone", BESIDE, BESIDE_AWAY, **named("x", "y"))
    town.publish(RULE)
    then = search(town)
    town.deliver("farmland", FIELD_AWAY, FIELD, **named("1001", "1002"))
    town.publish(RULE)
    now = search(town)
    found = between(town, then, now)
    assert [one.change for one in found.conflicts] == ["persisting", "persisting"]
    # the next version goes on from there, though its features look like none of the first one's
    town.deliver("farmland", FIELD_AWAY, WIDER, **named("1001", "1002"))
    town.publish(RULE)
    later = between(town, then, search(town))
    assert [one.change for one in later.conflicts] == ["persisting", "persisting"]
    assert {one.id for one in later.conflicts} == {one.id for one in found.conflicts}


def test_a_feature_without_an_id_that_is_redrawn_keeps_its_conflict(town: Town):
    town.deliver("farmland", FIELD)
    town.deliver("zone", BESIDE)
    town.publish(RULE)
    then = search(town)
    town.deliver("farmland", WIDER)
    town.publish(RULE)
    (one,) = between(town, then, search(town)).conflicts
    assert one.change == "persisting"
    assert one.grown.projected_m2 == pytest.approx(2000, abs=1e-3)


def test_of_two_features_with_one_shape_none_is_taken_for_the_other(town: Town):
    keep_ids(town)
    town.deliver("farmland", FIELD, FIELD, **named("a", "b"))
    town.deliver("zone", BESIDE, **named("x"))
    town.publish(RULE)
    then = search(town)
    town.deliver("farmland", FIELD, FIELD, **named("c", "d"))
    town.publish(RULE)
    found = between(town, then, search(town))
    assert found.counts.new == found.counts.resolved == 2


def test_a_pair_that_comes_back_beside_its_heir_has_an_id_of_its_own(town: Town):
    keep_ids(town)
    town.deliver("farmland", FIELD, **named("a"))
    town.deliver("zone", BESIDE, **named("x"))
    town.publish(RULE)
    search(town)
    town.deliver("farmland", FIELD, **named("b"))
    town.publish(RULE)
    search(town)
    town.deliver("farmland", FIELD, FIELD, **named("a", "b"))
    town.publish(RULE)
    run = find_conflicts(town.service, day=DAY)
    ids = {one.left.feature_id: one.id for one in run.document.conflicts}
    assert ids["a"] == pair_id("exclusive.farmland_zone", "farmland", "a", "zone", "x")
    assert ids["a"] != ids["b"]


@pytest.mark.parametrize("gap", ["exchanged", "stale", "quarantined"])
def test_a_conflict_is_not_resolved_by_a_layer_that_cannot_be_searched(town: Town, gap: str):
    town.deliver("farmland", FIELD, effective=DAY - timedelta(days=500))
    town.deliver("zone", BESIDE)
    town.publish(RULE)
    then = search(town)
    day = DAY
    if gap == "stale":
        day = town.catalogue.by_id["farmland"].stale_after(DAY - timedelta(days=500))
        day += timedelta(days=1)
    elif gap == "quarantined":
        town.deliver("farmland", NOWHERE_NEAR, "POLYGON EMPTY")
    else:
        town.publish(RULE | {"left": "redline", "id": "exclusive.farmland_zone"})
    if gap != "exchanged":
        town.publish(RULE)
    found = between(town, then, search(town, day=day))
    assert [one.change for one in found.conflicts] == ["undecided"]
    assert found.counts.resolved == 0
    assert not found.comparable
    assert found.rules[0].reason.en


def test_what_was_not_looked_at_before_is_not_new(town: Town):
    town.deliver("farmland", FIELD)
    town.publish(RULE)
    then = search(town)
    town.deliver("zone", BESIDE)
    town.publish(RULE)
    found = between(town, then, search(town))
    assert [one.change for one in found.conflicts] == ["undecided"]
    assert "then not searched whole" in found.rules[0].reason.en


@pytest.mark.parametrize("how", ["dropped", "filtered", "lapsed"])
def test_a_conflict_is_not_resolved_by_a_change_of_the_rules(town: Town, how: str):
    use = {"attributes": [{"use": "field"}]}
    town.deliver("farmland", FIELD, **use)
    town.deliver("zone", BESIDE)
    town.publish(RULE)
    then = search(town)
    law = {"a_law": {"title": {"zh": "某法", "en": "A law"}, "level": "law",
                     "in_force_from": "2000-01-01", "in_force_until": "2020-01-01"}}  # fmt: skip
    other = exclusive_rule("farmland", "redline")
    if how == "dropped":
        town.publish(other)
    elif how == "filtered":
        town.publish(RULE | {"left_where": "use = 'orchard'"})
    else:
        town.publish(RULE, laws=law)
    found = between(town, then, search(town))
    assert changes(found)[0][0] == "undecided"
    assert found.counts.resolved == 0


def test_a_day_before_the_pack_applies_neither_resolves_a_conflict_nor_makes_one_new(town: Town):
    before = DAY - timedelta(days=30)
    pack = rule_pack(RULE).model_copy(update={"applies_from": DAY})
    town.deliver("farmland", FIELD, effective=before)
    town.deliver("zone", BESIDE, effective=before)
    publish(town.service, pack)
    there = search(town)
    town.deliver("zone", NOWHERE_NEAR, effective=before)
    publish(town.service, pack)
    gone, gone_too_early = search(town), search(town, day=DAY - timedelta(days=1))
    assert between(town, there, gone).counts.resolved == 1
    for then, now, word in ((there, gone_too_early, "now"), (gone_too_early, there, "then")):
        found = between(town, then, now)
        assert [one.change for one in found.conflicts] == ["undecided"]
        assert not found.comparable
        reason = f"{word}, on {DAY - timedelta(days=1)}, the rule pack did not apply yet"
        assert reason in found.rules[0].reason.en


def test_a_withheld_layer_is_told_in_no_count_and_no_reason(town: Town):
    town.deliver("farmland", FIELD)
    town.deliver("barracks", BESIDE)
    town.publish(exclusive_rule("farmland", "barracks"))
    then = search(town, clearance="restricted")
    town.deliver("barracks", NOWHERE_NEAR)
    town.publish(exclusive_rule("farmland", "barracks"))
    now = search(town, clearance="restricted")
    found = between(town, then, now)
    assert found.conflicts == []
    assert found.rules[0].counts is None
    assert found.rules[0].reason.en == "withheld from this clearance"
    assert found.counts.resolved == 0
    assert between(town, then, now, "restricted").counts.resolved == 1


def test_a_layer_made_more_sensitive_since_is_withheld_from_kept_searches(town: Town):
    town.deliver("farmland", FIELD)
    town.deliver("zone", BESIDE)
    town.publish(RULE)
    run = search(town)
    load_into_store(town.service, catalogue(zone={"sensitivity": "restricted"}))
    with town.service.database.read() as connection:
        kept = run_of(connection, run, "public")
        assert kept.conflicts == ()
        (line,) = kept.head.rules
        assert (line.withheld, line.conflicts, line.union) == (True, None, None)
        assert len(run_of(connection, run, "restricted").conflicts) == 1


def test_a_search_for_less_clearance_serves_nobody_with_more(town: Town):
    town.deliver("farmland", FIELD)
    town.deliver("zone", BESIDE)
    town.publish(RULE)
    search(town)
    with town.service.database.read() as connection:
        snapshot = load_snapshot(connection)
        assert choose_run(connection, snapshot, "public").clearance == "public"
        with pytest.raises(NotSearched, match="blueprint conflicts --snapshot"):
            choose_run(connection, snapshot, "internal")


def test_the_complete_search_of_a_snapshot_is_held_against_rather_than_a_later_stale_one(
    town: Town,
):
    town.deliver("farmland", FIELD)
    town.deliver("zone", BESIDE)
    town.publish(RULE)
    whole = search(town)
    search(town, day=DAY.replace(year=2035))
    with town.service.database.read() as connection:
        assert choose_run(connection, load_snapshot(connection), "public").run_id == whole
