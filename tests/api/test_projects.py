"""Projects over HTTP: taken in as sites are, revised by versions, found by what they say."""

import json

import pytest
import shapely
from fastapi.testclient import TestClient

from blueprint.access.api_keys import add_key
from tests.blueprint.conftest import FAR, SITE, Town, placed

from .desk import lonlat

FACTS = {
    "name": "示例产业园一期",
    "proposer": "示例置业有限公司",
    "purpose": "标准厂房",
    "code": "2111-522323-04-01-342068",
    "investment_wan": 18000,
    "figures": {"height_m": 24},
}
PROJECT = {"facts": FACTS, "site": lonlat(SITE)}


@pytest.fixture
def town(served_town: Town) -> Town:
    return served_town


@pytest.fixture
def client(town: Town, app: TestClient) -> TestClient:
    """Another applicant in every test."""
    _, text = add_key(town.service, "applicant", "applicant")
    app.headers["X-Api-Key"] = text
    return app


def told(client: TestClient, path: str, body=None, **more):
    answer = client.get(path, **more) if body is None else client.post(path, json=body, **more)
    assert answer.is_success, answer.text
    return answer.json()


def test_a_project_is_taken_in_with_its_site_in_the_plane_of_the_city(client: TestClient):
    made = told(client, "/projects", PROJECT)
    assert (made["version"], made["stage"], made["state"]) == (1, "generation", "proposed")
    site = made["facts"]["site"]
    assert site["crs"] == "EPSG:4548"
    assert site["area"]["projected_m2"] == pytest.approx(10_000, abs=0.1)
    drawn = shapely.geometry.shape(site["geometry"])
    assert drawn.symmetric_difference(placed(SITE)).area < 0.1
    assert told(client, f"/projects/{made['id']}") == made


def test_a_file_in_a_form_draws_the_same_site_as_geojson_does(client: TestClient, town: Town):
    by_json = told(client, "/projects", PROJECT)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
    drawn = json.loads(shapely.to_geojson(placed(SITE))) | {"crs": crs}
    files = {"file": ("site.geojson", json.dumps(drawn), "application/geo+json")}
    form = {"facts": json.dumps(FACTS), "crs": "EPSG:4548"}
    answer = client.post("/projects", data=form, files=files)
    assert answer.status_code == 201, answer.text
    by_file = answer.json()["facts"]
    assert by_file["site"]["source_crs"] == "EPSG:4548"
    assert by_file["site"]["geometry_hash"] == by_json["facts"]["site"]["geometry_hash"]


def test_revising_keeps_what_was_said_and_keeps_the_site_unless_another_is_drawn(
    client: TestClient,
):
    made = told(client, "/projects", PROJECT)
    path = f"/projects/{made['id']}/versions"
    higher = told(client, path, {"facts": FACTS | {"figures": {"height_m": 30}}})
    assert higher["facts"]["site"] == made["facts"]["site"]
    moved = told(client, path, {"facts": FACTS, "site": lonlat(FAR), "based_on": 2})
    assert moved["facts"]["site"]["geometry_hash"] != made["facts"]["site"]["geometry_hash"]
    same = told(client, path, {"facts": FACTS, "site": lonlat(FAR)})
    assert [made["version"], higher["version"], moved["version"], same["version"]] == [1, 2, 3, 3]
    versions = told(client, path)["versions"]
    assert [one["facts"]["figures"]["height_m"] for one in versions] == [24, 30, 24]
    assert told(client, f"/projects/{made['id']}", params={"version": 2})["version"] == 2


def test_what_is_based_on_an_older_version_is_refused(client: TestClient):
    made = told(client, "/projects", PROJECT)
    path = f"/projects/{made['id']}/versions"
    told(client, path, {"facts": FACTS | {"purpose": "仓储"}, "based_on": 1})
    late = client.post(path, json={"facts": FACTS, "based_on": 1})
    assert late.status_code == 409
    assert "version 2 was said meanwhile" in late.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["乙", "甲"]),
        ({"q": "甲"}, ["甲"]),
        ({"q": "342068"}, ["甲"]),
        ({"state": "withdrawn"}, ["乙"]),
        ({"stage": "land"}, []),
        ({"limit": 1}, ["乙"]),
    ],
)
def test_projects_are_found_by_what_they_say(client: TestClient, asked, found):
    told(client, "/projects", {"facts": FACTS | {"name": "甲"}, "site": lonlat(SITE)})
    told(client, "/projects", {"facts": {"name": "乙", "proposer": "某公司", "state": "withdrawn"}})
    page = told(client, "/projects", params=asked)
    assert [one["facts"]["name"] for one in page["projects"]] == found


def test_projects_are_found_by_where_they_lie(client: TestClient):
    made = told(client, "/projects", PROJECT)
    told(client, "/projects", {"facts": FACTS, "site": lonlat(FAR)})
    told(client, "/projects", {"facts": FACTS})
    box = ",".join(map(str, shapely.geometry.shape(lonlat(SITE)).bounds))
    page = told(client, "/projects", params={"bbox": box})
    assert [one["id"] for one in page["projects"]] == [made["id"]]


REFUSED = [
    ({"facts": {"name": "甲"}}, 422, "proposer: Field required"),
    ({"facts": FACTS | {"height": 3}}, 422, "height: "),
    ({"facts": FACTS | {"figures": {"code": "x"}}}, 422, "the project's code is given as `code`"),
    ({"facts": FACTS, "site": {"type": "Point", "coordinates": [118, 24]}}, 422, "no polygon"),
    ({"facts": FACTS | {"state": "completed"}}, 403, "is reached by cases"),
    ({"facts": FACTS, "site": lonlat(SITE), "crs": "EPSG:1"}, 422, "EPSG:1"),
]


@pytest.mark.parametrize(("body", "status", "why"), REFUSED, ids=[r[2] for r in REFUSED])
def test_what_cannot_be_is_refused_in_one_line(client: TestClient, body, status: int, why: str):
    answer = client.post("/projects", json=body)
    assert answer.status_code == status, answer.text
    assert why in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_whoever_does_not_say_who_he_is_owns_no_project(client: TestClient):
    del client.headers["X-Api-Key"]
    answer = client.post("/projects", json=PROJECT)
    assert answer.status_code == 401
    assert "is for those who say who they are" in answer.json()["detail"]


def test_an_applicant_sees_his_own_and_staff_see_all(client: TestClient, town: Town):
    made = told(client, "/projects", PROJECT)
    _, other = add_key(town.service, "another", "applicant")
    _, staff = add_key(town.service, "staff", "approver")
    path = f"/projects/{made['id']}"
    his, none = (client.get(one, headers={"X-Api-Key": other}) for one in (path, "/projects/none"))
    assert his.status_code == none.status_code == 404
    assert his.json()["detail"].replace(made["id"], "none") == none.json()["detail"]
    assert told(client, "/projects", headers={"X-Api-Key": other})["matched"] == 0
    assert told(client, path, headers={"X-Api-Key": staff})["facts"] == made["facts"]


def test_a_case_is_opened_for_a_day_and_listed(client: TestClient):
    made = told(client, "/projects", PROJECT)
    wanted = {"stage": "land", "application_date": "2026-11-02"}
    case = told(client, f"/projects/{made['id']}/cases", wanted)
    assert (case["stage"], case["application_date"]) == ("land", "2026-11-02")
    assert [one["id"] for one in told(client, "/cases")["cases"]] == [case["id"]]
    project = told(client, f"/projects/{made['id']}")
    assert (project["stage"], project["state"]) == ("land", "in_progress")
    assert [one["id"] for one in project["cases"]] == [case["id"]]
