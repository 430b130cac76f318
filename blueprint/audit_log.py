"""The audit log (审计日志): who asked, changed or saw what. It is only added to.

Input: entries, within the transaction that does what they tell of. Each is a link of a chain
(`blueprint.chain`), so that one that was altered, deleted or moved shows; the table itself refuses
changes. Who acts is told once, around all that is done for him (`acting`); otherwise it is the
user of the operating system.
"""

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from blueprint.kept_chain import KeptChain, Texts, moment_of
from blueprint.models import AuditRow
from layers.table import canonical_json


@dataclass(slots=True)
class Actor:
    """Who acts; `entries` counts what was entered of it."""

    name: str
    entries: int = 0


_ACTING: ContextVar[Actor | None] = ContextVar("acting", default=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to which object, when (UTC, to the second)."""

    at: datetime
    actor: str
    action: str
    object: str
    detail: str = ""

    @property
    def document(self) -> str:
        """What is sealed."""
        moment = self.at.astimezone(UTC).isoformat()
        return canonical_json([moment, self.actor, self.action, self.object, self.detail])


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Whatever is entered within, in this thread and those that it has work done in, is his."""
    token = _ACTING.set(actor)
    try:
        yield
    finally:
        _ACTING.reset(token)


def actor_name() -> str:
    """Who acts, and one more entry is made of it."""
    actor = _ACTING.get()
    if actor is not None:
        actor.entries += 1
        return actor.name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def enter(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Add entries, in their order.

    The chain is taken from here to the end of the transaction: let it be the last thing in there.
    """
    links = _CHAIN.add(connection, (entry.document for entry in entries))
    rows = [
        {
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "object": entry.object,
            "detail": entry.detail,
            **link,
        }
        for entry, link in zip(entries, links, strict=True)
    ]
    connection.execute(sa.insert(AuditRow), rows)


def list_entries(
    connection: sa.Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    object_: str | None = None,
    limit: int = 100,
) -> list[Entry]:
    """The newest entries, the newest first; of texts that begin so, where one is given."""
    row = AuditRow
    query = sa.select(row.at, row.actor, row.action, row.object, row.detail)
    for column, text in ((row.actor, actor), (row.action, action), (row.object, object_)):
        if text is not None:
            query = query.where(column.startswith(text, autoescape=True))
    return [
        Entry(*found) for found in connection.execute(query.order_by(row.id.desc()).limit(limit))
    ]


def _document(said: Texts) -> str | None:
    """What was sealed of an entry, from its columns; None: they are not what can be written."""
    moment, *texts = said
    try:
        at = moment_of(moment)
    except ValueError:
        return None
    kept = [text for text in texts if text is not None]
    return Entry(at, *kept).document if len(kept) == len(texts) else None


_CHAIN = KeptChain(
    "audit",
    AuditRow,
    (AuditRow.at, AuditRow.actor, AuditRow.action, AuditRow.object, AuditRow.detail),
    document=_document,
    called=lambda said: f"{said[2]} {said[3]}",
)
follow_audit = _CHAIN.follow
"""Follow the chain of all entries: `KeptChain.follow`."""
