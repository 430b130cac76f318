"""One database behind everything: opening it, and transactions that are whole or absent.

A store is named by a path (a GeoPackage, the embedded default) or a postgresql URL. On SQLite the
journal is a write-ahead log and a writing transaction takes its lock at the start, so that two
writers wait for each other instead of failing half-way.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from layers.errors import StoreBusy, StoreUnavailable

_BUSY_MS = 60_000
_PAGE_BYTES = 16_384  # a feature has some hundred bytes: fewer pages, a third less to write
_ATTEMPTS = 100
_CONNECT_SECONDS = "10"
# A process has 40 threads for requests: what they do with the store is short, so a third is enough.
_POOL = {"pool_size": 8, "max_overflow": 8, "pool_timeout": 30}
_OURS = {"setting", "layer_version"}
_REMEDIES = {
    "is full": "make room on its disk",
    "disk I/O": "make room on its disk, or mend it",
    "No space": "make room on its disk",
    "locked": "another program writes to it; try again when that is done",
    "readonly": "let the service write to it",
    "create extension": "have its administrator run CREATE EXTENSION postgis there",
    "connection": "see that the server runs and lets us in",
}


class Database:
    """An engine and its two kinds of transaction.

    Raises:
        StoreUnavailable: the database cannot be reached or is not one of ours.
    """

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self.engine, self.name = engine, name
        self._writing = Lock()
        self._inode: int | None = None

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
        """A transaction: committed as a whole at the end of the block, or not at all.

        A GeoPackage has one writer at a time. Those of this process wait here, in turn: SQLite has
        each of them look again at growing intervals, and some never come to it.

        Raises:
            StoreBusy: others of this process have been writing for a minute.
        """
        if self.is_postgis:
            with self._transaction(write=True) as connection:
                yield connection
            return
        if not self._writing.acquire(timeout=_BUSY_MS / 1000):
            raise StoreBusy(f"{self.name}: {_REMEDIES['locked']}")
        try:
            with self._transaction(write=True) as connection:
                yield connection
        finally:
            self._writing.release()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[sa.Connection]:
        self._follow_the_file()
        try:
            with self.engine.connect() as connection:
                if self.is_postgis and not write:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                connection.info["write"] = write
                with connection.begin():
                    yield connection
        # bulk work speaks to the driver itself, whose errors come as they are
        except PoolTimeout as error:
            message = f"{self.name}: every connection to it is in use; try again in a moment"
            raise StoreBusy(message) from error
        except (DBAPIError, psycopg.Error, sqlite3.Error) as error:
            raise StoreUnavailable(f"{self.name}: {_explain(error)}") from error

    def _follow_the_file(self) -> None:
        """Let go of a GeoPackage that was removed or replaced: what it is told would be lost."""
        if self.is_postgis:
            return
        path = Path(self.name)
        inode = path.stat().st_ino if path.exists() else None
        if self._inode is not None and inode != self._inode:
            self.engine.dispose()
            if inode is None:
                raise StoreUnavailable(f"{path}: is gone; bring it back, or start on another store")
        self._inode = inode

    def tell_of_use(self, taken: Callable[[], object], given_back: Callable[[], object]) -> None:
        """Have it told whenever a connection is taken from the pool, and when it is given back."""
        out: set[int] = set()

        def on_taken(_connection: object, record: ConnectionPoolEntry, *_: object) -> None:
            out.add(id(record))
            taken()

        def on_given_back(_connection: object, record: ConnectionPoolEntry) -> None:
            # it gives back what it could not take as well: the server was away
            if id(record) in out:
                out.remove(id(record))
                given_back()

        sa.event.listen(self.engine, "checkout", on_taken)
        sa.event.listen(self.engine, "checkin", on_given_back)

    def close(self) -> None:
        """Give every connection back; SQLite folds its write-ahead log into the file."""
        self.engine.dispose()


def open_database(store: str) -> Database:
    """Open the store at a path or a postgresql URL; a missing GeoPackage is made."""
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
    name = url.render_as_string()
    url = url.set(drivername="postgresql+psycopg")
    url = url.update_query_dict({"connect_timeout": _CONNECT_SECONDS} | dict(url.query))
    return Database(sa.create_engine(url, pool_pre_ping=True, **_POOL), name)


def _open_geopackage(path: Path) -> Database:
    if not path.parent.is_dir():
        message = f"{path}: its folder does not exist; make it, or set BLUEPRINT_STORE"
        raise StoreUnavailable(message)
    if path.exists():
        _refuse_a_stranger(path)
    engine = sa.create_engine(sa.URL.create("sqlite+pysqlite", database=str(path)), **_POOL)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, str(path))


def _refuse_a_stranger(path: Path) -> None:
    """Look before anything is written: opening a store already changes how its file is kept."""
    query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as file:
            file.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            tables = {name for (name,) in file.execute(query)}
    except sqlite3.Error as error:
        message = f"{path}: is not a GeoPackage ({error}); set BLUEPRINT_STORE to another path"
        raise StoreUnavailable(message) from None
    if tables and not tables >= _OURS:
        message = f"{path}: holds other data than a store's; set BLUEPRINT_STORE to another path"
        raise StoreUnavailable(message)


def _explain(error: Exception) -> str:
    """The first line of a database's error and what to do about it."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    reason = said.splitlines()[0] if said else type(error).__name__
    for sign, remedy in _REMEDIES.items():
        if sign in reason:
            return f"{reason}; {remedy}"
    return f"{reason}; check the store, or run `blueprint init`"


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in (
        f"page_size={_PAGE_BYTES}",  # heeded by a file that is still empty
        f"busy_timeout={_BUSY_MS}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Change the file's journal; what is changed already stays so."""
    for _ in range(_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            # this change never waits for another program, a transaction does
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.info.get("write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
