"""`Idempotency-Key`: a POST that is sent twice is done once, whoever sends it when."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts

from blueprint.models import SiteCheckRow
from blueprint.service_models import JobRow, KeptAnswerRow
from blueprint.snapshots import load_into_store
from layers import StoreUnavailable
from tests.blueprint.conftest import FAR, SITE, catalogue

from .desk import KEEPER, OFFICER, OTHER, Desk, lonlat, sites

REPLAYED = "idempotency-replayed"


def post(desk: Desk, path: str, body: Any, key: str = '"k1"') -> Any:
    return desk.client.post(path, json=body, headers={"Idempotency-Key": key})


def test_the_same_request_is_answered_as_before_and_done_once(desk: Desk):
    first = post(desk, "/site-checks", lonlat(SITE))
    again = post(desk, "/site-checks", lonlat(SITE), "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert desk.made(SiteCheckRow) == 1
    other = post(desk, "/site-checks", lonlat(SITE), "k2")
    assert other.json()["check_id"] != first.json()["check_id"]


def test_a_key_that_was_another_requests_is_refused(desk: Desk):
    post(desk, "/site-checks", lonlat(SITE))
    for path, body in (("/site-checks", lonlat(FAR)), ("/site-checks?name=x", lonlat(SITE))):
        refused = post(desk, path, body)
        assert refused.status_code == 422
        assert refused.json()["type"] == "about:blueprint/KeyOfAnother"
    assert desk.made(SiteCheckRow) == 1


def test_a_form_that_is_sent_again_is_the_same_request_whatever_stands_between_its_parts(
    desk: Desk,
):
    def form(name: str, between: str) -> Any:
        said = {"Content-Disposition": 'form-data; name="file"; filename="site.geojson"'}
        head = "".join(f"{key}: {value}\r\n" for key, value in said.items())
        field = 'Content-Disposition: form-data; name="name"\r\n\r\n' + name
        parts = [f"{head}\r\n{json.dumps(lonlat(SITE))}", field]
        body = "".join(f"--{between}\r\n{part}\r\n" for part in parts) + f"--{between}--\r\n"
        kind = f"multipart/form-data; boundary={between}"
        headers = {"Content-Type": kind, "Idempotency-Key": '"k1"'}
        return desk.client.post("/site-checks", content=body, headers=headers)

    first, again, other = form("a", "x" * 30), form("a", "yx-" * 9), form("b", "x" * 30)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.content == first.content
    assert desk.made(SiteCheckRow) == 1


def test_a_key_of_a_request_that_prefers_otherwise_is_refused(desk: Desk):
    body = {"inputs": sites(lonlat(SITE))}
    headers = {"Idempotency-Key": '"k1"'}
    path = "/processes/site-check/execution"
    desk.client.post(path, json=body, headers=headers | {"Prefer": "respond-async"})
    refused = desk.client.post(path, json=body, headers=headers)
    assert refused.json()["type"] == "about:blueprint/KeyOfAnother"


def test_a_key_is_its_callers_own(desk: Desk):
    first = post(desk, "/site-checks", lonlat(SITE))
    desk.caller = OTHER
    theirs = post(desk, "/site-checks", lonlat(SITE))
    assert theirs.json()["check_id"] != first.json()["check_id"]


def test_every_post_heeds_the_key(desk: Desk):
    """Whatever the route says to rubbish is kept and given again."""
    routes = [r for r in iter_route_contexts(desk.client.app.routes) if "POST" in (r.methods or ())]
    operations = desk.get("/openapi.json")["paths"]
    assert len(routes) >= 3
    for number, route in enumerate(routes):
        path = re.sub(r"\{.*?\}", "x", route.path)
        # a department's answers are its officers' alone
        desk.caller = OFFICER if path.endswith("/opinions") else KEEPER
        first, again, other = (
            post(desk, path, body, f"every{number}") for body in ([1], [1], [1, 2])
        )
        assert first.status_code < 500, route.path
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers.get(REPLAYED) == "true", route.path
        assert other.status_code == 422, route.path
        names = [one["name"] for one in operations[route.path]["post"]["parameters"]]
        assert names.count("Idempotency-Key") == 1


def test_of_requests_at_once_one_is_done(desk: Desk):
    barrier = Barrier(4)

    def send(_turn: int) -> int:
        barrier.wait()
        return post(desk, "/processes/blueprint-conflicts/execution", {"inputs": {}}).status_code

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(send, range(4)))
    assert statuses[0] == 201
    assert set(statuses) <= {201, 409}
    assert desk.made(JobRow) == 1


def test_while_it_is_answered_the_key_is_taken_and_after_a_lost_server_it_is_free(desk: Desk):
    moment = datetime.now(UTC)
    row = {"owner": KEEPER.name, "key": "k1", "claim": "c", "at": moment}
    database = desk.town.service.database
    with database.write() as connection:
        connection.execute(sa.insert(KeptAnswerRow).values(row))
    busy = post(desk, "/site-checks", lonlat(SITE))
    assert busy.status_code == 409
    assert busy.json()["type"] == "about:blueprint/KeyAtWork"
    with database.write() as connection:
        change = sa.update(KeptAnswerRow).values(at=moment - timedelta(minutes=20))
        connection.execute(change)
    assert post(desk, "/site-checks", lonlat(SITE)).status_code == 201


@pytest.mark.parametrize("problem", [StoreUnavailable("gone"), ZeroDivisionError()])
def test_a_failure_is_not_kept(desk: Desk, monkeypatch, problem):
    def fail(*_: Any, **__: Any) -> None:
        raise problem

    with monkeypatch.context() as patch:
        patch.setattr("api.checks.ask_site", fail)
        if isinstance(problem, StoreUnavailable):
            assert post(desk, "/site-checks", lonlat(SITE)).status_code == 503
        else:
            with pytest.raises(ZeroDivisionError):
                post(desk, "/site-checks", lonlat(SITE))
    done = post(desk, "/site-checks", lonlat(SITE))
    assert done.status_code == 201
    assert REPLAYED not in done.headers


def test_what_may_not_be_seen_any_more_is_not_given_again(desk: Desk):
    first = post(desk, "/site-checks", lonlat(SITE))
    load_into_store(desk.town.service, catalogue(farmland={"sensitivity": "restricted"}))
    try:
        again = post(desk, "/site-checks", lonlat(SITE))
        assert again.status_code == 409
        assert first.headers["location"] in again.json()["detail"]
    finally:
        load_into_store(desk.town.service, catalogue())
    # the same catalogue again, and the same eyes: the same answer
    assert post(desk, "/site-checks", lonlat(SITE)).content == first.content
    desk.caller = replace(KEEPER, role="planner")
    assert post(desk, "/site-checks", lonlat(SITE)).status_code == 409


def test_an_answer_is_kept_for_as_long_as_is_set(desk: Desk, monkeypatch):
    monkeypatch.setenv("BLUEPRINT_KEEP_ANSWERS_HOURS", "1")
    first = post(desk, "/processes/site-check/execution", {"inputs": sites(0)})
    with desk.town.service.database.write() as connection:
        change = sa.update(KeptAnswerRow).values(at=datetime.now(UTC) - timedelta(hours=2))
        connection.execute(change)
    later = post(desk, "/processes/site-check/execution", {"inputs": sites(0)})
    assert (first.status_code, later.status_code) == (200, 200)
    assert REPLAYED not in later.headers


@pytest.mark.parametrize("key", ["", '""', '"', "a b", '"a" "b"', "x" * 300])
def test_a_key_that_is_none_is_refused(desk: Desk, key: str):
    refused = post(desk, "/site-checks", lonlat(SITE), key)
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json()["detail"]


def test_a_body_that_is_refused_unread_and_has_no_end_is_answered_and_its_key_is_free(desk: Desk):
    def flood() -> Iterator[bytes]:
        for _ in range(12):
            yield bytes(1 << 20)

    headers = {"Content-Type": "no/site", "Idempotency-Key": "k1"}
    for _ in range(2):
        refused = desk.client.post("/site-checks", content=flood(), headers=headers)
        assert refused.status_code == 415
        assert REPLAYED not in refused.headers


def test_a_secret_that_is_shown_once_is_not_kept_to_be_given_again(desk: Desk):
    asked = {"url": "https://cases.example.org/", "events": ["finding-stored"]}
    first, again = (post(desk, "/webhooks", asked) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json() | {"secret": None}
    renewed = [post(desk, f"/webhooks/{first.json()['id']}/secret", {}, "k2") for _ in range(2)]
    assert [answer.json()["secret"] is None for answer in renewed] == [False, True]
    with desk.town.service.database.read() as connection:
        kept = connection.scalars(sa.select(KeptAnswerRow.body)).all()
    assert kept
    assert not [body for body in kept if b"whsec_" in bytes(body)]


def test_a_get_takes_no_notice_of_a_key(desk: Desk):
    answer = desk.client.get("/processes", headers={"Idempotency-Key": "k1"})
    assert answer.status_code == 200
    assert desk.made(KeptAnswerRow) == 0
