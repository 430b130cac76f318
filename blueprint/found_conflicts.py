"""What a search for conflicts has found, on disk until it is kept: however much it is.

Overlaps come in any order, as workers finish (`Spool.add`). Each search's are then put into the
order of the features on either side, so that the answer does not tell who worked on it, and judged
in that order. The conflicts among them lie in one file that is mapped and not loaded
(`FoundConflicts`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from blueprint.catalogue import Calibre
from blueprint.conflict_documents import (
    Conflict,
    ConflictKind,
    ConflictRule,
    ConflictRun,
    ConflictSide,
)
from blueprint.identity import UNNAMED, Names, pair_id
from blueprint.kinds.matrix import MatrixRule
from blueprint.rules import OverlayRule
from blueprint.shared_documents import Area
from conflict import SCHEMA as OVERLAPS
from layers import Geometries

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

_ROWS = 10_000


class Judged(NamedTuple):
    """What overlaps are, as `SCHEMA` has them: conflicts, and what was cut out by design."""

    conflicts: pa.Table
    by_design: pa.Table


@dataclass(frozen=True, slots=True)
class FoundConflicts:
    """A run: its document without the conflicts, and these as a table of `SCHEMA`.

    `by_design` has the overlaps that were cut out by design (开天窗): they are no conflicts.
    """

    head: ConflictRun
    table: pa.Table
    by_design: pa.Table
    rules: Mapping[str, OverlayRule]
    decided_by: Calibre
    names: Names = UNNAMED
    """What the conflicts are called; of a run that is kept."""

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def batches(
        self, table: pa.Table | None = None
    ) -> Iterator[tuple[list[Conflict], list[bytes]]]:
        """Conflicts with their shapes as WKB, in the city's CRS, some thousands at a time.

        Or those of another table, as `by_design`.
        """
        lines = {line.rule: line for line in self.head.rules}
        is_named = table is None or table is self.table
        at = 0
        for rows in slices(self.table if table is None else table):
            some = rows.drop_columns(["wkb"]).to_pylist()
            names = self.names.ids[at : at + len(some)] if is_named else map(self._own_id, some)
            at += len(some)
            conflicts = [
                conflict_of(
                    name, lines[row["rule_id"]], self.rules[row["rule_id"]], row, self.decided_by
                )
                for name, row in zip(names, some, strict=True)
            ]
            yield conflicts, rows.column("wkb").to_pylist()

    def _own_id(self, row: Mapping[str, str]) -> str:
        """Of what is no conflict and has no life: nothing is inherited."""
        rule = self.rules[row["rule_id"]]
        return pair_id(rule.id, rule.left, row["left_id"], rule.right, row["right_id"])

    def rows(self) -> Iterator[list[dict[str, object]]]:
        """Conflicts as the store keeps them, some thousands at a time."""
        at = 0
        for rows in slices(self.table):
            names = self.names.ids[at : at + rows.num_rows]
            at += rows.num_rows
            some = zip(names, rows.to_pylist(), strict=True)
            yield [{"conflict_id": name, **row} for name, row in some]

    @property
    def document(self) -> ConflictRun:
        """The whole document, in memory."""
        conflicts, by_design = (
            [conflict for some, _ in self.batches(table) for conflict in some]
            for table in (self.table, self.by_design)
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


class Spool:
    """A folder that takes what is found as it comes, in any order, and gives it back in one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pa.ipc.RecordBatchFileWriter] = {}

    def add(self, search: str, found: pa.Table) -> None:
        """Take some overlaps of a search, as `conflict.tasks` has them.

        Raises:
            OSError: the folder's disk is full.
        """
        if search not in self._writers:
            self._writers[search] = pa.ipc.new_file(self._folder / f"{search}.raw", OVERLAPS)
        self._writers[search].write_table(found)

    def overlaps(self, search: str) -> pa.Table:
        """All overlaps of a search, by left and right row; mapped into memory."""
        if search not in self._writers:
            return OVERLAPS.empty_table()
        self._writers.pop(search).close()
        raw = self._folder / f"{search}.raw"
        rows = _mapped(raw)
        by = [("left", "ascending"), ("right", "ascending")]
        order = pc.sort_indices(rows.select(["left", "right"]), by)
        pieces = (rows.take(order[n : n + _ROWS]) for n in range(0, len(order), _ROWS))
        sorted_rows = write_table(self._folder / f"{search}.arrow", OVERLAPS, pieces)
        raw.unlink()
        return sorted_rows

    def conflicts(self, judged: Iterable[Judged]) -> Judged:
        """What was judged, in the order given; mapped into memory."""
        paths = [self._folder / f"{name}.arrow" for name in Judged._fields]
        with (
            pa.ipc.new_file(paths[0], SCHEMA) as conflicts,
            pa.ipc.new_file(paths[1], SCHEMA) as by_design,
        ):
            for some in judged:
                conflicts.write_table(some.conflicts)
                by_design.write_table(some.by_design)
        return Judged(*map(_mapped, paths))


def slices(table: pa.Table) -> Iterator[pa.Table]:
    """A table some thousand rows at a time."""
    for start in range(0, table.num_rows, _ROWS):
        yield table.slice(start, _ROWS)


def write_table(path: Path, schema: pa.Schema, pieces: Iterable[pa.Table]) -> pa.Table:
    """Write a table piece by piece, and map it."""
    with pa.ipc.new_file(path, schema) as out:
        for piece in pieces:
            out.write_table(piece)
    return _mapped(path)


def _mapped(path: Path) -> pa.Table:
    """A table as it lies on disk; it holds the file open, so its name may go."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
