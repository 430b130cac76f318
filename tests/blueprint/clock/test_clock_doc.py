"""docs/clock.md tells of every status, formula, light, flag and field, and its example is true."""

import re
from datetime import date
from pathlib import Path

from blueprint.calendars.overrides import Notice, SetDay
from blueprint.clock.chart import strip_chart
from blueprint.clock.events import STATUS_NAMES
from blueprint.clock.flags import FLAG_NAMES
from blueprint.clock.formulas import FORMULAS
from blueprint.clock.grounds import Clause, ClockLaw, Ground, Term
from blueprint.clock.reports import LIGHT_NAMES, ClockReport, clock_report
from blueprint.values import Bilingual

from .logs import CLOCK, limits, log
from .test_cases import CASES

DOCS = Path(__file__).parents[3] / "docs"
DOC = (DOCS / "clock.md").read_text("utf-8")
EXAMPLE = (
    "permit 接件 2026-02-04",
    "permit 补正始 2026-02-05 notice=2026-02-05",
    "permit 补正终 2026-02-10",
    "permit 受理 2026-02-11",
    "permit 部门开始 2026-02-12",
    "permit 特别始 2026-02-25 ground=hearing notice=2026-02-25 days=5",
    "permit 特别终 2026-03-06",
    "permit 通过 2026-03-13",
    "permit 出证 2026-03-18",
    "defence 接件 2026-02-09",
    "defence 受理 2026-02-10",
    "defence 通过 2026-02-27",
)
TITLE = Bilingual(zh="一份记录，八种口径", en="One log, eight calibres")
MARKS = {
    date(2026, 2, 4): Bilingual(zh="接件", en="received"),
    date(2026, 2, 11): Bilingual(zh="受理", en="accepted"),
    date(2026, 3, 13): Bilingual(zh="办结", en="ended"),
    date(2026, 3, 18): Bilingual(zh="出证", en="delivered"),
}


def example() -> ClockReport:
    told = limits(["permit", "defence"], {"permit": "20/10"})
    return clock_report("cs_1", log(*EXAMPLE), told, CLOCK, date(2026, 3, 20))


def section(title: str) -> str:
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#{{2,3}} |\Z)", DOC, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def first_column(text: str) -> set[str]:
    firsts = re.findall(r"^\| ([^|]*`[^|]*) \|", text, re.MULTILINE)
    return {name for first in firsts for name in re.findall(r"`([\w.]+)`", first)}


def test_the_numbers_of_the_example_are_those_of_the_clock():
    report = example()
    told = re.findall(r"^\| (K\d) \S+ \| (\d+) \|", section("An example"), re.MULTILINE)
    assert {name: int(days) for name, days in told} == {
        one.calibre: one.days for one in report.measures
    }
    (permit, defence) = report.items
    assert (permit.measures[1].limit, permit.measures[1].within) == (10, False)
    assert defence.measures[0].days == 8


def test_as_many_cases_were_worked_by_hand_as_it_says():
    assert f"{len(CASES)} more cases, each worked out by" in DOC


def test_the_picture_of_the_example_is_drawn_by_the_chart():
    drawn = strip_chart(example().measures, CLOCK.calendar, TITLE, MARKS)
    assert (DOCS / "images" / "clock.svg").read_text("utf-8") == drawn


def test_every_formula_light_and_flag_has_a_row():
    formulas = section("The formulas")
    for formula in FORMULAS:
        assert f"`{formula.id}` {formula.version} {formula.name.zh}" in formulas
    supervision = section("Supervision")
    names = first_column(supervision)
    assert names == {*LIGHT_NAMES, *FLAG_NAMES}
    for name in (*LIGHT_NAMES.values(), *FLAG_NAMES.values()):
        assert name.zh in supervision


def test_every_status_has_a_row():
    rows = re.findall(r"^\| ([\d, ]+) \|", section("Events"), re.MULTILINE)
    codes = {int(code) for row in rows for code in row.split(",")}
    assert codes == {int(status) for status in STATUS_NAMES}


def test_every_field_of_the_files_has_a_row():
    assert first_column(section("A ground")) == set(Ground.model_fields)
    assert first_column(section("A term")) == set(Term.model_fields)
    assert first_column(section("Days")) == set(Notice.model_fields)
    assert all(f"`{name}" in section("Days") for name in SetDay.model_fields)
    assert all(f"`{name}`" in section("A term") for name in Clause.model_fields)
    assert {"laws", "principles"} < set(ClockLaw.model_fields)
