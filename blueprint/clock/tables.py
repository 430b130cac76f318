"""The clock of a case for a person at a terminal: its events, its report, its strips."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.calendars.calendar import UNITS, WorkCalendar
from blueprint.clock.courses import STATE_NAMES
from blueprint.clock.deadlines import DEADLINE_NAMES, ItemDeadline
from blueprint.clock.events import NotedEvent, Status, standing, told
from blueprint.clock.flags import FLAG_NAMES, Flag
from blueprint.clock.formulas import FORMULA, Measure
from blueprint.clock.reports import LIGHT_NAMES, ClockReport, ItemClock, Light, item_of
from blueprint.clock.strips import Mark, days_of, items_on, marks_of
from blueprint.values import Bilingual

_COLOURS: dict[Light, str] = {
    "not_begun": "dim",
    "with_applicant": "cyan",
    "suspended": "cyan",
    "running": "green",
    "due_soon": "yellow",
    "overdue": "bold red",
    "done": "green",
    "done_late": "red",
    "closed": "dim",
}
_SIGNS: dict[Mark, tuple[str, str]] = {
    "outside": (" ", ""),
    "counted": ("█", "blue"),
    "stopped": ("▓", "red"),
    "left_out": ("░", "cyan"),
    "off": ("·", "dim"),
}
_LEGEND = "█ 计入 counted  ░ 扣除 left out  ▓ 停了表仍计入 stopped, yet counted  · 非工作日 day off"
_ESTIMATED = "magenta"
_BESIDE, _LEAST = 46, 20
"""Columns beside a strip, and those that it has at least; in a long one several days share one."""

Names = Mapping[str, Bilingual]
"""Names of departments by their id."""


def events_table(events: Sequence[NotedEvent], calendar_day: Mapping[int, date]) -> Table:
    """The log of a case as it was noted; `calendar_day` is the day of each event by its number."""
    stand = {event.number for event in standing(events)}
    table = Table(title="办理记录 · events")
    for title in ("号 no.", "事项 item", "状态 status", "日期 day", "依据 ground", "记载 noted"):
        table.add_column(title, overflow="fold")
    for event in events:
        undone = event.number not in stand and event.status != Status.UNDONE
        ground = " ".join(
            part
            for part in (
                event.ground or "",
                "" if event.notice is None else f"{event.notice.number or ''} {event.notice.day}",
                "" if event.days is None else f"{event.days} {UNITS[event.unit].zh}",
                "" if event.undoes is None else f"→ {event.undoes}",
            )
            if part
        )
        table.add_row(
            str(event.number),
            Text(event.item),
            Text(told(event.status)),
            str(calendar_day[event.number]),
            Text(ground),
            Text(f"{event.noted_at:%Y-%m-%d} {event.who}"),
            style="strike dim" if undone else "",
        )
    return table


def report_text(
    report: ClockReport,
    calendar: WorkCalendar,
    names: Names,
    width: int,
    item: str | None = None,
) -> Group:
    """The clock of a case on a terminal so wide, with the strips of it all or of one item.

    Raises:
        InvalidEvent: the case has no such item.
    """
    chosen = None if item is None else item_of(report, item)
    shown = report.items if chosen is None else [chosen]
    measures = report.measures if chosen is None else chosen.measures
    title = Bilingual(zh="全案", en="whole case") if chosen is None else chosen.title
    blocks: list[RenderableType] = [_items_table(report, shown, names)]
    blocks.append(strips(measures, calendar, title, width))
    blocks += _left_out(measures)
    flags = [flag for flag in report.flags if chosen is None or flag.item == chosen.item]
    blocks += [flag_text(flag) for flag in flags]
    estimated = "；含预估 with estimates" if report.estimated else ""
    foot = f"{report.calendar.version} · {report.law.id} {report.law.version}{estimated}"
    return Group(*blocks, Text(foot, style="dim"))


def _items_table(report: ClockReport, items: Sequence[ItemClock], names: Names) -> Table:
    table = Table(title=f"审批计时 · clock · {report.case_id} · {report.as_of}")
    for title in ("事项 item", "部门 department", "状态 light", "受理 accepted", "期限 deadlines"):
        table.add_column(title, overflow="fold")
    for item in items:
        accepted = Text("" if item.accepted is None else str(item.accepted))
        if item.accepted_by_silence:
            accepted.append("\n逾期未告知视为受理 by silence", style="magenta")
        table.add_row(
            Text(f"{item.title.zh}\n{item.title.en}").append(f"\n{item.item}", style="dim"),
            Text(department_name(item.department, names)),
            light_text(item.light).append(f"\n{STATE_NAMES[item.state].both()}", style="dim"),
            accepted,
            deadlines_text(item.deadlines),
        )
    return table


def light_text(light: Light) -> Text:
    """A light in its colour."""
    return Text(LIGHT_NAMES[light].both(), style=_COLOURS[light])


def deadlines_text(deadlines: Sequence[ItemDeadline]) -> Text:
    """Deadlines, a line each: what, when, how many days are left."""
    text = Text()
    for number, one in enumerate(deadlines):
        colour = {"overdue": "bold red", "missed": "red", "due_soon": "yellow"}.get(one.state, "")
        mark = " 预估 est." if one.estimated else ""
        left = f"余 {one.left} left" if one.left >= 0 else f"超 {-one.left} over"
        met = {"kept": "按期 kept", "missed": "逾期 missed", "closed": "终止 closed"}
        text.append("\n" if number else "")
        text.append(f"{DEADLINE_NAMES[one.kind].zh} {one.day}{mark} ", style=colour)
        text.append(met.get(one.state, left), style=colour or "dim")
    return text


def strips(
    measures: Sequence[Measure], calendar: WorkCalendar, title: Bilingual, width: int
) -> Table:
    """The calibres as strips, a column a day: as many days in one as it takes for a long span."""
    days = days_of(measures)
    each = max(1, -(-len(days) // max(_LEAST, width - _BESIDE)))
    table = Table(title=f"{title.both()}", caption=_LEGEND, box=None, padding=(0, 1, 0, 0))
    table.add_column("口径 calibre", no_wrap=True, min_width=13)
    table.add_column(Text(_scale(days, each), style="dim"), no_wrap=True)
    table.add_column("结果 result", min_width=28)
    for measure in measures:
        table.add_row(
            Text(f"{measure.calibre} {FORMULA[measure.calibre].name.zh}"),
            _strip(measure, days, calendar, each),
            _result(measure),
        )
    return table


def _scale(days: Sequence[date], each: int) -> str:
    """The first day, and the first days of months as far as there is room."""
    line = [" "] * (-(-len(days) // each))
    free = 0
    for place, day in enumerate(days):
        column = place // each
        told_day = f"{day:%m-%d}" if place == 0 or day.day == 1 else ""
        if told_day and column >= free and column + len(told_day) <= len(line):
            line[column : column + len(told_day)] = told_day
            free = column + len(told_day) + 1
    return "".join(line)


def _strip(measure: Measure, days: Sequence[date], calendar: WorkCalendar, each: int) -> Text:
    marks = marks_of(measure, days, calendar)
    order: tuple[Mark, ...] = ("stopped", "counted", "left_out", "off", "outside")
    columns = [
        min(marks[first : first + each], key=order.index) for first in range(0, len(days), each)
    ]
    items = {one.item for one in measure.counted}
    text = Text()
    place = 0
    for mark, run in groupby(columns):
        sign, style = _SIGNS[mark]
        for _ in run:
            # a sum of items shows of how many a day is
            times = items_on(measure, days[place * each]) if len(items) > 1 else 1
            text.append(str(min(times, 9)) if mark == "counted" and times > 1 else sign, style)
            place += 1
    return text


def _result(measure: Measure) -> Text:
    if measure.days is None:
        return Text("不起算 does not begin", style="dim")
    limit = "" if measure.limit is None else f" / {measure.limit}"
    text = Text(f"{measure.days}{limit} {UNITS[measure.unit].zh}")
    if measure.within is False:
        text.append(" 超期 over", style="red")
    if measure.estimated:
        text.append(" 预估 est.", style=_ESTIMATED)
    if measure.runs:
        text.append(" 在计 running", style="dim")
    return text


def _left_out(measures: Sequence[Measure]) -> Iterator[Group]:
    """What was left out, on which ground, and by which calibres."""
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for measure in measures:
        for one in measure.left_out:
            bases = "；".join(f"《{basis.title.zh}》{basis.article or ''}" for basis in one.bases)
            notice = "" if one.notice is None else f"{one.notice.number or ''} {one.notice.day}"
            span = f"{one.item or ''} {one.start} 次日至 {one.end}".strip()
            key = (one.why.both(), span, bases, notice.strip())
            rows.setdefault(key, []).append(
                f"{measure.calibre} {one.days} {UNITS[measure.unit].zh}"
            )
    for (why, span, bases, notice), by in rows.items():
        title = Text.assemble(("扣除 left out: ", "cyan"), (why, "bold cyan"), (f"  {span}", "dim"))
        told_by = f"书面告知 told in writing {notice}" if notice else ""
        said = "\n".join(part for part in (bases, told_by, "，".join(by)) if part)
        yield Group(title, Padding(Text(said), (0, 0, 0, 4)))


def flag_text(flag: Flag, case: str = "") -> Group:
    """A flag in both languages, with what it rests on."""
    problem = flag.weight == "problem"
    title = Text.assemble(
        (FLAG_NAMES[flag.kind].both(), "bold red" if problem else "yellow"),
        (f"  {case} {flag.item} {flag.day}".replace("   ", "  "), "dim"),
    )
    bases = "；".join(f"《{one.title.zh}》{one.article or ''}" for one in flag.bases)
    said = f"{flag.text.zh}\n{flag.text.en}" + (f"\n{bases}" if bases else "")
    return Group(title, Padding(Text(said), (0, 0, 0, 4)))


def department_name(department: str | None, names: Names) -> str:
    """A department as a person calls it."""
    if department is None:
        return "未知 unknown"
    return names[department].zh if department in names else department
