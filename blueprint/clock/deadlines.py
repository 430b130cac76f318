"""Deadlines of an item (办结期限): acceptance, statutory, promised, delivery; what is left of each.

Input: a timeline, a `Judge`. Output: `ItemDeadline`s. Algorithm: the last day of a limit is the
n-th day of its unit after the day on which it begins, those left out by law not counted; while the
clock stands still it moves on day by day, so it is told as it would be if the clock went on now.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.calendars.calendar import UNITS, Unit, WorkCalendar
from blueprint.clock.events import Status
from blueprint.clock.extensions import Extension, extensions_of, granted
from blueprint.clock.grounds import Term
from blueprint.clock.limits import Limit
from blueprint.clock.pauses import Judge
from blueprint.clock.spans import Span, count, within, without
from blueprint.clock.timelines import Timeline
from blueprint.rules.legal import LegalBasis
from blueprint.values import Bilingual, Value

DeadlineKind = Literal["acceptance", "statutory", "promised", "delivery"]
DEADLINE_NAMES: dict[DeadlineKind, Bilingual] = {
    "acceptance": Bilingual(zh="受理或一次告知补正", en="accept, or say what is missing"),
    "statutory": Bilingual(zh="法定办结", en="decide by law"),
    "promised": Bilingual(zh="承诺办结", en="decide as promised"),
    "delivery": Bilingual(zh="颁发送达", en="deliver the permit"),
}
DeadlineState = Literal["running", "due_soon", "overdue", "suspended", "kept", "missed", "closed"]

DUE_SOON = 3
"""With so many days of a limit left, or fewer, it is due soon."""


class ItemDeadline(Value):
    """One deadline of an item.

    `left` are days of its unit that are left, below zero those it is over; `extended` how many of
    the limit's days are an extension. `estimated`: the day rests on days that no notice settles.
    """

    kind: DeadlineKind
    state: DeadlineState
    limit: int
    unit: Unit
    extended: int = 0
    since: date = Field(description="the day on which it begins, not counted")
    day: date = Field(description="the last day of it")
    left: int
    estimated: bool
    why: Bilingual
    bases: list[LegalBasis]


def deadlines_of(timeline: Timeline, judge: Judge) -> list[ItemDeadline]:
    """Every deadline that an item has, in the order in which they run out in a usual case."""
    found = [
        _acceptance(timeline, judge),
        _decision(timeline, judge, "promised", timeline.limits.promised),
        _decision(timeline, judge, "statutory", timeline.limits.statutory),
        _delivery(timeline, judge),
    ]
    return [one for one in found if one is not None]


def statutory_extensions(timeline: Timeline, calendar: WorkCalendar) -> list[Extension]:
    """The extensions of an item, each with why it does not hold, if it does not."""
    limit, accepted = timeline.limits.statutory, timeline.accepted
    if not timeline.extensions:
        return []
    if limit is None or accepted is None:
        return extensions_of(timeline, date.max)
    due = last_day(calendar, accepted, limit.days, limit.unit, timeline.left_out)
    return extensions_of(timeline, due)


def last_day(
    calendar: WorkCalendar, since: date, days: int, unit: Unit, left_out: Sequence[Span]
) -> date:
    """The n-th day of a unit after `since` that is not left out.

    Raises:
        InvalidDays: no calendar goes that far.
    """
    day = calendar.nth(since, days, unit)
    while True:
        more = count(calendar, within(left_out, [Span(since, day)]), unit).days
        after = calendar.nth(since, days + more, unit)
        if after == day:
            return day
        day = after


def _acceptance(timeline: Timeline, judge: Judge) -> ItemDeadline | None:
    since = timeline.handed_in
    if since is None:
        return None
    term = judge.law.term("acceptance")
    course = timeline.course
    answer = course.accepted or course.ended
    said = None if answer is None else judge.day_of(answer)
    waiting = [one for one in timeline.corrections if not one.pause.accepted]
    if said is None and waiting and waiting[-1].is_open:
        said = waiting[-1].span.start
    return _of_term("acceptance", term, since, said, timeline, judge)


def _delivery(timeline: Timeline, judge: Judge) -> ItemDeadline | None:
    ended = timeline.course.ended
    if ended is None or ended.status not in (Status.APPROVED, Status.APPROVED_INCOMPLETE):
        return None
    term = judge.law.term("delivery")
    return _of_term("delivery", term, timeline.end, timeline.delivered, timeline, judge)


def _of_term(
    kind: DeadlineKind, term: Term, since: date, done: date | None, timeline: Timeline, judge: Judge
) -> ItemDeadline:
    """A deadline that the law sets whatever the item, met on the day on which that was done."""
    due = judge.calendar.add(since, term.days, term.unit)
    until = timeline.as_of if done is None else done
    used = judge.calendar.count(since, until, term.unit).days
    return ItemDeadline(
        kind=kind,
        state=_state(term.days - used, is_over=done is not None, is_suspended=False),
        limit=term.days,
        unit=term.unit,
        since=since,
        day=due.day,
        left=term.days - used,
        estimated=due.estimated,
        why=due.why,
        bases=judge.law.bases_in_force(term, since),
    )


def _decision(
    timeline: Timeline, judge: Judge, kind: DeadlineKind, limit: Limit | None
) -> ItemDeadline | None:
    since = timeline.accepted
    if since is None or limit is None:
        return None
    calendar, left_out = judge.calendar, timeline.left_out
    extended = 0
    if kind == "statutory":
        extended = granted(statutory_extensions(timeline, calendar), limit.unit)
    days = limit.days + extended
    day = last_day(calendar, since, days, limit.unit, left_out)
    used = count(calendar, without([Span(since, timeline.end)], left_out), limit.unit).days
    skipped = count(calendar, within(left_out, [Span(since, day)]), limit.unit).days
    state = _state(
        days - used,
        is_over=timeline.course.is_over,
        is_suspended=any(one.is_open for one in timeline.lawful),
    )
    if timeline.course.ended is not None and timeline.course.state == "closed":
        state = "closed"
    return ItemDeadline(
        kind=kind,
        state=state,
        limit=days,
        unit=limit.unit,
        extended=extended,
        since=since,
        day=day,
        left=days - used,
        estimated=calendar.count(since, day, limit.unit).estimated,
        why=_told(since, days, limit.unit, extended, skipped),
        bases=list(limit.bases),
    )


def _state(left: int, *, is_over: bool, is_suspended: bool) -> DeadlineState:
    if is_over:
        return "kept" if left >= 0 else "missed"
    if left < 0:
        return "overdue"
    if is_suspended:
        return "suspended"
    return "due_soon" if left <= DUE_SOON else "running"


def _told(since: date, days: int, unit: Unit, extended: int, skipped: int) -> Bilingual:
    of = UNITS[unit]
    zh = f"{since} 次日起第 {days} 个{of.zh}"
    en = f"{days} {of.en} after {since}, that day not counted"
    if extended:
        zh += f"（含延长 {extended} 个）"
        en += f", {extended} of them an extension"
    if skipped:
        zh += f"，依法扣除其间 {skipped} 个"
        en += f"; {skipped} more are left out by law"
    return Bilingual(zh=zh, en=en)
