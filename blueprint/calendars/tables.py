"""The calendar for a person at a terminal: days, a deadline, which calendar it is."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.calendars.calendar import DAY_KINDS, CalendarDay, Deadline, WorkCalendar

_ESTIMATED = "magenta"


def days_table(calendar: WorkCalendar, days: Sequence[CalendarDay]) -> Table:
    """What each day is."""
    table = Table(title=f"工作日历 · calendar · {calendar.version}")
    for title in ("日期 day", "星期", "工作日 workday", "说明 what", "依据 notice"):
        table.add_column(title, overflow="fold")
    for day in days:
        style = _ESTIMATED if day.estimated else "" if day.workday else "dim"
        what = DAY_KINDS[day.kind].both() if day.why == DAY_KINDS[day.kind] else day.why.both()
        table.add_row(
            str(day.day),
            "一二三四五六日"[day.day.weekday()],
            "是 yes" if day.workday else "否 no",
            Text(f"{what}{' 预估 estimated' if day.estimated else ''}"),
            Text(day.notice or ""),
            style=style,
        )
    return table


def calendar_text(calendar: WorkCalendar) -> Group:
    """Which calendar it is, and what overrides the library."""
    first, last = calendar.years
    lines = [
        Text(f"版本 version {calendar.version}"),
        Text(f"sha256 {calendar.sha256}", style="dim"),
        Text(f"有通知的年份 settled by notices {first}–{last}，之外为预估 estimated beyond"),
    ]
    table = Table(title="补充的通知 · notices that override the library")
    for title in ("文号 number", "标题 title", "核实 verified", "日期 days"):
        table.add_column(title, overflow="fold")
    for notice in calendar.overrides.notices:
        days = "\n".join(
            f"{day} {'上班 at work' if kept.workday else '放假 off'}"
            for day, kept in sorted(notice.days.items())
        )
        verified = Text("是 yes") if notice.verified else Text("否 no", style="magenta")
        table.add_row(Text(notice.number), Text(notice.title.zh), verified, days)
    return Group(*lines, table)


def deadline_text(deadline: Deadline) -> Text:
    """A deadline and how it was counted."""
    mark = " 预估 estimated" if deadline.estimated else ""
    return Text.assemble(
        (f"{deadline.day}{mark}", _ESTIMATED if deadline.estimated else "bold"),
        f"\n{deadline.why.zh}\n{deadline.why.en}",
    )
