"""Strips of days (计时条): what each calibre makes of each day, for a line of text or a drawing.

Input: measures, a calendar, the days to show. Output: a `Mark` for each day, and on how many items
a day counts. Algorithm: a measure's spans are laid over the days; a day on which no work is done is
not counted where working days are.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

from blueprint.calendars.calendar import WorkCalendar
from blueprint.clock.formulas import CountedSpan, Measure

Mark = Literal["outside", "counted", "stopped", "off", "left_out"]
"""outside: before it begins or after its end; stopped: counted although the clock was stopped; off:
within it, but no day of its unit."""


def days_of(measures: Sequence[Measure]) -> list[date]:
    """All days that any of the measures looks at, with the one on which the first begins."""
    spans = [one for measure in measures for one in (*measure.counted, *measure.left_out)]
    if not spans:
        return []
    first, last = min(one.start for one in spans), max(one.end for one in spans)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def marks_of(measure: Measure, days: Sequence[date], calendar: WorkCalendar) -> list[Mark]:
    """What a measure makes of each day."""
    return [_mark(measure, day, calendar) for day in days]


def items_on(measure: Measure, day: date) -> int:
    """On how many spans a day is counted: more than once in a sum of items alone."""
    return sum(_has(one, day) for one in measure.counted)


def _mark(measure: Measure, day: date, calendar: WorkCalendar) -> Mark:
    counted = any(_has(one, day) for one in measure.counted)
    left_out = any(_has(one, day) for one in measure.left_out)
    if not (counted or left_out):
        return "outside"
    if measure.unit == "working" and not calendar.is_workday(day):
        return "off"
    if not counted:
        return "left_out"
    stopped = any(_has(one, day) for one in measure.still_counted)
    return "stopped" if stopped else "counted"


def _has(span: CountedSpan, day: date) -> bool:
    return span.start < day <= span.end
