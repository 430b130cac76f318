"""Cases over HTTP: from a site to an outcome, by everybody who has a part in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from blueprint.snapshots import load_into_store
from blueprint.values import text_hash
from blueprint.work import worker
from layers.table import canonical_json
from tests.blueprint.cases.town import (
    CLEAR,
    EAST,
    SECRET,
    case_town,
    later,
    rules,
    tree,
)
from tests.blueprint.conftest import DAY, FAR, Town
from tests.conftest import temporary_database

from .case_desk import CaseDesk, case_desk

DUE = later(7)  # five working days after a Monday
EVERYBODY = {"planning", "farming", "water", "survey", "army"}
LOW = {"text": "限高 24 米", "figure": "height_m", "relation": "at_most", "limit": 24}
HIGH = {"text": "不低于 30 米", "figure": "height_m", "relation": "at_least", "limit": 30}


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


@pytest.fixture
def own(geopackage_store: str, tmp_path: Path) -> Iterator[CaseDesk]:
    """A desk whose town a test may change."""
    for town in case_town(geopackage_store, tmp_path):
        with case_desk(town) as desk:
            yield desk


def test_a_whole_case_is_played_by_everybody_who_has_a_part_in_it(desk: CaseDesk):
    project = desk.project(figures={"height_m": 30})
    case = desk.case(project)
    for who in ("planning", "water", "army", "another"):
        desk.refused(who, f"/cases/{case}", 404)
    it_is_screened_and_nobody_is_asked_yet(desk, case)
    all_are_asked_at_once(desk, project, case)
    each_answers_for_itself(desk, case)
    the_boundary_moves_and_only_whom_it_concerns_is_asked_again(desk, project, case)
    silence_is_told_and_the_outcome_issued(desk, project, case)
    a_late_answer_is_taken_and_marked(desk, case)
    the_secret_layer_is_kept_from_whoever_may_not_see_it(desk, project, case)


def it_is_screened_and_nobody_is_asked_yet(desk: CaseDesk, case: str) -> None:
    assert desk.told("applicant", f"/cases/{case}")["standing"]["state"] == "opened"
    screening = desk.told("approver", f"/cases/{case}/screening", {})
    assert (screening["verdict"], screening["asked"]) == ("prohibited", None)
    assert {one["department"]["id"] for one in screening["departments"]} == EVERYBODY
    assert desk.told("applicant", f"/cases/{case}")["standing"]["state"] == "screened"
    desk.refused("water", f"/cases/{case}", 404)


def all_are_asked_at_once(desk: CaseDesk, project: str, case: str) -> None:
    done = desk.told("approver", f"/cases/{case}/consultations", {})
    assert set(done["asked"]) == EVERYBODY
    assert desk.replies(case) == dict.fromkeys(EVERYBODY, "awaited")
    (mine,) = desk.told("water", f"/cases/{case}/consultations")["consultations"]
    assert mine["due"] == str(DUE)
    assert [q["finding"] for q in mine["questions"]] == ["site.zone@zone"]
    assert all(q["legal_bases"][0]["article"] == "第一条" for q in mine["questions"])
    assert case in [one["id"] for one in desk.told("water", "/cases")["cases"]]
    assert project in [one["id"] for one in desk.told("water", "/projects")["projects"]]


def each_answers_for_itself(desk: CaseDesk, case: str) -> None:
    desk.answers(case, "water", "agree_with_conditions", conditions=[LOW])
    desk.answers(case, "planning", "disagree")
    said = {"answer": "agree", "department": "planning"}
    assert "planning" in desk.refused("water", f"/cases/{case}/opinions", 403, said)
    assert desk.replies(case) == dict.fromkeys(EVERYBODY, "awaited") | {
        "planning": "answered", "water": "answered",
    }  # fmt: skip
    early = desk.refused("approver", f"/cases/{case}/outcome", 409, method="POST")
    assert f"may answer until {DUE}" in early


def the_boundary_moves_and_only_whom_it_concerns_is_asked_again(
    desk: CaseDesk, project: str, case: str
) -> None:
    """Off the farmland; whose layer the applicant may not see is asked again in any case."""
    desk.moved(project, EAST, figures={"height_m": 30})
    assert desk.told("applicant", f"/cases/{case}")["standing"]["findings"] == "superseded"
    refused = desk.refused("approver", f"/cases/{case}/outcome", 409, method="POST")
    assert "screen it again" in refused
    (changes,) = desk.told("approver", f"/cases/{case}/changes")["changes"]
    assert (changes["site_changed"], changes["gone"]) == (True, ["site.farmland@farmland"])
    again = desk.told("approver", f"/cases/{case}/screening", {"ask": True})["asked"]
    assert again == {
        "screening": 2, "asked": [], "again": ["survey", "army"], "unchanged": ["water"],
        "released": ["planning", "farming"],
    }  # fmt: skip
    assert desk.replies(case) == {
        "planning": "released", "farming": "released", "water": "answered", "survey": "awaited",
        "army": "awaited",
    }  # fmt: skip
    # who has answered still sees the case, who has not does not
    (mine,) = desk.told("planning", f"/cases/{case}")["consultations"]
    assert mine["status"] == "released"
    desk.refused("farming", f"/cases/{case}", 404)


def silence_is_told_and_the_outcome_issued(desk: CaseDesk, project: str, case: str) -> None:
    desk.answers(case, "survey", "not_concerned")
    desk.day = later(8)
    assert desk.replies(case)["army"] == "not_answered"
    kept = desk.told("approver", f"/cases/{case}/outcome", method="POST")
    outcome = kept["outcome"]
    assert outcome["verdict"] == "conditional"
    assert kept["sha256"] == text_hash(canonical_json(outcome))
    (line,) = outcome["conditions"]
    assert (line["department"]["id"], line["given"], line["met"]) == ("water", 30, False)
    replies = {one["department"]["id"]: one for one in outcome["replies"]}
    assert (replies["army"]["status"], replies["army"]["answer"]) == ("not_answered", None)
    assert replies["water"]["signed_by"].startswith("key ")
    his = desk.told("applicant", f"/cases/{case}/outcome")
    assert his["outcome"]["conditions"] == outcome["conditions"]
    assert {one["signed_by"] for one in his["outcome"]["replies"]} == {None}
    assert his["sha256"] == text_hash(canonical_json(his["outcome"]))
    assert desk.told("applicant", f"/cases/{case}")["standing"]["state"] == "concluded"
    assert desk.told("applicant", f"/projects/{project}")["state"] == "in_progress"


def a_late_answer_is_taken_and_marked(desk: CaseDesk, case: str) -> None:
    first = desk.told("approver", f"/cases/{case}/outcome")["outcome"]
    late = desk.answers(case, "army", "agree")
    assert (late["late"], late["version"]) == (True, 1)
    second = desk.told("approver", f"/cases/{case}/outcome", method="POST")["outcome"]
    assert second["supersedes"] == first["outcome_id"]
    assert {one["status"] for one in second["replies"]} == {"answered"}


def the_secret_layer_is_kept_from_whoever_may_not_see_it(
    desk: CaseDesk, project: str, case: str
) -> None:
    others = ("applicant", "planner", "planning", "water", "survey", "another", "farming")
    for who in others:
        for road in ("", "/findings", "/consultations", "/opinions", "/outcome", "/changes"):
            desk.ask(who, f"/cases/{case}{road}")
        for road in ("/cases", "/projects", f"/projects/{project}", "/collections/projects/items"):
            desk.ask(who, road)
        check = desk.told("approver", f"/cases/{case}")["screenings"][-1]["check_id"]
        desk.ask(who, f"/site-checks/{check}")
    secret = desk.told("army", f"/cases/{case}/findings")["copies"][0]["findings"]["check"]
    (finding,) = secret["findings"]
    area = finding["area"]["projected_m2"]
    assert area == pytest.approx(600, abs=0.01)
    for who in others:
        heard = desk.heard(who)
        # the rule is no secret, but what it met is
        for told in (*finding["feature_ids"], str(area), SECRET):
            assert told not in heard, (who, told)
    # nor the internal one those outside
    copies = desk.told("survey", f"/cases/{case}/findings")["copies"]
    (internal,) = copies[0]["findings"]["check"]["findings"]
    for who in ("applicant", "water", "planning", "army"):
        assert not set(internal["feature_ids"]) & set(desk.heard(who).split('\\"')), who


def conclude(desk: CaseDesk, case: str) -> Any:
    return desk.told("approver", f"/cases/{case}/outcome", method="POST")["outcome"]


def test_silence_on_a_prohibited_finding_keeps_the_outcome_open(desk: CaseDesk):
    case = desk.asked_case()
    for who in ("planning", "water", "survey", "army"):
        desk.answers(case, who)
    assert desk.told("approver", f"/cases/{case}/outcome", params={"draft": True})["number"] is None
    desk.day = later(8)
    outcome = conclude(desk, case)
    assert outcome["verdict"] == "open"
    assert any("未反馈，不视为同意" in one["zh"] for one in outcome["reasons"])
    desk.answers(case, "farming")
    assert conclude(desk, case)["verdict"] == "positive"


def test_a_disagreement_makes_it_negative_and_parted_answers_are_shown(desk: CaseDesk):
    case = desk.asked_case()
    for who in ("planning", "water", "survey", "army"):
        desk.answers(case, who)
    desk.answers(case, "farming", "disagree")
    outcome = conclude(desk, case)
    assert outcome["verdict"] == "negative"
    (clash,) = outcome["contradictions"]
    assert (clash["kind"], clash["finding"]) == ("answers", "site.farmland@farmland")
    assert {one["id"] for one in clash["departments"]} == {"planning", "farming"}


def test_conditions_that_exclude_each_other_keep_it_open(desk: CaseDesk):
    case = desk.asked_case(figures={"height_m": 24})
    for who in ("planning", "farming", "army"):
        desk.answers(case, who)
    desk.answers(case, "water", "agree_with_conditions", conditions=[LOW])
    desk.answers(case, "survey", "agree_with_conditions", conditions=[HIGH])
    outcome = conclude(desk, case)
    assert outcome["verdict"] == "open"
    (clash,) = outcome["contradictions"]
    assert (clash["figure"], clash["conditions"]) == ("height_m", [1, 2])
    met = {line["department"]["id"]: line["met"] for line in outcome["conditions"]}
    assert met == {"water": True, "survey": False}
    low = HIGH | {"limit": 20, "text": "不低于 20 米"}
    second = desk.answers(case, "survey", "agree_with_conditions", conditions=[low])
    assert second["version"] == 2
    assert conclude(desk, case)["verdict"] == "conditional"
    versions = desk.told("approver", f"/cases/{case}/opinions")["opinions"]
    assert [one["stands"] for one in versions if one["opinion"]["department"]["id"] == "survey"] \
        == [False, True]  # fmt: skip


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("water", {"answer": "agree_with_conditions"}, 422, "conditions: agreeing with conditions"),
    ("water", {"answer": "agree", "conditions": [LOW]}, 422, "go with agree_with_conditions"),
    ("water", {"answer": "disagree"}, 422, "basis: disagreeing needs one"),
    ("farming", {"answer": "agree"}, 422, "is prohibited, so that any answer to it needs a basis"),
    ("water", {"answer": "disagree", "basis": [{"law": "no_law"}]}, 422, "no_law is no law of"),
    ("water", {"answer": "disagree", "basis": [{"law": "old_law"}]}, 422, "not in force on"),
    ("water", {"answer": "disagree", "basis": [{}]}, 400, "says nothing"),
    ("water", {"answer": "agree_with_conditions", "conditions": [LOW, HIGH]}, 422,
     "cannot both be met"),
    ("water", {"answer": "agree_with_conditions", "conditions": [LOW | {"findings": ["x"]}]}, 422,
     "x is not what the department is asked about"),
    ("water", {"answer": "agree_with_conditions", "conditions": [LOW | {"limit": None}]}, 400,
     "limit is of at_most"),
    ("water", {"answer": "agree", "request": 1}, 409, "was asked anew in step"),
    ("survey", {"answer": "agree", "department": "water"}, 403, "its own officers"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "said", "status", "why"), REFUSED, ids=[r[3] for r in REFUSED])
def test_an_opinion_that_lacks_something_is_refused(
    desk: CaseDesk, who: str, said: dict[str, Any], status: int, why: str
):
    old = {"title": {"zh": "旧法", "en": "Old"}, "level": "law", "in_force_from": "2000-01-01",
           "in_force_until": "2020-01-01"}  # fmt: skip
    desk.town.publish(*rules(), laws={"old_law": old})
    case = desk.asked_case()
    assert why in desk.refused(who, f"/cases/{case}/opinions", status, said)
    assert desk.told("approver", f"/cases/{case}/opinions")["opinions"] == []


def test_the_same_opinion_sent_twice_with_one_key_is_one_version(desk: CaseDesk):
    case = desk.asked_case()
    said = {"answer": "not_concerned"}
    desk.keys["water"]["Idempotency-Key"] = f"once-{case}"
    first, second = (desk.told("water", f"/cases/{case}/opinions", said) for _ in range(2))
    del desk.keys["water"]["Idempotency-Key"]
    assert first == second
    assert len(desk.told("water", f"/cases/{case}/opinions")["opinions"]) == 1


def test_findings_hold_for_a_while_and_an_outcome_is_refused_after_that(desk: CaseDesk):
    case = desk.asked_case()
    for who in EVERYBODY:
        desk.answers(case, who)
    desk.day = later(181)
    assert desk.told("applicant", f"/cases/{case}")["standing"]["findings"] == "expired"
    refused = desk.refused("approver", f"/cases/{case}/outcome", 409, method="POST")
    assert f"findings held until {later(180)}; screen it again" in refused
    listed = desk.told("approver", "/cases", params={"findings": "expired"})["cases"]
    assert case in [one["id"] for one in listed]


def test_an_outcome_holds_no_more_when_what_it_rests_on_is_superseded(desk: CaseDesk):
    project = desk.project(wkt=CLEAR)
    case = desk.case(project)
    desk.told("approver", f"/cases/{case}/screening", {"ask": True})
    kept = desk.told("approver", f"/cases/{case}/outcome", method="POST")
    assert (kept["outcome"]["verdict"], kept["stands"]) == ("positive", True)
    desk.moved(project, EAST)
    assert desk.told("applicant", f"/cases/{case}/outcome")["stands"] is False
    assert desk.told("applicant", f"/cases/{case}")["standing"]["outcome_stands"] is False


def test_a_screening_that_was_not_put_to_departments_keeps_the_outcome_back(desk: CaseDesk):
    case = desk.case(desk.project())
    desk.told("approver", f"/cases/{case}/screening", {})
    refused = desk.refused("approver", f"/cases/{case}/outcome", 409, method="POST")
    assert "were not asked about the newest screening; ask them first" in refused
    assert desk.told("approver", f"/cases/{case}")["standing"]["to_ask"] is True


def test_who_may_not_see_what_was_written_sees_that_it_was(desk: CaseDesk):
    case = desk.asked_case()
    desk.answers(case, "army", note="营区以北 50 米", basis=[{"text": "营区安全距离"}])
    for who, words in (("applicant", False), ("planner", False), ("approver", True),
                       ("army", True)):  # fmt: skip
        (line,) = desk.told(who, f"/cases/{case}/opinions")["opinions"]
        assert line["opinion"]["answer"] == "agree"
        assert ("营区" in str(line)) == words
        assert line["opinion"]["withheld"] != words
        assert (line["signed_by"] is not None) == words
    assert desk.told("water", f"/cases/{case}/opinions")["opinions"] == []
    for who in ("planning", "farming", "water", "survey"):
        desk.answers(case, who)
    assert "营区以北" in str(conclude(desk, case))
    desk.ask("applicant", f"/cases/{case}/outcome")
    desk.ask("water", f"/cases/{case}/outcome")
    assert "营区" not in desk.heard("applicant") + desk.heard("water")


def test_a_department_finds_what_is_asked_of_it_and_staff_who_is_late(desk: CaseDesk):
    case = desk.asked_case(code="2111-522323-04-01-342068")
    asked = {"reply": "awaited"}
    mine = desk.told("farming", "/cases", params=asked)["cases"]
    assert [one["standing"]["due"] for one in mine if one["id"] == case] == [str(DUE)]
    assert all(len(one["consultations"]) == 1 for one in mine)
    desk.answers(case, "farming")
    mine = desk.told("farming", "/cases", params=asked)["cases"]
    assert case not in [one["id"] for one in mine]
    on = {"date": str(later(8)), "overdue": True, "department": "army"}
    late = desk.told("approver", "/cases", params=on)["cases"]
    line = next(one for one in late if one["id"] == case)
    assert (line["standing"]["answered"], line["standing"]["overdue"]) == (1, 4)
    assert line["project"]["code"] == "2111-522323-04-01-342068"
    assert desk.told("applicant", "/cases", params={"state": "opened"})["cases"] == []


def test_a_frozen_copy_is_not_given_out_once_its_layer_has_become_secret(own: CaseDesk):
    case = own.asked_case()
    assert own.told("applicant", f"/cases/{case}/findings")["copies"]
    document = tree().model_dump(mode="json")
    for layer in document["themes"][0]["subthemes"][0]["layers"]:
        layer["sensitivity"] = "restricted" if layer["id"] == "zone" else layer["sensitivity"]
    load_into_store(own.town.service, type(tree()).model_validate(document))
    refused = own.refused("applicant", f"/cases/{case}/findings", 409)
    assert "may not be shown any more" in refused
    assert own.told("water", f"/cases/{case}/findings")["copies"]
    assert own.told("approver", f"/cases/{case}/findings")["copies"]


def test_a_layer_without_data_is_asked_of_whoever_owes_it_and_keeps_the_outcome_open(
    own: CaseDesk,
):
    own.town.publish(*rules({**rules()[0], "id": "site.plan", "layer": "plan", "ask_also": []}))
    case = own.asked_case()
    (mine,) = own.told("planning", f"/cases/{case}/consultations")["consultations"]
    question = mine["questions"][-1]
    assert question["finding"] == "site.plan@plan:no_data"
    assert question["missing_layer"]["en"] == "plan"
    assert "无数据" in question["text"]["zh"] or "缺失" in question["text"]["zh"]
    for who in EVERYBODY:
        own.answers(case, who)
    outcome = conclude(own, case)
    assert outcome["verdict"] == "open"
    assert [line["layer"] for line in outcome["not_checked"]] == ["plan"]


def test_a_new_snapshot_flags_the_cases_that_it_would_judge_differently(own: CaseDesk):
    near, far = own.asked_case(), own.case(own.project(wkt=FAR))
    own.told("approver", f"/cases/{far}/screening", {})
    own.town.deliver("farmland", CLEAR)
    own.town.publish(*rules())
    (changes,) = own.told("approver", f"/cases/{near}/changes")["changes"]
    assert (changes["verdict_before"], changes["verdict_after"]) == ("prohibited", "restricted")
    assert (changes["gone"], changes["layers"]) == (["site.farmland@farmland"], ["farmland"])
    assert changes["departments"]["released"] == ["planning", "farming"]
    worker.work(own.town.service, Event(), drain=True)
    flagged = own.told("approver", "/cases", params={"flagged": True})["cases"]
    assert [one["id"] for one in flagged] == [near]
    assert own.told("approver", f"/cases/{near}")["flag"]["gone"] == ["site.farmland@farmland"]
    assert own.told("applicant", f"/cases/{near}")["flag"] is None
    own.told("approver", f"/cases/{near}/screening", {"ask": True})
    assert own.told("approver", "/cases", params={"flagged": True})["cases"] == []


def test_staff_see_the_other_projects_on_a_site_and_applicants_their_own(desk: CaseDesk):
    wkt = "POLYGON ((7000 7000, 7100 7000, 7100 7100, 7000 7100, 7000 7000))"
    half = "POLYGON ((7050 7000, 7150 7000, 7150 7100, 7050 7100, 7050 7000))"
    beside = "POLYGON ((7100 7000, 7200 7000, 7200 7100, 7100 7100, 7100 7000))"
    first, other = desk.project(wkt=wkt), desk.project("another", half)
    desk.project("another", beside)
    (met,) = desk.told("approver", f"/projects/{first}")["overlaps"]
    assert met["project_id"] == other
    assert met["area"]["projected_m2"] == pytest.approx(5_000, abs=0.1)
    assert met["share"] == pytest.approx(0.5, abs=1e-4)
    assert desk.told("applicant", f"/projects/{first}")["overlaps"] == []
    again = desk.project(wkt=half)
    seen = {one["project_id"] for one in desk.told("applicant", f"/projects/{again}")["overlaps"]}
    assert seen == {first}
    said = {"facts": {"name": "示例", "proposer": "示例", "state": "withdrawn"}}
    desk.told("another", f"/projects/{other}/versions", said)
    assert {one["project_id"] for one in desk.told("approver", f"/projects/{first}")["overlaps"]} \
        == {again} | {one for one in seen if one != first}  # fmt: skip
    case = desk.case(first)
    screening = desk.told("approver", f"/cases/{case}/screening", {})
    assert [one["project_id"] for one in screening["overlaps"]] == [again]
    assert desk.told("applicant", f"/cases/{case}")["screenings"][0]["overlaps"] == []


def test_projects_are_a_collection_of_what_the_caller_may_see(desk: CaseDesk):
    project = desk.project(name="集合中的项目")
    path = "/collections/projects/items"
    feature = desk.told("applicant", f"{path}/{project}")
    assert feature["properties"]["name"] == "集合中的项目"
    assert feature["properties"]["state"] == "proposed"
    desk.refused("another", f"{path}/{project}", 404)
    desk.refused("water", f"{path}/{project}", 404)
    assert desk.told("planner", f"{path}/{project}")["id"] == project
    desk.told("approver", f"/cases/{desk.case(project)}/screening", {"ask": True})
    feature = desk.told("water", f"{path}/{project}")
    assert feature["properties"]["state"] == "screening"
    tile = desk.ask("another", "/collections/projects/tiles/WebMercatorQuad/0/0/0")
    assert tile.status_code in (200, 204)
