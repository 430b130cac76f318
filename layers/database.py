"""One database behind everything: opening it, and transactions that are whole or absent.

A store is named by a path (a GeoPackage, the embedded default) or a postgresql URL. On SQLite the
journal is a write-ahead log and a writing transaction takes its lock at the start, so that two
writers wait for each other instead of failing half-way.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from layers.errors import StoreUnavailable

_BUSY_MS = 60_000
_MAGIC = b"SQLite format 3\0"
_APPLICATION_ID_AT = 68


class Database:
    """An engine and its two kinds of transaction.

    Raises:
        StoreUnavailable: the database cannot be reached or is not one of ours.
    """

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self.engine, self.name = engine, name

    @property
    def is_postgis(self) -> bool:
        """Whether this is PostgreSQL; otherwise it is a GeoPackage."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the database throughout."""
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction: committed as a whole at the end of the block, or not at all."""
        with self._transaction(write=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[sa.Connection]:
        try:
            with self.engine.connect() as connection:
                if self.is_postgis and not write:
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                connection.info["write"] = write
                with connection.begin():
                    yield connection
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            message = f"{self.name}: {reason}; check the store, or run `blueprint init`"
            raise StoreUnavailable(message) from error

    def close(self) -> None:
        """Give every connection back; SQLite folds its write-ahead log into the file."""
        self.engine.dispose()


def open_database(store: str) -> Database:
    """Open the store at a path or a postgresql URL; a GeoPackage file is made if it is not there."""
    if "://" in store:
        return _open_postgis(store)
    return _open_geopackage(Path(store))


def _open_postgis(store: str) -> Database:
    try:
        url = sa.make_url(store)
    except SQLAlchemyError:
        message = "BLUEPRINT_STORE: not a database URL; give a path or postgresql://user@host/name"
        raise StoreUnavailable(message) from None
    if url.get_backend_name() != "postgresql":
        message = f"{url.get_backend_name()}: not a store we know; give a path or a postgresql URL"
        raise StoreUnavailable(message)
    url = url.set(drivername="postgresql+psycopg")
    return Database(sa.create_engine(url, pool_pre_ping=True), url.render_as_string())


def _open_geopackage(path: Path) -> Database:
    if not path.parent.is_dir():
        message = f"{path}: its folder does not exist; make it, or set BLUEPRINT_STORE"
        raise StoreUnavailable(message)
    if path.exists() and path.stat().st_size and not _is_geopackage(path):
        message = f"{path}: is not a GeoPackage; set BLUEPRINT_STORE to another path"
        raise StoreUnavailable(message)
    engine = sa.create_engine(sa.URL.create("sqlite+pysqlite", database=str(path)))
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, str(path))


def _is_geopackage(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(100)
    # 0: made by SQLite but not yet by `init`
    return head.startswith(_MAGIC) and head[_APPLICATION_ID_AT:][:4] in (b"GPKG", b"\0\0\0\0")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.info.pop("write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
