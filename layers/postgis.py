"""The server store: PostGIS, `feature` partitioned by layer, COPY in, binary out, GiST."""

import psycopg
import pyarrow as pa
import shapely
import sqlalchemy as sa

from layers.crs import srid_of
from layers.table import Bounds, column, crs_of, feature_schema, geometries
from layers.versions import Layer, Pins
from layers.views import quote_name, quote_text, view_columns

_COPY = (
    "COPY feature (layer_id, feature_id, version_from, content_hash, attributes, geometry) "
    "FROM STDIN (FORMAT BINARY)"
)
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
        """Make the layer's partition and its view."""
        partition = quote_name(f"feature_{layer.id}")
        # attached, not made as a partition at once: that would wait for every reader of any layer
        _run(connection, f"CREATE TABLE {partition} (LIKE feature INCLUDING DEFAULTS)")
        _run(
            connection,
            f"ALTER TABLE feature ATTACH PARTITION {partition} "
            f"FOR VALUES IN ({quote_text(layer.id)})",
        )
        self.show(connection, layer, feature_schema(crs).empty_table())

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
        with _driver(connection).cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(["text", "text", "int4", "text", "text", "bytea"])
            for feature_id, content_hash, attributes, ewkb in rows:
                copy.write_row((layer_id, feature_id, version, content_hash, attributes, ewkb))

    def show(self, connection: sa.Connection, layer: Layer, features: pa.Table) -> None:
        """Renew the layer's view, named and typed for desktop GIS, where its columns change."""
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


def _driver(connection: sa.Connection) -> psycopg.Connection[tuple[str, str, bytes, str, str]]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _run(connection: sa.Connection, statement: str) -> None:
    # the driver takes % for a parameter even where there is none
    connection.exec_driver_sql(statement.replace("%", "%%"))
