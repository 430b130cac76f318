"""The clock over HTTP: who notes what, who sees what of it, and what it says."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from blueprint.access.api_keys import add_key
from blueprint.catalogue import Catalogue
from tests.blueprint.cases.town import tree
from tests.blueprint.conftest import Town, site_rule, town_in
from tests.conftest import temporary_database

from .case_desk import CaseDesk, case_desk

NOTICE = {"day": "2026-03-05", "number": "示例告〔2026〕1号"}
LOG = [
    {"item": "planning_permit", "status": 1, "at": "2026-03-02T09:00:00+08:00"},
    {"item": "planning_permit", "status": 3, "at": "2026-03-03T09:00:00+08:00"},
]
HEARING = {
    "item": "planning_permit",
    "status": 9,
    "at": "2026-03-05T09:00:00+08:00",
    "ground": "hearing",
    "notice": NOTICE,
    "days": 10,
    "note": "between ourselves",
}
OTHER = {"item": "civil_defence", "status": 1, "at": "2026-03-02T09:00:00+08:00"}


def clock_town(store: str, folder: Path) -> Iterator[Town]:
    """The town with two departments that decide on approvals of the shipped pack."""
    document = tree().model_dump(mode="json")
    for name in ("nrp", "housing"):
        document["departments"].append({"id": name, "name": {"zh": f"{name}局", "en": name}})
    for town in town_in(store, folder, Catalogue.model_validate(document)):
        town.publish(site_rule("farmland"))
        yield town


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("clock")
    with ExitStack() as stack:
        store = str(folder / "store.gpkg")
        if request.param == "postgis":
            server = request.getfixturevalue("postgis_server")
            store = stack.enter_context(temporary_database(server))
        yield from clock_town(store, folder)


@pytest.fixture(scope="module")
def desk(town: Town) -> Iterator[CaseDesk]:
    with case_desk(town) as desk:
        for name in ("nrp", "housing"):
            _, text = add_key(town.service, f"officer of {name}", "officer", departments=[name])
            desk.keys[name] = {"X-Api-Key": text}
        yield desk


@pytest.fixture
def case(desk: CaseDesk) -> str:
    return desk.case(desk.project())


def note(desk: CaseDesk, who: str, case: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.told(who, f"/cases/{case}/events", {"events": list(events)})[
        "events"
    ]
    return found


def measures(document: dict[str, Any]) -> dict[str, int | None]:
    return {one["calibre"]: one["days"] for one in document["measures"]}


def test_a_case_is_timed_by_those_who_have_a_part_in_it(desk: CaseDesk, case: str):
    for who in ("nrp", "another", "water"):
        desk.refused(who, f"/cases/{case}/clock", 404)
        desk.refused(who, f"/cases/{case}/events", 404)
    note(desk, "approver", case, *LOG)
    noted = note(desk, "nrp", case, HEARING)
    assert "officer of nrp" in noted[0]["who"]
    assert noted[0]["day"] == "2026-03-05"
    end = {"item": "planning_permit", "status": 10, "at": "2026-03-12T09:00:00+08:00"}
    decided = {"item": "planning_permit", "status": 11, "at": "2026-03-18T09:00:00+08:00"}
    note(desk, "nrp", case, end, decided)
    report = desk.told("applicant", f"/cases/{case}/clock")
    assert measures(report) == {
        "K1": 6, "K2": 6, "K3": 6, "K4": 6, "K5": 6, "K6": 12, "K7": 12, "K8": 16
    }  # fmt: skip
    (item,) = report["items"]
    assert (item["light"], item["department"], item["stage"]) == (
        "done_late",
        "nrp",
        "construction",
    )
    due = {one["kind"]: (one["day"], one["state"]) for one in item["deadlines"]}
    assert due["promised"] == ("2026-03-17", "missed")
    assert due["statutory"] == ("2026-04-08", "kept")
    left_out = item["measures"][0]["left_out"][0]
    assert (left_out["ground"], left_out["days"], left_out["notice"]) == ("hearing", 5, NOTICE)
    assert left_out["bases"][0]["article"] == "第四十五条"
    assert report["calendar"]["version"].startswith("chinesecalendar-1.11.0+")
    earlier = desk.told("approver", f"/cases/{case}/clock", params={"as_of": "2026-03-09"})
    assert (measures(earlier)["K1"], earlier["items"][0]["light"]) == (2, "suspended")


def test_who_noted_what_and_why_is_for_approval_staff_and_the_department(desk: CaseDesk, case: str):
    note(desk, "approver", case, *LOG, HEARING)
    for who, reads in (("approver", True), ("nrp", True), ("applicant", False), ("planner", False)):
        event = desk.told(who, f"/cases/{case}/events")["events"][2]
        assert (event["note"] == "between ourselves") == reads
        assert (event["who"] is not None) == reads


def test_a_department_sees_and_notes_its_own_items_alone(desk: CaseDesk, case: str):
    note(desk, "approver", case, *LOG)
    desk.refused("housing", f"/cases/{case}/clock", 404)
    note(desk, "approver", case, OTHER)
    assert [one["item"] for one in desk.told("housing", f"/cases/{case}/clock")["items"]] == [
        "civil_defence"
    ]
    assert {one["item"] for one in desk.told("housing", f"/cases/{case}/events")["events"]} == {
        "civil_defence"
    }
    said = desk.refused("housing", f"/cases/{case}/events", 403, {"events": [HEARING]})
    assert "noted by its own department" in said
    accepted = OTHER | {"status": 3, "at": "2026-03-03T09:00:00+08:00"}
    assert note(desk, "housing", case, accepted)[0]["status"] == 3
    whole = desk.told("applicant", f"/cases/{case}/clock")["items"]
    assert {one["item"] for one in whole} == {"planning_permit", "civil_defence"}


@pytest.mark.parametrize("who", ["applicant", "planner"])
def test_who_examines_nothing_notes_nothing(desk: CaseDesk, case: str, who: str):
    desk.refused(who, f"/cases/{case}/events", 403, {"events": LOG})
    assert desk.told("approver", f"/cases/{case}/events")["events"] == []


def test_a_wrong_entry_is_undone_and_shown_as_such(desk: CaseDesk, case: str):
    added = note(desk, "approver", case, *LOG)
    undoing = {"item": "planning_permit", "status": 0, "at": "2026-03-04T09:00:00+08:00"}
    note(desk, "approver", case, undoing | {"undoes": added[1]["number"]})
    shown = desk.told("applicant", f"/cases/{case}/events")["events"]
    assert [one["undone"] for one in shown] == [False, True, False]
    assert desk.told("applicant", f"/cases/{case}/clock")["items"][0]["state"] == "received"


@pytest.mark.parametrize(
    ("event", "status", "said"),
    [
        (LOG[1] | {"status": 11}, 422, "cannot come first"),
        (LOG[0] | {"status": 99}, 400, "status"),
        (LOG[0] | {"at": "2026-03-02T09:00:00"}, 400, "at"),
        (LOG[0] | {"at": "2099-03-02T09:00:00+08:00"}, 422, "lies ahead"),
        (LOG[0] | {"at": "0001-01-01T00:00:00+14:00"}, 400, "from 1990"),
        (LOG[0] | {"days": 3}, 400, "belongs to a special procedure"),
    ],
)
def test_what_cannot_be_noted_is_refused_in_one_line(
    desk: CaseDesk, case: str, event: dict[str, Any], status: int, said: str
):
    assert said in desk.refused("approver", f"/cases/{case}/events", status, {"events": [event]})


def test_the_chart_is_a_picture_of_the_case_or_of_an_item(desk: CaseDesk, case: str):
    note(desk, "approver", case, *LOG)
    for params in ({}, {"item": "planning_permit"}):
        answer = desk.ask("applicant", f"/cases/{case}/clock/chart", params=params)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert ET.fromstring(answer.text).tag.endswith("svg")  # noqa: S314 it is our own
        assert "部门净用时" in answer.text
    path = f"/cases/{case}/clock/chart"
    said = desk.refused("applicant", path, 422, params={"item": "none"})
    assert "there are: planning_permit" in said


def test_cases_are_supervised_by_staff_each_its_own(desk: CaseDesk, case: str):
    note(desk, "approver", case, *LOG, OTHER)
    day = {"params": {"as_of": "2026-04-10"}}
    desk.refused("applicant", "/clock/supervision", 403)
    everybodys = desk.told("planner", "/clock/supervision", **day)
    mine = [one for one in everybodys["items"] if one["case_id"] == case]
    assert {(one["item"], one["light"]) for one in mine} == {
        ("planning_permit", "overdue"),
        ("civil_defence", "overdue"),
    }
    housing = desk.told("housing", "/clock/supervision", **day)
    assert {one["department"] for one in housing["items"]} == {"housing"}
    assert [group["department"] for group in housing["statistics"]["departments"]] == ["housing"]
    flags = {one["kind"] for one in housing["flags"] if one["case_id"] == case}
    assert "accepted_by_silence" in flags


def test_a_day_that_no_calendar_reaches_is_refused(desk: CaseDesk, case: str):
    note(desk, "approver", case, *LOG, HEARING | {"days": None})
    asked = {"params": {"as_of": "9999-12-31"}}
    assert "days" in desk.refused("applicant", f"/cases/{case}/clock", 422, **asked)
