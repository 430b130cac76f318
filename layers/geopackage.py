"""The embedded store: features as GeoPackage blobs in a SQLite file that QGIS opens as it is.

Facts of the format (OGC 12-128r18): a geometry is the header `GP`, version, flags, srs_id and an
envelope, then WKB; layers are listed in gpkg_contents and gpkg_geometry_columns. Every layer's
current version is a view over the one `feature` table, listed by the layer's name. The file is
written through our own connection and never through GDAL, which was seen to leave half a layer
behind when killed.

`feature_box` is one R*Tree for all layers. Its third dimension is a place for each layer, so that
one query serves a site over all layers and another a map of a single one. GDAL and QGIS find the
index of a view by its name, rtree_<view>_geometry: a view over `feature_box` bears it.
"""

import itertools
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, Self
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa

from layers.columns import Ints, ahead, column_of, fixed, joined
from layers.crs import NO_EPSG_CODE, parse_crs, srid_of
from layers.rtree import add_boxes
from layers.table import Bounds, Boxes, canonical_json, column, crs_of, feature_schema, geometries
from layers.versions import Layer, Pins
from layers.views import quote_name, quote_text, view_columns

_HEADER = np.dtype(
    [("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"), ("envelope", "<f8", 4)]
)
_FLAGS = 0b00000011  # little-endian, envelope of minx, maxx, miny, maxy
_WKB_AT = _HEADER.itemsize + 1  # as SQL counts, from 1
_SLOT_STEP = 256.0  # so that 65,536 slots are as wide as a city, and exact in single precision
_SLOT_DEPTH = 128.0  # not flat: the R*Tree sorts boxes by their volume

_LIST_LAYER = (
    """INSERT INTO gpkg_contents (table_name, identifier, data_type, srs_id)
        VALUES (:name, :name, 'features', :srs_id)""",
    "INSERT INTO gpkg_geometry_columns VALUES (:name, 'geometry', :type, :srs_id, 0, 0)",
    "INSERT INTO gpkg_ogr_contents VALUES (:name, 0)",
)
_INSERT = (
    "INSERT INTO feature (fid, layer_id, feature_id, version_from, content_hash, attributes, "
    "geometry) VALUES (?, {layer}, ?, {version}, ?, ?, ?)"
)
_WRITTEN = 20_000
_READ = 1_000
_SPARSE = 4
_MANY = 50_000
_THREADS = 2
_HASH_DIGITS = 32
_OF_LAYER = """
    layer_id = :layer AND version_from <= :version
    AND (version_until IS NULL OR version_until > :version)
"""
_SPAN = f"SELECT min(fid), max(fid), count(*) FROM feature WHERE {_OF_LAYER}"  # noqa: S608 ours
# + keeps SQLite from going through the index of layers: the rows lie side by side
_PIECE = f"""
    SELECT count(*), CAST(group_concat(content_hash, '') AS BLOB),
        CAST(group_concat(feature_id, '') AS BLOB), group_concat(length(CAST(feature_id AS BLOB))),
        {{more}}
    FROM feature WHERE fid >= :first AND fid < :last AND +{_OF_LAYER.strip()}
"""  # noqa: S608 ours
_FIDS = "group_concat(fid)"
_BETWEEN = "\x1f"  # JSON escapes it: no text of attributes holds one
_WHOLE = f"""
    CAST(group_concat(substr(geometry, {_WKB_AT}), '') AS BLOB),
    group_concat(length(geometry) - {_WKB_AT - 1}), group_concat(attributes, char(31))
"""
_SELECT = f"""
    WITH pin AS MATERIALIZED (SELECT key AS layer_id, value AS version FROM json_each(:pins))
    SELECT f.layer_id, f.feature_id, substr(f.geometry, {_WKB_AT}), f.content_hash, f.attributes
"""  # noqa: S608 a number of ours
_ALIVE = """
    f.layer_id = pin.layer_id AND f.version_from <= pin.version
    AND (f.version_until IS NULL OR f.version_until > pin.version)
"""
_ALL = f"{_SELECT} FROM pin CROSS JOIN feature f ON {_ALIVE}"
_IN_BOUNDS = f"""
    {_SELECT} FROM feature_box b CROSS JOIN feature f ON f.fid = b.id CROSS JOIN pin ON {_ALIVE}
    WHERE b.minx <= :maxx AND b.maxx >= :minx AND b.miny <= :maxy AND b.maxy >= :miny
    AND b.minslot >= :first AND b.maxslot <= :last
"""
_GPKG_TYPE = {"polygon": "MULTIPOLYGON", "line": "MULTILINESTRING", "point": "MULTIPOINT"}


class GeoPackage:
    """The SQLite side of the layer store: see `layers.dialect.Dialect`."""

    def prepare_layer(self, connection: sa.Connection, layer: Layer, crs: str) -> None:
        """List the layer in the GeoPackage, still without features."""
        values: dict[str, object] = {"name": layer.name, "srs_id": _register_srs(connection, crs)}
        values["type"] = _GPKG_TYPE[layer.geometry]
        for statement in _LIST_LAYER:
            connection.execute(sa.text(statement), values)
        slot = _slot(layer.id)
        connection.exec_driver_sql(
            f"CREATE VIEW {quote_name(f'rtree_{layer.name}_geometry')} AS "  # noqa: S608
            "SELECT id, minx, maxx, miny, maxy FROM feature_box "
            f"WHERE minslot >= {slot} AND maxslot <= {slot + _SLOT_DEPTH}"
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
        """Add features and their boxes; fids are taken in order after the last one."""
        if features.num_rows == 0:
            return
        if boxes is None:
            boxes = np.concatenate([shapely.bounds(geometries(b)) for b in features.to_batches()])
        first = fid = 1 + (connection.scalar(sa.text("SELECT max(fid) FROM feature")) or 0)
        insert = _INSERT.format(layer=quote_text(layer_id), version=int(version))
        for columns in ahead(_pieces(features, boxes)):
            # the driver's own parameters: naming each of them takes as long as storing them
            _driver(connection).executemany(insert, zip(itertools.count(fid), *columns))
            fid += len(columns[0])
        slots = np.full((fid - first, 2), [_slot(layer_id), _slot(layer_id) + _SLOT_DEPTH])
        edges = np.hstack([boxes[:, [0, 2, 1, 3]], slots])
        add_boxes(connection, "feature_box", np.arange(first, fid), edges)

    def show(
        self, connection: sa.Connection, layer: Layer, features: pa.Table, bounds: Bounds | None
    ) -> None:
        """Renew the layer's view, and its extent and count in the lists of contents."""
        columns = ["fid AS OGC_FID", "geometry", "feature_id"]
        columns += [
            f"{_attribute(field)} AS {quote_name(name)}"
            for field, name in view_columns(features).items()
        ]
        # unless told how many rows to expect, SQLite would reach for the layer before the box
        view = (
            f"CREATE VIEW {quote_name(layer.name)} AS SELECT {', '.join(columns)} "  # noqa: S608
            f"FROM feature WHERE likelihood(layer_id = {quote_text(layer.id)}, 0.1) "
            "AND version_until IS NULL"
        )
        shown = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = :name")
        if connection.scalar(shown, {"name": layer.name}) != view:
            connection.exec_driver_sql(f"DROP VIEW IF EXISTS {quote_name(layer.name)}")
            connection.exec_driver_sql(view)
        renew = (
            "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now'), "
            "min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?"
        )
        connection.exec_driver_sql(renew, (*(bounds or [None] * 4), layer.name))
        count = "UPDATE gpkg_ogr_contents SET feature_count = ? WHERE table_name = ?"
        connection.exec_driver_sql(count, (features.num_rows, layer.name))

    def read(
        self, connection: sa.Connection, layer_id: str, version: int, *, whole: bool
    ) -> Iterator[pa.RecordBatch]:
        """All features of one version, a thousand at a time, put into columns by SQLite."""
        values: dict[str, object] = {"layer": layer_id, "version": version}
        least, most, count = connection.execute(sa.text(_SPAN), values).one()
        if not count:
            return
        query = sa.text(_PIECE.format(more=_WHOLE if whole else _FIDS))
        # where the layer's rows lie far apart, all of them are one piece
        step = _READ if most - least < _SPARSE * count else most - least + 1
        places = ({"first": at, "last": at + step} for at in range(least, most + 1, step))
        if count < _MANY or connection.info["write"]:
            pieces = (partial(_fetch, connection, query, values | place) for place in places)
            yield from filter(None, (piece() for piece in pieces))
            return
        # what a version holds never changes: other connections see the same of it as this one
        with _Readers(connection.engine) as readers:
            tasks = (partial(readers.fetch, query, values | place) for place in places)
            yield from filter(None, ahead(tasks, _THREADS))

    def select(
        self, connection: sa.Connection, pins: Pins, bounds: Bounds | None, crs: str
    ) -> list[tuple[str, str, bytes, str, str]]:
        """Rows of the pinned versions; the R*Tree narrows them where bounds are given."""
        del crs
        if not pins:
            return []
        values: dict[str, object] = {"pins": json.dumps(dict(pins))}
        if bounds is not None:
            slots = [_slot(layer_id) for layer_id in pins]
            values |= zip(("minx", "miny", "maxx", "maxy"), bounds, strict=True)
            values |= {"first": min(slots), "last": max(slots) + _SLOT_DEPTH}
        rows = connection.execute(sa.text(_ALL if bounds is None else _IN_BOUNDS), values)
        return [tuple(row) for row in rows]


def _pieces(features: pa.Table, boxes: Boxes) -> Iterator[Callable[[], list[list[Any]]]]:
    """What makes ids, hashes, attributes and blobs, one piece of a table after the other."""
    srs_id, start = srid_of(crs_of(features)), 0
    for batch in features.to_batches(max_chunksize=_WRITTEN):
        if not batch.num_rows:
            continue
        yield partial(_lists, batch, boxes[start : start + batch.num_rows], srs_id)
        start += batch.num_rows


def _lists(features: pa.RecordBatch, boxes: Boxes, srs_id: int) -> list[list[Any]]:
    texts = [column(features, name) for name in ("feature_id", "content_hash", "attributes")]
    return [*texts, blobs(features.column("geometry"), boxes, srs_id)]


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


class _Readers:
    """Connections of their own for threads that read side by side, closed at the end."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine, self._mine = engine, threading.local()
        self._stack = ExitStack()

    def fetch(self, query: sa.TextClause, values: Mapping[str, object]) -> pa.RecordBatch | None:
        """One piece, on the connection of the thread that asks."""
        if not hasattr(self._mine, "connection"):
            connection = self._stack.enter_context(self._engine.connect())
            connection.info["write"] = False
            self._mine.connection = connection
        return _fetch(self._mine.connection, query, values)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _fetch(
    connection: sa.Connection, query: sa.TextClause, values: Mapping[str, object]
) -> pa.RecordBatch | None:
    piece = connection.execute(query, values).one()
    return _columns(tuple(piece)) if piece[0] else None


def blobs(wkb: pa.Array, boxes: Boxes, srs_id: int) -> list[bytes]:
    """GeoPackage blobs from WKB and boxes, shape (n, 4)."""
    heads = np.zeros(len(wkb), dtype=_HEADER)
    heads["magic"], heads["flags"], heads["srs_id"] = b"GP", _FLAGS, srs_id
    heads["envelope"] = boxes[:, [0, 2, 1, 3]]
    found: list[bytes] = joined(fixed(heads), wkb).to_pylist()
    return found


def _columns(piece: tuple[Any, ...]) -> pa.RecordBatch:
    """What `_PIECE` answers as columns."""
    count, hashes, ids, id_sizes, *more = piece
    columns = {
        "feature_id": column_of(ids, _numbers(id_sizes), pa.string()),
        "content_hash": column_of(hashes, np.full(count, _HASH_DIGITS), pa.string()),
    }
    if len(more) == 1:
        columns["fid"] = pa.array(_numbers(more[0]))
    else:
        wkb, wkb_sizes, texts = more
        columns["geometry"] = column_of(wkb, _numbers(wkb_sizes), pa.binary())
        columns["attributes"] = pc.split_pattern(pa.array([texts]), _BETWEEN).flatten()
    return pa.record_batch(columns)


def _numbers(listed: str) -> Ints:
    return np.fromstring(listed, dtype=np.int64, sep=",")


def _slot(layer_id: str) -> float:
    """The layer's place in the third dimension; sharing one costs time, never an answer."""
    return _SLOT_STEP * (crc32(layer_id.encode()) & 0xFFFF)


def _attribute(field: str) -> str:
    """The SQL that takes one attribute out of a feature's JSON text."""
    if field and canonical_json([field]) == f'["{field}"]':
        path = f'$."{field}"'
        return f"json_extract(attributes, {quote_text(path)})"
    # a path has no way to say an empty name, a quote or a backslash
    found = f"SELECT value FROM json_each(attributes) WHERE key = {quote_text(field)}"  # noqa: S608
    return f"CAST(({found}) AS TEXT)"  # or GDAL takes it for bytes


def _register_srs(connection: sa.Connection, text: str) -> int:
    """Enter the CRS in gpkg_spatial_ref_sys and return its id there."""
    srs_id = srid_of(text)
    known = "SELECT 1 FROM gpkg_spatial_ref_sys WHERE srs_id = :id"
    if connection.scalar(sa.text(known), {"id": srs_id}) is None:
        insert = (
            "INSERT INTO gpkg_spatial_ref_sys "
            "(srs_name, srs_id, organization, organization_coordsys_id, definition) "
            "VALUES (:name, :id, :organization, :id, :wkt)"
        )
        crs = parse_crs(text)
        organization = "NONE" if srs_id == NO_EPSG_CODE else "EPSG"
        values = {"name": crs.name, "id": srs_id, "organization": organization}
        connection.execute(sa.text(insert), values | {"wkt": crs.to_wkt("WKT1_GDAL")})
    return srs_id
