"""Every route has its row in the policy, and nothing is answered without one."""

import pytest
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient

from api import create_app
from api.gate import admit
from api.identity import Refusal
from api.policy import POLICY, Routes
from blueprint.access.caller import Caller

UNWRITTEN = ("GET", "/unwritten")


def test_every_route_has_a_policy_and_every_policy_a_route():
    routes = list(Routes(create_app("nowhere.gpkg")))
    assert len(routes) == len(set(routes)), "a route is there twice"
    assert set(routes) == set(POLICY)


def test_a_route_without_a_policy_is_refused_to_everybody():
    app = create_app("nowhere.gpkg")
    router = APIRouter()
    router.add_api_route("/unwritten", lambda: {"secret": 1})
    app.include_router(router)
    app.add_route("/unwritten-too", lambda _: PlainTextResponse("secret"))
    assert UNWRITTEN in set(Routes(app))
    client = TestClient(app)  # no store is opened: the gate is before it
    for path in ("/unwritten", "/unwritten-too"):
        for method in ("GET", "HEAD"):
            answer = client.request(method, path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "secret" not in answer.text
    administrator = Caller("someone", "administrator", scopes=frozenset({"manage"}))
    with pytest.raises(Refusal) as refusal:
        admit(administrator, UNWRITTEN)
    assert refusal.value.status == 403


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/collections", ("GET", "/collections")),
        ("GET", "/collections/a/items/b/c", UNWRITTEN),
        ("POST", "/collections", None),
        ("GET", "//collections", None),
        ("GET", "/collections/", None),
        ("GET", "/docs/assets/x/../y", ("GET", "/docs/assets/{path:path}")),
        ("DELETE", "/docs/assets/x", ("GET", "/docs/assets/{path:path}")),
        ("GET", "/site-checks/a/b", None),
    ],
)
def test_a_request_comes_to_the_route_that_the_router_would_choose(method, path, route):
    items = ("GET", "/collections/{collection_id}/items/{feature_id:path}")
    found = Routes(create_app("nowhere.gpkg")).find(method, path)
    assert found == (items if route == UNWRITTEN else route)


def test_a_route_that_answers_another_path_than_was_admitted_is_a_fault(monkeypatch):
    app = create_app("nowhere.gpkg")
    open_door = ("GET", "/healthz")
    monkeypatch.setattr(Routes, "find", lambda *_: open_door)
    client = TestClient(app, raise_server_exceptions=False)
    answer = client.get("/conflicts")
    assert answer.status_code == 500
    assert answer.json()["type"] == "about:blueprint/Fault"


def test_the_description_says_of_each_operation_who_may_call_it_and_how_it_refuses():
    document = create_app("nowhere.gpkg").openapi()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    told = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    named = [{"bearer": []}, {"apiKey": []}]
    for (method, template), policy in POLICY.items():
        operation = told.pop((method, template.replace(":path}", "}")), None)
        if operation is None:
            assert template.startswith(
                ("/api", "/app", "/docs", "/openapi.json", "/openapi-3.0.json")
            )
            continue
        is_open = "applicant" in policy.roles and not policy.named
        assert operation["security"] == ([{}, *named] if is_open else named)
        assert {"401", "403", "429"} <= set(operation["responses"])
    assert told == {}
