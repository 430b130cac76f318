"""Where chains end, in the store: one row a chain, which whoever adds a link takes in turn."""

from collections.abc import Callable, Iterable
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
    if connection.dialect.name == "postgresql":
        turn = sa.func.pg_advisory_xact_lock(_LOCK, crc32(chain.encode()) - 2**31)
        connection.execute(sa.select(turn))
    head = chain_head(connection, chain)
    # whatever was done to one of the two, the service goes on: its place would be taken otherwise
    ends = [end for end in (head, last()) if end is not None]
    link = link_after(max(ends, key=_ordinal) if ends else start_of(before()), document)
    values = {"ordinal": link.ordinal, "seal": link.seal}
    if not ends:
        connection.execute(sa.insert(ChainHeadRow).values(chain=chain, **values))
    elif head is not None:
        renew = sa.update(ChainHeadRow).where(ChainHeadRow.chain == chain)
        connection.execute(renew.values(values))
    return link


def chain_head(connection: sa.Connection, chain: str) -> Head | None:
    """Where a chain ends; None: it has no link yet."""
    query = sa.select(ChainHeadRow.ordinal, ChainHeadRow.seal)
    row = connection.execute(query.where(ChainHeadRow.chain == chain)).first()
    return None if row is None else Head(row.ordinal, row.seal)


def _ordinal(head: Head) -> int:
    return head.ordinal
