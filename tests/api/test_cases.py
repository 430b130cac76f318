"""Cases over HTTP: from a site to an outcome, by everybody who has a part in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from blueprint.values import text_hash
from layers.table import canonical_json
from tests.blueprint.cases.town import EAST, SECRET, case_town, later
from tests.blueprint.conftest import DAY, Town
from tests.conftest import temporary_database

from .case_desk import CaseDesk, case_desk

DUE = later(7)  # five working days after a Monday


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("cases")
    with ExitStack() as stack:
        store = str(folder / "store.gpkg")
        if request.param == "postgis":
            server = request.getfixturevalue("postgis_server")
            store = stack.enter_context(temporary_database(server))
        yield from case_town(store, folder)


@pytest.fixture(scope="module")
def opened(town: Town) -> Iterator[CaseDesk]:
    with case_desk(town) as desk:
        yield desk


@pytest.fixture
def desk(opened: CaseDesk) -> CaseDesk:
    opened.day = DAY
    opened.said.clear()
    return opened


def test_a_whole_case_is_played_by_everybody_who_has_a_part_in_it(desk: CaseDesk):
    project = desk.project(figures={"height_m": 30})
    case = desk.case(project)
    path = f"/cases/{case}"
    assert desk.told("applicant", path)["standing"]["state"] == "opened"
    for who in ("planning", "water", "army", "another"):
        desk.refused(who, path, 404)

    # screened: what is found is frozen, and nobody is asked yet
    screening = desk.told("approver", f"{path}/screening", {})
    assert (screening["verdict"], screening["asked"]) == ("prohibited", None)
    asked = {one["department"]["id"] for one in screening["departments"]}
    assert asked == {"planning", "farming", "water", "survey", "army"}
    assert desk.told("applicant", path)["standing"]["state"] == "screened"
    desk.refused("water", path, 404)

    # one acceptance: all at once
    done = desk.told("approver", f"{path}/consultations", {})
    assert set(done["asked"]) == asked
    assert desk.replies(case) == dict.fromkeys(asked, "awaited")
    (mine,) = desk.told("water", f"{path}/consultations")["consultations"]
    assert mine["due"] == str(DUE)
    assert {q["finding"] for q in mine["questions"]} == {"site.zone@zone"}
    assert all(q["legal_bases"][0]["article"] == "第一条" for q in mine["questions"])
    assert [one["id"] for one in desk.told("water", "/cases")["cases"]] == [case]
    assert [one["id"] for one in desk.told("water", "/projects")["projects"]] == [project]

    # departments answer, each for itself
    low = {"text": "限高 24 米", "figure": "height_m", "relation": "at_most", "limit": 24}
    desk.answers(case, "water", "agree_with_conditions", conditions=[low])
    desk.answers(case, "planning", "disagree")
    assert "planning" in desk.refused("water", f"{path}/opinions", 403,
                                      {"answer": "agree", "department": "planning"})  # fmt: skip
    assert desk.replies(case) == {
        "planning": "answered", "farming": "awaited", "water": "answered", "survey": "awaited",
        "army": "awaited",
    }  # fmt: skip
    assert "may answer until" in desk.refused("approver", f"{path}/outcome", 409, method="POST")

    # the boundary moves off the farmland: who was asked about it is released; who is asked about a
    # layer that the applicant may not see is asked again in any case; the other opinion stands
    desk.moved(project, EAST, figures={"height_m": 30})
    assert desk.told("applicant", path)["standing"]["findings"] == "superseded"
    assert "screen it again" in desk.refused("approver", f"{path}/outcome", 409, method="POST")
    changes = desk.told("approver", f"{path}/changes")["changes"][0]
    assert (changes["site_changed"], changes["gone"]) == (True, ["site.farmland@farmland"])
    again = desk.told("approver", f"{path}/screening", {"ask": True})["asked"]
    assert again == {
        "screening": 2, "asked": [], "again": ["survey", "army"], "unchanged": ["water"],
        "released": ["planning", "farming"],
    }  # fmt: skip
    assert desk.replies(case) == {
        "planning": "released", "farming": "released", "water": "answered", "survey": "awaited",
        "army": "awaited",
    }  # fmt: skip
    # who has answered still sees the case, who has not does not
    assert desk.told("planning", path)["consultations"][0]["status"] == "released"
    desk.refused("farming", path, 404)

    # silence is not agreement, and is told
    desk.answers(case, "survey", "not_concerned")
    desk.day = later(8)
    assert desk.replies(case)["army"] == "not_answered"
    outcome = desk.told("approver", f"{path}/outcome", method="POST")
    assert outcome["outcome"]["verdict"] == "conditional"
    assert outcome["sha256"] == text_hash(canonical_json(outcome["outcome"]))
    (line,) = outcome["outcome"]["conditions"]
    assert (line["department"]["id"], line["given"], line["met"]) == ("water", 30, False)
    replies = {one["department"]["id"]: one for one in outcome["outcome"]["replies"]}
    assert (replies["army"]["status"], replies["army"]["answer"]) == ("not_answered", None)
    his = desk.told("applicant", f"{path}/outcome")
    assert his["outcome"]["conditions"] == outcome["outcome"]["conditions"]
    assert his["sha256"] == text_hash(canonical_json(his["outcome"]))
    assert desk.told("applicant", path)["standing"]["state"] == "concluded"
    assert desk.told("applicant", f"/projects/{project}")["state"] == "in_progress"

    # a late answer is taken, marked, and asks for another outcome
    late = desk.answers(case, "army", "agree")
    assert (late["late"], late["version"]) == (True, 1)
    second = desk.told("approver", f"{path}/outcome", method="POST")["outcome"]
    assert second["supersedes"] == outcome["outcome"]["outcome_id"]
    assert {one["status"] for one in second["replies"]} == {"answered"}

    # on no road did the secret layer reach who may not see it
    for who in ("applicant", "planner", "planning", "water", "another", "farming"):
        for road in ("", "/findings", "/consultations", "/opinions", "/outcome", "/changes"):
            desk.ask(who, path + road)
        for road in ("/cases", "/projects", f"/projects/{project}"):
            desk.ask(who, road)
    for who in ("applicant", "planner", "planning", "water", "another", "farming"):
        is_kept_from(desk, who)
    assert "barracks" in desk.heard("army")


def is_kept_from(desk: CaseDesk, who: str) -> None:
    """No id, no size and no place of the secret feature was ever told."""
    heard = desk.heard(who)
    items = desk.told("administrator", "/collections/barracks/items")["features"]
    assert not [one["id"] for one in items if one["id"] in heard]
    assert SECRET not in heard
    assert "600.0" not in heard
    assert "599.9" not in heard
