"""What the overlaps of one rule are, and what they add up to.

Input: overlaps of two sides (`overlaps`). Output: the conflicts among them, as
`found_conflicts.SCHEMA` has them, and the sums (`Tally`, `Differences`). What an overlap is depends
on its own features and on what its rule says (`judgement`), on no other overlap; only where the
rule has windows, on these as well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from blueprint.conflicts.districts import Districts
from blueprint.conflicts.documents import ConflictBand
from blueprint.conflicts.found import PAIRS, SCHEMA
from blueprint.conflicts.matrix import Differences
from blueprint.conflicts.sides import Side
from blueprint.conflicts.windows import Windows
from blueprint.judge import are_suspect
from blueprint.overlaps import Overlaps
from blueprint.rules.kinds.matrix import MatrixRule
from blueprint.rules.pack import OverlayRule
from blueprint.values import text_hash
from conflict import FAILED
from layers.table import canonical_json

_JUDGING = 1
"""Raised whenever the same overlaps would be judged otherwise."""


@dataclass(slots=True)
class Tally:
    """What the overlaps of one rule add up to: counts, and the ground that they cover, once.

    `failed`: pairs without a credible overlap. `untold`: those whose ground that they share with
    others could not be told apart, and is counted whole.
    """

    real: int = 0
    suspected_errors: int = 0
    numerical: int = 0
    failed: int = 0
    untold: int = 0
    union_m2: float = 0.0
    union_ellipsoidal_m2: float = 0.0
    by_design: int = 0
    by_design_m2: float = 0.0
    by_design_ellipsoidal_m2: float = 0.0


class RuleJudge:
    """The judge of one rule's overlaps.

    `windows`, if there are any, and `districts`, if totals by them are asked for, are given before
    anything is judged.
    """

    windows: Windows | None = None
    districts: Districts | None = None

    def __init__(self, rule: OverlayRule, left: Side, right: Side) -> None:
        self.rule, self.left, self.right = rule, left, right
        self.tally = Tally()
        self._accuracy_m = max(left.layer.accuracy_m, right.layer.accuracy_m)

    @property
    def judgement(self) -> str | None:
        """What the same overlaps are the same conflicts by; None: by more than they themselves."""
        if self.windows is not None:
            return None
        said: list[object] = [_JUDGING, self._accuracy_m]
        if isinstance(self.rule, MatrixRule):
            sides = self.rule.left_classes, self.rule.right_classes
            said += [[one.id for one in side] for side in sides]
            said += [{name: dict(row) for name, row in self.rule.table.items()}]
        return text_hash(canonical_json({"judged": said}))

    @cached_property
    def differences(self) -> Differences | None:
        """What the conflicts of a matrix rule are and add up to."""
        if not isinstance(self.rule, MatrixRule):
            return None
        return Differences(self.rule, self.left.classes, self.right.classes, self.districts)

    def add_up(self, overlaps: Overlaps) -> None:
        """Add all overlaps to the tally, where there are no windows."""
        for part in overlaps.parts():
            self._count(part)
            self._add_drawn(part.drawn)
        # what is not drawn counts nothing
        self.tally.union_m2 = _sum(overlaps.rows.column("counted_m2"))
        column = overlaps.rows.column("counted_ellipsoidal_m2")
        self.tally.union_ellipsoidal_m2 = _sum(column)

    def _count(self, part: Overlaps) -> None:
        failed = np.asarray(part.rows.column("kind")) == FAILED
        self.tally.failed += int(failed.sum())
        self.tally.numerical += int((~failed & ~part.are_drawn).sum())

    def _add_drawn(self, drawn: Overlaps) -> None:
        rows, tally = drawn.rows, self.tally
        suspect = self._are_suspect(rows)
        tally.suspected_errors += int(suspect.sum())
        tally.real += len(drawn) - int(suspect.sum())
        tally.untold += len(drawn) - rows.column("failure").null_count
        if self.differences is not None:
            # shapes are asked for by district alone
            table = rows if self.districts is None else drawn.table
            self.differences.add(table, suspect)

    def split(self, part: Overlaps) -> tuple[pa.Table, pa.Table]:
        """Add some overlaps to the tally; the conflicts among them, and what windows cut out."""
        assert self.windows is not None
        self._count(part)
        kept, designed = self.windows.split(part.drawn.table)
        tally, suspect = self.tally, self._are_suspect(kept)
        tally.suspected_errors += int(suspect.sum())
        tally.real += len(kept) - int(suspect.sum())
        tally.untold += len(kept) - kept.column("failure").null_count
        tally.by_design += len(designed)
        union, by_design = (
            [_sum(t.column(n)) for n in ("counted_m2", "counted_ellipsoidal_m2")]
            for t in (kept, designed)
        )
        tally.union_m2 += union[0]
        tally.union_ellipsoidal_m2 += union[1]
        tally.by_design_m2 += by_design[0]
        tally.by_design_ellipsoidal_m2 += by_design[1]
        conflicts = self._rows(kept, self._bands(kept), kept.column("geometry"))
        bands: list[ConflictBand] = ["by_design"] * len(designed)
        return conflicts, self._rows(designed, bands, designed.column("geometry"))

    def conflicts(self, some: Overlaps) -> pa.Table:
        """The conflicts that drawn overlaps are, as `SCHEMA` says."""
        return self._rows(some.rows, self._bands(some.rows), some.wkb())

    def pairs(self, some: Overlaps) -> pa.Table:
        """Their features, as `PAIRS` says."""
        return pa.table(self._ids(some.rows)).cast(PAIRS)

    def _rows(
        self, rows: pa.Table, bands: Sequence[ConflictBand], wkb: pa.Array | pa.ChunkedArray
    ) -> pa.Table:
        kinds = {
            name: pa.nulls(len(rows), pa.string())
            for name in ("difference", "left_class", "right_class")
        }
        if self.differences is not None:
            kinds = self.differences.kinds_of(rows)
        columns = {
            "rule_id": pa.repeat(self.rule.id, len(rows)),
            **self._ids(rows),
            "band": pa.array(bands, pa.string()),
            "projected_m2": _rounded(rows, "area_m2"),
            "ellipsoidal_m2": _rounded(rows, "ellipsoidal_m2"),
            "width_m": _rounded(rows, "width_m"),
            **kinds,
            "wkb": wkb,
        }
        return pa.table(columns).cast(SCHEMA)

    def _ids(self, rows: pa.Table) -> dict[str, pa.ChunkedArray]:
        sides = (("left", self.left), ("right", self.right))
        return {f"{name}_id": side.ids.take(rows.column(name)) for name, side in sides}

    def _bands(self, rows: pa.Table) -> list[ConflictBand]:
        suspect: list[bool] = self._are_suspect(rows).tolist()
        return ["suspected_error" if yes else "real" for yes in suspect]

    def _are_suspect(self, rows: pa.Table) -> npt.NDArray[np.bool_]:
        left, right, width = (np.asarray(rows.column(n)) for n in ("left", "right", "width_m"))
        narrowest = np.minimum(self.left.width_m[left], self.right.width_m[right])
        return are_suspect(width, self._accuracy_m, narrowest)


def _rounded(table: pa.Table, name: str) -> pa.Array:
    """To 1 cm², or a tenth of a millimetre."""
    return pa.array([round(value, 4) for value in table.column(name).to_pylist()], pa.float64())


def _sum(column: pa.ChunkedArray) -> float:
    """The sum, exact but for one rounding, so that it is the same in whatever order they come."""
    return math.fsum(chain.from_iterable(chunk.to_numpy().tolist() for chunk in column.chunks))
