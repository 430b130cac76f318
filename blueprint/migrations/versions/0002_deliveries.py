"""Deliveries, taken and refused, with their issues; files in chunks; an index for each layer."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Move reports and files to their new tables; nothing of a version changes."""
    postgis = op.get_bind().dialect.name == "postgresql"
    _files(postgis=postgis)
    _deliveries(postgis=postgis)
    if postgis:
        _indexes_by_layer()
    else:
        op.execute("DROP INDEX feature_by_layer")
        op.execute(
            "CREATE INDEX feature_by_layer ON feature (layer_id, version_from, version_until)"
        )


def _files(*, postgis: bool) -> None:
    op.create_table(
        "source_chunk",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "source_part",
        sa.Column("file_sha256", sa.Text, sa.ForeignKey("source_file.sha256"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("chunk_sha256", sa.Text, sa.ForeignKey("source_chunk.sha256"), nullable=False),
    )
    if postgis:  # drawings do not grow smaller, trying takes longer than storing them
        op.execute("ALTER TABLE source_chunk ALTER content SET STORAGE EXTERNAL")
    # a file of the first revision is one piece, whose hash is the file's
    op.execute("INSERT INTO source_chunk SELECT sha256, content FROM source_file")
    op.execute("INSERT INTO source_part SELECT sha256, 0, sha256 FROM source_file")
    op.add_column(
        "source_file", sa.Column("size", sa.BigInteger, nullable=False, server_default="0")
    )
    op.execute("UPDATE source_file SET size = length(content)")
    op.drop_column("source_file", "content")


def _deliveries(*, postgis: bool) -> None:
    key = sa.BigInteger() if postgis else sa.Integer()
    op.create_table(
        "delivery",
        sa.Column("id", key, primary_key=True),
        sa.Column("layer_id", sa.Text, sa.ForeignKey("layer.id"), nullable=False, index=True),
        sa.Column("version", sa.Integer),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective", sa.Date, nullable=False),
        sa.Column("source_sha256", sa.Text, sa.ForeignKey("source_file.sha256"), nullable=False),
        sa.Column("source_layer", sa.Text),
        sa.Column("refused", sa.Text),
        sa.Column("report", sa.Text, nullable=False),
    )
    op.create_table(
        "delivery_issue",
        sa.Column("id", key, primary_key=True),
        sa.Column("delivery_id", key, sa.ForeignKey("delivery.id"), nullable=False, index=True),
        sa.Column("row", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "action", "detail")),
        sa.Column("feature_id", sa.Text),
        sa.Column("area_moved_m2", sa.Double, nullable=False),
    )
    op.execute(
        "INSERT INTO delivery (layer_id, version, delivered_at, effective, source_sha256, "
        "source_layer, report) SELECT layer_id, version, delivered_at, effective, source_sha256, "
        "source_layer, report FROM layer_version ORDER BY delivered_at, layer_id, version"
    )
    _issues()
    op.add_column("layer_version", sa.Column("size", sa.Double))
    op.add_column("layer_version", sa.Column("approximate", sa.Text))
    op.drop_column("layer_version", "report")


def _issues() -> None:
    """Each of the issues that the reports list becomes a row of its own."""
    kept = op.get_bind().execute(sa.text("SELECT id, report FROM delivery ORDER BY id")).all()
    insert = sa.text(
        "INSERT INTO delivery_issue "
        "(delivery_id, row, kind, action, detail, feature_id, area_moved_m2) "
        "VALUES (:delivery, :row, :kind, :action, :detail, :feature_id, :area_moved_m2)"
    )
    for number, report in kept:
        found = json.loads(report).get("issues", [])
        rows = [{"feature_id": None, "area_moved_m2": 0.0} | issue for issue in found]
        if rows:
            op.get_bind().execute(insert, [row | {"delivery": number} for row in rows])


def _indexes_by_layer() -> None:
    """One that all share must be kept up row by row; one of a layer is built when it is filled."""
    op.execute("DROP INDEX feature_place")
    partitions = op.get_bind().execute(
        sa.text(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'feature'::regclass"
        )
    )
    for (partition,) in partitions.all():
        filled = op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM {partition})"))  # noqa: S608
        if filled:
            op.execute(f"CREATE INDEX ON {partition} USING gist (geometry)")
