"""The supervision of the clock for a person at a terminal: what presses, flags, statistics."""

from collections.abc import Sequence
from typing import Literal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.calendars.calendar import UNITS
from blueprint.cases.stages import STAGE_NAMES, Stage
from blueprint.clock.desk import ClockSupervision
from blueprint.clock.formulas import FORMULA
from blueprint.clock.statistics import GroupStatistics
from blueprint.clock.tables import Names, deadlines_text, department_name, flag_text, light_text


def supervision_text(found: ClockSupervision, names: Names) -> Group:
    """What presses, what is flagged, how long departments and stages take."""
    table = Table(title=f"时限监督 · supervision of the clock · {found.as_of}")
    for title in ("案卷 case", "事项 item", "部门 department", "状态 light", "期限 deadline"):
        table.add_column(title, overflow="fold")
    for item in found.items:
        deadline = [] if item.deadline is None else [item.deadline]
        table.add_row(
            Text(item.case_id),
            Text(item.title.both()),
            Text(department_name(item.department, names)),
            light_text(item.light),
            deadlines_text(deadline),
        )
    flags = [flag_text(flag, flag.case_id) for flag in found.flags]
    groups = [*found.statistics.departments, *found.statistics.stages]
    foot = Text(f"{found.cases} 个案卷 cases", style="dim")
    return Group(table, *flags, _statistics_table(groups, names), foot)


def _statistics_table(groups: Sequence[GroupStatistics], names: Names) -> Table:
    table = Table(title="用时统计 · how long it takes")
    for title in ("部门或阶段 of", "口径 by", "办结 decided", "中位 median", "p90", "最长 most"):
        justify: Literal["left", "right"] = "left" if title[0] in "部口" else "right"
        table.add_column(title, justify=justify, overflow="fold")
    table.add_column("超期 over", justify="right")
    for group in groups:
        name = _stage_name(group.stage) if group.stage else department_name(group.department, names)
        for number, one in enumerate(group.calibres):
            share = "" if one.overdue_share is None else f"{one.overdue_share:.0%}"
            table.add_row(
                Text("" if number else name),
                Text(f"{one.calibre} {FORMULA[one.calibre].name.zh} {UNITS[one.unit].zh}"),
                str(one.decided),
                f"{one.median:g}",
                str(one.p90),
                str(one.most),
                share,
                end_section=number == len(group.calibres) - 1,
            )
    return table


def _stage_name(stage: Stage) -> str:
    return STAGE_NAMES[stage].zh
