"""Many at once, a store that goes and comes back, a service that is stopped: no answer differs."""

import json
import re
import signal
import socket
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import create_app
from tests.blueprint.conftest import SITE, Town, site_rule, town_in
from tests.conftest import temporary_database

from .serving import Served, lonlat, own_server, served

DAY = {"date": "2026-11-23"}
ZONES = [
    f"POLYGON (({x} 0, {x + 90} 0, {x + 90} 9000, {x} 9000, {x} 0))" for x in range(0, 9000, 100)
]
SITES = [
    f"POLYGON (({x} {y}, {x + 150} {y}, {x + 150} {y + 80}, {x} {y + 80}, {x} {y}))"
    for x, y in [(n * 397 % 9000, n * 811 % 9000) for n in range(20)]
]


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def store(request, postgis_server, tmp_path_factory) -> Iterator[str]:
    """An empty store of either kind."""
    if request.param == "geopackage":
        yield str(tmp_path_factory.mktemp("store") / "store.gpkg")
    else:
        with temporary_database(postgis_server) as store:
            yield store


@pytest.fixture(scope="module")
def town(store: str, tmp_path_factory) -> Iterator[Town]:
    """The town, with zones that every site meets."""
    yield from filled(store, tmp_path_factory.mktemp("town"))


def filled(store: str, folder: Path) -> Iterator[Town]:
    for town in town_in(store, folder):
        town.deliver("zone", *ZONES)
        town.publish(site_rule("zone"))
        yield town


@pytest.fixture(scope="module")
def service(store: str, town: Town, tmp_path_factory) -> Iterator[Served]:
    with served(store, tmp_path_factory.mktemp("log")) as service:
        yield service


def check(address: str, wkt: str) -> httpx2.Response:
    return httpx2.post(f"{address}/site-checks", json=lonlat(wkt), params=DAY, timeout=120)


def told(answer: httpx2.Response) -> dict[str, Any]:
    """What was answered, but for what is each answer's own."""
    assert answer.status_code == 201, answer.text
    return {name: value for name, value in answer.json().items()
            if name not in {"check_id", "checked_at"}}  # fmt: skip


def test_two_hundred_checks_at_once_are_answered_as_one_after_the_other(service: Served):
    serial = [told(check(service.address, site)) for site in SITES]
    assert all(document["findings"] for document in serial)
    with ThreadPoolExecutor(200) as threads:
        answers = list(threads.map(lambda n: check(service.address, SITES[n % 20]), range(200)))
    assert [told(answer) for answer in answers] == [serial[n % 20] for n in range(200)]
    ids = {answer.json()["check_id"] for answer in answers}
    assert len(ids) == 200
    kept = service.answer(f"/site-checks/{min(ids)}")
    assert kept in [answer.json() for answer in answers]


def test_every_line_of_the_log_is_one_object_that_tells_the_route_not_what_was_asked(
    service: Served,
):
    asked = f"{service.address}/collections?bbox=118.25,24,119,25"
    httpx2.get(asked, headers={"X-Request-ID": "asked-once"})
    assert service.answer("/livez")
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    told = [line for line in lines if line.get("request_id") == "asked-once"]
    assert [(line["route"], line["status"]) for line in told] == [("/collections", 400)]
    assert "118.25" not in service.log.read_text()


def test_each_answer_is_of_one_snapshot_while_others_are_published(town: Town, service: Served):
    done = Event()

    def ask(turn: int) -> list[dict[str, Any]]:
        answers = []
        while not done.is_set():
            answers.append(told(check(service.address, SITES[turn])))
        return answers

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask, turn) for turn in range(4)]
        try:
            for turn in range(4):
                town.deliver("zone", *ZONES[turn % 2 :: 2])
                severity = ["prohibited", "consult"][turn % 2]
                town.publish(site_rule("zone", severity))
        finally:
            done.set()
        answered = [asked.result() for asked in asking]
    seen = defaultdict(list)
    for turn, answers in enumerate(answered):
        for document in answers:
            seen[document["snapshot"]["id"], turn].append(document)
    assert len({snapshot for snapshot, _ in seen}) > 1
    for (snapshot, turn), documents in seen.items():
        path = f"{service.address}/site-checks"
        meant = httpx2.post(path, json=lonlat(SITES[turn]), params=DAY | {"snapshot": snapshot})
        assert all(document == told(meant) for document in documents)


def test_a_service_that_is_stopped_answers_those_who_have_begun_to_ask(
    store: str, town: Town, tmp_path: Path
):
    body = json.dumps(lonlat(SITE)).encode()
    with served(store, tmp_path) as service:
        host, port = service.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as caller:
            head = f"POST /site-checks?date={DAY['date']} HTTP/1.1\r\nHost: {host}\r\n"
            head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            caller.sendall(head.encode() + body[:20])
            # whoever came later is answered: what was sent before is there
            assert service.answer("/livez")
            service.process.send_signal(signal.SIGTERM)
            while service.listens():
                pass
            caller.sendall(body[20:])
            with caller.makefile("rb") as answer:
                said = answer.read()
        assert said.startswith(b"HTTP/1.1 201 ")
        # uvicorn ends as one who was told to, once all is done
        assert service.process.wait() == -signal.SIGTERM


def in_use(app: FastAPI) -> float:
    return app.state.registry.get_sample_value("blueprint_store_connections_in_use")


def test_when_every_connection_is_in_use_the_caller_is_told_when_to_come_again(
    store: str, town: Town
):
    app = create_app(store)
    with TestClient(app) as client:
        pool = app.state.service.database.engine.pool
        pool._timeout = 0.05
        taken = [app.state.service.database.engine.connect() for _ in range(16)]
        refused = client.get("/collections")
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["type"] == "about:blueprint/StoreBusy"
        assert in_use(app) == 16
        for connection in taken:
            connection.close()
        assert client.get("/collections").status_code == 200
        assert in_use(app) == 0


def in_use_of(service: Served) -> float:
    """As the service tells whoever watches it, whether its store answers or not."""
    key = re.search(r"X-Api-Key: (\S+)", service.said.read_text())
    assert key is not None
    answer = httpx2.get(f"{service.address}/metrics", headers={"X-Api-Key": key[1]})
    assert answer.status_code == 200
    found = re.search(r"^blueprint_store_connections_in_use (\S+)$", answer.text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_a_store_that_is_restarted_is_missed_only_while_it_is_away(tmp_path: Path):
    with own_server() as server:
        for town in filled(server.url, tmp_path):
            with served(server.url, tmp_path) as service:
                before = told(check(service.address, SITE))
                with ThreadPoolExecutor(4) as threads:
                    asked = [threads.submit(check, service.address, SITE) for _ in range(40)]
                    server.kill()
                    statuses = {turn.result().status_code for turn in asked}
                assert statuses <= {201, 503}
                away = check(service.address, SITE)
                assert (away.status_code, away.headers["retry-after"]) == (503, "5")
                assert httpx2.get(f"{service.address}/livez").status_code == 200
                assert httpx2.get(f"{service.address}/readyz").status_code == 503
                assert in_use_of(service) == 0
                server.start()
                assert [told(check(service.address, SITE)) for _ in range(20)] == [before] * 20
                assert service.answer("/readyz")["status"] == "ready"
                assert in_use_of(service) == 0
                assert town.service.database.is_postgis
