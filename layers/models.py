"""The tables of the layer store, one set of models for both databases.

`Geometry` is what differs: GeoAlchemy2's type on PostGIS, a GeoPackage blob on SQLite. Features
carry the range of versions they live in, so an unchanged feature is stored once.
"""

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from geoalchemy2 import Geometry as PostgisGeometry
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import LargeBinary, TypeDecorator

# on SQLite only an INTEGER PRIMARY KEY numbers itself
BigKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class StoredGeometry(TypeDecorator[bytes]):
    """A geometry column: `geometry` on PostGIS, a GeoPackage blob elsewhere."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """PostGIS gets GeoAlchemy2's type without its own index: partitions carry theirs."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(PostgisGeometry(spatial_index=False))
        return dialect.type_descriptor(LargeBinary())


class Moment(TypeDecorator[datetime]):
    """A point in time, UTC in and out: SQLite keeps no zone, PostgreSQL answers in its own."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """A time without a zone would mean another one on every machine."""
        del dialect
        if value is not None and value.tzinfo is None:
            message = f"{value}: a moment needs its time zone"
            raise ValueError(message)
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """What SQLite gives back without a zone was written in UTC."""
        del dialect
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Metadata of every table of the store, those of `blueprint` too."""


class SettingRow(Base):
    """What was fixed at `init`: the working CRS."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)


class LayerRow(Base):
    """A layer that the store can hold versions of."""

    __tablename__ = "layer"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, unique=True)
    geometry: Mapped[str] = mapped_column(sa.Text)


class SourceFileRow(Base):
    """A delivered file as it came, by its SHA-256: the legal geometry before any repair."""

    __tablename__ = "source_file"
    sha256: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)


class SourceChunkRow(Base):
    """A piece of delivered files, by its own SHA-256: what two deliveries share is kept once."""

    __tablename__ = "source_chunk"
    sha256: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class SourcePartRow(Base):
    """Which pieces in which order are a delivered file."""

    __tablename__ = "source_part"
    file_sha256: Mapped[str] = mapped_column(
        sa.Text, sa.ForeignKey("source_file.sha256"), primary_key=True
    )
    ordinal: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    chunk_sha256: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("source_chunk.sha256"))


class LayerVersionRow(Base):
    """One immutable delivery of a layer."""

    __tablename__ = "layer_version"
    layer_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("layer.id"), primary_key=True)
    version: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    delivered_at: Mapped[datetime] = mapped_column(Moment)
    effective: Mapped[date] = mapped_column(sa.Date)
    feature_count: Mapped[int] = mapped_column(sa.Integer)
    quarantined_count: Mapped[int] = mapped_column(sa.Integer)
    digest: Mapped[str] = mapped_column(sa.Text)
    source_sha256: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("source_file.sha256"))
    source_layer: Mapped[str | None] = mapped_column(sa.Text)
    size: Mapped[float | None] = mapped_column(sa.Double)
    approximate: Mapped[str | None] = mapped_column(sa.Text)


class DeliveryRow(Base):
    """Every file that was handed in for a layer, taken or refused, with the report on it."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    layer_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("layer.id"), index=True)
    version: Mapped[int | None] = mapped_column(sa.Integer)
    delivered_at: Mapped[datetime] = mapped_column(Moment)
    effective: Mapped[date] = mapped_column(sa.Date)
    source_sha256: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("source_file.sha256"))
    source_layer: Mapped[str | None] = mapped_column(sa.Text)
    refused: Mapped[str | None] = mapped_column(sa.Text)
    report: Mapped[str] = mapped_column(sa.Text)


class IssueRow(Base):
    """Something about one row of a delivery: repaired, set aside or noticed."""

    __tablename__ = "delivery_issue"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(BigKey, sa.ForeignKey("delivery.id"), index=True)
    row: Mapped[int] = mapped_column(sa.Integer)
    kind: Mapped[str] = mapped_column(sa.Text)
    action: Mapped[str] = mapped_column(sa.Text)
    detail: Mapped[str] = mapped_column(sa.Text)
    feature_id: Mapped[str | None] = mapped_column(sa.Text)
    area_moved_m2: Mapped[float] = mapped_column(sa.Double)


class QuarantineRow(Base):
    """A delivered row that no answer may rest on, kept as delivered."""

    __tablename__ = "quarantine"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    layer_id: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(sa.Integer)
    row: Mapped[int] = mapped_column(sa.Integer)
    reason: Mapped[str] = mapped_column(sa.Text)
    wkb: Mapped[bytes | None] = mapped_column(LargeBinary)
    minx: Mapped[float | None] = mapped_column(sa.Double)
    miny: Mapped[float | None] = mapped_column(sa.Double)
    maxx: Mapped[float | None] = mapped_column(sa.Double)
    maxy: Mapped[float | None] = mapped_column(sa.Double)
    attributes: Mapped[str] = mapped_column(sa.Text)

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["layer_id", "version"], ["layer_version.layer_id", "layer_version.version"]
        ),
        sa.Index("quarantine_by_version", "layer_id", "version"),
    )


class FeatureRow(Base):
    """A feature, alive from `version_from` until the version before `version_until`."""

    __tablename__ = "feature"
    fid: Mapped[int] = mapped_column(BigKey, primary_key=True)
    layer_id: Mapped[str] = mapped_column(sa.Text)
    feature_id: Mapped[str] = mapped_column(sa.Text)
    version_from: Mapped[int] = mapped_column(sa.Integer)
    version_until: Mapped[int | None] = mapped_column(sa.Integer)
    content_hash: Mapped[str] = mapped_column(sa.Text)
    attributes: Mapped[str] = mapped_column(sa.Text)
    geometry: Mapped[bytes] = mapped_column(StoredGeometry)
