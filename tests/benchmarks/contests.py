"""Who runs against whom, for which job, and how far behind we may be."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from tests.benchmarks.measure import Measured, run_command, run_job
from tests.benchmarks.parcels import GEOMETRY, LAYER

Kind = Literal["postgis", "geopackage"]


@dataclass(frozen=True, slots=True)
class Files:
    """What the jobs start from: the delivery, and its normalised features for us and for peers."""

    delivery: Path
    features: Path
    plain: Path


@dataclass(frozen=True, slots=True)
class Writer:
    """A job that fills an empty database or file; `facts` is the job that looks at what it made."""

    name: str
    title: str
    kind: Kind
    run: Callable[[str, Files], Measured]
    facts: str
    normalised: bool
    ours: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """A job that reads what a writer made."""

    name: str
    title: str
    kind: Kind
    run: str
    of: str


@dataclass(frozen=True, slots=True)
class Goal:
    """Our job may take at most so many times what the peer's does."""

    title: str
    ours: str
    peer: str
    at_most: float


def ogr2ogr(store: str, files: Files) -> Measured:
    """The whole process; GiST index as it makes one by itself."""
    url = sa.make_url(store)
    environment = {
        "PGHOST": url.host or "",
        "PGPORT": str(url.port or 5432),
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database or "",
        "PG_USE_COPY": "YES",
    }
    options = ["-nln", LAYER, "-lco", f"GEOMETRY_NAME={GEOMETRY}", "-lco", "LAUNDER=NO"]
    command = ["ogr2ogr", "-f", "PostgreSQL", f"PG:dbname={url.database}", str(files.delivery)]
    return run_command([*command, LAYER, *options], environment)


def ingest(store: str, files: Files) -> Measured:
    """Ours with everything: the command as a department's clerk gives it."""
    start = "from blueprint.cli.app import main; main()"
    command = [sys.executable, "-c", start, "ingest", LAYER, str(files.delivery), "--json"]
    return run_command(command, {"BLUEPRINT_STORE": store})


def append(store: str, files: Files) -> Measured:
    """Ours, the write alone."""
    return run_job("append", store, features=str(files.features))


WRITERS = (
    Writer("ogr2ogr", "ogr2ogr, PG_USE_COPY", "postgis", ogr2ogr, "facts_of_table", False),
    Writer(
        "copy",
        "psycopg binary COPY, GiST",
        "postgis",
        lambda store, files: run_job("copy_rows", store, plain=str(files.plain)),
        "facts_of_table",
        True,
    ),
    Writer(
        "to_postgis",
        "geopandas.to_postgis",
        "postgis",
        lambda store, files: run_job("geopandas_to_postgis", store, file=str(files.delivery)),
        "facts_of_table",
        False,
        once=True,
    ),
    Writer("append", "ours, append", "postgis", append, "facts_of_store", True, ours=True),
    Writer("ingest", "ours, ingest", "postgis", ingest, "facts_of_store", True, ours=True),
    Writer(
        "pyogrio_write",
        "pyogrio.write_arrow, indexed",
        "geopackage",
        lambda store, files: run_job("pyogrio_write", store, plain=str(files.plain)),
        "facts_of_geopackage",
        True,
    ),
    Writer("append_gpkg", "ours, append", "geopackage", append, "facts_of_store", True, ours=True),
    Writer(
        "ingest_gpkg",
        "ours, ingest",
        "geopackage",
        ingest,
        "facts_of_store",
        True,
        ours=True,
        once=True,
    ),
)

READERS = (
    Reader("copy_out", "psycopg binary COPY, rows", "postgis", "copy_out_rows", "copy"),
    Reader("fetch", "psycopg binary fetchall", "postgis", "fetch_rows", "copy"),
    Reader("floor", "psycopg binary COPY, bytes unread", "postgis", "copy_out_bytes", "copy"),
    Reader("scan", "ours, scan", "postgis", "scan", "append"),
    Reader("pyogrio_read", "pyogrio.read_arrow", "geopackage", "pyogrio_read", "pyogrio_write"),
    Reader("scan_gpkg", "ours, scan", "geopackage", "scan", "append_gpkg"),
)

GOALS = (
    Goal("PostGIS, write alone", "append", "ogr2ogr", 1.5),
    Goal("PostGIS, ingest with everything", "ingest", "ogr2ogr", 3.0),
    Goal("PostGIS, read a version as Arrow", "scan", "copy_out", 1.2),
    Goal("GeoPackage, write", "append_gpkg", "pyogrio_write", 1.0),
    Goal("GeoPackage, read as Arrow", "scan_gpkg", "pyogrio_read", 1.5),
)
MEMORY_MB = 2048
GROWTH = 0.02
REDELIVERED = 300_000
