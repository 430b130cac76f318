"""One rule's search for conflicts: from two sides to tasks, and from overlaps to what they mean.

Input: an `exclusive` or `matrix` rule and its two sides. Output: the tasks that find their
overlaps, all of them or, where an earlier search is gone on with, those that a change can have
touched; then the conflicts among the overlaps, and what they add up to (`Tally`, `Differences`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from blueprint.conflict_documents import ConflictBand
from blueprint.conflict_sides import Classes, Side
from blueprint.differences import Differences
from blueprint.districts import Districts
from blueprint.documents import Band
from blueprint.found_conflicts import SCHEMA, Judged
from blueprint.judge import NUMERICAL_AREA_M2, NUMERICAL_WIDTH_M, band_of
from blueprint.kept_overlaps import Earlier, name_of
from blueprint.kinds.matrix import MatrixRule
from blueprint.rules import OverlayRule
from blueprint.values import Bilingual
from blueprint.windows import Windows
from conflict import FAILED, Again, Asked, Moved, PackedFile, Task, plan_tasks
from conflict import SCHEMA as OVERLAPS


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


class RuleSearch:
    """The search of one rule; pairs that gave trouble are kept in the folder `cases`.

    `windows`, if there are any, `districts`, if totals by them are asked for, and `gap`, why what
    is searched is not all, are given before anything is judged.
    """

    windows: Windows | None = None
    districts: Districts | None = None
    gap: Bilingual | None = None

    def __init__(
        self,
        rule: OverlayRule,
        left: Side,
        right: Side,
        crs: str,
        cases: Path | None = None,
    ) -> None:
        self.rule, self.left, self.right = rule, left, right
        self.tally = Tally()
        area = NUMERICAL_AREA_M2 if rule.forgive_slivers else 0.0
        fights = rule.fights if isinstance(rule, MatrixRule) else None
        self._asked = Asked(crs, area, NUMERICAL_WIDTH_M, cases, fights)
        classes = classes_of(rule)
        self.name = name_of(
            (rule.left, rule.left_where, classes[0]),
            (rule.right, rule.right_where, classes[1]),
            self._asked,
        )
        self._accuracy_m = max(left.layer.accuracy_m, right.layer.accuracy_m)
        self._again: Again | None = None
        self._first_round = True

    def go_on_from(self, earlier: Earlier | None) -> None:
        """Start from what an earlier search has found, if there is one."""
        if earlier is None:
            return
        moved = (
            Moved.between(earlier.left, self.left.identities),
            Moved.between(earlier.right, self.right.identities),
        )
        self._again = Again(self.rule.id, self._packed, self._asked, earlier.overlaps, moved)

    def tasks(self, corners: float) -> list[Task]:
        """What is to be done first, in parts of about so many corners."""
        if self._again is not None:
            return self._for_workers(self._again.tasks(corners))
        tasks = plan_tasks(self.rule.id, *self._packed, self._asked, most=corners)
        return self._for_workers(tasks)

    def saw(self, found: pa.Table) -> None:
        """Take note of what a task has found."""
        if self._again is not None and self._first_round:
            self._again.saw(found)

    def recount(self) -> tuple[pa.Table, list[Task]]:
        """After the first tasks: overlaps that are known already, and what is to be done yet."""
        self._first_round = False
        if self._again is None:
            return OVERLAPS.empty_table(), []
        settled, tasks = self._again.recount()
        return settled, self._for_workers(tasks)

    @cached_property
    def differences(self) -> Differences | None:
        """What the conflicts of a matrix rule are and add up to."""
        if not isinstance(self.rule, MatrixRule):
            return None
        return Differences(self.rule, self.left.classes, self.right.classes, self.districts)

    def judge(self, overlaps: pa.Table) -> Judged:
        """Add some overlaps to the tally; what they are."""
        tally = self.tally
        failed = np.asarray(overlaps.column("kind")) == FAILED
        is_drawn = np.asarray(pc.is_valid(overlaps.column("geometry")))
        tally.failed += int(failed.sum())
        tally.numerical += int((~failed & ~is_drawn).sum())
        kept = overlaps.filter(pa.array(is_drawn))
        if self.windows is None:
            return Judged(self._conflicts(kept), SCHEMA.empty_table())
        kept, designed = self.windows.split(kept)
        return Judged(self._conflicts(kept), self._by_design(designed))

    def _conflicts(self, kept: pa.Table) -> pa.Table:
        tally, bands = self.tally, self._bands(kept)
        tally.untold += len(kept) - kept.column("failure").null_count
        tally.real += bands.count("real")
        tally.suspected_errors += bands.count("suspected_error")
        tally.union_m2 = _plus(tally.union_m2, kept.column("counted_m2"))
        tally.union_ellipsoidal_m2 = _plus(
            tally.union_ellipsoidal_m2, kept.column("counted_ellipsoidal_m2")
        )
        told = None
        if self.differences is not None:
            self.differences.add(kept, bands)
            told = self.differences.kinds_of(kept)
        return self._rows(kept, bands, told)

    def _by_design(self, kept: pa.Table) -> pa.Table:
        tally = self.tally
        tally.by_design += len(kept)
        tally.by_design_m2 = _plus(tally.by_design_m2, kept.column("counted_m2"))
        tally.by_design_ellipsoidal_m2 = _plus(
            tally.by_design_ellipsoidal_m2, kept.column("counted_ellipsoidal_m2")
        )
        return self._rows(kept, ["by_design"] * len(kept))

    def _rows(
        self, kept: pa.Table, bands: Sequence[ConflictBand], told: dict[str, pa.Array] | None = None
    ) -> pa.Table:
        """Overlaps as `SCHEMA` has them."""
        kinds = ("difference", "left_class", "right_class")
        columns = {
            "rule_id": pa.repeat(self.rule.id, len(kept)),
            "left_id": self.left.ids.take(kept.column("left")),
            "right_id": self.right.ids.take(kept.column("right")),
            "band": pa.array(bands, pa.string()),
            "projected_m2": _rounded(kept, "area_m2"),
            "ellipsoidal_m2": _rounded(kept, "ellipsoidal_m2"),
            "width_m": _rounded(kept, "width_m"),
            **(told or {name: pa.nulls(len(kept), pa.string()) for name in kinds}),
            "wkb": kept.column("geometry"),
        }
        return pa.table(columns).cast(SCHEMA)

    def for_later(self, overlaps: pa.Table) -> Earlier:
        """What a later search can go on from."""
        return Earlier(overlaps, self.left.identities, self.right.identities)

    @property
    def _packed(self) -> tuple[PackedFile, PackedFile]:
        return PackedFile(self.left.packed), PackedFile(self.right.packed)

    def _for_workers(self, tasks: list[Task]) -> list[Task]:
        return [replace(task, left=self.left.source, right=self.right.source) for task in tasks]

    def _bands(self, kept: pa.Table) -> Sequence[Band]:
        left, right = (_numbers(kept, name) for name in ("left", "right"))
        narrowest = np.minimum(self.left.width_m[left], self.right.width_m[right])
        width = _numbers(kept, "width_m").tolist()
        return [
            band_of(wide, self._accuracy_m, side)
            for wide, side in zip(width, narrowest.tolist(), strict=True)
        ]


def classes_of(rule: OverlayRule) -> tuple[Classes, Classes]:
    """The filters of the classes that a rule divides its sides into."""
    if not isinstance(rule, MatrixRule):
        return (), ()
    left, right = rule.left_classes, rule.right_classes
    return tuple(one.where for one in left), tuple(one.where for one in right)


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.generic]:
    return np.asarray(table.column(name))


def _rounded(table: pa.Table, name: str) -> pa.Array:
    """To 1 cm², or a tenth of a millimetre."""
    return pa.array([round(value, 4) for value in table.column(name).to_pylist()], pa.float64())


def _plus(so_far: float, more: pa.ChunkedArray) -> float:
    """The sum; overlaps come in one order and in equal portions, so it is always the same."""
    return math.fsum([so_far, *more.to_pylist()])
