"""The tables of the planning domain, beside those of the layer store in the same database.

Documents (a catalogue, a rule pack, a site check) are kept as canonical JSON text: what was
answered once is answered again with the same content, whatever the code has become since.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from layers.models import Base, BigKey, Moment


class CatalogueRow(Base):
    """A catalogue as it was loaded, by the hash of its document."""

    __tablename__ = "catalogue"
    sha256: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    loaded_at: Mapped[datetime] = mapped_column(Moment)
    document: Mapped[str] = mapped_column(sa.Text)


class RulePackRow(Base):
    """A rule pack as it was published, by the hash of its document."""

    __tablename__ = "rule_pack"
    sha256: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    document: Mapped[str] = mapped_column(sa.Text)


class SnapshotRow(Base):
    """A published state of the blueprint."""

    __tablename__ = "snapshot"
    ordinal: Mapped[int] = mapped_column(BigKey, primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, unique=True)
    published_at: Mapped[datetime] = mapped_column(Moment)
    catalogue_sha256: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("catalogue.sha256"))
    rule_pack_sha256: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("rule_pack.sha256"))
    digest: Mapped[str] = mapped_column(sa.Text)


class SnapshotLayerRow(Base):
    """The version of one layer that a snapshot pins."""

    __tablename__ = "snapshot_layer"
    snapshot_id: Mapped[str] = mapped_column(
        sa.Text, sa.ForeignKey("snapshot.id"), primary_key=True
    )
    layer_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    version: Mapped[int] = mapped_column(sa.Integer)

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["layer_id", "version"], ["layer_version.layer_id", "layer_version.version"]
        ),
    )


class Linked:
    """The place of a row in a chain (`blueprint.chain`); those from before the chain have none."""

    ordinal: Mapped[int | None] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None] = mapped_column(sa.Text)
    previous: Mapped[str | None] = mapped_column(sa.Text)
    seal: Mapped[str | None] = mapped_column(sa.Text)


class SiteCheckRow(Linked, Base):
    """A site check, kept as it was answered."""

    __tablename__ = "site_check"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    checked_at: Mapped[datetime] = mapped_column(Moment)
    snapshot_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("snapshot.id"))
    clearance: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)

    __table_args__ = (sa.Index("site_check_chain", "ordinal", unique=True),)


class ChainHeadRow(Base):
    """Where a chain of documents ends: the last link's ordinal and seal."""

    __tablename__ = "chain_head"
    chain: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    ordinal: Mapped[int] = mapped_column(sa.BigInteger)
    seal: Mapped[str] = mapped_column(sa.Text)


class ConflictRunRow(Base):
    """One search for conflicts over a snapshot."""

    __tablename__ = "conflict_run"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    ordinal: Mapped[int] = mapped_column(sa.Integer, server_default="0")
    searched_at: Mapped[datetime] = mapped_column(Moment)
    snapshot_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("snapshot.id"))
    document: Mapped[str] = mapped_column(sa.Text)


class ConflictSearchRow(Base):
    """The search of one rule in a run: the conflicts of a first run, and what came and went since.

    Runs that go on from each other are a series; `point` is the place in it, the first one's is 1.
    """

    __tablename__ = "conflict_search"
    run_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("conflict_run.id"), primary_key=True)
    rule_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    first_run_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("conflict_run.id"), index=True)
    point: Mapped[int] = mapped_column(sa.Integer)


class ConflictRow(Base):
    """One conflict of a series of runs, stored once however many of them found it.

    `run_id` is the first run of the series; the conflict is there from the point `point_from` on,
    and not any more from `point_until` on. `CONFLICT_OF_RUN` has them run by run. `conflict_id` is
    what it is called in every run. Of a `matrix` rule, with its difference and its classes.
    """

    __tablename__ = "conflict"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("conflict_run.id"))
    rule_id: Mapped[str] = mapped_column(sa.Text)
    left_id: Mapped[str] = mapped_column(sa.Text)
    right_id: Mapped[str] = mapped_column(sa.Text)
    band: Mapped[str] = mapped_column(sa.Text)
    projected_m2: Mapped[float] = mapped_column(sa.Double)
    ellipsoidal_m2: Mapped[float] = mapped_column(sa.Double)
    width_m: Mapped[float] = mapped_column(sa.Double)
    difference: Mapped[str | None] = mapped_column(sa.Text)
    left_class: Mapped[str | None] = mapped_column(sa.Text)
    right_class: Mapped[str | None] = mapped_column(sa.Text)
    wkb: Mapped[bytes] = mapped_column(sa.LargeBinary)
    conflict_id: Mapped[str] = mapped_column(sa.Text, server_default="", index=True)
    point_from: Mapped[int] = mapped_column(sa.Integer, server_default="1")
    point_until: Mapped[int | None] = mapped_column(sa.Integer)

    __table_args__ = (sa.Index("ix_conflict_by_left", "run_id", "rule_id", "left_id"),)


CONFLICT_OF_RUN = sa.table(
    "conflict_of_run",
    *(
        sa.column(column.name, column.type)
        for column in ConflictRow.__table__.columns
        if column.name not in ("point_from", "point_until")
    ),
)
"""The view that has every conflict of every run, as if each run had rows of its own."""


class ConflictAliasRow(Base):
    """A pair of features that goes on with the conflict of another pair: see `identity`."""

    __tablename__ = "conflict_alias"
    pair_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    conflict_id: Mapped[str] = mapped_column(sa.Text)
    run_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("conflict_run.id"))


class ConflictEntryRow(Base):
    """One step in the life of a conflict; the table refuses any change of what is there."""

    __tablename__ = "conflict_entry"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    conflict_id: Mapped[str] = mapped_column(sa.Text, index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    day: Mapped[date] = mapped_column(sa.Date)
    who: Mapped[str] = mapped_column(sa.Text)
    before: Mapped[str] = mapped_column(sa.Text)
    after: Mapped[str] = mapped_column(sa.Text)
    snapshot_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("snapshot.id"))
    document: Mapped[str] = mapped_column(sa.Text)


class AuditRow(Linked, Base):
    """Who did what to which object, when; the table refuses any change."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(sa.Text)
    action: Mapped[str] = mapped_column(sa.Text)
    object: Mapped[str] = mapped_column(sa.Text)
    detail: Mapped[str] = mapped_column(sa.Text)

    __table_args__ = (sa.Index("audit_log_chain", "ordinal", unique=True),)


class ApiKeyRow(Base):
    """A key of a machine that calls, by the hash of its text; lists are joined by commas."""

    __tablename__ = "api_key"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[str] = mapped_column(sa.Text)
    departments: Mapped[str] = mapped_column(sa.Text)
    scopes: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
