"""Keeping a search for conflicts: its document, and of its conflicts what no run before it has.

A run that went on from another one, the newest of its series, adds the conflicts that came and ends
those that went. Any other run begins a series with all that it found. Either way the view
`conflict_of_run` has all of it.
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa

from blueprint.found_conflicts import FoundConflicts, RuleConflicts, Since
from blueprint.models import CONFLICT_OF_RUN, ConflictRow, ConflictRunRow, ConflictSearchRow
from blueprint.registry import audit
from blueprint.values import document_text
from layers.models import SettingRow

_AT_ONCE = 500


def save_run(connection: sa.Connection, found: FoundConflicts) -> None:
    """Keep a search, within the caller's transaction."""
    # two searches at once might go on from the same run: the second one waits here
    connection.execute(sa.select(SettingRow).with_for_update())
    head = found.head
    connection.execute(
        sa.insert(ConflictRunRow).values(
            id=head.run_id,
            searched_at=head.searched_at,
            snapshot_id=head.snapshot.id,
            document=document_text(head),
        )
    )
    for rule in found.by_rule:
        _save_rule(connection, head.run_id, rule)
    audit(connection, "conflicts", head.run_id, json.dumps({"conflicts": len(found)}))


def conflicts_of(connection: sa.Connection, run_id: str) -> Iterator[sa.RowMapping]:
    """All conflicts of a run that is kept, by rule and by the features of either side."""
    c = CONFLICT_OF_RUN.c
    query = sa.select(CONFLICT_OF_RUN).where(c.run_id == run_id)
    return connection.execute(query.order_by(c.rule_id, c.left_id, c.right_id)).mappings()


def _save_rule(connection: sa.Connection, run_id: str, rule: RuleConflicts) -> None:
    first, point = run_id, 1
    rows = rule.rows()
    last = None if rule.since is None else _newest(connection, rule.rule_id, rule.since)
    ended = None if last is None else _gone(connection, last, rule)
    if last is not None and ended is not None:
        first, point = last.first_run_id, last.point + 1
        rows = rule.new_rows()
        _end(connection, ended, point)
    connection.execute(
        sa.insert(ConflictSearchRow).values(
            run_id=run_id, rule_id=rule.rule_id, first_run_id=first, point=point
        )
    )
    place = {"run_id": first, "point_from": point}
    for some in rows:
        connection.execute(sa.insert(ConflictRow), [place | row for row in some])


def _newest(connection: sa.Connection, rule_id: str, since: Since) -> sa.Row[str, int] | None:
    """The series and the point of the run gone on from; None: it is not there, or not the newest.

    What is kept beside the store may be of a run that the store never got.
    """
    s = ConflictSearchRow
    query = sa.select(s.first_run_id, s.point).where(s.rule_id == rule_id)
    last = connection.execute(query.where(s.run_id == since.run_id)).first()
    if last is None:
        return None
    newest = sa.select(sa.func.max(s.point)).where(
        s.first_run_id == last.first_run_id, s.rule_id == rule_id
    )
    return last if connection.scalar(newest) == last.point else None


def _gone(
    connection: sa.Connection, last: sa.Row[str, int], rule: RuleConflicts
) -> list[int] | None:
    """The rows of the conflicts that went; None: the series has not all of them."""
    assert rule.since is not None
    pairs = set(zip(*(c.to_pylist() for c in rule.since.gone.columns), strict=True))
    lefts = sorted({left for left, _ in pairs})
    r = ConflictRow
    query = sa.select(r.id, r.left_id, r.right_id).where(
        r.run_id == last.first_run_id, r.rule_id == rule.rule_id, r.point_until.is_(None)
    )
    found: list[int] = []
    for start in range(0, len(lefts), _AT_ONCE):
        some = query.where(r.left_id.in_(lefts[start : start + _AT_ONCE]))
        found += [id_ for id_, left, right in connection.execute(some) if (left, right) in pairs]
    return found if len(found) == len(pairs) else None


def _end(connection: sa.Connection, rows: list[int], point: int) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        some = ConflictRow.id.in_(rows[start : start + _AT_ONCE])
        connection.execute(sa.update(ConflictRow).where(some).values(point_until=point))
