"""The audit log: only added to, by several at once, and one that was changed shows."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from blueprint.audit_log import Actor, Entry, acting, follow_audit, list_entries
from blueprint.audit_writer import AuditWriter
from blueprint.bootstrap import init_store
from blueprint.cli.app import app
from blueprint.copy import copy_store
from blueprint.registry import audit, now
from blueprint.service import Service
from layers import StoreUnavailable


@pytest.fixture
def service(store: str) -> Iterator[Service]:
    """A store with ten entries after that of its making."""
    with init_store(store) as service:
        for number in range(10):
            with service.database.write() as connection:
                audit(connection, "look", f"layer {number}", "细节")
        yield service


def name_of(service: Service) -> str:
    url = service.database.engine.url
    if not service.database.is_postgis:
        return service.database.name
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def tamper(service: Service, *statements: str) -> None:
    """What somebody does who may write to the database: first he takes the guard away."""
    guard = "DROP TRIGGER audit_log_stays{} {}"
    kinds = (
        [("", "ON audit_log")]
        if service.database.is_postgis
        else [("_UPDATE", ""), ("_DELETE", "")]
    )
    with service.database.write() as connection:
        for kind in kinds:
            connection.execute(sa.text(guard.format(*kind)))
        for statement in statements:
            connection.execute(sa.text(statement))


def broken(service: Service, noted: str | None = None) -> str | None:
    with service.database.read() as connection:
        held, _ = follow_audit(connection, noted)
    return held.broken and held.broken.kind


def head(service: Service) -> str:
    with service.database.read() as connection:
        return follow_audit(connection)[0].head.seal


def test_an_untouched_log_holds_and_has_every_head_that_it_had(service: Service):
    noted = head(service)
    with service.database.write() as connection:
        audit(connection, "look", "again")
    assert broken(service) is None
    assert broken(service, noted) is None
    assert broken(service, "0" * 64) == "unknown_head"


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET detail = '' WHERE ordinal = 3", "DELETE FROM audit_log"]
)
def test_the_store_refuses_to_change_an_entry(service: Service, change: str):
    def do() -> None:
        with service.database.write() as connection:
            connection.execute(sa.text(change))

    with pytest.raises((StoreUnavailable, sa.exc.DBAPIError), match="only added to"):
        do()
    assert broken(service) is None


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE audit_log SET detail = '细节.' WHERE ordinal = 3", "altered"),
        ("UPDATE audit_log SET actor = 'nobody' WHERE ordinal = 3", "altered"),
        ("UPDATE audit_log SET at = '2020-01-01 00:00:00' WHERE ordinal = 3", "altered"),
        ("UPDATE audit_log SET seal = '0' WHERE ordinal = 3", "relinked"),
        ("DELETE FROM audit_log WHERE ordinal = 3", "missing"),
        ("DELETE FROM audit_log WHERE ordinal = 11", "end"),
        ("UPDATE audit_log SET ordinal = NULL WHERE ordinal = 1", "missing"),
    ],
)
def test_what_was_done_to_the_log_shows(service: Service, change: str, kind: str):
    tamper(service, change)
    assert broken(service) == kind


def test_a_tail_that_was_cut_with_the_head_shows_by_a_head_that_was_noted(service: Service):
    noted = head(service)
    with service.database.read() as connection:
        query = "SELECT seal FROM audit_log WHERE ordinal = 9"
        before = connection.scalar(sa.text(query))
    tamper(
        service,
        "DELETE FROM audit_log WHERE ordinal > 9",
        f"UPDATE chain_head SET ordinal = 9, seal = '{before}' WHERE chain = 'audit'",  # noqa: S608
    )
    assert broken(service) is None
    assert broken(service, noted) == "unknown_head"


def test_entries_of_many_at_once_make_one_chain(service: Service):
    writer = AuditWriter(service.database)

    def write(number: int) -> None:
        if number % 2:
            writer.keep(Entry(now(), "reader", "GET", f"/{number}")).result()
        else:
            with service.database.write() as connection, acting(Actor("writer")):
                audit(connection, "look", f"layer {number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    writer.close()
    assert broken(service) is None
    with service.database.read() as connection:
        assert len(list_entries(connection, actor="reader")) == 20
        assert len(list_entries(connection, actor="writer")) == 20


def test_whoever_comes_after_the_end_is_told_so_and_does_not_wait(service: Service):
    writer = AuditWriter(service.database)
    writer.close()
    late = writer.keep(Entry(now(), "late", "GET", "/", "{}"))
    assert isinstance(late.exception(timeout=0), StoreUnavailable)


def test_a_copied_store_has_the_log_and_goes_on_with_it(service: Service, tmp_path):
    noted = head(service)
    target = str(tmp_path / "copy.gpkg")
    init_store(target).close()  # one that has a log of its own already
    copy_store(name_of(service), target)
    with init_store(target) as copy:
        assert broken(copy, noted) is None
        with copy.database.read() as connection:
            assert list_entries(connection)[0].action == "copy"
        with copy.database.write() as connection:
            audit(connection, "look", "here")
        assert broken(copy, noted) is None


def test_the_commands_list_verify_and_tell_by_their_exit(service: Service, monkeypatch):
    monkeypatch.setenv("BLUEPRINT_STORE", name_of(service))

    def run(*words: str, code: int = 0) -> Any:
        ran = CliRunner().invoke(app, [*words, "--json"])
        assert ran.exit_code == code, ran.output
        return json.loads(ran.stdout)

    listed = run("audit", "list", "--object", "layer 7")
    assert [(entry["action"], entry["detail"]) for entry in listed] == [("look", "细节")]
    found = run("audit", "verify")
    assert (found["status"], found["links"]) == ("whole", 11)
    run("audit", "verify", "--head", "0" * 64, code=3)
    made = run("keys", "add", "a system", "--role", "planner", "--scope", "read", "--days", "3")
    assert made["scopes"] == ["read"]
    (key,) = run("keys", "list")
    assert key == {name: value for name, value in made.items() if name != "key"}
    assert not run("keys", "revoke", key["id"])["usable"]
    assert [entry["action"] for entry in run("audit", "list", "--action", "key")] == [
        "key revoke",
        "key add",
    ]
    shown = (
        CliRunner().invoke(app, ["audit", "list"]).stdout
        + CliRunner().invoke(app, ["keys", "list"]).stdout
    )
    assert made["key"] not in shown
    tamper(service, "UPDATE audit_log SET action = 'x' WHERE ordinal = 2")
    assert run("audit", "verify", code=3)["break"]["kind"] == "altered"
