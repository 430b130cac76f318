"""Statistics of the clock (效能统计): how long departments and stages take, by each calibre.

Input: reports of cases. Output: `ClockStatistics`: for each department and each stage, the lights
of its items and, for each calibre, median, ninetieth percentile and longest of what came to a
decision, with the share that was over its limit. Algorithm: what still runs or ended without a
decision is counted apart, so that it makes no average better; the median of an even number is the
mean of the middle two, the ninetieth percentile the smallest value that nine tenths do not exceed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from math import ceil
from statistics import median

from pydantic import Field

from blueprint.calendars.calendar import Unit
from blueprint.cases.stages import STAGES, Stage
from blueprint.clock.formulas import Calibre, Measure
from blueprint.clock.reports import ClockReport, ItemClock, Light
from blueprint.values import Value

_OF_ITEMS: tuple[Calibre, ...] = ("K1", "K2", "K3", "K6", "K7", "K8")
"""The calibres of single items; K4 and K5 are of several."""


class CalibreStatistics(Value):
    """How long what came to a decision took by one calibre, in days of a unit.

    `overdue_share` is over those that have a limit; null where none has.
    """

    calibre: Calibre
    unit: Unit
    decided: int
    median: float
    p90: int
    most: int
    overdue_share: float | None
    estimated: int = Field(description="of those decided, how many rest on days not settled")


class GroupStatistics(Value):
    """A department, or a stage: how its items stand, and how long they take."""

    department: str | None = None
    stage: Stage | None = None
    items: int
    lights: dict[Light, int]
    flags: int
    calibres: list[CalibreStatistics]


class ClockStatistics(Value):
    """The statistics of some cases, as of the end of a day."""

    as_of: date
    cases: int
    departments: list[GroupStatistics]
    stages: list[GroupStatistics]


def statistics_of(reports: Sequence[ClockReport], as_of: date) -> ClockStatistics:
    """The statistics of cases; items whose department is not known are a group of their own."""
    items = [item for report in reports for item in report.items]
    departments = sorted({item.department for item in items}, key=lambda name: (name is None, name))
    return ClockStatistics(
        as_of=as_of,
        cases=len(reports),
        departments=[
            _department(name, [item for item in items if item.department == name])
            for name in departments
        ],
        stages=[
            found
            for stage in (*STAGES, None)
            if (found := _stage(stage, reports, items)) is not None
        ],
    )


def _department(name: str | None, items: Sequence[ItemClock]) -> GroupStatistics:
    measures = [one for item in items if _is_decided(item) for one in item.measures]
    chosen = [one for one in measures if one.calibre in _OF_ITEMS]
    return GroupStatistics(
        department=name,
        items=len(items),
        lights=_lights(items),
        flags=sum(len(item.flags) for item in items),
        calibres=_calibres(chosen),
    )


def _stage(
    stage: Stage | None, reports: Iterable[ClockReport], items: Iterable[ItemClock]
) -> GroupStatistics | None:
    """A stage: its limits are those of its items, its calibres those of the stage as a whole."""
    own = [item for item in items if item.stage == stage]
    if not own:
        return None
    measures: list[Measure] = []
    for report in reports:
        by_item = {item.item: item for item in report.items}
        for found in report.stages:
            begun = [one for item in found.items if (one := by_item[item]).light != "not_begun"]
            if found.stage == stage and _is_through(begun):
                measures += [_with_worst(one, begun) for one in found.measures]
    return GroupStatistics(
        stage=stage,
        items=len(own),
        lights=_lights(own),
        flags=sum(len(item.flags) for item in own),
        calibres=_calibres(measures),
    )


def _is_through(items: Sequence[ItemClock]) -> bool:
    """Whether all that was handed in of a stage has ended, and one item at least was decided."""
    return all(item.ended for item in items) and any(_is_decided(item) for item in items)


def _with_worst(measure: Measure, items: Sequence[ItemClock]) -> Measure:
    """A stage keeps its limits if all its items keep theirs."""
    if measure.calibre not in ("K1", "K2"):
        return measure
    kept = [
        one.within
        for item in items
        for one in item.measures
        if one.calibre == measure.calibre and one.within is not None
    ]
    return measure.model_copy(update={"within": all(kept) if kept else None})


def _is_decided(item: ItemClock) -> bool:
    return item.ended is not None and item.state != "closed"


def _lights(items: Iterable[ItemClock]) -> dict[Light, int]:
    return dict(Counter(item.light for item in items))


def _calibres(measures: Sequence[Measure]) -> list[CalibreStatistics]:
    groups: dict[tuple[Calibre, Unit], list[Measure]] = {}
    for one in measures:
        if one.days is not None:
            groups.setdefault((one.calibre, one.unit), []).append(one)
    return [_calibre(*key, groups[key]) for key in sorted(groups)]


def _calibre(calibre: Calibre, unit: Unit, measures: Sequence[Measure]) -> CalibreStatistics:
    days = sorted(one.days for one in measures if one.days is not None)
    held = [one.within for one in measures if one.within is not None]
    return CalibreStatistics(
        calibre=calibre,
        unit=unit,
        decided=len(days),
        median=float(median(days)),
        p90=days[ceil(0.9 * len(days)) - 1],
        most=days[-1],
        overdue_share=round(held.count(False) / len(held), 4) if held else None,
        estimated=sum(one.estimated for one in measures),
    )
