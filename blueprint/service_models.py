"""The tables of a running service: jobs, uploads, answers kept by key, webhooks.

They are of one store and its servers: no copy of the store takes them over.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from layers.models import Base, BigKey, Moment

OF_THIS_STORE = {"info": {"of_this_store": True}}


class UploadRow(Base):
    """A file that a caller has brought, until a job takes it up or its time is over."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    owner: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (OF_THIS_STORE,)


class UploadChunkRow(Base):
    """A piece of an upload."""

    __tablename__ = "upload_chunk"
    upload_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("upload.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)

    __table_args__ = (OF_THIS_STORE,)


class JobRow(Base):
    """A process that was asked for: whose, how far, what it came to (`blueprint.jobs.record`)."""

    __tablename__ = "job"
    number: Mapped[int] = mapped_column(BigKey, primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, unique=True)
    process: Mapped[str] = mapped_column(sa.Text)
    owner: Mapped[str] = mapped_column(sa.Text, index=True)
    clearance: Mapped[str] = mapped_column(sa.Text)
    inputs: Mapped[str] = mapped_column(sa.Text)
    response: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text, index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    progress: Mapped[int] = mapped_column(sa.Integer)
    message: Mapped[str] = mapped_column(sa.Text)
    attempt: Mapped[int] = mapped_column(sa.Integer)
    outcome: Mapped[str | None] = mapped_column(sa.Text)

    __table_args__ = (OF_THIS_STORE,)


class KeptAnswerRow(Base):
    """What a caller's request of some key was answered with; `status` null: it is at work."""

    __tablename__ = "kept_answer"
    owner: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    claim: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    fingerprint: Mapped[str | None] = mapped_column(sa.Text)
    view: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[int | None] = mapped_column(sa.Integer)
    headers: Mapped[str | None] = mapped_column(sa.Text)
    body: Mapped[bytes | None] = mapped_column(sa.LargeBinary)

    __table_args__ = (OF_THIS_STORE,)


class WebhookRow(Base):
    """Someone to be told of events: where, which, signed how (`blueprint.events.webhooks`)."""

    __tablename__ = "webhook"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    owner: Mapped[str] = mapped_column(sa.Text)
    clearance: Mapped[str] = mapped_column(sa.Text)
    url: Mapped[str] = mapped_column(sa.Text)
    events: Mapped[str] = mapped_column(sa.Text)
    secret: Mapped[str] = mapped_column(sa.Text)
    old_secret: Mapped[str | None] = mapped_column(sa.Text)
    old_secret_until: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    failures: Mapped[int] = mapped_column(sa.Integer)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    disabled_for: Mapped[str | None] = mapped_column(sa.Text)

    __table_args__ = (OF_THIS_STORE,)


class EventRow(Base):
    """Something that happened, written with it; `sorted_at` null: nobody was told yet."""

    __tablename__ = "event"
    number: Mapped[int] = mapped_column(BigKey, primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, unique=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    subject: Mapped[str] = mapped_column(sa.Text)
    sorted_at: Mapped[datetime | None] = mapped_column(Moment, index=True)

    __table_args__ = (OF_THIS_STORE,)


class WebhookDeliveryRow(Base):
    """One event on its way to one webhook: how often it was tried, with what answer."""

    __tablename__ = "webhook_delivery"
    number: Mapped[int] = mapped_column(BigKey, primary_key=True)
    webhook_id: Mapped[str] = mapped_column(
        sa.Text, sa.ForeignKey("webhook.id", ondelete="CASCADE"), index=True
    )
    event_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("event.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(sa.Text)
    attempts: Mapped[int] = mapped_column(sa.Integer)
    next_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    tried_at: Mapped[datetime | None] = mapped_column(Moment)
    answered: Mapped[int | None] = mapped_column(sa.Integer)
    error: Mapped[str | None] = mapped_column(sa.Text)

    __table_args__ = (OF_THIS_STORE,)
