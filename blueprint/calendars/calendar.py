"""The calendar of workdays (工作日历): which days count, and since when nobody knows yet.

Input: the holidays and make-up days of the library chinesecalendar, and a file of overrides that
goes before it. Output: `WorkCalendar`: what a day is and why, workdays between two days, the n-th
workday after a day. Algorithm: days of the week are counted by arithmetic; days on which the
calendar departs from the week are kept sorted with a running sum, so that a count over any span
takes two look-ups, and counts over adjoining spans add up exactly.

A span begins after its first day and ends with its last one: the day of an event is not counted.
Days that no notice settles follow the week alone and make whatever touches them an estimate (预估):
all years without data, and the last week of December before such a year, which the notice for New
Year's Day may still change (it did in 2005, 2006, 2007, 2011 and 2018).
"""

import os
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple

import chinese_calendar

from blueprint.calendars.overrides import SHIPPED_OVERRIDES, CalendarOverrides, load_overrides
from blueprint.errors import InvalidDays
from blueprint.values import Bilingual, Value, text_hash

Unit = Literal["working", "calendar"]
"""工作日 or 自然日, as XMSPSXBLTBCXXXB.TBCXSXLX and GB/T 39046 tell them apart."""
UNITS: dict[Unit, Bilingual] = {
    "working": Bilingual(zh="工作日", en="working days"),
    "calendar": Bilingual(zh="自然日", en="calendar days"),
}

DayKind = Literal["workday", "make_up", "weekend", "holiday"]
DAY_KINDS: dict[DayKind, Bilingual] = {
    "workday": Bilingual(zh="工作日", en="workday"),
    "make_up": Bilingual(zh="调休上班", en="make-up workday"),
    "weekend": Bilingual(zh="周末", en="weekend"),
    "holiday": Bilingual(zh="放假", en="holiday"),
}

MOST_DAYS = 36_500
"""More days than any limit has."""

_LAST_WEEK = (12, 25)
_FESTIVALS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利七十周年纪念日",
}


class CalendarDay(Value):
    """One day: whether work is done on it, why, and who says so.

    `notice` is the number of the notice that an override took it from; `estimated` says that no
    notice settles the day, so that it follows the week alone.
    """

    day: date
    workday: bool
    kind: DayKind
    why: Bilingual
    notice: str | None
    estimated: bool


class DayCount(NamedTuple):
    """How many days a span has, and whether days that no notice settles are among them."""

    days: int
    estimated: bool


class Deadline(Value):
    """The last day of a limit, and how it was counted.

    `estimated` says that days are among those counted which no notice settles yet.
    """

    day: date
    estimated: bool
    why: Bilingual


class WorkCalendar:
    """The workdays of mainland China by the library and by what overrides it."""

    def __init__(self, overrides: CalendarOverrides) -> None:
        holidays, workdays = chinese_calendar.holidays, chinese_calendar.workdays
        self.overrides = overrides
        known = sorted(holidays)
        library = range(known[0].year, known[-1].year + 1)
        self._years = frozenset(library) | overrides.settled_years
        work = dict.fromkeys(holidays, False) | dict.fromkeys(workdays, True)
        work |= {day: kept.workday for day, (kept, _) in overrides.days.items()}
        self._work = work
        departing = sorted(day for day, works in work.items() if works != _is_weekday(day))
        self._departing = [day.toordinal() for day in departing]
        self._sums = [0, *accumulate(1 if work[day] else -1 for day in departing)]
        # a library of another content under the same number would not pass for this one
        told = "\n".join(f"{day} {works}" for day, works in sorted(work.items()))
        self.sha256 = text_hash(f"{told}\n{overrides.sha256}\n{sorted(self._years)}")
        # every calibre asks for the same spans, and cases of one time for the same days
        self._workdays = lru_cache(maxsize=1 << 16)(self._count_workdays)
        self._ahead = lru_cache(maxsize=1 << 16)(self._look_ahead)
        self._told_ahead = lru_cache(maxsize=1 << 12)(self._deadline)
        self.version = f"chinesecalendar-{chinese_calendar.__version__}+{overrides.sha256[:12]}"
        """The library's version and the beginning of the overrides' hash."""

    @property
    def years(self) -> tuple[int, int]:
        """The first and the last year that notices settle."""
        return min(self._years), max(self._years)

    def day(self, day: date) -> CalendarDay:
        """What a day is, and who says so."""
        works, weekday = self.is_workday(day), _is_weekday(day)
        kept, source = self.overrides.days.get(day, (None, None))
        named = kept is not None or day in chinese_calendar.holidays
        kind: DayKind = ("workday" if weekday else "make_up") if works else "holiday"
        if not works and not weekday and not named:
            kind = "weekend"
        why, festival = DAY_KINDS[kind], _festival(day)
        if kept is not None:
            why = kept.why
        elif festival is not None:
            why = Bilingual(zh=f"{festival.zh}{why.zh}", en=f"{why.en} for {festival.en}")
        return CalendarDay(
            day=day,
            workday=works,
            kind=kind,
            why=why,
            notice=None if source is None else source.number,
            estimated=self.is_estimated(day),
        )

    def is_workday(self, day: date) -> bool:
        """Whether work is done on a day; by the week alone where `is_estimated` says so."""
        return self._work.get(day, _is_weekday(day))

    def is_estimated(self, day: date) -> bool:
        """Whether no notice settles what a day is."""
        return day not in self.overrides.days and not self._is_covered(day)

    def workdays_between(self, start: date, end: date) -> DayCount:
        """Workdays after `start` up to and with `end`; negative where `end` is before `start`."""
        return self.count(start, end, "working")

    def count(self, start: date, end: date, unit: Unit) -> DayCount:
        """Days of a unit after `start` up to and with `end`; negative where `end` comes first.

        Calendar days are never estimated: every calendar has them.
        """
        if unit == "calendar":
            return DayCount((end - start).days, estimated=False)
        return self._workdays(start, end)

    def _count_workdays(self, start: date, end: date) -> DayCount:
        days = self._up_to(end.toordinal()) - self._up_to(start.toordinal())
        first, last = (start, end) if start <= end else (end, start)
        return DayCount(days, estimated=self._touches_unsettled(first, last))

    def add_workdays(self, day: date, workdays: int) -> Deadline:
        """The n-th workday after `day`, which is not counted itself; `day` for none.

        Raises:
            InvalidDays: the number is negative or beyond reason, or no calendar goes that far.
        """
        return self.add(day, workdays, "working")

    def add(self, day: date, days: int, unit: Unit) -> Deadline:
        """The n-th day of a unit after `day`, which is not counted itself; `day` for none.

        Raises:
            InvalidDays: the number is negative or beyond reason, or no calendar goes that far.
        """
        _refuse_beyond_reason(days)
        return self._told_ahead(day, days, unit)

    def nth(self, day: date, days: int, unit: Unit) -> date:
        """The day that `add` finds, without a word on how.

        Raises:
            InvalidDays: the number is negative or beyond reason, or no calendar goes that far.
        """
        _refuse_beyond_reason(days)
        return self._ahead(day, days, unit)

    def _deadline(self, day: date, days: int, unit: Unit) -> Deadline:
        found = self._ahead(day, days, unit)
        estimated = unit == "working" and self._touches_unsettled(day, found)
        return Deadline(
            day=found,
            estimated=estimated,
            why=self._told(day, found, days, unit, estimated=estimated),
        )

    def _look_ahead(self, day: date, days: int, unit: Unit) -> date:
        start, last = day.toordinal(), date.max.toordinal()
        if unit == "calendar":
            end = start + days
        else:
            aim = self._up_to(start) + days
            end = start + bisect_left(range(start, last + 1), aim, key=self._up_to)
        if end > last:
            message = f"{days} days after {day}: no calendar goes beyond {date.max}; take less"
            raise InvalidDays(message)
        return date.fromordinal(end)

    def days_between(self, start: date, end: date) -> list[CalendarDay]:
        """What each day is after `start` up to and with `end`."""
        return [self.day(start + timedelta(days=n + 1)) for n in range((end - start).days)]

    def _is_covered(self, day: date) -> bool:
        return day.year in self._years and (
            (day.month, day.day) < _LAST_WEEK or day.year + 1 in self._years
        )

    def _up_to(self, ordinal: int) -> int:
        """Workdays from the beginning of the calendar up to and with a day."""
        weeks, rest = divmod(ordinal, 7)  # the first of all days was a Monday
        return 5 * weeks + min(rest, 5) + self._sums[bisect_right(self._departing, ordinal)]

    def _touches_unsettled(self, start: date, end: date) -> bool:
        """Whether any day after `start` up to and with `end` is one that no notice settles."""
        low = start.toordinal()
        while low < end.toordinal():
            day = date.fromordinal(low + 1)
            if self._is_covered(day):
                # to the end of what is covered in this year
                settled = day.year + 1 in self._years
                low = date(day.year, 12, 31 if settled else 24).toordinal()
            elif day in self.overrides.days:
                low += 1
            else:
                return True
        return False

    def _told(self, start: date, end: date, days: int, unit: Unit, *, estimated: bool) -> Bilingual:
        """How a deadline was counted, in a sentence."""
        zh = f"{start} 次日起第 {days} 个{UNITS[unit].zh}"
        one = {"working": "workday", "calendar": "calendar day"}[unit]
        en = f"{one} {days} after {start}, that day not counted"
        if unit == "working":
            passed = self.days_between(start, end)
            off = sum(not day.workday for day in passed)
            extra = [day for day in passed if day.kind == "make_up"]
            named = list(dict.fromkeys(d.why for d in passed if d.kind == "holiday"))
            if off:
                zh += f"，跳过 {off} 个非工作日"
                en += f"; {off} days off skipped"
            if named:
                zh += f"（含{'、'.join(why.zh for why in named)}）"
                en += f" (with {', '.join(why.en for why in named)})"
            if extra:
                zh += f"，计入调休上班 {'、'.join(str(day.day) for day in extra)}"
                en += f"; make-up workdays counted: {', '.join(str(d.day) for d in extra)}"
        if estimated:
            zh += "；含尚无放假通知的日期，仅按周末推算，为预估"
            en += "; days that no holiday notice settles yet follow the week alone: an estimate"
        return Bilingual(zh=zh, en=en)


def load_calendar(path: Path = SHIPPED_OVERRIDES) -> WorkCalendar:
    """The calendar with the overrides of a file.

    Raises:
        InvalidCalendar: the file is not as docs/clock.md asks.
    """
    return WorkCalendar(load_overrides(path))


def work_calendar() -> WorkCalendar:
    """The calendar of this service: overrides are those of BLUEPRINT_CALENDAR, or the shipped ones.

    Raises:
        InvalidCalendar: the file is not as docs/clock.md asks.
    """
    return _kept(os.environ.get("BLUEPRINT_CALENDAR") or str(SHIPPED_OVERRIDES))


@lru_cache(maxsize=4)
def _kept(path: str) -> WorkCalendar:
    return load_calendar(Path(path))


def _refuse_beyond_reason(days: int) -> None:
    if not 0 <= days <= MOST_DAYS:
        message = f"{days} days: a limit has 0 to {MOST_DAYS}; give another number"
        raise InvalidDays(message)


def _is_weekday(day: date) -> bool:
    return day.weekday() < 5


def _festival(day: date) -> Bilingual | None:
    name = chinese_calendar.holidays.get(day) or chinese_calendar.workdays.get(day)
    return None if name is None else Bilingual(zh=_FESTIVALS.get(name, name), en=name)
