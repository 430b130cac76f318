"""The one place that names concrete adapters: which store, with which dialect."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyproj
import sqlalchemy as sa

from blueprint.jobs.local import LocalQueue
from blueprint.jobs.postgres import PostgresQueue
from blueprint.kept_overlaps import KeptOverlaps
from blueprint.packed_layers import PackedLayers
from blueprint.places import folder_for
from blueprint.registry import audit
from blueprint.service import Service
from blueprint.shelf import Shelf
from conflict.casefile import CaseFolder
from layers import GeoPackage, LayerStore, PostGIS, StoreUnavailable, open_database
from layers.crs import parse_crs
from layers.errors import UnsuitableCrs
from layers.models import SettingRow

DEFAULT_STORE = "blueprint.gpkg"
DEFAULT_CRS = "EPSG:4548"
_TILE_BYTES = 64 << 20
_SOURCE_BYTES = 512 << 20
_PINNED = 64
_STANDING = 32
_RECKONERS = 4
_READERS = 4
_INIT_LOCK = 0x47504B47  # any number, the same for all of us
_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From which revision of its tables a store was brought to which; equal: nothing was done."""

    store: str
    before: str
    after: str


def store_name(store: str | None = None) -> str:
    """The store to use: the one given, else BLUEPRINT_STORE, else blueprint.gpkg here."""
    return store or os.environ.get("BLUEPRINT_STORE") or DEFAULT_STORE


def open_service(store: str | None = None) -> Service:
    """Open an initialised store.

    Raises:
        StoreUnavailable: it is not there, not ours, not initialised, or of another revision.
    """
    service = connect(_existing(store_name(store)))
    with _closed_on_failure(service), service.database.read() as connection:
        if not _is_initialised(connection):
            message = f"{service.database.name}: is not initialised; run `blueprint init`"
            raise StoreUnavailable(message)
        revision = _revision(connection)
        if revision != newest_revision():
            _refuse_unknown(service, revision)
            message = (
                f"{service.database.name}: is of revision {revision}, this program works on "
                f"{newest_revision()}; run `blueprint upgrade`"
            )
            raise StoreUnavailable(message)
        service.layers.crs(connection)
    return service


def init_store(store: str | None = None, crs: str = DEFAULT_CRS) -> Service:
    """Make the store, or bring an older one up to date, and fix its working CRS.

    Raises:
        UnsuitableCrs: not a projected CRS, or another one is fixed already.
        StoreUnavailable: the database cannot be reached or written, or a newer program made it.
    """
    if not _is_plane_in_metres(parse_crs(crs)):
        message = (
            f"{crs}: not a projected CRS in metres by transverse Mercator; choose a CGCS2000 zone "
            f"such as {DEFAULT_CRS}"
        )
        raise UnsuitableCrs(message)
    service = connect(store_name(store))
    with _closed_on_failure(service), service.database.write() as connection:
        prepare(service, connection, crs)
    # desktop GIS look at the first bytes of the file itself, not of the log beside it
    service.database.close()
    return service


def prepare(service: Service, connection: sa.Connection, crs: str) -> None:
    """Make every table and fix the working CRS, within the caller's transaction.

    Raises:
        UnsuitableCrs: another one is fixed already.
        StoreUnavailable: a newer program made the store.
    """
    _migrate(service, connection)
    fixed = connection.scalar(sa.select(SettingRow.value).where(SettingRow.key == "crs"))
    if fixed is None:
        connection.execute(sa.insert(SettingRow).values(key="crs", value=crs))
        audit(connection, "init", "store", crs)
    elif fixed != crs:
        message = f"{crs}: the store works in {fixed}; make another store for another CRS"
        raise UnsuitableCrs(message)


def upgrade_store(store: str | None = None) -> Upgrade:
    """Bring an older store's tables up to date: as a whole, or not at all.

    Raises:
        StoreUnavailable: it is not there, not ours, not initialised, or a newer program made it.
    """
    service = connect(_existing(store_name(store)))
    name = service.database.name
    with _closed_on_failure(service), service.database.write() as connection:
        before = _migrate(service, connection) if _is_initialised(connection) else None
        if before is None:
            message = f"{name}: is not initialised; run `blueprint init`"
            raise StoreUnavailable(message)
        if before != newest_revision():
            audit(connection, "upgrade", "store", f"{before} to {newest_revision()}")
    service.close()
    return Upgrade(name, before, newest_revision())


def newest_revision() -> str:
    """The revision of the tables that this program works on: its migrations are named by it."""
    return _known_revisions()[-1]


def _known_revisions() -> list[str]:
    files = (_MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return sorted(file.name.split("_")[0] for file in files)


def _revision(connection: sa.Connection) -> str | None:
    """The revision of the store's tables; None: it has none yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _migrate(service: Service, connection: sa.Connection) -> str | None:
    """Run the migrations that the store has not had, and return the revision that it was of."""
    # alembic takes a fifth of a second to load: the other commands do without it
    from alembic import command
    from alembic.config import Config

    if service.database.is_postgis:
        # two at once would make the same tables: the second one waits here
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_INIT_LOCK)))
    before = _revision(connection)
    _refuse_unknown(service, before)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return before


def _refuse_unknown(service: Service, revision: str | None) -> None:
    if revision is not None and revision not in _known_revisions():
        message = (
            f"{service.database.name}: is of revision {revision}, this program knows those up to "
            f"{newest_revision()}; use the newer program that made it"
        )
        raise StoreUnavailable(message)


def _is_initialised(connection: sa.Connection) -> bool:
    return sa.inspect(connection).has_table("setting")


def _existing(name: str) -> str:
    if "://" not in name and not Path(name).exists():
        message = f"{name}: no such store; run `blueprint init`, or set BLUEPRINT_STORE"
        raise StoreUnavailable(message)
    return name


@contextmanager
def _closed_on_failure(service: Service) -> Iterator[None]:
    try:
        yield
    except BaseException:
        service.close()
        raise


def _is_plane_in_metres(crs: pyproj.CRS) -> bool:
    """Areas, widths and distances are taken in this plane: it must be nearly true to scale."""
    conversion = crs.coordinate_operation
    metres = all(axis.unit_name == "metre" for axis in crs.axis_info)
    mercator = conversion is not None and conversion.method_name == "Transverse Mercator"
    return crs.is_projected and metres and mercator


def connect(name: str) -> Service:
    """A store as it is, initialised or not; a missing GeoPackage is made.

    Raises:
        StoreUnavailable: the database cannot be reached or is not one of ours.
    """
    database = open_database(name)
    dialect = PostGIS() if database.is_postgis else GeoPackage()
    cases = folder_for(database, "cases")
    return Service(
        database,
        LayerStore(database, dialect),
        PackedLayers(folder_for(database, "packed")),
        KeptOverlaps(folder_for(database, "overlaps")),
        ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="tiles"),
        ThreadPoolExecutor(max(_RECKONERS, os.cpu_count() or 1), thread_name_prefix="reckoning"),
        ThreadPoolExecutor(_READERS, thread_name_prefix="reading"),
        Shelf(_TILE_BYTES, len),
        Shelf(_SOURCE_BYTES, lambda source: source.nbytes),
        Shelf(_PINNED, lambda _: 1),
        Shelf(_STANDING, lambda _: 1),
        None if cases is None else CaseFolder(cases),
        PostgresQueue(database) if database.is_postgis else LocalQueue(database),
    )
