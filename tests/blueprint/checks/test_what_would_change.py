"""Why a verdict is what it is, and what would change it."""

import pytest

from blueprint.documents import Change, SiteCheck
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.rules.pack import RulePack
from blueprint.snapshots import publish
from tests.blueprint.conftest import HALF, SITE, Town, _rule, rule_pack, site_rule

ASKS = {"ask": "discharges", "answers": {"yes": "prohibited", "no": "consult"}}


@pytest.fixture
def town(town: Town) -> Town:
    town.deliver("zone", HALF)
    town.deliver("plan", SITE, attributes=[{"far": 1.0}])
    return town


def changes(check: SiteCheck, kind: str) -> list[Change]:
    return [change for change in check.what_would_change_it if change.kind == kind]


def asking(town: Town) -> None:
    document = rule_pack(site_rule("zone", "prohibited")).model_dump(mode="json")
    document["questions"] = {"discharges": {"text": {"zh": "排放？", "en": "Discharges?"}}}
    document["rules"][0] |= ASKS
    publish(town.service, RulePack.model_validate(document))


def test_an_open_question_says_what_its_mildest_answer_would_make_of_the_verdict(
    town: Town,
) -> None:
    asking(town)
    check = town.check(SITE).document
    (change,) = changes(check, "answer")
    assert check.verdict == "prohibited"
    assert (change.question, change.answer, change.verdict) == ("discharges", "no", "consult")
    assert "若为否，结论为“征求意见”" in change.text.zh
    assert "if no, the verdict is consult" in change.text.en
    answered = town.check(SITE, project=ProjectFigures(answers={"discharges": "no"})).document
    assert answered.verdict == change.verdict
    assert changes(answered, "answer") == []


def test_the_findings_that_decide_are_the_reasons_and_say_what_it_is_without_them(
    town: Town,
) -> None:
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "prohibited"), site_rule("zone", "consult"))
    check = town.check(SITE).document
    assert [reason.en for reason in check.reasons] == ["Rule: prohibited"]
    (change,) = changes(check, "finding")
    assert (change.rules, change.verdict) == (["site.farmland"], "consult")


def test_a_layer_that_is_not_known_is_named_with_its_reason(town: Town) -> None:
    town.publish(site_rule("farmland", "prohibited"), site_rule("redline", "prohibited"))
    check = town.check(SITE).document
    (change,) = changes(check, "layer")
    assert check.verdict == "incomplete"
    assert (change.layers, change.verdict) == (["farmland", "redline"], None)
    assert "deliver or renew 2 layers (farmland, redline)" in change.text.en
    assert check.reasons[0].zh == "有资料缺失或无法判断，可能掩盖更严重的结论"


def test_a_figure_that_is_not_given_is_asked_for(town: Town) -> None:
    limit = {"layer": "plan", "field": "far", "figure": "floor_area_ratio", "relation": "at_most"}
    town.publish(_rule("attribute", "attribute.far", "restricted", limit))
    (change,) = changes(town.check(SITE).document, "figure")
    assert change.rules == ["attribute.far"]
    kept = town.check(SITE, project=ProjectFigures(floor_area_ratio=0.9)).document
    assert (kept.verdict, kept.what_would_change_it) == ("pass", [])


def test_a_verdict_that_is_not_robust_asks_for_a_survey(town: Town) -> None:
    edge = "POLYGON ((1099.8 900, 1200 900, 1200 1200, 1099.8 1200, 1099.8 900))"
    town.deliver("farmland", edge)
    town.publish(site_rule("farmland", "prohibited", forgive_slivers=False))
    (change,) = changes(town.check(SITE).document, "accuracy")
    assert change.rules == ["site.farmland"]
    assert change.text.zh.startswith("实测核对界线")


def test_a_pass_says_why_and_that_nothing_would_change_it(town: Town) -> None:
    town.deliver("farmland", "POLYGON ((5000 5000, 5100 5000, 5100 5100, 5000 5000))")
    town.publish(site_rule("farmland", "prohibited"))
    check = town.check(SITE).document
    assert [reason.en for reason in check.reasons] == [
        "none of the 1 layers that were looked at is met"
    ]
    assert check.what_would_change_it == []
