"""The working life of a conflict: its states, their order, and the history that keeps them."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from blueprint.conflicts.ledger import Wish, conflict_file, standings, take_step
from blueprint.conflicts.life import FOLLOWS, Entry, Step, standing_on
from blueprint.conflicts.search import find_conflicts
from blueprint.errors import InvalidStep, UnknownConflict
from layers import StoreUnavailable
from tests.blueprint.conftest import DAY, LAW, Town, exclusive_rule

from .test_conflicts_over_time import BESIDE, FIELD, RULE, keep_ids, named

TOMORROW, NEXT_WEEK = DAY + timedelta(days=1), DAY + timedelta(days=7)
OFFICE = "规划协调办公室"
ASSIGN = Wish("assigned", OFFICE, department="planning", due=NEXT_WEEK)
EXEMPT = Wish("exempted", OFFICE, law="a_law", article="第三条", until=NEXT_WEEK)


def conflict(town: Town, **options) -> str:
    """The id of the town's one conflict."""
    keep_ids(town)
    town.deliver("farmland", FIELD, **named("a"))
    town.deliver("zone", BESIDE, **named("x"))
    town.publish(RULE, **options)
    (one,) = find_conflicts(town.service, day=DAY).document.conflicts
    return one.id


def entry(after: str, day=DAY, **step) -> Entry:
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    return Entry(
        at=moment, day=day, who=OFFICE, before="open", after=after, snapshot="s", step=Step(**step)
    )


def test_a_conflict_goes_from_open_to_accepted_and_every_step_is_kept(town_on_either: Town):
    town = town_on_either
    name = conflict(town)
    steps = [ASSIGN, Wish("proposed", "国土科", "调整用地边界"), Wish("accepted", "分管领导")]
    for wish in steps:
        file = take_step(town.service, name, wish, day=DAY)
    assert file.standing.state == "accepted"
    assert [(e.before, e.after, e.who) for e in file.history] == [
        ("open", "assigned", OFFICE),
        ("assigned", "proposed", "国土科"),
        ("proposed", "accepted", "分管领导"),
    ]
    assert file.history[0].step.department.id == "planning"
    assert file.history[0].step.area.projected_m2 == pytest.approx(1000, abs=1e-3)
    with town.service.database.read() as connection:
        assert standings(connection, [name, "cf_other"], DAY, "public").keys() == {name}


@pytest.mark.parametrize(
    "statement",
    ["UPDATE conflict_entry SET who = 'nobody'", "DELETE FROM conflict_entry"],
)
def test_the_store_itself_refuses_to_change_a_history(town_on_either: Town, statement: str):
    name = conflict(town_on_either)
    take_step(town_on_either.service, name, ASSIGN, day=DAY)
    with pytest.raises((StoreUnavailable, sa.exc.DatabaseError), match="only added to"):  # noqa: SIM117
        with town_on_either.service.database.write() as connection:
            connection.exec_driver_sql(statement)
    assert len(conflict_file(town_on_either.service, name).history) == 1


def test_an_exemption_holds_through_its_last_day_and_is_open_on_the_next(town: Town):
    name = conflict(town)
    take_step(town.service, name, EXEMPT, day=DAY)
    last = conflict_file(town.service, name, day=NEXT_WEEK).standing
    assert (last.state, last.basis.title.zh, last.basis.article) == ("exempted", "某法", "第三条")
    over = conflict_file(town.service, name, day=NEXT_WEEK + timedelta(days=1)).standing
    assert (over.state, over.lapsed) == ("open", True)
    later = NEXT_WEEK + timedelta(days=2)
    due = later + timedelta(days=30)
    again = take_step(
        town.service, name, Wish("assigned", OFFICE, department="planning", due=due), day=later
    )
    assert again.standing.state == "assigned"
    assert again.history[-1].before == "open"


def test_a_state_survives_a_new_snapshot_and_a_renumbering(town: Town):
    name = conflict(town)
    take_step(town.service, name, ASSIGN, day=DAY)
    town.deliver("farmland", FIELD, **named("1001"))
    town.publish(RULE)
    (one,) = find_conflicts(town.service, day=DAY).document.conflicts
    assert (one.id, one.left.feature_id) == (name, "1001")
    file = conflict_file(town.service, name, day=DAY)
    assert file.standing.state == "assigned"
    assert len(file.sightings) == 2


REFUSED = [
    (Wish("accepted", OFFICE), "is open, which cannot become accepted.*assign, exempt"),
    (Wish("open", OFFICE), "is open, which cannot become open"),
    (Wish("assigned", OFFICE, department="nobody", due=NEXT_WEEK), "nobody: no such depart"),
    (Wish("assigned", OFFICE, department="planning", due=DAY - timedelta(days=1)), "is over"),
    (Wish("assigned", OFFICE), "--to and --due"),
    (Wish("exempted", OFFICE, law="no_law", until=NEXT_WEEK), "no_law: the rule pack"),
    (Wish("exempted", OFFICE, law="old_law", until=NEXT_WEEK), "not in force on 2026-11-23"),
    (Wish("exempted", OFFICE, law="brief", until=NEXT_WEEK), "in force until 2026-11-24"),
    (Wish("exempted", OFFICE, law="a_law"), "--law and --until"),
    (Wish("exempted", " ", law="a_law", until=NEXT_WEEK), "--by: give it"),
    (Wish("exempted", "x" * 501, law="a_law", until=NEXT_WEEK), "--by: give it"),
]


def test_a_step_that_cannot_be_is_refused_and_leaves_no_trace(town: Town):
    laws = {
        "old_law": LAW | {"in_force_until": "2020-01-01"},
        "brief": LAW | {"in_force_until": TOMORROW},
    }
    name = conflict(town, laws=laws)
    for wish, told in REFUSED:
        with pytest.raises(InvalidStep, match=told):
            take_step(town.service, name, wish, day=DAY)
    assert conflict_file(town.service, name, day=DAY).history == []


def test_a_proposal_says_what_is_proposed(town: Town):
    name = conflict(town)
    take_step(town.service, name, ASSIGN, day=DAY)
    with pytest.raises(InvalidStep, match="say what is proposed"):
        take_step(town.service, name, Wish("proposed", OFFICE), day=DAY)


@pytest.mark.parametrize("name", ["\udcff", "cf\x00"])
def test_an_id_that_is_no_text_is_refused_in_one_line(town: Town, name: str):
    conflict(town)
    for act in (conflict_file, lambda s, n: take_step(s, n, ASSIGN, day=DAY)):
        with pytest.raises(UnknownConflict, match="no conflict's id") as caught:
            act(town.service, name)
        assert str(caught.value).isprintable()


def test_a_conflict_with_a_hidden_layer_is_for_the_public_as_if_it_were_not(town: Town):
    town.deliver("farmland", FIELD)
    town.deliver("barracks", BESIDE)
    town.publish(exclusive_rule("farmland", "barracks"))
    run = find_conflicts(town.service, day=DAY, clearance="restricted")
    (one,) = run.document.conflicts
    told = []
    for name in (one.id, "cf_never_there"):
        for act in (conflict_file, lambda s, n: take_step(s, n, ASSIGN, day=DAY)):
            with pytest.raises(UnknownConflict) as caught:
                act(town.service, name)
            told.append(str(caught.value).replace(name, "ID"))
    assert len(set(told)) == 1
    assert take_step(town.service, one.id, ASSIGN, "restricted", DAY).standing.state == "assigned"


def test_an_assignment_that_is_not_settled_in_time_is_overdue():
    history = [entry("assigned", due=TOMORROW)]
    assert not standing_on(history, TOMORROW).overdue
    assert standing_on(history, NEXT_WEEK).overdue
    assert standing_on([*history, entry("proposed", note="x")], NEXT_WEEK).overdue
    assert not standing_on([*history, entry("accepted")], NEXT_WEEK).overdue


def test_a_day_before_the_first_step_finds_the_conflict_open():
    assert standing_on([entry("assigned")], DAY - timedelta(days=1)).state == "open"


@given(st.lists(st.sampled_from(list(FOLLOWS)), max_size=8), st.integers(0, 20))
def test_an_exemption_stands_exactly_until_it_ends_whatever_came_before(states, days):
    until = DAY + timedelta(days=10)
    history = [*(entry(state) for state in states), entry("exempted", until=until)]
    standing = standing_on(history, DAY + timedelta(days=days))
    assert standing.state == ("exempted" if days <= 10 else "open")
    assert standing.lapsed == (days > 10)


def test_a_note_written_with_more_clearance_is_withheld_from_those_with_less(town: Town):
    name = conflict(town)
    secret = Wish("assigned", OFFICE, "营区以北", department="planning", due=NEXT_WEEK)
    take_step(town.service, name, secret, "restricted", DAY)
    public = conflict_file(town.service, name, day=DAY)
    assert (public.standing.state, public.standing.note) == ("assigned", None)
    assert public.history[0].step.note is None
    # what was measured then may have been cut along what only they may see
    assert public.history[0].step.area is public.standing.area is None
    assert conflict_file(town.service, name, "restricted", DAY).standing.note == "营区以北"
