"""The server store: PostGIS, `feature` partitioned by layer, COPY in, binary out, GiST."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import sqlalchemy as sa

from layers.columns import ahead, column_of, counted, ewkb, joined, run_of
from layers.crs import srid_of
from layers.table import Bounds, Boxes, crs_of, feature_schema
from layers.versions import Layer, Pins
from layers.views import quote_name, quote_text, view_columns

_COPY = (
    "COPY feature (layer_id, feature_id, version_from, content_hash, attributes, geometry) "
    "FROM STDIN (FORMAT BINARY)"
)
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"
_COPIED = 20_000
_READ = 5_000
_LAST_FID = 2**63 - 1
_HASH_DIGITS = 32
_INDEXED = sa.text(
    "SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
    "JOIN pg_am a ON a.oid = c.relam "
    "WHERE i.indrelid = to_regclass(:partition) AND a.amname = 'gist')"
)
_ALIVE = """
    WHERE layer_id = %(layer)s AND version_from <= %(version)s
    AND (version_until IS NULL OR version_until > %(version)s)
"""
# every _READ-th of the layer's fids: where to cut it into pieces
_CUTS = f"""
    SELECT fid FROM (
        SELECT fid, row_number() OVER (ORDER BY fid) AS n FROM feature {_ALIVE}
    ) AS numbered WHERE n %% {_READ} = 1 ORDER BY fid
"""  # noqa: S608 a number of ours
_PIECE = f"""
    SELECT count(*), string_agg(int8send(fid), ''::bytea), string_agg(content_hash, ''),
        string_agg(feature_id, ''), string_agg(int4send(octet_length(feature_id)), ''::bytea)
        {{more}}
    FROM (
        SELECT fid, feature_id, content_hash, attributes, ST_AsBinary(geometry, 'NDR') AS wkb
        FROM feature {_ALIVE} AND fid >= %(first)s AND fid < %(last)s ORDER BY fid
    ) AS piece
"""  # noqa: S608 of ours alone
_WHOLE = """,
        string_agg(wkb, ''::bytea), string_agg(int4send(octet_length(wkb)), ''::bytea),
        string_agg(attributes, ''), string_agg(int4send(octet_length(attributes)), ''::bytea)
"""
# the layers are named twice so that the planner leaves out the partitions of the others
_SELECT = """
    SELECT f.layer_id, f.feature_id, ST_AsBinary(f.geometry, 'NDR'), f.content_hash, f.attributes
    FROM unnest(%(layers)s::text[], %(versions)s::int[]) AS pin (layer_id, version)
    JOIN feature f ON f.layer_id = pin.layer_id AND f.version_from <= pin.version
        AND (f.version_until IS NULL OR f.version_until > pin.version)
    WHERE f.layer_id = ANY(%(layers)s::text[])
"""
_TOUCHES = " AND f.geometry && ST_MakeEnvelope(%(minx)s, %(miny)s, %(maxx)s, %(maxy)s, %(srid)s)"
_COLUMNS = sa.text(
    "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(:view) AND attnum > 0 "
    "ORDER BY attnum"
)
_VIEW_TYPE = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "MultiPoint"}


class PostGIS:
    """The PostgreSQL side of the layer store: see `layers.dialect.Dialect`."""

    def prepare_layer(self, connection: sa.Connection, layer: Layer, crs: str) -> None:
        """Make the layer's partition and its view; its index comes with its first features."""
        partition = quote_name(f"feature_{layer.id}")
        # attached, not made as a partition at once: that would wait for every reader of any layer
        _run(connection, f"CREATE TABLE {partition} (LIKE feature INCLUDING DEFAULTS)")
        _run(
            connection,
            f"ALTER TABLE feature ATTACH PARTITION {partition} "
            f"FOR VALUES IN ({quote_text(layer.id)})",
        )
        self.show(connection, layer, feature_schema(crs).empty_table(), None)

    def insert(
        self,
        connection: sa.Connection,
        layer_id: str,
        version: int,
        features: pa.Table,
        boxes: Boxes | None = None,
    ) -> None:
        """Add features by binary COPY, in which PostGIS takes EWKB for a geometry.

        A layer's first features are indexed when all are there, which takes a third of the time.
        """
        del boxes  # the server makes its own
        srid = srid_of(crs_of(features))
        with _driver(connection).cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write(_COPY_HEAD)
            for rows in ahead(
                partial(_copy_rows, layer_id, version, srid, batch)
                for batch in features.to_batches(max_chunksize=_COPIED)
                if batch.num_rows
            ):
                copy.write(rows)
            copy.write(_COPY_END)
        partition = quote_name(f"feature_{layer_id}")
        if not connection.scalar(_INDEXED, {"partition": partition}):
            _run(connection, f"CREATE INDEX ON {partition} USING gist (geometry)")
            # the planner must know of what is asked for before anybody tidies up
            _run(connection, f"ANALYZE {partition}")

    def show(
        self, connection: sa.Connection, layer: Layer, features: pa.Table, bounds: Bounds | None
    ) -> None:
        """Renew the layer's view, named and typed for desktop GIS, where its columns change."""
        del bounds
        view = quote_name(layer.name)
        chosen = view_columns(features)
        # a view made anew has lost the rights that were granted on it: only if it must be
        shown = connection.scalars(_COLUMNS, {"view": view}).all()
        if shown == ["fid", "feature_id", "geometry", *chosen.values()]:
            return
        kind, srid = _VIEW_TYPE[layer.geometry], srid_of(crs_of(features))
        columns = ["fid", "feature_id", f"geometry::geometry({kind}, {srid}) AS geometry"]
        columns += [
            f"CAST(attributes AS json) ->> {quote_text(field)} AS {quote_name(name)}"
            for field, name in chosen.items()
        ]
        _run(connection, f"DROP VIEW IF EXISTS {view}")
        _run(
            connection,
            f"CREATE VIEW {view} AS SELECT {', '.join(columns)} FROM feature "  # noqa: S608
            f"WHERE layer_id = {quote_text(layer.id)} AND version_until IS NULL",
        )

    def read(
        self, connection: sa.Connection, layer_id: str, version: int, *, whole: bool
    ) -> Iterator[pa.RecordBatch]:
        """All features of one version, a few thousand at a time, put into columns by the server."""
        values: dict[str, object] = {"layer": layer_id, "version": version}
        query = _PIECE.format(more=_WHOLE if whole else "")
        with _driver(connection).cursor(binary=True) as cursor:
            cuts = [row[0] for row in cursor.execute(_CUTS, values)]
            for first, last in pairwise([*cuts, _LAST_FID]):
                piece = cursor.execute(query, values | {"first": first, "last": last}).fetchone()
                assert piece is not None
                yield _columns(piece)

    def select(
        self, connection: sa.Connection, pins: Pins, bounds: Bounds | None, crs: str
    ) -> list[tuple[str, str, bytes, str, str]]:
        """Rows of the pinned versions; GiST narrows them where bounds are given."""
        values: dict[str, object] = {"layers": list(pins), "versions": list(pins.values())}
        query = _SELECT
        if bounds is not None:
            query += _TOUCHES
            values |= zip(("minx", "miny", "maxx", "maxy"), bounds, strict=True)
            values["srid"] = srid_of(crs)
        with _driver(connection).cursor(binary=True) as cursor:
            return cursor.execute(query, values).fetchall()


def _copy_rows(layer_id: str, version: int, srid: int, features: pa.RecordBatch) -> bytes:
    """The rows of a feature table as a binary COPY has them: six fields, each with its length."""
    layer = layer_id.encode()
    head = b"\0\6" + len(layer).to_bytes(4, "big") + layer
    number = b"\0\0\0\4" + version.to_bytes(4, "big")
    rows = joined(
        head,
        *counted(features.column("feature_id")),
        number,
        *counted(features.column("content_hash")),
        *counted(features.column("attributes")),
        *ewkb(features.column("geometry"), srid),
    )
    return bytes(run_of(rows))


def _columns(piece: tuple[Any, ...]) -> pa.RecordBatch:
    """What `_PIECE` answers as columns."""
    count, fids, hashes, ids, id_sizes, *more = piece
    sizes = np.full(count, _HASH_DIGITS)
    columns = {
        "fid": pa.array(np.frombuffer(fids, ">i8").astype(np.int64)),
        "feature_id": column_of(ids.encode(), np.frombuffer(id_sizes, ">i4"), pa.string()),
        "content_hash": column_of(hashes.encode(), sizes, pa.string()),
    }
    if more:
        wkb, wkb_sizes, texts, text_sizes = more
        columns["geometry"] = column_of(wkb, np.frombuffer(wkb_sizes, ">i4"), pa.binary())
        columns["attributes"] = column_of(
            texts.encode(), np.frombuffer(text_sizes, ">i4"), pa.string()
        )
    return pa.record_batch(columns)


def _driver(connection: sa.Connection) -> psycopg.Connection[tuple[str, str, bytes, str, str]]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _run(connection: sa.Connection, statement: str) -> None:
    # the driver takes % for a parameter even where there is none
    connection.exec_driver_sql(statement.replace("%", "%%"))
