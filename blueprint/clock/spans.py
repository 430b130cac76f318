"""Sets of days as spans: each begins after one day and ends with another, so that they add up.

Input and output: `Span`s in any order, which may lie on one another. Output of `union` and
`without`: spans in order that neither meet nor overlap, so that no day is in two of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from blueprint.calendars.calendar import DayCount, Unit, WorkCalendar


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The days after `start` up to and with `end`; none if `end` is not later."""

    start: date
    end: date

    def __bool__(self) -> bool:
        return self.start < self.end

    def within(self, other: "Span") -> "Span":
        """The days that both have."""
        return Span(max(self.start, other.start), min(self.end, other.end))


def union(spans: Iterable[Span]) -> list[Span]:
    """All days of all spans, each once."""
    joined: list[Span] = []
    for span in sorted(filter(None, spans)):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def within(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The days that are in any of `spans` and in any of `others`."""
    bounds = union(others)
    return [both for span in union(spans) for bound in bounds if (both := span.within(bound))]


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The days of `spans` that are in none of `taken`."""
    left: list[Span] = []
    gaps = union(taken)
    for span in union(spans):
        start = span.start
        for gap in gaps:
            if gap.end <= start or gap.start >= span.end:
                continue
            if start < gap.start:
                left.append(Span(start, gap.start))
            start = gap.end
        if start < span.end:
            left.append(Span(start, span.end))
    return left


def count(calendar: WorkCalendar, spans: Sequence[Span], unit: Unit) -> DayCount:
    """Days of a unit in spans that do not overlap, such as `union` and `without` give."""
    each = [calendar.count(span.start, span.end, unit) for span in spans]
    return DayCount(sum(one.days for one in each), any(one.estimated for one in each))
