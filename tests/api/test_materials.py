"""Approvals, documents and the one form over HTTP, by everybody who has a part in a case."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.blueprint.approvals.conftest import CODE
from tests.blueprint.approvals.town import town_of_approvals
from tests.blueprint.cases.town import SECRET
from tests.blueprint.conftest import DAY, Town
from tests.conftest import temporary_database

from .case_desk import CaseDesk, case_desk

PROFILE = {"name": "示例置业有限公司", "credit_code": CODE, "address": "示例路 1 号",
           "contact_role": "前期部"}  # fmt: skip


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("materials")
    with ExitStack() as stack:
        store = str(folder / "store.gpkg")
        if request.param == "postgis":
            server = request.getfixturevalue("postgis_server")
            store = stack.enter_context(temporary_database(server))
        yield from town_of_approvals(store, folder)


@pytest.fixture(scope="module")
def opened(town: Town) -> Iterator[CaseDesk]:
    with case_desk(town) as desk:
        yield desk


@pytest.fixture
def desk(opened: CaseDesk) -> CaseDesk:
    opened.day = DAY
    opened.said.clear()
    return opened


def screened(desk: CaseDesk, **facts: Any) -> str:
    """A case of the applicant, of which every department is asked."""
    return desk.asked_case(**facts)


def needed(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["approvals"]["needed"]]


def owner_of(desk: CaseDesk, case: str) -> str:
    project = desk.told("approver", f"/cases/{case}/materials")["project_id"]
    owner: str = desk.told("approver", f"/projects/{project}")["owner"]
    return owner


def test_a_case_goes_from_its_findings_to_the_documents_that_are_left_to_hand_in(desk: CaseDesk):
    case = screened(desk)
    found = desk.told("applicant", f"/cases/{case}/materials")
    assert needed(found) == ["always", "farming", "zone", "military", "later"]
    counts = found["counts"]
    assert counts["once"] < counts["asked"]
    assert counts["to_hand_in"] == counts["once"] - counts["results"]

    # the form is filled in bit by bit, and says what it asks next
    desk.told("applicant", "/applicants/me/profile", PROFILE, method="PUT")
    form = desk.told("applicant", f"/cases/{case}/form")
    assert form["values"]["code"] == CODE
    assert form["sources"]["taken"]["kind"] == "finding"
    jsonschema.Draft202012Validator.check_schema(form["json_schema"])
    filled = desk.told(
        "applicant", f"/cases/{case}/form", {"values": {"height": 30, "trees": 2}}, method="PUT"
    )
    assert filled["changed"] == ["height", "trees"]
    assert "tall" in needed(desk.told("applicant", f"/cases/{case}/materials"))

    # what staff enter as held is not asked again
    owner = owner_of(desk, case)
    licence = {"kind": "licence", "source": "licence", "number": CODE}
    held = desk.told("approver", f"/applicants/{owner}/documents", licence)
    after = desk.told("applicant", f"/cases/{case}/materials")["counts"]
    assert after["held"] == 1
    listed = desk.told("applicant", "/applicants/me/documents")["documents"]
    assert [one["id"] for one in listed] == [held["id"]]

    # and what was wrongly entered is asked again
    path = f"/applicants/{owner}/documents/{held['id']}/withdrawal"
    desk.told("approver", path, {"note": "他人的执照"})
    assert desk.told("applicant", f"/cases/{case}/materials")["counts"]["held"] == 0
    assert desk.told("applicant", "/applicants/me/documents")["documents"] == []


def test_an_answer_in_the_form_tells_what_a_screening_would_then_say(desk: CaseDesk):
    case = screened(desk)
    body = {"values": {"pollutes": False}}
    filled = desk.told("applicant", f"/cases/{case}/form", body, method="PUT")
    (change,) = filled["changes"]
    assert any("site.discharge" in key for key in change["changed"])
    desk.told("approver", f"/cases/{case}/screening", {})
    assert desk.told("applicant", f"/cases/{case}/form")["findings"] == "current"


def test_the_applicant_learns_of_the_secret_layer_what_the_findings_tell_and_no_more(
    desk: CaseDesk,
):
    case = screened(desk)
    for path in ("materials", "form", "findings"):
        desk.told("applicant", f"/cases/{case}/{path}")
    assert SECRET not in desk.heard("applicant")
    shown = desk.told("applicant", f"/cases/{case}/materials")
    (military,) = [one for one in shown["approvals"]["needed"] if one["id"] == "military"]
    assert "m²" not in military["why"][0]["text"]["en"]


def test_a_department_is_told_of_its_own_approvals_alone(desk: CaseDesk):
    case = screened(desk)
    assert needed(desk.told("army", f"/cases/{case}/materials")) == ["military"]
    assert needed(desk.told("water", f"/cases/{case}/materials")) == ["zone"]
    assert set(desk.told("farming", f"/cases/{case}/form")["json_schema"]["properties"]) == {
        "taken", "address",
    }  # fmt: skip
    desk.refused("farming", f"/cases/{case}/form", 403, {"values": {}}, method="PUT")


def test_of_another_applicants_case_and_file_nothing_is_told(desk: CaseDesk):
    case = screened(desk)
    for path, method, body in (
        (f"/cases/{case}/materials", "GET", None),
        (f"/cases/{case}/form", "GET", None),
        (f"/cases/{case}/form", "PUT", {"values": {}}),
        (f"/applicants/{owner_of(desk, case)}/profile", "GET", None),
        (f"/applicants/{owner_of(desk, case)}/documents", "GET", None),
    ):
        desk.refused("another", path, 404, body, method=method)


def test_nobodys_own_word_makes_a_document_held(desk: CaseDesk):
    body = {"kind": "licence", "source": "licence"}
    desk.refused("applicant", "/applicants/me/documents", 403, body)


def test_a_document_of_a_project_is_held_for_its_cases_alone(desk: CaseDesk):
    case, other = screened(desk), screened(desk)
    project = desk.told("approver", f"/cases/{case}/materials")["project_id"]
    body = {"kind": "report", "source": "case", "project_id": project, "case_id": case,
            "issued_on": str(DAY)}  # fmt: skip
    desk.told("approver", f"/applicants/{owner_of(desk, case)}/documents", body)

    def report(name: str) -> str:
        found = desk.told("applicant", f"/cases/{name}/materials")["documents"]
        status: str = next(one["status"] for one in found if one["id"] == "report")
        return status

    assert (report(case), report(other)) == ("held", "to_hand_in")
    late = desk.told("applicant", f"/cases/{case}/materials", params={"date": "2027-12-01"})
    assert next(one for one in late["documents"] if one["id"] == "report")["not_counted"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"height": "tall"}, "height: 'tall': is no number; give one"),
        ({"nothing": 1}, "nothing: is not asked by this form; leave it out"),
        ({"code": "91350100M000100Y44"}, "code: "),
        ({"a\nb": 1}, "'a\\nb': is not asked"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_line(desk: CaseDesk, values, says):
    case = screened(desk)
    body = {"values": values}
    assert says in desk.refused("applicant", f"/cases/{case}/form", 422, body, method="PUT")


@pytest.mark.parametrize(
    ("path", "status", "body", "says"),
    [
        ("/applicants/someone/documents", 422, {"kind": "nothing", "source": "desk"},
         "nothing: no such kind of document; GET /approvals has them"),
        ("/applicants/someone/documents", 422, {"kind": "plan", "source": "desk"},
         "plan: is held of a project"),
        ("/applicants/someone/documents", 422,
         {"kind": "licence", "source": "desk", "sha256": "short"}, "sha256: "),
        ("/applicants/someone/documents", 422,
         {"kind": "licence", "source": "desk", "issued_on": "2026-02-01",
          "valid_until": "2026-01-01"}, "is before issued_on"),
        ("/applicants/someone/documents", 404,
         {"kind": "plan", "source": "desk", "project_id": "pj_none"}, "pj_none: no such project"),
        ("/applicants/someone/documents/hd_none/withdrawal", 404, {"note": "wrong"},
         "hd_none: no such document is held"),
    ],
)  # fmt: skip
def test_what_cannot_be_held_is_refused_with_the_remedy(desk: CaseDesk, path, status, body, says):
    assert says in desk.refused("approver", path, status, body)


def test_a_profile_is_of_an_organisation_and_kept_version_by_version(desk: CaseDesk):
    path = "/applicants/of-versions/profile"
    desk.refused("approver", path, 404)
    for address in ("甲路", "乙路", "乙路"):
        desk.told("approver", path, PROFILE | {"address": address}, method="PUT")
    versions = desk.told("approver", f"{path}/versions")["versions"]
    assert [one["profile"]["address"] for one in versions] == ["甲路", "乙路"]
    person = PROFILE | {"legal_representative": "某某"}
    desk.refused("approver", path, 400, person, method="PUT")


def test_approvals_are_listed_and_shown_to_everybody(desk: CaseDesk):
    listed = desk.told("applicant", "/approvals")
    assert [one["id"] for one in listed["approvals"]][:2] == ["always", "farming"]
    building = desk.told("applicant", "/approvals", params={"stage": "building"})
    assert [one["id"] for one in building["approvals"]] == ["later"]
    shown = desk.told("applicant", "/approvals/farming")
    assert shown["needed_when"] == {"rule": "site.farmland"}
    assert [one["id"] for one in shown["documents"]] == ["form", "report"]
    lapsed = desk.told("applicant", "/approvals/farming", params={"date": "1999-12-31"})
    assert lapsed["legal_bases"] == []
    assert "GET /approvals has them" in desk.refused("applicant", "/approvals/none", 404)


def test_refusals_are_told_in_chinese_too(desk: CaseDesk):
    case = screened(desk)
    desk.keys["chinese"] = desk.keys["applicant"] | {"Accept-Language": "zh"}
    body = {"values": {"height": "高"}}
    said = desk.ask("chinese", f"/cases/{case}/form", body, method="PUT").json()
    assert said["title"] == "表单填写有误"
    assert said["detail"].startswith("height：")
