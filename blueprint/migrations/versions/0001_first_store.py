"""The first store: layers, versions, features, snapshots, checks, conflicts, audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_GEOPACKAGE = (
    "PRAGMA application_id = 0x47504B47",
    "PRAGMA user_version = 10300",
    """CREATE TABLE gpkg_spatial_ref_sys (
        srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
        organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)""",
    """CREATE TABLE gpkg_contents (
        table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '',
        last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
        CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id)
            REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE gpkg_geometry_columns (
        table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
        srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
        CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
        CONSTRAINT uk_gc_table_name UNIQUE (table_name),
        CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
        CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE gpkg_extensions (
        table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
        definition TEXT NOT NULL, scope TEXT NOT NULL,
        CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))""",
    """INSERT INTO gpkg_spatial_ref_sys VALUES
        ('Undefined Cartesian', -1, 'NONE', -1, 'undefined', NULL),
        ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL),
        ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",'
         || '6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],'
         || 'AUTHORITY["EPSG","4326"]]', NULL)""",
    # GDAL's own table, where it and QGIS look for the number of features in a view
    """CREATE TABLE gpkg_ogr_contents (
        table_name TEXT NOT NULL PRIMARY KEY, feature_count INTEGER DEFAULT NULL)""",
    """CREATE VIRTUAL TABLE feature_box
        USING rtree (id, minx, maxx, miny, maxy, minslot, maxslot)""",
    # one table listed as attributes keeps desktop GIS from listing all the unlisted ones
    """INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
        VALUES ('layer_version', 'attributes', 'layer_version', 'Deliveries of every layer')""",
)


def upgrade() -> None:
    """Make every table; what differs between the two databases is said where it differs."""
    postgis = op.get_bind().dialect.name == "postgresql"
    key = sa.BigInteger() if postgis else sa.Integer()
    time = sa.DateTime(timezone=True)
    if postgis:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "setting",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "layer",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("geometry", sa.Text, nullable=False),
    )
    op.create_table(
        "source_file",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "layer_version",
        sa.Column("layer_id", sa.Text, sa.ForeignKey("layer.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("delivered_at", time, nullable=False),
        sa.Column("effective", sa.Date, nullable=False),
        sa.Column("feature_count", sa.Integer, nullable=False),
        sa.Column("quarantined_count", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("source_sha256", sa.Text, sa.ForeignKey("source_file.sha256"), nullable=False),
        sa.Column("source_layer", sa.Text),
        sa.Column("report", sa.Text, nullable=False),
    )
    version_key = sa.ForeignKeyConstraint(
        ["layer_id", "version"], ["layer_version.layer_id", "layer_version.version"]
    )
    op.create_table(
        "quarantine",
        sa.Column("id", key, primary_key=True),
        sa.Column("layer_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("wkb", sa.LargeBinary),
        *(sa.Column(edge, sa.Double) for edge in ("minx", "miny", "maxx", "maxy")),
        sa.Column("attributes", sa.Text, nullable=False),
        version_key,
    )
    op.create_index("quarantine_by_version", "quarantine", ["layer_id", "version"])
    _features(postgis=postgis)
    op.create_table(
        "catalogue",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("loaded_at", time, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "rule_pack",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "snapshot",
        sa.Column("ordinal", key, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("published_at", time, nullable=False),
        sa.Column("catalogue_sha256", sa.Text, sa.ForeignKey("catalogue.sha256"), nullable=False),
        sa.Column("rule_pack_sha256", sa.Text, sa.ForeignKey("rule_pack.sha256"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_table(
        "snapshot_layer",
        sa.Column("snapshot_id", sa.Text, sa.ForeignKey("snapshot.id"), primary_key=True),
        sa.Column("layer_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["layer_id", "version"], ["layer_version.layer_id", "layer_version.version"]
        ),
    )
    op.create_table(
        "site_check",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("checked_at", time, nullable=False),
        sa.Column("snapshot_id", sa.Text, sa.ForeignKey("snapshot.id"), nullable=False),
        sa.Column("clearance", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "conflict_run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("searched_at", time, nullable=False),
        sa.Column("snapshot_id", sa.Text, sa.ForeignKey("snapshot.id"), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "conflict",
        sa.Column("id", key, primary_key=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("conflict_run.id"), nullable=False, index=True),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("left_id", sa.Text, nullable=False),
        sa.Column("right_id", sa.Text, nullable=False),
        sa.Column("band", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.Double, nullable=False)
            for name in ("projected_m2", "ellipsoidal_m2", "width_m")
        ),
        sa.Column("wkb", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", key, primary_key=True),
        sa.Column("at", time, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("actor", "action", "object", "detail")
        ),
    )
    if not postgis:
        for statement in _GEOPACKAGE:
            op.execute(statement)


def _features(*, postgis: bool) -> None:
    columns = (
        "layer_id TEXT NOT NULL, feature_id TEXT NOT NULL, version_from INTEGER NOT NULL, "
        "version_until INTEGER, content_hash TEXT NOT NULL, attributes TEXT NOT NULL"
    )
    if postgis:
        op.execute("CREATE SEQUENCE feature_fid")
        op.execute(
            f"CREATE TABLE feature (fid BIGINT NOT NULL DEFAULT nextval('feature_fid'), {columns}, "
            "geometry geometry NOT NULL, PRIMARY KEY (layer_id, fid)) PARTITION BY LIST (layer_id)"
        )
        op.execute("CREATE INDEX feature_place ON feature USING gist (geometry)")
        op.execute("ALTER SEQUENCE feature_fid OWNED BY feature.fid")
    else:
        op.execute(
            f"CREATE TABLE feature (fid INTEGER PRIMARY KEY NOT NULL, {columns}, "
            "geometry GEOMETRY NOT NULL)"
        )
        op.execute("CREATE INDEX feature_by_layer ON feature (layer_id, version_from)")
