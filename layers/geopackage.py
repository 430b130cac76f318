"""The embedded store: features as GeoPackage blobs in a SQLite file that QGIS opens as it is.

Facts of the format (OGC 12-128r18): a geometry is the header `GP`, version, flags, srs_id and an
envelope, then WKB; layers are listed in gpkg_contents and gpkg_geometry_columns; the R*Tree
extension names its index rtree_<table>_<column>. Every layer's current version is a view over the
one `feature` table. The file is written through our own connection and never through GDAL, which
was seen to leave half a layer behind when killed.
"""

import json
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
import sqlalchemy as sa

from layers.crs import parse_crs, srid_of
from layers.table import Bounds, column, crs_of, geometries

_HEADER = struct.Struct("<2sBBi4d")
_FLAGS = 0b00000011  # little-endian, envelope of minx, maxx, miny, maxy
_WKB_AT = _HEADER.size + 1  # as SQL counts, from 1

_INSERT = sa.text(
    "INSERT INTO feature (layer_id, feature_id, version_from, content_hash, attributes, geometry) "
    "VALUES (:layer_id, :feature_id, :version, :content_hash, :attributes, :geometry)"
)
_INDEX = sa.text(
    "INSERT INTO rtree_feature_geometry (id, minx, maxx, miny, maxy) "
    "VALUES (:id, :minx, :maxx, :miny, :maxy)"
)
_SELECT = (
    f"SELECT f.layer_id, f.feature_id, substr(f.geometry, {_WKB_AT}), f.content_hash, "  # noqa: S608
    "f.attributes, f.version_from, f.version_until FROM "
)
_OF_LAYERS = "f.layer_id IN (SELECT key FROM json_each(:pins))"


class GeoPackage:
    """The SQLite side of the layer store: see `layers.store.Dialect`."""

    def prepare_layer(self, connection: sa.Connection, layer: Any, crs: str) -> None:
        """List the layer in the GeoPackage, still without features."""
        srs_id = _register_srs(connection, crs)
        self.show(connection, layer, crs, [])
        contents = (
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES (:name, 'features', :name, :srs_id)"
        )
        connection.execute(sa.text(contents), {"name": layer.name, "srs_id": srs_id})
        columns = (
            "INSERT INTO gpkg_geometry_columns VALUES (:name, 'geometry', :type, :srs_id, 0, 0)"
        )
        values = {"name": layer.name, "type": _GPKG_TYPE[layer.geometry], "srs_id": srs_id}
        connection.execute(sa.text(columns), values)

    def insert(
        self, connection: sa.Connection, layer_id: str, version: int, features: pa.Table
    ) -> None:
        """Add features and their boxes; fids are taken in order after the last one."""
        if features.num_rows == 0:
            return
        srs_id = srid_of(crs_of(features))
        boxes = shapely.bounds(geometries(features))
        blobs = encode_blobs(features.column("geometry").to_pylist(), boxes, srs_id)
        first = 1 + (connection.scalar(sa.text("SELECT max(fid) FROM feature")) or 0)
        rows = zip(
            column(features, "feature_id"),
            column(features, "content_hash"),
            column(features, "attributes"),
            blobs,
            strict=True,
        )
        connection.execute(
            _INSERT,
            [
                {
                    "layer_id": layer_id,
                    "feature_id": feature_id,
                    "version": version,
                    "content_hash": content_hash,
                    "attributes": attributes,
                    "geometry": blob,
                }
                for feature_id, content_hash, attributes, blob in rows
            ],
        )
        connection.execute(
            _INDEX,
            [
                {"id": first + at, "minx": b[0], "miny": b[1], "maxx": b[2], "maxy": b[3]}
                for at, b in enumerate(boxes.tolist())
            ],
        )

    def show(self, connection: sa.Connection, layer: Any, crs: str, fields: list[str]) -> None:
        """Renew the layer's view and its extent in the list of contents."""
        del crs
        view = connection.dialect.identifier_preparer.quote_identifier(layer.name)
        chosen = [
            f"""json_extract(attributes, '$."{_sql(name)}"') AS "{_sql(name)}\""""
            for name in fields
            if '"' not in name and name.lower() not in ("fid", "feature_id", "geometry")
        ]
        columns = ", ".join(["fid AS OGC_FID", "geometry", "feature_id", *chosen])
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view}")
        connection.exec_driver_sql(
            f"CREATE VIEW {view} AS SELECT {columns} FROM feature "  # noqa: S608
            f"WHERE layer_id = '{_sql(layer.id)}' AND version_until IS NULL"
        )
        extent = (
            "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), "
            "(min_x, min_y, max_x, max_y) = (SELECT min(minx), min(miny), max(maxx), max(maxy) "
            "FROM feature JOIN rtree_feature_geometry ON id = fid "
            "WHERE layer_id = :id AND version_until IS NULL) WHERE table_name = :name"
        )
        connection.execute(sa.text(extent), {"id": layer.id, "name": layer.name})

    def select(
        self, connection: sa.Connection, pins: Any, bounds: Bounds | None, crs: str
    ) -> list[tuple[str, str, bytes, str, str]]:
        """Rows of the pinned versions; the R*Tree narrows them where bounds are given."""
        del crs
        values: dict[str, object] = {"pins": json.dumps(dict(pins))}
        if bounds is None:
            query = f"{_SELECT} feature f WHERE {_OF_LAYERS}"
        else:
            values |= zip(("minx", "miny", "maxx", "maxy"), bounds, strict=True)
            query = (
                f"{_SELECT} rtree_feature_geometry r CROSS JOIN feature f ON f.fid = r.id "
                "WHERE r.minx <= :maxx AND r.maxx >= :minx AND r.miny <= :maxy AND r.maxy >= :miny "
                f"AND {_OF_LAYERS}"
            )
        rows = connection.execute(sa.text(query), values)
        return [
            (layer_id, feature_id, wkb, content_hash, attributes)
            for layer_id, feature_id, wkb, content_hash, attributes, start, end in rows
            if start <= pins[layer_id] and (end is None or end > pins[layer_id])
        ]


_GPKG_TYPE = {"polygon": "MULTIPOLYGON", "line": "MULTILINESTRING", "point": "MULTIPOINT"}


def encode_blobs(wkb: list[bytes], boxes: np.ndarray, srs_id: int) -> list[bytes]:
    """GeoPackage blobs from WKB and boxes of shape (n, 4)."""
    pack = _HEADER.pack
    return [
        pack(b"GP", 0, _FLAGS, srs_id, minx, maxx, miny, maxy) + body
        for body, (minx, miny, maxx, maxy) in zip(wkb, boxes.tolist(), strict=True)
    ]


def _sql(text: str) -> str:
    return text.replace("'", "''")


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
        organization = (crs.to_authority(min_confidence=100) or ("NONE", ""))[0]
        values = {"name": crs.name, "id": srs_id, "organization": organization}
        connection.execute(sa.text(insert), values | {"wkt": crs.to_wkt("WKT1_GDAL")})
    return srs_id
