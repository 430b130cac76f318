"""What a search for conflicts has found, on disk until it is kept: however much it is.

Overlaps come in any order, as workers finish (`Spool.add`). Each search's are then put into the
order of the features on either side, so that the answer does not tell who worked on it. The
conflicts among them are judged in that order whenever somebody reads them (`FoundConflicts`):
nothing of them is held in memory, and of those that were there before nobody may ever ask.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from blueprint.catalogue import Calibre
from blueprint.documents import Area, Conflict, ConflictRun, ConflictSide
from blueprint.overlaps import ROWS, Overlaps
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
        ("wkb", pa.large_binary()),
    ]
)
"""A conflict a row, as the store has it (`models.ConflictRow`): areas and width to 4 digits, `wkb`
its shape in the city's CRS.
"""


@dataclass(frozen=True, slots=True)
class Since:
    """What differs from an earlier run: conflicts that came, and the features of those that went.

    `gone` has the columns left_id and right_id.
    """

    run_id: str
    came: Overlaps
    gone: pa.Table


@dataclass(frozen=True, slots=True)
class RuleConflicts:
    """The conflicts of one rule: the `count` overlaps that have a shape, and how they are judged.

    `judge` gives a table of `SCHEMA`. `since` is None where the search was one of everything.
    """

    rule_id: str
    overlaps: Overlaps
    count: int
    judge: Callable[[Overlaps], pa.Table]
    since: Since | None = None

    def __len__(self) -> int:
        return self.count

    def tables(self) -> Iterator[pa.Table]:
        """All of them, some thousands at a time."""
        return (self.judge(part.drawn) for part in self.overlaps.parts())

    def new_rows(self) -> Iterator[list[dict[str, object]]]:
        """Those that came since, as the store keeps them, some thousands at a time."""
        if self.since is None:
            return self.rows()
        return (self.judge(part).to_pylist() for part in self.since.came.parts())

    def rows(self) -> Iterator[list[dict[str, object]]]:
        """All of them as the store keeps them."""
        return (table.to_pylist() for table in self.tables())


@dataclass(frozen=True, slots=True)
class FoundConflicts:
    """A run: its document without the conflicts, and these by rule, in the document's order."""

    head: ConflictRun
    by_rule: tuple[RuleConflicts, ...]
    decided_by: Calibre

    def __len__(self) -> int:
        return sum(map(len, self.by_rule))

    @property
    def table(self) -> pa.Table:
        """All conflicts, as `SCHEMA` has them, in memory."""
        return pa.concat_tables([SCHEMA.empty_table(), *self._tables()])

    def _tables(self) -> Iterator[pa.Table]:
        for rule in self.by_rule:
            yield from rule.tables()

    def batches(self) -> Iterator[tuple[list[Conflict], list[bytes]]]:
        """Conflicts with their shapes as WKB, in the city's CRS, some thousands at a time."""
        rules = {line.rule: line for line in self.head.rules}
        for rows in self._tables():
            conflicts = [
                Conflict(
                    rule=row["rule_id"],
                    left=ConflictSide(
                        layer=rules[row["rule_id"]].left,
                        feature_id=row["left_id"],
                        department=rules[row["rule_id"]].left_department,
                    ),
                    right=ConflictSide(
                        layer=rules[row["rule_id"]].right,
                        feature_id=row["right_id"],
                        department=rules[row["rule_id"]].right_department,
                    ),
                    severity=rules[row["rule_id"]].severity,
                    band=row["band"],
                    area=Area.of(row["projected_m2"], row["ellipsoidal_m2"], self.decided_by),
                    width_m=row["width_m"],
                )
                for row in rows.drop_columns(["wkb"]).to_pylist()
            ]
            yield conflicts, rows.column("wkb").to_pylist()

    @property
    def document(self) -> ConflictRun:
        """The whole document, in memory."""
        conflicts = [conflict for some, _ in self.batches() for conflict in some]
        return self.head.model_copy(update={"conflicts": conflicts})

    @property
    def shapes(self) -> Geometries:
        """The shape of every conflict, in memory, shape (k,)."""
        wkb = self.table.column("wkb").to_numpy()
        return np.asarray(shapely.from_wkb(wkb), dtype=object)


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

    def overlaps(self, search: str, known: Overlaps) -> Overlaps:
        """Those known and those found by a search, by left and right row; mapped into memory."""
        if search in self._writers:
            self._writers.pop(search).close()
            known = known.and_found(_mapped(self._folder / f"{search}.raw"))
        return known.with_rows(
            write_table(self._folder / f"{search}.arrow", ROWS, known.in_order())
        )


def write_table(path: Path, schema: pa.Schema, pieces: Iterable[pa.Table]) -> pa.Table:
    """Write a table piece by piece, and map it."""
    with pa.ipc.new_file(path, schema) as out:
        for piece in pieces:
            out.write_table(piece)
    return _mapped(path)


def _mapped(path: Path) -> pa.Table:
    """A table as it lies on disk; it holds the file open, so its name may go."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
