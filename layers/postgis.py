"""The server store: PostGIS, `feature` partitioned by layer, COPY in, binary out, GiST."""

import json
from typing import Any

import psycopg
import pyarrow as pa
import shapely
import sqlalchemy as sa
from geoalchemy2.functions import ST_AsBinary, ST_MakeEnvelope

from layers.crs import srid_of
from layers.models import FeatureRow
from layers.table import Bounds, column, crs_of, geometries

_COPY = (
    "COPY feature (layer_id, feature_id, version_from, content_hash, attributes, geometry) "
    "FROM STDIN (FORMAT BINARY)"
)
_VIEW_TYPE = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "MultiPoint"}


class PostGIS:
    """The PostgreSQL side of the layer store: see `layers.store.Dialect`."""

    def prepare_layer(self, connection: sa.Connection, layer: Any, crs: str) -> None:
        """Make the layer's partition and its view."""
        partition = _quote(connection, f"feature_{layer.id}")
        connection.exec_driver_sql(
            f"CREATE TABLE {partition} PARTITION OF feature FOR VALUES IN ('{_sql(layer.id)}')"
        )
        self.show(connection, layer, crs, [])

    def insert(
        self, connection: sa.Connection, layer_id: str, version: int, features: pa.Table
    ) -> None:
        """Add features by binary COPY; PostGIS reads EWKB as a geometry's binary form."""
        shapes = shapely.set_srid(geometries(features), srid_of(crs_of(features)))
        rows = zip(
            column(features, "feature_id"),
            column(features, "content_hash"),
            column(features, "attributes"),
            shapely.to_wkb(shapes, include_srid=True),
            strict=True,
        )
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(["text", "text", "int4", "text", "text", "bytea"])
            for feature_id, content_hash, attributes, ewkb in rows:
                copy.write_row((layer_id, feature_id, version, content_hash, attributes, ewkb))

    def show(self, connection: sa.Connection, layer: Any, crs: str, fields: list[str]) -> None:
        """Renew the layer's view, named and typed for desktop GIS."""
        view = _quote(connection, layer.name)
        kind = _VIEW_TYPE[layer.geometry]
        chosen = [
            f"CAST(attributes AS json) ->> '{_sql(name)}' AS {_quote(connection, name)}"
            for name in fields
            if name not in ("fid", "feature_id", "geometry") and len(name.encode()) < 64
        ]
        shape = f"geometry::geometry({kind}, {srid_of(crs)}) AS geometry"
        columns = ", ".join(["fid", "feature_id", shape, *chosen]).replace("%", "%%")
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view}")
        connection.exec_driver_sql(
            f"CREATE VIEW {view} AS SELECT {columns} FROM feature "  # noqa: S608
            f"WHERE layer_id = '{_sql(layer.id)}' AND version_until IS NULL"
        )

    def select(
        self, connection: sa.Connection, pins: Any, bounds: Bounds | None, crs: str
    ) -> list[tuple[str, str, bytes, str, str]]:
        """Rows of the pinned versions; GiST narrows them where bounds are given."""
        f = FeatureRow
        pin = sa.func.json_each_text(sa.cast(json.dumps(dict(pins)), sa.JSON(none_as_null=True)))
        pin_rows = pin.table_valued("key", "value").alias("pin")
        version = sa.cast(pin_rows.c.value, sa.Integer)
        query = (
            sa.select(
                f.layer_id,
                f.feature_id,
                ST_AsBinary(f.geometry, "NDR", type_=sa.LargeBinary),
                f.content_hash,
                f.attributes,
            )
            .join(pin_rows, f.layer_id == pin_rows.c.key)
            # said twice so that the planner leaves out the partitions of other layers
            .where(f.layer_id.in_(list(pins)))
            .where(f.version_from <= version)
            .where(f.version_until.is_(None) | (f.version_until > version))
        )
        if bounds is not None:
            envelope = ST_MakeEnvelope(*bounds, srid_of(crs))
            query = query.where(f.geometry.op("&&", is_comparison=True)(envelope))
        return [
            (row[0], row[1], bytes(row[2]), row[3], row[4]) for row in connection.execute(query)
        ]


def _quote(connection: sa.Connection, name: str) -> str:
    return str(connection.dialect.identifier_preparer.quote_identifier(name))


def _sql(text: str) -> str:
    return text.replace("'", "''")
