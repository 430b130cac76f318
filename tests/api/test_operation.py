"""What whoever runs the service sees of it: ids, lines, counts, life and readiness."""

import re

import pytest
from fastapi.testclient import TestClient

from api import create_app
from api.observation import HEADER
from blueprint.bootstrap import init_store
from blueprint.caller import Caller

from .test_http import problem_of


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> TestClient:
    """A client of a store in which nothing is published."""
    store = str(tmp_path_factory.mktemp("bare") / "store.gpkg")
    init_store(store).close()
    with TestClient(create_app(store), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("given", ["a-callers.own_id-1", "x" * 64])
def test_a_caller_s_request_id_comes_back_and_is_in_the_problem(bare, given):
    answer = bare.get("/nowhere", headers={HEADER: given})
    assert answer.headers[HEADER] == given
    assert problem_of(answer, 404)["instance"].endswith(f"/{given}")


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "two words here", "a\tb-------", "ünicode-id"]
)
def test_a_request_id_that_is_no_plain_word_is_replaced(bare, given):
    answer = bare.get("/livez", headers=[(HEADER.encode(), given.encode())])
    assert re.fullmatch("[0-9a-f]{32}", answer.headers[HEADER])


def test_a_fault_has_the_id_under_which_the_log_has_it(bare, monkeypatch):
    def fail(_connection):
        raise RuntimeError("inside")

    monkeypatch.setattr("api.root.load_snapshot", fail)
    answer = bare.get("/", headers={HEADER: "of-the-fault"})
    assert answer.headers[HEADER] == "of-the-fault"
    assert problem_of(answer, 500)["instance"].endswith("/of-the-fault")


def test_the_process_lives_and_is_not_ready_before_something_is_published(bare, client):
    assert bare.get("/livez").json() == {"status": "alive"}
    assert problem_of(bare.get("/readyz"), 503)["type"].endswith("/NothingPublished")
    ready = client.get("/readyz").json()
    assert ready == {"status": "ready", "snapshot": client.get("/healthz").json()["snapshot"]}


@pytest.fixture
def observer(bare: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """The same client, let in as one who may see how the service fares."""
    watcher = Caller("watcher", "administrator", scopes=frozenset({"observe"}))
    monkeypatch.setattr("api.gate._found", lambda _: watcher)
    return bare


def counts(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def test_requests_are_counted_by_route_and_status_and_strange_paths_as_one(observer):
    route = 'blueprint_requests_total{method="GET",route="/livez",status="200"}'
    strange = 'blueprint_requests_total{method="any",route="none",status="404"}'
    before = counts(observer)
    for name in ("a", "b", "c"):
        observer.get("/livez")
        observer.get(f"/strange/{name}")
        observer.request("BREW", f"/strange/{name}")
    after = counts(observer)
    assert after[route] - before.get(route, 0) == 3
    assert after[strange] - before.get(strange, 0) == 6
    assert after['blueprint_request_seconds_count{method="GET",route="/livez"}'] >= 3
    assert not any("strange" in name or "BREW" in name for name in after)


def test_how_the_service_fares_is_not_for_the_public(bare):
    problem_of(bare.get("/metrics"), 401)
