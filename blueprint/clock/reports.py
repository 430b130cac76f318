"""The report of the clock (计时报告) for a case: items with lights and deadlines, K1 to K8, flags.

Input: the events of a case, the limits of its items, the law of the clock, the calendar, the day in
question. Output: `ClockReport`. Algorithm: every item's standing events become a timeline; items,
stages and the case are reckoned from the same timelines by the same formulas.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.calendars.calendar import WorkCalendar
from blueprint.cases.stages import STAGES, Stage
from blueprint.clock.counting import ItemDays
from blueprint.clock.courses import State
from blueprint.clock.deadlines import ItemDeadline, deadlines_of
from blueprint.clock.events import NotedEvent, Status, standing
from blueprint.clock.flags import Flag, flags_of
from blueprint.clock.formulas import FORMULAS, Formula, Measure
from blueprint.clock.grounds import ClockLaw
from blueprint.clock.limits import ItemLimits
from blueprint.clock.pauses import DayOf, Judge
from blueprint.clock.reckoning import measures_of
from blueprint.clock.timelines import Timeline, timeline_of
from blueprint.errors import InvalidEvent
from blueprint.values import Bilingual, Value

Light = Literal[
    "not_begun",
    "with_applicant",
    "suspended",
    "running",
    "due_soon",
    "overdue",
    "done",
    "done_late",
    "closed",
]
LIGHT_NAMES: dict[Light, Bilingual] = {
    "not_begun": Bilingual(zh="未接件", en="not begun"),
    "with_applicant": Bilingual(zh="申请人补正", en="with the applicant"),
    "suspended": Bilingual(zh="依法停计", en="suspended by law"),
    "running": Bilingual(zh="正常", en="in time"),
    "due_soon": Bilingual(zh="临期", en="due soon"),
    "overdue": Bilingual(zh="超期", en="overdue"),
    "done": Bilingual(zh="按期办结", en="done in time"),
    "done_late": Bilingual(zh="超期办结", en="done late"),
    "closed": Bilingual(zh="终止", en="closed"),
}


class CalendarRef(Value):
    """Which calendar was counted by: its version, the hash of its days, the years it settles."""

    version: str
    sha256: str
    first_year: int
    last_year: int


class ClockLawRef(Value):
    """Which law of the clock was applied."""

    id: str
    version: str
    sha256: str


class ItemClock(Value):
    """One item: where it stands, its days, its deadlines, its calibres, what is to be looked at."""

    item: str
    title: Bilingual
    department: str | None
    stage: Stage | None
    state: State
    light: Light
    received: date | None
    accepted: date | None
    accepted_by_silence: bool
    begun: date | None
    ended: date | None
    ended_by: Status | None
    delivered: date | None
    deadlines: list[ItemDeadline]
    measures: list[Measure]
    flags: list[Flag]


class StageClock(Value):
    """The items of a stage together."""

    stage: Stage | None
    items: list[str]
    measures: list[Measure]


class ClockReport(Value):
    """The clock of a case, as of the end of a day.

    `estimated` says that some day or deadline rests on days that no notice on holidays settles.
    """

    case_id: str
    as_of: date
    timezone: str
    calendar: CalendarRef
    law: ClockLawRef
    estimated: bool
    items: list[ItemClock]
    stages: list[StageClock]
    measures: list[Measure] = Field(description="of the whole case")
    flags: list[Flag]
    formulas: list[Formula]


@dataclass(frozen=True, slots=True)
class Clock:
    """What every count rests on: the calendar, the law, and the city's days."""

    calendar: WorkCalendar
    law: ClockLaw
    timezone: str
    day_of: DayOf

    def judge(self, as_of: date) -> Judge:
        """A judge as of the end of a day."""
        return Judge(self.law, self.calendar, self.day_of, as_of)


def clock_report(
    case_id: str,
    events: Iterable[NotedEvent],
    limits: Mapping[str, ItemLimits],
    clock: Clock,
    as_of: date,
) -> ClockReport:
    """The clock of a case; items that have limits and no events are listed as not begun.

    Raises:
        InvalidEvent: an event cannot follow what was before it.
    """
    judge = clock.judge(as_of)
    by_item: dict[str, list[NotedEvent]] = {item: [] for item in limits}
    for event in standing(events):
        by_item.setdefault(event.item, []).append(event)
    timelines = [
        timeline_of(limits.get(item) or _unlisted(item), noted, judge)
        for item, noted in by_item.items()
    ]
    counted = [ItemDays(one, clock.calendar) for one in timelines]
    items = [_item(one, judge) for one in counted]
    measures = measures_of(counted, clock.calendar)
    stages = []
    for stage in (*STAGES, None):
        own = [one for one in counted if one.timeline.limits.stage == stage]
        if own:
            # a stage that is the only one comes to what the case comes to
            of_stage = measures if len(own) == len(counted) else measures_of(own, clock.calendar)
            names = [one.name for one in own]
            stages.append(StageClock(stage=stage, items=names, measures=of_stage))
    first, last = clock.calendar.years
    return ClockReport(
        case_id=case_id,
        as_of=as_of,
        timezone=clock.timezone,
        calendar=CalendarRef(
            version=clock.calendar.version,
            sha256=clock.calendar.sha256,
            first_year=first,
            last_year=last,
        ),
        law=ClockLawRef(id=clock.law.id, version=clock.law.version, sha256=clock.law.sha256),
        estimated=_is_estimated(items, measures),
        items=items,
        stages=stages,
        measures=measures,
        flags=sorted((f for one in items for f in one.flags), key=lambda flag: flag.day),
        formulas=list(FORMULAS),
    )


def item_of(report: ClockReport, item: str) -> ItemClock:
    """One item of a report.

    Raises:
        InvalidEvent: it has none of that id.
    """
    found = next((one for one in report.items if one.item == item), None)
    if found is None:
        known = ", ".join(one.item for one in report.items) or "none has any event"
        raise InvalidEvent(f"{item}: no such item in {report.case_id}; there are: {known}")
    return found


def _unlisted(item: str) -> ItemLimits:
    return ItemLimits(item=item, title=Bilingual(zh=item, en=item))


def _item(counted: ItemDays, judge: Judge) -> ItemClock:
    timeline = counted.timeline
    deadlines = deadlines_of(timeline, judge)
    limits, course = timeline.limits, timeline.course
    return ItemClock(
        item=limits.item,
        title=limits.title,
        department=limits.department,
        stage=limits.stage,
        state=course.state,
        light=light_of(timeline, deadlines),
        received=timeline.received,
        accepted=timeline.accepted,
        accepted_by_silence=timeline.accepted_by_silence,
        begun=None if course.begun is None else judge.day_of(course.begun),
        ended=timeline.end if course.is_over else None,
        ended_by=None if course.ended is None else course.ended.status,
        delivered=timeline.delivered,
        deadlines=deadlines,
        measures=measures_of([counted], judge.calendar),
        flags=flags_of(timeline, judge),
    )


def light_of(timeline: Timeline, deadlines: Sequence[ItemDeadline]) -> Light:
    """How an item stands, by the worst of its deadlines for the decision."""
    course = timeline.course
    if timeline.first is None or course.state == "closed":
        return "not_begun" if timeline.first is None else "closed"
    # before acceptance it is the term of acceptance that runs
    waiting = timeline.accepted is None
    kinds = ("acceptance",) if waiting else ("statutory", "promised")
    states = {one.state for one in deadlines if one.kind in kinds}
    if course.is_over:
        return "done_late" if "missed" in states else "done"
    suspended = "suspended" in states or any(one.is_open for one in timeline.lawful)
    lights: dict[Light, bool] = {
        "overdue": "overdue" in states,
        "with_applicant": waiting and course.state == "correcting",
        "suspended": suspended,
        "due_soon": "due_soon" in states,
    }
    return next((light for light, is_lit in lights.items() if is_lit), "running")


def _is_estimated(items: Sequence[ItemClock], measures: Sequence[Measure]) -> bool:
    return (
        any(one.estimated for one in measures)
        or any(one.estimated for item in items for one in item.measures)
        or any(one.estimated for item in items for one in item.deadlines)
    )
