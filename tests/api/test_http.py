"""What the API says over HTTP when it is asked the wrong thing, and how it describes itself."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from api import create_app, root
from api.errors import over_http
from layers import StoreUnavailable

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[118.1, 24.6], [118.101, 24.6], [118.101, 24.601], [118.1, 24.6]]],
}
ELSEWHERE = {"type": "Polygon", "coordinates": [[[0, 0], [900_000, 0], [900_000, 9], [0, 0]]]}
DAY = {"date": "2026-11-23"}


def problem_of(answer, status: int) -> dict:
    """The problem document of an answer that must be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["type"].startswith("about:blueprint/")
    assert "\n" not in document["detail"]
    return document


@pytest.mark.parametrize(
    ("method", "path", "params", "says"),
    [
        ("POST", "/site-checks", {"dat": "2010-01-01"}, "there are date, snapshot, as_of,"),
        ("GET", "/collections/farmland/items", {"lmit": 3}, "there are bbox, limit"),
        ("GET", "/collections", {"page": 2}, "there are snapshot, as_of"),
        ("GET", "/healthz", {"x": ""}, "takes none"),
        ("GET", "/site-checks/chk_none/verification", {"crs": "EPSG:4548"}, "takes none"),
        ("GET", "/collections/farmland/items", {"limit": [1, 2]}, "more than once"),
    ],
)
def test_a_parameter_that_is_not_there_is_refused_by_name(client, method, path, params, says):
    document = problem_of(client.request(method, path, params=params), 400)
    assert next(iter(params)) in document["detail"]
    assert says in document["detail"]


def test_an_unknown_path_is_a_problem_document(client: TestClient):
    assert "/nowhere" in problem_of(client.get("/nowhere"), 404)["detail"]
    problem_of(client.get("/redoc"), 404)
    problem_of(client.get("/docs/assets/none.js"), 404)
    problem_of(client.get("/collections/farmland%2Fitems/items"), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/collections", "GET, HEAD"),
        ("OPTIONS", "/collections", "GET, HEAD"),
        ("GET", "/site-checks", "POST"),
        ("OPTIONS", "/site-checks", "POST"),
    ],
)
def test_a_wrong_method_is_a_problem_that_names_the_right_one(client, method, path, allowed):
    answer = client.request(method, path)
    assert answer.headers["allow"] == allowed
    assert allowed in problem_of(answer, 405)["detail"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/collections", "/docs", "/openapi.json"])
def test_head_answers_as_get_without_the_body(client: TestClient, path: str):
    answer = client.head(path)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["content-type"] == client.get(path).headers["content-type"]


def test_head_of_a_door_for_posts_is_refused(client: TestClient):
    assert client.head("/site-checks").status_code == 405


def asked_of_a_broken_service(store: str, monkeypatch, error: Exception):
    """The answer to a caller when the store raises something."""

    def fail(connection):
        raise error

    monkeypatch.setattr(root, "load_snapshot", fail)
    with TestClient(create_app(store), raise_server_exceptions=False) as client:
        return client.get("/")


def test_a_fault_of_ours_tells_nothing_of_the_inside(sample_geopackage, monkeypatch):
    error = RuntimeError("secret inside")
    answer = asked_of_a_broken_service(sample_geopackage, monkeypatch, error)
    assert problem_of(answer, 500)["type"] == "about:blueprint/Fault"
    assert "secret" not in answer.text


def test_a_store_that_fails_is_not_named_to_the_caller_but_logged(
    sample_geopackage, monkeypatch, caplog
):
    error = StoreUnavailable("postgresql://someone@inside/db: gone")
    answer = asked_of_a_broken_service(sample_geopackage, monkeypatch, error)
    assert problem_of(answer, 503)["type"] == "about:blueprint/StoreUnavailable"
    assert "inside" not in answer.text
    assert "someone@inside" in caplog.text


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("name its CRS with --crs EPSG:4548", "name its CRS with ?crs=EPSG:4548"),
        ("name the right CRS with --crs, or", "name the right CRS with ?crs=, or"),
        (
            "x: no such snapshot; `blueprint snapshots` lists them",
            "x: no such snapshot; leave it out to ask the newest",
        ),
        ("site: has an area of 0.50 m²", "site: has an area of 0.50 m²"),
    ],
)
def test_remedies_of_the_command_line_become_those_of_http(told, meant):
    assert over_http(told) == meant


def test_what_a_caller_reads_names_no_option_of_the_command_line(client: TestClient):
    far = problem_of(client.post("/site-checks", json=ELSEWHERE), 422)["detail"]
    old = client.post("/site-checks", json=SQUARE, params={"snapshot": "2020-01-01.1"})
    assert "?crs=" in far
    for detail in (far, problem_of(old, 404)["detail"]):
        assert "--" not in detail
        assert "`" not in detail


FEATURE = {"type": "Feature", "geometry": SQUARE, "properties": {"name": "3 号地块"}}
COLLECTION = {"type": "FeatureCollection", "name": "东　片", "features": [FEATURE]}


@pytest.mark.parametrize(
    ("body", "params", "name"),
    [
        (SQUARE, {}, "site"),
        (SQUARE, {"name": "north; --crs"}, "north; --crs"),
        (FEATURE, {}, "3 号地块"),
        (FEATURE, {"name": "given"}, "given"),
        (FEATURE | {"properties": {"name": 3}}, {}, "site"),
        (FEATURE | {"properties": {"name": "a\x00b"}}, {}, "site"),
        (FEATURE | {"properties": {"name": "\ud800"}}, {}, "site"),
        (FEATURE | {"properties": {"name": "x" * 201}}, {}, "site"),
        (FEATURE | {"properties": None}, {}, "site"),
        (COLLECTION, {}, "东　片"),
        (COLLECTION | {"name": None}, {}, "site"),
    ],
)
def test_a_site_has_the_name_it_is_given_or_that_of_its_geojson(client, body, params, name):
    answer = client.post("/site-checks", content=json.dumps(body), params=params | DAY)
    assert answer.status_code == 201, answer.text
    assert answer.json()["site"]["name"] == name


@pytest.mark.parametrize(
    "params",
    [{"name": ""}, {"name": "a\nb"}, {"name": "a\x00"}, {"name": "x" * 201}, {"snapshot": ""},
     {"snapshot": "a\x00"}, {"snapshot": "x" * 5000}, {"crs": ""}, {"date": ""}, {"date": "0"},
     {"date": "20261123"}, {"date": "2026-02-30"}],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_refused_by_name(client: TestClient, params):
    answer = client.post("/site-checks", json=SQUARE, params=params)
    assert next(iter(params)) in problem_of(answer, 400)["detail"]


@pytest.mark.parametrize("crs", ["a\x00b", "x" * 5000, "EPSG:99999999999999999999", "{}", "[]"])
def test_a_crs_that_is_none_is_refused(client: TestClient, crs: str):
    problem_of(client.post("/site-checks", json=SQUARE, params={"crs": crs}), 422)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_answered(client: TestClient, day: str):
    answer = client.post("/site-checks", json=SQUARE, params={"date": day})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("params", "status"),
    [({"limit": "0"}, 400), ({"limit": "-1"}, 400), ({"limit": "10001"}, 200),
     ({"limit": "9" * 5000}, 400), ({"limit": "1.5"}, 400), ({"limit": ""}, 400),
     ({"limit": "10000"}, 200), ({"bbox": "1e400,0,1e400,0"}, 400),
     ({"bbox": "-1e308,-1e308,1e308,1e308"}, 400), ({"bbox": "1" * 5000}, 400), ({"bbox": ""}, 400),
     ({"bbox": "-180,-90,180,90", "limit": "1"}, 200), ({"bbox": "0,0,0,0"}, 200),
     ({"bbox": "-180,90,-180,90"}, 200)],
)  # fmt: skip
def test_extreme_boxes_and_limits_are_answered_or_refused(client: TestClient, params, status):
    answer = client.get("/collections/green_line/items", params=params)
    assert answer.status_code == status, answer.text
    if status == 400:
        problem_of(answer, 400)


@pytest.mark.parametrize("path", ["/collections/{}/items", "/site-checks/{}"])
@pytest.mark.parametrize(
    ("id_", "status"),
    [("%00", 400), ("x" * 5000, 400), ("%ff%fe", 404), ("..%2f..", 404), ("'%20OR%201", 404)],
)
def test_strange_ids_are_not_found_or_refused(client: TestClient, path, id_, status):
    problem_of(client.get(path.format(id_)), status)


def test_the_openapi_document_declares_the_problems_of_every_route(client: TestClient):
    document = client.get("/openapi.json").json()
    declared = {
        (method, path): set(operation["responses"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    for (method, path), statuses in declared.items():
        assert {"400", "401", "403", "429", "503", "default"} <= statuses, (method, path)
        assert {status for status in statuses if status.startswith("2")}, (method, path)
        # a code is explained, whatever it is: it is of no thing that would have to be there
        if "{" in path and path != "/codes/{code}":
            assert "404" in statuses, (method, path)
    assert {"201", "413", "415", "422"} <= declared["post", "/site-checks"]
    assert "409" in declared["get", "/site-checks/{check_id}/verification"]
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if status[0] not in "23":  # these have no problem, and 304 no body
                    problem = answer["content"]["application/problem+json"]["schema"]
                    assert problem == {"$ref": "#/components/schemas/Problem"}
                    assert list(answer["content"]) == ["application/problem+json"]
    items = document["paths"]["/collections/{collection_id}/items"]["get"]["responses"]["200"]
    assert set(items["content"]) == {"application/geo+json", "text/html"}
    schemas = document["components"]["schemas"]
    assert set(schemas["Problem"]["properties"]) == {
        *("type", "title", "status", "detail", "detail_en")
    }
    references = re.findall(r'"\$ref": "([^"]*)"', json.dumps(document))
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in schemas
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)


def test_the_page_of_the_api_needs_no_other_address(client: TestClient):
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"https?:|//\w", page.text.replace("<!-- `SwaggerUI", ""))
    links = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert len(links) == 3
    for link in links:
        assert client.get(f"/{link}").status_code == 200, link
    assert "url: 'openapi.json'" in page.text


def test_the_same_site_posted_by_eight_at_once_gets_the_same_answer(client: TestClient):
    def ask(_turn: int) -> tuple[int, dict]:
        answer = client.post("/site-checks", json=SQUARE, params=DAY)
        return answer.status_code, answer.json()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(40)))
    assert {status for status, _ in answers} == {201}
    documents = [document for _, document in answers]
    assert len({document.pop("check_id") for document in documents}) == 40
    for document in documents:
        document.pop("checked_at")
    assert all(document == documents[0] for document in documents)
