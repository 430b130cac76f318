"""The clock cases that were worked by hand, in tests/cases/clock."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from blueprint.clock.deadlines import ItemDeadline
from blueprint.clock.formulas import Measure
from blueprint.clock.reports import ClockReport, clock_report

from .logs import CLOCK, day_of, limits, log

FOLDER = Path(__file__).parents[2] / "cases" / "clock"
CASES = [
    case
    for file in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(file.read_text("utf-8"))
]


def reported(case: dict[str, Any]) -> ClockReport:
    events = log(*case["events"])
    items = list(dict.fromkeys(event.item for event in events))
    as_of = case.get("as_of") or max(map(day_of, events))
    return clock_report("cs_1", events, limits(items, case.get("limits", {})), CLOCK, as_of)


def written(measure: Measure) -> Any:
    if measure.days is None:
        return None
    usual = "calendar" if measure.calibre == "K8" else "working"
    unit = "" if measure.unit == usual else measure.unit[0]
    mark = "e" if measure.estimated else ""
    return f"{measure.days}{unit}{mark}" if unit or mark else measure.days


def last_day(deadline: ItemDeadline) -> Any:
    return f"{deadline.day}e" if deadline.estimated else deadline.day


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_eight_calibres_come_to_what_was_worked_out_by_hand(case: dict[str, Any]):
    report = reported(case)
    assert {one.calibre: written(one) for one in report.measures} == case["expect"]
    by_item = {item.item: item for item in report.items}
    for item, expected in case.get("each", {}).items():
        found = {one.calibre: written(one) for one in by_item[item].measures}
        assert {calibre: found[calibre] for calibre in expected} == expected
    for name, expected in case.get("deadlines", {}).items():
        item, kind = name.split()
        (found_deadline,) = (one for one in by_item[item].deadlines if one.kind == kind)
        assert last_day(found_deadline) == expected
    assert sorted(flag.kind for flag in report.flags) == case.get("flags", [])
    if "light" in case:
        assert report.items[0].light == case["light"]


def test_there_are_enough_cases_and_each_has_its_own_name_and_says_why():
    assert len(CASES) >= 40
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert all(len(case["why"]) > 20 for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_days_counted_and_days_left_out_add_up_to_the_whole(case: dict[str, Any]):
    report = reported(case)
    for item in report.items:
        whole = {
            "K1": (item.accepted, item.ended),
            "K6": (item.received, item.ended),
            "K7": (item.received, item.ended),
        }
        for measure in item.measures:
            start, end = whole.get(measure.calibre, (None, None))
            if measure.days is None or start is None:
                continue
            span: date = end or report.as_of
            passed = CLOCK.calendar.count(start, span, measure.unit).days
            left_out = sum(one.days for one in measure.left_out)
            assert sum(one.days for one in measure.counted) == measure.days
            assert measure.days + left_out == passed
