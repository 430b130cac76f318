"""Chains of documents as the store keeps them: links beside the rows, and where each chain ends.

Input: the documents to be added, within the transaction that keeps them. Output: their links; or,
of all that is kept, the first break. Rows are read as they lie in the store, so that one which is
no text any more is a break, not an error.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from blueprint.chain import Head, Held, Kept, Link, follow, link_after, start_of
from blueprint.models import ChainHeadRow, Linked
from blueprint.values import text_hash

_LOCK = 0x43484149  # any number, the same for all of us

Texts = Sequence[str | None]
"""The columns of a row as texts, in the chain's order; None: there is none, or it is no text."""


_HEAD = sa.select(ChainHeadRow.ordinal, ChainHeadRow.seal).where(
    ChainHeadRow.chain == sa.bindparam("chain")
)


@dataclass(frozen=True, slots=True)
class KeptChain:
    """A chain, and how its documents are read back from its rows.

    `document` is what was sealed of a row, None if it cannot be told any more; `agrees` whether
    what stands beside the document still says what it says; `called` what to call the row.
    """

    name: str
    row: type[Linked]
    columns: tuple[sa.SQLColumnExpression[Any], ...]
    document: Callable[[Texts], str | None]
    called: Callable[[Texts], str | None]
    agrees: Callable[[Texts], bool] = lambda _texts: True
    read_at_once: int = 1_000

    def add(self, connection: sa.Connection, documents: Iterable[str]) -> list[dict[str, Any]]:
        """Make the links of more documents: the values of the link's columns for their rows.

        Two at once would go on from one link: the second waits here until the first has committed.
        Links whose head is gone get no new one: it would hide what was deleted along with it.
        """
        if connection.dialect.name == "postgresql":
            turn = sa.func.pg_advisory_xact_lock(_LOCK, crc32(self.name.encode()) - 2**31)
            connection.execute(sa.select(turn))
        head = self._head(connection)
        # whatever was done to one of the two, the service goes on: else its place would be taken
        ends = [end for end in (head, self._last(connection)) if end is not None]
        at = max(ends, key=_ordinal) if ends else start_of(self._from_before(connection))
        links = []
        for document in documents:
            links.append(link_after(at, document))
            at = links[-1].head
        values = {"ordinal": at.ordinal, "seal": at.seal}
        if not ends:
            connection.execute(sa.insert(ChainHeadRow).values(chain=self.name, **values))
        elif head is not None:
            renew = sa.update(ChainHeadRow).where(ChainHeadRow.chain == self.name)
            connection.execute(renew.values(values))
        return [asdict(link) for link in links]

    def follow(self, connection: sa.Connection, noted: str | None = None) -> tuple[Held, int]:
        """Follow the chain of all that is kept; how many rows are from before there was one.

        `noted` is the seal of an earlier head, which has to be among those of the chain.
        """
        hashes = list(self._from_before(connection))
        start = start_of(hashes)
        end = self._head(connection) or start
        with closing(self._chained(connection)) as kept:
            return follow(kept, start, end, noted), len(hashes)

    def _head(self, connection: sa.Connection) -> Head | None:
        row = connection.execute(_HEAD, {"chain": self.name}).first()
        return None if row is None else Head(row.ordinal, row.seal)

    def _last(self, connection: sa.Connection) -> Head | None:
        """The last link that is kept."""
        query = sa.select(self.row.ordinal, self.row.seal).where(self.row.ordinal.is_not(None))
        row = connection.execute(query.order_by(self.row.ordinal.desc()).limit(1)).first()
        return None if row is None else Head(row.ordinal, row.seal or "")

    def _from_before(self, connection: sa.Connection) -> Iterator[str]:
        """The hashes of the documents that have no link."""
        query = sa.select(*(raw(connection, column) for column in self.columns))
        query = query.where(self.row.ordinal.is_(None))
        for row in connection.execute(query.execution_options(yield_per=self.read_at_once)):
            yield text_hash(self.document(list(map(readable, row))) or "")

    def _chained(self, connection: sa.Connection) -> Generator[Kept, None, None]:
        place = (self.row.ordinal, self.row.sha256, self.row.previous, self.row.seal)
        query = sa.select(*(raw(connection, column) for column in (*self.columns, *place)))
        query = query.where(self.row.ordinal.is_not(None)).order_by(self.row.ordinal)
        with connection.execute(query.execution_options(yield_per=self.read_at_once)) as rows:
            for one in rows:
                *said, ordinal, sha256, previous, seal = map(readable, one)
                # a hash that was taken out is none that could be right
                hashes = (sha256 or "", previous or "", seal or "")
                try:
                    link = Link(int(ordinal or ""), *hashes)
                except ValueError:
                    yield Kept(self.called(said), None, Link(0, *hashes))
                else:
                    document = self.document(said) if self.agrees(said) else None
                    yield Kept(self.called(said), document, link)


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
