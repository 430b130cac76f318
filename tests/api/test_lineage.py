"""Codes, lineage, duplicates and exchange tables over HTTP."""

import csv
import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from blueprint.access.api_keys import add_key
from tests.blueprint.conftest import FAR, HALF, SITE, Town

from .desk import lonlat

CODE = "2111-522323-04-01-342068"
Ask = Callable[..., Response]


@pytest.fixture
def town(served_town: Town) -> Town:
    return served_town


def caller(town: Town, app: TestClient, name: str, role: str) -> Ask:
    """One who asks, by a key of his own."""
    _, text = add_key(town.service, name, role)

    def ask(path: str, body: Any = None, **more: Any) -> Response:
        headers = {"X-Api-Key": text} | more.pop("headers", {})
        method = "GET" if body is None else "POST"
        return app.request(method, path, headers=headers, json=body, **more)

    return ask


@pytest.fixture
def staff(town: Town, app: TestClient) -> Ask:
    return caller(town, app, "staff", "approver")


@pytest.fixture
def owner(town: Town, app: TestClient) -> Ask:
    return caller(town, app, "owner", "applicant")


def told(answer: Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def propose(ask: Ask, name: str, site: str | None = None, **facts: Any) -> str:
    body = {"facts": {"name": name, "proposer": "示例置业有限公司"} | facts}
    if site is not None:
        body["site"] = lonlat(site)
    made: str = told(ask("/projects", body))["id"]
    return made


@pytest.fixture
def family(owner: Ask, staff: Ask) -> dict[str, str]:
    """P of the owner's has phases A, the owner's, and B, the staff's, that overdraws."""
    ids = {
        "P": propose(owner, "示例产业园", SITE, site_area_m2=10_000, code=CODE),
        "A": propose(owner, "示例产业园一期", site_area_m2=4_000),
        "B": propose(staff, "示例产业园二期", HALF, site_area_m2=9_000),
    }
    for letter in "AB":
        body = {"kind": "phase", "parent_id": ids["P"], "scope": f"{letter} 区"}
        answer = staff(f"/projects/{ids[letter]}/lineage", body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"].endswith(f"/projects/{ids[letter]}/lineage")
    return ids


def test_a_code_is_explained_in_both_languages(app: TestClient):
    found = told(app.get(f"/codes/{CODE}", params={"date": "2026-11-23"}))
    assert (found["form"], found["code"], found["problems"]) == ("2020", CODE, [])
    meanings = {part["id"]: (part["status"], part["meaning"]["en"]) for part in found["parts"]}
    assert meanings["month"] == ("explained", "2021-11")
    assert meanings["type"][0] == "unverified"
    assert meanings["check"] == ("not_checked", "not checked: algorithm not published")


def test_a_wrong_code_is_answered_with_what_is_wrong(app: TestClient):
    found = told(app.get("/codes/2113-522323-04-01-342068"))
    assert [one["en"] for one in found["problems"]] == [
        "year and month 2113: there is no month 13; correct it, months are 01 to 12"
    ]
    assert told(app.get("/codes/２１１１ 522323"))["code"] is None


def test_the_family_of_a_project_is_told_with_what_does_not_add_up(
    staff: Ask, family: dict[str, str]
):
    found = told(staff(f"/projects/{family['A']}/lineage"))
    assert [one["id"] for one in found["projects"]] == [family[letter] for letter in "PAB"]
    assert (found["scope"], found["ancestors"]) == ("all", [family["P"]])
    assert [link["note"]["scope"] for link in found["links"]] == ["A 区", "B 区"]
    checks = {check["id"]: check for check in found["conservation"]["checks"]}
    assert checks["site_area"]["outcome"] == "broken"
    assert checks["site_area"]["sum"]["over"] == 3_000
    assert checks["site_area"]["sum"]["first_over"] == family["B"]
    assert checks["inside"]["outcome"] == "broken"
    assert checks["investment"]["outcome"] == "undecided"


def test_the_owner_is_told_of_what_is_his_and_nothing_of_the_rest(
    owner: Ask, family: dict[str, str]
):
    answer = owner(f"/projects/{family['P']}/lineage")
    found = told(answer)
    assert found["scope"] == "visible"
    assert [one["id"] for one in found["projects"]] == [family["P"], family["A"]]
    assert family["B"] not in answer.text
    (check,) = [c for c in found["conservation"]["checks"] if c["id"] == "site_area"]
    assert (check["outcome"], check["sum"]["stated"]) == ("held", 4_000)
    hidden, none = (owner(f"/projects/{name}/lineage") for name in (family["B"], "none"))
    assert hidden.status_code == none.status_code == 404
    assert hidden.json()["detail"].replace(family["B"], "none") == none.json()["detail"]


def test_links_are_entered_by_approval_staff(
    owner: Ask, town: Town, app: TestClient, family: dict[str, str]
):
    body = {"kind": "change", "parent_id": family["P"]}
    planner = caller(town, app, "planner", "planner")
    for ask, name in ((owner, "A"), (planner, "B")):
        answer = ask(f"/projects/{family[name]}/lineage", body)
        assert answer.status_code == 403
        assert "is done by approval staff" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("child", "body", "status", "why"),
    [
        ("P", {"kind": "phase", "parent_id": "A"}, 409, "which comes from it"),
        ("A", {"kind": "phase", "parent_id": "A"}, 409, "cannot be a phase of itself"),
        ("A", {"kind": "split", "parent_id": "P"}, 409, "is linked to"),
        ("A", {"kind": "phase", "parent_id": "pj_none"}, 404, "pj_none: no such project"),
        ("A", {"kind": "cousin", "parent_id": "P"}, 400, "kind"),
        ("A", {"kind": "phase"}, 400, "parent_id"),
    ],
)
def test_nonsense_is_refused_in_one_line(
    staff: Ask, family: dict[str, str], child: str, body: dict[str, str], status: int, why: str
):
    if "parent_id" in body:
        body = body | {"parent_id": family.get(body["parent_id"], body["parent_id"])}
    answer = staff(f"/projects/{family[child]}/lineage", body)
    assert answer.status_code == status, answer.text
    assert why in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_an_undone_link_stays_to_be_read(staff: Ask, family: dict[str, str]):
    path = f"/projects/{family['B']}/lineage"
    link = told(staff(path))["links"][1]["id"]
    undone = told(staff(f"{path}/{link}/undoing", {"reason": "登记错误"}))
    assert undone["undone"]["who"].endswith("(staff)")
    assert undone["undone"]["reason"] == "登记错误"
    found = told(staff(path))
    assert [one["id"] for one in found["projects"]] == [family["B"]]
    assert [one["id"] for one in found["undone"]] == [link]
    again = staff(f"{path}/{link}/undoing", {})
    assert again.status_code == 409
    assert "was undone on" in again.json()["detail"]


def test_a_link_of_other_projects_is_not_there_to_be_undone(staff: Ask, family: dict[str, str]):
    of_b = told(staff(f"/projects/{family['B']}/lineage"))["links"][1]["id"]
    his, none = (staff(f"/projects/{family['A']}/lineage/{n}/undoing", {}) for n in (of_b, 10**9))
    assert his.status_code == none.status_code == 404
    assert his.json()["detail"].replace(str(of_b), "N") == none.json()["detail"].replace(
        str(10**9), "N"
    )


def test_a_link_that_is_sent_twice_is_entered_once(staff: Ask, owner: Ask):
    parent, child = propose(owner, "甲"), propose(owner, "乙")
    body, key = {"kind": "phase", "parent_id": parent}, {"Idempotency-Key": '"once"'}
    answers = [staff(f"/projects/{child}/lineage", body, headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(told(staff(f"/projects/{child}/lineage"))["links"]) == 1


def test_what_looks_the_same_is_told_with_its_evidence(
    staff: Ask, owner: Ask, family: dict[str, str]
):
    twin = propose(owner, "示例 产业园（建设项目）", HALF, code=CODE.replace("-", ""))
    found = told(staff(f"/projects/{twin}/duplicates"))
    by_id = {one["project_id"]: one for one in found["duplicates"]}
    assert by_id[family["P"]]["reasons"] == ["code", "site", "name"]
    assert by_id[family["P"]]["site"]["share"] == pytest.approx(1 / 9, abs=1e-3)
    assert by_id[family["P"]]["likeness"]["score"] == 1
    assert family["B"] in by_id
    his = owner(f"/projects/{twin}/duplicates")
    assert told(his)["scope"] == "visible"
    assert family["B"] not in his.text


def test_the_exchange_tables_come_as_zip_workbook_and_json(staff: Ask, family: dict[str, str]):
    case = told(staff(f"/projects/{family['P']}/cases", {}))["id"]
    path = f"/projects/{family['P']}/exports"
    document = told(staff(path))
    assert document["format"] == "blueprint-exchange-1"
    by_suffix, by_f = staff(f"{path}.zip"), staff(path, params={"f": "zip"})
    by_accept = staff(path, headers={"Accept": "application/zip"})
    assert by_suffix.content == by_f.content == by_accept.content
    assert by_suffix.headers["content-type"] == "application/zip"
    assert by_suffix.headers["content-disposition"] == (f'attachment; filename="{family["P"]}.zip"')
    with zipfile.ZipFile(io.BytesIO(by_suffix.content)) as archive:
        text = archive.read("SPGL_XMJBXXB.csv").decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["XMMC"], row["XMDM"], row["QJDGCDM"], row["GCFW"]) for row in found] == [
        ("示例产业园", CODE, "", ""),
        ("示例产业园一期", CODE, CODE, "A 区"),
        ("示例产业园二期", CODE, CODE, "B 区"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(staff(f"/cases/{case}/exports.xlsx").content))
    assert book["SPGL_XMJBXXB"].max_row == 2
    assert told(staff(f"/cases/{case}/exports"))["case_id"] == case
    assert staff(path, headers={"Accept": "text/html"}).status_code == 406
    assert staff(f"{path}.pdf").status_code == 400


def test_exchange_tables_are_for_approval_staff(owner: Ask, family: dict[str, str]):
    answer = owner(f"/projects/{family['P']}/exports")
    assert answer.status_code == 403
    assert family["P"] not in answer.json()["detail"].replace(f"/projects/{family['P']}", "")


def test_sites_far_away_are_not_compared(owner: Ask, staff: Ask):
    one, other = propose(owner, "甲", SITE), propose(owner, "丙丁戊己", FAR)
    found = told(staff(f"/projects/{one}/duplicates"))
    assert other not in {x["project_id"] for x in found["duplicates"]}
