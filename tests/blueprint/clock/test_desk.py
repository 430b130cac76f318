"""The clock of cases in a store, and on the command line."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint.bootstrap import init_store
from blueprint.cases.facts import ProjectFacts
from blueprint.cases.files import open_case
from blueprint.cases.projects import add_project
from blueprint.cli.app import app
from blueprint.clock.desk import clock_of_case, note_events, supervise_clock
from blueprint.clock.events import StatusEvent
from blueprint.errors import PlanningError, UnknownCase
from blueprint.service import Service
from blueprint.snapshots import load_into_store
from tests.blueprint.conftest import catalogue

from .logs import event

LOG = (
    "planning_permit 接件 2026-03-02",
    "planning_permit 受理 2026-03-03",
    "planning_permit 特别始 2026-03-05 ground=hearing notice=2026-03-05 days=10",
    "planning_permit 特别终 2026-03-12",
    "planning_permit 通过 2026-03-18",
)


@pytest.fixture
def service(store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("BLUEPRINT_STORE", store)
    with init_store(store) as service:
        load_into_store(service, catalogue())
        yield service


@pytest.fixture
def case_id(service: Service) -> str:
    return another_case(service)


def another_case(service: Service) -> str:
    with service.database.write() as connection:
        facts = ProjectFacts(name="示例项目", proposer="示例置业有限公司")
        project = add_project(connection, facts, "示例置业有限公司")
        return open_case(connection, project.id, "construction", "window").id


def note(service: Service, case_id: str, *texts: str) -> None:
    events = [
        StatusEvent.model_validate(event(text).model_dump(exclude={"number", "noted_at", "who"}))
        for text in texts
    ]
    with service.database.write() as connection:
        note_events(connection, case_id, events, "window")


def run(*words: str) -> Any:
    done = CliRunner().invoke(app, [*words, "--json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_limits_title_and_department_are_those_of_the_approval(service: Service, case_id: str):
    note(service, case_id, *LOG)
    with service.database.read() as connection:
        report = clock_of_case(connection, case_id, date(2026, 3, 20))
    (item,) = report.items
    assert (item.department, item.stage) == ("nrp", "construction")
    limits = {one.kind: one.limit for one in item.deadlines}
    assert limits == {"acceptance": 5, "promised": 5, "statutory": 20, "delivery": 10}
    statutory = next(one for one in item.deadlines if one.kind == "statutory")
    assert statutory.bases[0].article is not None
    assert report.measures[0].days == 6


def test_an_item_that_is_no_approval_is_of_the_stage_of_the_case(service: Service, case_id: str):
    note(service, case_id, "330100-09 接件 2026-03-02")
    with service.database.read() as connection:
        report = clock_of_case(connection, case_id, date(2026, 3, 3))
    assert (report.items[0].stage, report.items[0].department) == ("construction", None)


def test_cases_are_watched_together_the_most_pressing_first(service: Service, case_id: str):
    late, other = case_id, another_case(service)
    another_case(service)
    note(service, late, *LOG[:2])
    note(service, other, *LOG[:3])
    with service.database.read() as connection:
        found = supervise_clock(connection, date(2026, 3, 11))
        mine = supervise_clock(connection, date(2026, 3, 11), departments={"housing"})
        one = supervise_clock(connection, date(2026, 3, 11), cases={other})
    assert found.cases == 2
    assert [(item.case_id, item.light) for item in found.items] == [
        (late, "overdue"),
        (other, "suspended"),
    ]
    assert found.items[0].deadline is not None
    assert found.items[0].deadline.kind == "promised"
    assert (mine.cases, mine.items, mine.flags) == (0, [], [])
    assert [item.case_id for item in one.items] == [other]


def test_who_is_accepted_by_silence_waits_for_the_decision(service: Service, case_id: str):
    note(service, case_id, LOG[0])
    with service.database.read() as connection:
        found = supervise_clock(connection, date(2026, 3, 11))
    assert found.items[0].deadline is not None
    assert (found.items[0].light, found.items[0].deadline.kind) == ("overdue", "promised")
    assert found.flags[0].kind == "accepted_by_silence"


def test_a_case_that_is_not_there_has_no_clock(service: Service):
    with service.database.read() as connection, pytest.raises(UnknownCase):
        clock_of_case(connection, "cs_none")


def test_the_command_line_notes_shows_and_supervises(
    service: Service, case_id: str, tmp_path: Path
):
    noted = run("clock", "note", case_id, "planning_permit", "接件", "--at", "2026-03-02")
    assert (noted["status"], noted["at"]) == (1, "2026-03-02T00:00:00+08:00")
    run("clock", "note", case_id, "planning_permit", "3", "--at", "2026-03-03 10:00", "--by", "me")
    pause = ("clock", "note", case_id, "planning_permit", "9", "--at", "2026-03-05T02:00Z")
    told = ("--ground", "hearing", "--notice", "2026-03-05", "--notice-number", "示例〔2026〕1号")
    run(*pause, *told, "--days", "10")
    events = run("clock", "events", case_id)
    assert [one["status"] for one in events] == [1, 3, 9]
    assert events[1]["who"] == "me"
    assert events[2]["notice"] == {"day": "2026-03-05", "number": "示例〔2026〕1号"}
    picture = tmp_path / "clock.svg"
    report = run("clock", "show", case_id, "--as-of", "2026-03-09", "--svg", str(picture))
    assert report["items"][0]["light"] == "suspended"
    assert picture.read_text("utf-8").startswith("<svg")
    assert run("clock", "supervise", "--as-of", "2026-03-09")["items"][0]["case_id"] == case_id


def test_people_are_told_the_same_in_words(service: Service, case_id: str):
    note(service, case_id, *LOG)
    shown = CliRunner().invoke(app, ["clock", "show", case_id, "--item", "planning_permit"])
    assert shown.exit_code == 0
    assert "K3 部门净用时" in shown.stdout
    assert "第四十五条" in shown.stdout
    for words in (["clock", "events", case_id], ["clock", "supervise"]):
        assert CliRunner().invoke(app, words).exit_code == 0
    refused = CliRunner().invoke(app, ["clock", "show", case_id, "--item", "none"])
    assert isinstance(refused.exception, PlanningError)
    assert "there are: planning_permit" in str(refused.exception)


def test_the_calendar_answers_on_the_command_line():
    assert run("calendar", "deadline", "2026-02-09", "20")["day"] == "2026-03-13"
    found = run("calendar", "deadline", "2026-12-10", "20", "--calendar-days")
    assert (found["day"], found["estimated"]) == ("2026-12-30", False)
    assert run("calendar", "count", "2026-02-13", "2026-02-28")["days"] == 6
    days = run("calendar", "days", "2026-02-13", "2026-02-15")
    assert [day["kind"] for day in days] == ["workday", "make_up", "holiday"]
    version = run("calendar", "version")
    assert (version["first_year"], version["last_year"]) == (2004, 2026)
    last_week = ["2026-12-24", "2026-12-28"]
    for words in (["version"], ["days", *last_week], ["count", *last_week]):
        said = CliRunner().invoke(app, ["calendar", *words])
        assert said.exit_code == 0
        assert words[0] == "version" or "预估" in said.stdout
    refused = CliRunner().invoke(app, ["calendar", "days", "2026-02-13", "2026-02-01"])
    assert "give days in order" in str(refused.exception)
