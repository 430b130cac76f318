"""The strip chart of the calibres (计时图): one row a calibre, one column a day, as SVG.

Input: the measures of an item, a stage or a case, the calendar, what it is of. Output: the text of
an SVG picture that stands alone, with Chinese and English beside each other: days counted are full,
days left out hatched, days that count although somebody stopped the clock outlined in red, days off
a grey band behind all rows. The sum of items has a lane for each item.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from xml.sax.saxutils import escape

from blueprint.calendars.calendar import UNITS, WorkCalendar
from blueprint.clock.formulas import FORMULA, Measure
from blueprint.clock.reports import ClockReport, item_of
from blueprint.clock.strips import Mark, days_of, marks_of
from blueprint.values import Bilingual

_WIDTH, _LEFT, _RIGHT = 980, 160, 208
_TOP, _ROW, _BAR, _LANE, _FOOT = 92, 40, 20, 6, 56
_FONT = (
    "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','Noto Sans',sans-serif"
)
_INK, _PALE, _GRID = "#1f2933", "#66727f", "#e6eaee"
_FILL: dict[str, str] = {
    "K1": "#2f5d8a",
    "K2": "#2f5d8a",
    "K3": "#2f5d8a",
    "K4": "#2b7a6b",
    "K5": "#2b7a6b",
    "K6": "#7a5c9e",
    "K7": "#7a5c9e",
    "K8": "#b5651d",
}
"""Blue: of one item; green: of items together; violet: spans; ochre: the applicant's."""
_RED = "#c0392b"
_OVER = Bilingual(zh="超期", en="over")
_ESTIMATED = Bilingual(zh="预估", en="est.")
_RUNS = Bilingual(zh="在计", en="running")
_RECEIVED = Bilingual(zh="接件", en="received")
_ACCEPTED = Bilingual(zh="受理", en="accepted")
_ENDED = Bilingual(zh="办结", en="ended")
_DELIVERED = Bilingual(zh="出证", en="delivered")
_LEGEND: tuple[tuple[Mark, Bilingual], ...] = (
    ("counted", Bilingual(zh="计入", en="counted")),
    ("left_out", Bilingual(zh="依法或依口径扣除", en="left out")),
    ("stopped", Bilingual(zh="停了表仍计入", en="stopped, yet counted")),
    ("off", Bilingual(zh="非工作日", en="day off")),
)


def strip_chart(
    measures: Sequence[Measure],
    calendar: WorkCalendar,
    title: Bilingual,
    marks: Mapping[date, Bilingual] | None = None,
) -> str:
    """The chart of some measures; `marks` are days to be named above, such as the acceptance.

    A picture of measures none of which has begun says so in words.
    """
    days = days_of(measures)
    lanes = [_lanes(measure) for measure in measures]
    bars = [max(_BAR, _LANE * len(own)) for own in lanes]
    rows = sum(bars) + (_ROW - _BAR) * len(bars) if days else _ROW
    height = _TOP + rows + _FOOT
    told = "；".join(f"{one.calibre} {one.why.zh}" for one in measures)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{_attribute(title.both())}" font-family="{_FONT}" fill="{_INK}">'
    )
    body = [
        head,
        f"<title>{escape(title.both())}</title>",
        f"<desc>{escape(told)}</desc>",
        _PATTERNS,
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(16, 28, title.zh, size=16, weight="bold"),
        _text(16, 46, title.en, size=11, fill=_PALE),
    ]
    if days:
        columns = _Columns(days)
        body += _days_off(columns, calendar, rows)
        body += _axis(columns, rows, marks or {})
        y = _TOP
        for measure, own, high in zip(measures, lanes, bars, strict=True):
            body += _row(y, high, measure)
            for number, lane in enumerate(own):
                top = y + 8 + number * high / len(own)
                body += _bars(lane, columns, calendar, top, high / len(own))
            y += high + _ROW - _BAR
    else:
        body.append(
            _text(16, _TOP + 16, "尚未接件，没有可计的日子 · nothing to count yet", size=12)
        )
    body += _legend(height)
    return "\n".join([*body, "</svg>"]) + "\n"


def case_chart(report: ClockReport, calendar: WorkCalendar, item: str | None = None) -> str:
    """The chart of a case, or of one item of it, with the days of receipt, acceptance and end.

    Raises:
        InvalidEvent: the case has no such item.
    """
    found = None if item is None else item_of(report, item)
    if found is None:
        title = Bilingual(
            zh=f"八种口径并列：{report.case_id}",
            en=f"Eight calibres side by side: {report.case_id}",
        )
        items = report.items
    else:
        title, items = found.title, [found]
    days: dict[date, Bilingual] = {}
    for one in items:
        named = (
            (one.received, _RECEIVED),
            (one.accepted, _ACCEPTED),
            (one.ended, _ENDED),
            (one.delivered, _DELIVERED),
        )
        # of several items on one day the one that is named first
        days |= {day: name for day, name in named if day is not None and day not in days}
    measures = report.measures if found is None else found.measures
    return strip_chart(measures, calendar, title, days)


class _Columns:
    """Where each day stands."""

    def __init__(self, days: Sequence[date]) -> None:
        self.days = days
        self.wide = min(22.0, (_WIDTH - _LEFT - _RIGHT) / len(days))

    def x(self, day: date) -> float:
        """The left edge of a day."""
        return _LEFT + (day - self.days[0]).days * self.wide

    @property
    def right(self) -> float:
        return _LEFT + len(self.days) * self.wide


_PATTERNS = (
    '<defs><pattern id="out" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
    f'<rect width="2" height="6" fill="{_PALE}"/></pattern></defs>'
)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 12,
    fill: str = _INK,
    anchor: str = "start",
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" '
        f'text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
    )


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _box(x: float, y: float, wide: float, high: float, fill: str, more: str = "") -> str:
    place = f'x="{x:.2f}" y="{y:.1f}" width="{wide:.2f}" height="{high:.1f}"'
    return f'<rect {place} fill="{fill}"{more}/>'


def _days_off(columns: _Columns, calendar: WorkCalendar, rows: int) -> Iterator[str]:
    """A band behind all rows for every run of days off, dotted where that is an estimate."""
    for (off, estimated), run in groupby(
        columns.days, key=lambda day: (not calendar.is_workday(day), calendar.is_estimated(day))
    ):
        stretch = list(run)
        x, wide = columns.x(stretch[0]), len(stretch) * columns.wide
        if off:
            yield _box(x, _TOP - 6, wide, rows + 6, "#f1f3f5")
        if estimated:
            y = _TOP - 4
            yield (
                f'<path d="M{x:.1f} {y}h{wide:.1f}" stroke="{_RED}" stroke-dasharray="2 3" '
                'fill="none"/>'
            )


def _axis(columns: _Columns, rows: int, marks: Mapping[date, Bilingual]) -> Iterator[str]:
    """Mondays, or the first of months where weeks would be too narrow; the days that are named."""
    weekly = columns.wide * 7 >= 38
    last = -100.0
    for day in columns.days:
        if (weekly and day.weekday() == 0) or (not weekly and day.day == 1):
            x = columns.x(day)
            yield f'<path d="M{x:.1f} {_TOP - 6}v{rows + 6}" stroke="{_GRID}"/>'
            if x - last >= 36:
                label = f"{day:%m-%d}" if weekly else f"{day:%Y-%m}"
                yield _text(x + 2, _TOP - 10, label, size=9.5, fill=_PALE)
                last = x
    place = -100.0
    for day in sorted(marks):
        if day not in columns.days:
            continue
        x = columns.x(day) + columns.wide
        yield (
            f'<path d="M{x:.1f} {_TOP - 24}v{rows + 24}" stroke="{_INK}" '
            'stroke-opacity=".35" stroke-dasharray="3 2"/>'
        )
        if x - place >= 62:
            yield _text(x, _TOP - 28, f"{marks[day].zh} {day:%m-%d}", size=10, anchor="middle")
            place = x


def _row(y: float, high: float, measure: Measure) -> Iterator[str]:
    """One calibre in words: its name, what it comes to, and how, for whoever points at it."""
    formula = FORMULA[measure.calibre]
    yield _text(16, y + 16, f"{measure.calibre} {formula.name.zh}", size=13, weight="bold")
    yield _text(16, y + 30, formula.name.en, size=10, fill=_PALE)
    yield from _result(measure, y)
    why = escape(measure.why.both())
    yield f"<g><title>{why}</title>{_box(0, y, _WIDTH, high + _ROW - _BAR, 'transparent')}</g>"


def _lanes(measure: Measure) -> list[Measure]:
    """A measure for each item of a sum; the measure itself otherwise."""
    items = list(dict.fromkeys(one.item for one in measure.counted))
    if measure.calibre != "K5" or len(items) < 2:
        return [measure]

    return [
        measure.model_copy(
            update={
                "counted": [one for one in measure.counted if one.item == item],
                "left_out": [one for one in measure.left_out if one.item == item],
                "still_counted": [one for one in measure.still_counted if one.item == item],
            }
        )
        for item in items
    ]


def _bars(
    measure: Measure, columns: _Columns, calendar: WorkCalendar, y: float, high: float
) -> Iterator[str]:
    marks = marks_of(measure, columns.days, calendar)
    gap = 1.0 if high < _BAR else 0.0
    for mark, run in groupby(zip(columns.days, marks, strict=True), key=lambda pair: pair[1]):
        stretch = [day for day, _ in run]
        x, wide = columns.x(stretch[0]), len(stretch) * columns.wide
        if mark == "off":
            # a thin line carries the eye over days that are within and do not count
            yield _box(x, y + high / 2 - 0.75, wide, 1.5, _FILL[measure.calibre], ' opacity=".45"')
        elif mark != "outside":
            yield _box(x, y, wide, high - gap, *_look(mark, _FILL[measure.calibre]))


def _look(mark: Mark, fill: str) -> tuple[str, str]:
    if mark == "left_out":
        return "url(#out)", f' stroke="{_PALE}" stroke-width=".75"'
    if mark == "stopped":
        return fill, f' stroke="{_RED}" stroke-width="2"'
    return fill, ""


def _result(measure: Measure, y: float) -> Iterator[str]:
    x = _WIDTH - _RIGHT + 14
    if measure.days is None:
        yield _text(x, y + 16, "不起算", size=13, fill=_PALE)
        yield _text(x, y + 30, "does not begin", size=10, fill=_PALE)
        return
    unit, over = UNITS[measure.unit], measure.within is False
    states = [
        state
        for state, holds in ((_OVER, over), (_ESTIMATED, measure.estimated), (_RUNS, measure.runs))
        if holds
    ]
    limit = "" if measure.limit is None else f" / {measure.limit}"
    zh = " ".join([f"{measure.days}{limit} {unit.zh}", *(state.zh for state in states)])
    en = " · ".join([unit.en, *(state.en for state in states)])
    yield _text(x, y + 16, zh, size=13, weight="bold", fill=_RED if over else _INK)
    yield _text(x, y + 30, en, size=10, fill=_RED if over else _PALE)


def _legend(height: int) -> Iterator[str]:
    x, y = 16.0, height - 26
    for mark, name in _LEGEND:
        if mark == "off":
            yield _box(x, y - 10, 18, 12, "#f1f3f5", f' stroke="{_GRID}"')
        else:
            yield _box(x, y - 10, 18, 12, *_look(mark, _FILL["K1"]))
        yield _text(x + 24, y, name.both(), size=10.5, fill=_PALE)
        x += 48 + 11 * len(name.zh) + 6.2 * len(name.en)
    yield f'<path d="M{x:.1f} {y - 4}h18" stroke="{_RED}" stroke-dasharray="2 3"/>'
    yield _text(x + 24, y, "预估 · estimated", size=10.5, fill=_PALE)
