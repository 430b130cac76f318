"""`blueprint serve` as it is really started: its key, several workers, an address for others."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from blueprint.access.api_keys import add_key
from blueprint.audit_log import follow_audit, list_entries
from tests.blueprint.conftest import DAY, Town

from .callers import settled_town
from .routes.asking import site
from .serving import Served, served


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("serving")
    yield from settled_town(str(folder / "store.gpkg"), folder)


@pytest.fixture(scope="module")
def service(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two workers, started and told of as a program is that reads JSON."""
    folder = tmp_path_factory.mktemp("logs")
    with served(town.service.database.name, folder, "--workers", "2", "--json") as service:
        yield service


def told(service: Served) -> dict[str, str]:
    return json.loads(service.said.read_text())


def test_the_key_of_its_life_opens_at_every_worker_and_is_in_no_line_of_the_log(service: Served):
    key = told(service)["administrator_key"]
    headers = {"X-Api-Key": key}

    def ask(_turn: int) -> tuple[int, bool]:
        answer = httpx2.get(f"{service.address}/collections", headers=headers)
        return answer.status_code, "barracks" in answer.text

    with ThreadPoolExecutor(8) as threads:
        assert Counter(threads.map(ask, range(24))) == {(200, True): 24}
    secret = key.rsplit("_", 1)[1]
    assert secret not in service.log.read_text()


def test_checks_by_several_workers_on_a_geopackage_all_succeed_in_one_chain(
    town: Town, service: Served
):
    def ask(_turn: int) -> int:
        answer = httpx2.post(
            f"{service.address}/site-checks", json=site(), params={"date": str(DAY)}, timeout=120
        )
        return answer.status_code

    with ThreadPoolExecutor(8) as threads:
        assert Counter(threads.map(ask, range(16))) == {201: 16}
    with town.service.database.read() as connection:
        held, _ = follow_audit(connection)
        asked = list_entries(connection, action="check", actor="anonymous 127.0.0.1")
    assert held.broken is None
    assert len(asked) == 16


def test_whose_word_for_an_address_is_not_taken_cannot_give_itself_another(
    town: Town, service: Served
):
    forged = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    httpx2.get(f"{service.address}/collections/barracks", headers=forged)
    key = add_key(town.service, "a reader", "approver")[1]
    # a read is entered when it is answered: what came before it is, too, or will be by then
    httpx2.get(f"{service.address}/collections", headers={"X-Api-Key": key})
    with town.service.database.read() as connection:
        found = list_entries(connection, limit=1_000)
    assert found
    assert "203.0.113.9" not in str(found)


def test_another_address_is_served_once_somebody_can_say_who_he_is(town: Town, tmp_path: Path):
    add_key(town.service, "a system", "planner")
    everywhere = ("--host", "0.0.0.0", "--json")  # noqa: S104
    with served(town.service.database.name, tmp_path, *everywhere) as service:
        assert told(service)["administrator_key"] is None
        assert httpx2.get(f"{service.address}/collections").status_code == 200
    assert not re.search(r"bpk_\w{20}", service.log.read_text())


def test_a_server_that_is_killed_leaves_nobody_who_answers_for_it(town: Town, tmp_path: Path):
    with served(town.service.database.name, tmp_path, "--workers", "2", "--json") as service:
        assert httpx2.get(f"{service.address}/livez").status_code == 200
        service.process.kill()
        while service.listens():
            time.sleep(0.05)
    assert '"level": "error"' not in service.log.read_text()


def test_what_a_killed_worker_had_in_hand_is_no_longer_counted(
    town: Town, tmp_path: Path, monkeypatch
):
    folder = tmp_path / "meters"
    folder.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    count = (
        "import os; from prometheus_client import Gauge; "
        "g = Gauge('blueprint_requests_in_flight', 'x', multiprocess_mode='livesum'); g.inc(3); "
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", count], check=True)
    assert list(folder.glob("gauge_livesum_*.db"))
    with served(town.service.database.name, tmp_path, "--workers", "2", "--json") as service:
        headers = {"X-Api-Key": told(service)["administrator_key"]}
        text = httpx2.get(f"{service.address}/metrics", headers=headers).text
    (line,) = [one for one in text.splitlines() if one.startswith("blueprint_requests_in_flight ")]
    assert float(line.split()[1]) == 1, "this request"
