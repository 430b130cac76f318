"""What is asked of the clock (计时与监督): the clock of a case, noting events, watching all cases.

Input: an open connection, a case or none, a day. Output: `ClockReport`, the events as they are
kept, `ClockSupervision`. Days are the city's; limits are those of the approvals that count, as they
stood when the first event of the case happened.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from blueprint.approvals.kept import current_approvals
from blueprint.approvals.pack import ApprovalsPack
from blueprint.calendars.calendar import work_calendar
from blueprint.cases.files import CaseHead, find_case, list_cases
from blueprint.clock.approvals import limits_from
from blueprint.clock.deadlines import ItemDeadline
from blueprint.clock.events import NotedEvent, StatusEvent
from blueprint.clock.flags import Flag
from blueprint.clock.law_file import clock_law
from blueprint.clock.limits import ItemLimits
from blueprint.clock.reports import Clock, ClockReport, ItemClock, Light, clock_report
from blueprint.clock.statistics import ClockStatistics, statistics_of
from blueprint.clock.store import add_events, events_by_case, events_of
from blueprint.registry import current_catalogue
from blueprint.values import Bilingual, Value

_WATCHED: tuple[Light, ...] = ("overdue", "due_soon", "suspended", "with_applicant")
"""The lights that somebody has to look at, the most pressing first."""

Departments = Collection[str] | None
"""Those whose items are looked at; None: all."""


class WatchedItem(Value):
    """An item that is overdue, due soon or stands still; `deadline` is the nearest that runs."""

    case_id: str
    item: str
    title: Bilingual
    department: str | None
    light: Light
    deadline: ItemDeadline | None


class WatchedFlag(Flag):
    """A flag, and the case that it is of."""

    case_id: str
    department: str | None


class ClockSupervision(Value):
    """All cases as of the end of a day: what presses, what is flagged, how long things take."""

    as_of: date
    cases: int
    items: list[WatchedItem]
    flags: list[WatchedFlag]
    statistics: ClockStatistics


def city_clock(connection: sa.Connection) -> Clock:
    """The clock of the city whose catalogue is loaded.

    Raises:
        NothingPublished: none is.
        InvalidCalendar: the file that BLUEPRINT_CALENDAR names is not as it should be.
        InvalidClockLaw: that of BLUEPRINT_CLOCK_LAW is not.
    """
    _, catalogue = current_catalogue(connection)
    city = catalogue.city
    return Clock(work_calendar(), clock_law(), city.timezone, city.day_of)


def today(connection: sa.Connection) -> date:
    """The day it is in the city.

    Raises:
        NothingPublished: no catalogue says which city it is.
    """
    return current_catalogue(connection)[1].city.today()


def clock_of_case(
    connection: sa.Connection,
    case_id: str,
    as_of: date | None = None,
    departments: Departments = None,
) -> ClockReport:
    """The clock of a case at the end of a day, today if not told; of some departments' items.

    Raises:
        UnknownCase: there is no case of that id.
        NothingPublished: no catalogue says which city it is.
    """
    case = find_case(connection, case_id)
    events = events_of(connection, case_id)
    limits = _limits(current_approvals(connection), city_clock(connection), case, events)
    return _report(
        case, events, limits, city_clock(connection), as_of or today(connection), departments
    )


def events_of_case(
    connection: sa.Connection, case_id: str, departments: Departments = None
) -> list[NotedEvent]:
    """The events of a case in the order in which they were noted; of some departments' items.

    Raises:
        UnknownCase: there is no case of that id.
    """
    case = find_case(connection, case_id)
    events = events_of(connection, case_id)
    if departments is None:
        return events
    limits = _limits(current_approvals(connection), city_clock(connection), case, events)
    seen = _of_departments(limits, departments)
    return [event for event in events if event.item in seen]


def note_events(
    connection: sa.Connection, case_id: str, events: Sequence[StatusEvent], who: str
) -> list[NotedEvent]:
    """Note what happened to items of a case: all of it, or nothing.

    Raises:
        UnknownCase: there is no case of that id.
        InvalidEvent: something of it cannot be noted.
    """
    return add_events(connection, case_id, events, clock_law(), who)


def departments_of(
    connection: sa.Connection, case_id: str, items: Iterable[str]
) -> dict[str, str | None]:
    """Whose each item is; None: no department is known for it."""
    case = find_case(connection, case_id)
    known = limits_from(current_approvals(connection), items, today(connection), case.stage)
    return {item: limits.department for item, limits in known.items()}


def supervise_clock(
    connection: sa.Connection,
    as_of: date | None = None,
    departments: Departments = None,
    cases: Collection[str] | None = None,
) -> ClockSupervision:
    """Watch all cases at the end of a day, today if not told; of some departments, or some cases.

    Raises:
        NothingPublished: no catalogue says which city it is.
    """
    day = as_of or today(connection)
    clock, approvals = city_clock(connection), current_approvals(connection)
    by_case = events_by_case(connection)
    reports = []
    for case in list_cases(connection):
        if case.id in by_case and (cases is None or case.id in cases):
            events = by_case[case.id]
            limits = _limits(approvals, clock, case, events)
            reports.append(_report(case, events, limits, clock, day, departments))
    reports = [report for report in reports if report.items]
    watched = [
        _watched(report.case_id, item)
        for report in reports
        for item in report.items
        if item.light in _WATCHED
    ]
    flags = [
        WatchedFlag(**dict(flag), case_id=report.case_id, department=item.department)
        for report in reports
        for item in report.items
        for flag in item.flags
    ]
    return ClockSupervision(
        as_of=day,
        cases=len(reports),
        items=sorted(watched, key=_pressing),
        flags=sorted(flags, key=lambda flag: (flag.weight, -flag.day.toordinal(), flag.case_id)),
        statistics=statistics_of(reports, day),
    )


def _report(
    case: CaseHead,
    events: Sequence[NotedEvent],
    limits: Mapping[str, ItemLimits],
    clock: Clock,
    as_of: date,
    departments: Departments,
) -> ClockReport:
    if departments is not None:
        limits = _of_departments(limits, departments)
        events = [event for event in events if event.item in limits]
    return clock_report(case.id, events, limits, clock, as_of)


def _limits(
    approvals: ApprovalsPack, clock: Clock, case: CaseHead, events: Sequence[NotedEvent]
) -> Mapping[str, ItemLimits]:
    """The limits of the items that have events, as they stood when the first one happened."""
    items = dict.fromkeys(event.item for event in events)
    if not items:
        return {}
    first = clock.day_of(min(event.at for event in events))
    return limits_from(approvals, items, first, case.stage)


def _of_departments(
    limits: Mapping[str, ItemLimits], departments: Collection[str]
) -> Mapping[str, ItemLimits]:
    return {item: one for item, one in limits.items() if one.department in departments}


def _watched(case_id: str, item: ItemClock) -> WatchedItem:
    runs = ("overdue", "due_soon", "suspended", "running")
    # once accepted, by silence too, it is the decision that is waited for
    over = "acceptance" if item.accepted is not None else ""
    running = [one for one in item.deadlines if one.state in runs and one.kind != over]
    return WatchedItem(
        case_id=case_id,
        item=item.item,
        title=item.title,
        department=item.department,
        light=item.light,
        deadline=min(running, key=lambda one: one.day, default=None),
    )


def _pressing(item: WatchedItem) -> tuple[int, date, str, str]:
    day = date.max if item.deadline is None else item.deadline.day
    return _WATCHED.index(item.light), day, item.case_id, item.item
