"""The audit log (审计日志): who asked, changed or saw what. It is only added to.

Input: entries, within the transaction that does what they tell of. Each is a link of a chain
(`blueprint.chain`), so that one that was altered, deleted or moved shows; the table itself refuses
changes. Who acts is told once, around all that is done for him (`acting`); otherwise it is the
user of the operating system.
"""

import getpass
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from blueprint.chain import Head, Held, Kept, Link, follow, start_of
from blueprint.kept_chain import add_links, chain_head, moment_of, raw, readable
from blueprint.models import AuditRow
from blueprint.values import text_hash
from layers.table import canonical_json

_CHAIN = "audit"
_READ_AT_ONCE = 1_000


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
    links = add_links(
        connection,
        _CHAIN,
        (entry.document for entry in entries),
        lambda: _last(connection),
        lambda: _from_before(connection),
    )
    rows = [
        {
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "object": entry.object,
            "detail": entry.detail,
            "ordinal": link.ordinal,
            "sha256": link.sha256,
            "previous": link.previous,
            "seal": link.seal,
        }
        for entry, link in zip(entries, links, strict=True)
    ]
    connection.execute(sa.insert(AuditRow), rows)


def follow_audit(connection: sa.Connection, noted: str | None = None) -> tuple[Held, int]:
    """Follow the chain of all entries; how many are from before there was one.

    `noted` is the seal of an earlier head, which has to be among those of the chain.
    """
    hashes = list(_from_before(connection))
    start = start_of(hashes)
    end = chain_head(connection, _CHAIN) or start
    with closing(_chained(connection)) as kept:
        return follow(kept, start, end, noted), len(hashes)


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


def _last(connection: sa.Connection) -> Head | None:
    query = sa.select(AuditRow.ordinal, AuditRow.seal).where(AuditRow.ordinal.is_not(None))
    row = connection.execute(query.order_by(AuditRow.ordinal.desc()).limit(1)).first()
    return None if row is None else Head(row.ordinal, row.seal or "")


def _columns(connection: sa.Connection) -> list[sa.SQLColumnExpression[object]]:
    row = AuditRow
    return [raw(connection, one) for one in (row.at, row.actor, row.action, row.object, row.detail)]


def _from_before(connection: sa.Connection) -> Iterator[str]:
    """The hashes of the entries that have no link."""
    query = sa.select(*_columns(connection)).where(AuditRow.ordinal.is_(None))
    for row in connection.execute(query.execution_options(yield_per=_READ_AT_ONCE)):
        yield text_hash(_document(list(map(readable, row))) or "")


def _chained(connection: sa.Connection) -> Generator[Kept, None, None]:
    row = AuditRow
    link = [raw(connection, one) for one in (row.ordinal, row.sha256, row.previous, row.seal)]
    query = sa.select(*_columns(connection), *link).where(row.ordinal.is_not(None))
    query = query.order_by(row.ordinal).execution_options(yield_per=_READ_AT_ONCE)
    with connection.execute(query) as rows:
        for one in rows:
            *said, ordinal, sha256, previous, seal = map(readable, one)
            name = f"{said[2]} {said[3]}"
            # a hash that was taken out is none that could be right
            hashes = (sha256 or "", previous or "", seal or "")
            try:
                place = Link(int(ordinal or ""), *hashes)
            except ValueError:
                yield Kept(name, None, Link(0, *hashes))
            else:
                yield Kept(name, _document(said), place)


def _document(said: list[str | None]) -> str | None:
    """What was sealed of an entry, from its columns; None: they are not what can be written."""
    moment, *texts = said
    try:
        at = moment_of(moment)
    except ValueError:
        return None
    kept = [text for text in texts if text is not None]
    return Entry(at, *kept).document if len(kept) == len(texts) else None
