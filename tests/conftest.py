"""What all tests share: both stores, fresh ones, and hypothesis's profile."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from .dask_cluster import DaskCluster, dask_cluster

# a commit is green or it is not: `--hypothesis-profile=search` looks for cases that nobody has seen
hypothesis.settings.register_profile("house", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.register_profile(
    "search", deadline=None, print_blob=True, derandomize=False, max_examples=1000
)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the tests' own, for what is made of a database's layers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BLUEPRINT_CACHE", raising=False)
        patch.setenv("BLUEPRINT_LIMITS", "off")  # a test asks more in a minute than anybody may
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
def temporary_database(server: sa.URL, template: str | None = None) -> Iterator[str]:
    """A database made on the server for one use, as a copy of another if told so, by its URL."""
    name = f"test_{secrets.token_hex(6)}"
    plain = server.set(drivername="postgresql")

    def run(statement: str, *names: str) -> None:
        url = plain.render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    if template is None:
        run("CREATE DATABASE {}", name)
    else:
        run("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield plain.set(database=name).render_as_string(hide_password=False)
    finally:
        run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Start a cluster, with so many workers, and take it down again."""

    @contextmanager
    def start(workers: int, **options: Any) -> Iterator[DaskCluster]:
        with dask_cluster(tmp_path_factory.mktemp("dask"), workers, **options) as cluster:
            yield cluster

    return start
