"""`blueprint calendar`: what days are, how many there are, when a limit ends."""

from datetime import date, datetime
from typing import Annotated

import typer

from blueprint.cli.options import JsonOption
from blueprint.cli.terminal import out, print_json
from blueprint.errors import InvalidDays

calendar_app = typer.Typer(
    help="The calendar of workdays: days, counts, deadlines, its version.", no_args_is_help=True
)

DayArgument = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day.")]
CalendarDaysOption = Annotated[
    bool, typer.Option("--calendar-days", help="Days of the calendar, not working days.")
]
_MOST = 1_000
"""Days that are listed at once."""


@calendar_app.command()
def version(as_json: JsonOption = False) -> None:
    """Say which calendar it is: the library, what overrides it, the years that notices settle."""
    from blueprint.calendars.calendar import work_calendar
    from blueprint.calendars.tables import calendar_text

    calendar = work_calendar()
    first, last = calendar.years
    if as_json:
        print_json(
            {
                "version": calendar.version,
                "sha256": calendar.sha256,
                "first_year": first,
                "last_year": last,
                "overrides": calendar.overrides.model_dump(mode="json"),
            }
        )
    else:
        out.print(calendar_text(calendar))


@calendar_app.command()
def days(start: DayArgument, end: DayArgument, as_json: JsonOption = False) -> None:
    """List what each day is, the first and the last one too."""
    from blueprint.calendars.calendar import work_calendar
    from blueprint.calendars.tables import days_table

    calendar = work_calendar()
    first, last = start.date(), end.date()
    if not 0 <= (last - first).days < _MOST:
        message = f"{first} to {last}: give days in order, {_MOST} of them at most"
        raise InvalidDays(message)
    found = [calendar.day(first), *calendar.days_between(first, last)]
    if as_json:
        print_json([day.model_dump(mode="json") for day in found])
    else:
        out.print(days_table(calendar, found))


@calendar_app.command()
def count(
    start: DayArgument,
    end: DayArgument,
    calendar_days: CalendarDaysOption = False,
    as_json: JsonOption = False,
) -> None:
    """Count the working days after a day up to and with another."""
    from blueprint.calendars.calendar import UNITS, Unit, work_calendar

    unit: Unit = "calendar" if calendar_days else "working"
    found = work_calendar().count(start.date(), end.date(), unit)
    if as_json:
        print_json({**found._asdict(), "unit": unit})
    else:
        mark = " 预估 estimated" if found.estimated else ""
        out.print(f"{found.days} {UNITS[unit].both()}{mark}")


@calendar_app.command()
def deadline(
    day: DayArgument,
    number: Annotated[int, typer.Argument(metavar="N", help="How many days the limit has.")],
    calendar_days: CalendarDaysOption = False,
    as_json: JsonOption = False,
) -> None:
    """Tell the last day of a limit that begins on a day, which is not counted."""
    from blueprint.calendars.calendar import work_calendar
    from blueprint.calendars.tables import deadline_text

    since: date = day.date()
    found = work_calendar().add(since, number, "calendar" if calendar_days else "working")
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(deadline_text(found))
