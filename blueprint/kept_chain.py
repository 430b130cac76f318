"""Where chains end, in the store: one row a chain, which whoever adds a link takes in turn."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from blueprint.chain import Head, Link, link_after, start_of
from blueprint.models import ChainHeadRow

_LOCK = 0x43484149  # any number, the same for all of us


def add_link(
    connection: sa.Connection,
    chain: str,
    document: str,
    last: Callable[[], Head | None],
    before: Callable[[], Iterable[str]],
) -> Link:
    """Make the link of one more document, within the transaction that keeps the document.

    `last` gives the last link that is kept, `before` the hashes of what was kept before the chain
    was begun: what it starts from. Two at once would go on from one link: the second waits here
    until the first has committed. Links whose head is gone get no new one: it would hide what was
    deleted along with it.
    """
    return add_links(connection, chain, [document], last, before)[0]


def add_links(
    connection: sa.Connection,
    chain: str,
    documents: Iterable[str],
    last: Callable[[], Head | None],
    before: Callable[[], Iterable[str]],
) -> list[Link]:
    """Make the links of more documents at once, as `add_link` makes that of one."""
    if connection.dialect.name == "postgresql":
        turn = sa.func.pg_advisory_xact_lock(_LOCK, crc32(chain.encode()) - 2**31)
        connection.execute(sa.select(turn))
    head = chain_head(connection, chain)
    # whatever was done to one of the two, the service goes on: its place would be taken otherwise
    ends = [end for end in (head, last()) if end is not None]
    at = max(ends, key=_ordinal) if ends else start_of(before())
    links = []
    for document in documents:
        links.append(link_after(at, document))
        at = links[-1].head
    values = {"ordinal": at.ordinal, "seal": at.seal}
    if not ends:
        connection.execute(sa.insert(ChainHeadRow).values(chain=chain, **values))
    elif head is not None:
        renew = sa.update(ChainHeadRow).where(ChainHeadRow.chain == chain)
        connection.execute(renew.values(values))
    return links


def chain_head(connection: sa.Connection, chain: str) -> Head | None:
    """Where a chain ends; None: it has no link yet."""
    query = sa.select(ChainHeadRow.ordinal, ChainHeadRow.seal)
    row = connection.execute(query.where(ChainHeadRow.chain == chain)).first()
    return None if row is None else Head(row.ordinal, row.seal)


def _ordinal(head: Head) -> int:
    return head.ordinal


def moment_of(text: str | None) -> datetime:
    """A moment from its text, which has no zone where SQLite keeps it."""
    moment = datetime.fromisoformat(text or "")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def raw(
    connection: sa.Connection, column: sa.SQLColumnExpression[Any]
) -> sa.SQLColumnExpression[Any]:
    """A column as it lies in the store: SQLite would refuse a text that is none, or no moment."""
    if connection.dialect.name == "postgresql":
        return column
    return sa.cast(column, sa.LargeBinary)


def readable(value: object) -> str | None:
    """The text of such a column; None: there is none, or it is no text."""
    if not isinstance(value, bytes):
        return None if value is None else str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
