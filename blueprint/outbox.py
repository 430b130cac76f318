"""Events, written in the transaction of the change that they tell of; workers tell them later.

An event names what it is about and says nothing of it: what a subscriber may know is looked up when
it is told. Nothing is written while nobody wants to be told.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args
from uuid import uuid4

import sqlalchemy as sa

from blueprint.registry import now
from blueprint.service_models import EventRow, WebhookRow

EventKind = Literal[
    "finding-stored", "conflict-changed", "verdict-would-differ", "case-would-differ"
]
EVENTS: tuple[EventKind, ...] = get_args(EventKind)


def is_wanted(connection: sa.Connection, kind: EventKind) -> bool:
    """Whether anybody wants to be told of events of that kind."""
    wanted = sa.select(WebhookRow.events).where(WebhookRow.disabled_at.is_(None))
    return any(kind in events.split(",") for events in connection.scalars(wanted))


def tell(connection: sa.Connection, kind: EventKind, subject: Mapping[str, Any]) -> None:
    """Write an event, if anybody wants it."""
    if is_wanted(connection, kind):
        values = {
            "id": f"evt_{uuid4().hex}",
            "kind": kind,
            "at": now(),
            "subject": json.dumps(subject),
        }
        connection.execute(sa.insert(EventRow).values(values))
