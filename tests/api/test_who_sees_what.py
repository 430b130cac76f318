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
from blueprint.clearance import Clearance, covers
from blueprint.conflicts.search import find_conflicts
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
                desk.told(who, "/applicants/me/profile", method="PUT", json={"name": who})
            link_all(desk)
            case = desk.cases["applicant"]
            desk.told("approver", f"/cases/{case}/screening", method="POST", json={"ask": True})
            for who in CALLERS[2:]:
                path = "/processes/blueprint-conflicts/execution"
                desk.jobs[who] = desk.told(who, path, method="POST", json={})["jobID"]
                path = "/uploads?name=x.geojson"
                desk.uploads[who] = desk.told(who, path, method="POST", content=b"{}")["id"]
            yield desk


def project(who: str) -> dict[str, Any]:
    """A project on the zone, by whoever proposes it."""
    return {"facts": {"name": f"project of the {who}", "proposer": who}, "site": site()}


def link_all(desk: Desk) -> None:
    """Everybody's project is a phase of the administrator's, and their sites are the same."""
    path = "/projects/{}/lineage"
    body = {"kind": "phase", "parent_id": desk.projects["administrator"]}
    for who in CALLERS[1:-1]:
        desk.told("approver", path.format(desk.projects[who]), method="POST", json=body)


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
    kept |= set() if who == "anonymous" else {"projects"}
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
    if who == "anonymous":
        is_unknown(desk, who, "/collections/{}/items", "projects", "no_such_layer")
        return
    drawn = {one["id"] for one in desk.told(who, "/collections/projects/items")["features"]}
    assert drawn == {one["id"] for one in desk.told(who, "/projects")["projects"]}


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


def shows_map_tiles(desk: Desk, who: str) -> None:
    """Several collections in one tile: none comes along that is not his."""
    path = f"/tiles/{_WHOLE}?collections="
    mine = ",".join(sorted(set(PLACES) & SEEN[who]))
    answer = desk.ask(who, f"{path}{mine}")
    assert answer.status_code in (200, 204)
    told = "public" in answer.headers["cache-control"]
    assert told == (set(mine.split(",")) <= SEEN["anonymous"] and who == "anonymous")
    whole = desk.ask("administrator", f"{path}{','.join(PLACES)}").headers["etag"]
    for layer in hidden_from(who) & set(PLACES):
        for names in (layer, f"zone,{layer}"):
            his = desk.ask(who, f"{path}{names}", headers={"If-None-Match": whole})
            none = desk.ask(who, f"{path}{names.replace(layer, 'no_such_layer')}")
            assert (his.status_code, none.status_code) == (404, 404)
            assert said(his, layer) == said(none, "no_such_layer")


def shows_the_tree(desk: Desk, who: str) -> None:
    found = desk.told(who, "/catalogue")
    layers = {
        layer["id"]
        for theme in found["themes"]
        for sub in theme["subthemes"]
        for layer in sub["layers"]
    }
    assert layers & set(LAYERS) == SEEN[who]
    assert found["counts"]["layers"] == len(layers)
    owners = {department["id"] for department in found["departments"]}
    assert ("army" in owners) == ("barracks" in SEEN[who])
    assert not [layer for layer in hidden_from(who) if f'"{layer}"' in json.dumps(found)]


def shows_rules(desk: Desk, who: str) -> None:
    """Rules are published: they are the same for everybody, and show nothing of a feature."""
    text = desk.ask(who, "/rules").text
    assert text == desk.ask("anonymous", "/rules").text
    assert " detail" not in text


def lists_snapshots(desk: Desk, who: str) -> None:
    (one,) = desk.told(who, "/snapshots")["snapshots"]
    assert one["searched"]


def shows_snapshot_changes(desk: Desk, who: str) -> None:
    (one,) = desk.told(who, "/snapshots")["snapshots"]
    found = desk.told(who, f"/snapshots/{one['id']}/changes?against={one['id']}")
    assert found["layers"] == []


def shows_supervision(desk: Desk, who: str) -> None:
    found = desk.told(who, "/supervision")
    assert found["clearance"] == CLEARANCE[who]


def lists_deliveries(desk: Desk, who: str) -> None:
    if who in ("anonymous", "applicant"):
        status = 401 if who == "anonymous" else 403
        assert desk.ask(who, "/deliveries").status_code == status
        return
    found = desk.told(who, "/deliveries")
    assert {one["layer"] for one in found["deliveries"]} & set(LAYERS) == SEEN[who]


def of_each_delivery(path: str) -> Callable[[Desk, str], None]:
    def tried(desk: Desk, who: str) -> None:
        for one in desk.told("administrator", "/deliveries")["deliveries"]:
            there = path.format(one["delivery"])
            if who in ("anonymous", "applicant"):
                assert desk.ask(who, there).status_code == (401 if who == "anonymous" else 403)
            elif one["layer"] in SEEN[who]:
                desk.told(who, there)
            else:
                his, none = desk.ask(who, there), desk.ask(who, path.format(987654))
                assert (his.status_code, none.status_code) == (404, 404)
                assert (
                    his.json()["detail"].partition(":")[2]
                    == none.json()["detail"].partition(":")[2]
                )

    return tried


def shows_conflict_totals(desk: Desk, who: str) -> None:
    found = desk.told(who, "/conflict-totals")
    seen = SEEN[who] & (set(PLACES) - {"zone"})
    assert found["whole"]["conflicts"] == len(seen)
    told = {rule["rule"] for rule in found["rules"] if rule["total"] is not None}
    assert told == {f"exclusive.zone_{layer}" for layer in seen}


def takes_steps(desk: Desk, who: str) -> None:
    """Staff work on what they see, and learn nothing of the rest."""
    body = {"after": "accepted", "by": "office"}
    for layer, conflict in conflicts_of(desk).items():
        path = "/conflicts/{}/steps"
        if who in ("anonymous", "applicant"):
            answer = desk.ask(who, path.format(conflict), method="POST", json=body)
            assert answer.status_code == (401 if who == "anonymous" else 403)
        elif layer in SEEN[who]:
            answer = desk.ask(who, path.format(conflict), method="POST", json=body)
            # what is open is not accepted unless something was proposed
            assert answer.status_code == 400
            assert "InvalidStep" in answer.text
        else:
            is_unknown(desk, who, path, conflict, "cf_none", method="POST", json=body)


def says_who_calls(desk: Desk, who: str) -> None:
    found = desk.told(who, "/caller")
    assert found["clearance"] == CLEARANCE[who]
    assert found["anonymous"] == (who == "anonymous")


def shows_the_page(desk: Desk, who: str) -> None:
    """The page is the same for everybody, and built or not it says nothing of a layer."""
    his, theirs = desk.ask(who, "/app/"), desk.ask("anonymous", "/app/")
    assert his.status_code == theirs.status_code
    assert his.content == theirs.content
    assert not [layer for layer in LAYERS if f"{layer} detail" in his.text]


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
REVISE_ALL = APPROVAL = {"approver", "administrator"}


def sees_of(who: str, owner: str) -> bool:
    """Everybody sees his own, staff see all, and a department what asks it: the applicant's."""
    return owner == who or who in SEE_ALL_PROJECTS or (
        owner == "applicant" and who.startswith("officer")
    )  # fmt: skip


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
        seen = {name for owner, name in everybodys.items() if sees_of(who, owner)}
        assert found & set(everybodys.values()) == seen

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
            if not sees_of(who, owner):
                is_unknown(desk, who, path, name, "none", **more)
                continue
            mine = method == "GET" or owner == who or who in REVISE_ALL
            status = desk.ask(who, path.format(name), **more).status_code
            assert status in ({200, 201} if mine else {403})

    return tried


def notes_events(desk: Desk, who: str) -> None:
    """Approval staff note what they like, a department its own items, of cases that it sees."""
    path = "/cases/{}/events"
    for owner, name in desk.cases.items():
        item = f"item-{len(owner)}-{len(who)}-{who[0]}"
        event = {"item": item, "status": 1, "at": "2026-03-02T09:00:00+08:00"}
        more = {"method": "POST", "json": {"events": [event]}}
        if is_refused_unnamed(desk, who, path.format(name), **more):
            continue
        if who.startswith("officer") and not sees_of(who, owner):
            is_unknown(desk, who, path, name, "none", **more)
            continue
        wanted = 201 if who in APPROVAL else 403
        assert desk.ask(who, path.format(name), **more).status_code == wanted


def supervises(desk: Desk, who: str) -> None:
    answer = desk.ask(who, "/clock/supervision")
    assert answer.status_code == {"anonymous": 401, "applicant": 403}.get(who, 200)
    if who in SEE_ALL_PROJECTS:
        assert set(answer.json()) >= {"items", "flags", "statistics"}
    elif answer.status_code == 200:
        assert answer.json()["cases"] == 0


def shows_frozen_findings(desk: Desk, who: str) -> None:
    """Each his copy: of what may not be seen no more than any check tells."""
    of_each_of_his("/cases/{}/findings", "cases")(desk, who)
    if who == "anonymous":
        return
    found = desk.told(who, f"/cases/{desk.cases['applicant']}/findings")
    (check,) = [copy["findings"]["check"] for copy in found["copies"]]
    if who.startswith("officer"):
        own = {finding["layer"] for finding in check["findings"]}
        assert own == {name for name in PLACES if LAYERS[name][1] in CLEARANCE[who]}
        assert not any(finding["withheld"] for finding in check["findings"])
    else:
        holds(check, who)


def shows_changes(desk: Desk, who: str) -> None:
    for owner, name in desk.cases.items():
        path = "/cases/{}/changes"
        if is_refused_unnamed(desk, who, path.format(name), "GET"):
            continue
        if not sees_of(who, owner):
            is_unknown(desk, who, path, name, "none")
            continue
        # the others were not screened: nothing can have changed
        status = desk.ask(who, path.format(name)).status_code
        assert status == (200 if owner == "applicant" else 409)


def shows_no_outcome(suffix: str = "") -> Callable[[Desk, str], None]:
    """None was issued yet: that is told to whoever sees the case."""

    def tried(desk: Desk, who: str) -> None:
        for owner, name in desk.cases.items():
            path = f"/cases/{name}/outcome{suffix}"
            if not is_refused_unnamed(desk, who, path, "GET"):
                answer = desk.ask(who, path)
                assert answer.status_code == 404
                assert ("no outcome yet" in answer.json()["detail"]) == sees_of(who, owner)

    return tried


def by_approval(step: str, done: int) -> Callable[[Desk, str], None]:
    """For approval staff alone, whoever's case it is."""

    def tried(desk: Desk, who: str) -> None:
        path = f"/cases/{desk.cases['applicant']}/{step}"
        wanted = 401 if who == "anonymous" else done if who in APPROVAL else 403
        assert desk.ask(who, path, method="POST", json={}).status_code == wanted

    return tried


def attaches_checks(desk: Desk, who: str) -> None:
    """For approval staff alone; the same check once, and none that is not there."""
    path = f"/cases/{desk.cases['applicant']}/checks"
    body = {"check_id": desk.checks[who], "note": "secret detail of the note"}
    wanted = 401 if who == "anonymous" else 201 if who in APPROVAL else 403
    assert desk.ask(who, path, method="POST", json=body).status_code == wanted
    if who in APPROVAL:
        assert desk.ask(who, path, method="POST", json=body).status_code == 409
        none = desk.ask(who, path, method="POST", json={"check_id": "chk_none"})
        assert none.status_code == 404


def shows_attached_checks(desk: Desk, who: str) -> None:
    """Of a check that was made for more than the reader's clearance there is no word."""
    path = "/cases/{}/checks"
    of_each_of_his(path, "cases")(desk, who)
    there = path.format(desk.cases["planner"])
    known = {one["check_id"] for one in desk.told("administrator", there)["checks"]}
    for check in set(desk.checks.values()) - known:
        desk.told("approver", there, method="POST", json={"check_id": check, "note": "secret note"})
    if who not in SEE_ALL_PROJECTS:
        return
    told = desk.told(who, there)["checks"]
    seen = {
        check
        for other, check in desk.checks.items()
        if covers(Clearance(CLEARANCE[who]), Clearance(CLEARANCE[other]))
    }
    assert {one["check_id"] for one in told} == seen
    assert all((one["who"] is not None) == (who in APPROVAL) for one in told)
    shown = [line["kind"] for line in desk.told(who, f"/cases/{desk.cases['planner']}")["ledger"]]
    assert ("check" in shown) == (who in APPROVAL)
    if who not in APPROVAL:
        assert "secret note" not in desk.ask(who, there).text


def answers_for_his_own(desk: Desk, who: str) -> None:
    body = {"answer": "agree", "prefilled": True}
    for owner, name in desk.cases.items():
        path, more = "/cases/{}/opinions", {"method": "POST", "json": body}
        if not who.startswith("officer"):
            status = 401 if who == "anonymous" else 403
            assert desk.ask(who, path.format(name), **more).status_code == status
        elif not sees_of(who, owner):
            is_unknown(desk, who, path, name, "none", **more)
        elif owner == "applicant":
            assert desk.told(who, path.format(name), **more)["department"]["id"] in CLEARANCE[who]


def shows_documents_of_his_part(path: str) -> Callable[[Desk, str], None]:
    """Of a case that he sees: a department is told of its own approvals alone."""

    def tried(desk: Desk, who: str) -> None:
        of_each_of_his(path, "cases")(desk, who)
        if who.startswith("officer"):
            found = desk.ask(who, path.format(desk.cases["applicant"])).text
            assert '"approval":"site_opinion"' not in found

    return tried


def fills_in_forms(desk: Desk, who: str) -> None:
    body = {"values": {}}
    of_each_of_his("/cases/{}/form", "cases", "PUT", lambda _: body)(desk, who)


def of_each_file(
    path: str, method: str = "GET", body: Any = None, status: int = 200
) -> Callable[[Desk, str], None]:
    """His own file and, for approval staff, everybody's; `me` is his own."""

    def tried(desk: Desk, who: str) -> None:
        more = {"method": method} | ({} if body is None else {"json": body})
        if is_refused_unnamed(desk, who, path.format("me"), **more):
            return
        held = "documents" in path and method == "POST"
        for owner, name in desk.projects.items():
            file = desk.told(owner, f"/projects/{name}")["owner"]
            if held and who not in APPROVAL:
                assert desk.ask(who, path.format(file), **more).status_code == 403
            elif owner == who or who in APPROVAL:
                assert desk.ask(who, path.format(file), **more).status_code == status
            else:
                is_unknown(desk, who, path, file, "nobody", **more)
        if not held:
            assert desk.ask(who, path.format("me"), **more).status_code == status

    return tried


def his_projects(desk: Desk, who: str) -> set[str]:
    return {name for owner, name in desk.projects.items() if sees_of(who, owner)}


def tells_of_his_projects_alone(path: str) -> Callable[[Desk, str], None]:
    """What is told of one project names none that is not his, nor counts any."""

    def tried(desk: Desk, who: str) -> None:
        for name in desk.projects.values():
            if is_refused_unnamed(desk, who, path.format(name), "GET"):
                continue
            if name not in his_projects(desk, who):
                is_unknown(desk, who, path, name, "none")
                continue
            found = desk.told(who, path.format(name))
            told = {one for one in desk.projects.values() if one in json.dumps(found)}
            # each is a phase of the administrator's: without that one they have nothing in common
            linked = who in SEE_ALL_PROJECTS or "duplicates" in path
            assert told == (his_projects(desk, who) if linked else {name})
            assert found["scope"] == ("all" if who in SEE_ALL_PROJECTS else "visible")
            assert found.get("compared", len(told) - 1) >= len(told) - 1

    return tried


def is_for_approval(path: str, body: dict[str, Any]) -> Callable[[Desk, str], None]:
    """What staff enter of a project: who does not see it learns nothing, who does is refused."""

    def tried(desk: Desk, who: str) -> None:
        for name in desk.projects.values():
            more = {"method": "POST", "json": body}
            if is_refused_unnamed(desk, who, path.format(name), **more):
                continue
            if name not in his_projects(desk, who):
                is_unknown(desk, who, path, name, "none", **more)
                continue
            answer = desk.ask(who, path.format(name), **more)
            # what approval staff ask for here is of things that are not there
            assert answer.status_code == (404 if who in REVISE_ALL else 403)

    return tried


def exports_of(path: str, whose: str) -> Callable[[Desk, str], None]:
    """The exchange tables have what departments said: approval staff alone are given them."""

    def tried(desk: Desk, who: str) -> None:
        for name in [*getattr(desk, whose).values(), "none"]:
            answer = desk.ask(who, path.format(name))
            if who in REVISE_ALL:
                assert answer.status_code == (404 if name == "none" else 200)
            else:
                assert answer.status_code == (401 if who == "anonymous" else 403)

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
    ("GET", "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"): shows_map_tiles,
    ("GET", "/caller"): says_who_calls,
    ("GET", "/catalogue"): shows_the_tree,
    ("GET", "/rules"): shows_rules,
    ("GET", "/snapshots"): lists_snapshots,
    ("GET", "/snapshots/{snapshot_id}/changes"): shows_snapshot_changes,
    ("GET", "/supervision"): shows_supervision,
    ("GET", "/deliveries"): lists_deliveries,
    ("GET", "/deliveries/{number}"): of_each_delivery("/deliveries/{}"),
    ("GET", "/deliveries/{number}/places"): of_each_delivery("/deliveries/{}/places"),
    ("GET", "/conflict-totals"): shows_conflict_totals,
    ("POST", "/conflicts/{conflict_id}/steps"): takes_steps,
    ("GET", "/app/{path:path}"): shows_the_page,
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
    ("GET", "/projects/{project_id}/lineage"): tells_of_his_projects_alone("/projects/{}/lineage"),
    ("POST", "/projects/{project_id}/lineage"): is_for_approval(
        "/projects/{}/lineage", {"kind": "phase", "parent_id": "pj_none"}
    ),
    ("POST", "/projects/{project_id}/lineage/{link_id}/undoing"): is_for_approval(
        "/projects/{}/lineage/999/undoing", {}
    ),
    ("GET", "/projects/{project_id}/duplicates"): tells_of_his_projects_alone(
        "/projects/{}/duplicates"
    ),
    ("GET", "/projects/{project_id}/exports"): exports_of("/projects/{}/exports", "projects"),
    ("GET", "/projects/{project_id}/exports.{suffix}"): exports_of(
        "/projects/{}/exports.zip", "projects"
    ),
    ("GET", "/cases/{case_id}/exports"): exports_of("/cases/{}/exports", "cases"),
    ("GET", "/cases/{case_id}/exports.{suffix}"): exports_of("/cases/{}/exports.xlsx", "cases"),
    ("GET", "/codes/{code}"): open_to_all("/codes/2111-522323-04-01-342068"),
    ("GET", "/cases"): lists_of_his("/cases", "cases", "cases"),
    ("GET", "/cases/{case_id}"): of_each_of_his("/cases/{}", "cases"),
    ("GET", "/cases/{case_id}/clock"): of_each_of_his("/cases/{}/clock", "cases"),
    ("GET", "/cases/{case_id}/clock/chart"): of_each_of_his("/cases/{}/clock/chart", "cases"),
    ("GET", "/cases/{case_id}/events"): of_each_of_his("/cases/{}/events", "cases"),
    ("POST", "/cases/{case_id}/events"): notes_events,
    ("GET", "/clock/supervision"): supervises,
    ("GET", "/cases/{case_id}/findings"): shows_frozen_findings,
    ("GET", "/cases/{case_id}/changes"): shows_changes,
    ("GET", "/cases/{case_id}/checks"): shows_attached_checks,
    ("POST", "/cases/{case_id}/checks"): attaches_checks,
    ("GET", "/cases/{case_id}/consultations"): of_each_of_his("/cases/{}/consultations", "cases"),
    ("GET", "/cases/{case_id}/opinions"): of_each_of_his("/cases/{}/opinions", "cases"),
    ("GET", "/cases/{case_id}/outcome"): shows_no_outcome(),
    ("GET", "/cases/{case_id}/outcome.{suffix}"): shows_no_outcome(".pdf"),
    ("POST", "/cases/{case_id}/screening"): by_approval("screening", 201),
    ("POST", "/cases/{case_id}/consultations"): by_approval("consultations", 201),
    ("POST", "/cases/{case_id}/opinions"): answers_for_his_own,
    ("POST", "/cases/{case_id}/outcome"): by_approval("outcome", 409),
    ("GET", "/approvals"): open_to_all("/approvals"),
    ("GET", "/approvals/{approval_id}"): open_to_all("/approvals/forest_use"),
    ("GET", "/cases/{case_id}/materials"): shows_documents_of_his_part("/cases/{}/materials"),
    ("GET", "/cases/{case_id}/form"): shows_documents_of_his_part("/cases/{}/form"),
    ("PUT", "/cases/{case_id}/form"): fills_in_forms,
    ("PUT", "/applicants/{applicant_id}/profile"): of_each_file(
        "/applicants/{}/profile", "PUT", {"name": "示例置业有限公司"}
    ),
    ("GET", "/applicants/{applicant_id}/profile"): of_each_file("/applicants/{}/profile"),
    ("GET", "/applicants/{applicant_id}/profile/versions"): of_each_file(
        "/applicants/{}/profile/versions"
    ),
    ("GET", "/applicants/{applicant_id}/documents"): of_each_file("/applicants/{}/documents"),
    ("POST", "/applicants/{applicant_id}/documents"): of_each_file(
        "/applicants/{}/documents", "POST", {"kind": "business_licence", "source": "desk"}, 201
    ),
    ("POST", "/applicants/{applicant_id}/documents/{document_id}/withdrawal"): of_each_file(
        "/applicants/{}/documents/hd_none/withdrawal", "POST", {"note": "wrong"}, 404
    ),
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
