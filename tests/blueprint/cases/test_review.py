"""Cases held against a newer snapshot, found by where they lie."""

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from blueprint.cases.files import By
from blueprint.cases.projects import find_project
from blueprint.cases.review import review_cases
from blueprint.cases.standing import standing_of
from blueprint.checks.kept import load_check
from blueprint.checks.verify import verify_kept
from blueprint.clearance import PUBLIC, RESTRICTED
from blueprint.events.news import news_of
from blueprint.events.webhooks import add_webhook
from blueprint.service_models import EventRow
from tests.blueprint.conftest import DAY, FAR, LAW

from .conftest import Office
from .town import CLEAR, PLACES, SITE, rules

WATCH = By("watch", DAY)


@pytest.fixture
def two(office: Office) -> tuple[Office, Office]:
    """A case on the farmland, and one far away."""
    far = Office(office.town)
    office.open()
    far.open(FAR)
    for one in (office, far):
        one.screen()
    return office, far


def is_flagged(office: Office, day: date = DAY) -> bool:
    with office.town.service.database.read() as connection:
        project = find_project(connection, office.project)
    return standing_of(office.ledger, project, day).flagged


def test_only_cases_that_a_change_comes_near_are_judged(two: tuple[Office, Office]):
    near, _ = two
    town = near.town
    assert review_cases(town.service).judged == 0
    moved = "POLYGON ((1000 1000, 1030 1000, 1030 1050, 1000 1050, 1000 1000))"
    town.deliver("farmland", moved)
    town.publish(*rules())
    found = review_cases(town.service)
    assert (found.live, found.judged) == (2, 1)
    (one,) = found.cases
    assert (one.case_id, one.changed, one.gone) == (near.case, ["site.farmland@farmland"], [])
    assert one.verdict_before == one.verdict_after == "prohibited"
    assert one.layers == ["farmland"]


def test_other_rules_concern_every_case(two: tuple[Office, Office]):
    near, _ = two
    near.town.publish(*rules()[1:], laws={"another": LAW})
    found = review_cases(near.town.service)
    assert (found.live, found.judged) == (2, 2)
    assert [(one.case_id, one.rules_changed) for one in found.cases] == [(near.case, True)]


def test_a_case_is_flagged_once_and_no_more_when_the_blueprint_comes_back(
    two: tuple[Office, Office],
):
    near, far = two
    town = near.town
    town.deliver("farmland", CLEAR)
    town.publish(*rules())
    for _ in range(2):
        review_cases(town.service, WATCH)
    assert [one.said.verdict_after for one in near.ledger.flags] == ["restricted"]
    assert is_flagged(near)
    assert not far.ledger.flags
    town.deliver("farmland", PLACES["farmland"])
    town.publish(*rules())
    review_cases(town.service, WATCH)
    assert not is_flagged(near)
    assert [one.said.differs for one in near.ledger.flags] == [True, False]


def test_a_layer_that_came_into_effect_after_the_application_counts_for_cases_and_says_so(
    two: tuple[Office, Office],
):
    near, _ = two
    town, later = near.town, DAY + timedelta(days=3)
    town.deliver("farmland", CLEAR, effective=later)
    town.publish(*rules())
    found = review_cases(town.service, WATCH)
    # the one that is far away is told nothing else: that a layer is newer is no gap in it
    assert [(one.case_id, one.gone, one.appeared) for one in found.cases] == [
        (near.case, ["site.farmland@farmland"], [])
    ]
    assert [one.said.verdict_after for one in near.ledger.flags] == ["restricted"]
    screening = near.screen(later)
    assert (screening.application_date, screening.verdict) == (DAY, "restricted")
    assert not is_flagged(near, later)
    kept = verify_kept(town.service, screening.check_id, RESTRICTED)
    assert kept.status == "identical"
    with town.service.database.read() as connection:
        check = load_check(connection, screening.check_id, RESTRICTED)
    assert check.later_layers
    assert [note.zh[:5] for note in check.notes] == ["1 个图层"]
    # any other check for that day is told to ask an earlier snapshot
    asked = town.check(SITE).document
    assert {line.layer: line.status for line in asked.layers}["farmland"] == "no_data"


def test_what_the_owner_changed_is_listed_and_flags_nothing(two: tuple[Office, Office]):
    near, _ = two
    near.town.deliver("farmland", CLEAR)
    near.town.publish(*rules())
    near.move(CLEAR)
    found = review_cases(near.town.service, WATCH)
    assert all(not one.ledger.flags for one in two)
    assert [one.site_changed for one in found.cases if one.case_id == near.case] == [True]


def test_whoever_wants_to_know_is_told_of_a_flagged_case_if_nothing_is_withheld_from_him(
    two: tuple[Office, Office],
):
    near, _ = two
    service = near.town.service
    with service.database.write() as connection:
        add_webhook(
            connection, "keeper", RESTRICTED, "https://cases.example.org/", ["case-would-differ"]
        )
    near.town.deliver("farmland", CLEAR)
    after = near.town.publish(*rules())
    review_cases(service, WATCH)
    with service.database.read() as connection:
        (event,) = connection.execute(sa.select(EventRow.kind, EventRow.subject)).all()
        subject = json.loads(event.subject)
        told = news_of(connection, event.kind, subject, RESTRICTED)
        assert news_of(connection, event.kind, subject, PUBLIC) is None
    before = near.ledger.screenings[0].said.snapshot.id
    assert told == {
        "case_id": near.case,
        "snapshot": after,
        "before": before,
        "href": f"/cases/{near.case}/changes",
    }
    assert "verdict" not in event.subject
