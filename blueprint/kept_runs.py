"""Searches for conflicts as they are kept, and as someone of a clearance may see them.

A search was made for a clearance; whoever has less sees it without what is above him, and a layer
that has become more sensitive since is withheld from old searches too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.catalogue import Sensitivity, may_see
from blueprint.conflict_documents import Conflict, ConflictRule, ConflictRun
from blueprint.errors import NotSearched
from blueprint.found_conflicts import FoundConflicts, conflict_of
from blueprint.models import ConflictAliasRow, ConflictRow, ConflictRunRow
from blueprint.outbox import is_wanted, tell
from blueprint.registry import Snapshot, audit, hidden_layers, load_snapshot
from blueprint.rules import OverlayRule
from blueprint.values import document_text
from layers import Geometries
from layers.models import SettingRow

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


def save_run(connection: sa.Connection, found: FoundConflicts) -> None:
    """Keep a search: its document, and, some at a time, the rows of its conflicts."""
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
    for some in found.rows():
        connection.execute(sa.insert(ConflictRow), [{"run_id": head.run_id, **r} for r in some])
    inherited = [
        {"pair_id": pair, "conflict_id": name, "run_id": head.run_id}
        for pair, name in found.names.inherited.items()
    ]
    if inherited:
        connection.execute(sa.insert(ConflictAliasRow), inherited)
    audit(connection, "conflicts", head.run_id, json.dumps({"conflicts": len(found)}))
    if is_wanted(connection, "conflict-changed"):
        rules = _changed_rules(connection, head)
        if rules:
            tell(connection, "conflict-changed", {"run_id": head.run_id, "rules": rules})


def _changed_rules(connection: sa.Connection, head: ConflictRun) -> list[str]:
    """The rules whose conflicts are not those of the search before, by their ids and areas."""
    row, run = ConflictRow, ConflictRunRow
    before = connection.scalars(
        sa.select(run.document).where(run.id != head.run_id).order_by(run.ordinal.desc())
    ).all()
    documents = (ConflictRun.model_validate_json(text, extra="ignore") for text in before)
    # one made for other eyes has other conflicts, though nothing changed
    then = next((one.run_id for one in documents if one.clearance == head.clearance), None)

    def of(run_id: str | None) -> sa.Select[str, str, float]:
        query = sa.select(row.rule_id, row.conflict_id, row.projected_m2)
        return query.where(row.run_id == run_id)

    found: set[str] = set()
    for one, other in ((head.run_id, then), (then, head.run_id)):
        found |= {told[0] for told in connection.execute(sa.except_(of(one), of(other)))}
    return sorted(found)


def choose_run(
    connection: sa.Connection,
    snapshot: Snapshot,
    clearance: Sensitivity,
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
            f"{snapshot.ref.id}: no search for conflicts is kept; run `blueprint conflicts "
            f"--snapshot {snapshot.ref.id}`"
        )
        raise NotSearched(message)
    newest_last = sorted(heads, key=lambda head: (head.application_date == day, head.complete))
    return newest_last[-1]


def is_searched(connection: sa.Connection, snapshot: Snapshot, clearance: Sensitivity) -> bool:
    """Whether a search of the snapshot is kept that serves a reader of this clearance."""
    return bool(_serving(connection, snapshot, clearance))


def _serving(
    connection: sa.Connection, snapshot: Snapshot, clearance: Sensitivity
) -> list[ConflictRun]:
    """The kept searches of a snapshot that were made for this clearance or more, in their order."""
    row = ConflictRunRow
    query = sa.select(row.document).where(row.snapshot_id == snapshot.ref.id)
    heads = [
        ConflictRun.model_validate_json(document, extra="ignore")
        for document in connection.scalars(query.order_by(row.ordinal))
    ]
    return [head for head in heads if may_see(clearance, head.clearance)]


def run_of(connection: sa.Connection, run_id: str, clearance: Sensitivity) -> KeptRun:
    """The kept search of that id, which there is, as a reader may see it."""
    query = sa.select(ConflictRunRow.document).where(ConflictRunRow.id == run_id)
    head = ConflictRun.model_validate_json(connection.scalars(query).one(), extra="ignore")
    return kept_run(connection, head, load_snapshot(connection, head.snapshot.id), clearance)


def kept_run(
    connection: sa.Connection, head: ConflictRun, snapshot: Snapshot, clearance: Sensitivity
) -> KeptRun:
    """A kept search without what someone of this clearance may not see."""
    hidden = hidden_layers(connection, snapshot, clearance)
    rules = overlay_rules(snapshot)
    lines = [
        _withheld(line) if hidden & set(rules[line.rule].asked_layers()) else line
        for line in head.rules
    ]
    seen = head.model_copy(update={"rules": lines, "clearance": clearance})
    shown = {line.rule: line for line in lines if not line.withheld}
    found = list(_conflicts(connection, head.run_id, snapshot, shown))
    return KeptRun(
        seen, snapshot, tuple(conflict for _, conflict in found), tuple(row for row, _ in found)
    )


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
    row = ConflictRow
    columns = [column for column in row.__table__.columns if column.name != "wkb"]
    query = sa.select(*columns).where(row.run_id == run_id).order_by(row.id)
    rules, deciding = overlay_rules(snapshot), snapshot.catalogue.city.deciding_area
    for kept in connection.execute(query).mappings():
        line = lines.get(kept["rule_id"])
        if line is not None:
            fields = dict(kept)
            one = conflict_of(fields["conflict_id"], line, rules[line.rule], fields, deciding)
            yield fields["id"], one
