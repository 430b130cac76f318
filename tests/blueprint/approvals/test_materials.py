"""Which documents are asked for: each once, those that are held or come out of approvals not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.approvals.documents import Counts, MaterialsList
from blueprint.approvals.held import months_after
from blueprint.approvals.materials import materials_of
from blueprint.approvals.needed import needed_approvals
from tests.blueprint.conftest import DAY, catalogue

from .conftest import DOCUMENTS, approval, check_of, day, finding, held, knowledge, line, pack_of

TOWN = catalogue()
COURSE = pack_of(
    approval("first", documents=["form", "licence", "plan"], gives=["permit"]),
    approval("second", documents=["form", "licence", "report", "permit"]),
    approval("third", documents=["form", "agreement"], stage="building"),
    approval("fourth", {"rule": "site.zone"}, documents=["agreement", "report"], stage="building"),
)


def listed(pack=COURSE, check=None, held_=(), span="whole", **said: Any) -> MaterialsList:
    known = knowledge(pack, check, **said)
    return materials_of(known, needed_approvals(known, span, DAY, TOWN), TOWN, held_)


def status(found: MaterialsList) -> dict[str, str]:
    return {one.id: one.status for one in found.documents}


def told(counts: Counts) -> tuple[int, ...]:
    return counts.asked, counts.once, counts.results, counts.held, counts.to_hand_in


def test_a_document_that_several_ask_for_is_listed_once_with_all_of_them():
    found = listed()
    form = next(one for one in found.documents if one.id == "form")
    assert [by.approval for by in form.asked_by] == ["first", "second", "third"]
    assert len([one for one in found.documents if one.id == "form"]) == 1


def test_one_that_is_made_for_each_approval_is_listed_for_each():
    found = listed(check=check_of(finding("site.zone")))
    copies = [one for one in found.documents if one.id == "agreement"]
    assert [one.asked_by[0].approval for one in copies] == ["third", "fourth"]


def test_the_counts_are_those_worked_by_hand():
    # certain: first 3 + second 4 + third 2 = 9; once form licence plan report permit agreement = 6
    found = listed()
    assert told(found.counts) == (9, 6, 1, 0, 5)
    # the fourth may be needed: 2 more asked, one of them a copy of its own
    assert told(found.at_most) == (11, 7, 1, 0, 6)
    assert [(one.stage, told(one.counts)) for one in found.by_stage] == [
        ("land", (7, 5, 1, 0, 4)),
        ("building", (2, 1, 0, 0, 1)),
    ]


def test_what_comes_out_of_an_approval_of_the_course_is_no_longer_asked_of_the_applicant():
    assert status(listed())["permit"] == "result"
    alone = pack_of(approval("first", stage="building"), approval("second", documents=["permit"]))
    # given only later than it is asked for
    assert status(listed(alone))["permit"] == "to_hand_in"
    only = listed(COURSE, span="building")
    assert "permit" not in status(only)


def test_what_may_not_be_given_is_still_to_be_handed_in():
    pack = pack_of(
        approval("first", {"field": "earth", "above": 0}, gives=["permit"]),
        approval("second", documents=["permit"]),
    )
    assert status(listed(pack))["permit"] == "to_hand_in"
    assert status(listed(pack, stated={"earth": 1}))["permit"] == "result"


def test_a_document_is_asked_on_its_own_condition():
    need = {"field": "earth", "above": 0}
    pack = pack_of(approval("first", documents=["form", {"id": "plan", "when": need}]))
    (plan,) = [one for one in listed(pack).documents if one.id == "plan"]
    assert not plan.certain
    assert [why.kind for why in plan.asked_by[0].why] == ["not_given"]
    assert "plan" not in status(listed(pack, stated={"earth": 0}))
    (plan,) = [one for one in listed(pack, stated={"earth": 2}).documents if one.id == "plan"]
    assert (plan.certain, [why.kind for why in plan.asked_by[0].why]) == (True, ["value"])


def test_what_an_approval_without_a_basis_asks_for_is_not_asked():
    pack = pack_of(approval("first", documents=["form"], bases=[]))
    assert listed(pack).documents == []


@pytest.mark.parametrize(
    ("kind", "said", "counts"),
    [
        ("licence", {}, True),
        ("licence", {"valid_until": "2026-11-23"}, True),
        ("licence", {"valid_until": "2026-11-22"}, False),
        ("licence", {"issued_on": "2026-11-24"}, False),
        ("report", {"issued_on": "2025-11-23"}, True),
        ("report", {"issued_on": "2025-11-22"}, False),
        ("report", {"issued_on": "2025-11-22", "valid_until": "2027-01-01"}, True),
        ("report", {}, False),
    ],
)
def test_what_is_held_counts_on_the_days_on_which_it_is_valid(kind, said, counts):
    entry = held(kind, **said)
    found = listed(held_=[entry])
    (one,) = [document for document in found.documents if document.id == kind]
    assert (one.status == "held") == counts
    assert (one.held is not None) == counts
    assert [ref.id for ref in one.not_counted] == ([] if counts else [entry.id])
    assert all(ref.not_counted for ref in one.not_counted)


def test_of_several_that_are_held_the_one_that_lasts_longest_counts():
    entries = [
        held("report", "hd_1", issued_on="2026-01-01"),
        held("report", "hd_2", issued_on="2026-06-01"),
        held("report", "hd_3", issued_on="2024-01-01"),
    ]
    (report,) = [one for one in listed(held_=entries).documents if one.id == "report"]
    assert report.held.id == "hd_2"
    assert report.held.valid_until == day("2027-06-01")
    assert [ref.id for ref in report.not_counted] == ["hd_3"]


def test_one_that_is_made_for_each_approval_is_never_held():
    assert status(listed(held_=[held("agreement")]))["agreement"] == "to_hand_in"


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-23", 12, "2027-11-23"),
        ("9999-06-01", 24, "9999-12-31"),
    ],
)
def test_months_end_on_the_same_day_or_on_the_last_of_the_month(start, months, end):
    assert months_after(day(start), months) == day(end)


KINDS = st.sampled_from(sorted(DOCUMENTS))
STAGES = st.sampled_from(["land", "construction", "building", "completion"])
NEEDS = st.sampled_from(
    ["always", {"rule": "site.zone"}, {"field": "earth", "above": 0}, {"rule": "site.farmland"}]
)
ASKED = st.lists(st.tuples(KINDS, NEEDS), max_size=5, unique_by=lambda one: one[0]).map(
    lambda pairs: [{"id": kind, "when": when} for kind, when in pairs if kind != "permit"]
)
COURSES = st.lists(st.tuples(NEEDS, STAGES, ASKED), min_size=1, max_size=6)
CHECKS = st.sampled_from([None, check_of(finding("site.zone")), check_of(lines=(line("zone"),))])
ENTRIES = st.lists(
    st.builds(
        lambda kind, issued, number: held(kind, f"hd_{number}", issued_on=issued),
        KINDS,
        st.sampled_from(["2026-06-01", "2020-01-01", None]),
        st.integers(0, 99),
    ),
    max_size=4,
)


def pack_from(course, order=None):
    approvals = [
        approval(f"a{number}", need, stage=stage, documents=asked, gives=[])
        for number, (need, stage, asked) in enumerate(course)
    ]
    approvals[0]["gives"] = ["permit"]
    for one in approvals[1:]:
        one["documents"] = [*one["documents"], "permit"]
    return pack_of(*(approvals if order is None else [approvals[i] for i in order]))


def counts_of(found: MaterialsList) -> list[Counts]:
    pairs = ((one.counts, one.at_most) for one in found.by_stage)
    return [found.counts, found.at_most, *(counts for pair in pairs for counts in pair)]


@given(COURSES, CHECKS, ENTRIES)
def test_each_once_is_never_more_than_each_approvals_own_and_everything_adds_up(
    course, check, entries
):
    found = listed(pack_from(course), check, entries)
    for counts in (found.counts, found.at_most):
        assert counts.once <= counts.asked
    for counts in counts_of(found):
        assert counts.once == counts.results + counts.held + counts.to_hand_in
    for name in ("counts", "at_most"):
        parts = [told(getattr(one, name)) for one in found.by_stage]
        assert tuple(map(sum, zip(*parts, strict=True))) == (
            told(getattr(found, name)) if parts else ()
        )
    assert all(a <= b for a, b in zip(told(found.counts), told(found.at_most), strict=True))


@given(COURSES, CHECKS, ENTRIES, ENTRIES)
def test_a_further_document_that_is_held_never_makes_the_list_longer(course, check, some, more):
    pack = pack_from(course)
    before, after = listed(pack, check, some), listed(pack, check, [*some, *more])
    assert after.counts.to_hand_in <= before.counts.to_hand_in
    assert after.at_most.to_hand_in <= before.at_most.to_hand_in
    assert (after.counts.asked, after.counts.once) == (before.counts.asked, before.counts.once)
    waiting = {one.id for one in before.documents if one.status == "to_hand_in"}
    assert {one.id for one in after.documents if one.status == "to_hand_in"} <= waiting


@given(COURSES, CHECKS, ENTRIES, st.randoms(use_true_random=False))
def test_the_order_of_the_pack_and_of_what_is_held_changes_no_count(course, check, entries, chance):
    order = list(range(len(course)))
    chance.shuffle(order)
    shuffled = list(entries)
    chance.shuffle(shuffled)
    one = listed(pack_from(course), check, entries)
    other = listed(pack_from(course, order), check, shuffled)
    assert counts_of(one) == counts_of(other)
    assert sorted(status(one).items()) == sorted(status(other).items())


@given(COURSES, ENTRIES)
def test_an_approval_that_is_settled_leaves_the_rest_of_the_list_within_its_bounds(course, entries):
    pack = pack_from(course)
    open_, met = listed(pack, None, entries), listed(pack, check_of(finding("site.zone")), entries)
    assert open_.counts.asked <= met.counts.asked
    assert met.at_most.asked <= open_.at_most.asked
