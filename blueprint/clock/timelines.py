"""The days of an item (办理时间线): its course as days of the city's, up to the day in question.

Input: the events of one item, its limits, a `Judge`. Output: `Timeline`: the days of receipt,
acceptance, beginning, end and delivery, and its pauses as they were judged.

Algorithm: events of later days are left away, so that an answer about an earlier day is the one of
that day. An item is accepted on the day on which that was noted, or by silence: whoever was told
nothing within the term of acceptance after handing in, or handing in corrected documents, is
accepted from the day of that handing in, whatever was noted later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from blueprint.clock.courses import Course, course_of
from blueprint.clock.events import NotedEvent
from blueprint.clock.limits import ItemLimits
from blueprint.clock.pauses import Judge, Judged
from blueprint.clock.spans import Span, union


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days of one item; what has not happened is None.

    `end` is the day of the decision or of another end, or the day in question while it `runs`;
    `handed_in` the day from which the term of acceptance was last counted.
    """

    limits: ItemLimits
    course: Course
    as_of: date
    received: date | None
    handed_in: date | None
    accepted: date | None
    accepted_by_silence: bool
    begun: date | None
    end: date
    delivered: date | None
    suspensions: tuple[Judged, ...]
    corrections: tuple[Judged, ...]
    extensions: tuple[Judged, ...]

    @property
    def first(self) -> date | None:
        """The day on which it came in: received, or accepted at once."""
        return self.accepted if self.received is None else self.received

    @property
    def runs(self) -> bool:
        """Whether it has begun and not ended."""
        return self.first is not None and not self.course.is_over

    @property
    def lawful(self) -> tuple[Judged, ...]:
        """The pauses of which the law lets something be left out."""
        pauses = self.suspensions + tuple(one for one in self.corrections if one.pause.accepted)
        return tuple(one for one in pauses if one.left_out)

    @property
    def left_out(self) -> list[Span]:
        """All days that the law lets be left out."""
        return union(one.left_out for one in self.lawful)

    @property
    def with_applicant(self) -> list[Span]:
        """The days on which the applicant had to correct, having been told in writing."""
        return union(one.told for one in self.corrections)


def timeline_of(limits: ItemLimits, events: Sequence[NotedEvent], judge: Judge) -> Timeline:
    """The days of one item, from its standing events.

    Raises:
        InvalidEvent: one of them cannot follow what was before it.
    """
    known = [event for event in events if judge.day_of(event) <= judge.as_of]
    course = course_of(limits.item, known)
    received = _day(course.received, judge)
    noted = _day(course.accepted, judge)
    handed_in, silent = _accepted_by_silence(course, judge)
    accepted = handed_in if silent else noted
    return Timeline(
        limits=limits,
        course=course,
        as_of=judge.as_of,
        received=received,
        handed_in=handed_in,
        accepted=accepted,
        accepted_by_silence=silent,
        begun=_day(course.begun, judge) or noted or accepted,
        end=_day(course.ended, judge) or judge.as_of,
        delivered=_day(course.delivered, judge),
        suspensions=tuple(judge.judge(one, "suspension") for one in course.specials),
        corrections=tuple(judge.judge(one, "correction") for one in course.corrections),
        extensions=tuple(judge.judge(one, "extension") for one in course.extensions),
    )


def _day(event: NotedEvent | None, judge: Judge) -> date | None:
    return None if event is None else judge.day_of(event)


def _accepted_by_silence(course: Course, judge: Judge) -> tuple[date | None, bool]:
    """The day of the last handing in, and whether silence after one made it an acceptance."""
    handed_in = _day(course.received, judge)
    if handed_in is None:
        return None, False
    term = judge.law.term("acceptance")
    for pause in course.corrections:
        if pause.accepted:
            continue
        if judge.day_of(pause.opened) > judge.calendar.nth(handed_in, term.days, term.unit):
            return handed_in, True
        if pause.closed is None or pause.closed is course.ended:
            return handed_in, False
        handed_in = judge.day_of(pause.closed)
    said = _day(course.accepted or course.ended, judge) or judge.as_of
    return handed_in, said > judge.calendar.nth(handed_in, term.days, term.unit)
