"""What all tests share: both stores, fresh ones, and hypothesis's profile."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import distributed
import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the tests' own, for what is made of a database's layers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BLUEPRINT_CACHE", raising=False)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def postgis_server() -> sa.URL:
    """The PostGIS that `make test` started, or the one that BLUEPRINT_TEST_POSTGIS names."""
    return sa.make_url(os.environ["BLUEPRINT_TEST_POSTGIS"])


@pytest.fixture
def postgis_store(postgis_server: sa.URL) -> Iterator[str]:
    """The URL of an empty database that is gone after the test."""
    with temporary_database(postgis_server) as url:
        yield url


@pytest.fixture
def geopackage_store(tmp_path: Path) -> str:
    """The path of a GeoPackage that is not there yet."""
    return str(tmp_path / "store.gpkg")


@pytest.fixture(params=["geopackage", "postgis"])
def store(request: pytest.FixtureRequest) -> str:
    """An empty store of either kind, by its name for BLUEPRINT_STORE."""
    name: str = request.getfixturevalue(f"{request.param}_store")
    return name


@contextmanager
def temporary_database(server: sa.URL) -> Iterator[str]:
    """A database made on the server for one use, by its URL."""
    name = f"test_{secrets.token_hex(6)}"
    plain = server.set(drivername="postgresql")

    def run(statement: str) -> None:
        url = plain.render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    run("CREATE DATABASE {}")
    try:
        yield plain.set(database=name).render_as_string(hide_password=False)
    finally:
        run("DROP DATABASE {} WITH (FORCE)")


@dataclass
class DaskCluster:
    """A scheduler and its workers, processes of ours on loopback."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def kill_a_worker(self) -> None:
        """As the system does when memory runs short."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    def kill_scheduler(self) -> None:
        """Take the whole cluster away."""
        self.scheduler.kill()
        self.scheduler.wait()


@pytest.fixture(scope="session")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Start a cluster, with so many workers, and take it down again."""

    @contextmanager
    def start(
        workers: int, allowed_failures: int = 3, env: Mapping[str, str] | None = None
    ) -> Iterator[DaskCluster]:
        folder = tmp_path_factory.mktemp("dask")
        known = folder / "scheduler.json"
        settings = {
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures),
            "DASK_TEMPORARY_DIRECTORY": str(folder),
        }
        common = ["--host", "127.0.0.1", "--no-dashboard"]
        started = []

        def run(name: str, *options: str) -> subprocess.Popen[bytes]:
            with (folder / f"{name}{len(started)}.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "dask", name, *common, *options],
                    env=os.environ | settings | dict(env or {}),
                    stdout=log,
                    stderr=log,
                )
            started.append(process)
            return process

        try:
            scheduler = run("scheduler", "--port", "0", "--scheduler-file", str(known))
            while not known.exists() or not known.read_text().endswith("}"):
                assert scheduler.poll() is None
                time.sleep(0.05)
            address = json.loads(known.read_text())["address"]
            options = (address, "--nthreads", "1", "--no-nanny")
            hired = [run("worker", *options) for _ in range(workers)]
            if hired:
                with distributed.Client(address, set_as_default=False) as client:
                    client.wait_for_workers(workers)
            yield DaskCluster(address, scheduler, hired)
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()

    return start
