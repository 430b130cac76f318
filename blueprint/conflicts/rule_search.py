"""One rule's search for conflicts: from two sides to tasks, and from overlaps to what they mean.

Input: an `exclusive` or `matrix` rule and its two sides. Output: the tasks that find their
overlaps, all of them or, where an earlier search is gone on with, those that a change can have
touched; then the conflicts among the overlaps (`rule_judge`), and which of them came since.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from blueprint.conflicts.found import SCHEMA, Listed, RuleConflicts, Since
from blueprint.conflicts.rule_judge import RuleJudge
from blueprint.conflicts.sides import Classes, Side
from blueprint.kept_overlaps import Earlier, Kept, KeptOverlaps, name_of
from blueprint.numerical import NUMERICAL_AREA_M2, NUMERICAL_WIDTH_M
from blueprint.overlaps import Overlaps
from blueprint.rules.kinds.matrix import MatrixRule
from blueprint.rules.pack import OverlayRule
from blueprint.spool import Spool
from blueprint.values import Bilingual
from conflict import Again, Asked, Moved, PackedFile, Task, plan_tasks


class RuleSearch:
    """The search of one rule; pairs that gave trouble are kept in the folder `cases`.

    `gap` says why what is searched is not all.
    """

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
        self.judge = RuleJudge(rule, left, right)
        area = NUMERICAL_AREA_M2 if rule.forgive_slivers else 0.0
        fights = rule.fights if isinstance(rule, MatrixRule) else None
        self._asked = Asked(crs, area, NUMERICAL_WIDTH_M, cases, fights)
        classes = classes_of(rule)
        self.name = name_of(
            rule.id,
            (rule.left, rule.left_where, classes[0]),
            (rule.right, rule.right_where, classes[1]),
            self._asked,
        )
        self._settled = Overlaps.none()
        self._earlier: Kept | None = None
        self._again: Again | None = None
        self._first_round = True
        self._came = 0

    def go_on_from(self, earlier: Kept | None) -> None:
        """Start from what an earlier search has found, if there is one."""
        if earlier is None:
            return
        moved = (
            Moved.between(earlier.left, self._identities[0]),
            Moved.between(earlier.right, self._identities[1]),
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

    def recount(self) -> list[Task]:
        """What is to be done after the first tasks."""
        self._first_round = False
        if self._again is None or self._earlier is None:
            return []
        settled, tasks = self._again.recount()
        self._settled = self._earlier.overlaps.with_rows(settled)
        return self._for_workers(tasks)

    def overlaps(self, spool: Spool) -> Overlaps:
        """All overlaps, after the tasks."""
        if self._again is not None and self._earlier is not None and not self._again.anything_moved:
            return self._earlier.overlaps
        return spool.overlaps(self.rule.id, self._settled)

    def conflicts(self, overlaps: Overlaps, spool: Spool) -> RuleConflicts:
        """Add all overlaps to the tally; the conflicts among them."""
        judge, rule = self.judge, self.rule.id
        none = SCHEMA.empty_table()
        if judge.windows is None:
            judge.add_up(overlaps)
            listed, since = self._listed(overlaps), self._since(overlaps)
            return RuleConflicts(rule, self._count, listed, none, since)
        names = (f"{rule}.conflicts", f"{rule}.by_design")
        conflicts, by_design = spool.split(names, SCHEMA, map(judge.split, overlaps.parts()))
        return RuleConflicts(rule, self._count, Listed.of(conflicts), by_design)

    def keep(self, kept: KeptOverlaps, run_id: str, overlaps: Overlaps) -> None:
        """Keep them for a later search to go on from."""
        judgement = self.judge.judgement
        found = Earlier(run_id, judgement, overlaps, *self._identities)
        kept.keep(self.name, found, self._earlier)

    @cached_property
    def _identities(self) -> tuple[pa.Array, pa.Array]:
        return self.left.identities, self.right.identities

    @property
    def _count(self) -> int:
        return self.judge.tally.real + self.judge.tally.suspected_errors

    def _listed(self, overlaps: Overlaps) -> Listed:
        def of(what: Callable[[Overlaps], pa.Table]) -> Callable[[], pa.Table]:
            return lambda: (what(part.drawn) for part in overlaps.parts())

        return Listed(of(self.judge.pairs), of(self.judge.conflicts))

    def _since(self, overlaps: Overlaps) -> Since | None:
        """What differs from the run that was gone on from; overlaps found first are all new."""
        again, earlier = self._again, self._earlier
        if again is None or earlier is None or earlier.judgement != self.judge.judgement:
            return None
        before = earlier.overlaps
        known = len(before.shapes)
        places = pc.fill_null(overlaps.rows.column("shape"), -1).to_numpy()
        # what is told again is found too, after them, and is no other conflict than it was
        came = np.flatnonzero((places >= known) & (places < known + self._came))
        listed = self._listed(overlaps.take(came))
        gone = _features(earlier, before.take(again.gone).drawn.rows)
        are_here = [
            pc.is_in(names, value_set=side.ids).to_numpy(zero_copy_only=False)
            for names, side in zip(gone, (self.left, self.right), strict=True)
        ]
        pairs = list(zip(*(names.to_pylist() for names in gone), strict=True))
        lost = [pairs[n] for n in np.flatnonzero(~(are_here[0] & are_here[1])).tolist()]
        return Since(earlier.run_id, listed, pairs, lost)

    @property
    def _packed(self) -> tuple[PackedFile, PackedFile]:
        return PackedFile(self.left.packed), PackedFile(self.right.packed)

    def _for_workers(self, tasks: list[Task]) -> list[Task]:
        return [replace(task, left=self.left.source, right=self.right.source) for task in tasks]


def classes_of(rule: OverlayRule) -> tuple[Classes, Classes]:
    """The filters of the classes that a rule divides its sides into."""
    if not isinstance(rule, MatrixRule):
        return (), ()
    left, right = rule.left_classes, rule.right_classes
    return tuple(one.where for one in left), tuple(one.where for one in right)


def _features(earlier: Earlier, rows: pa.Table) -> tuple[pa.Array, pa.Array]:
    """The ids of the features of overlaps of an earlier search, left and right."""
    left, right = (
        pc.list_element(pc.split_pattern(listed.take(rows.column(side)), "\0"), 0)
        for side, listed in (("left", earlier.left), ("right", earlier.right))
    )
    return left, right
