"""What whoever runs the service sees of it: ids, lines, counts, life and readiness."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api import create_app
from api.errors import HUNG_UP
from api.observation import HEADER
from blueprint.access.api_keys import add_key
from blueprint.bootstrap import init_store

from .test_http import problem_of


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> TestClient:
    """A client of a store in which nothing is published."""
    store = str(tmp_path_factory.mktemp("bare") / "store.gpkg")
    init_store(store).close()
    with TestClient(create_app(store), raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("given", ["a-callers.own_id-1", "x" * 64])
def test_a_caller_s_request_id_comes_back(bare, given):
    answer = bare.get("/nowhere", headers={HEADER: given})
    assert answer.headers[HEADER] == given


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
    problem_of(answer, 500)


def test_the_process_lives_and_is_not_ready_before_something_is_published(bare, client):
    assert bare.get("/livez").json() == {"status": "alive"}
    assert problem_of(bare.get("/readyz"), 503)["type"].endswith("/NothingPublished")
    ready = client.get("/readyz").json()
    assert ready == {"status": "ready", "snapshot": client.get("/healthz").json()["snapshot"]}


@pytest.fixture
def observer(bare: TestClient) -> Iterator[TestClient]:
    """The same client, with the key of one who may see how the service fares."""
    service = bare.app.state.service
    _, text = add_key(service, "watcher", "administrator", scopes=["observe"])
    bare.headers["X-Api-Key"] = text
    yield bare
    del bare.headers["X-Api-Key"]


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


def test_a_caller_who_hangs_up_half_way_is_counted_as_that_and_as_no_fault(bare, caplog):
    body = b'{"type": "Polygon"'
    head = {"host": "testserver", "content-type": "application/geo+json", "content-length": "500"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/site-checks",
        "raw_path": b"/site-checks",
        "query_string": b"",
        "headers": [(name.encode(), text.encode()) for name, text in head.items()],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 50_000),
    }
    coming = iter(
        [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[dict] = []

    async def hang_up() -> None:
        async def receive() -> dict:
            return next(coming)

        async def send(message: dict) -> None:
            sent.append(message)

        await bare.app(scope, receive, send)

    with caplog.at_level("INFO"):
        bare.portal.call(hang_up)
    assert sent[0]["status"] == HUNG_UP
    answered = [line for line in caplog.records if line.getMessage() == "answered"]
    assert [(line.route, line.status) for line in answered] == [("/site-checks", HUNG_UP)]
    assert not [line for line in caplog.records if line.levelname == "ERROR"]
