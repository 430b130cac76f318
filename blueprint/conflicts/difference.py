"""Conflicts between two searches: new, persisting, resolved, or not to be told.

Input: two kept searches as one reader may see them. Output: `ConflictDifference`, with every
conflict of either once. Nothing is resolved by not being looked at: a conflict that is no longer
found is `resolved` only where its rule was searched whole now, by the same layers and filters; one
that was not found before is `new` only where it was so then. What is neither is `undecided`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from blueprint.clearance import ClearanceText
from blueprint.conflicts.documents import Conflict, ConflictSide
from blueprint.conflicts.kept_runs import KeptRun, overlay_rules
from blueprint.shared_documents import Area, DepartmentRef, SnapshotRef
from blueprint.values import Bilingual, Value

Change = Literal["new", "persisting", "resolved", "undecided"]

CHANGES: Mapping[Change, Bilingual] = {
    "new": Bilingual(zh="新增", en="new"),
    "persisting": Bilingual(zh="持续", en="persisting"),
    "resolved": Bilingual(zh="已消除", en="resolved"),
    "undecided": Bilingual(zh="无法判断", en="undecided"),
}
"""What has become of a conflict, in words."""

_WITHHELD = Bilingual(zh="不予公开", en="withheld from this clearance")
_REPHRASED = Bilingual(
    zh="规则的图层或筛选条件已变更", en="the rule has other layers or filters now"
)
_TOLD = {"title", "message", "bases", "department", "severity"}
"""What a rule says of a conflict: none of it decides which there are."""


class RunRef(Value):
    """One of the two searches."""

    run_id: str
    snapshot: SnapshotRef
    application_date: date
    searched_at: datetime
    complete: bool


class AreaChange(Value):
    """By how much an area has grown, m² by both calibres; negative: it shrank."""

    projected_m2: float
    ellipsoidal_m2: float


class ConflictChange(Value):
    """One conflict in the two searches; `before` or `after` null: it was not found then, or now."""

    id: str
    change: Change
    rule: str
    left: ConflictSide
    right: ConflictSide
    before: Area | None
    after: Area | None
    grown: AreaChange | None = Field(description="of a persisting one")


class ChangeCounts(Value):
    """Conflicts by what became of them."""

    new: int = 0
    persisting: int = 0
    resolved: int = 0
    undecided: int = 0


class RuleDifference(Value):
    """One rule; `reason` says why some of its conflicts are, or could be, undecided."""

    rule: str
    title: Bilingual
    severity: str
    departments: list[DepartmentRef]
    comparable: bool
    reason: Bilingual | None
    counts: ChangeCounts | None = Field(description="null: withheld from this clearance")


class ConflictDifference(Value):
    """What became of the conflicts of one search in another."""

    then: RunRef
    now: RunRef
    clearance: ClearanceText
    comparable: bool = Field(description="false while any rule is not")
    counts: ChangeCounts
    rules: list[RuleDifference]
    conflicts: list[ConflictChange]


def difference(then: KeptRun, now: KeptRun) -> ConflictDifference:
    """Hold a search against an earlier one, or a later one against an earlier snapshot's."""
    old, new = then.lines, now.lines
    before, after = _by_rule(then), _by_rule(now)
    rules, changes = [], []
    for name in dict.fromkeys([*new, *old]):
        pair = _Pair(then, now, name)
        sides = before.get(name, {}), after.get(name, {})
        found = [] if pair.is_withheld else list(pair.changes(*sides))
        counts = None if pair.is_withheld else _counted(found)
        line = new.get(name) or old[name]
        rules.append(
            RuleDifference(
                rule=name,
                title=line.title,
                severity=line.severity,
                departments=line.departments,
                comparable=pair.reason is None,
                reason=pair.reason,
                counts=counts,
            )
        )
        changes += found
    return ConflictDifference(
        then=_ref(then),
        now=_ref(now),
        clearance=now.head.clearance,
        comparable=all(rule.comparable for rule in rules),
        counts=_counted(changes),
        rules=rules,
        conflicts=changes,
    )


class _Pair:
    """One rule in the two searches: what each can be relied on for."""

    def __init__(self, then: KeptRun, now: KeptRun, rule: str) -> None:
        lines = then.lines.get(rule), now.lines.get(rule)
        self.is_withheld = any(line is not None and line.withheld for line in lines)
        self.doubts = _doubt(then, rule, "当时", "then"), _doubt(now, rule, "现在", "now")
        if None not in lines and _definition(then, rule) != _definition(now, rule):
            self.doubts = _REPHRASED, _REPHRASED

    @property
    def reason(self) -> Bilingual | None:
        """Why the two cannot be compared whole; None: they can."""
        if self.is_withheld:
            return _WITHHELD
        given = list(dict.fromkeys(doubt for doubt in self.doubts if doubt is not None))
        if not given:
            return None
        return Bilingual(zh="；".join(x.zh for x in given), en="; ".join(x.en for x in given))

    def changes(
        self, old: Mapping[str, Conflict], new: Mapping[str, Conflict]
    ) -> Iterator[ConflictChange]:
        """Every conflict of the rule: those of now in their order, then those that are gone."""
        for name, after in new.items():
            before = old.get(name)
            fresh: Change = "new" if self.doubts[0] is None else "undecided"
            yield _change(before, after, fresh if before is None else "persisting")
        for name, before in old.items():
            if name not in new:
                yield _change(before, None, "resolved" if self.doubts[1] is None else "undecided")


def _by_rule(run: KeptRun) -> dict[str, dict[str, Conflict]]:
    grouped: dict[str, dict[str, Conflict]] = {}
    for one in run.conflicts:
        grouped.setdefault(one.rule, {})[one.id] = one
    return grouped


def _definition(run: KeptRun, rule: str) -> dict[str, object]:
    """What decides which features a rule is about, and what of them counts."""
    return overlay_rules(run.snapshot)[rule].model_dump(exclude=_TOLD)


def _doubt(run: KeptRun, rule: str, zh: str, en: str) -> Bilingual | None:
    """Why silence of a search about a rule says nothing; None: it was searched whole."""
    line = run.lines.get(rule)
    if line is None:
        return Bilingual(
            zh=f"{zh}的规则包（快照 {run.head.snapshot.id}）没有这条规则",
            en=f"{en}, in snapshot {run.head.snapshot.id}, the pack had no such rule",
        )
    if line.status == "not_in_force":
        day = run.head.application_date
        return Bilingual(
            zh=f"{zh}（{day}）规则没有现行依据", en=f"{en}, on {day}, the rule was not in force"
        )
    if line.status == "no_data" or line.conflicts is None:
        why = line.reason or Bilingual(zh="资料不全", en="data are missing")
        return Bilingual(zh=f"{zh}未能完整核对：{why.zh}", en=f"{en} not searched whole: {why.en}")
    first, day = run.snapshot.rule_pack.applies_from, run.head.application_date
    if day < first:
        return Bilingual(
            zh=f"{zh}（{day}）早于规则包的适用日期 {first}",
            en=f"{en}, on {day}, the rule pack did not apply yet: it is for {first} and after",
        )
    return None


def _change(before: Conflict | None, after: Conflict | None, change: Change) -> ConflictChange:
    one = after or before
    assert one is not None
    grown = None
    if before is not None and after is not None:
        grown = AreaChange(
            projected_m2=round(after.area.projected_m2 - before.area.projected_m2, 4),
            ellipsoidal_m2=round(after.area.ellipsoidal_m2 - before.area.ellipsoidal_m2, 4),
        )
    return ConflictChange(
        id=one.id,
        change=change,
        rule=one.rule,
        left=one.left,
        right=one.right,
        before=None if before is None else before.area,
        after=None if after is None else after.area,
        grown=grown,
    )


def _counted(changes: Sequence[ConflictChange]) -> ChangeCounts:
    return ChangeCounts.model_validate(Counter(change.change for change in changes))


def _ref(run: KeptRun) -> RunRef:
    head = run.head
    return RunRef(
        run_id=head.run_id,
        snapshot=head.snapshot,
        application_date=head.application_date,
        searched_at=head.searched_at,
        complete=head.complete,
    )
