"""What makes a conflict the same one from one search to the next.

A conflict is a rule and two features, left and right. Input: what a search has found, and the
search before it that met the rule. Output: an id for each conflict, the one that it has had before.

Algorithm: the id is made of the rule, the two layers and the two features' ids. Where a pair is new
and another one is gone, the features of either layer are followed from the one version to the
other: as `layers.diff` recognises them, and else by their shape, where exactly one feature that is
gone and one that came have it (a department that renumbers). A pair whose features are so found to
be another's goes on with that one's id, in this search and in all later ones (decision 24).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from blueprint.conflict_documents import ConflictRule, ConflictRun
from blueprint.models import ConflictAliasRow, ConflictRow, ConflictRunRow
from blueprint.registry import Snapshot, load_snapshot
from blueprint.service import Service
from blueprint.values import text_hash
from layers.diff import diff_versions
from layers.table import canonical_json, column

_DIGITS = 20

Pair = tuple[str, str]
"""The ids of the left and the right feature."""


@dataclass(frozen=True, slots=True)
class Names:
    """The ids of a run's conflicts in their order, and those that pairs have inherited anew."""

    ids: Sequence[str]
    inherited: Mapping[str, str]


UNNAMED = Names((), {})
"""Of a run that is not kept yet."""


def pair_id(rule: str, left: str, left_id: str, right: str, right_id: str) -> str:
    """The id that a conflict has of its own: rule, layer and feature on either side, in order."""
    return f"cf_{text_hash(canonical_json([rule, left, left_id, right, right_id]))[:_DIGITS]}"


def name_conflicts(
    service: Service, connection: sa.Connection, head: ConflictRun, found: pa.Table
) -> Names:
    """The ids of what a search has found, `found_conflicts.SCHEMA`, row by row.

    Pairs are held against the last search that met their rule; of this snapshot or another.
    """
    lines = {line.rule: line for line in head.rules}
    pairs: dict[str, list[Pair]] = {}
    rows = list(zip(*(column(found, n) for n in ("rule_id", "left_id", "right_id")), strict=True))
    for rule, left_id, right_id in rows:
        pairs.setdefault(rule, []).append((left_id, right_id))
    now = load_snapshot(connection, head.snapshot.id)
    inherited: dict[str, str] = {}
    for rule, here in pairs.items():
        inherited |= _inherited(service, connection, now, lines[rule], here)
    own = [_own(lines[rule], (left_id, right_id)) for rule, left_id, right_id in rows]
    known = aliases(connection, own)
    fresh = {pair: name for pair, name in inherited.items() if pair not in known}
    return Names(_told_apart(own, fresh | known), fresh)


def aliases(connection: sa.Connection, pairs: Iterable[str]) -> dict[str, str]:
    """Those of these pairs that go on with another's conflict, with its id."""
    row = ConflictAliasRow
    # few: departments seldom renumber; one query for all instead of one for some hundred pairs
    wanted = set(pairs)
    query = sa.select(row.pair_id, row.conflict_id)
    return {pair: name for pair, name in connection.execute(query) if pair in wanted}


def _own(line: ConflictRule, pair: Pair) -> str:
    return pair_id(line.rule, line.left, pair[0], line.right, pair[1])


def _told_apart(own: Sequence[str], inherited: Mapping[str, str]) -> list[str]:
    """No two conflicts of one run share an id: it stays with the pair that it was made of."""
    taken = set(own) - inherited.keys()
    names = []
    for pair in own:
        name = inherited.get(pair, pair)
        if name in taken and name != pair:
            name = pair
        taken.add(name)
        names.append(name)
    return names


def _inherited(
    service: Service,
    connection: sa.Connection,
    now: Snapshot,
    line: ConflictRule,
    here: Sequence[Pair],
) -> dict[str, str]:
    """Pairs of one rule that are new, and are one that is gone: own id → its conflict's id."""
    run = _last_run(connection, line.rule)
    if run is None:
        return {}
    before = ConflictRun.model_validate_json(run.document, extra="ignore")
    was = next(known for known in before.rules if known.rule == line.rule)
    if (was.left, was.right) != (line.left, line.right):
        return {}
    there = dict(_kept_pairs(connection, run.id, line.rule))
    gone = there.keys() - set(here)
    came = set(here) - there.keys()
    if not gone or not came:
        return {}
    then = load_snapshot(connection, before.snapshot.id)
    left, right = (_followed(service, connection, x, then, now) for x in (line.left, line.right))
    found = {}
    for old in sorted(gone):
        new = left.get(old[0], old[0]), right.get(old[1], old[1])
        if new in came:
            found[_own(line, new)] = there[old]
    return found


def _last_run(connection: sa.Connection, rule: str) -> sa.Row[str, str] | None:
    met = sa.exists().where(ConflictRow.run_id == ConflictRunRow.id, ConflictRow.rule_id == rule)
    query = sa.select(ConflictRunRow.id, ConflictRunRow.document).where(met)
    return connection.execute(query.order_by(ConflictRunRow.ordinal.desc()).limit(1)).first()


def _kept_pairs(connection: sa.Connection, run: str, rule: str) -> Iterator[tuple[Pair, str]]:
    row = ConflictRow
    query = sa.select(row.left_id, row.right_id, row.conflict_id)
    for left, right, name in connection.execute(
        query.where(row.run_id == run, row.rule_id == rule)
    ):
        yield (left, right), name


def _followed(
    service: Service, connection: sa.Connection, layer: str, then: Snapshot, now: Snapshot
) -> dict[str, str]:
    """What the features of a layer that have another id now were called then."""
    old, new = then.pins[layer], now.pins[layer]
    if old == new:
        return {}
    diff = diff_versions(service.layers, connection, layer, old, new)
    before, after = column(diff.before, "feature_id"), column(diff.after, "feature_id")
    found = dict(zip(before, after, strict=True))
    sides = [
        list(zip(column(table, "geometry"), column(table, "feature_id"), strict=True))
        for table in (diff.removed, diff.added)
    ]
    counts = [Counter(shape for shape, _ in side) for side in sides]
    places = {shape: name for shape, name in sides[1] if counts[1][shape] == 1}
    for shape, name in sides[0]:
        if counts[0][shape] == 1 and shape in places:
            found[name] = places[shape]
    return found
