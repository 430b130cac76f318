"""Webhooks, told to a real receiver on this machine, which proves by its own code who sent them."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint.clearance import PUBLIC, RESTRICTED
from blueprint.cli.app import app
from blueprint.conflicts.ledger import Wish, take_step
from blueprint.conflicts.search import find_conflicts
from blueprint.errors import InvalidWebhook
from blueprint.events import postman
from blueprint.events.places import place_of
from blueprint.events.post import post
from blueprint.events.postman import MOST_ATTEMPTS, send_due
from blueprint.events.webhooks import add_webhook
from blueprint.models import SiteCheckRow
from blueprint.outbox import EVENTS
from blueprint.service_models import EventRow
from blueprint.snapshots import load_into_store
from blueprint.work import worker
from tests.blueprint.conftest import DAY, FAR, HALF, SITE, Town, catalogue, site_rule, town_in

from .desk import KEEPER, PLANNER, Desk, lonlat
from .desk import PUBLIC as NOBODY

PUBLIC_ADDRESS = "93.184.215.14"
LONG = timedelta(days=3)


class Receiver:
    """Takes messages, answers as it is told, 200 else, and keeps what came."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.came: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.came.append((dict(self.headers.items()), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", receiver.url + "elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quietly."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def messages(self, secret: str) -> list[dict[str, Any]]:
        """What came, each proved to be from whoever has the secret, and fresh."""
        found = []
        key = base64.b64decode(secret.split("_", 1)[1])
        for headers, body in self.came:
            when = headers["webhook-timestamp"]
            assert abs(datetime.now(UTC).timestamp() - int(when)) < 300
            signed = headers["webhook-id"].encode() + b"." + when.encode() + b"." + body
            mac = hmac.digest(key, signed, hashlib.sha256)
            assert f"v1,{base64.b64encode(mac).decode()}" in headers["webhook-signature"].split()
            found.append(json.loads(body))
        return found


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("BLUEPRINT_WEBHOOK_HOSTS", "127.0.0.1, cases.example.org")
    receiver = Receiver()
    thread = Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def subscribe(desk: Desk, receiver: Receiver, *events: str) -> dict[str, Any]:
    asked = {"url": receiver.url, "events": list(events or EVENTS)}
    answer = desk.client.post("/webhooks", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()


def check(desk: Desk, wkt: str = SITE) -> str:
    answer = desk.client.post("/site-checks", json=lonlat(wkt), params={"date": str(DAY)})
    return answer.json()["check_id"]


def log(desk: Desk, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    return desk.get(f"/webhooks/{webhook['id']}/deliveries")["deliveries"]


def test_a_message_is_sent_until_it_is_taken_and_proves_who_sent_it(desk: Desk, receiver):
    hook, service = subscribe(desk, receiver, "finding-stored"), desk.town.service
    receiver.answers = [500, 503]
    check_id = check(desk)
    moment = datetime.now(UTC)
    for tried in range(3):
        assert send_due(service, moment) == 1
        assert send_due(service, moment) == 0
        (line,) = log(desk, hook)
        assert line["attempts"] == tried + 1
        assert line["status"] == ("delivered" if tried == 2 else "waiting")
        moment += timedelta(minutes=10)
    assert (line["answered"], line["error"]) == (200, None)
    messages = receiver.messages(hook["secret"])
    assert messages[0] == messages[2]
    assert messages[0]["type"] == "finding-stored"
    assert set(messages[0]["data"]) == {"check_id", "snapshot", "href"}
    assert messages[0]["data"]["href"] == f"/site-checks/{check_id}"
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    assert "secret" not in {k for k, v in desk.get(f"/webhooks/{hook['id']}").items() if v}


def test_an_event_is_there_with_the_change_that_it_tells_of_or_not_at_all(desk: Desk, receiver):
    subscribe(desk, receiver, "finding-stored")
    service = desk.town.service

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("blueprint.checks.kept.tell", fail)
        with pytest.raises(ZeroDivisionError):
            check(desk)
    assert desk.made(SiteCheckRow) == desk.made(EventRow) == 0
    check(desk)
    assert desk.made(SiteCheckRow) == desk.made(EventRow) == 1
    assert send_due(service) == 1


def test_nothing_is_written_while_nobody_wants_to_be_told(desk: Desk, receiver):
    subscribe(desk, receiver, "conflict-changed")
    check(desk)
    assert desk.made(EventRow) == 0


def test_a_search_and_a_step_tell_of_conflicts_that_changed(desk: Desk, receiver):
    hook, service = subscribe(desk, receiver, "conflict-changed"), desk.town.service
    first = find_conflicts(service, day=DAY, clearance=RESTRICTED)
    find_conflicts(service, day=DAY, clearance=RESTRICTED)
    conflict = first.document.conflicts[0].id
    wish = Wish("assigned", "办公室", department="planning", due=DAY.replace(year=2030))
    take_step(service, conflict, wish, day=DAY)
    while send_due(service):
        pass
    told = [message["data"] for message in receiver.messages(hook["secret"])]
    assert [one.get("rules") or one["conflict_id"] for one in told] == [
        ["exclusive.farmland_zone"],
        conflict,
    ]


def test_what_its_owner_may_not_see_a_webhook_is_not_told(desk: Desk, receiver):
    service = desk.town.service
    with service.database.write() as connection:
        made = add_webhook(connection, "keeper", PUBLIC, receiver.url, EVENTS)
    hook = {"id": made.id}
    # made for other eyes
    desk.town.check(SITE, clearance=RESTRICTED)
    assert send_due(service) == 0
    desk.caller = NOBODY
    check(desk)
    load_into_store(service, catalogue(farmland={"sensitivity": "restricted"}))
    try:
        assert send_due(service) == 0
    finally:
        load_into_store(service, catalogue())
    # sorted while it was open, secret before it was sent
    assert receiver.came == []
    check(desk)
    receiver.answers = [500]
    assert send_due(service) == 1
    load_into_store(service, catalogue(farmland={"sensitivity": "restricted"}))
    try:
        assert send_due(service, datetime.now(UTC) + LONG) == 0
    finally:
        load_into_store(service, catalogue())
    desk.caller = KEEPER
    assert log(desk, hook) == []


def test_a_dead_endpoint_is_given_up_and_can_be_told_again(desk: Desk, receiver, monkeypatch):
    hook, service = subscribe(desk, receiver, "finding-stored"), desk.town.service
    monkeypatch.setattr(postman, "MOST_FAILURES", MOST_ATTEMPTS + 2)
    receiver.answers = [500] * (MOST_ATTEMPTS + 2)
    check(desk)
    moment = datetime.now(UTC)
    for _ in range(MOST_ATTEMPTS):
        assert send_due(service, moment) == 1
        moment += LONG
    assert send_due(service, moment) == 0
    assert [line["status"] for line in log(desk, hook)] == ["failed"]
    check(desk)
    check(desk)
    send_due(service, moment)
    send_due(service, moment)
    dead = desk.get(f"/webhooks/{hook['id']}")
    assert "in a row failed" in dead["disabled_for"]
    assert {line["status"] for line in log(desk, hook)} == {"failed"}
    check(desk)
    assert send_due(service, moment) == 0
    enabled = desk.client.post(f"/webhooks/{hook['id']}/enabling").json()
    assert (enabled["disabled_at"], enabled["failures"]) == (None, 0)
    receiver.answers = [410]
    check(desk)
    assert send_due(service, moment) == 1
    assert "gone" in desk.get(f"/webhooks/{hook['id']}")["disabled_for"]


def test_a_rotated_secret_signs_at_once_and_the_old_one_for_a_day(desk: Desk, receiver):
    hook, service = subscribe(desk, receiver, "finding-stored"), desk.town.service
    new = desk.client.post(f"/webhooks/{hook['id']}/secret").json()["secret"]
    check(desk)
    send_due(service)
    assert receiver.messages(hook["secret"]) == receiver.messages(new)
    receiver.came.clear()
    check(desk)
    send_due(service, datetime.now(UTC) + timedelta(hours=25))
    assert len(receiver.messages(new)) == 1
    assert len(receiver.came[0][0]["webhook-signature"].split()) == 1


def test_a_redirect_is_a_failure_and_not_followed(desk: Desk, receiver):
    hook, service = subscribe(desk, receiver, "finding-stored"), desk.town.service
    receiver.answers = [302]
    check(desk)
    send_due(service)
    assert log(desk, hook)[0]["answered"] == 302
    assert len(receiver.came) == 1


def test_a_slow_receiver_holds_up_nobody_else(desk: Desk, receiver, monkeypatch):
    quick = subscribe(desk, receiver, "finding-stored")
    slow = desk.client.post(
        "/webhooks", json={"url": f"{receiver.url}slow", "events": ["finding-stored"]}
    ).json()
    let_go, stop = Event(), Event()
    really = postman.post

    def held_up(url: str, *rest: Any) -> Any:
        if url.endswith("slow"):
            let_go.wait()
        return really(url, *rest)

    monkeypatch.setattr(postman, "post", held_up)
    for _ in range(5):
        check(desk)
    sender = Thread(target=postman.send_until, args=(desk.town.service, stop))
    sender.start()

    def delivered(webhook: dict[str, Any]) -> int:
        return [one["status"] for one in log(desk, webhook)].count("delivered")

    while delivered(quick) < 5:
        pass
    assert delivered(slow) == 0
    let_go.set()
    while delivered(slow) < 5:
        pass
    stop.set()
    sender.join()
    assert len(receiver.came) == 10


def test_of_two_workers_one_sends(desk: Desk, receiver):
    subscribe(desk, receiver, "finding-stored")
    check(desk)
    service, moment = desk.town.service, datetime.now(UTC)
    postman._sort(service)
    claimed = [len(postman._claim(service, moment)) for _ in range(2)]
    assert claimed == [1, 0]
    # the one that had it was killed: two minutes later it is another's
    assert len(postman._claim(service, moment + timedelta(minutes=3))) == 1


@pytest.mark.parametrize(
    "url",
    ["ftp://cases.example.org/", "https://user:pw@cases.example.org/", "cases.example.org",
     "file:///etc/passwd", "https://cases.example.org/#x", "https://[::1", "https://a b/",
     "https://elsewhere.example.org/", "http://cases.example.org:99999/", "gopher://127.0.0.1/",
     "https://cases.example.org/\r\nX: y", "https://" + "x" * 3000],
)  # fmt: skip
def test_an_address_that_may_not_be_sent_to_is_refused(desk: Desk, receiver, url: str):
    answer = desk.client.post("/webhooks", json={"url": url, "events": ["finding-stored"]})
    assert answer.status_code == 400, answer.text
    assert desk.get("/webhooks")["webhooks"] == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.9", "169.254.169.254", "0.0.0.1", "::1",
     "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1",
     "100.64.0.1", "255.255.255.255", "fec0::1", "192.0.0.192", "::127.0.0.1", "5f00::1", "::"],
)  # fmt: skip
def test_no_address_inside_is_sent_to_unless_its_host_is_listed(address: str, monkeypatch):
    monkeypatch.delenv("BLUEPRINT_WEBHOOK_HOSTS", raising=False)
    shown = f"[{address}]" if ":" in address else address
    with pytest.raises(InvalidWebhook):
        place_of(f"http://{shown}/")

    def found(*_: Any, **__: Any) -> list[Any]:
        # one outside, one inside: the next look-up may turn
        return [(0, 0, 0, "", (PUBLIC_ADDRESS, 80)), (0, 0, 0, "", (address, 80))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(socket, "create_connection", None)
    told = post("http://cases.example.org/", ["whsec_AAAA"], "msg_1", 1, b"{}")
    assert "of its own" in told.error


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(monkeypatch):
    monkeypatch.delenv("BLUEPRINT_WEBHOOK_HOSTS", raising=False)
    asked = []

    def found(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", (PUBLIC_ADDRESS if len(asked) == 1 else "127.0.0.1", 80))]

    def connect(place: tuple[str, int], *_: Any) -> None:
        asked.append(place[0])
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(socket, "create_connection", connect)
    told = post("http://cases.example.org/", ["whsec_AAAA"], "msg_1", 1, b"{}")
    assert asked == ["cases.example.org", PUBLIC_ADDRESS]
    assert told.status is None
    assert "refused" in told.error


def test_webhooks_are_the_administrators(desk: Desk, receiver):
    hook = subscribe(desk, receiver)
    asked = {"url": receiver.url, "events": ["finding-stored"]}
    for caller, status in ((NOBODY, 401), (PLANNER, 403)):
        desk.caller = caller
        desk.get("/webhooks", status)
        desk.get(f"/webhooks/{hook['id']}/deliveries", status)
        assert desk.client.post("/webhooks", json=asked).status_code == status
        assert desk.client.delete(f"/webhooks/{hook['id']}").status_code == status
    desk.caller = KEEPER
    assert desk.client.delete(f"/webhooks/{hook['id']}").status_code == 204
    desk.get(f"/webhooks/{hook['id']}", 404)


@pytest.fixture
def fresh_town(store: str, tmp_path: Path) -> Iterator[Town]:
    yield from town_in(store, tmp_path)


def test_whose_verdict_a_new_snapshot_changes_is_told(fresh_town: Town, receiver):
    town = fresh_town
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    near, far = town.check(SITE).document, town.check(FAR).document
    with town.service.database.write() as connection:
        hook = add_webhook(connection, "keeper", PUBLIC, receiver.url, ["verdict-would-differ"])
    town.deliver("farmland", FAR, HALF)
    newest = town.publish(site_rule("farmland"))
    worker.work(town.service, Event(), drain=True)
    while send_due(town.service):
        pass
    (told,) = receiver.messages(hook.secret)
    assert told["data"]["check_id"] == near.check_id != far.check_id
    assert (told["data"]["before"], told["data"]["snapshot"]) == (near.snapshot.id, newest)


def test_the_office_has_its_webhooks_at_the_command_line(desk: Desk, receiver, monkeypatch):
    town = desk.town
    address = town.service.database.engine.url.render_as_string(hide_password=False)
    store = address if town.service.database.is_postgis else town.service.database.name
    monkeypatch.setenv("BLUEPRINT_STORE", store)

    def run(*words: str) -> Any:
        ran = CliRunner().invoke(app, ["webhooks", *words, "--json"], catch_exceptions=False)
        return json.loads(ran.stdout)

    hook = run("add", receiver.url, "--event", "finding-stored")
    town.check(SITE)
    assert send_due(town.service) == 1
    assert len(receiver.messages(hook["secret"])) == 1
    assert [line["status"] for line in run("deliveries", hook["id"])] == ["delivered"]
    rotated = run("rotate", hook["id"])
    assert rotated["secret"] != hook["secret"]
    assert [one["secret"] for one in run("list")] == [None]
    assert run("enable", hook["id"])["disabled_at"] is None
    run("remove", hook["id"])
    assert run("list") == []
    assert desk.made(EventRow) == 1
