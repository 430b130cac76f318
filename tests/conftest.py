"""What all tests share: both stores, fresh ones, and hypothesis's profile."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session")
def postgis_server() -> sa.URL:
    """The PostGIS that `make test` started, or the one that BLUEPRINT_TEST_POSTGIS names."""
    return sa.make_url(os.environ["BLUEPRINT_TEST_POSTGIS"])


@pytest.fixture
def postgis_store(postgis_server: sa.URL) -> Iterator[str]:
    """The URL of an empty database that is gone after the test."""
    with _database(postgis_server) as url:
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


class _database:  # noqa: N801 used as a function
    """A database made on the server for one use."""

    def __init__(self, server: sa.URL) -> None:
        self.server, self.name = server, f"test_{secrets.token_hex(6)}"

    def __enter__(self) -> str:
        self._run("CREATE DATABASE {}")
        url = self.server.set(drivername="postgresql", database=self.name)
        return url.render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        self._run("DROP DATABASE {} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        url = self.server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.name)))
