"""Commands on one conflict: all that is known of it, and the steps of its working life."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import PUBLIC
from blueprint.cli.options import (
    AsOfOption,
    ClearanceOption,
    DateOption,
    JsonOption,
    SnapshotOption,
    day_of,
)
from blueprint.cli.terminal import out, print_json
from blueprint.conflicts.ledger import ConflictFile, Wish, conflict_file, take_step
from blueprint.errors import PlanningError

conflict_app = typer.Typer(
    help="One conflict: its history, and who is to settle it by when.", no_args_is_help=True
)

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="As `blueprint conflicts --json` lists it.")
]
ByOption = Annotated[str, typer.Option("--by", help="The office or role that takes the step.")]
NoteOption = Annotated[str | None, typer.Option(help="What is to be known of it.")]
_DAY = ["%Y-%m-%d"]


@conflict_app.command()
def show(
    conflict_id: IdArgument,
    day: DateOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Show what fights, where it stands, who did what, and which searches found it."""
    with open_service() as service:
        file = conflict_file(service, conflict_id, clearance, day_of(day))
    _answer(file, as_json=as_json)


@conflict_app.command()
def totals(
    snapshot: SnapshotOption = None,
    as_of: AsOfOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Add up the kept search of a snapshot: by rule, by pair of departments, by district."""
    from blueprint.cli.conflict_tables import totals_tables
    from blueprint.conflicts.register import totals_of_snapshot

    with open_service() as service:
        found = totals_of_snapshot(service, clearance, snapshot, day_of(as_of))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(totals_tables(found))


@conflict_app.command()
def atlas(
    out_file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF to write.")],
    rules: Annotated[
        list[str] | None, typer.Option("--rule", help="Only of this rule; may be repeated.")
    ] = None,
    states: Annotated[
        list[str] | None, typer.Option("--state", help="Only in this state; may be repeated.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over an atlas that is there.")
    ] = False,
    snapshot: SnapshotOption = None,
    as_of: AsOfOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Write a page for each conflict of the kept search of a snapshot, to be printed."""
    from blueprint.conflicts.register import kept_register
    from blueprint.exports.atlas import write_atlas
    from blueprint.exports.conflicts import refuse_place

    if out_file.suffix.lower() != ".pdf":
        raise PlanningError(f"{out_file}: an atlas is a PDF; name a file that ends in .pdf")
    refuse_place(out_file, replace=replace)
    with open_service() as service:
        service.refuse_own_file(out_file)
        register = kept_register(service, clearance, snapshot, day_of(as_of))
        register = register.only(rules or (), states or ())
        write_atlas(service, register, out_file)
    if as_json:
        print_json({"file": str(out_file), "pages": len(register.lines)})
    else:
        out.print(f"{len(register.lines)} pages written to {out_file}", markup=False)


@conflict_app.command()
def assign(
    conflict_id: IdArgument,
    department: Annotated[str, typer.Option("--to", help="Department id, of the catalogue.")],
    due: Annotated[datetime, typer.Option(formats=_DAY, help="The day by which it is due.")],
    who: ByOption,
    note: NoteOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Give a conflict to a department, to be settled by a day."""
    wish = Wish("assigned", who, note, department=department, due=day_of(due))
    _step(conflict_id, wish, clearance, as_json=as_json)


@conflict_app.command()
def propose(
    conflict_id: IdArgument,
    who: ByOption,
    note: Annotated[str, typer.Option(help="What is proposed.")],
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Say how a conflict is to be settled."""
    _step(conflict_id, Wish("proposed", who, note), clearance, as_json=as_json)


@conflict_app.command()
def accept(
    conflict_id: IdArgument,
    who: ByOption,
    note: NoteOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Accept what is proposed: the conflict is gone when a layer's new version no longer has it."""
    _step(conflict_id, Wish("accepted", who, note), clearance, as_json=as_json)


@conflict_app.command()
def exempt(
    conflict_id: IdArgument,
    law: Annotated[str, typer.Option(help="Id of a law of the rule pack, the legal basis.")],
    until: Annotated[datetime, typer.Option(formats=_DAY, help="Its last day.")],
    who: ByOption,
    article: Annotated[str | None, typer.Option(help="Article of the law.")] = None,
    note: NoteOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Let a conflict stand, on a legal basis, until a day; then it is open again."""
    wish = Wish("exempted", who, note, law=law, article=article, until=day_of(until))
    _step(conflict_id, wish, clearance, as_json=as_json)


@conflict_app.command()
def reopen(
    conflict_id: IdArgument,
    who: ByOption,
    note: NoteOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Open a conflict again, whatever it had come to."""
    _step(conflict_id, Wish("open", who, note), clearance, as_json=as_json)


def _step(conflict_id: str, wish: Wish, clearance: ClearanceOption, *, as_json: bool) -> None:
    with open_service() as service:
        file = take_step(service, conflict_id, wish, clearance)
    _answer(file, as_json=as_json)


def _answer(file: ConflictFile, *, as_json: bool) -> None:
    from blueprint.cli.conflict_tables import file_tables

    if as_json:
        print_json(file.model_dump(mode="json"))
    else:
        out.print(file_tables(file))
