"""Which approvals are needed: yes, no, or undecided, and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.approvals.decide import Decider
from blueprint.approvals.documents import ApprovalsNeeded
from blueprint.approvals.known import Knowledge
from blueprint.approvals.needed import needed_approvals
from blueprint.documents import SiteCheck
from tests.blueprint.conftest import DAY, LAW, catalogue

from .conftest import approval, check_of, day, filed, finding, knowledge, line, pack_of

HIT = check_of(finding("site.zone"))
CLEAR = check_of(lines=(line("zone"),))
THIN = check_of(finding("site.zone", "notice", band="suspected_error"))
TOUCHED = check_of(finding("site.zone", "notice", relation="touches", area=None, band=None))
NO_DATA = check_of(finding("site.zone", "no_data", area=None, band=None, relation=None))
ELSEWHERE = check_of(finding("site.farmland"))
WITHHELD = check_of(finding("site.zone", withheld=True, area=None, band=None, relation=None))
LAPSED = check_of(lines=(line("farmland"),), rules_not_in_force=["site.zone"])
BROKEN = check_of(lines=(line("zone", "error"),))
YES, NO, OPEN = True, False, None


def decided(need, known: Knowledge):
    """What a condition comes to, and the kinds of its reasons."""
    pack = pack_of(approval("a", need))
    known = Knowledge(pack, known.facts, known.check, known.profile)
    answer = Decider(known, lambda theme: ("zone", "plan") if theme == "01" else ()).decide(
        pack.approvals[0].needed_when, "land"
    )
    return answer.holds, [why.kind for why in answer.why]


@pytest.mark.parametrize(
    ("need", "check", "holds", "why"),
    [
        ("always", None, YES, ["stage"]),
        ({"rule": "site.zone"}, HIT, YES, ["finding"]),
        ({"rule": "site.zone"}, WITHHELD, YES, ["finding"]),
        ({"rule": "site.zone"}, CLEAR, NO, []),
        ({"rule": "site.zone"}, THIN, OPEN, ["thin"]),
        ({"rule": "site.zone"}, TOUCHED, OPEN, ["touches"]),
        ({"rule": "site.zone"}, NO_DATA, OPEN, ["no_data"]),
        ({"rule": "site.zone"}, BROKEN, OPEN, ["no_data"]),
        ({"rule": "site.zone"}, ELSEWHERE, OPEN, ["not_checked"]),
        ({"rule": "site.zone"}, LAPSED, OPEN, ["rule_not_in_force"]),
        ({"rule": "site.zone"}, None, OPEN, ["no_site_check"]),
        ({"rule": "site.zone", "outcome": ["prohibited"]}, HIT, NO, []),
        ({"rule": "site.zone", "outcome": ["restricted"]}, HIT, YES, ["finding"]),
        ({"rule": "site.zone", "outcome": ["restricted"]}, THIN, OPEN, ["thin"]),
        ({"layer": "zone"}, HIT, YES, ["finding"]),
        ({"layer": "zone"}, CLEAR, NO, []),
        ({"layer": "zone"}, NO_DATA, OPEN, ["no_data"]),
        ({"layer": "zone"}, ELSEWHERE, OPEN, ["not_checked"]),
        ({"theme": "01"}, HIT, YES, ["finding"]),
        ({"theme": "01"}, CLEAR, NO, []),
        ({"theme": "01", "outcome": ["consult"]}, HIT, NO, []),
        ({"theme": "02"}, HIT, OPEN, ["not_checked"]),
        ({"outcome": ["restricted"]}, HIT, YES, ["finding"]),
        ({"outcome": ["prohibited"]}, HIT, NO, []),
        ({"outcome": ["prohibited"]}, NO_DATA, OPEN, ["no_data"]),
        ({"any": [{"rule": "site.zone"}, {"rule": "site.none"}]}, HIT, YES, ["finding"]),
        ({"any": [{"rule": "site.none"}, {"layer": "zone"}]}, CLEAR, OPEN, ["not_checked"]),
        ({"all": [{"rule": "site.zone"}, {"rule": "site.none"}]}, HIT, OPEN, ["not_checked"]),
        ({"all": [{"rule": "site.zone"}, {"rule": "site.none"}]}, CLEAR, NO, []),
        ({"all": [{"rule": "site.zone"}, "always"]}, HIT, YES, ["finding", "stage"]),
    ],
)
def test_a_finding_decides_and_what_is_missing_leaves_it_open(need, check, holds, why):
    assert decided(need, knowledge(pack_of(approval("a")), check)) == (holds, why)


@pytest.mark.parametrize(
    ("need", "said", "holds", "why"),
    [
        ({"field": "area", "at_least": 100}, {"site_area_m2": 100}, YES, ["value"]),
        ({"field": "area", "above": 100}, {"site_area_m2": 100}, NO, []),
        ({"field": "area", "at_most": 100}, {"site_area_m2": 100}, YES, ["value"]),
        ({"field": "area", "below": 100}, {"site_area_m2": 100}, NO, []),
        ({"field": "area", "below": 100}, {"site_area_m2": 0}, YES, ["value"]),
        ({"field": "area", "at_least": 1}, {}, OPEN, ["not_given"]),
        ({"field": "height", "at_least": 24}, {"figures": {"height_m": 30}}, YES, ["value"]),
        ({"field": "pollutes", "equals": True}, {"figures": {"answers": {"pollutes": "yes"}}},
         YES, ["value"]),
        ({"field": "pollutes", "equals": True}, {"figures": {"answers": {"pollutes": "no"}}},
         NO, []),
        ({"field": "pollutes", "equals": False}, {}, OPEN, ["not_given"]),
        ({"field": "earth", "at_least": 5}, {"stated": {"earth": 5}}, YES, ["value"]),
        ({"field": "funding", "equals": "own"}, {"stated": {"funding": "own"}}, YES, ["value"]),
        ({"field": "funding", "one_of": ["own", "state"]}, {"stated": {"funding": "own"}},
         YES, ["value"]),
        ({"field": "funding", "equals": "state"}, {"stated": {"funding": "own"}}, NO, []),
    ],
)  # fmt: skip
def test_what_is_said_decides_and_what_is_not_said_leaves_it_open(need, said, holds, why):
    assert decided(need, knowledge(pack_of(approval("a")), **said)) == (holds, why)


def test_what_nobody_said_is_taken_from_the_blueprint():
    need = {"field": "area", "at_least": 5000}
    assert decided(need, knowledge(pack_of(approval("a")), CLEAR)) == (YES, ["value"])


def test_a_figure_that_differs_from_the_blueprint_where_it_counts_is_undecided():
    need = {"field": "area", "at_least": 5000}
    small = knowledge(pack_of(approval("a")), CLEAR, site_area_m2=4999)
    assert decided(need, small) == (OPEN, ["differs"])
    large = knowledge(pack_of(approval("a")), CLEAR, site_area_m2=6000)
    assert decided(need, large) == (YES, ["value"])


def test_what_the_applicants_file_has_is_known():
    pack = pack_of(approval("a", {"field": "address", "equals": "某路1号"}))
    known = Knowledge(pack, knowledge(pack).facts, None, filed(address="某路1号"))
    found = needed_approvals(known, "land", DAY, catalogue())
    assert [one.id for one in found.needed] == ["a"]


def ids(found: ApprovalsNeeded) -> dict[str, list[str]]:
    told = {
        name: [one.id for one in getattr(found, name)]
        for name in ("needed", "undecided", "not_in_force")
    }
    return told | {"not_needed": found.not_needed}


def test_every_approval_of_the_span_is_in_one_of_the_lists():
    pack = pack_of(
        approval("yes"),
        approval("no", {"rule": "site.zone"}),
        approval("open", {"field": "earth", "above": 0}),
        approval("later", stage="building"),
        approval("groundless", bases=[]),
    )
    found = needed_approvals(knowledge(pack, CLEAR), "land", DAY, catalogue())
    assert ids(found) == {
        "needed": ["yes"],
        "undecided": ["open"],
        "not_in_force": ["groundless"],
        "not_needed": ["no"],
    }
    whole = needed_approvals(knowledge(pack, CLEAR), "whole", DAY, catalogue())
    assert ids(whole)["needed"] == ["yes", "later"]


def test_bases_and_limits_are_those_of_the_day():
    laws = {
        "old": LAW | {"in_force_until": "2026-08-14", "superseded_by": "new"},
        "new": LAW | {"in_force_from": "2026-08-15"},
    }
    cited = [{"law": "old", "article": "第二十二条"}, {"law": "new"}]
    pack = pack_of(
        approval(
            "a",
            bases=cited,
            statutory={"days": 60, "unit": "calendar", "bases": cited[:1]},
            promised={"days": 7, "unit": "working"},
        ),
        approval("b", bases=cited[1:]),
        laws=laws,
    )

    def on(text: str) -> ApprovalsNeeded:
        return needed_approvals(knowledge(pack), "land", day(text), catalogue())

    before, after = on("2026-08-14"), on("2026-08-15")
    assert [basis.law for basis in before.needed[0].legal_bases] == ["old"]
    assert [basis.law for basis in after.needed[0].legal_bases] == ["new"]
    assert (before.needed[0].statutory.days, after.needed[0].statutory) == (60, None)
    assert after.needed[0].promised.days == 7
    assert (ids(before)["not_in_force"], ids(after)["not_in_force"]) == (["b"], [])


def test_a_department_that_the_catalogue_has_not_is_said_to_be_missing():
    pack = pack_of(approval("a", department="nobody"))
    found = needed_approvals(knowledge(pack), "land", DAY, catalogue())
    assert "nobody" in found.notes[0].en
    assert found.needed[0].department.id == "nobody"


def test_reasons_are_told_in_both_languages_with_the_size_that_was_shown():
    pack = pack_of(approval("a", {"rule": "site.zone"}))
    (why,) = needed_approvals(knowledge(pack, HIT), "land", DAY, catalogue()).needed[0].why
    assert "限制" in why.text.zh
    assert "100 m²" in why.text.en
    (kept,) = needed_approvals(knowledge(pack, WITHHELD), "land", DAY, catalogue()).needed[0].why
    assert "m²" not in kept.text.en


CHECKS = st.sampled_from([None, HIT, CLEAR, THIN, TOUCHED, NO_DATA, ELSEWHERE, LAPSED])
LEAVES = st.sampled_from(
    [
        "always",
        {"rule": "site.zone"},
        {"rule": "site.farmland"},
        {"layer": "zone", "outcome": ["prohibited"]},
        {"field": "earth", "at_least": 5},
        {"field": "funding", "equals": "own"},
    ]
)
NEEDS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, parts: {kind: parts},
        st.sampled_from(["any", "all"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
SAID = st.fixed_dictionaries(
    {},
    optional={"earth": st.sampled_from([0, 5, 9]), "funding": st.sampled_from(["own", "state"])},
)


@given(NEEDS, CHECKS, SAID)
def test_an_answer_always_has_reasons_unless_it_is_no(need, check, stated):
    holds, why = decided(need, knowledge(pack_of(approval("a")), check, stated=stated))
    assert bool(why) == (holds is not NO)


@given(NEEDS, CHECKS, SAID, st.sampled_from(["earth", "funding"]), st.sampled_from([0, 5]))
def test_what_is_learnt_later_turns_nothing_that_was_decided(need, check, stated, name, value):
    before, _ = decided(need, knowledge(pack_of(approval("a")), check, stated=stated))
    if name not in stated:
        stated = stated | {name: value if name == "earth" else "own"}
        after, _ = decided(need, knowledge(pack_of(approval("a")), check, stated=stated))
        assert before is OPEN or before == after


@given(NEEDS, SAID)
def test_two_readers_who_are_shown_the_same_findings_are_told_the_same(need, stated):
    shown: SiteCheck = WITHHELD
    again = SiteCheck.model_validate_json(shown.model_dump_json())
    pack = pack_of(approval("a", need))
    one, other = (
        needed_approvals(knowledge(pack, check, stated=stated), "land", DAY, catalogue())
        for check in (shown, again)
    )
    assert one == other
