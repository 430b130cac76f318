"""What a search for conflicts has found, on disk until it is kept: however much it is.

Overlaps come in any order, as workers finish (`Spool.add`). Each search's are then put into the
order of the features on either side, so that the answer does not tell who worked on it, and judged
in that order. The conflicts among them lie in one file that is mapped and not loaded
(`FoundConflicts`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from blueprint.catalogue import Calibre
from blueprint.documents import Area, Conflict, ConflictRun, ConflictSide
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

_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class FoundConflicts:
    """A run: its document without the conflicts, and these as a table of `SCHEMA`."""

    head: ConflictRun
    table: pa.Table
    decided_by: Calibre

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def batches(self) -> Iterator[tuple[list[Conflict], list[bytes]]]:
        """Conflicts with their shapes as WKB, in the city's CRS, some thousands at a time."""
        rules = {line.rule: line for line in self.head.rules}
        for rows in slices(self.table):
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

    def rows(self) -> Iterator[list[dict[str, object]]]:
        """Conflicts as the store keeps them, some thousands at a time."""
        yield from (some.to_pylist() for some in slices(self.table))

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

    def conflicts(self, rules: Iterable[pa.Table]) -> pa.Table:
        """Conflicts, as `SCHEMA` has them, in the order given; mapped into memory."""
        return write_table(self._folder / "conflicts.arrow", SCHEMA, rules)


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
