"""Silence never means clear: what a check says where a layer or a rule says nothing."""

from datetime import date, timedelta

import pytest

from blueprint.bootstrap import init_store
from blueprint.snapshots import load_into_store, publish
from blueprint.words import limits_words
from tests.blueprint.conftest import (
    DAY,
    FAR,
    HALF,
    SITE,
    Town,
    catalogue,
    exclusive_rule,
    line,
    rule_pack,
    site_rule,
)


def test_a_feature_without_the_attribute_that_a_filter_asks_for_is_never_clear(town: Town):
    town.deliver("zone", HALF, FAR, attributes=[{"kind": None}, {"kind": "field"}])
    town.publish(site_rule("zone", where="kind = 'field'"))
    checked = town.check(SITE)
    assert checked.document.verdict == "incomplete"
    assert checked.document.findings[0].outcome == "no_data"
    assert line(checked, "zone").status == "no_data"


def test_a_layer_that_was_never_delivered_is_no_data_and_no_verdict_passes(town: Town):
    town.publish(site_rule("farmland", "notice"))
    checked = town.check(SITE)
    assert checked.document.verdict == "incomplete"
    assert not checked.document.complete
    assert line(checked, "farmland").status == "no_data"
    assert checked.document.findings[0].outcome == "no_data"


def test_a_layer_delivered_after_the_snapshot_does_not_change_its_answer(town: Town):
    old = town.publish(site_rule("farmland"))
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    assert town.check(SITE).document.verdict == "pass"
    assert town.check(SITE, snapshot_id=old).document.verdict == "incomplete"


def test_a_stale_layer_is_no_data_from_the_day_after_its_last_good_day(town: Town):
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    last = town.catalogue.by_id["farmland"].stale_after(DAY)
    assert town.check(SITE, day=last).document.verdict == "pass"
    late = town.check(SITE, day=last + timedelta(days=1))
    assert late.document.verdict == "incomplete"
    assert "stale" in line(late, "farmland").reason.en


def test_a_site_beyond_the_citys_boundary_is_incomplete_with_the_share_that_is_covered(town: Town):
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    checked = town.check("POLYGON ((9900 0, 10100 0, 10100 100, 9900 100, 9900 0))")
    assert checked.document.verdict == "incomplete"
    assert line(checked, "farmland").covered_share == pytest.approx(0.5, abs=1e-6)


def test_without_a_boundary_layer_no_layer_is_believed_when_it_is_silent(
    geopackage_store, tmp_path
):
    service = init_store(geopackage_store)
    load_into_store(service, catalogue())
    town = Town(service, tmp_path, catalogue())
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    assert town.check(SITE).document.verdict == "incomplete"


def test_a_plan_covers_only_where_its_own_features_lie(town: Town):
    town.deliver("plan", HALF, attributes=[{"use": "park"}])
    town.publish(site_rule("plan", where="use = 'housing'"))
    checked = town.check(SITE)
    assert checked.document.verdict == "incomplete"
    assert line(checked, "plan").covered_share == pytest.approx(0.5, abs=1e-6)


def test_a_quarantined_feature_near_the_site_keeps_its_layer_from_being_clear(town: Town):
    flat = "POLYGON ((1040 1040, 1060 1040, 1040 1040))"
    town.deliver("zone", FAR, flat)
    town.publish(site_rule("zone"))
    assert town.check(SITE).document.verdict == "incomplete"
    away = "POLYGON ((3000 3000, 3100 3000, 3100 3100, 3000 3100, 3000 3000))"
    assert town.check(away).document.verdict == "pass"


def test_a_quarantined_feature_of_unknown_place_keeps_its_layer_from_ever_being_clear(town: Town):
    town.deliver("zone", FAR, "POLYGON EMPTY")
    town.publish(site_rule("zone"))
    assert town.check(SITE).document.verdict == "incomplete"


def test_a_quarantined_twin_hides_nothing(town: Town):
    town.deliver("zone", FAR, FAR, attributes=[{"n": 1}, {"n": 1}])
    town.publish(site_rule("zone"))
    assert town.check(SITE).document.verdict == "pass"


def test_missing_data_that_could_not_make_the_verdict_worse_leaves_it_standing(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "prohibited"), site_rule("zone", "restricted"))
    document = town.check(SITE).document
    assert document.verdict == "prohibited"
    assert not document.complete


def test_missing_data_that_could_make_the_verdict_worse_makes_it_incomplete(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "consult"), site_rule("zone", "restricted"))
    assert town.check(SITE).document.verdict == "incomplete"


def test_the_gaps_of_a_restricted_layer_do_not_tell_the_public_where_it_is(town: Town):
    town.deliver("barracks", HALF, "POLYGON EMPTY")
    town.publish(site_rule("barracks", "consult"))
    checked = town.check(FAR)
    entry = line(checked, "barracks")
    assert (entry.status, entry.version, entry.effective) == ("no_data", None, None)
    assert "quarantined" not in checked.document.model_dump_json()
    cleared = town.check(FAR, clearance="restricted")
    assert "quarantined" in cleared.document.model_dump_json()


def test_a_version_not_yet_in_effect_on_the_application_date_is_no_data(town: Town):
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    checked = town.check(SITE, day=DAY - timedelta(days=1))
    assert checked.document.verdict == "incomplete"
    assert "earlier snapshot" in line(checked, "farmland").reason.en


def test_a_version_effective_in_the_future_is_not_published_before_its_day(town: Town):
    town.deliver("farmland", HALF)
    town.deliver("farmland", FAR, effective=date(9999, 12, 31))
    town.publish(site_rule("farmland", "prohibited"))
    checked = town.check(SITE)
    assert checked.document.verdict == "prohibited"
    assert line(checked, "farmland").version == 1


def test_before_the_first_date_that_a_pack_is_for_nothing_passes(town: Town):
    town.deliver("farmland", FAR, effective=date(1990, 1, 1))
    town.publish(site_rule("farmland"))
    document = town.check(SITE, day=date(1995, 1, 1)).document
    assert document.verdict == "incomplete"
    assert document.layers == []
    assert not document.complete
    assert document.notes
    assert "规则包只适用于" not in limits_words(document)  # this pack says no date
    assert "没有适用的规则" in limits_words(document)


def test_the_date_that_a_pack_is_for_is_said_to_whoever_asks_for_an_earlier_one(town: Town):
    pack = rule_pack(site_rule("farmland")).model_copy(update={"applies_from": DAY})
    town.deliver("farmland", FAR, effective=date(2026, 1, 1))
    town.deliver("boundary", "POLYGON ((0 0, 9999 0, 9999 9999, 0 9999, 0 0))",
                 effective=date(2026, 1, 1))  # fmt: skip
    publish(town.service, pack)
    assert town.check(SITE, day=DAY).document.verdict == "pass"
    document = town.check(SITE, day=DAY - timedelta(days=1)).document
    assert document.verdict == "incomplete"
    assert f"规则包只适用于 {DAY}" in limits_words(document)


def test_without_any_site_rule_nothing_passes(town: Town):
    town.deliver("farmland", FAR)
    town.deliver("zone", FAR)
    town.publish(exclusive_rule("farmland", "zone"))
    assert town.check(SITE).document.verdict == "incomplete"


def test_a_stale_boundary_takes_the_word_of_every_layer_that_leans_on_it(town: Town):
    town.deliver("boundary", "POLYGON ((0 0, 9999 0, 9999 9999, 0 9999, 0 0))",
                 effective=date(2000, 1, 1))  # fmt: skip
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    assert town.check(SITE).document.verdict == "incomplete"


def test_an_empty_code_decides_no_filter(town: Town):
    town.deliver("zone", HALF, attributes=[{"kind": ""}])
    town.publish(site_rule("zone", where="kind = 'field'"))
    assert town.check(SITE).document.verdict == "incomplete"
