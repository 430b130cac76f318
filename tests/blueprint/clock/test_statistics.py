"""Lights, flags and statistics: what is supervised, and how long things take."""

from collections.abc import Sequence
from datetime import date

import pytest

from blueprint.clock.flags import FLAG_NAMES
from blueprint.clock.reports import LIGHT_NAMES, ClockReport, clock_report
from blueprint.clock.statistics import CalibreStatistics, GroupStatistics, statistics_of

from .logs import CLOCK, limits, log

AS_OF = date(2026, 4, 30)


def case(number: int, decided: str | None, *more: str, told: str = "20/5") -> ClockReport:
    events = ["a 接件 2026-03-02", "a 受理 2026-03-03", *more]
    events += [] if decided is None else [f"a 通过 {decided}"]
    return clock_report(f"cs_{number}", log(*events), limits(["a"], {"a": told}), CLOCK, AS_OF)


def of(groups: Sequence[GroupStatistics], calibre: str) -> CalibreStatistics:
    return next(one for one in groups[0].calibres if one.calibre == calibre)


def test_median_and_ninetieth_percentile_are_of_what_was_decided():
    # K1 of 1, 2, 3, 4 and 9 days
    decided = ["2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09", "2026-03-16"]
    reports = [case(n, day) for n, day in enumerate(decided)]
    found = statistics_of(reports, AS_OF)
    k1 = of(found.departments, "K1")
    assert (k1.decided, k1.median, k1.p90, k1.most, k1.overdue_share) == (5, 3, 9, 9, 0)
    assert of(found.departments, "K2").overdue_share == pytest.approx(0.2)
    assert found.departments[0].department == "planning"
    assert found.departments[0].lights == {"done": 4, "done_late": 1}


def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two():
    found = statistics_of([case(1, "2026-03-04"), case(2, "2026-03-09")], AS_OF)
    assert of(found.departments, "K1").median == 2.5


def test_what_runs_or_ended_without_a_decision_makes_no_figure_better():
    reports = [case(1, "2026-03-16"), case(2, None), case(3, None, "a 撤回 2026-03-04")]
    found = statistics_of(reports, AS_OF)
    assert of(found.departments, "K1").decided == 1
    assert found.departments[0].items == 3
    assert found.departments[0].lights == {"done_late": 1, "overdue": 1, "closed": 1}


def test_items_without_a_limit_have_no_share_that_is_over_it():
    found = statistics_of([case(1, "2026-03-16", told="-/-")], AS_OF)
    assert of(found.departments, "K1").overdue_share is None


def test_limits_in_calendar_days_are_told_apart_from_those_in_working_days():
    reports = [case(1, "2026-03-16"), case(2, "2026-03-16", told="30c/5")]
    units = [
        (one.calibre, one.unit)
        for one in statistics_of(reports, AS_OF).departments[0].calibres
        if one.calibre == "K1"
    ]
    assert units == [("K1", "calendar"), ("K1", "working")]


def test_a_stage_is_through_when_all_that_was_handed_in_has_ended():
    both = ["a 接件 2026-03-02", "b 接件 2026-03-02", "a 受理 2026-03-03", "b 受理 2026-03-03"]
    ended = [*both, "a 通过 2026-03-06", "b 通过 2026-03-10"]
    told = limits(["a", "b"], {"a": "20/2", "b": "20/9"})
    through = clock_report("cs_1", log(*ended), told, CLOCK, AS_OF)
    going_on = clock_report("cs_2", log(*ended[:-1]), told, CLOCK, AS_OF)
    found = statistics_of([through, going_on], AS_OF)
    assert [group.stage for group in found.stages] == ["land"]
    assert of(found.stages, "K4").decided == 1
    assert (of(found.stages, "K4").median, of(found.stages, "K5").median) == (5, 8)
    # one of the two broke its promise, so the stage did
    assert of(found.stages, "K2").overdue_share == 1
    assert of(found.departments, "K2").overdue_share == pytest.approx(2 / 3, abs=1e-4)


def test_an_item_that_nothing_is_known_of_is_listed_and_has_no_limit():
    report = clock_report("cs_1", log("x 接件 2026-03-02"), {}, CLOCK, date(2026, 3, 4))
    (item,) = report.items
    assert (item.item, item.department, item.light) == ("x", None, "due_soon")
    assert statistics_of([report], AS_OF).departments[0].department is None


def test_an_item_of_which_nothing_was_handed_in_has_not_begun():
    report = clock_report("cs_1", [], limits(["a"], {}), CLOCK, AS_OF)
    assert report.items[0].light == "not_begun"
    assert all(measure.days is None for measure in report.measures)
    assert statistics_of([report], AS_OF).stages[0].calibres == []


def test_lights_and_flags_have_names_in_both_languages():
    for name in (*LIGHT_NAMES.values(), *FLAG_NAMES.values()):
        assert name.zh != name.en
