"""What a search for conflicts has found, on disk until it is kept: however much it is.

Overlaps come in any order, as workers finish (`Spool.add`). In the end they are put into the order
of the rules and of the features on either side, so that the answer does not tell who worked on it,
and lie in one file that is mapped and not loaded (`FoundConflicts`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from blueprint.catalogue import Calibre
from blueprint.documents import Area, Conflict, ConflictRun, ConflictSide
from layers import Geometries

SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("left", pa.int64()),
        ("right", pa.int64()),
        ("left_id", pa.string()),
        ("right_id", pa.string()),
        ("band", pa.string()),
        ("projected_m2", pa.float64()),
        ("ellipsoidal_m2", pa.float64()),
        ("width_m", pa.float64()),
        ("wkb", pa.large_binary()),
    ]
)
"""A conflict a row: `left` and `right` are rows of the searched sides, the rest is what is kept."""

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
        for start in range(0, len(self), _ROWS):
            rows = self.table.slice(start, _ROWS)
            conflicts = [
                Conflict(
                    rule=row["rule"],
                    left=ConflictSide(
                        layer=rules[row["rule"]].left,
                        feature_id=row["left_id"],
                        department=rules[row["rule"]].left_department,
                    ),
                    right=ConflictSide(
                        layer=rules[row["rule"]].right,
                        feature_id=row["right_id"],
                        department=rules[row["rule"]].right_department,
                    ),
                    severity=rules[row["rule"]].severity,
                    band=row["band"],
                    area=Area.of(row["projected_m2"], row["ellipsoidal_m2"], self.decided_by),
                    width_m=round(row["width_m"], 4),
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
    """A folder that takes the conflicts of a run as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pa.ipc.RecordBatchFileWriter] = {}

    def add(self, rule: str, rows: pa.Table) -> None:
        """Take some conflicts of a rule.

        Raises:
            OSError: the folder's disk is full.
        """
        if rule not in self._writers:
            self._writers[rule] = pa.ipc.new_file(self._file(rule), SCHEMA)
        self._writers[rule].write_table(rows)

    def close(self, rules: list[str]) -> pa.Table:
        """Everything, in the order of the rules, then of the sides' rows; mapped into memory."""
        for writer in self._writers.values():
            writer.close()
        with pa.ipc.new_file(self._file("all"), SCHEMA) as out:
            for rule in rules:
                if rule in self._writers:
                    self._put_in_order(rule, out)
        return _mapped(self._file("all"))

    def _put_in_order(self, rule: str, out: pa.ipc.RecordBatchFileWriter) -> None:
        rows = _mapped(self._file(rule))
        by = [("left", "ascending"), ("right", "ascending")]
        order = pc.sort_indices(rows.select(["left", "right"]), by)
        for start in range(0, len(order), _ROWS):
            out.write_table(rows.take(order[start : start + _ROWS]))
        self._file(rule).unlink()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.arrow"


def _mapped(path: Path) -> pa.Table:
    """A table as it lies on disk; it holds the file open, so its name may go."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
