"""Whether a verdict stands within the layers' stated accuracy: 0.5 m unless told otherwise."""

import pytest

from blueprint.cli.tables import check_tables
from blueprint.cli.terminal import out
from blueprint.documents import Robustness
from blueprint.snapshots import load_into_store
from tests.blueprint.conftest import HALF, SITE, Town, _rule, catalogue, site_rule

ROAD = "POLYGON ((1000 1000, 1400 1000, 1400 1000.8, 1000 1000.8, 1000 1000))"
FIELD = "POLYGON ((900 900, 1500 900, 1500 1200, 900 1200, 900 900))"
ORDER = ["pass", "notice", "consult", "restricted", "prohibited"]


def east_of(x: float) -> str:
    """A field that begins at this easting, beside the site that ends at 1100."""
    return f"POLYGON (({x} 900, 1300 900, 1300 1200, {x} 1200, {x} 900))"


def robustness(town: Town, *features: str, site: str = SITE, **rule) -> tuple[Robustness, str]:
    town.deliver("farmland", *features)
    town.publish(site_rule("farmland", "prohibited", **({"forgive_slivers": False} | rule)))
    document = town.check(site).document
    assert document.robustness is not None
    return document.robustness, document.verdict


def flips(found: Robustness) -> tuple[str, str, bool]:
    return found.mildest, found.gravest, found.robust


def test_what_lies_deep_in_a_layer_is_robust_and_has_no_margin(town: Town) -> None:
    found, verdict = robustness(town, HALF)
    assert (verdict, *flips(found)) == ("prohibited", "prohibited", "prohibited", True)
    assert found.decided_by == found.near_misses == []
    (finding,) = town.check(SITE).document.findings
    assert finding.margin is None
    assert found.text.zh == "各图层在其标称精度内移动，结论不变"


def test_a_strip_thinner_than_the_accuracy_may_be_nothing_and_says_which_finding_decides(
    town_on_either: Town,
) -> None:
    town = town_on_either
    found, verdict = robustness(town, east_of(1099.7))
    assert (verdict, *flips(found)) == ("prohibited", "pass", "prohibited", False)
    (decider,) = found.decided_by
    assert (decider.rule, decider.towards, decider.outcome) == ("site.farmland", "milder", "clear")
    (finding,) = town.check(SITE).document.findings
    margin = finding.margin
    assert margin is not None
    assert (margin.accuracy_m, margin.least, margin.most) == (0.5, "clear", "prohibited")
    assert margin.least_area is None
    assert margin.most_area is not None
    # 0.8 m of the site, a metre longer for being drawn out, its corners rounded
    assert margin.most_area.projected_m2 == pytest.approx(0.8 * 101, rel=0.01)
    assert margin.most_area.ellipsoidal_m2 < margin.most_area.projected_m2
    assert "could be pass by Rule" in found.text.en
    assert "可能变为“通过”" in found.text.zh


@pytest.mark.parametrize(("gap", "near"), [(0.0, True), (0.3, True), (0.49, True), (0.51, False)])
def test_what_is_missed_by_less_than_the_accuracy_is_a_near_miss(
    town: Town, gap: float, near: bool
) -> None:
    found, verdict = robustness(town, east_of(1100 + gap))
    assert (verdict, found.mildest, found.gravest) == (
        "pass", "pass", "prohibited" if near else "pass"
    )  # fmt: skip
    assert [(m.rule, m.outcome, m.distance_m) for m in found.near_misses] == (
        [("site.farmland", "prohibited", pytest.approx(gap, abs=1e-3))] if near else []
    )
    assert town.check(SITE).document.findings == []


@pytest.mark.parametrize(
    ("wide", "expected"),
    [
        (0.8, ("notice", "pass", "prohibited")),
        (1.3, ("prohibited", "notice", "prohibited")),
        (3.0, ("prohibited", "prohibited", "prohibited")),
    ],
)
def test_the_band_of_a_forgiven_strip_turns_with_its_width(town: Town, wide, expected) -> None:
    if wide == 0.8:  # 0.3 m are left of it: still a suspected error
        expected = ("notice", "notice", "prohibited")
    found, verdict = robustness(town, east_of(1100 - wide), forgive_slivers=True)
    assert (verdict, found.mildest, found.gravest) == expected


def test_a_road_narrower_than_the_accuracy_is_not_gone_for_it(town: Town) -> None:
    found, verdict = robustness(town, FIELD, site=ROAD)
    assert (verdict, *flips(found)) == ("prohibited", "prohibited", "prohibited", True)


def test_a_corridor_narrower_than_the_accuracy_across_a_site_is_not_gone_for_it(town: Town) -> None:
    corridor = "POLYGON ((900 1050, 1200 1050, 1200 1050.6, 900 1050.6, 900 1050))"
    found, verdict = robustness(town, corridor)
    assert (verdict, *flips(found)) == ("prohibited", "prohibited", "prohibited", True)


def test_a_strip_of_a_wide_site_that_crosses_a_wide_field_is_kept(town: Town) -> None:
    plot = "1000 1000, 1100 1000, 1100 1040, 1300 1040, 1300 1040.8, 1100 1040.8, 1100 1100"
    site = f"POLYGON (({plot}, 1000 1100, 1000 1000))"
    found, verdict = robustness(town, east_of(1150), site=site)
    assert (verdict, *flips(found)) == ("prohibited", "prohibited", "prohibited", True)


def test_the_accuracy_is_that_of_the_layer(town: Town) -> None:
    load_into_store(town.service, catalogue(farmland={"accuracy_m": 5.0}))
    found, verdict = robustness(town, east_of(1104))
    assert (verdict, found.gravest) == ("pass", "prohibited")
    assert [miss.accuracy_m for miss in found.near_misses] == [5.0]


def test_a_layer_that_may_not_be_seen_is_not_varied_nor_told(town: Town) -> None:
    town.deliver("barracks", east_of(1100.3))
    town.publish(site_rule("barracks", "prohibited", forgive_slivers=False))
    shown = town.check(SITE).document.robustness
    assert shown is not None
    assert (*flips(shown), shown.near_misses) == ("pass", "pass", True, [])
    cleared = town.check(SITE, clearance="restricted").document.robustness
    assert cleared is not None
    assert (cleared.gravest, len(cleared.near_misses)) == ("prohibited", 1)
    town.deliver("barracks", east_of(1099.7))
    town.publish(site_rule("barracks", "prohibited", forgive_slivers=False))
    (finding,) = town.check(SITE).document.findings
    assert (finding.withheld, finding.margin) == (True, None)


def test_what_has_no_data_stays_incomplete_and_is_no_less_sure_for_it(town: Town) -> None:
    town.publish(site_rule("farmland", "prohibited"))
    found = town.check(SITE).document.robustness
    assert found is not None
    assert flips(found) == ("incomplete", "incomplete", True)


def test_a_zone_along_a_line_turns_at_its_edge(town: Town) -> None:
    zone = {"layer": "metro", "widths": [{"where": "n >= 0", "metres": 30}]}
    for gap, expected in ((29.7, "milder"), (30.3, "graver"), (31.0, None), (10.0, None)):
        town.deliver("metro", f"LINESTRING (900 {1100 + gap}, 1300 {1100 + gap})")
        town.publish(_rule("distance", "distance.metro", "prohibited", zone))
        found = town.check(SITE).document.robustness
        assert found is not None
        assert [one.towards for one in found.decided_by] == ([] if expected is None else [expected])


def test_a_plans_limit_next_door_is_a_near_miss_of_the_site(town: Town) -> None:
    limit = {"layer": "zone", "field": "far", "figure": "floor_area_ratio", "relation": "at_most"}
    town.deliver("zone", east_of(1100.2), attributes=[{"far": 1.0}])
    town.publish(_rule("attribute", "attribute.far", "restricted", limit))
    found = town.check(SITE).document.robustness
    assert found is not None
    assert [(m.rule, m.outcome) for m in found.near_misses] == [("attribute.far", "restricted")]


@pytest.mark.parametrize("forgive", [True, False])
def test_wherever_the_edge_is_within_the_accuracy_the_verdict_is_one_that_was_told(
    town: Town, forgive: bool
) -> None:
    told = {}
    for step in range(-8, 9):
        told[step] = robustness(town, east_of(1100 + step / 5), forgive_slivers=forgive)
    for step, (found, _) in told.items():
        lowest, highest = ORDER.index(found.mildest), ORDER.index(found.gravest)
        for moved in range(max(-8, step - 2), min(8, step + 2) + 1):
            _, verdict = told[moved]
            assert lowest <= ORDER.index(verdict) <= highest, (step, moved)


def test_what_touches_may_be_nothing_or_a_sliver_that_is_forgiven(town: Town) -> None:
    found, verdict = robustness(town, east_of(1100), touches=True, forgive_slivers=True)
    assert (verdict, *flips(found)) == ("prohibited", "pass", "prohibited", False)
    (finding,) = town.check(SITE).document.findings
    assert finding.margin is not None
    assert (finding.relation, finding.margin.least, finding.margin.most) == (
        "touches", "clear", "notice"
    )  # fmt: skip


def test_the_command_says_what_the_verdict_could_become(town: Town) -> None:
    robustness(town, east_of(1099.7))
    document = town.check(SITE).document
    with out.capture() as shown:
        out.print(check_tables(document))
    text = "".join(shown.get().split())
    assert "在图层标称精度内结论不稳定" in text
    assert "notrobustwithinthelayers'statedaccuracy" in text
