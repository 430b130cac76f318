"""One rule's search for conflicts: from two sides to tasks, and from overlaps to what they mean.

Input: an `exclusive` rule and its two sides. Output: the tasks that find their overlaps, all of
them or, where an earlier search is gone on with, those that a change can have touched; then the
conflicts among the overlaps, and what they add up to (`Tally`).
"""

import math
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from blueprint.conflict_sides import Side
from blueprint.found_conflicts import SCHEMA, RuleConflicts, Since
from blueprint.judge import NUMERICAL_AREA_M2, NUMERICAL_WIDTH_M, are_suspect
from blueprint.kept_overlaps import Earlier, Kept, KeptOverlaps, name_of
from blueprint.overlaps import Overlaps
from blueprint.rules import ExclusiveRule
from conflict import FAILED, Again, Asked, Moved, PackedFile, Task, plan_tasks


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


class RuleSearch:
    """The search of one rule; pairs that gave trouble are kept in the folder `cases`."""

    def __init__(
        self,
        rule: ExclusiveRule,
        left: Side,
        right: Side,
        crs: str,
        cases: Path | None = None,
    ) -> None:
        self.rule, self.left, self.right = rule, left, right
        self.tally = Tally()
        area = NUMERICAL_AREA_M2 if rule.forgive_slivers else 0.0
        self._asked = Asked(crs, area, NUMERICAL_WIDTH_M, cases)
        self._accuracy_m = max(left.layer.accuracy_m, right.layer.accuracy_m)
        sides = (rule.left, rule.left_where), (rule.right, rule.right_where)
        self.name = name_of(*sides, self._asked, self._accuracy_m)
        self.settled = Overlaps.none()
        self._earlier: Kept | None = None
        self._again: Again | None = None
        self._first_round = True
        self._came = 0

    def go_on_from(self, earlier: Kept | None) -> None:
        """Start from what an earlier search has found, if there is one."""
        if earlier is None:
            return
        moved = (
            Moved.between(earlier.left, self.left.identities),
            Moved.between(earlier.right, self.right.identities),
        )
        before = earlier.overlaps
        self._earlier = earlier
        self._again = Again(
            self.rule.id,
            self._packed,
            self._asked,
            before.rows,
            lambda at: before.take(at).wkb(),
            moved,
        )

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
            self._came += len(found)

    @property
    def unchanged(self) -> Overlaps | None:
        """All overlaps, where both sides are what they were in the search gone on from."""
        if self._again is None or self._earlier is None or self._again.anything_moved:
            return None
        return self._earlier.overlaps

    def recount(self) -> list[Task]:
        """What is to be done after the first tasks."""
        self._first_round = False
        if self._again is None or self._earlier is None:
            return []
        settled, tasks = self._again.recount()
        self.settled = self._earlier.overlaps.with_rows(settled)
        return self._for_workers(tasks)

    def conflicts(self, overlaps: Overlaps) -> RuleConflicts:
        """Add all overlaps to the tally; the conflicts among them."""
        self._add_up(overlaps)
        count = self.tally.real + self.tally.suspected_errors
        return RuleConflicts(self.rule.id, overlaps, count, self._judge, self._since(overlaps))

    def keep(self, kept: KeptOverlaps, run_id: str, overlaps: Overlaps) -> None:
        """Keep them for a later search to go on from."""
        found = Earlier(run_id, overlaps, self.left.identities, self.right.identities)
        kept.keep(self.name, found, self._earlier)

    def _add_up(self, overlaps: Overlaps) -> None:
        tally = self.tally
        for part in overlaps.parts():
            drawn, rows = part.drawn.rows, part.rows
            failed = np.asarray(rows.column("kind")) == FAILED
            suspect = int(self._are_suspect(drawn).sum())
            tally.failed += int(failed.sum())
            tally.numerical += int((~failed & np.asarray(rows.column("shape").is_null())).sum())
            tally.suspected_errors += suspect
            tally.real += len(drawn) - suspect
            tally.untold += len(drawn) - drawn.column("failure").null_count
        # what is not drawn counts nothing
        tally.union_m2 = _sum(overlaps.rows.column("counted_m2"))
        tally.union_ellipsoidal_m2 = _sum(overlaps.rows.column("counted_ellipsoidal_m2"))

    def _since(self, overlaps: Overlaps) -> Since | None:
        """What differs from the run that was gone on from; overlaps found first are all new."""
        if self._again is None or self._earlier is None:
            return None
        before = self._earlier.overlaps
        gone = before.take(self._again.gone).drawn.rows
        known = len(before.shapes)
        places = pc.fill_null(overlaps.rows.column("shape"), -1).to_numpy()
        # what is told again is found too, after them, and is no other conflict than it was
        came = np.flatnonzero((places >= known) & (places < known + self._came))
        ids = {
            f"{side}_id": pc.list_element(pc.split_pattern(listed.take(gone.column(side)), "\0"), 0)
            for side, listed in (("left", self._earlier.left), ("right", self._earlier.right))
        }
        return Since(self._earlier.run_id, overlaps.take(came), pa.table(ids))

    def _judge(self, some: Overlaps) -> pa.Table:
        rows = some.rows
        bands = np.where(self._are_suspect(rows), "suspected_error", "real")
        columns = {
            "rule_id": pa.repeat(self.rule.id, len(rows)),
            "left_id": self.left.ids.take(rows.column("left")),
            "right_id": self.right.ids.take(rows.column("right")),
            "band": pa.array(bands.tolist(), pa.string()),
            "projected_m2": _rounded(rows, "area_m2"),
            "ellipsoidal_m2": _rounded(rows, "ellipsoidal_m2"),
            "width_m": _rounded(rows, "width_m"),
            "wkb": some.wkb(),
        }
        return pa.table(columns).cast(SCHEMA)

    @property
    def _packed(self) -> tuple[PackedFile, PackedFile]:
        return PackedFile(self.left.packed), PackedFile(self.right.packed)

    def _for_workers(self, tasks: list[Task]) -> list[Task]:
        return [replace(task, left=self.left.source, right=self.right.source) for task in tasks]

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
