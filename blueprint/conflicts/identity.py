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
from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from blueprint.conflicts.documents import ConflictRule, ConflictRun
from blueprint.models import CONFLICT_OF_RUN, ConflictAliasRow, ConflictRunRow
from blueprint.registry import Snapshot, load_snapshot
from blueprint.service import Service
from blueprint.values import text_hash
from layers.diff import diff_versions
from layers.table import canonical_json, column

_DIGITS = 20

Pair = tuple[str, str]
"""The ids of the left and the right feature."""


def pair_id(rule: str, left: str, left_id: str, right: str, right_id: str) -> str:
    """The id that a conflict has of its own: rule, layer and feature on either side, in order."""
    return f"cf_{text_hash(canonical_json([rule, left, left_id, right, right_id]))[:_DIGITS]}"


def own_id(line: ConflictRule, pair: Pair) -> str:
    """The id that a conflict of one rule has of its own."""
    return pair_id(line.rule, line.left, pair[0], line.right, pair[1])


def names_of(line: ConflictRule, pairs: Iterable[Pair], aliases: Mapping[str, str]) -> list[str]:
    """The ids of one rule's conflicts, in the order of a run.

    No two share an id: it stays with the pair that it was made of, else with the first of several.
    """
    own = [own_id(line, pair) for pair in pairs]
    if not aliases:
        return own
    taken = set(own) - aliases.keys()
    names = []
    for pair in own:
        name = aliases.get(pair, pair)
        if name in taken and name != pair:
            name = pair
        taken.add(name)
        names.append(name)
    return names


def entangled(ids: Iterable[str], aliases: Mapping[str, str]) -> set[str]:
    """Those of some ids, and all others, that may have to do with each other through aliases."""
    beside: dict[str, set[str]] = {}
    for pair, name in aliases.items():
        beside.setdefault(pair, set()).add(name)
        beside.setdefault(name, set()).add(pair)
    found: set[str] = set()
    ahead = [one for one in ids if one in beside]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += beside[one]
    return found


def aliases(connection: sa.Connection) -> dict[str, str]:
    """The pairs that go on with another one's conflict, by their own id, with its id."""
    row = ConflictAliasRow
    # few: departments seldom renumber; one query for all instead of one for some hundred pairs
    query = sa.select(row.pair_id, row.conflict_id)
    return {row.pair_id: row.conflict_id for row in connection.execute(query)}


class Heirs:
    """Which pairs of a new search are another pair of the last one: own id → its conflict's id."""

    def __init__(self, service: Service, connection: sa.Connection, now: Snapshot) -> None:
        self._service, self._connection, self._now = service, connection, now

    def among(self, line: ConflictRule, here: Iterable[Pair]) -> dict[str, str]:
        """Those of all pairs of one rule, held against the last search that met the rule."""
        run = last_run(self._connection, line.rule)
        if run is None:
            return {}
        there, here = dict(_kept_pairs(self._connection, run, line.rule)), set(here)
        gone = {pair: name for pair, name in there.items() if pair not in here}
        return self.since(line, run, here - there.keys(), gone)

    def since(
        self, line: ConflictRule, run: str, came: set[Pair], gone: Mapping[Pair, str]
    ) -> dict[str, str]:
        """Those of the pairs that an earlier search had not, and of those that it alone had."""
        if not gone or not came:
            return {}
        document = sa.select(ConflictRunRow.document).where(ConflictRunRow.id == run)
        text = self._connection.scalars(document).one()
        before = ConflictRun.model_validate_json(text, extra="ignore")
        was = next(known for known in before.rules if known.rule == line.rule)
        if (was.left, was.right) != (line.left, line.right):
            return {}
        then = load_snapshot(self._connection, before.snapshot.id)
        left, right = (self._followed(layer, then) for layer in (line.left, line.right))
        found = {}
        for old in sorted(gone):
            new = left.get(old[0], old[0]), right.get(old[1], old[1])
            if new in came:
                found[own_id(line, new)] = gone[old]
        return found

    def _followed(self, layer: str, then: Snapshot) -> dict[str, str]:
        """What the features of a layer that have another id now were called then."""
        old, new = then.pins[layer], self._now.pins[layer]
        if old == new:
            return {}
        diff = diff_versions(self._service.layers, self._connection, layer, old, new)
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


def last_run(connection: sa.Connection, rule: str) -> str | None:
    """The last search that found a conflict of a rule."""
    c = CONFLICT_OF_RUN.c
    met = sa.exists().where(c.run_id == ConflictRunRow.id, c.rule_id == rule)
    query = sa.select(ConflictRunRow.id).where(met)
    return connection.scalar(query.order_by(ConflictRunRow.ordinal.desc()).limit(1))


def _kept_pairs(connection: sa.Connection, run: str, rule: str) -> Iterator[tuple[Pair, str]]:
    c = CONFLICT_OF_RUN.c
    query = sa.select(c.left_id, c.right_id, c.conflict_id)
    for left, right, name in connection.execute(query.where(c.run_id == run, c.rule_id == rule)):
        yield (left, right), name
