"""Searches for conflicts as they are kept, and as someone of a clearance may see them.

A search was made for a clearance; whoever has less sees it without what is above him, and a layer
that has become more sensitive since is withheld from old searches too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.clearance import Clearance, covers
from blueprint.conflicts.documents import Conflict, ConflictRule, ConflictRun
from blueprint.conflicts.found import conflict_of
from blueprint.errors import NotSearched
from blueprint.models import CONFLICT_OF_RUN, ConflictRow, ConflictRunRow
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.rules.pack import OverlayRule
from layers import Geometries

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A search as its reader may see it: its document without conflicts, and these, in order.

    `rows` are the conflicts' keys in the table, for their shapes.
    """

    head: ConflictRun
    snapshot: Snapshot
    conflicts: tuple[Conflict, ...]
    rows: tuple[int, ...]

    @property
    def lines(self) -> dict[str, ConflictRule]:
        """What each rule's search came to."""
        return {line.rule: line for line in self.head.rules}

    def shapes(self, connection: sa.Connection) -> Geometries:
        """The shapes of the conflicts, in the city's CRS, shape (n,)."""
        found: dict[int, bytes] = {}
        for start in range(0, len(self.rows), _AT_ONCE):
            some = self.rows[start : start + _AT_ONCE]
            query = sa.select(ConflictRow.id, ConflictRow.wkb).where(ConflictRow.id.in_(some))
            found |= {id_: bytes(wkb) for id_, wkb in connection.execute(query)}
        wkb = np.array([found[id_] for id_ in self.rows], dtype=object)
        return np.asarray(shapely.from_wkb(wkb), dtype=object)


def choose_run(
    connection: sa.Connection,
    snapshot: Snapshot,
    clearance: Clearance,
    day: date | None = None,
) -> ConflictRun:
    """The kept search of a snapshot that serves a reader of this clearance best.

    That is one made for the day, else a complete one, else any; the newest of several.

    Raises:
        NotSearched: none is kept that was made for this clearance or more.
    """
    heads = _serving(connection, snapshot, clearance)
    if not heads:
        message = (
            f"{snapshot.ref.id}: no search for conflicts is kept that was made for {clearance}; "
            f"run `blueprint conflicts --snapshot {snapshot.ref.id} --clearance {clearance}`"
        )
        raise NotSearched(message)
    newest_last = sorted(heads, key=lambda head: (head.application_date == day, head.complete))
    return newest_last[-1]


def is_searched(connection: sa.Connection, snapshot: Snapshot, clearance: Clearance) -> bool:
    """Whether a search of the snapshot is kept that serves a reader of this clearance."""
    return bool(_serving(connection, snapshot, clearance))


def _serving(
    connection: sa.Connection, snapshot: Snapshot, clearance: Clearance
) -> list[ConflictRun]:
    """The kept searches of a snapshot that were made for this clearance or more, in their order."""
    row = ConflictRunRow
    query = sa.select(row.document).where(row.snapshot_id == snapshot.ref.id)
    heads = [
        ConflictRun.model_validate_json(document, extra="ignore")
        for document in connection.scalars(query.order_by(row.ordinal))
    ]
    return [head for head in heads if covers(head.clearance, clearance)]


def run_of(connection: sa.Connection, run_id: str, clearance: Clearance) -> KeptRun:
    """The kept search of that id, which there is, as a reader may see it."""
    query = sa.select(ConflictRunRow.document).where(ConflictRunRow.id == run_id)
    head = ConflictRun.model_validate_json(connection.scalars(query).one(), extra="ignore")
    return kept_run(connection, head, load_snapshot(connection, head.snapshot.id), clearance)


def kept_run(
    connection: sa.Connection, head: ConflictRun, snapshot: Snapshot, clearance: Clearance
) -> KeptRun:
    """A kept search without what someone of this clearance may not see."""
    seen = seen_head(connection, head, snapshot, clearance)
    shown = {line.rule: line for line in seen.rules if not line.withheld}
    found = list(_conflicts(connection, head.run_id, snapshot, shown))
    return KeptRun(
        seen, snapshot, tuple(conflict for _, conflict in found), tuple(row for row, _ in found)
    )


def seen_head(
    connection: sa.Connection, head: ConflictRun, snapshot: Snapshot, clearance: Clearance
) -> ConflictRun:
    """A search's document, without its conflicts, as someone of this clearance may see it."""
    hidden = hidden_layers(connection, snapshot, clearance)
    rules = overlay_rules(snapshot)
    lines = [
        _withheld(line) if hidden & set(rules[line.rule].asked_layers()) else line
        for line in head.rules
    ]
    return head.model_copy(update={"rules": lines, "clearance": clearance})


def overlay_rules(snapshot: Snapshot) -> dict[str, OverlayRule]:
    """The rules that a search for conflicts applies, by id."""
    return {rule.id: rule for rule in snapshot.rule_pack.overlay_rules}


def _withheld(line: ConflictRule) -> ConflictRule:
    """Neither how many nor why: both would tell of what may not be seen."""
    blank = dict.fromkeys(
        (
            *("reason", "conflicts", "suspected_errors", "numerical_overlaps", "union"),
            *("by_design", "by_design_area", "matrix", "approximate"),
        )
    )
    return line.model_copy(update={**blank, "notes": [], "withheld": True})


def _conflicts(
    connection: sa.Connection, run_id: str, snapshot: Snapshot, lines: Mapping[str, ConflictRule]
) -> Iterator[tuple[int, Conflict]]:
    c = CONFLICT_OF_RUN.c
    query = sa.select(*(column for column in c if column.name != "wkb")).where(c.run_id == run_id)
    rules, deciding = overlay_rules(snapshot), snapshot.catalogue.city.deciding_area
    place = {name: at for at, name in enumerate(lines)}
    # rows of a run that went on from another lie where that one's do
    found = [row for row in connection.execute(query).mappings() if row["rule_id"] in place]
    found.sort(key=lambda row: (place[row["rule_id"]], row["left_id"], row["right_id"]))
    for row in found:
        line, fields = lines[row["rule_id"]], dict(row)
        one = conflict_of(fields["conflict_id"], line, rules[line.rule], fields, deciding)
        yield fields["id"], one
