"""Role × route × sensitivity, over HTTP: every road that leads to a layer, every caller on it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from httpx2 import Response

from api import create_app
from api.policy import Routes
from blueprint.conflicts import find_conflicts
from layers.crs import to_lonlat
from tests.blueprint.conftest import DAY, Town, placed

from .callers import CLEARANCE, LAYERS, PLACES, SEEN, keys_of, settled_town

CALLERS = list(SEEN)


@dataclass
class Desk:
    """The town's service, and everybody who may ask it."""

    town: Town
    client: TestClient
    headers: dict[str, dict[str, str]]
    checks: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)

    def ask(self, who: str, path: str, method: str = "GET", **more: Any) -> Response:
        headers = self.headers[who] | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def told(self, who: str, path: str, **more: Any) -> Any:
        answer = self.ask(who, path, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


def site(place: str = "zone") -> dict[str, Any]:
    """All of a feature, as GeoJSON."""
    drawn = to_lonlat(np.array([placed(PLACES[place])], dtype=object), "EPSG:4548")[0]
    return json.loads(shapely.to_geojson(drawn))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("callers")
    for town in settled_town(str(folder / "store.gpkg"), folder):
        find_conflicts(town.service, day=DAY, clearance="restricted")
        with TestClient(create_app(town.service.database.name)) as client:
            desk = Desk(town, client, keys_of(town))
            for who in CALLERS:
                made = desk.told(who, "/site-checks", method="POST", json=site(),
                                 params={"date": str(DAY)})  # fmt: skip
                desk.checks[who] = made["check_id"]
            for who in CALLERS[1:]:
                made = desk.told(who, "/projects", method="POST", json=project(who))
                desk.projects[who] = made["id"]
                path = f"/projects/{made['id']}/cases"
                desk.cases[who] = desk.told(who, path, method="POST", json={})["id"]
            for who in CALLERS[2:]:
                path = "/processes/blueprint-conflicts/execution"
                desk.jobs[who] = desk.told(who, path, method="POST", json={})["jobID"]
                path = "/uploads?name=x.geojson"
                desk.uploads[who] = desk.told(who, path, method="POST", content=b"{}")["id"]
            yield desk


def project(who: str) -> dict[str, Any]:
    """A project on the zone, by whoever proposes it."""
    return {"facts": {"name": f"project of the {who}", "proposer": who}, "site": site()}


def hidden_from(who: str) -> set[str]:
    return set(LAYERS) - SEEN[who]


def said(answer: Response, name: str) -> dict[str, Any]:
    """A problem without what was asked for and without the request's own id."""
    document = json.loads(answer.text.replace(name, "X"))
    document.pop("instance", None)
    return document


def is_unknown(desk: Desk, who: str, path: str, name: str, nobodys: str, **more: Any) -> None:
    """A thing that is not the caller's is refused in the very words of one that is not there."""
    his, none = (desk.ask(who, path.format(one), **more) for one in (name, nobodys))
    assert (his.status_code, none.status_code) == (404, 404), (who, name, his.text)
    assert said(his, name) == said(none, nobodys)
    assert set(his.headers) == set(none.headers)
    assert his.headers["content-type"] == none.headers["content-type"] == "application/problem+json"


def open_to_all(path: str) -> Callable[[Desk, str], None]:
    """A route that says the same to everybody."""

    def tried(desk: Desk, who: str) -> None:
        his, theirs = desk.ask(who, path), desk.ask("anonymous", path)
        assert his.status_code == theirs.status_code == 200
        assert his.content == theirs.content
        for layer in set(LAYERS) - SEEN["anonymous"]:
            assert f"{layer} detail" not in his.text

    return tried


def lists_layers(desk: Desk, who: str) -> None:
    found = desk.told(who, "/collections")
    kept = {"conflicts", "site-checks"} if CLEARANCE[who] == "restricted" else {"conflicts"}
    assert {one["id"] for one in found["collections"]} == SEEN[who] | kept
    text = desk.ask(who, "/collections").text
    assert not [layer for layer in hidden_from(who) if f"/{layer}" in text]


def of_each_layer(path: str, seen: Callable[[Desk, str, str, Any], None]) -> Any:
    """A route below one layer: what is seen of those that are his, and no word of the others."""

    def tried(desk: Desk, who: str) -> None:
        for layer in PLACES:
            if layer in SEEN[who]:
                seen(desk, who, layer, desk.told(who, path.format(layer)))
            else:
                is_unknown(desk, who, path, layer, "no_such_layer")

    return tried


def shows_a_layer(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert found["id"] == layer
    assert len(found["extent"]["spatial"]["bbox"]) == 1


def shows_fields(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert "secret" in found["properties"]


def shows_items(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert found["numberMatched"] == 1
    assert found["features"][0]["properties"]["secret"] == f"{layer} detail"


def shows_kept_items(desk: Desk, who: str) -> None:
    """Conflicts and site checks as collections: no more of them than elsewhere."""
    found = desk.told(who, "/collections/conflicts/items")
    seen = SEEN[who] & set(conflicts_of(desk))
    assert found["numberMatched"] == len(seen)
    assert {one["id"] for one in found["features"]} == {conflicts_of(desk)[name] for name in seen}
    assert not [layer for layer in hidden_from(who) if f"{layer} detail" in str(found)]
    if CLEARANCE[who] == "restricted":
        assert desk.told(who, "/collections/site-checks/items")["numberMatched"] > 0
    else:
        is_unknown(desk, who, "/collections/{}/items", "site-checks", "no_such_layer")


def shows_all_items(desk: Desk, who: str) -> None:
    of_each_layer("/collections/{}/items", shows_items)(desk, who)
    shows_kept_items(desk, who)


def shows_one_item(desk: Desk, who: str) -> None:
    for layer in PLACES:
        listed = desk.told("administrator", f"/collections/{layer}/items")
        feature = listed["features"][0]["id"]
        path = f"/collections/{{}}/items/{feature}"
        if layer in SEEN[who]:
            found = desk.told(who, path.format(layer))
            assert found["properties"]["secret"] == f"{layer} detail"
        else:
            is_unknown(desk, who, path, layer, "no_such_layer")


def holds(document: dict[str, Any], who: str) -> None:
    """A check for this caller: withheld is what is hidden from him, and nothing else is."""
    assert document["clearance"] == CLEARANCE[who]
    findings = {finding["layer"]: finding for finding in document["findings"]}
    assert set(findings) >= set(PLACES), "what is hidden counts all the same"
    for layer in PLACES:
        finding, mine = findings[layer], layer in SEEN[who]
        assert finding["outcome"] == "restricted"
        assert finding["withheld"] != mine, (who, layer)
        assert bool(finding["feature_ids"]) == mine
        assert (finding["area"] is not None) == mine
    lines = {line["layer"]: line for line in document["layers"]}
    assert {name for name in PLACES if lines[name]["version"]} == SEEN[who] - {"boundary"}


def makes_a_check(desk: Desk, who: str) -> None:
    answer = desk.ask(who, "/site-checks", method="POST", json=site(), params={"date": str(DAY)})
    assert answer.status_code == 201
    holds(answer.json(), who)


def shows_kept_checks(desk: Desk, who: str, path: str = "/site-checks/{}") -> None:
    holds(desk.told(who, path.format(desk.checks[who])), who)
    for other, check in desk.checks.items():
        if CLEARANCE[other] in ("public", CLEARANCE[who]) or CLEARANCE[who] == "restricted":
            found = desk.told(who, path.format(check))
            assert found["clearance"] == CLEARANCE[other]
        elif who.startswith("officer"):
            # a finding of it is on a layer of his own: he gets his part and nothing above it
            holds(desk.told(who, path.format(check)), who)
        else:
            is_unknown(desk, who, path, check, "chk_none")


def shows_checks_by_suffix(desk: Desk, who: str) -> None:
    shows_kept_checks(desk, who, "/site-checks/{}.json")


def verifies_kept_checks(desk: Desk, who: str) -> None:
    for other, check in desk.checks.items():
        path = "/site-checks/{}/verification"
        if CLEARANCE[other] in ("public", CLEARANCE[who]) or CLEARANCE[who] == "restricted":
            assert desk.told(who, path.format(check))["status"] == "identical"
        else:
            is_unknown(desk, who, path, check, "chk_none")


def conflicts_of(desk: Desk) -> dict[str, str]:
    """The layer beside the zone → the conflict's id."""
    found = desk.told("administrator", "/conflicts")["conflicts"]
    return {one["right"]["layer"]: one["id"] for one in found}


def lists_conflicts(desk: Desk, who: str) -> None:
    page = desk.told(who, "/conflicts")
    seen = SEEN[who] & (set(PLACES) - {"zone"})
    assert {one["right"]["layer"] for one in page["conflicts"]} == seen
    assert page["matched"] == len(seen)
    withheld = {rule["rule"] for rule in page["not_searched_whole"]}
    assert withheld == {f"exclusive.zone_{layer}" for layer in hidden_from(who)}
    assert page["clearance"] == CLEARANCE[who]
    for layer in hidden_from(who):
        assert desk.told(who, "/conflicts", params={"rule": f"exclusive.zone_{layer}"})[
            "matched"
        ] == 0  # fmt: skip


def shows_a_conflict(desk: Desk, who: str) -> None:
    for layer, conflict in conflicts_of(desk).items():
        if layer in SEEN[who]:
            found = desk.told(who, f"/conflicts/{conflict}")
            assert found["conflict"]["area"]["ellipsoidal_m2"] > 0
        else:
            is_unknown(desk, who, "/conflicts/{}", conflict, "cf_none")


_WHOLE = "WebMercatorQuad/0/0/0"


def shows_tiles(desk: Desk, who: str) -> None:
    """A tile that somebody else may see and has seen is not there, not even as unchanged."""
    for layer in PLACES:
        path = f"/collections/{{}}/tiles/{_WHOLE}"
        whole = desk.ask("administrator", path.format(layer))
        seen = {"headers": {"If-None-Match": whole.headers["etag"]}}
        if layer in SEEN[who]:
            assert desk.ask(who, path.format(layer)).status_code in (200, 204)
            assert desk.ask(who, path.format(layer), **seen).status_code == 304
            mine = desk.ask(who, path.format(layer)).headers["cache-control"]
            assert ("public" in mine) == (who == "anonymous")
        else:
            is_unknown(desk, who, path, layer, "no_such_layer", **seen)


def exists(desk: Desk, who: str, layer: str, found: Any) -> None:
    assert layer in str(found)


def checks_a_batch(desk: Desk, who: str) -> None:
    sites = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": site()}]}  # fmt: skip
    body = {"inputs": {"sites": sites, "date": str(DAY)}}
    found = desk.told(who, "/processes/site-check/execution", method="POST", json=body)
    (name,) = [one["check_id"] for one in found["sites"]]
    holds(desk.told(who, f"/site-checks/{name}"), who)
    if who not in desk.jobs:
        search = desk.ask(who, "/processes/blueprint-conflicts/execution", method="POST", json={})
        assert search.status_code == 403


def lists_jobs(desk: Desk, who: str) -> None:
    mine = {one["jobID"] for one in desk.told(who, "/jobs")["jobs"]}
    assert mine == ({desk.jobs[who]} if who in desk.jobs else set())


def of_each_job(path: str, status: set[int], method: str = "GET") -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        for owner, job in desk.jobs.items():
            if owner != who:
                is_unknown(desk, who, path, job, "job_none", method=method)
        if who in desk.jobs:
            assert desk.ask(who, path.format(desk.jobs[who]), method=method).status_code in status

    return tried


def brings_a_file(desk: Desk, who: str) -> None:
    status = {"anonymous": 401, "applicant": 403}.get(who, 201)
    answer = desk.ask(who, "/uploads?name=x.geojson", method="POST", content=b"{}")
    assert answer.status_code == status


def of_each_upload(method: str) -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        for owner, upload in desk.uploads.items():
            path = "/uploads/{}"
            if who in ("anonymous", "applicant"):
                status = 401 if who == "anonymous" else 403
                assert desk.ask(who, path.format(upload), method=method).status_code == status
            elif owner != who:
                is_unknown(desk, who, path, upload, "upl_none", method=method)
            else:
                answer = desk.ask(who, path.format(upload), method=method)
                assert answer.status_code in (200, 204)

    return tried


SEE_ALL_PROJECTS = {"planner", "approver", "administrator"}
REVISE_ALL = {"approver", "administrator"}


def is_refused_unnamed(desk: Desk, who: str, path: str, method: str, **more: Any) -> bool:
    """Whoever does not say who he is owns no project, and is told so."""
    if who == "anonymous":
        answer = desk.ask(who, path, method=method, **more)
        assert answer.status_code == 401
        assert "for those who say who they are" in answer.json()["detail"]
    return who == "anonymous"


def lists_of_his(path: str, key: str, whose: str) -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        if is_refused_unnamed(desk, who, path, "GET"):
            return
        found = {one["id"] for one in desk.told(who, path)[key]}
        everybodys = getattr(desk, whose)
        assert (found >= set(everybodys.values())) == (who in SEE_ALL_PROJECTS)
        if who not in SEE_ALL_PROJECTS:
            assert found & set(everybodys.values()) == {everybodys[who]}

    return tried


def proposes(desk: Desk, who: str) -> None:
    if not is_refused_unnamed(desk, who, "/projects", "POST", json=project(who)):
        assert desk.told(who, "/projects", method="POST", json=project(who))["owner"]


def of_each_of_his(
    path: str, whose: str, method: str = "GET", body: Callable[[str], Any] = lambda _: None
) -> Callable[[Desk, str], None]:
    """What is not his is not there; what he sees and may not change is refused."""

    def tried(desk: Desk, who: str) -> None:
        more = {"method": method} | ({} if method == "GET" else {"json": body(who)})
        for owner, name in getattr(desk, whose).items():
            if is_refused_unnamed(desk, who, path.format(name), **more):
                continue
            if owner != who and who not in SEE_ALL_PROJECTS:
                is_unknown(desk, who, path, name, "none", **more)
                continue
            mine = method == "GET" or owner == who or who in REVISE_ALL
            status = desk.ask(who, path.format(name), **more).status_code
            assert status in ({200, 201} if mine else {403})

    return tried


def for_administrators(method: str, path: str, status: int) -> Callable[[Desk, str], None]:
    """Refused alike to everybody else, whether what is asked for is there or not."""

    def tried(desk: Desk, who: str) -> None:
        wanted = {"anonymous": 401, "administrator": status}.get(who, 403)
        assert desk.ask(who, path, method=method).status_code == wanted

    return tried


def shows_meters(desk: Desk, who: str) -> None:
    answer = desk.ask(who, "/metrics")
    status = {"anonymous": 401, "administrator": 200}.get(who, 403)
    assert answer.status_code == status
    assert not [layer for layer in hidden_from("anonymous") if f"{layer} detail" in answer.text]


def landing(desk: Desk, who: str) -> None:
    found = desk.told(who, "/")
    assert not [layer for layer in hidden_from(who) if f"/{layer}" in str(found)]


TRIED: dict[tuple[str, str], Callable[[Desk, str], None]] = {
    ("GET", "/"): landing,
    ("GET", "/healthz"): open_to_all("/healthz"),
    ("GET", "/livez"): open_to_all("/livez"),
    ("GET", "/readyz"): open_to_all("/readyz"),
    ("GET", "/metrics"): shows_meters,
    ("GET", "/tileMatrixSets"): open_to_all("/tileMatrixSets"),
    ("GET", "/tileMatrixSets/{tileMatrixSetId}"): open_to_all("/tileMatrixSets/WebMercatorQuad"),
    ("GET", "/collections/{collection_id}/tiles"): of_each_layer("/collections/{}/tiles", exists),
    ("GET", "/collections/{collection_id}/tiles/{tileMatrixSetId}"): of_each_layer(
        "/collections/{}/tiles/WebMercatorQuad", exists
    ),
    ("GET", "/collections/{collection_id}/tiles/{tileMatrixSetId}/tilejson.json"): of_each_layer(
        "/collections/{}/tiles/WebMercatorQuad/tilejson.json", exists
    ),
    (
        "GET",
        "/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    ): shows_tiles,
    ("GET", "/processes"): open_to_all("/processes"),
    ("GET", "/processes/{process_id}"): open_to_all("/processes/site-check"),
    ("POST", "/processes/{process_id}/execution"): checks_a_batch,
    ("GET", "/jobs"): lists_jobs,
    ("GET", "/jobs/{job_id}"): of_each_job("/jobs/{}", {200}),
    ("GET", "/jobs/{job_id}/results"): of_each_job("/jobs/{}/results", {200, 404}),
    ("DELETE", "/jobs/{job_id}"): of_each_job("/jobs/{}", {200}, "DELETE"),
    ("POST", "/uploads"): brings_a_file,
    ("GET", "/uploads/{upload_id}"): of_each_upload("GET"),
    ("DELETE", "/uploads/{upload_id}"): of_each_upload("DELETE"),
    ("GET", "/webhooks"): for_administrators("GET", "/webhooks", 200),
    ("POST", "/webhooks"): for_administrators("POST", "/webhooks", 400),
    ("GET", "/webhooks/{webhook_id}"): for_administrators("GET", "/webhooks/none", 404),
    ("DELETE", "/webhooks/{webhook_id}"): for_administrators("DELETE", "/webhooks/none", 404),
    ("POST", "/webhooks/{webhook_id}/secret"): for_administrators(
        "POST", "/webhooks/none/secret", 404
    ),
    ("POST", "/webhooks/{webhook_id}/enabling"): for_administrators(
        "POST", "/webhooks/none/enabling", 404
    ),
    ("GET", "/webhooks/{webhook_id}/deliveries"): for_administrators(
        "GET", "/webhooks/none/deliveries", 404
    ),
    ("GET", "/conformance"): open_to_all("/conformance"),
    ("GET", "/api"): open_to_all("/api"),
    ("GET", "/openapi.json"): open_to_all("/openapi.json"),
    ("GET", "/openapi-3.0.json"): open_to_all("/openapi-3.0.json"),
    ("GET", "/docs"): open_to_all("/docs"),
    ("GET", "/docs/assets/{path:path}"): open_to_all("/docs/assets/swagger-ui.css"),
    ("GET", "/collections"): lists_layers,
    ("GET", "/collections/{collection_id}"): of_each_layer("/collections/{}", shows_a_layer),
    ("GET", "/collections/{collection_id}/queryables"): of_each_layer(
        "/collections/{}/queryables", shows_fields
    ),
    ("GET", "/collections/{collection_id}/items"): shows_all_items,
    ("GET", "/collections/{collection_id}/items/{feature_id:path}"): shows_one_item,
    ("POST", "/site-checks"): makes_a_check,
    ("GET", "/site-checks/{check_id}"): shows_kept_checks,
    ("GET", "/site-checks/{check_id}.{suffix}"): shows_checks_by_suffix,
    ("GET", "/site-checks/{check_id}/verification"): verifies_kept_checks,
    ("GET", "/projects"): lists_of_his("/projects", "projects", "projects"),
    ("POST", "/projects"): proposes,
    ("GET", "/projects/{project_id}"): of_each_of_his("/projects/{}", "projects"),
    ("GET", "/projects/{project_id}/versions"): of_each_of_his("/projects/{}/versions", "projects"),
    ("POST", "/projects/{project_id}/versions"): of_each_of_his(
        "/projects/{}/versions", "projects", "POST", project
    ),
    ("POST", "/projects/{project_id}/cases"): of_each_of_his(
        "/projects/{}/cases", "projects", "POST", lambda _: {}
    ),
    ("GET", "/cases"): lists_of_his("/cases", "cases", "cases"),
    ("GET", "/cases/{case_id}"): of_each_of_his("/cases/{}", "cases"),
    ("GET", "/conflicts"): lists_conflicts,
    ("GET", "/conflicts/{conflict_id}"): shows_a_conflict,
}
"""How each route is tried by each caller: a new one has to say so here."""


def test_every_route_says_how_it_is_tried():
    assert set(Routes(create_app("nowhere.gpkg"))) == set(TRIED)


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("route", TRIED, ids=" ".join)
def test_nobody_sees_more_or_less_than_is_his(desk: Desk, route: tuple[str, str], who: str):
    TRIED[route](desk, who)


def test_an_answer_is_kept_apart_from_others_in_every_cache(desk: Desk):
    for who in CALLERS:
        answer = desk.ask(who, "/collections")
        assert {"authorization", "x-api-key"} <= {
            name.strip().lower() for name in answer.headers["vary"].split(",")
        }
        assert ("private" in answer.headers.get("cache-control", "")) == (who != "anonymous")


def test_a_check_that_is_no_business_of_a_department_is_not_there_for_its_officer(desk: Desk):
    made = desk.told("approver", "/site-checks", method="POST", json=site("plan"),
                     params={"date": str(DAY)})  # fmt: skip
    name = made["check_id"]
    assert desk.told("officer of water", f"/site-checks/{name}")["clearance"] == "public+water"
    for who in ("anonymous", "applicant", "planner", "officer of the army"):
        is_unknown(desk, who, "/site-checks/{}", name, "chk_none")
