"""Requests of any kind that the description allows or forbids: none is a fault of the service."""

import json

import pytest
import schemathesis
import shapely
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks
from starlette.types import ASGIApp, Receive, Scope, Send

from api import create_app
from blueprint.access.api_keys import add_key
from tests.blueprint.conftest import SITE, placed

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
OWN = ("/projects", "/cases", "/applicants", "/clock")
"""What is somebody's own: whoever asks for it says who he is."""
EXAMPLES = 12
"""For each operation; more were tried by hand."""


class Served:
    """The application that is asked: known only once its store is."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        while scope["type"] == "lifespan":
            # it was started before, and others go on asking it: it is not started and ended again
            phase = (await receive())["type"]
            await send({"type": f"{phase}.complete"})
            if phase == "lifespan.shutdown":
                return
        await self.app(scope, receive, send)


SERVED = Served()
BODY = shapely.to_geojson(placed(SITE))
API = schemathesis.openapi.from_dict(create_app("nowhere.gpkg").openapi())
API.app = SERVED
OPERATIONS = {found.ok().label: found.ok() for found in API.get_all_operations()}


@pytest.fixture(scope="module")
def known(town_client: TestClient) -> dict[str, str]:
    """Ids of what is there, by the names of the parameters of paths."""
    return known_to(town_client)


def known_to(client: TestClient) -> dict[str, str]:
    made = client.post("/site-checks", content=BODY, params={"crs": "EPSG:4548"}).json()
    return {
        "collection_id": "farmland",
        "feature_id": client.get("/collections/farmland/items").json()["features"][0]["id"],
        "check_id": made["check_id"],
        "conflict_id": client.get("/conflicts").json()["conflicts"][0]["id"],
        "tileMatrixSetId": "WebMercatorQuad",
        "approval_id": "forest_use",
        "applicant_id": "me",
        **projects_known_to(client),
    }


@pytest.fixture(scope="module")
def named(town_client: TestClient) -> dict[str, str]:
    """Who says who he is, and may do all that a case needs."""
    _, text = add_key(town_client.app.state.service, "any request", "administrator")
    return {"X-Api-Key": text}


def projects_known_to(client: TestClient) -> dict[str, str]:
    _, text = add_key(client.app.state.service, "who proposes", "approver")
    headers = {"X-Api-Key": text}
    body = {"facts": {"name": "厂房", "proposer": "示例公司"}, "site": json.loads(BODY)}
    made = client.post("/projects", json={**body, "crs": "EPSG:4548"}, headers=headers).json()
    case = client.post(f"/projects/{made['id']}/cases", json={}, headers=headers).json()
    return {"project_id": made["id"], "case_id": case["id"]}


def requests_to(label: str, known: dict[str, str]) -> st.SearchStrategy[schemathesis.Case]:
    """Requests that are allowed, that are not, and of each some for what is there."""
    operation = OPERATIONS[label]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    def aimed(case: schemathesis.Case, *, aim: bool) -> schemathesis.Case:
        if aim:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = known.get(name, case.path_parameters[name])
            for name in ("snapshot", "as_of"):
                (case.query or {}).pop(name, None)
            if label == "POST /site-checks":
                case.query["crs"] = "EPSG:4548"
                case.media_type, case.body = "application/geo+json", json.loads(BODY)
        return case

    return st.builds(lambda case, aim: aimed(case, aim=aim), cases, st.booleans())


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_is_answered_by_a_fault_or_by_what_is_not_described(
    town_client: TestClient, known: dict[str, str], named: dict[str, str], label: str
):
    SERVED.app = town_client.app

    @given(requests_to(label, known))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        headers = named if case.operation.path.startswith(OWN) else None
        case.call_and_validate(checks=CHECKS, headers=headers)

    ask()
