"""Laws that hold for any log: between calibres, of pauses, of the order of noting."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from blueprint.calendars.calendar import load_calendar
from blueprint.clock.events import NotedEvent, Status, WrittenNotice
from blueprint.clock.formulas import Measure
from blueprint.clock.limits import ItemLimits, Limit
from blueprint.clock.reports import ClockReport, ItemClock, clock_report
from blueprint.clock.spans import Span, count, union, within, without
from blueprint.values import Bilingual

from .logs import CLOCK, ZONE

FIRST = datetime(2025, 11, 3, 9, tzinfo=ZONE)
CALENDAR = load_calendar()
GROUNDS = ("hearing", "expert_review", "testing", None)


class Log:
    """A log of one item in the making, each event some days after the last one."""

    def __init__(self, item: str, start: datetime) -> None:
        self.item, self.at, self.events = item, start, list[NotedEvent]()

    def after(self, wait: int, status: Status, **fields: Any) -> None:
        self.at += timedelta(days=wait, minutes=1)
        told = fields.pop("told", None)
        if told is not None:
            fields["notice"] = WrittenNotice(day=self.at.date() + timedelta(days=told))
        event = {"item": self.item, "status": status, "at": self.at, **fields}
        number = 1000 * ord(self.item) + len(self.events)
        self.events.append(NotedEvent(**event, number=number, noted_at=self.at, who="window"))


@st.composite
def logs(draw: st.DrawFn, item: str = "a") -> list[NotedEvent]:
    """A log that can have happened: corrections, an acceptance, pauses, an end or none."""
    some, few = st.integers(0, 20), st.integers(0, 2)
    told = st.none() | st.integers(-2, 8)
    log = Log(item, FIRST + timedelta(days=draw(st.integers(0, 120))))
    log.after(0, Status.RECEIVED)
    for _ in range(draw(few)):
        log.after(draw(some), Status.CORRECTION_ASKED, told=draw(told))
        log.after(draw(some), Status.CORRECTED)
    if draw(st.integers(0, 5)) == 0:
        return log.events
    log.after(draw(some), Status.ACCEPTED)
    if draw(st.booleans()):
        log.after(draw(some), Status.BEGUN)
    for _ in range(draw(few)):
        if draw(st.booleans()):
            days = draw(st.none() | st.integers(0, 20))
            fields: dict[str, Any] = {"ground": draw(st.sampled_from(GROUNDS)), "days": days}
            fields["unit"] = draw(st.sampled_from(["working", "calendar"]))
            log.after(draw(some), Status.SPECIAL_BEGUN, told=draw(told), **fields)
            log.after(draw(some), Status.SPECIAL_ENDED)
        else:
            log.after(draw(some), Status.CORRECTION_ASKED, told=draw(told))
            log.after(draw(some), Status.CORRECTED)
    end = draw(st.sampled_from([Status.APPROVED, Status.REFUSED, Status.WITHDRAWN, None]))
    if end is not None:
        log.after(draw(some), end)
        if end == Status.APPROVED and draw(st.booleans()):
            log.after(draw(some), Status.DELIVERED)
    return log.events


@st.composite
def cases(draw: st.DrawFn) -> list[NotedEvent]:
    """The logs of one to three items."""
    items = "abc"[: draw(st.integers(1, 3))]
    return [event for item in items for event in draw(logs(item))]


DAYS = st.dates(date(2025, 11, 1), date(2027, 3, 1))


def limits(events: Sequence[NotedEvent], days: int = 20) -> dict[str, ItemLimits]:
    return {
        event.item: ItemLimits(
            item=event.item,
            title=Bilingual(zh=event.item, en=event.item),
            stage="land",
            statutory=Limit(days=days),
        )
        for event in events
    }


def reported(events: Sequence[NotedEvent], as_of: date) -> ClockReport:
    return clock_report("cs_1", events, limits(events), CLOCK, as_of)


def of(measures: Sequence[Measure], calibre: str) -> Measure:
    return next(one for one in measures if one.calibre == calibre)


def days(measures: Sequence[Measure], calibre: str) -> int:
    return of(measures, calibre).days or 0


@given(cases(), DAYS)
def test_the_union_is_no_longer_than_the_sum_and_no_shorter_than_its_longest_item(
    events: list[NotedEvent], as_of: date
):
    report = reported(events, as_of)
    for measures in [report.measures, *(stage.measures for stage in report.stages)]:
        k1, k4, k5 = (days(measures, calibre) for calibre in ("K1", "K4", "K5"))
        assert k1 <= k4 <= k5
    assert days(report.measures, "K5") == sum(days(one.measures, "K1") for one in report.items)


@given(cases(), DAYS)
def test_no_calibre_is_longer_than_the_span_that_it_is_part_of(
    events: list[NotedEvent], as_of: date
):
    report = reported(events, as_of)
    for measures in [report.measures, *(item.measures for item in report.items)]:
        k6 = days(measures, "K6")
        assert days(measures, "K7") <= k6
        assert days(measures, "K4") <= k6
        assert k6 <= days(measures, "K8")


@given(cases(), DAYS)
def test_the_department_is_never_slower_than_the_law_counts(events: list[NotedEvent], as_of: date):
    for item in reported(events, as_of).items:
        assert days(item.measures, "K3") <= days(item.measures, "K1")


@given(cases(), DAYS)
def test_days_counted_and_left_out_are_those_of_the_whole(events: list[NotedEvent], as_of: date):
    for item in reported(events, as_of).items:
        end = item.ended or as_of
        begins = {"K1": item.accepted, "K6": item.received, "K7": item.received}
        for calibre, start in begins.items():
            measure = of(item.measures, calibre)
            if start is None or measure.days is None:
                continue
            counted = [Span(one.start, one.end) for one in measure.counted]
            left_out = [Span(one.start, one.end) for one in measure.left_out]
            assert within(counted, left_out) == []
            assert union([*counted, *left_out]) == union([Span(start, end)])
            assert measure.days == CALENDAR.workdays_between(start, end).days - sum(
                one.days for one in measure.left_out
            )


@given(cases(), DAYS, st.permutations(range(60)))
def test_the_order_in_which_events_were_noted_does_not_matter(
    events: list[NotedEvent], as_of: date, order: list[int]
):
    mixed = [events[place] for place in order if place < len(events)]
    # the numbers are those of the noting, so they change as well
    numbered = [event.model_copy(update={"number": n + 1}) for n, event in enumerate(mixed)]
    first, second = reported(events, as_of), reported(numbered, as_of)
    by_item = {item.item: item for item in second.items}
    for item in first.items:
        assert item.measures == by_item[item.item].measures
        assert item.deadlines == by_item[item.item].deadlines
        assert item.light == by_item[item.item].light


def paused(events: Sequence[NotedEvent], first: int, length: int, **fields: Any) -> Any:
    """The log with one more pause after acceptance, if there is room for it."""
    accepted = next((e for e in events if e.status == Status.ACCEPTED), None)
    after = [e.at for e in events if accepted is not None and e.at > accepted.at]
    if accepted is None:
        return None
    start = accepted.at + timedelta(days=first, seconds=1)
    end = start + timedelta(days=length, seconds=1)
    if any(start <= at <= end for at in after):
        return None
    before = [e.status for e in events if accepted.at < e.at < start]
    if before and before[-1] not in (Status.BEGUN, Status.SPECIAL_ENDED, Status.CORRECTED):
        return None
    more = [
        NotedEvent(item="a", status=status, at=at, number=n, noted_at=at, who="window", **said)
        for n, (status, at, said) in enumerate(
            [(Status.SPECIAL_BEGUN, start, fields), (Status.SPECIAL_ENDED, end, {})]
        )
    ]
    return [*events, *more]


@st.composite
def pauses(draw: st.DrawFn) -> tuple[list[NotedEvent], int, int]:
    """A log, and where it has room for one more pause: days after acceptance, and how many."""
    events = draw(logs())
    room = [
        (first, length)
        for first, length in product(range(31), range(21))
        if paused(events, first, length) is not None
    ]
    assume(room)
    return events, *draw(st.sampled_from(room))


@given(pauses(), DAYS, st.booleans())
def test_one_more_pause_never_lengthens_what_is_counted_and_never_brings_a_deadline_nearer(
    pause: tuple[list[NotedEvent], int, int], as_of: date, lawful: bool
):
    fields: dict[str, Any] = {}
    if lawful:
        fields = {"ground": "hearing", "notice": WrittenNotice(day=date(2025, 1, 1))}
    events, first, length = pause
    more = paused(events, first, length, **fields)
    before, after = reported(events, as_of).items[0], reported(more, as_of).items[0]
    for calibre in ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8"):
        assert days(after.measures, calibre) <= days(before.measures, calibre)
        if not lawful:
            assert days(after.measures, calibre) == days(before.measures, calibre)
    assert statutory(before) <= statutory(after)


def statutory(item: ItemClock) -> date:
    return max((one.day for one in item.deadlines if one.kind == "statutory"), default=date.min)


@given(logs(), DAYS)
def test_a_deadline_is_the_last_day_on_which_the_limit_is_kept(
    events: list[NotedEvent], as_of: date
):
    item = reported(events, as_of).items[0]
    for deadline in item.deadlines:
        if deadline.kind != "statutory" or item.ended is not None:
            continue
        counted = days(item.measures, "K1")
        assert deadline.left == deadline.limit - counted
        if deadline.left < 0:
            assert as_of > deadline.day
        elif item.light != "suspended":
            assert as_of <= deadline.day or deadline.left == 0


@given(logs(), DAYS, st.integers(0, 60))
def test_time_that_passes_makes_nothing_shorter(events: list[NotedEvent], as_of: date, more: int):
    before = reported(events, as_of).items[0]
    after = reported(events, as_of + timedelta(days=more)).items[0]
    for calibre in ("K6", "K7", "K8"):
        assert days(before.measures, calibre) <= days(after.measures, calibre)


@given(logs(), DAYS)
def test_an_estimate_is_told_wherever_it_is_counted(events: list[NotedEvent], as_of: date):
    for measure in reported(events, as_of).items[0].measures:
        spans = [Span(one.start, one.end) for one in (*measure.counted, *measure.left_out)]
        touched = [day for s in spans for day in CALENDAR.days_between(s.start, s.end)]
        working = measure.unit == "working"
        assert measure.estimated == (working and any(day.estimated for day in touched))


SPANS = st.lists(st.builds(Span, DAYS, DAYS), max_size=5)


def members(spans: Sequence[Span]) -> set[date]:
    return {
        one.start + timedelta(days=n + 1)
        for one in spans
        for n in range((one.end - one.start).days)
    }


@given(SPANS, SPANS)
def test_spans_are_sets_of_days(left: list[Span], right: list[Span]):
    assert members(union(left)) == members(left)
    assert members(without(left, right)) == members(left) - members(right)
    assert members(within(left, right)) == members(left) & members(right)
    for spans in (union(left), without(left, right), within(left, right)):
        assert all(spans)
        assert all(a.end < b.start for a, b in zip(union(spans), union(spans)[1:], strict=False))
    counted = count(CALENDAR, union(left), "working")
    assert counted.days == sum(CALENDAR.is_workday(day) for day in members(left))
