"""What a search for conflicts has found, and which of it no search before it had.

Input: the overlaps of every rule, on disk (`overlaps`), and how they are judged. Output:
`FoundConflicts`. Conflicts are judged whenever somebody reads them: nothing of them is held in
memory, and of those that were there before nobody may ever ask.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from blueprint.catalogue import Calibre
from blueprint.conflicts.documents import (
    Conflict,
    ConflictKind,
    ConflictRule,
    ConflictRun,
    ConflictSide,
)
from blueprint.conflicts.identity import Pair, names_of, own_id
from blueprint.rules.kinds.matrix import MatrixRule
from blueprint.rules.pack import OverlayRule
from blueprint.shared_documents import Area
from blueprint.spool import slices
from layers import Geometries
from layers.table import column

SCHEMA = pa.schema(
    [
        ("rule_id", pa.string()),
        ("left_id", pa.string()),
        ("right_id", pa.string()),
        ("band", pa.string()),
        ("projected_m2", pa.float64()),
        ("ellipsoidal_m2", pa.float64()),
        ("width_m", pa.float64()),
        ("difference", pa.string()),
        ("left_class", pa.string()),
        ("right_class", pa.string()),
        ("wkb", pa.large_binary()),
    ]
)
"""A conflict a row, as the store has it (`models.ConflictRow`): areas and width to 4 digits, `wkb`
its shape in the city's CRS. Of a `matrix` rule, which difference between which classes it is.
"""

PAIRS = pa.schema([("left_id", pa.string()), ("right_id", pa.string())])


@dataclass(frozen=True, slots=True)
class Listed:
    """Conflicts of one rule in the order of their features, made when they are read.

    `pairs` gives their features as `PAIRS` has them, `tables` all of them as `SCHEMA` has them,
    either some thousands at a time.
    """

    pairs: Callable[[], Iterator[pa.Table]]
    tables: Callable[[], Iterator[pa.Table]]

    @classmethod
    def of(cls, table: pa.Table) -> "Listed":
        """Those of a table as `SCHEMA` has it."""
        return cls(lambda: slices(table.select(PAIRS.names)), lambda: slices(table))

    def features(self) -> list[Pair]:
        """The features of each conflict."""
        return [
            pair
            for some in self.pairs()
            for pair in zip(*(column(some, name) for name in PAIRS.names), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Since:
    """What differs from an earlier run: conflicts that came, and the features of those that went.

    A pair may be in both: its conflict is another one in size or shape. `lost` are those that went
    with one of their features: what came may be one of them under another id.
    """

    run_id: str
    came: Listed
    gone: list[Pair]
    lost: list[Pair]


@dataclass(frozen=True, slots=True)
class RuleConflicts:
    """The conflicts of one rule, so many; `by_design`, as `SCHEMA` has them, are none of them.

    `since` is None where all of them have to be looked at.
    """

    rule_id: str
    count: int
    conflicts: Listed
    by_design: pa.Table
    since: Since | None = None

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, slots=True)
class FoundConflicts:
    """A run: its document without the conflicts, and these by rule, in the document's order.

    Those that were cut out by design (开天窗) are no conflicts. `aliases` are the pairs that go on
    with another one's conflict, with its id; of a run that is kept.
    """

    head: ConflictRun
    by_rule: tuple[RuleConflicts, ...]
    rules: Mapping[str, OverlayRule]
    decided_by: Calibre
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.by_rule))

    @property
    def table(self) -> pa.Table:
        """All conflicts, as `SCHEMA` has them, in memory."""
        some = (table for rule in self.by_rule for table in rule.conflicts.tables())
        return pa.concat_tables([SCHEMA.empty_table(), *some])

    def batches(self) -> Iterator[tuple[list[Conflict], list[bytes]]]:
        """Conflicts with their shapes as WKB, in the city's CRS, some thousands at a time."""
        lines = {line.rule: line for line in self.head.rules}
        for rule in self.by_rule:
            names = names_of(lines[rule.rule_id], rule.conflicts.features(), self.aliases)
            at = 0
            for table in rule.conflicts.tables():
                yield self._batch(table, names[at : at + len(table)], lines[rule.rule_id])
                at += len(table)

    def by_design(self) -> Iterator[tuple[list[Conflict], list[bytes]]]:
        """What was cut out by design, likewise; it has no life, and inherits no id."""
        lines = {line.rule: line for line in self.head.rules}
        for rule in self.by_rule:
            line = lines[rule.rule_id]
            for table in slices(rule.by_design):
                pairs = zip(*(column(table, name) for name in PAIRS.names), strict=True)
                yield self._batch(table, [own_id(line, pair) for pair in pairs], line)

    def _batch(
        self, table: pa.Table, names: list[str], line: ConflictRule
    ) -> tuple[list[Conflict], list[bytes]]:
        rows = table.drop_columns(["wkb"]).to_pylist()
        conflicts = [
            conflict_of(name, line, self.rules[line.rule], row, self.decided_by)
            for name, row in zip(names, rows, strict=True)
        ]
        return conflicts, table.column("wkb").to_pylist()

    @property
    def document(self) -> ConflictRun:
        """The whole document, in memory."""
        conflicts, by_design = (
            [conflict for some, _ in batches for conflict in some]
            for batches in (self.batches(), self.by_design())
        )
        return self.head.model_copy(update={"conflicts": conflicts, "by_design": by_design})

    @property
    def shapes(self) -> Geometries:
        """The shape of every conflict, in memory, shape (k,)."""
        wkb = self.table.column("wkb").to_numpy()
        return np.asarray(shapely.from_wkb(wkb), dtype=object)


def conflict_of(
    name: str, line: ConflictRule, rule: OverlayRule, row: Mapping[str, Any], decided_by: Calibre
) -> Conflict:
    """The document of a conflict of that id, from a row as `SCHEMA` has it."""
    kind = _kind(rule, row)
    return Conflict(
        id=name,
        rule=line.rule,
        left=ConflictSide(
            layer=line.left, feature_id=row["left_id"], department=line.left_department
        ),
        right=ConflictSide(
            layer=line.right, feature_id=row["right_id"], department=line.right_department
        ),
        severity=rule.severity_of(kind.difference)
        if isinstance(rule, MatrixRule) and kind is not None
        else rule.severity,
        kind=kind,
        band=row["band"],
        area=Area.of(row["projected_m2"], row["ellipsoidal_m2"], decided_by),
        width_m=row["width_m"],
    )


def _kind(rule: OverlayRule, row: Mapping[str, Any]) -> ConflictKind | None:
    if not isinstance(rule, MatrixRule):
        return None
    return ConflictKind(
        difference=row["difference"],
        title=rule.difference(row["difference"]).title,
        left_class=next(c.name for c in rule.left_classes if c.id == row["left_class"]),
        right_class=next(c.name for c in rule.right_classes if c.id == row["right_class"]),
    )
