"""A whole store into another one, of the same kind or the other: every row, every snapshot.

The source is read in one transaction, so that the copy is of one moment; the target is written in
one, so that it is whole or absent. Before it is committed, the rows of every table are counted,
every feature is read back and compared byte by byte, and every version's digest is made anew.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

import blueprint.cases.models
import blueprint.models  # noqa: F401 the same
from blueprint.bootstrap import connect, open_service, prepare
from blueprint.errors import CannotCopy
from blueprint.models import AuditRow, ChainHeadRow
from blueprint.registry import audit
from blueprint.service import Service
from layers.copying import copy_features, fingerprint, show_newest
from layers.models import Base, FeatureRow, LayerRow, LayerVersionRow, SettingRow

_FEATURE, _LAYER = (row.__table__ for row in (FeatureRow, LayerRow))
_OF_A_NEW_STORE = (SettingRow, AuditRow, ChainHeadRow)  # the first lets go of the second
# who runs a copy is not asked twice for what the original is asked for
_TABLES = [t for t in Base.metadata.sorted_tables if not t.info.get("of_this_store")]
_BATCH = 1_000
_LARGE = {"source_chunk": 16}  # of 256 KiB each

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """The two stores' names and how many rows of each table were copied and verified."""

    source: str
    target: str
    rows: Mapping[str, int]


def copy_store(source: str, target: str, progress: Progress = lambda _done, _of: None) -> Copied:
    """Copy everything into a store that is not there yet, or is empty.

    `progress` is told how many rows are done, of how many.

    Raises:
        StoreUnavailable: one of the two cannot be opened, or the target cannot be written.
        UnsuitableCrs: the target was made for another CRS.
        CannotCopy: the target holds data, or what arrived is not what was sent.
    """
    _refuse_itself(source, target)
    with ExitStack() as stack:
        origin = stack.enter_context(open_service(source))
        copy = stack.enter_context(connect(target))
        reader = stack.enter_context(origin.database.read())
        writer = stack.enter_context(copy.database.write())
        prepare(copy, writer, origin.layers.crs(reader))
        _refuse_full(copy, writer)
        rows = {table.name: _count(reader, table) for table in _TABLES}
        tally = _Tally(sum(rows.values()), progress)
        _copy_tables(reader, writer, copy, origin, tally)
        sent = {}
        for layer in copy.layers.layers(writer):
            sent[layer.id] = copy_features(reader, copy.layers, writer, layer, tally.add)
            show_newest(copy.layers, writer, layer)
        if copy.database.is_postgis:
            _number_on(writer)
        _verify(copy, writer, rows, sent)
        audit(writer, "copy", "store", f"from {origin.database.name}")
    return Copied(origin.database.name, copy.database.name, rows)


@dataclass(slots=True)
class _Tally:
    total: int
    progress: Progress
    done: int = field(default=0)

    def add(self, rows: int) -> None:
        self.done += rows
        self.progress(self.done, self.total)


def _refuse_itself(source: str, target: str) -> None:
    here, there = Path(source), Path(target)
    same = source == target
    if "://" not in source + target and here.exists() and there.exists():
        same = here.samefile(there)
    if same:
        message = "source and target are the same store; name another target"
        raise CannotCopy(message)


def _refuse_full(copy: Service, writer: sa.Connection) -> None:
    for table in _TABLES:
        if table in [row.__table__ for row in _OF_A_NEW_STORE]:
            continue
        if writer.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
            message = f"{copy.database.name}: holds data already; copy to a new store"
            raise CannotCopy(message)


def _count(connection: sa.Connection, table: sa.FromClause) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _copy_tables(
    reader: sa.Connection, writer: sa.Connection, copy: Service, origin: Service, tally: _Tally
) -> None:
    """Every table but the features, the ones that others refer to first."""
    copy.layers.register(writer, origin.layers.layers(reader))
    for row in _OF_A_NEW_STORE:  # what `prepare` has just written
        writer.execute(sa.delete(row))
    for table in _TABLES:
        if table in (_FEATURE, _LAYER):
            continue
        query = sa.select(table).order_by(*table.primary_key.columns)
        query = query.execution_options(yield_per=_LARGE.get(table.name, _BATCH))
        with reader.execute(query) as result:
            for rows in result.mappings().partitions():
                writer.execute(sa.insert(table), [dict(row) for row in rows])
                tally.add(len(rows))


def _number_on(writer: sa.Connection) -> None:
    """Let PostgreSQL's counters go on after the numbers that were copied."""
    for table in _TABLES:
        key = list(table.primary_key.columns)
        if table is _FEATURE or len(key) > 1 or not isinstance(key[0].type, sa.Integer):
            continue
        counter = sa.func.pg_get_serial_sequence(table.name, key[0].name)
        last = sa.select(sa.func.max(key[0])).scalar_subquery()
        writer.execute(sa.select(sa.func.setval(counter, sa.func.coalesce(last, 1), last > 0)))


def _verify(
    copy: Service, writer: sa.Connection, rows: Mapping[str, int], sent: Mapping[str, str]
) -> None:
    """See that the copy holds what was sent: its digests are made of what it has, not of our word.

    Raises:
        CannotCopy: it does not.
    """
    for table in _TABLES:
        if (found := _count(writer, table)) != rows[table.name]:
            message = f"{table.name}: {rows[table.name]} rows sent, {found} arrived"
            raise CannotCopy(f"{copy.database.name}: {message}; nothing was kept, try again")
    v = LayerVersionRow
    kept = writer.execute(sa.select(v.layer_id, v.version, v.digest)).all()
    for layer_id, whole in sent.items():
        arrived, digests = fingerprint(writer, layer_id)
        stated = {version: digest for name, version, digest in kept if name == layer_id}
        if arrived != whole or digests != stated:
            message = f"layer {layer_id} did not arrive as it was sent; nothing was kept"
            raise CannotCopy(f"{copy.database.name}: {message}, check the source's disk")
