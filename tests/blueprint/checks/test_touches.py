"""Features that share a site's boundary and no ground, for the rules that ask for them."""

import pytest
from pydantic import ValidationError

from blueprint.checks.affected import affected_checks
from blueprint.cli.tables import check_tables
from blueprint.cli.terminal import out
from blueprint.rules.pack import SiteRule
from blueprint.values import document_text
from blueprint.words import legend_size, size_words
from tests.blueprint.conftest import FAR, HALF, SITE, Town, line, rule_pack, site_rule

BESIDE = "POLYGON ((1100 900, 1200 900, 1200 1200, 1100 1200, 1100 900))"
AT_A_CORNER = "POLYGON ((1100 1100, 1200 1100, 1200 1200, 1100 1200, 1100 1100))"
A_STEP_APART = "POLYGON ((1100.0003 900, 1200 900, 1200 1200, 1100.0003 1200, 1100.0003 900))"
A_STEP_WITHIN = "POLYGON ((1099.9998 900, 1200 900, 1200 1200, 1099.9998 1200, 1099.9998 900))"
A_HAND_APART = "POLYGON ((1100.05 900, 1200 900, 1200 1200, 1100.05 1200, 1100.05 900))"
AROUND = (
    "POLYGON ((0 0, 3000 0, 3000 3000, 0 3000, 0 0), "
    "(1000 1000, 1000 1100, 1100 1100, 1100 1000, 1000 1000))"
)
SQUARE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"


@pytest.mark.parametrize(
    "feature",
    [BESIDE, AT_A_CORNER, A_STEP_APART, A_STEP_WITHIN, AROUND],
    ids=["an edge", "a corner", "a gap of rounding", "an overlap of rounding", "on every side"],
)
def test_a_feature_that_touches_the_site_is_reported_with_no_area(town_on_either: Town, feature):
    town = town_on_either
    town.deliver("redline", feature, FAR)
    town.publish(site_rule("redline", "consult", touches=True))
    checked = town.check(SQUARE)
    (finding,) = checked.document.findings
    assert (finding.relation, finding.outcome) == ("touches", "consult")
    assert (finding.area.projected_m2, finding.area.ellipsoidal_m2, finding.share) == (0, 0, 0)
    assert len(finding.feature_ids) == 1
    assert (checked.document.verdict, line(checked, "redline").status) == ("consult", "hit")
    assert "boundary alone" in finding.notes[0].en


@pytest.mark.parametrize("feature", [A_HAND_APART, FAR], ids=["a hand's breadth away", "far"])
def test_a_feature_that_does_not_reach_the_site_is_clear(town: Town, feature):
    town.deliver("redline", feature)
    town.publish(site_rule("redline", touches=True))
    assert town.check(SQUARE).document.verdict == "pass"


def test_a_rule_that_does_not_ask_for_it_stays_silent(town: Town):
    town.deliver("redline", BESIDE)
    town.publish(site_rule("redline"))
    assert town.check(SQUARE).document.findings == []


def test_what_overlaps_and_what_touches_are_told_apart(town: Town):
    town.deliver("redline", HALF, AT_A_CORNER)
    town.publish(site_rule("redline", touches=True))
    over, beside = town.check("POLYGON ((1000 1000, 1100 1000, 1100 1090, 1000 1090, 1000 1000))",
                              ).document.findings, town.check(SQUARE).document.findings  # fmt: skip
    assert [finding.relation for finding in over] == ["overlaps"]
    assert [finding.relation for finding in beside] == ["overlaps", "touches"]
    assert beside[0].area.projected_m2 > 0
    assert not set(beside[0].feature_ids) & set(beside[1].feature_ids)


def test_a_line_that_ends_on_the_boundary_touches_the_site(town: Town):
    town.deliver("metro", "LINESTRING (1100 1050, 1200 1050)", "LINESTRING (1100 1101, 1200 1200)")
    town.publish(site_rule("metro", "notice", touches=True))
    (finding,) = town.check(SQUARE).document.findings
    assert (finding.relation, finding.length_m, finding.area) == ("touches", 0, None)


def test_a_filter_decides_on_what_touches_too_and_may_be_undecided(town: Town):
    town.deliver("zone", BESIDE, AT_A_CORNER, attributes=[{"kind": "a"}, {"kind": None}])
    rule = site_rule("zone", touches=True, where="kind = 'a'")
    town.publish(rule)
    outcomes = [finding.outcome for finding in town.check(SQUARE).document.findings]
    assert outcomes == ["restricted", "no_data"]
    town.publish(rule | {"where": "kind = 'b'"})
    assert town.check(SQUARE).document.verdict == "incomplete"


def test_that_a_withheld_layer_only_touches_is_not_told(town: Town):
    town.deliver("barracks", BESIDE)
    town.publish(site_rule("barracks", "consult", touches=True))
    (finding,) = town.check(SQUARE).document.findings
    assert finding.withheld
    assert (finding.relation, finding.area, finding.feature_ids) == (None, None, [])
    assert "boundary" not in "".join(note.en for note in finding.notes)


def test_a_zone_of_a_distance_is_not_touched():
    with pytest.raises(ValidationError, match="buffer_m is not touched"):
        rule_pack(site_rule("metro", buffer_m=5, touches=True))


def test_a_pack_that_does_not_ask_for_it_keeps_its_hash():
    assert "touches" not in document_text(rule_pack(site_rule("zone")))
    told = document_text(rule_pack(site_rule("zone", touches=True)))
    (rule,) = type(rule_pack()).model_validate_json(told).rules
    assert isinstance(rule, SiteRule)
    assert rule.touches


def test_a_change_beside_a_checked_site_concerns_its_check(town: Town):
    town.deliver("redline", FAR)
    town.publish(site_rule("redline", touches=True))
    town.check(SQUARE)
    town.deliver("redline", FAR, A_STEP_APART)
    found = affected_checks(town.service, "redline", 1, 2)
    assert (found.reach_m, len(found.checks)) == (0.001, 1)


def test_a_person_reads_that_it_only_touches(town: Town):
    town.deliver("redline", BESIDE)
    town.publish(site_rule("redline", touches=True))
    document = town.check(SITE.replace("1100 1100, ", "1100 1100, ")).document
    (finding,) = document.findings
    assert size_words(finding) == legend_size(finding) == "仅边界相接"
    with out.capture() as told:
        out.print(check_tables(document))
    assert "仅边界相接" in told.get()
