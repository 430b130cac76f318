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
from blueprint.documents import Area, Conflict, ConflictRule, ConflictRun, ConflictSide
from blueprint.identity import UNNAMED, Names
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
    names: Names = UNNAMED
    """What the conflicts are called; of a run that is kept."""

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def batches(self) -> Iterator[tuple[list[Conflict], list[bytes]]]:
        """Conflicts with their shapes as WKB, in the city's CRS, some thousands at a time."""
        rules = {line.rule: line for line in self.head.rules}
        at = 0
        for rows in slices(self.table):
            names = self.names.ids[at : at + rows.num_rows]
            at += rows.num_rows
            conflicts = [
                conflict_of(
                    rules[row["rule_id"]],
                    (name, row["left_id"], row["right_id"]),
                    row["band"],
                    Area.of(row["projected_m2"], row["ellipsoidal_m2"], self.decided_by),
                    row["width_m"],
                )
                for name, row in zip(names, rows.drop_columns(["wkb"]).to_pylist(), strict=True)
            ]
            yield conflicts, rows.column("wkb").to_pylist()

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
        conflicts = [conflict for some, _ in self.batches() for conflict in some]
        return self.head.model_copy(update={"conflicts": conflicts})

    @property
    def shapes(self) -> Geometries:
        """The shape of every conflict, in memory, shape (k,)."""
        wkb = self.table.column("wkb").to_numpy()
        return np.asarray(shapely.from_wkb(wkb), dtype=object)


def conflict_of(
    line: ConflictRule, ids: Iterable[str], band: str, area: Area, width_m: float
) -> Conflict:
    """The document of a conflict; `ids` are its own and those of its two features."""
    name, left_id, right_id = ids
    return Conflict.model_validate(
        {
            "id": name,
            "rule": line.rule,
            "left": ConflictSide(
                layer=line.left, feature_id=left_id, department=line.left_department
            ),
            "right": ConflictSide(
                layer=line.right, feature_id=right_id, department=line.right_department
            ),
            "severity": line.severity,
            "band": band,
            "area": area,
            "width_m": width_m,
        }
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
