"""Webhooks: who wants to be told of which events, where, and with what it is signed.

All of them are the administrators'. A webhook is told no more than its own clearance may see.
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from pydantic import Field

from blueprint.clearance import Clearance
from blueprint.errors import InvalidWebhook, UnknownWebhook
from blueprint.events.places import check_address
from blueprint.outbox import EVENTS, EventKind
from blueprint.registry import audit, now
from blueprint.service_models import EventRow, WebhookDeliveryRow, WebhookRow
from blueprint.values import Value

_MOST_OF_ONE = 50
_SECRET_BYTES = 32
OLD_SECRET_HOURS = 24
"""For so long after a rotation everything is signed with the old secret as well."""


class Webhook(Value):
    """Someone to be told; `secret` only where it was just made."""

    id: str
    owner: str
    url: str
    events: list[EventKind]
    clearance: Clearance
    created_at: datetime
    failures: int = Field(description="attempts in a row that failed")
    disabled_at: datetime | None = None
    disabled_for: str | None = None
    secret: str | None = None


class WebhookDelivery(Value):
    """One event on its way to a webhook, and how that went."""

    delivery: int
    event: str
    kind: EventKind
    at: datetime
    status: str
    attempts: int
    next_at: datetime | None
    tried_at: datetime | None
    answered: int | None
    error: str | None


def add_webhook(
    connection: sa.Connection, owner: str, clearance: Clearance, url: str, events: Sequence[str]
) -> Webhook:
    """Begin to tell someone of events; the secret is shown this once.

    Raises:
        InvalidWebhook: nothing may be sent there, or there are no such events.
    """
    chosen = [kind for kind in EVENTS if kind in events]
    if not chosen or not set(events) <= set(EVENTS):
        raise InvalidWebhook(f"events: there are {', '.join(EVENTS)}; name at least one of them")
    check_address(url)
    count = sa.select(sa.func.count()).where(WebhookRow.owner == owner)
    if (connection.scalar(count) or 0) >= _MOST_OF_ONE:
        raise InvalidWebhook(f"{url}: you have {_MOST_OF_ONE} webhooks already; remove some")
    webhook_id, secret = f"wh_{uuid4().hex}", _new_secret()
    values = {
        "id": webhook_id,
        "owner": owner,
        "clearance": clearance,
        "url": url,
        "events": ",".join(chosen),
        "secret": secret,
        "created_at": now(),
        "failures": 0,
    }
    connection.execute(sa.insert(WebhookRow).values(values))
    audit(connection, "webhook add", webhook_id, url)
    return _webhook(_row(connection, webhook_id), secret)


def list_webhooks(connection: sa.Connection) -> list[Webhook]:
    """Every webhook, the oldest first."""
    query = sa.select(WebhookRow.__table__)
    rows = connection.execute(query.order_by(WebhookRow.created_at, WebhookRow.id))
    return [_webhook(row) for row in rows]


def find_webhook(connection: sa.Connection, webhook_id: str) -> Webhook:
    """One webhook.

    Raises:
        UnknownWebhook: there is none of that id.
    """
    return _webhook(_row(connection, webhook_id))


def remove_webhook(connection: sa.Connection, webhook_id: str) -> None:
    """Tell it of nothing any more, and forget what it was told.

    Raises:
        UnknownWebhook: there is none of that id.
    """
    row = _row(connection, webhook_id)
    deliveries = WebhookDeliveryRow.webhook_id == row.id
    connection.execute(sa.delete(WebhookDeliveryRow).where(deliveries))
    connection.execute(sa.delete(WebhookRow).where(WebhookRow.id == row.id))
    audit(connection, "webhook remove", row.id, row.url)


def rotate_secret(connection: sa.Connection, webhook_id: str) -> Webhook:
    """Sign with a new secret, shown this once, and for a day with the old one as well.

    Raises:
        UnknownWebhook: there is none of that id.
    """
    row, secret = _row(connection, webhook_id), _new_secret()
    until = datetime.now(UTC) + timedelta(hours=OLD_SECRET_HOURS)
    values = {"secret": secret, "old_secret": row.secret, "old_secret_until": until}
    connection.execute(sa.update(WebhookRow).where(WebhookRow.id == row.id).values(values))
    audit(connection, "webhook rotate", row.id, row.url)
    return _webhook(_row(connection, webhook_id), secret)


def enable_webhook(connection: sa.Connection, webhook_id: str) -> Webhook:
    """Tell it again of what happens from now on.

    Raises:
        UnknownWebhook: there is none of that id.
    """
    row = _row(connection, webhook_id)
    values = {"failures": 0, "disabled_at": None, "disabled_for": None}
    connection.execute(sa.update(WebhookRow).where(WebhookRow.id == row.id).values(values))
    audit(connection, "webhook enable", row.id, row.url)
    return _webhook(_row(connection, webhook_id))


def deliveries_of(
    connection: sa.Connection, webhook_id: str, limit: int = 100
) -> list[WebhookDelivery]:
    """What a webhook was told, the newest first.

    Raises:
        UnknownWebhook: there is none of that id.
    """
    row, event = WebhookDeliveryRow, EventRow
    query = sa.select(
        row.number, row.event_id, event.kind, event.at, row.status, row.attempts, row.next_at,
        row.tried_at, row.answered, row.error,
    ).join(event, event.id == row.event_id)  # fmt: skip
    query = query.where(row.webhook_id == _row(connection, webhook_id).id)
    names = list(WebhookDelivery.model_fields)
    return [
        WebhookDelivery(**dict(zip(names, found, strict=True)))
        for found in connection.execute(query.order_by(row.number.desc()).limit(limit))
    ]


def _row(connection: sa.Connection, webhook_id: str) -> "sa.Row[Any]":
    row = None
    if webhook_id.isprintable():
        query = sa.select(WebhookRow.__table__).where(WebhookRow.id == webhook_id)
        row = connection.execute(query).first()
    if row is None:
        message = f"{webhook_id!a}: no such webhook; `blueprint webhooks list` has them"
        raise UnknownWebhook(message)
    return row


def _webhook(row: "sa.Row[Any]", secret: str | None = None) -> Webhook:
    return Webhook(
        id=row.id,
        owner=row.owner,
        url=row.url,
        events=row.events.split(","),
        clearance=row.clearance,
        created_at=row.created_at,
        failures=row.failures,
        disabled_at=row.disabled_at,
        disabled_for=row.disabled_for,
        secret=secret,
    )


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
