"""Commands on where projects come from, whether that adds up, and what looks the same."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
import typer

from blueprint.bootstrap import open_service
from blueprint.cases.files import By
from blueprint.cli.options import DateOption, JsonOption, day_of
from blueprint.cli.terminal import REFUSED, out, print_json
from blueprint.lineage.kinds import LinkKind

lineage_app = typer.Typer(
    help="Where projects come from: phases, splits, mergers, changes, replacements.",
    no_args_is_help=True,
)

ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="Project id.")]
ByOption = Annotated[str, typer.Option("--by", help="The office or role that enters it.")]
ReasonOption = Annotated[
    str | None, typer.Option(help="Why, or by which document.", show_default=False)
]


@lineage_app.command()
def show(project: ProjectArgument, as_json: JsonOption = False) -> None:
    """Show a project's family, who linked it when, and whether the parts add up."""
    from blueprint.lineage import lineage_of
    from blueprint.lineage.tables import lineage_view

    with open_service() as service, service.database.read() as connection:
        found = lineage_of(connection, project)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(lineage_view(found))


@lineage_app.command()
def link(
    kind: Annotated[LinkKind, typer.Argument(help="How the child comes from the parent.")],
    parent: Annotated[str, typer.Argument(metavar="PARENT", help="Project id.")],
    child: Annotated[str, typer.Argument(metavar="CHILD", help="Project id.")],
    who: ByOption,
    scope: Annotated[
        str | None,
        typer.Option(help="工程范围: which part of the works the child has.", show_default=False),
    ] = None,
    reason: ReasonOption = None,
    day: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter that one project comes from another."""
    from blueprint.lineage import LinkWish, add_link, said_link

    ends = {"kind": kind, "parent_id": parent, "child_id": child}
    wish = said_link({**ends, "scope": scope, "reason": reason}, LinkWish)
    with open_service() as service, service.database.write() as connection:
        entered = add_link(connection, wish, _by(connection, who, day))
    if as_json:
        print_json(entered.model_dump(mode="json"))
    else:
        out.print(f"link {entered.id}: {child} is a {kind} of {parent}", markup=False)


@lineage_app.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="LINK", help="As `lineage show` numbers it.")],
    who: ByOption,
    reason: ReasonOption = None,
    day: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter that a link holds no more; it stays to be read."""
    from blueprint.lineage import LinkNote, said_link, undo_link

    note = said_link({"reason": reason}, LinkNote)
    with open_service() as service, service.database.write() as connection:
        undone = undo_link(connection, number, _by(connection, who, day), note)
    if as_json:
        print_json(undone.model_dump(mode="json"))
    else:
        ends = f"{undone.child_id} is no {undone.kind} of {undone.parent_id} any more"
        out.print(f"link {number}: {ends}", markup=False)


@lineage_app.command()
def check(project: ProjectArgument, as_json: JsonOption = False) -> None:
    """Hold the parts of a family against their wholes; exit code 1 if something is broken."""
    from rich.console import Group

    from blueprint.lineage import lineage_of
    from blueprint.lineage.tables import conservation_view

    with open_service() as service, service.database.read() as connection:
        found = lineage_of(connection, project).conservation
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(Group(*conservation_view(found)))
    if found.outcome == "broken":
        raise typer.Exit(REFUSED)


@lineage_app.command()
def duplicates(project: ProjectArgument, as_json: JsonOption = False) -> None:
    """List what looks like the same project: by code, by name, by overlapping site."""
    from blueprint.lineage import duplicates_of
    from blueprint.lineage.tables import duplicates_view

    with open_service() as service, service.database.read() as connection:
        found = duplicates_of(connection, project)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(duplicates_view(found))


def _by(connection: sa.Connection, who: str, day: datetime | None) -> By:
    from blueprint.cases.files import city_day

    return By(who, day_of(day) or city_day(connection))
