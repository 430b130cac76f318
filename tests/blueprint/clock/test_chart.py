"""The strip chart: what is drawn where, and that it is a whole picture."""

from datetime import date
from itertools import pairwise
from xml.etree import ElementTree as ET

from rich.console import Console

from blueprint.clock.chart import case_chart, strip_chart
from blueprint.clock.formulas import FORMULAS
from blueprint.clock.reports import ClockReport, clock_report
from blueprint.clock.strips import days_of, items_on, marks_of
from blueprint.clock.tables import strips
from blueprint.values import Bilingual

from .logs import CLOCK, limits, log

TITLE = Bilingual(zh="甲<乙>", en="A & B")
SVG = "{http://www.w3.org/2000/svg}"


def report(*lines: str, as_of: date = date(2026, 3, 20)) -> ClockReport:
    events = log(*lines)
    items = list(dict.fromkeys(event.item for event in events))
    return clock_report("cs_1", events, limits(items, {"a": "5/-"}), CLOCK, as_of)


ONE = report(
    "a 接件 2026-03-02",
    "a 受理 2026-03-03",
    "a 特别始 2026-03-05 ground=hearing notice=2026-03-05 days=2",
    "a 特别终 2026-03-11",
    "a 通过 2026-03-16",
)
TWO = report(
    "a 接件 2026-03-02",
    "b 接件 2026-03-02",
    "a 受理 2026-03-03",
    "b 受理 2026-03-04",
    "a 通过 2026-03-09",
    "b 通过 2026-03-10",
)


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 ours


def test_every_calibre_is_named_in_both_languages_with_what_it_comes_to():
    said = texts(case_chart(ONE, CLOCK.calendar))
    for formula in FORMULAS:
        assert f"{formula.calibre} {formula.name.zh}" in said
        assert formula.name.en in said
    assert "7 / 5 工作日 超期" in said
    assert "14 自然日" in said
    assert {"接件 03-02", "办结 03-16"} <= set(said)


def test_what_is_written_in_a_title_cannot_break_the_picture():
    root = ET.fromstring(strip_chart(ONE.measures, CLOCK.calendar, TITLE))  # noqa: S314 ours
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "甲<乙> · A & B"
    assert root.get("aria-label") == "甲<乙> · A & B"


def test_bars_lie_within_the_picture_and_one_after_the_other():
    root = ET.fromstring(case_chart(ONE, CLOCK.calendar))  # noqa: S314 ours
    _, _, wide, high = (float(part) for part in root.get("viewBox", "").split())
    boxes = [
        tuple(float(node.get(name, "")) for name in ("x", "y", "width", "height"))
        for node in root.iter(f"{SVG}rect")
        if node.get("x") is not None
    ]
    for x, y, w, h in boxes:
        assert 0 <= x <= x + w <= wide + 0.01
        assert 0 <= y <= y + h <= high
    bars = [box for box in boxes if box[3] == 20.0]
    for row in {box[1] for box in bars}:
        own = sorted(box for box in bars if box[1] == row)
        assert all(a[0] + a[2] <= b[0] + 0.01 for a, b in pairwise(own))


def test_a_sum_of_items_has_a_lane_for_each():
    root = ET.fromstring(case_chart(TWO, CLOCK.calendar))  # noqa: S314 ours
    lanes = {
        node.get("y")
        for node in root.iter(f"{SVG}rect")
        if node.get("height") == "9.0" and node.get("fill") == "#2b7a6b"
    }
    assert len(lanes) == 2


def test_a_case_of_which_nothing_has_begun_says_so():
    empty = clock_report("cs_1", [], limits(["a"], {}), CLOCK, date(2026, 3, 2))
    assert "尚未接件，没有可计的日子 · nothing to count yet" in texts(
        case_chart(empty, CLOCK.calendar)
    )


def test_days_are_marked_by_what_a_calibre_makes_of_them():
    measure = ONE.items[0].measures[0]
    days = days_of([measure])
    marks = dict(zip(days, marks_of(measure, days, CLOCK.calendar), strict=True))
    assert marks[date(2026, 3, 3)] == "outside"  # the day of acceptance
    assert marks[date(2026, 3, 4)] == "counted"
    assert marks[date(2026, 3, 6)] == "left_out"
    assert marks[date(2026, 3, 7)] == "off"
    assert marks[date(2026, 3, 10)] == "stopped"  # longer than was told
    k5 = TWO.measures[4]
    assert [items_on(k5, date(2026, 3, day)) for day in (4, 5, 9, 10)] == [1, 2, 2, 1]


def test_a_strip_of_text_fits_a_narrow_terminal_and_shows_how_many_items_share_a_day():
    console = Console(width=80, record=True, file=None)
    with console.capture() as capture:
        console.print(strips(TWO.measures, CLOCK.calendar, TITLE, 80))
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= 80
    assert "█22··2█" in next(line for line in lines if line.startswith("K5")).replace(" ", "")
    long = report("a 接件 2026-03-02", "a 受理 2026-03-03", as_of=date(2026, 12, 20))
    with console.capture() as capture:
        console.print(strips(long.measures, CLOCK.calendar, TITLE, 80))
    assert max(map(len, capture.get().splitlines())) <= 80
