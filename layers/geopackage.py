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

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import shapely
import sqlalchemy as sa

from layers.columns import Ints, ahead, column_of, fixed, joined
from layers.crs import NO_EPSG_CODE, parse_crs, srid_of
from layers.rtree import Boxes, add_boxes
from layers.table import Bounds, canonical_json, column, crs_of, feature_schema, geometries
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
_HASH_DIGITS = 32
_OF_LAYER = """
    layer_id = :layer AND version_from <= :version
    AND (version_until IS NULL OR version_until > :version)
"""
_SPAN = f"SELECT min(fid), max(fid), count(*) FROM feature WHERE {_OF_LAYER}"  # noqa: S608 ours
# + keeps SQLite from going through the index of layers: the rows lie side by side
_PIECE = f"""
    SELECT count(*), group_concat(fid), CAST(group_concat(content_hash, '') AS BLOB),
        CAST(group_concat(feature_id, '') AS BLOB), group_concat(length(CAST(feature_id AS BLOB)))
        {{more}}
    FROM feature WHERE fid >= :first AND fid < :last AND +{_OF_LAYER.strip()}
"""  # noqa: S608 ours
_WHOLE = f""",
        CAST(group_concat(substr(geometry, {_WKB_AT}), '') AS BLOB),
        group_concat(length(geometry) - {_WKB_AT - 1}),
        CAST(group_concat(attributes, '') AS BLOB), group_concat(length(CAST(attributes AS BLOB)))
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
        self, connection: sa.Connection, layer_id: str, version: int, features: pa.Table
    ) -> None:
        """Add features and their boxes; fids are taken in order after the last one."""
        first = fid = 1 + (connection.scalar(sa.text("SELECT max(fid) FROM feature")) or 0)
        insert = _INSERT.format(layer=quote_text(layer_id), version=int(version))
        srs_id = srid_of(crs_of(features))
        boxes = []
        for ids, hashes, texts, blobs, edges in ahead(
            partial(_rows, batch, srs_id) for batch in features.to_batches(max_chunksize=_WRITTEN)
        ):
            # the driver's own parameters: naming each of them takes as long as storing them
            rows = list(zip(range(fid, fid + len(ids)), ids, hashes, texts, blobs, strict=True))
            connection.exec_driver_sql(insert, rows)
            boxes.append(edges)
            fid += len(ids)
        if not boxes:
            return
        slots = np.full((fid - first, 2), [_slot(layer_id), _slot(layer_id) + _SLOT_DEPTH])
        edges = np.concatenate(boxes)[:, [0, 2, 1, 3]]
        add_boxes(connection, "feature_box", np.arange(first, fid), np.hstack([edges, slots]))

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
        query = sa.text(_PIECE.format(more=_WHOLE if whole else ""))
        # where the layer's rows lie far apart, all of them are one piece
        step = _READ if most - least < _SPARSE * count else most - least + 1
        for first in range(least, most + 1, step):
            place = {"first": first, "last": first + step}
            piece = connection.execute(query, values | place).one()
            if piece[0]:
                yield _columns(tuple(piece))

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


def _rows(
    features: pa.RecordBatch, srs_id: int
) -> tuple[list[str], list[str], list[str], list[bytes], Boxes]:
    """Ids, hashes, attributes, blobs and boxes, shape (n, 4), of a feature table."""
    boxes = shapely.bounds(geometries(features))
    texts = (column(features, name) for name in ("feature_id", "content_hash", "attributes"))
    ids, hashes, attributes = texts
    return ids, hashes, attributes, blobs(features.column("geometry"), boxes, srs_id), boxes


def blobs(wkb: pa.Array, boxes: Boxes, srs_id: int) -> list[bytes]:
    """GeoPackage blobs from WKB and boxes, shape (n, 4)."""
    heads = np.zeros(len(wkb), dtype=_HEADER)
    heads["magic"], heads["flags"], heads["srs_id"] = b"GP", _FLAGS, srs_id
    heads["envelope"] = boxes[:, [0, 2, 1, 3]]
    found: list[bytes] = joined(fixed(heads), wkb).to_pylist()
    return found


def _columns(piece: tuple[Any, ...]) -> pa.RecordBatch:
    """What `_PIECE` answers as columns."""
    count, fids, hashes, ids, id_sizes, *more = piece
    columns = {
        "fid": pa.array(_numbers(fids)),
        "feature_id": column_of(ids, _numbers(id_sizes), pa.string()),
        "content_hash": column_of(hashes, np.full(count, _HASH_DIGITS), pa.string()),
    }
    if more:
        wkb, wkb_sizes, texts, text_sizes = more
        columns["geometry"] = column_of(wkb, _numbers(wkb_sizes), pa.binary())
        columns["attributes"] = column_of(texts, _numbers(text_sizes), pa.string())
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
