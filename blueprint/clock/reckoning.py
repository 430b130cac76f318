"""Reckoning (计时): the eight calibres of one item, of the items of a stage, or of a case.

Input: timelines and a calendar. Output: one `Measure` for each formula, in their order. Algorithm:
docs/clock.md has each formula; all of them take spans away from spans and count what remains, so
that days counted and days left out add up to the whole.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from blueprint.clock.calendars import UNITS, Unit, WorkCalendar
from blueprint.clock.deadlines import statutory_extensions
from blueprint.clock.extensions import granted
from blueprint.clock.formulas import (
    FORMULAS,
    Calibre,
    CountedSpan,
    Formula,
    LeftOut,
    Measure,
    StillCounted,
)
from blueprint.clock.pauses import Judged
from blueprint.clock.spans import Span, count, union, within, without
from blueprint.clock.timelines import Timeline
from blueprint.values import Bilingual

_CORRECTING = Bilingual(zh="申请人补正", en="being corrected by the applicant")
_BETWEEN = Bilingual(zh="没有事项在办", en="no item under way")
_UNTOLD = Bilingual(
    zh="补正没有书面告知，照常计时", en="the correction was not asked for in writing: it counts"
)
_SPECIAL = Bilingual(zh="特别程序", en="special procedure")


@dataclass(slots=True)
class _Count:
    """A measure in the making: over the days of `whole`, in one unit."""

    calendar: WorkCalendar
    unit: Unit
    whole: Span
    runs: bool
    counted: list[CountedSpan] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    still_counted: list[StillCounted] = field(default_factory=list)

    def days(self, span: Span) -> int:
        return self.calendar.count(span.start, span.end, self.unit).days

    def count(self, item: str | None, spans: Iterable[Span]) -> None:
        self.counted += [
            CountedSpan(item=item, start=one.start, end=one.end, days=self.days(one))
            for one in spans
        ]

    def leave_out(
        self, item: str | None, spans: Iterable[Span], why: Bilingual, judged: Judged | None = None
    ) -> None:
        ground = None if judged is None else judged.ground
        self.left_out += [
            LeftOut(
                item=item,
                start=one.start,
                end=one.end,
                days=self.days(one),
                why=why,
                ground=None if ground is None else ground.id,
                bases=[] if judged is None else list(judged.bases),
                notice=None if judged is None else judged.notice,
            )
            for one in spans
        ]

    def keep(self, item: str, spans: Iterable[Span], why: Bilingual) -> None:
        self.still_counted += [
            StillCounted(item=item, start=one.start, end=one.end, days=self.days(one), why=why)
            for one in spans
        ]

    @property
    def total(self) -> int:
        return sum(one.days for one in self.counted)

    @property
    def estimated(self) -> bool:
        spans = [Span(one.start, one.end) for one in (*self.counted, *self.left_out)]
        return count(self.calendar, spans, self.unit).estimated


def measures_of(timelines: Sequence[Timeline], calendar: WorkCalendar) -> list[Measure]:
    """All eight calibres of one item, or of several together, in the order of `FORMULAS`."""
    begun = [one for one in timelines if one.first is not None]
    return [_RECKON[formula.calibre](formula, begun, calendar) for formula in FORMULAS]


def _statutory(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K1."""
    made, longest = _longest(items, calendar, _since_accepted)
    if made is None or longest is None:
        return _nothing(formula)
    limit = longest.limits.statutory
    if len(items) > 1 or limit is None:
        return _measure(formula, made, longest if len(items) > 1 else None)
    days = limit.days + granted(statutory_extensions(longest, calendar), limit.unit)
    return _held(_measure(formula, _since_accepted(longest, calendar, limit.unit)), days)


def _promised(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K2."""
    made, longest = _longest(items, calendar, _since_accepted)
    if made is None or longest is None:
        return _nothing(formula)
    limit = longest.limits.promised
    if len(items) > 1 or limit is None:
        return _measure(formula, made, longest if len(items) > 1 else None)
    return _held(_measure(formula, _since_accepted(longest, calendar, limit.unit)), limit.days)


def _department(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K3."""
    made, longest = _longest(items, calendar, _since_begun)
    if made is None:
        return _nothing(formula)
    return _measure(formula, made, longest if len(items) > 1 else None)


def _stage(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K4."""
    each = _each(items, calendar)
    if not each:
        return _nothing(formula)
    made = _together(each, calendar)
    counted = union(Span(s.start, s.end) for one in each for s in one.counted)
    made.count(_only([one for one in items if one.accepted is not None]), counted)
    for one in each:
        for left in one.left_out:
            # what another item counts is not left out of the stage
            for span in without([Span(left.start, left.end)], counted):
                again = {"start": span.start, "end": span.end, "days": made.days(span)}
                made.left_out.append(left.model_copy(update=again))
        made.still_counted += one.still_counted
    return _measure(formula, made)


def _sum(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K5."""
    each = _each(items, calendar)
    if not each:
        return _nothing(formula)
    made = _together(each, calendar)
    for one in each:
        made.counted += one.counted
        made.left_out += one.left_out
        made.still_counted += one.still_counted
    return _measure(formula, made)


def _whole(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K6."""
    made = _from_first_to_last(items, calendar, "working", [one.end for one in items])
    if made is None:
        return _nothing(formula)
    made.count(_only(items), [made.whole])
    return _measure(formula, made)


def _government(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K7."""
    made = _from_first_to_last(items, calendar, "working", [one.end for one in items])
    if made is None:
        return _nothing(formula)
    lay_there = union(span for one in items for span in without([_open(one)], one.with_applicant))
    made.count(_only(items), within([made.whole], lay_there))
    gaps = without([made.whole], lay_there)
    for one in items:
        for judged in one.corrections:
            made.leave_out(one.limits.item, within([judged.told], gaps), _CORRECTING, judged)
            untold = without(within([judged.span], [made.whole]), [judged.told])
            made.keep(one.limits.item, untold, _UNTOLD)
    corrected = [span for one in items for span in one.with_applicant]
    made.leave_out(None, without(gaps, corrected), _BETWEEN)
    return _measure(formula, made)


def _applicant(formula: Formula, items: Sequence[Timeline], calendar: WorkCalendar) -> Measure:
    """K8."""
    last = [one.delivered or one.end for one in items]
    made = _from_first_to_last(items, calendar, "calendar", last)
    if made is None:
        return _nothing(formula)
    made.count(_only(items), [made.whole])
    found = _measure(formula, made)
    if any(one.course.state == "approved" and one.delivered is None for one in items):
        why = Bilingual(
            zh=f"{found.why.zh}；出证未记载的计至办结",
            en=f"{found.why.en}; where no delivery is noted, up to the decision",
        )
        found = found.model_copy(update={"why": why})
    return found


_RECKON: dict[Calibre, Callable[[Formula, Sequence[Timeline], WorkCalendar], Measure]] = {
    "K1": _statutory,
    "K2": _promised,
    "K3": _department,
    "K4": _stage,
    "K5": _sum,
    "K6": _whole,
    "K7": _government,
    "K8": _applicant,
}


def _since_accepted(item: Timeline, calendar: WorkCalendar, unit: Unit) -> _Count | None:
    """An item's days since it was accepted, less what the law leaves out."""
    return None if item.accepted is None else _of_item(item, calendar, unit, item.accepted, ())


def _since_begun(item: Timeline, calendar: WorkCalendar, unit: Unit) -> _Count | None:
    """An item's days since its department began, less corrections as well."""
    if item.begun is None:
        return None
    return _of_item(item, calendar, unit, item.begun, item.corrections)


def _of_item(
    item: Timeline,
    calendar: WorkCalendar,
    unit: Unit,
    since: date,
    forgiven: Sequence[Judged],
) -> _Count:
    """An item's days after `since`; of the pauses `forgiven`, all is left out that was told."""
    name, whole = item.limits.item, [Span(since, item.end)]
    made = _Count(calendar, unit, whole[0], item.runs)
    taken: list[Span] = []
    for judged in (*item.suspensions, *item.corrections):
        out = [judged.left_out, *([judged.told] if judged in forgiven else [])]
        correcting = judged in item.corrections
        what = _CORRECTING if correcting else _SPECIAL
        made.leave_out(
            name, within(out, whole), what if judged.ground is None else judged.ground.name, judged
        )
        for refused in judged.refused:
            made.keep(name, without(within([refused.span], whole), out), refused.why)
        taken += out
    made.count(name, without(whole, taken))
    return made


def _longest(
    items: Sequence[Timeline],
    calendar: WorkCalendar,
    reckon: Callable[[Timeline, WorkCalendar, Unit], _Count | None],
) -> tuple[_Count, Timeline] | tuple[None, None]:
    """The item with the most workdays, the first of several with as many."""
    made = [(one, item) for item in items if (one := reckon(item, calendar, "working"))]
    return max(made, key=lambda pair: pair[0].total, default=(None, None))


def _each(items: Sequence[Timeline], calendar: WorkCalendar) -> list[_Count]:
    made = [_since_accepted(item, calendar, "working") for item in items]
    return [one for one in made if one is not None]


def _together(each: Sequence[_Count], calendar: WorkCalendar) -> _Count:
    whole = Span(min(one.whole.start for one in each), max(one.whole.end for one in each))
    return _Count(calendar, "working", whole, any(one.runs for one in each))


def _open(item: Timeline) -> Span:
    assert item.first is not None
    return Span(item.first, item.end)


def _only(items: Sequence[Timeline]) -> str | None:
    return items[0].limits.item if len(items) == 1 else None


def _from_first_to_last(
    items: Sequence[Timeline], calendar: WorkCalendar, unit: Unit, last: Sequence[date]
) -> _Count | None:
    if not items:
        return None
    whole = Span(min(_open(one).start for one in items), max(last))
    return _Count(calendar, unit, whole, any(one.runs for one in items))


def _nothing(formula: Formula) -> Measure:
    unit: Unit = "calendar" if formula.calibre == "K8" else "working"
    begins = formula.calibre in ("K6", "K7", "K8")
    return Measure(
        calibre=formula.calibre,
        formula=formula.id,
        version=formula.version,
        days=None,
        unit=unit,
        runs=False,
        estimated=False,
        why=Bilingual(zh="尚未接件，不起算", en="nothing was handed in: it does not begin")
        if begins
        else Bilingual(zh="尚未受理，不起算", en="nothing is accepted: it does not begin"),
    )


def _held(measure: Measure, limit: int) -> Measure:
    """A measure against its limit; while it runs, keeping it is not settled."""
    assert measure.days is not None
    over = measure.days > limit
    kept = None if measure.runs and not over else not over
    return measure.model_copy(update={"limit": limit, "within": kept})


def _measure(formula: Formula, made: _Count | None, longest: Timeline | None = None) -> Measure:
    assert made is not None
    return Measure(
        calibre=formula.calibre,
        formula=formula.id,
        version=formula.version,
        days=made.total,
        unit=made.unit,
        runs=made.runs,
        estimated=made.estimated,
        counted=made.counted,
        left_out=made.left_out,
        still_counted=made.still_counted,
        why=_told(made, longest),
    )


def _told(made: _Count, longest: Timeline | None) -> Bilingual:
    """How many days from when to when, less what, in a sentence."""
    of = UNITS[made.unit]
    zh = f"{made.whole.start} 次日至 {made.whole.end}"
    en = f"after {made.whole.start} up to {made.whole.end}"
    if longest is not None:
        title = longest.limits.title
        zh, en = f"最长的一项“{title.zh}”，{zh}", f"the longest, {title.en}: {en}"
    names = dict.fromkeys(one.why for one in made.left_out)
    less = sum(one.days for one in made.left_out)
    if names:
        zh += f"，扣除 {less} 个（{'、'.join(name.zh for name in names)}）"
        en += f", less {less} ({', '.join(name.en for name in names)})"
    zh += f"，计 {made.total} 个{of.zh}"
    en += f": {made.total} {of.en}"
    if made.runs:
        zh, en = f"{zh}，仍在计时", f"{en}, and it goes on"
    if made.estimated:
        zh, en = f"{zh}（预估）", f"{en} (estimated)"
    return Bilingual(zh=zh, en=en)
