"""Questions, distances, heights and figures in a site check."""

from datetime import date
from typing import Any

import pytest
from shapely.errors import GEOSException

from blueprint.checks.affected import affected_checks
from blueprint.checks.check import check_site
from blueprint.checks.examination import CheckedSite
from blueprint.checks.figures import figures_from_options, figures_of
from blueprint.checks.kept import load_check
from blueprint.documents import SiteCheck
from blueprint.errors import InvalidFigures, UnknownCheck
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.rules.pack import RulePack
from blueprint.snapshots import load_into_store, publish
from conflict.errors import OverlayError
from tests.blueprint.conftest import (
    DAY,
    FAR,
    HALF,
    LAW,
    SITE,
    Town,
    catalogue,
    line,
    rule_pack,
    site_rule,
)

BELOW = "LINESTRING (0 990, 9000 990)"
WEST_PART = "POLYGON ((0 900, 1050 900, 1050 1010, 0 1010, 0 900))"
WIDTHS = [{"where": "class = 'wide'", "metres": 30}, {"where": "class = 'slim'", "metres": 5}]
SURFACES = {
    "inner_horizontal": {"height_m": 45, "radius_m": 4000},
    "conical": {"slope": 0.05, "height_m": 100},
}
ASKS = {"ask": "discharges", "answers": {"no": "consult"}}


def kind_rule(kind: str, severity: str = "prohibited", **fields: Any) -> dict[str, Any]:
    plain = site_rule("zone", severity) | {"id": f"{kind}.a", "kind": kind} | fields
    return {k: v for k, v in plain.items() if k != "layer" or "layer" in fields}


def distance_rule(**fields: Any) -> dict[str, Any]:
    return kind_rule("distance", **({"layer": "metro", "widths": WIDTHS} | fields))


def height_rule(**fields: Any) -> dict[str, Any]:
    plain = {"layer": "metro", "elevation_field": "BG", "surfaces": SURFACES}
    return kind_rule("height", "restricted", **(plain | fields))


def far_rule(**fields: Any) -> dict[str, Any]:
    plain = {"layer": "plan", "figure": "floor_area_ratio", "relation": "at_most", "field": "RJL"}
    return kind_rule("attribute", "restricted", **(plain | fields))


def publish_asking(town: Town, rule: dict[str, Any]) -> None:
    pack = rule_pack(rule | {"ask": None, "answers": {}}).model_dump(mode="json")
    pack["questions"] = {"discharges": {"text": {"zh": "是否排放？", "en": "Does it discharge?"}}}
    pack["rules"][0] |= ASKS
    publish(town.service, RulePack.model_validate(pack))


def check(town: Town, wkt: str = SITE, **figures: Any) -> CheckedSite:
    project = ProjectFigures.model_validate(figures)
    return check_site(town.service, town.site(wkt), day=DAY, project=project)


@pytest.mark.parametrize(
    ("answers", "verdict", "said"),
    [
        ({"discharges": "no"}, "consult", "no"),
        ({"discharges": "yes"}, "prohibited", "yes"),
        ({}, "prohibited", None),
    ],
)
def test_an_answer_turns_prohibited_into_consult_and_silence_does_not(
    town: Town, answers, verdict, said
):
    town.deliver("zone", HALF)
    publish_asking(town, site_rule("zone", "prohibited"))
    document = check(town, answers=answers).document
    assert document.verdict == verdict
    (finding,) = document.findings
    assert finding.asked.question == "discharges"
    assert finding.asked.answer == said
    assert "Does it discharge?" in finding.notes[-1].en
    assert document.project.answers == answers


def test_an_answer_clears_no_layer_that_is_missing(town: Town):
    publish_asking(town, site_rule("zone", "prohibited"))
    assert check(town, answers={"discharges": "no"}).document.verdict == "incomplete"


def test_an_answer_to_a_question_that_is_not_asked_is_refused(town: Town):
    town.deliver("zone", HALF)
    publish_asking(town, site_rule("zone", "prohibited"))
    with pytest.raises(InvalidFigures, match="discharge: the rules do not ask this; they ask dis"):
        check(town, answers={"discharge": "no"})


@pytest.mark.parametrize(
    ("class_", "outcome"), [("wide", "restricted"), ("slim", None), (None, "restricted")]
)
def test_a_theoretical_zone_is_as_wide_as_its_class_and_one_level_milder(
    town: Town, class_, outcome
):
    town.deliver("metro", BELOW, attributes=[{"class": class_, "n": 1}])
    town.publish(distance_rule())
    document = check(town).document
    if outcome is None:
        assert (document.verdict, document.findings) == ("pass", [])
        assert line(check(town), "metro").status == "clear"
        return
    (finding,) = document.findings
    assert (finding.outcome, finding.zone, finding.buffer_m) == (outcome, "theoretical", 30)
    assert finding.area.projected_m2 == pytest.approx(100 * 20, rel=2e-3)
    assert any("theoretical" in note.en for note in finding.notes)
    assert any("widest" in note.en for note in finding.notes) == (class_ is None)


def test_a_drawn_zone_keeps_its_full_severity_and_takes_the_place_of_the_theoretical(town: Town):
    town.deliver("metro", BELOW, attributes=[{"class": "wide"}])
    town.deliver("zone", "POLYGON ((0 900, 9000 900, 9000 1010, 0 1010, 0 900))")
    town.publish(distance_rule(zone_layer="zone"))
    checked = check(town)
    (finding,) = checked.document.findings
    assert (finding.outcome, finding.zone, finding.layer) == ("prohibited", "drawn", "zone")
    assert finding.area.projected_m2 == pytest.approx(100 * 10, abs=0.1)
    assert {entry.layer: entry.status for entry in checked.document.layers} == {
        "metro": "clear",
        "zone": "hit",
    }
    assert checked.shapes[0].area == pytest.approx(1000, abs=0.1)


def test_zones_that_were_never_delivered_leave_the_theoretical_ones(town: Town):
    town.deliver("metro", BELOW, attributes=[{"class": "wide"}])
    town.publish(distance_rule(zone_layer="zone"))
    document = check(town).document
    assert [(f.zone, f.outcome) for f in document.findings] == [("theoretical", "restricted")]
    assert [entry.layer for entry in document.layers] == ["metro"]


def test_drawn_zones_that_are_stale_are_no_data_and_never_clear(town: Town):
    town.deliver("metro", FAR.replace("POLYGON ((", "LINESTRING (").replace("))", ")"))
    town.deliver("zone", FAR, effective=date(2020, 1, 1))
    town.publish(distance_rule(zone_layer="zone"))
    assert check(town).document.verdict == "incomplete"
    assert line(check(town), "zone").status == "no_data"


def test_a_missing_layer_of_lines_is_no_data(town: Town):
    town.publish(distance_rule())
    document = check(town).document
    assert (document.verdict, document.complete) == ("incomplete", False)
    assert document.findings[0].outcome == "no_data"


def test_a_thin_edge_of_a_theoretical_zone_is_a_notice(town: Town):
    town.deliver("metro", "LINESTRING (0 970.3, 9000 970.3)", attributes=[{"class": "wide"}])
    town.publish(distance_rule())
    (finding,) = check(town).document.findings
    assert (finding.outcome, finding.band) == ("notice", "suspected_error")


@pytest.mark.parametrize(
    ("figures", "outcome", "headroom"),
    [
        ({"height_m": 40, "ground_m": 12}, "notice", 3.0),
        ({"height_m": 43, "ground_m": 12}, "notice", 0.0),
        ({"height_m": 50, "ground_m": 12}, "restricted", -7.0),
        ({"height_m": 1}, "restricted", None),
        ({"ground_m": 1}, "restricted", None),
        ({}, "restricted", None),
    ],
)
def test_headroom_under_an_airports_surface_decides_and_silence_is_not_low(
    town: Town, figures, outcome, headroom
):
    town.deliver("metro", "LINESTRING (0 3000, 3000 3000)", attributes=[{"BG": 10}])
    town.publish(height_rule())
    document = check(town, **figures).document
    (finding,) = document.findings
    assert finding.outcome == outcome
    assert finding.headroom.surface == "inner_horizontal"
    assert finding.headroom.limit_m == 55
    assert finding.headroom.headroom_m == headroom
    assert document.verdict != "pass"


def test_a_site_beyond_every_surface_is_clear(town: Town):
    town.deliver("metro", "LINESTRING (0 9000, 3000 9000)", attributes=[{"BG": 10}])
    town.publish(height_rule())
    assert check(town).document.verdict == "pass"


def test_a_runway_without_its_elevation_cannot_clear_a_building(town: Town):
    town.deliver("metro", "LINESTRING (0 3000, 3000 3000)", attributes=[{"BG": None, "n": 1}])
    town.publish(height_rule())
    assert check(town, height_m=1, ground_m=1).document.verdict == "incomplete"


@pytest.mark.parametrize(
    ("figures", "outcomes"),
    [
        ({"floor_area_ratio": 2.0}, []),
        ({"floor_area_ratio": 2.5}, ["restricted"]),
        ({}, ["restricted"]),
    ],
)
def test_a_figure_is_held_against_the_plan_under_the_site(town: Town, figures, outcomes):
    town.deliver("plan", "POLYGON ((900 900, 1200 900, 1200 1200, 900 1200, 900 900))",
                 attributes=[{"RJL": 2.0}])  # fmt: skip
    town.publish(far_rule())
    document = check(town, **figures).document
    assert [finding.outcome for finding in document.findings] == outcomes
    if figures == {"floor_area_ratio": 2.5}:
        assert document.findings[0].compared.excess == 0.5
        assert "容积率不得大于 2" in document.findings[0].notes[0].zh


def test_a_figure_that_is_not_given_may_be_asked_for_more_mildly_and_is_still_no_pass(town: Town):
    town.deliver("plan", BIG, attributes=[{"RJL": 2.0}])
    town.publish(far_rule(unanswered="notice"))
    document = check(town).document
    assert document.verdict == "notice"
    assert "is not given" in document.findings[0].notes[0].en


BIG = "POLYGON ((900 900, 1200 900, 1200 1200, 900 1200, 900 900))"


def test_the_strictest_of_several_parcels_stands_for_them(town: Town):
    west = "POLYGON ((900 900, 1050 900, 1050 1200, 900 1200, 900 900))"
    east = "POLYGON ((1050 900, 1200 900, 1200 1200, 1050 1200, 1050 900))"
    town.deliver("plan", west, east, attributes=[{"RJL": 2.0}, {"RJL": 1.2}])
    town.publish(far_rule())
    (finding,) = check(town, floor_area_ratio=2.5).document.findings
    assert finding.compared.limit == 1.2
    assert len(finding.feature_ids) == 2


def test_a_limit_that_is_no_number_is_no_data(town: Town):
    town.deliver("plan", BIG, attributes=[{"RJL": "1.5-2.0"}])
    town.publish(far_rule())
    assert check(town, floor_area_ratio=1).document.verdict == "incomplete"


def test_a_site_that_the_plan_does_not_cover_is_no_data(town: Town):
    town.deliver("plan", HALF, attributes=[{"RJL": 2.0}])
    town.publish(far_rule())
    document = check(town, floor_area_ratio=1).document
    assert document.verdict == "incomplete"
    assert "50" in line(check(town, floor_area_ratio=1), "plan").reason.en


@pytest.mark.parametrize(
    "error", [OverlayError("no credible result"), GEOSException("TopologyException")]
)
def test_an_overlap_that_cannot_be_computed_is_no_data_and_stops_nothing_else(
    town: Town, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    def fail(*_: object) -> None:
        raise error

    town.deliver("metro", BELOW, attributes=[{"class": "wide"}])
    town.deliver("zone", HALF)
    town.publish(site_rule("zone", "notice"), distance_rule())
    monkeypatch.setattr("blueprint.checks.answers.distance.in_zones", fail)
    document = check(town).document
    assert [(f.rule, f.outcome) for f in document.findings] == [
        ("site.zone", "notice"),
        ("distance.a", "no_data"),
    ]
    assert document.verdict == "incomplete"
    assert line(check(town), "metro").status == "no_data"


def test_what_lies_in_a_layer_above_the_clearance_is_withheld(town: Town):
    town.deliver("barracks", SITE, attributes=[{"class": "wide"}])
    town.publish(distance_rule(layer="barracks"))
    checked = check(town)
    (finding,) = checked.document.findings
    assert finding.withheld
    assert (finding.area, finding.feature_ids, finding.buffer_m) == (None, [], None)
    assert checked.shapes == (None,)


def secret(town: Town, layer: str) -> None:
    """Make a layer restricted from now on."""
    load_into_store(town.service, catalogue(**{layer: {"sensitivity": "restricted"}}))


def test_a_zone_that_is_cut_out_along_a_hidden_one_is_withheld_and_its_old_answers_too(town: Town):
    town.deliver("metro", BELOW, attributes=[{"class": "wide"}])
    town.deliver("zone", WEST_PART)
    town.publish(distance_rule(zone_layer="zone"))
    before = check(town).document
    assert [finding.area is None for finding in before.findings] == [False, False]
    secret(town, "zone")
    checked = check(town)
    assert {f.withheld for f in checked.document.findings} == {True}
    assert set(checked.shapes) == {None}
    with town.service.database.read() as connection, pytest.raises(UnknownCheck):
        load_check(connection, before.check_id, "public")


def without_names(document: SiteCheck) -> dict[str, Any]:
    return document.model_dump(exclude={"check_id", "checked_at", "project", "site"})


@pytest.mark.parametrize("limit", [0.1, 2.37, 9.0])
def test_figures_that_are_tried_one_by_one_do_not_tell_a_hidden_limit(town: Town, limit: float):
    town.deliver("plan", BIG, attributes=[{"RJL": limit}])
    town.publish(far_rule())
    secret(town, "plan")
    answers = [without_names(check(town, floor_area_ratio=far).document) for far in (0.5, 2.5, 8)]
    assert answers[0] == answers[1] == answers[2]
    assert [f["outcome"] for f in answers[0]["findings"]] == ["restricted"]


def test_heights_that_are_tried_one_by_one_do_not_tell_a_hidden_surface(town: Town):
    town.deliver("metro", "LINESTRING (0 3000, 3000 3000)", attributes=[{"BG": 10}])
    town.publish(height_rule())
    secret(town, "metro")
    low, high = (check(town, height_m=h, ground_m=12).document for h in (1, 99))
    assert without_names(low) == without_names(high)
    assert [f.outcome for f in low.findings] == ["restricted"]


def test_the_width_of_what_a_hidden_plan_shares_with_a_site_does_not_show(town: Town):
    strip = "POLYGON ((1099.7 900, 1300 900, 1300 1200, 1099.7 1200, 1099.7 900))"
    town.deliver("plan", strip, attributes=[{"RJL": 2.0}])
    town.publish(far_rule())
    assert check(town, floor_area_ratio=9).document.findings[0].outcome == "notice"
    secret(town, "plan")
    assert check(town, floor_area_ratio=9).document.findings[0].outcome == "restricted"


def test_rules_of_every_kind_have_to_have_a_basis_on_the_day(town: Town):
    town.deliver("metro", BELOW, attributes=[{"class": "wide"}])
    late = LAW | {"in_force_from": "2027-01-01"}
    town.publish(distance_rule(bases=[{"law": "late"}]), laws={"late": late})
    document = check(town).document
    assert document.findings == []
    assert document.rules_not_in_force == ["distance.a"]
    assert document.verdict == "incomplete"


def test_one_layer_that_two_kinds_ask_for_has_one_line(town: Town):
    town.deliver("metro", BELOW, attributes=[{"class": "slim"}])
    town.publish(site_rule("metro", buffer_m=50), distance_rule())
    entry = line(check(town), "metro")
    assert (entry.status, entry.rules) == ("hit", ["site.metro", "distance.a"])


def test_a_check_with_figures_is_kept_as_it_was_answered(town: Town):
    town.deliver("plan", BIG, attributes=[{"RJL": 2.0}])
    town.publish(far_rule())
    document = check(town, floor_area_ratio=2.5, use="0701").document
    with town.service.database.read() as connection:
        assert load_check(connection, document.check_id, "public") == document


def test_a_change_of_a_layer_concerns_sites_as_far_as_its_widest_zone(town: Town):
    town.deliver("metro", FAR.replace("POLYGON ((", "LINESTRING (").replace("))", ")"))
    town.publish(distance_rule())
    check(town)
    town.deliver("metro", "LINESTRING (0 971, 9000 971)", attributes=[{"class": "wide"}])
    found = affected_checks(town.service, "metro", 1, 2)
    assert found.reach_m == 30
    assert len(found.checks) == 1


def test_both_stores_give_the_same_findings_of_every_kind(town_on_either: Town):
    town = town_on_either
    town.deliver("metro", BELOW, attributes=[{"class": "wide", "BG": 10}])
    town.deliver("plan", BIG, attributes=[{"RJL": 2.0}])
    town.publish(distance_rule(), height_rule(), far_rule())
    document = check(town, floor_area_ratio=2.5, height_m=10, ground_m=5).document
    told = [(finding.rule, finding.outcome) for finding in document.findings]
    assert sorted(told) == [
        ("attribute.a", "restricted"),
        ("distance.a", "restricted"),
        ("height.a", "notice"),
    ]


@pytest.mark.parametrize(
    ("answers", "figures", "says"),
    [
        (["discharges"], {}, "discharges: is no answer; write question=yes"),
        (["discharges=maybe"], {}, "is no answer"),
        (["discharges=yes", "discharges=no"], {}, "with yes and with no"),
        ([], {"green_ratio": 35.0}, "green_ratio: 35.0"),
        (["Not a slug=no"], {}, "Not a slug"),
    ],
)
def test_figures_that_cannot_be_are_refused_with_the_remedy(answers, figures, says):
    with pytest.raises(InvalidFigures, match=says):
        figures_from_options(answers, figures)


def test_options_that_are_not_given_say_nothing():
    project = figures_from_options(["a=yes"], {"height_m": None, "ground_m": 3.0})
    assert project == figures_of({"answers": {"a": "yes"}, "ground_m": 3})
    assert figures_of(None) == ProjectFigures()
    with pytest.raises(InvalidFigures, match="project"):
        figures_of([1])
