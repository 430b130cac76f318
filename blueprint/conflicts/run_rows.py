"""Keeping a search for conflicts: its document, and of its conflicts what no run before it has.

A run that went on from another one, the last that searched the rule, adds the conflicts that came
to that one's series and ends those that went. Any other run begins a series with all that it found.
Either way the view `conflict_of_run` has all of it.

A conflict that stays keeps its row, unless it is called otherwise now: what came or went may be
what it had its id from (`identity`). It is then ended and begun anew.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa

from blueprint.conflicts.documents import ConflictRule, ConflictRun
from blueprint.conflicts.found import FoundConflicts, Listed, RuleConflicts, Since
from blueprint.conflicts.identity import Heirs, Pair, aliases, entangled, last_run, names_of, own_id
from blueprint.models import (
    CONFLICT_OF_RUN,
    ConflictAliasRow,
    ConflictRow,
    ConflictRunRow,
    ConflictSearchRow,
)
from blueprint.outbox import is_wanted, tell
from blueprint.registry import audit, load_snapshot
from blueprint.service import Service
from blueprint.values import document_text
from layers.models import SettingRow

_AT_ONCE = 500
_LONGEST = 50
"""Runs in a series: whoever reads one passes by what others of it had."""

T = TypeVar("T")
Kept = sa.Row[int, str, str, str]
"""A row that is there: its key, its features, what it is called."""
Place = sa.Row[str, str, int]
"""Where a series has come to: its last run, its first run, the point."""


def save_run(service: Service, connection: sa.Connection, found: FoundConflicts) -> FoundConflicts:
    """Keep a search, within the caller's transaction; the same with the ids of its conflicts."""
    # two searches at once would take the same number: the second one waits here
    connection.execute(sa.select(SettingRow).with_for_update())
    head = found.head
    last = connection.scalar(sa.select(sa.func.max(ConflictRunRow.ordinal))) or 0
    connection.execute(
        sa.insert(ConflictRunRow).values(
            id=head.run_id,
            ordinal=last + 1,
            searched_at=head.searched_at,
            snapshot_id=head.snapshot.id,
            document=document_text(head),
        )
    )
    rows = _Rows(service, connection, head)
    for rule in found.by_rule:
        rows.keep(rule)
    if rows.inherited:
        fresh = [
            {"pair_id": pair, "conflict_id": name, "run_id": head.run_id}
            for pair, name in rows.inherited.items()
        ]
        connection.execute(sa.insert(ConflictAliasRow), fresh)
    audit(connection, "conflicts", head.run_id, json.dumps({"conflicts": len(found)}))
    if is_wanted(connection, "conflict-changed"):
        rules = _changed_rules(connection, head)
        if rules:
            tell(connection, "conflict-changed", {"run_id": head.run_id, "rules": rules})
    return replace(found, aliases=rows.aliases)


def _changed_rules(connection: sa.Connection, head: ConflictRun) -> list[str]:
    """The rules whose conflicts are not those of the search before, by their ids and areas."""
    row, run = CONFLICT_OF_RUN.c, ConflictRunRow
    before = connection.scalars(
        sa.select(run.document).where(run.id != head.run_id).order_by(run.ordinal.desc())
    ).all()
    documents = (ConflictRun.model_validate_json(text, extra="ignore") for text in before)
    # one made for other eyes has other conflicts, though nothing changed
    then = next((one.run_id for one in documents if one.clearance == head.clearance), None)

    def of(run_id: str | None) -> sa.Select[Any]:
        query = sa.select(row.rule_id, row.conflict_id, row.projected_m2)
        return query.where(row.run_id == run_id)

    found: set[str] = set()
    for one, other in ((head.run_id, then), (then, head.run_id)):
        found |= {told[0] for told in connection.execute(sa.except_(of(one), of(other)))}
    return sorted(found)


class _Rows:
    """The rows of one run; `inherited` are the aliases that it adds."""

    def __init__(self, service: Service, connection: sa.Connection, head: ConflictRun) -> None:
        self._connection, self._run = connection, head.run_id
        self._lines = {line.rule: line for line in head.rules}
        self._heirs = Heirs(service, connection, load_snapshot(connection, head.snapshot.id))
        self.aliases = aliases(connection)
        self.inherited: dict[str, str] = {}

    def keep(self, rule: RuleConflicts) -> None:
        """Add the conflicts of a rule to the series of the run gone on from, or begin one."""
        line, since = self._lines[rule.rule_id], rule.since
        last = _last(self._connection, line.rule)
        gone = None
        if last is not None and since is not None and _may_go_on(last, since):
            gone = _there(self._connection, last, line.rule, since.gone)
            if gone is not None:
                self._go_on(line, last, since, gone)
        if gone is None:
            self._begin(line, rule.conflicts)

    def _begin(self, line: ConflictRule, listed: Listed) -> None:
        pairs = listed.features()
        self._inherit(self._heirs.among(line, pairs))
        self._insert(line.rule, self._run, 1, listed, names_of(line, pairs, self.aliases))

    def _go_on(
        self, line: ConflictRule, last: Place, since: Since, gone: Mapping[Pair, Kept]
    ) -> None:
        came, point = since.came.features(), last.point + 1
        self._inherit(self._heirs_since(line, since, came, gone))
        self._end([row.id for row in gone.values()], point)
        names, renamed = self._names(line, last, came, gone)
        for row, name in renamed.items():
            self._rename(row, name, point)
        self._insert(line.rule, last.first_run_id, point, since.came, names)

    def _heirs_since(
        self, line: ConflictRule, since: Since, came: list[Pair], gone: Mapping[Pair, Kept]
    ) -> dict[str, str]:
        """Those of all pairs, as `Heirs.among` would tell them."""
        new = set(came) - gone.keys()
        if not new or (gone and not since.lost):
            return {}
        if not gone and last_run(self._connection, line.rule) != since.run_id:
            return self._heirs.among(line, came)  # that run found none: these are all
        lost = {pair: gone[pair].conflict_id for pair in set(since.lost).difference(came)}
        return self._heirs.since(line, since.run_id, new, lost)

    def _inherit(self, heirs: Mapping[str, str]) -> None:
        fresh = {pair: name for pair, name in heirs.items() if pair not in self.aliases}
        self.inherited |= fresh
        self.aliases |= fresh

    def _names(
        self, line: ConflictRule, last: Place, came: list[Pair], gone: Iterable[Pair]
    ) -> tuple[list[str], dict[int, str]]:
        """The ids of those that came; rows that stay and have another id now, with that one."""
        own = [own_id(line, pair) for pair in came]
        if not self.aliases:
            return own, {}
        tangle = entangled([*own, *(own_id(line, pair) for pair in gone)], self.aliases)
        if not tangle:
            return own, {}
        stay = {
            (row.left_id, row.right_id): row
            for row in _called(self._connection, last, line.rule, sorted(tangle))
        }
        pairs = [pair for pair, name in zip(came, own, strict=True) if name in tangle]
        ordered = sorted([*stay, *pairs])
        known = dict(zip(ordered, names_of(line, ordered, self.aliases), strict=True))
        names = [known.get(pair, name) for pair, name in zip(came, own, strict=True)]
        return names, {
            row.id: known[pair] for pair, row in stay.items() if row.conflict_id != known[pair]
        }

    def _rename(self, row: int, name: str, point: int) -> None:
        there = sa.select(ConflictRow.__table__).where(ConflictRow.id == row)
        values = dict(self._connection.execute(there).mappings().one())
        del values["id"]
        values |= {"conflict_id": name, "point_from": point}
        self._connection.execute(sa.insert(ConflictRow).values(values))
        self._end([row], point)

    def _end(self, rows: list[int], point: int) -> None:
        for some in _portions(rows):
            which = ConflictRow.id.in_(some)
            self._connection.execute(sa.update(ConflictRow).where(which).values(point_until=point))

    def _insert(self, rule: str, first: str, point: int, listed: Listed, names: list[str]) -> None:
        values = {"run_id": self._run, "rule_id": rule, "first_run_id": first, "point": point}
        self._connection.execute(sa.insert(ConflictSearchRow).values(values))
        at, place = 0, {"run_id": first, "point_from": point}
        for table in listed.tables():
            some = zip(names[at : at + len(table)], table.to_pylist(), strict=True)
            at += len(table)
            rows = [{"conflict_id": name, **place, **row} for name, row in some]
            if rows:
                self._connection.execute(sa.insert(ConflictRow), rows)


def _may_go_on(last: Place, since: Since) -> bool:
    return bool(last.run_id == since.run_id and last.point < _LONGEST)


def _last(connection: sa.Connection, rule: str) -> Place | None:
    """Where the last run that searched a rule is."""
    s, run = ConflictSearchRow, ConflictRunRow
    query = sa.select(s.run_id, s.first_run_id, s.point).join(run, run.id == s.run_id)
    return connection.execute(
        query.where(s.rule_id == rule).order_by(run.ordinal.desc()).limit(1)
    ).first()


def _there(
    connection: sa.Connection, last: Place, rule: str, pairs: list[Pair]
) -> dict[Pair, Kept] | None:
    """The rows of some pairs in a series, with their ids; None: it has not all of them.

    What is kept beside the store may be of another store, or altered.
    """
    wanted = set(pairs)
    left, right = ConflictRow.left_id, ConflictRow.right_id
    found: dict[Pair, Kept] = {}
    for some in _portions(sorted(wanted)):
        # apart: SQLite has no index for pairs in a list
        lefts, rights = (sorted(set(side)) for side in zip(*some, strict=True))
        query = _alive(last, rule).where(left.in_(lefts), right.in_(rights))
        rows = ((row.left_id, row.right_id, row) for row in connection.execute(query))
        found |= {(a, b): row for a, b, row in rows if (a, b) in wanted}
    return found if len(found) == len(wanted) else None


def _called(connection: sa.Connection, last: Place, rule: str, ids: list[str]) -> Iterable[Kept]:
    """The rows of a series that have one of some ids."""
    for some in _portions(ids):
        yield from connection.execute(_alive(last, rule).where(ConflictRow.conflict_id.in_(some)))


def _alive(last: Place, rule: str) -> sa.Select[int, str, str, str]:
    """What has not ended in a series."""
    r = ConflictRow
    query = sa.select(r.id, r.left_id, r.right_id, r.conflict_id)
    return query.where(r.run_id == last.first_run_id, r.rule_id == rule, r.point_until.is_(None))


def _portions(values: list[T]) -> Iterable[list[T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
