"""Counts in the making (计数): which days of items a calibre counts, and which it leaves out.

Input: a timeline and a calendar. Output: `Count`: spans counted, left out and on which ground, and
counted although somebody stopped the clock; `ItemDays`, which counts an item each way once, however
many calibres ask.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from blueprint.calendars.calendar import Unit, WorkCalendar
from blueprint.clock.formulas import CountedSpan, LeftOut, StillCounted
from blueprint.clock.pauses import Judged
from blueprint.clock.spans import Span, count, within, without
from blueprint.clock.timelines import Timeline
from blueprint.values import Bilingual

CORRECTING = Bilingual(zh="申请人补正", en="being corrected by the applicant")
_SPECIAL = Bilingual(zh="特别程序", en="special procedure")


@dataclass(slots=True)
class Count:
    """A measure in the making: over the days of `whole`, in one unit."""

    calendar: WorkCalendar
    unit: Unit
    whole: Span
    runs: bool
    counted: list[CountedSpan] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    still_counted: list[StillCounted] = field(default_factory=list)

    def days(self, span: Span) -> int:
        """How many days of the unit a span has."""
        return self.calendar.count(span.start, span.end, self.unit).days

    def count(self, item: str | None, spans: Iterable[Span]) -> None:
        """Count these days."""
        self.counted += [
            CountedSpan(item=item, start=one.start, end=one.end, days=self.days(one))
            for one in spans
        ]

    def leave_out(
        self, item: str | None, spans: Iterable[Span], why: Bilingual, judged: Judged | None = None
    ) -> None:
        """Leave these days out, and say why; of a pause, on which ground."""
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
        """Say of days that are counted that somebody had stopped the clock."""
        self.still_counted += [
            StillCounted(item=item, start=one.start, end=one.end, days=self.days(one), why=why)
            for one in spans
        ]

    @property
    def total(self) -> int:
        """The days counted."""
        return sum(one.days for one in self.counted)

    @property
    def estimated(self) -> bool:
        """Whether days that no notice settles are among those looked at."""
        spans = [Span(one.start, one.end) for one in (*self.counted, *self.left_out)]
        return count(self.calendar, spans, self.unit).estimated


class ItemDays:
    """The days of one item as they are counted by law and by its department, each reckoned once."""

    def __init__(self, timeline: Timeline, calendar: WorkCalendar) -> None:
        self.timeline, self.calendar = timeline, calendar
        self._by_law: dict[Unit, Count] = {}
        self._by_department: Count | None = None

    @property
    def name(self) -> str:
        """The item's id."""
        return self.timeline.limits.item

    @property
    def span(self) -> Span:
        """From the day on which it came in to its end, or the day in question."""
        assert self.timeline.first is not None
        return Span(self.timeline.first, self.timeline.end)

    def by_law(self, unit: Unit = "working") -> Count | None:
        """Since it was accepted, less what the law leaves out; None: it never was."""
        since = self.timeline.accepted
        if since is None:
            return None
        if unit not in self._by_law:
            self._by_law[unit] = _count(self.timeline, self.calendar, unit, since, ())
        return self._by_law[unit]

    def by_department(self) -> Count | None:
        """Since its department began, less corrections as well; None: it did not."""
        since, corrections = self.timeline.begun, self.timeline.corrections
        if since is None:
            return None
        if self._by_department is None:
            self._by_department = _count(
                self.timeline, self.calendar, "working", since, corrections
            )
        return self._by_department


def _count(
    item: Timeline,
    calendar: WorkCalendar,
    unit: Unit,
    since: date,
    forgiven: Sequence[Judged],
) -> Count:
    """An item's days after `since`; of the pauses `forgiven`, all is left out that was told."""
    name, whole = item.limits.item, [Span(since, item.end)]
    made = Count(calendar, unit, whole[0], item.runs)
    taken: list[Span] = []
    for judged in (*item.suspensions, *item.corrections):
        out = [judged.left_out, *([judged.told] if judged in forgiven else [])]
        correcting = judged in item.corrections
        what = CORRECTING if correcting else _SPECIAL
        made.leave_out(
            name, within(out, whole), what if judged.ground is None else judged.ground.name, judged
        )
        for refused in judged.refused:
            made.keep(name, without(within([refused.span], whole), out), refused.why)
        taken += out
    made.count(name, without(whole, taken))
    return made
