"""Reckoning (计时): the eight calibres of one item, of the items of a stage, or of a case.

Input: the days of items and a calendar. Output: one `Measure` for each formula, in their order.
Algorithm: docs/clock.md has each formula; all of them take spans away from spans and count what
remains, so that days counted and days left out add up to the whole.
"""

from collections.abc import Callable, Sequence
from datetime import date

from blueprint.calendars.calendar import UNITS, Unit, WorkCalendar
from blueprint.clock.counting import CORRECTING, Count, ItemDays
from blueprint.clock.deadlines import statutory_extensions
from blueprint.clock.extensions import granted
from blueprint.clock.formulas import FORMULAS, Calibre, Formula, Measure
from blueprint.clock.spans import Span, union, within, without
from blueprint.values import Bilingual

_BETWEEN = Bilingual(zh="没有事项在办", en="no item under way")
_UNTOLD = Bilingual(
    zh="补正没有书面告知，照常计时", en="the correction was not asked for in writing: it counts"
)


Reckon = Callable[[Formula, Sequence[ItemDays], WorkCalendar], Measure]


def measures_of(items: Sequence[ItemDays], calendar: WorkCalendar) -> list[Measure]:
    """All eight calibres of one item, or of several together, in the order of `FORMULAS`."""
    begun = [one for one in items if one.timeline.first is not None]
    return [_RECKON[formula.calibre](formula, begun, calendar) for formula in FORMULAS]


def _statutory(formula: Formula, items: Sequence[ItemDays], calendar: WorkCalendar) -> Measure:
    """K1."""
    made, longest = _longest(items, ItemDays.by_law)
    if made is None or longest is None:
        return _nothing(formula)
    limit = longest.timeline.limits.statutory
    if len(items) > 1 or limit is None:
        return _measure(formula, made, longest if len(items) > 1 else None)
    extensions = statutory_extensions(longest.timeline, calendar)
    days = limit.days + granted(extensions, limit.unit)
    return _held(_measure(formula, longest.by_law(limit.unit)), days)


def _promised(formula: Formula, items: Sequence[ItemDays], _: WorkCalendar) -> Measure:
    """K2."""
    made, longest = _longest(items, ItemDays.by_law)
    if made is None or longest is None:
        return _nothing(formula)
    limit = longest.timeline.limits.promised
    if len(items) > 1 or limit is None:
        return _measure(formula, made, longest if len(items) > 1 else None)
    return _held(_measure(formula, longest.by_law(limit.unit)), limit.days)


def _department(formula: Formula, items: Sequence[ItemDays], _: WorkCalendar) -> Measure:
    """K3."""
    made, longest = _longest(items, ItemDays.by_department)
    if made is None:
        return _nothing(formula)
    return _measure(formula, made, longest if len(items) > 1 else None)


def _stage(formula: Formula, items: Sequence[ItemDays], calendar: WorkCalendar) -> Measure:
    """K4."""
    accepted = [one for one in items if one.timeline.accepted is not None]
    made, each = _together(accepted, calendar)
    if made is None:
        return _nothing(formula)
    counted = union(Span(s.start, s.end) for one in each for s in one.counted)
    made.count(_only(accepted), counted)
    for one in each:
        for left in one.left_out:
            # what another item counts is not left out of the stage
            for span in without([Span(left.start, left.end)], counted):
                again = {"start": span.start, "end": span.end, "days": made.days(span)}
                made.left_out.append(left.model_copy(update=again))
        made.still_counted += one.still_counted
    return _measure(formula, made)


def _sum(formula: Formula, items: Sequence[ItemDays], calendar: WorkCalendar) -> Measure:
    """K5."""
    made, each = _together(items, calendar)
    if made is None:
        return _nothing(formula)
    for one in each:
        made.counted += one.counted
        made.left_out += one.left_out
        made.still_counted += one.still_counted
    return _measure(formula, made)


def _whole(formula: Formula, items: Sequence[ItemDays], calendar: WorkCalendar) -> Measure:
    """K6."""
    made = _from_first_to_last(items, calendar)
    if made is None:
        return _nothing(formula)
    made.count(_only(items), [made.whole])
    return _measure(formula, made)


def _government(formula: Formula, items: Sequence[ItemDays], calendar: WorkCalendar) -> Measure:
    """K7."""
    made = _from_first_to_last(items, calendar)
    if made is None:
        return _nothing(formula)
    corrected = [span for one in items for span in one.timeline.with_applicant]
    lay_there = union(
        span for one in items for span in without([one.span], one.timeline.with_applicant)
    )
    made.count(_only(items), within([made.whole], lay_there))
    gaps = without([made.whole], lay_there)
    for one in items:
        for judged in one.timeline.corrections:
            made.leave_out(one.name, within([judged.told], gaps), CORRECTING, judged)
            untold = without(within([judged.span], [made.whole]), [judged.told])
            made.keep(one.name, untold, _UNTOLD)
    made.leave_out(None, without(gaps, corrected), _BETWEEN)
    return _measure(formula, made)


def _applicant(formula: Formula, items: Sequence[ItemDays], calendar: WorkCalendar) -> Measure:
    """K8."""
    last = max((one.timeline.delivered or one.timeline.end for one in items), default=None)
    made = _from_first_to_last(items, calendar, "calendar", last)
    if made is None:
        return _nothing(formula)
    made.count(_only(items), [made.whole])
    found = _measure(formula, made)
    timelines = [one.timeline for one in items]
    if any(one.course.state == "approved" and one.delivered is None for one in timelines):
        why = Bilingual(
            zh=f"{found.why.zh}；出证未记载的计至办结",
            en=f"{found.why.en}; where no delivery is noted, up to the decision",
        )
        found = found.model_copy(update={"why": why})
    return found


_RECKON: dict[Calibre, Reckon] = {
    "K1": _statutory,
    "K2": _promised,
    "K3": _department,
    "K4": _stage,
    "K5": _sum,
    "K6": _whole,
    "K7": _government,
    "K8": _applicant,
}


def _longest(
    items: Sequence[ItemDays], reckon: Callable[[ItemDays], Count | None]
) -> tuple[Count, ItemDays] | tuple[None, None]:
    """The item with the most working days, the first of several with as many."""
    made = [(one, item) for item in items if (one := reckon(item)) is not None]
    return max(made, key=lambda pair: pair[0].total, default=(None, None))


def _together(
    items: Sequence[ItemDays], calendar: WorkCalendar
) -> tuple[Count | None, list[Count]]:
    """An empty count over the days of all items that were accepted, and the count of each."""
    each = [one for item in items if (one := item.by_law()) is not None]
    if not each:
        return None, each
    whole = Span(min(one.whole.start for one in each), max(one.whole.end for one in each))
    return Count(calendar, "working", whole, any(one.runs for one in each)), each


def _only(items: Sequence[ItemDays]) -> str | None:
    return items[0].name if len(items) == 1 else None


def _from_first_to_last(
    items: Sequence[ItemDays],
    calendar: WorkCalendar,
    unit: Unit = "working",
    last: date | None = None,
) -> Count | None:
    """An empty count from the first receipt up to the last end, or to another day."""
    if not items:
        return None
    spans = [one.span for one in items]
    whole = Span(min(one.start for one in spans), last or max(one.end for one in spans))
    return Count(calendar, unit, whole, any(one.timeline.runs for one in items))


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


def _measure(formula: Formula, made: Count | None, longest: ItemDays | None = None) -> Measure:
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


def _told(made: Count, longest: ItemDays | None) -> Bilingual:
    """How many days from when to when, less what, in a sentence."""
    of = UNITS[made.unit]
    zh = f"{made.whole.start} 次日至 {made.whole.end}"
    en = f"after {made.whole.start} up to {made.whole.end}"
    if longest is not None:
        title = longest.timeline.limits.title
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
