"""The one place that names concrete adapters: which store, with which dialect."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyproj
import sqlalchemy as sa

from blueprint.registry import audit
from blueprint.service import Service
from layers import GeoPackage, LayerStore, PostGIS, StoreUnavailable, open_database
from layers.crs import parse_crs
from layers.errors import UnsuitableCrs
from layers.models import SettingRow

DEFAULT_STORE = "blueprint.gpkg"
DEFAULT_CRS = "EPSG:4548"
_INIT_LOCK = 0x47504B47  # any number, the same for all of us
_MIGRATIONS = Path(__file__).parent / "migrations"


def store_name(store: str | None = None) -> str:
    """The store to use: the one given, else BLUEPRINT_STORE, else blueprint.gpkg here."""
    return store or os.environ.get("BLUEPRINT_STORE") or DEFAULT_STORE


def open_service(store: str | None = None) -> Service:
    """Open an initialised store.

    Raises:
        StoreUnavailable: it is not there, not ours, or not initialised.
    """
    name = store_name(store)
    if "://" not in name and not Path(name).exists():
        message = f"{name}: no such store; run `blueprint init`, or set BLUEPRINT_STORE"
        raise StoreUnavailable(message)
    service = _connect(name)
    with _closed_on_failure(service), service.database.read() as connection:
        if not sa.inspect(connection).has_table("setting"):
            message = f"{service.database.name}: is not initialised; run `blueprint init`"
            raise StoreUnavailable(message)
        service.layers.crs(connection)
    return service


def init_store(store: str | None = None, crs: str = DEFAULT_CRS) -> Service:
    """Make the store, or bring an older one up to date, and fix its working CRS.

    Raises:
        UnsuitableCrs: not a projected CRS, or another one is fixed already.
        StoreUnavailable: the database cannot be reached or written.
    """
    # alembic takes a fifth of a second to load: the other commands do without it
    from alembic import command
    from alembic.config import Config

    if not _is_plane_in_metres(parse_crs(crs)):
        message = (
            f"{crs}: not a projected CRS in metres by transverse Mercator; choose a CGCS2000 zone "
            f"such as {DEFAULT_CRS}"
        )
        raise UnsuitableCrs(message)
    service = _connect(store_name(store))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with _closed_on_failure(service), service.database.write() as connection:
        if service.database.is_postgis:
            # two at once would make the same tables: the second one waits here
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_INIT_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        fixed = connection.scalar(sa.select(SettingRow.value).where(SettingRow.key == "crs"))
        if fixed is None:
            connection.execute(sa.insert(SettingRow).values(key="crs", value=crs))
            audit(connection, "init", "store", crs)
        elif fixed != crs:
            message = f"{crs}: the store works in {fixed}; make another store for another CRS"
            raise UnsuitableCrs(message)
    # desktop GIS look at the first bytes of the file itself, not of the log beside it
    service.database.close()
    return service


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


def _connect(name: str) -> Service:
    database = open_database(name)
    dialect = PostGIS() if database.is_postgis else GeoPackage()
    return Service(database, LayerStore(database, dialect))
