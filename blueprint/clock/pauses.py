"""Pauses judged (停止计时的认定): which days of a pause the law lets be left out, and which not.

Input: a pause of an item's course, the law of the clock, the calendar. Output: `Judged`: the days
that may be left out and on which ground, and those that count although somebody stopped the clock,
with the reason.

Algorithm: a pause lasts from the day on which it begins, not counted, up to and with that on which
it ends, or the day in question. Of these days there may be left out those
    1. on a ground that is named, is one for such a pause, and is in force on the first day;
    2. after the day on which the applicant was told in writing, where the ground asks for that;
    3. within the time that the applicant was told it takes (TBCXSX), and that the ground allows.
The others count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from blueprint.calendars.calendar import UNITS, Unit, WorkCalendar
from blueprint.clock.courses import Pause
from blueprint.clock.events import NotedEvent, StatusEvent, WrittenNotice
from blueprint.clock.grounds import ClockLaw, Ground, GroundKind
from blueprint.clock.spans import Span
from blueprint.rules.legal import LegalBasis
from blueprint.values import Bilingual

_UNTOLD = Bilingual(
    zh="没有书面告知申请人，照常计时", en="the applicant was not told in writing: it counts"
)
_TOLD_LATE = Bilingual(
    zh="书面告知申请人之前，照常计时", en="before the applicant was told in writing: it counts"
)

DayOf = Callable[[datetime], date]
"""To which day of the city's a moment belongs."""


Reason = Literal["groundless", "untold", "told_late", "beyond"]
"""Why days of a pause count: no ground; not told in writing, or not yet; longer than was told."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Days that count although the clock was stopped, and why."""

    span: Span
    reason: Reason
    why: Bilingual


@dataclass(frozen=True, slots=True)
class Judged:
    """What a pause comes to.

    `span` is all of it, `left_out` what the law lets be left out, `refused` the rest. `told` is the
    part of it after the applicant was told in writing, whatever the ground; `groundless` why there
    is no ground for it, if there is none.
    """

    pause: Pause
    span: Span
    is_open: bool
    left_out: Span
    told: Span
    refused: tuple[Refused, ...]
    groundless: Bilingual | None
    ground: Ground | None
    bases: tuple[LegalBasis, ...]
    notice: WrittenNotice | None


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges pauses by one law and one calendar, as of the end of one day."""

    law: ClockLaw
    calendar: WorkCalendar
    city_day: DayOf
    as_of: date

    def day_of(self, event: StatusEvent) -> date:
        """The day of the city's on which an event happened."""
        return self.city_day(event.at)

    def day_noted(self, event: NotedEvent) -> date:
        """The day of the city's on which an event was noted."""
        return self.city_day(event.noted_at)

    def judge(self, pause: Pause, kind: GroundKind) -> Judged:
        """What a pause comes to, as one on a ground of that kind."""
        opened = self.day_of(pause.opened)
        closed = self.as_of if pause.closed is None else self.day_of(pause.closed)
        span = Span(opened, max(opened, closed))
        notice = pause.opened.notice or (None if pause.closed is None else pause.closed.notice)
        told = Span(span.end if notice is None else max(opened, notice.day), span.end)
        ground = self.law.ground(pause.opened.ground or "")
        bases = tuple(() if ground is None else self.law.bases_in_force(ground, opened))
        why = self._groundless(pause, kind, ground, bases)
        left_out = Span(span.end, span.end)
        refused = [] if why is None else [Refused(span, "groundless", why)]
        if ground is not None and why is None:
            left_out, *refused = self._left_out(pause, ground, span, told.start, notice)
        return Judged(
            pause=pause,
            span=span,
            is_open=pause.closed is None,
            left_out=left_out,
            told=told,
            refused=tuple(one for one in refused if one.span),
            groundless=why,
            ground=ground,
            bases=bases,
            notice=notice,
        )

    def _groundless(
        self,
        pause: Pause,
        kind: GroundKind,
        ground: Ground | None,
        bases: tuple[LegalBasis, ...],
    ) -> Bilingual | None:
        """Why no day of a pause may be left out for want of a ground; None: it has one."""
        name = pause.opened.ground
        if name is None:
            if kind == "correction":
                return Bilingual(
                    zh="受理后补正没有法律依据，照常计时",
                    en="no law lets a correction after acceptance stop the clock: it counts",
                )
            return Bilingual(
                zh="未注明法律依据，照常计时", en="no legal ground is named: it counts"
            )
        if ground is None or ground.kind != kind:
            return Bilingual(
                zh=f"“{name}”不是可以停止计时的依据，照常计时",
                en=f"{name} is no ground on which this clock may be stopped: it counts",
            )
        if not bases:
            opened = self.day_of(pause.opened)
            return Bilingual(
                zh=f"“{ground.name.zh}”在 {opened} 没有有效依据，照常计时",
                en=f"{ground.name.en} has no basis in force on {opened}: it counts",
            )
        return None

    def _left_out(
        self,
        pause: Pause,
        ground: Ground,
        span: Span,
        told: date,
        notice: WrittenNotice | None,
    ) -> tuple[Span, Refused, Refused]:
        """The days of a pause with a ground that may be left out, and those that may not."""
        start = told if ground.in_writing else span.start
        early = Span(span.start, min(start, span.end))
        before = (
            Refused(early, "untold", _UNTOLD)
            if notice is None
            else Refused(early, "told_late", _TOLD_LATE)
        )
        end, after = span.end, Refused(Span(span.end, span.end), "beyond", _UNTOLD)
        for days, unit, most in (
            (pause.opened.days, pause.opened.unit, False),
            (ground.most_days, ground.unit, True),
        ):
            if days is not None and start < end:
                last = self.calendar.nth(start, days, unit)
                if last < end:
                    end = last
                    why = _beyond(days, unit, most=most)
                    after = Refused(Span(last, span.end), "beyond", why)
        return Span(start, end), before, after


def _beyond(days: int, unit: Unit, *, most: bool) -> Bilingual:
    of = UNITS[unit]
    if most:
        return Bilingual(
            zh=f"超过依据允许的 {days} 个{of.zh}，照常计时",
            en=f"beyond the {days} {of.en} that the ground allows: it counts",
        )
    return Bilingual(
        zh=f"超过告知申请人的 {days} 个{of.zh}，照常计时",
        en=f"beyond the {days} {of.en} that the applicant was told: it counts",
    )
