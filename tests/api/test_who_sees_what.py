"""Role × route × sensitivity, over HTTP: every road that leads to a layer, every caller on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import create_app
from api.policy import Routes
from blueprint.conflicts.search import find_conflicts
from tests.api.callers import keys_of, settled_town
from tests.api.routes import answers, cases, layers, service
from tests.api.routes.asking import CALLERS, Desk, is_unknown, project, site
from tests.blueprint.conftest import DAY


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


def link_all(desk: Desk) -> None:
    """Everybody's project is a phase of the administrator's, and their sites are the same."""
    path = "/projects/{}/lineage"
    body = {"kind": "phase", "parent_id": desk.projects["administrator"]}
    for who in CALLERS[1:-1]:
        desk.told("approver", path.format(desk.projects[who]), method="POST", json=body)


TRIED: dict[tuple[str, str], Callable[[Desk, str], None]] = {
    ("GET", "/"): service.landing,
    ("GET", "/healthz"): service.open_to_all("/healthz"),
    ("GET", "/livez"): service.open_to_all("/livez"),
    ("GET", "/readyz"): service.open_to_all("/readyz"),
    ("GET", "/metrics"): service.shows_meters,
    ("GET", "/tileMatrixSets"): service.open_to_all("/tileMatrixSets"),
    ("GET", "/tileMatrixSets/{tileMatrixSetId}"): service.open_to_all(
        "/tileMatrixSets/WebMercatorQuad"
    ),
    ("GET", "/collections/{collection_id}/tiles"): layers.of_each_layer(
        "/collections/{}/tiles", layers.exists
    ),
    ("GET", "/collections/{collection_id}/tiles/{tileMatrixSetId}"): layers.of_each_layer(
        "/collections/{}/tiles/WebMercatorQuad", layers.exists
    ),
    (
        "GET",
        "/collections/{collection_id}/tiles/{tileMatrixSetId}/tilejson.json",
    ): layers.of_each_layer("/collections/{}/tiles/WebMercatorQuad/tilejson.json", layers.exists),
    (
        "GET",
        "/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    ): layers.shows_tiles,
    ("GET", "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"): layers.shows_map_tiles,
    ("GET", "/caller"): service.says_who_calls,
    ("GET", "/catalogue"): layers.shows_the_tree,
    ("GET", "/layers"): layers.lists_the_layers,
    ("GET", "/rules"): layers.shows_rules,
    ("GET", "/snapshots"): layers.lists_snapshots,
    ("GET", "/snapshots/{snapshot_id}/changes"): layers.shows_snapshot_changes,
    ("GET", "/supervision"): layers.shows_supervision,
    ("GET", "/deliveries"): layers.lists_deliveries,
    ("GET", "/deliveries/{number}"): layers.of_each_delivery("/deliveries/{}"),
    ("GET", "/deliveries/{number}/places"): layers.of_each_delivery("/deliveries/{}/places"),
    ("GET", "/conflict-totals"): answers.shows_conflict_totals,
    ("POST", "/conflicts/{conflict_id}/steps"): answers.takes_steps,
    ("GET", "/app/{path:path}"): service.shows_the_page,
    ("GET", "/processes"): service.open_to_all("/processes"),
    ("GET", "/processes/{process_id}"): service.open_to_all("/processes/site-check"),
    ("POST", "/processes/{process_id}/execution"): answers.checks_a_batch,
    ("GET", "/jobs"): answers.lists_jobs,
    ("GET", "/jobs/{job_id}"): answers.of_each_job("/jobs/{}", {200}),
    ("GET", "/jobs/{job_id}/results"): answers.of_each_job("/jobs/{}/results", {200, 404}),
    ("DELETE", "/jobs/{job_id}"): answers.of_each_job("/jobs/{}", {200}, "DELETE"),
    ("POST", "/uploads"): answers.brings_a_file,
    ("GET", "/uploads/{upload_id}"): answers.of_each_upload("GET"),
    ("DELETE", "/uploads/{upload_id}"): answers.of_each_upload("DELETE"),
    ("GET", "/webhooks"): service.for_administrators("GET", "/webhooks", 200),
    ("POST", "/webhooks"): service.for_administrators("POST", "/webhooks", 400),
    ("GET", "/webhooks/{webhook_id}"): service.for_administrators("GET", "/webhooks/none", 404),
    ("DELETE", "/webhooks/{webhook_id}"): service.for_administrators(
        "DELETE", "/webhooks/none", 404
    ),
    ("POST", "/webhooks/{webhook_id}/secret"): service.for_administrators(
        "POST", "/webhooks/none/secret", 404
    ),
    ("POST", "/webhooks/{webhook_id}/enabling"): service.for_administrators(
        "POST", "/webhooks/none/enabling", 404
    ),
    ("GET", "/webhooks/{webhook_id}/deliveries"): service.for_administrators(
        "GET", "/webhooks/none/deliveries", 404
    ),
    ("GET", "/conformance"): service.open_to_all("/conformance"),
    ("GET", "/api"): service.open_to_all("/api"),
    ("GET", "/openapi.json"): service.open_to_all("/openapi.json"),
    ("GET", "/openapi-3.0.json"): service.open_to_all("/openapi-3.0.json"),
    ("GET", "/docs"): service.open_to_all("/docs"),
    ("GET", "/docs/assets/{path:path}"): service.open_to_all("/docs/assets/swagger-ui.css"),
    ("GET", "/collections"): layers.lists_layers,
    ("GET", "/collections/{collection_id}"): layers.of_each_layer(
        "/collections/{}", layers.shows_a_layer
    ),
    ("GET", "/collections/{collection_id}/queryables"): layers.of_each_layer(
        "/collections/{}/queryables", layers.shows_fields
    ),
    ("GET", "/collections/{collection_id}/items"): layers.shows_all_items,
    ("GET", "/collections/{collection_id}/items/{feature_id:path}"): layers.shows_one_item,
    ("POST", "/site-checks"): answers.makes_a_check,
    ("GET", "/site-checks/{check_id}"): answers.shows_kept_checks,
    ("GET", "/site-checks/{check_id}.{suffix}"): answers.shows_checks_by_suffix,
    ("GET", "/site-checks/{check_id}/verification"): answers.verifies_kept_checks,
    ("GET", "/projects"): cases.lists_of_his("/projects", "projects", "projects"),
    ("POST", "/projects"): cases.proposes,
    ("GET", "/projects/{project_id}"): cases.of_each_of_his("/projects/{}", "projects"),
    ("GET", "/projects/{project_id}/versions"): cases.of_each_of_his(
        "/projects/{}/versions", "projects"
    ),
    ("POST", "/projects/{project_id}/versions"): cases.of_each_of_his(
        "/projects/{}/versions", "projects", "POST", project
    ),
    ("POST", "/projects/{project_id}/cases"): cases.of_each_of_his(
        "/projects/{}/cases", "projects", "POST", lambda _: {}
    ),
    ("GET", "/projects/{project_id}/lineage"): cases.tells_of_his_projects_alone(
        "/projects/{}/lineage"
    ),
    ("POST", "/projects/{project_id}/lineage"): cases.is_for_approval(
        "/projects/{}/lineage", {"kind": "phase", "parent_id": "pj_none"}
    ),
    ("POST", "/projects/{project_id}/lineage/{link_id}/undoing"): cases.is_for_approval(
        "/projects/{}/lineage/999/undoing", {}
    ),
    ("GET", "/projects/{project_id}/duplicates"): cases.tells_of_his_projects_alone(
        "/projects/{}/duplicates"
    ),
    ("GET", "/projects/{project_id}/exports"): cases.exports_of("/projects/{}/exports", "projects"),
    ("GET", "/projects/{project_id}/exports.{suffix}"): cases.exports_of(
        "/projects/{}/exports.zip", "projects"
    ),
    ("GET", "/cases/{case_id}/exports"): cases.exports_of("/cases/{}/exports", "cases"),
    ("GET", "/cases/{case_id}/exports.{suffix}"): cases.exports_of(
        "/cases/{}/exports.xlsx", "cases"
    ),
    ("GET", "/codes/{code}"): service.open_to_all("/codes/2111-522323-04-01-342068"),
    ("GET", "/cases"): cases.lists_of_his("/cases", "cases", "cases"),
    ("GET", "/cases/{case_id}"): cases.of_each_of_his("/cases/{}", "cases"),
    ("GET", "/cases/{case_id}/clock"): cases.of_each_of_his("/cases/{}/clock", "cases"),
    ("GET", "/cases/{case_id}/clock/chart"): cases.of_each_of_his("/cases/{}/clock/chart", "cases"),
    ("GET", "/cases/{case_id}/events"): cases.of_each_of_his("/cases/{}/events", "cases"),
    ("POST", "/cases/{case_id}/events"): cases.notes_events,
    ("GET", "/clock/supervision"): cases.supervises,
    ("GET", "/cases/{case_id}/findings"): cases.shows_frozen_findings,
    ("GET", "/cases/{case_id}/changes"): cases.shows_changes,
    ("GET", "/cases/{case_id}/checks"): cases.shows_attached_checks,
    ("POST", "/cases/{case_id}/checks"): cases.attaches_checks,
    ("GET", "/cases/{case_id}/consultations"): cases.of_each_of_his(
        "/cases/{}/consultations", "cases"
    ),
    ("GET", "/cases/{case_id}/opinions"): cases.of_each_of_his("/cases/{}/opinions", "cases"),
    ("GET", "/cases/{case_id}/outcome"): cases.shows_no_outcome(),
    ("GET", "/cases/{case_id}/outcome.{suffix}"): cases.shows_no_outcome(".pdf"),
    ("POST", "/cases/{case_id}/screening"): cases.by_approval("screening", 201),
    ("POST", "/cases/{case_id}/consultations"): cases.by_approval("consultations", 201),
    ("POST", "/cases/{case_id}/opinions"): cases.answers_for_his_own,
    ("POST", "/cases/{case_id}/outcome"): cases.by_approval("outcome", 409),
    ("GET", "/approvals"): service.open_to_all("/approvals"),
    ("GET", "/approvals/{approval_id}"): service.open_to_all("/approvals/forest_use"),
    ("GET", "/cases/{case_id}/materials"): cases.shows_documents_of_his_part("/cases/{}/materials"),
    ("GET", "/cases/{case_id}/form"): cases.shows_documents_of_his_part("/cases/{}/form"),
    ("PUT", "/cases/{case_id}/form"): cases.fills_in_forms,
    ("PUT", "/applicants/{applicant_id}/profile"): cases.of_each_file(
        "/applicants/{}/profile", "PUT", {"name": "示例置业有限公司"}
    ),
    ("GET", "/applicants/{applicant_id}/profile"): cases.of_each_file("/applicants/{}/profile"),
    ("GET", "/applicants/{applicant_id}/profile/versions"): cases.of_each_file(
        "/applicants/{}/profile/versions"
    ),
    ("GET", "/applicants/{applicant_id}/documents"): cases.of_each_file("/applicants/{}/documents"),
    ("POST", "/applicants/{applicant_id}/documents"): cases.of_each_file(
        "/applicants/{}/documents", "POST", {"kind": "business_licence", "source": "desk"}, 201
    ),
    ("POST", "/applicants/{applicant_id}/documents/{document_id}/withdrawal"): cases.of_each_file(
        "/applicants/{}/documents/hd_none/withdrawal", "POST", {"note": "wrong"}, 404
    ),
    ("GET", "/conflicts"): answers.lists_conflicts,
    ("GET", "/conflicts/{conflict_id}"): answers.shows_a_conflict,
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
