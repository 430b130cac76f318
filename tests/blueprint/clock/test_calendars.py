"""The calendar of workdays: what days are, counts over spans, deadlines, and what is estimated."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.calendars.calendar import WorkCalendar, load_calendar, work_calendar
from blueprint.calendars.overrides import CalendarOverrides
from blueprint.errors import InvalidCalendar, InvalidDays

CALENDAR = load_calendar()
DAYS = st.dates(date(2003, 6, 1), date(2028, 6, 1))
SAID = {"zh": "某日", "en": "a day"}
TWICE = """
notices:
- {number: a, title: &t {zh: a, en: a}, issued: 2026-01-01,
   days: {2026-01-05: &d {workday: false, why: *t}}}
- {number: b, title: *t, issued: 2026-01-02, days: {2026-01-05: *d}}
"""


def day(text: str) -> date:
    return date.fromisoformat(text)


def with_notice(**fields: object) -> WorkCalendar:
    notice = {"number": "某发〔2026〕1号", "title": SAID, "issued": "2026-11-01"} | fields
    return WorkCalendar(CalendarOverrides.model_validate({"notices": [notice]}))


def test_the_spring_festival_of_2026_is_nine_days_off_with_a_make_up_saturday_on_either_side():
    off = [day("2026-02-15") + timedelta(days=n) for n in range(9)]
    assert all(CALENDAR.day(one).kind == "holiday" for one in off)
    for one in ("2026-02-14", "2026-02-28"):
        assert CALENDAR.day(day(one)).kind == "make_up"
        assert CALENDAR.day(day(one)).why.zh == "春节调休上班"
    assert CALENDAR.is_workday(day("2026-02-24"))
    assert CALENDAR.workdays_between(day("2026-02-13"), day("2026-02-28")).days == 6


def test_national_day_and_mid_autumn_of_2025_are_eight_days_off():
    assert CALENDAR.workdays_between(day("2025-09-30"), day("2025-10-08")).days == 0
    assert CALENDAR.is_workday(day("2025-09-28"))
    assert CALENDAR.is_workday(day("2025-10-11"))
    assert CALENDAR.day(day("2025-10-06")).why.en == "holiday for Mid-autumn Festival"


def test_the_last_day_of_2005_is_a_workday_as_its_notice_says_and_the_library_does_not():
    found = CALENDAR.day(day("2005-12-31"))
    assert (found.workday, found.kind) == (True, "make_up")
    assert found.notice == "国办发明电〔2005〕35号"
    assert not found.estimated
    assert not WorkCalendar(CalendarOverrides()).is_workday(day("2005-12-31"))


def test_days_that_no_notice_settles_are_estimated_and_follow_the_week():
    for text in ("2003-12-31", "2027-01-01", "2027-10-01", "2026-12-25"):
        assert CALENDAR.day(day(text)).estimated
    assert CALENDAR.is_workday(day("2027-10-01"))  # a Friday
    assert not CALENDAR.day(day("2026-12-24")).estimated
    assert not CALENDAR.day(day("2004-01-01")).estimated


def test_a_span_that_merely_touches_a_day_that_is_not_settled_is_estimated():
    assert not CALENDAR.workdays_between(day("2026-12-01"), day("2026-12-24")).estimated
    assert CALENDAR.workdays_between(day("2026-12-01"), day("2026-12-25")).estimated
    # the first day is not counted
    assert not CALENDAR.workdays_between(day("2003-12-31"), day("2004-01-05")).estimated
    assert CALENDAR.workdays_between(day("2003-12-30"), day("2004-01-05")).estimated
    assert CALENDAR.workdays_between(day("2003-12-01"), day("2027-02-01")).estimated


def test_a_deadline_that_is_estimated_says_so_in_words():
    found = CALENDAR.add_workdays(day("2026-12-10"), 20)
    assert found.day == day("2027-01-07")
    assert found.estimated
    assert "预估" in found.why.zh
    assert "an estimate" in found.why.en


def test_a_deadline_over_the_spring_festival_tells_what_was_skipped_and_what_was_counted():
    found = CALENDAR.add_workdays(day("2026-02-09"), 20)
    assert (found.day, found.estimated) == (day("2026-03-13"), False)
    assert found.why.zh == (
        "2026-02-09 次日起第 20 个工作日，跳过 12 个非工作日（含春节放假），"
        "计入调休上班 2026-02-14、2026-02-28"
    )
    assert "make-up workdays counted: 2026-02-14, 2026-02-28" in found.why.en


def test_calendar_days_count_every_day_and_are_never_estimated():
    assert CALENDAR.add(day("2027-01-01"), 10, "calendar").day == day("2027-01-11")
    assert not CALENDAR.add(day("2027-01-01"), 10, "calendar").estimated
    count = CALENDAR.count(day("2026-02-13"), day("2026-02-28"), "calendar")
    assert (count.days, count.estimated) == (15, False)


@given(DAYS, DAYS, DAYS)
def test_counts_over_adjoining_spans_add_up(a: date, b: date, c: date):
    between = CALENDAR.workdays_between
    assert between(a, c).days == between(a, b).days + between(b, c).days


@given(DAYS, st.integers(0, 300))
def test_a_deadline_is_the_first_day_by_which_its_days_have_passed(start: date, days: int):
    found = CALENDAR.add_workdays(start, days)
    assert CALENDAR.workdays_between(start, found.day).days == days
    assert found.estimated == CALENDAR.workdays_between(start, found.day).estimated
    if days:
        assert CALENDAR.is_workday(found.day)
        before = found.day - timedelta(days=1)
        assert CALENDAR.workdays_between(start, before).days == days - 1
    else:
        assert found.day == start


@given(DAYS, st.integers(0, 400))
def test_a_count_is_that_of_the_days_looked_at_one_by_one(start: date, length: int):
    end = start + timedelta(days=length)
    each = CALENDAR.days_between(start, end)
    count = CALENDAR.workdays_between(start, end)
    assert count.days == sum(one.workday for one in each)
    assert count.estimated == any(one.estimated for one in each)
    assert CALENDAR.workdays_between(end, start).days == -count.days


def test_a_notice_that_settles_a_year_ends_the_estimates_of_it_and_of_the_week_before():
    calendar = with_notice(
        settles=2027,
        days={"2027-02-08": {"workday": False, "why": {"zh": "春节放假", "en": "holiday"}}},
    )
    assert not calendar.is_workday(day("2027-02-08"))
    assert calendar.day(day("2027-02-08")).kind == "holiday"
    assert calendar.day(day("2027-02-08")).notice == "某发〔2026〕1号"
    assert not calendar.add_workdays(day("2026-12-10"), 20).estimated
    assert calendar.add_workdays(day("2027-12-20"), 5).estimated
    assert calendar.years == (2004, 2027)


def test_a_day_that_a_notice_sets_alone_is_settled_and_its_neighbours_are_not():
    calendar = with_notice(days={"2027-05-08": {"workday": True, "why": SAID}})
    assert calendar.day(day("2027-05-08")).kind == "make_up"
    assert not calendar.workdays_between(day("2027-05-07"), day("2027-05-08")).estimated
    assert calendar.workdays_between(day("2027-05-07"), day("2027-05-09")).estimated


def test_the_version_changes_with_what_the_overrides_say_and_not_with_their_layout(tmp_path: Path):
    text = (
        "notices:\n- {number: 1, title: {zh: 一, en: one}, issued: 2026-01-01, "
        "days: {2027-01-04: {workday: false, why: {zh: 一, en: one}}}}\n"
    ).replace("number: 1", "number: '1'")
    names = []
    for written in (text, "# the same\n" + text, text.replace("false", "true")):
        path = tmp_path / "calendar.yaml"
        path.write_text(written, "utf-8")
        names.append(load_calendar(path).version)
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("chinesecalendar-1.11.0+")


def test_the_environment_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "calendar.yaml"
    path.write_text("notices: []\n", "utf-8")
    monkeypatch.setenv("BLUEPRINT_CALENDAR", str(path))
    assert not work_calendar().is_workday(day("2005-12-31"))
    monkeypatch.delenv("BLUEPRINT_CALENDAR")
    assert work_calendar().is_workday(day("2005-12-31"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notices: [{number: a}]", "notices.0.title: Field required"),
        ("notices: [", "is not YAML"),
        (TWICE, "2026-01-05 is set by a and by b"),
    ],
)
def test_a_faulty_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str, said: str):
    path = tmp_path / "calendar.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidCalendar, match=said):
        load_calendar(path)


@pytest.mark.parametrize(
    ("start", "days", "unit"),
    [
        ("2026-01-01", -1, "working"),
        ("2026-01-01", 40_000, "working"),
        ("9999-12-30", 5, "working"),
        ("9999-12-30", 5, "calendar"),
    ],
)
def test_days_that_cannot_be_counted_are_refused(start: str, days: int, unit: str):
    with pytest.raises(InvalidDays, match="days"):
        CALENDAR.add(day(start), days, unit)
