"""`blueprint clock`: the clock of a case, its events, and the supervision of all cases."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from blueprint.audit_log import actor_name
from blueprint.bootstrap import open_service
from blueprint.cli.options import JsonOption, day_of
from blueprint.cli.terminal import out, print_json

clock_app = typer.Typer(
    help="The clock of approvals: every calibre of a case, its events, supervision.",
    no_args_is_help=True,
)

CaseArgument = Annotated[str, typer.Argument(help="Id of the case.")]
AsOfDay = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="At the end of this day; today's if not."),
]


@clock_app.command()
def show(
    case: CaseArgument,
    as_of: AsOfDay = None,
    item: Annotated[str | None, typer.Option(help="The strips of this item alone.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Write the strips as a picture too.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show deadlines, lights, K1 to K8 and what is flagged."""
    from blueprint.clock.chart import case_chart
    from blueprint.clock.desk import city_clock, clock_of_case
    from blueprint.clock.reports import item_of
    from blueprint.clock.tables import report_text
    from blueprint.registry import current_catalogue

    with open_service() as service, service.database.read() as connection:
        report = clock_of_case(connection, case, day_of(as_of))
        calendar = city_clock(connection).calendar
        names = current_catalogue(connection)[1].department_names
    if item is not None:
        item_of(report, item)
    if svg is not None:
        svg.write_text(case_chart(report, calendar, item), "utf-8")
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    out.print(report_text(report, calendar, names, out.width, item))
    if svg is not None:
        out.print(f"written {svg}", markup=False)


@clock_app.command()
def events(case: CaseArgument, as_json: JsonOption = False) -> None:
    """List the events of a case in the order in which they were noted, undone ones too."""
    from blueprint.clock.desk import city_clock, events_of_case
    from blueprint.clock.tables import events_table

    with open_service() as service, service.database.read() as connection:
        found = events_of_case(connection, case)
        clock = city_clock(connection)
    if as_json:
        print_json([event.model_dump(mode="json") for event in found])
    else:
        out.print(events_table(found, {one.number: clock.day_of(one.at) for one in found}))


@clock_app.command()
def note(
    case: CaseArgument,
    item: Annotated[str, typer.Argument(help="Id of the approval item.")],
    status: Annotated[str, typer.Argument(help="BLZT 1 to 15, 20 delivered, 0 undone; or 受理 …")],
    at: Annotated[str, typer.Option(help="When: a day, a time of the city, or one with its zone.")],
    ground: Annotated[str | None, typer.Option(help="Legal ground of a pause.")] = None,
    notice: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day on which the applicant was told in writing."),
    ] = None,
    notice_number: Annotated[str | None, typer.Option(help="Number of that letter.")] = None,
    days: Annotated[int | None, typer.Option(help="How long it takes, as was told.")] = None,
    calendar_days: Annotated[bool, typer.Option(help="Those days are of the calendar.")] = False,
    extension: Annotated[bool, typer.Option(help="It is an extension, not a pause.")] = False,
    name: Annotated[str | None, typer.Option(help="Name of another procedure (TBCXMC).")] = None,
    remark: Annotated[str | None, typer.Option(help="Anything else.")] = None,
    undoes: Annotated[int | None, typer.Option(help="Of 0: the entry that was wrong.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who notes it; the user if not.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Note what happened to an item of a case."""
    from blueprint.clock.desk import city_clock, note_events
    from blueprint.clock.events import Status, event_of, told

    with open_service() as service, service.database.write() as connection:
        zone = ZoneInfo(city_clock(connection).timezone)
        event = event_of(
            {
                "item": item,
                "status": status,
                "at": at,
                "ground": ground,
                "notice": None if notice is None else {"day": notice, "number": notice_number},
                "days": days,
                "unit": "calendar" if calendar_days else "working",
                "special": "extension" if extension else None,
                "name": name,
                "note": remark,
                "undoes": undoes,
            },
            zone,
        )
        (noted,) = note_events(connection, case, [event], by or actor_name())
    if as_json:
        print_json(noted.model_dump(mode="json"))
    else:
        what = told(Status(noted.status))
        out.print(f"{case}: {noted.number} {noted.item} {what} {noted.at}", markup=False)


@clock_app.command()
def supervise(as_of: AsOfDay = None, as_json: JsonOption = False) -> None:
    """Watch all cases: what is overdue, due soon or stands still, flags, statistics."""
    from blueprint.clock.desk import supervise_clock
    from blueprint.clock.supervision_tables import supervision_text
    from blueprint.registry import current_catalogue

    with open_service() as service, service.database.read() as connection:
        found = supervise_clock(connection, day_of(as_of))
        names = current_catalogue(connection)[1].department_names
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(supervision_text(found, names))
