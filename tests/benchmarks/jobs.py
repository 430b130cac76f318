"""What is timed, each job in a process of its own: python -m tests.benchmarks.jobs NAME ARGUMENTS.

ARGUMENTS is one JSON object. The job prints one JSON object: `seconds` is what it took without the
start of Python, imports and whatever it needs before it can begin. A store's or database's URL
comes in BLUEPRINT_STORE, where no list of processes shows it.
"""

import json
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import psycopg
import pyarrow as pa
import pyogrio.raw
import shapely
import sqlalchemy as sa

from blueprint.bootstrap import init_store, open_service
from blueprint.catalogue import load_catalogue
from blueprint.snapshots import load_into_store
from layers import Delivery
from layers.delivered import source_of
from tests.benchmarks.parcels import ATTRIBUTES, CRS, GEOMETRY, ID, LAYER, write_parcels

Job = Callable[..., dict[str, Any]]
JOBS: dict[str, Job] = {}

SAMPLE = 500
_SRID = 4548
_EWKB = struct.pack("<BII", 1, 6 | 0x20000000, _SRID)  # a MultiPolygon that names its CRS
_TYPES = dict.fromkeys(ATTRIBUTES.names, "text") | {"TBMJ": "float8", "SJNF": "int4"}
_COLUMNS = ", ".join(f'"{name}"' for name in ATTRIBUTES.names)
_TYPED = ", ".join(f'"{name}" {kind}' for name, kind in _TYPES.items())
_TABLE = f"CREATE TABLE {LAYER} ({_TYPED}, {GEOMETRY} geometry(MultiPolygon, {_SRID}))"
_SELECT = f"SELECT {_COLUMNS}, ST_AsBinary({GEOMETRY}, 'NDR') FROM {LAYER}"  # noqa: S608 all ours
_COPY_OUT = f"COPY ({_SELECT}) TO STDOUT (FORMAT BINARY)"


def job(function: Job) -> Job:
    """Let the function be called by its name from the command line."""
    JOBS[function.__name__] = function
    return function


class Clock:
    """The seconds that a block took."""

    seconds = 0.0


@contextmanager
def clock() -> Iterator[Clock]:
    """Time a block."""
    timed, start = Clock(), time.perf_counter()
    yield timed
    timed.seconds = time.perf_counter() - start


# ── before the race ──────────────────────────────────────────────────────────────────────────


@job
def generate(file: str, size: int, day: str) -> dict[str, Any]:
    with clock() as timed:
        write_parcels(Path(file), size, day)
    return {"seconds": timed.seconds}


@job
def make_store() -> dict[str, Any]:
    catalogue = load_catalogue(Path(__file__).with_name("catalogue.yaml"))
    with clock() as timed, init_store(crs=CRS) as service:
        load_into_store(service, catalogue)
    return {"seconds": timed.seconds}


@job
def keep_features(file: str, features: str, plain: str) -> dict[str, Any]:
    """Out of a store that took the file: the features for our write, and the same for the peers."""
    with clock() as timed:
        table = _scan().drop_columns(["layer_id"])
        _, rows = _read_geopackage(file)
        rows = rows.sort_by(ID)
        assert rows.column(ID).to_pylist() == table.column("feature_id").to_pylist()
        field = pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
        same = rows.select(ATTRIBUTES.names).append_column(field, table.column("geometry"))
        for path, kept in ((features, table), (plain, same)):
            with pa.OSFile(path, "wb") as to, pa.ipc.new_file(to, kept.schema) as writer:
                writer.write_table(kept.combine_chunks(), max_chunksize=65_536)
    return {"seconds": timed.seconds}


@job
def vacuum() -> dict[str, Any]:
    """What a server's autovacuum does in the minutes after a load."""
    with clock() as timed, _connect(autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return {"seconds": timed.seconds}


@job
def database_bytes() -> dict[str, Any]:
    with _connect() as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return {"seconds": 0.0, "bytes": row[0]}


@job
def server() -> dict[str, Any]:
    with _connect() as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'), postgis_lib_version()"
        ).fetchone()
    assert row is not None
    return {"seconds": 0.0, "postgresql": row[0], "postgis": row[1]}


# ── writing ──────────────────────────────────────────────────────────────────────────────────


@job
def append(features: str) -> dict[str, Any]:
    """Ours: a normalised feature table on disk becomes the first version of its layer."""
    with pa.memory_map(features) as file:
        table = pa.ipc.open_file(file).read_all()
        now = datetime.now(UTC)
        delivery = Delivery(
            layer_id=LAYER,
            features=table,
            quarantined=(),
            source=source_of("parcels.gpkg", b"kept elsewhere"),
            source_layer=LAYER,
            delivered_at=now,
            effective=now.date(),
            report="{}",
        )
        # to the end of closing it: the write-ahead log is folded into the file by then
        with (
            clock() as timed,
            open_service() as service,
            service.database.write() as connection,
        ):
            service.layers.append(connection, delivery)
    return {"seconds": timed.seconds}


@job
def copy_rows(plain: str) -> dict[str, Any]:
    """The peer with nothing around it: binary COPY into a plain table, then its GiST index."""
    with pa.memory_map(plain) as file:
        table = pa.ipc.open_file(file).read_all()
        with clock() as timed, _connect() as connection:
            connection.execute(_TABLE)
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {LAYER} FROM STDIN (FORMAT BINARY)") as copy,
            ):
                copy.set_types([*_TYPES.values(), "bytea"])
                for batch in table.to_batches():
                    columns = [column.to_pylist() for column in batch.columns]
                    columns[-1] = [_EWKB + wkb[5:] for wkb in columns[-1]]
                    for row in zip(*columns, strict=True):
                        copy.write_row(row)
            connection.execute(f"CREATE INDEX ON {LAYER} USING gist ({GEOMETRY})")
            connection.commit()
    return {"seconds": timed.seconds}


@job
def geopandas_to_postgis(file: str) -> dict[str, Any]:
    frame = geopandas.read_file(file, layer=LAYER, engine="pyogrio", use_arrow=True)
    url = sa.make_url(_url()).set(drivername="postgresql+psycopg")
    with clock() as timed:
        engine = sa.create_engine(url)
        frame.to_postgis(LAYER, engine, index=False)
        engine.dispose()
    return {"seconds": timed.seconds}


@job
def pyogrio_write(plain: str) -> dict[str, Any]:
    with pa.memory_map(plain) as source:
        table = pa.ipc.open_file(source).read_all()
        with clock() as timed:
            pyogrio.raw.write_arrow(
                table,
                _url(),
                layer=LAYER,
                driver="GPKG",
                geometry_name=GEOMETRY,
                geometry_type="MultiPolygon",
                crs=CRS,
                layer_options={"SPATIAL_INDEX": "YES"},
            )
    return {"seconds": timed.seconds}


# ── reading ──────────────────────────────────────────────────────────────────────────────────


@job
def scan() -> dict[str, Any]:
    """Ours: version 1 of the layer as one Arrow table, opening the store included."""
    with clock() as timed:
        table = _scan()
    return {"seconds": timed.seconds, "rows": table.num_rows}


@job
def copy_out_rows() -> dict[str, Any]:
    with clock() as timed, _connect() as connection:
        rows = list(_copied(connection))
    return {"seconds": timed.seconds, "rows": len(rows)}


@job
def copy_out_bytes() -> dict[str, Any]:
    """The floor under every reader: the same COPY, its bytes never looked at."""
    with clock() as timed, _connect() as connection, connection.cursor() as cursor:
        with cursor.copy(_COPY_OUT) as copy:
            kept = list(copy)
        rows = cursor.rowcount
        del kept
    return {"seconds": timed.seconds, "rows": rows}


@job
def fetch_rows() -> dict[str, Any]:
    with clock() as timed, _connect() as connection, connection.cursor(binary=True) as cursor:
        rows = cursor.execute(_SELECT).fetchall()
    return {"seconds": timed.seconds, "rows": len(rows)}


@job
def pyogrio_read() -> dict[str, Any]:
    with clock() as timed:
        _, table = pyogrio.raw.read_arrow(_url(), layer=LAYER)
    return {"seconds": timed.seconds, "rows": table.num_rows}


# ── agreement ────────────────────────────────────────────────────────────────────────────────


@job
def facts_of_store() -> dict[str, Any]:
    table = _scan()
    attributes = table.column("attributes")
    return _facts(
        table.column("feature_id").to_pylist(),
        table.column("geometry").to_numpy(zero_copy_only=False),
        lambda row: json.loads(attributes[row].as_py()),
    )


@job
def facts_of_table() -> dict[str, Any]:
    with _connect() as connection:
        rows = list(_copied(connection))
    ids = [row[0] for row in rows]
    wkb = np.array([row[-1] for row in rows], dtype=object)
    return _facts(ids, wkb, lambda row: dict(zip(_TYPES, rows[row], strict=False)))


@job
def facts_of_geopackage(file: str | None = None) -> dict[str, Any]:
    geometry, table = _read_geopackage(file or _url())
    return _facts(
        table.column(ID).to_pylist(),
        table.column(geometry).to_numpy(zero_copy_only=False),
        lambda row: table.select(ATTRIBUTES.names).slice(row, 1).to_pylist()[0],
    )


def _facts(
    ids: list[str], wkb: np.ndarray, attributes: Callable[[int], dict[str, Any]]
) -> dict[str, Any]:
    shapes = shapely.from_wkb(wkb)
    order = np.argsort(np.array(ids))
    chosen = order[:: max(1, len(order) // SAMPLE)]
    return {
        "seconds": 0.0,
        "count": len(ids),
        "area": float(shapely.area(shapes[order]).sum()),  # in one order: sums differ by it
        "coordinates": int(shapely.get_num_coordinates(shapes).sum()),
        "sample": {ids[row]: [wkb[row].hex(), attributes(int(row))] for row in chosen},
    }


# ── what they share ──────────────────────────────────────────────────────────────────────────


def _url() -> str:
    return os.environ["BLUEPRINT_STORE"]


def _connect(*, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(_url(), autocommit=autocommit)


def _copied(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor, cursor.copy(_COPY_OUT) as copy:
        copy.set_types([*_TYPES.values(), "bytea"])
        yield from copy.rows()


def _read_geopackage(file: str) -> tuple[str, pa.Table]:
    told, table = pyogrio.raw.read_arrow(file, layer=LAYER)
    return told["geometry_name"] or "wkb_geometry", table


def _scan() -> pa.Table:
    with open_service() as service, service.database.read() as connection:
        return service.layers.scan(connection, {LAYER: 1})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(JOBS[sys.argv[1]](**json.loads(sys.argv[2]))))
