"""Many at once: departments that answer together, two who screen, asking that fails half-way."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from blueprint.cases import consult
from blueprint.cases.files import add_step
from blueprint.errors import InvalidCase

from .conftest import Office

ALL = ("planning", "farming", "water", "survey", "army")


def test_departments_that_answer_at_one_moment_lose_nothing(office_on_either: Office):
    office = office_on_either
    office.open()
    office.screen()
    office.ask()
    with ThreadPoolExecutor(len(ALL)) as threads:
        given = list(threads.map(office.answer, ALL))
    assert {one.department.id for one in given} == set(ALL)
    assert {one.said.department.id for one in office.ledger.opinions} == set(ALL)
    assert {one.said.version for one in office.ledger.opinions} == {1}


def test_two_screenings_at_one_moment_are_the_first_and_the_second(office_on_either: Office):
    office = office_on_either
    office.open()
    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(lambda _: office.screen(), range(2)))
    assert sorted(one.screening for one in made) == [1, 2]
    assert [one.said.screening for one in office.ledger.screenings] == [1, 2]


def test_asking_at_one_moment_asks_everybody_once(office_on_either: Office):
    office = office_on_either
    office.open()
    office.screen()
    with ThreadPoolExecutor(2) as threads:
        asked = list(threads.map(lambda _: office.ask(), range(2)))
    assert sorted(len(one.asked) for one in asked) == [0, len(ALL)]
    assert len(office.ledger.requests) == len(ALL)


def test_asking_that_fails_half_way_has_asked_nobody(
    office_on_either: Office, monkeypatch: pytest.MonkeyPatch
):
    office = office_on_either
    office.open()
    office.screen()
    done = []

    def failing(*given, **more):
        if len(done) == 3:
            raise InvalidCase("the line went dead")
        done.append(given)
        return add_step(*given, **more)

    monkeypatch.setattr(consult, "add_step", failing)
    with pytest.raises(InvalidCase, match="the line went dead"):
        office.ask()
    assert len(done) == 3
    assert office.ledger.requests == []
