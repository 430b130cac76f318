"""The gate over HTTP: keys and tokens, what is refused and how, limits, sizes, the audit log."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx2 import Response

from api import create_app
from api.limits import Limits
from blueprint.access.api_keys import add_key, list_keys, revoke_key
from blueprint.access.caller import Caller
from blueprint.access.settings import Access, Issuer, Limit
from blueprint.audit_log import Entry, follow_audit, list_entries
from blueprint.audit_writer import AuditWriter
from blueprint.errors import InvalidKey, UnknownKey
from blueprint.models import ApiKeyRow
from blueprint.registry import now
from layers import StoreUnavailable
from tests.blueprint.conftest import DAY, Town

from .callers import PLACES, settled_town
from .issuer import AUDIENCE, LocalIssuer, local_issuer
from .routes.asking import site

LOCAL = f"bpk_local_{'ab' * 32}"


@pytest.fixture(scope="module")
def issuer() -> Iterator[LocalIssuer]:
    with local_issuer() as running:
        yield running


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("access")
    yield from settled_town(str(folder / "store.gpkg"), folder)


@pytest.fixture(scope="module")
def client(town: Town, issuer: LocalIssuer) -> Iterator[TestClient]:
    from hashlib import sha256

    access = Access(
        issuer=Issuer(issuer.url, AUDIENCE),
        limits={"applicant": Limit(100_000, 100_000), "planner": Limit(3, 2)},
        largest_body=1 << 20,
        local_key_sha256=sha256(LOCAL.encode()).hexdigest(),
    )
    with TestClient(create_app(town.service.database.name, access)) as client:
        yield client


def made(town: Town, role: Any = "approver", **more: Any) -> dict[str, str]:
    return {"X-Api-Key": add_key(town.service, "a system", role, **more)[1]}


def layers(answer: Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {one["id"] for one in answer.json()["collections"]}


def refused(answer: Response, status: int, says: str = "") -> Response:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    return answer


def entries(town: Town, client: TestClient, **which: Any) -> list[Entry]:
    """The newest entries; those that wait are written first."""
    client.app.state.doors.audit.keep(Entry(now(), "test", "wait", "")).result()
    with town.service.database.read() as connection:
        found = list_entries(connection, **which)
    return [entry for entry in found if entry.actor != "test"]


def test_a_key_opens_in_either_header_and_the_store_does_not_have_its_text(town, client):
    headers = made(town)
    text = headers["X-Api-Key"]
    assert "barracks" in layers(client.get("/collections", headers=headers))
    bearer = {"Authorization": f"Bearer {text}"}
    assert "barracks" in layers(client.get("/collections", headers=bearer))
    with town.service.database.read() as connection:
        rows = connection.execute(sa.select(ApiKeyRow.__table__)).all()
        keys = list_keys(connection)
    secret = text.rsplit("_", 1)[1]
    assert secret not in repr(rows)
    assert secret not in Path(town.service.database.name).read_bytes().decode("latin-1")
    assert keys[0].last_used_at is not None


def test_a_key_that_was_revoked_or_has_ended_opens_nothing_at_once(town, client):
    key, text = add_key(town.service, "short", "approver")
    headers = {"X-Api-Key": text}
    assert "barracks" in layers(client.get("/collections", headers=headers))
    revoke_key(town.service, key.id)
    answer = refused(client.get("/collections", headers=headers), 401, "was revoked")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert text not in answer.text
    old, text = add_key(town.service, "old", "approver", days=1)
    with town.service.database.write() as connection:
        ended = sa.update(ApiKeyRow).where(ApiKeyRow.id == old.id)
        connection.execute(ended.values(expires_at=now() - timedelta(seconds=1)))
    refused(client.get("/", headers={"X-Api-Key": text}), 401, "ended")
    with pytest.raises(UnknownKey):
        revoke_key(town.service, "none")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key + "0",
        lambda key: key.upper(),
        lambda key: "bpk_000000000000_" + key.rsplit("_", 1)[1],
        lambda key: "bpk_" + "%" * 12 + "_" + key.rsplit("_", 1)[1],
        lambda _: "bpk_",
        lambda _: "bpk_local_",
        lambda _: LOCAL[:-1] + "c",
        lambda _: "",
        lambda _: "x" * 5_000,
        lambda _: "é\x80".encode("latin-1"),
    ],
)
def test_what_is_no_key_is_refused_and_is_not_the_public_either(town, client, spoil):
    key = made(town)["X-Api-Key"]
    for path in ("/collections", "/healthz"):
        refused(client.get(path, headers={"X-Api-Key": spoil(key)}), 401)


def test_a_key_is_never_taken_from_the_address(town, client):
    key = made(town)["X-Api-Key"]
    for name in ("api_key", "key", "access_token", "X-Api-Key"):
        answer = refused(client.get("/collections", params={name: key}), 400)
        assert key not in answer.text


def test_whoever_says_twice_who_he_is_is_asked_to_say_it_once(town, client):
    headers = made(town)
    both = headers | {"Authorization": f"Bearer {headers['X-Api-Key']}"}
    refused(client.get("/collections", headers=both), 400, "once")
    twice = [("X-Api-Key", headers["X-Api-Key"]), ("X-Api-Key", "other")]
    refused(client.get("/collections", headers=twice), 400, "once")
    basic = {"Authorization": "Basic dXNlcjpwYXNz"}
    assert "dXNlcjpwYXNz" not in refused(client.get("/", headers=basic), 401).text


def test_a_key_opens_no_more_than_its_scopes(town, client):
    headers = made(town, scopes=["check"])
    refused(client.get("/collections", headers=headers), 403, "approver")
    refused(client.get("/conflicts", headers=headers), 403)
    assert client.get("/healthz", headers=headers).status_code == 200
    answer = client.post("/site-checks", headers=headers, json=site(), params={"date": str(DAY)})
    assert answer.json()["clearance"] == "restricted"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"role": "applicant", "scopes": ["manage"]}, "--scope manage"),
        ({"role": "planner", "scopes": ["everything"]}, "--scope everything"),
        ({"role": "officer"}, "--department"),
        ({"role": "planner", "departments": ["water"]}, "--department"),
        ({"role": "officer", "departments": ["navy"]}, "--department navy"),
        ({"role": "planner", "days": 0}, "--days"),
        ({"role": "planner", "days": 4000}, "--days"),
        ({"role": "planner", "name": " "}, "--name"),
        ({"role": "planner", "name": "a\nb"}, "--name"),
    ],
    ids=str,
)
def test_a_key_that_would_open_something_else_than_it_says_is_not_made(town, wrong, says):
    with pytest.raises(InvalidKey, match=says):
        add_key(town.service, **({"name": "a system"} | wrong))


def test_a_token_of_the_issuer_opens_as_its_role_and_department(client, issuer):
    def asked(**claims: Any) -> Response:
        token = issuer.token(**claims)
        return client.get("/collections", headers={"Authorization": f"Bearer {token}"})

    assert layers(asked()) == {"boundary", "zone", "projects"}
    mine = asked(roles=["officer"], departments=["water"], sub="wang")
    assert layers(mine) == {"boundary", "zone", "redline", "plan", "projects"}
    answer = refused(asked(roles=["approver"], aud="others"), 401)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "wang" not in answer.text


def test_while_the_issuer_is_down_a_strange_key_is_no_ones_fault(town, issuer):
    issuer.is_down = True
    access = Access(issuer=Issuer(issuer.url, AUDIENCE), limits={})
    with TestClient(create_app(town.service.database.name, access)) as client:
        headers = {"Authorization": f"Bearer {issuer.token(roles=['planner'])}"}
        answer = refused(client.get("/collections", headers=headers), 503, "issuer")
        assert answer.headers["retry-after"] == "10"
        assert layers(client.get("/collections")) == {"boundary", "zone"}
        issuer.is_down = False


def test_the_key_of_a_servers_life_is_an_administrators(client):
    assert set(PLACES) < layers(client.get("/collections", headers={"X-Api-Key": LOCAL}))


def test_without_an_issuer_no_token_is_believed(town, issuer):
    with TestClient(create_app(town.service.database.name, Access(limits={}))) as client:
        headers = {"Authorization": f"Bearer {issuer.token(roles=['planner'])}"}
        refused(client.get("/collections", headers=headers), 401, "no issuer")
        refused(client.get("/collections", headers={"X-Api-Key": LOCAL}), 401)


def test_more_than_a_caller_may_ask_is_refused_until_time_has_gone_by(town, client):
    headers = made(town, "planner")
    assert [client.get("/healthz", headers=headers).status_code for _ in range(3)] == [200] * 3
    answer = refused(client.get("/healthz", headers=headers), 429, "planner")
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    other = made(town, "planner")
    assert client.get("/healthz", headers=other).status_code == 200, "each has his own"
    assert client.get("/healthz").status_code == 200
    refused(client.get("/healthz", headers=headers), 429)
    told = entries(town, client, actor="key ", action="refuse")
    assert [json.loads(one.detail)["status"] for one in told].count(429) == 1, "once a minute"


def test_buckets_refill_and_are_bounded_in_number():
    clock = [0.0]
    limits = Limits({"applicant": Limit(60, 6)}, lambda: clock[0], most=100)
    caller = Caller.anonymous("192.0.2.1")
    assert [limits.take(caller, post=True) for _ in range(6)] == [None] * 6
    wait = limits.take(caller, post=True)
    assert wait is not None
    assert wait.seconds == pytest.approx(10)
    assert limits.take(caller) is None, "POSTs are counted apart"
    clock[0] += 10
    assert limits.take(caller, post=True) is None
    for number in range(1_000):
        limits.take(Caller.anonymous(f"198.51.100.{number}"))
    assert len(limits) == 100
    assert limits.take(Caller("x", "administrator")) is None


def test_what_one_post_asks_about_is_owed_as_so_many():
    clock = [0.0]
    limits = Limits({"applicant": Limit(600, 6)}, lambda: clock[0])
    caller = Caller.anonymous("192.0.2.1")
    assert limits.take(caller, post=True) is None
    limits.charge(caller, 20 - 1)
    wait = limits.take(caller, post=True)
    assert wait is not None
    assert wait.seconds == pytest.approx((20 - 6 + 1) * 10)
    clock[0] += wait.seconds
    assert limits.take(caller, post=True) is None


def test_all_of_one_ipv6_network_are_one_caller():
    limits = Limits({"applicant": Limit(2, 2)}, lambda: 0.0)
    for host in ("2001:db8::1", "2001:db8::2:3"):
        assert limits.take(Caller.anonymous(host)) is None
    assert limits.take(Caller.anonymous("2001:db8::ffff")) is not None
    assert limits.take(Caller.anonymous("2001:db8:0:1::1")) is None


def test_a_body_that_is_too_large_is_refused_before_and_while_it_comes(client):
    large = b" " * ((1 << 20) + 1)
    refused(client.post("/site-checks", content=large), 413, "over 1 MiB")

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * (1 << 16)

    refused(client.post("/site-checks", content=chunks()), 413, "over 1 MiB")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "//collections/barracks", 404),
        ("GET", "/collections//barracks", 404),
        ("GET", "/collections/%62arracks/items", 404),
        ("GET", "/collections/zone/../barracks/items", 404),
        ("GET", "/collections/zone%2f..%2fbarracks/items", 404),
        ("GET", "/collections/barracks/items/", 400),
        ("HEAD", "/collections/barracks/items", 404),
        ("OPTIONS", "/collections/barracks/items", 405),
        ("GET", "/docs/assets/../../collections/barracks", 404),
        ("GET", "/docs/assets/%2e%2e/%2e%2e/pyproject.toml", 404),
        ("TRACE", "/collections", 405),
    ],
)
def test_no_way_of_writing_a_path_leads_past_the_gate(client, method, path, status):
    answer = client.request(method, path, headers={"X-Original-URL": "/healthz"})
    assert answer.status_code == status, answer.text
    assert "barracks detail" not in answer.text


def test_a_page_of_another_site_is_given_nothing(client):
    answer = client.get("/collections", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_a_name_is_one_line_in_the_log_whatever_is_sent(town, client):
    client.get("/collections/no%0d%0aSet-Cookie:%20x%00/items?limit=1%0d%0a")
    client.get("/collections/none/items", params={"snapshot": "x", "access_token": "geheim"})
    found = entries(town, client, action="refuse")[:2]
    for entry in found:
        assert all(text.isprintable() and text.isascii() for text in (entry.object, entry.detail))
    assert "geheim" not in str(found)


def test_what_is_not_public_leaves_an_entry_and_what_is_public_leaves_none(town, client):
    headers = made(town, "approver")
    before = len(entries(town, client, limit=10_000))
    client.get("/collections")
    client.get("/healthz", headers=headers)
    assert len(entries(town, client, limit=10_000)) == before
    client.get("/collections/barracks/items?limit=1", headers=headers)
    seen = entries(town, client)[0]
    assert (seen.action, seen.object) == ("GET", "/collections/barracks/items")
    assert seen.actor.startswith("key ")
    said = json.loads(seen.detail)
    assert (said["clearance"], said["status"], said["query"]) == ("restricted", 200, "limit=1")


def test_a_change_is_entered_once_under_its_callers_name(town, client):
    headers = made(town, "approver")
    answer = client.post("/site-checks", headers=headers, json=site(), params={"date": str(DAY)})
    name = answer.json()["check_id"]
    (entry,) = entries(town, client, object_=name)
    assert entry.action == "check"
    assert "approver" not in entry.actor
    assert entry.actor.startswith("key ")
    client.post("/site-checks", json=site(), params={"date": str(DAY)})
    assert entries(town, client, action="check")[0].actor == "anonymous testclient"
    assert [one for one in entries(town, client) if one.action == "POST"] == []


def test_refusals_are_entered(town, client):
    client.get("/collections/barracks")
    client.get("/collections", headers={"X-Api-Key": "wrong"})
    client.get("/collections", headers=made(town, scopes=["check"]))
    found = entries(town, client, action="refuse")[:3]
    assert [json.loads(entry.detail)["status"] for entry in found] == [403, 401, 404]
    assert found[2].object == "/collections/barracks"


def test_what_cannot_be_noted_is_not_shown(town, client, monkeypatch):
    headers = made(town, "approver")
    assert "barracks" in layers(client.get("/collections", headers=headers))

    def fail(*_: Any) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr("blueprint.audit_writer.enter", fail)
    answer = refused(client.get("/collections", headers=headers), 503, "cannot note")
    assert "barracks" not in answer.text
    assert layers(client.get("/collections")) == {"boundary", "zone"}


def test_the_chain_of_the_log_holds(town, client):
    entries(town, client)
    with town.service.database.read() as connection:
        held, before = follow_audit(connection)
    assert held.broken is None
    assert held.links > 20
    assert before == 0


def test_a_flood_is_counted_where_it_cannot_be_written(town, monkeypatch):
    monkeypatch.setattr("blueprint.audit_writer._WAITING", 3)
    writer = AuditWriter(town.service.database)
    with town.service.database.write():  # nobody else can write: what comes has to wait
        for number in range(20):
            writer.put(Entry(now(), "flood", "refuse GET", f"/{number}"))
    writer.close()
    with town.service.database.read() as connection:
        kept = list_entries(connection, actor="flood")
        lost = list_entries(connection, action="audit overrun")
    told = sum(int(entry.detail.split()[0]) for entry in lost)
    assert len(kept) + told == 20
    assert 3 <= len(kept) < 20


def test_a_store_that_is_gone_is_said_to_be_and_is_not_named(town, client, monkeypatch):
    headers = made(town)

    def fail(*_: Any) -> None:
        raise StoreUnavailable("/secret/path: is gone")

    monkeypatch.setattr("api.identity.find_key", fail)
    answer = refused(client.get("/collections", headers=headers), 503, "does not answer")
    assert answer.headers["retry-after"]
    assert "secret" not in answer.text


def test_a_key_is_good_though_its_use_cannot_be_noted(town, client, monkeypatch):
    def fail(*_: Any) -> None:
        raise StoreUnavailable("busy")

    monkeypatch.setattr("api.identity.mark_used", fail)
    assert "barracks" in layers(client.get("/collections", headers=made(town)))
