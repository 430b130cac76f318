"""Commands about approvals: which there are, which a case needs, its documents, its one form."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import RESTRICTED, Clearance
from blueprint.cli.options import ClearanceOption, JsonOption, day_of
from blueprint.cli.terminal import out, print_json
from blueprint.errors import InvalidForm, PlanningError
from blueprint.service import Service

approvals_app = typer.Typer(
    help="Approvals: which there are, what each asks for, when it is needed.", no_args_is_help=True
)

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Id, as `case list` has it.")]
StageOption = Annotated[
    str | None,
    typer.Option(help="Of this stage, or whole: of all. The one that the case applies for."),
]
OnOption = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="Day in question; the application's."),
]
TodayOption = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="Day in question; today if not given."),
]


@approvals_app.command("list")
def list_(
    stage: Annotated[str | None, typer.Option(help="Of this stage alone.")] = None,
    on: TodayOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the approvals with their limits and how many documents each asks for."""
    from blueprint.approvals.kept import current_approvals
    from blueprint.approvals.listing import list_approvals
    from blueprint.cases.library import known_stage
    from blueprint.cli.approval_tables import approvals_table
    from blueprint.registry import current_catalogue

    with open_service() as service, service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
        day = day_of(on) or catalogue.city.today()
        pack = current_approvals(connection)
        found = list_approvals(pack, catalogue, day, known_stage(stage))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(approvals_table(found))


@approvals_app.command()
def show(
    approval: Annotated[str, typer.Argument(help="Id, as `approvals list` gives it.")],
    on: TodayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one approval: when it is needed, on which law, which documents and figures it asks."""
    from blueprint.approvals.kept import current_approvals
    from blueprint.approvals.listing import approval_file
    from blueprint.cli.approval_tables import approval_tables
    from blueprint.registry import current_catalogue

    with open_service() as service, service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
        day = day_of(on) or catalogue.city.today()
        found = approval_file(current_approvals(connection), catalogue, approval, day)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(approval_tables(found))


@approvals_app.command()
def load(
    file: Annotated[
        Path, typer.Argument(help="Approvals pack, YAML as docs/approvals.md describes.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Check an approvals pack against catalogue and rules, and make it the one that counts."""
    from blueprint.approvals.kept import load_into_store
    from blueprint.approvals.pack_file import load_approvals
    from blueprint.audit_log import actor_name

    pack = load_approvals(file)
    with open_service() as service:
        load_into_store(service, pack, actor_name())
    if as_json:
        print_json(pack.ref.model_dump(mode="json") | {"approvals": len(pack.approvals)})
    else:
        out.print(f"{pack.id} {pack.version}: {len(pack.approvals)} approvals", markup=False)


def materials(
    case_id: CaseArgument,
    stage: StageOption = None,
    on: OnOption = None,
    clearance: ClearanceOption = RESTRICTED,
    as_json: JsonOption = False,
) -> None:
    """List the approvals that a case needs, and the documents: each once, less what is held."""
    from blueprint.approvals.of_case import case_materials
    from blueprint.cli.approval_tables import materials_tables

    with open_service() as service, service.database.read() as connection:
        view = _view(connection, case_id, clearance, on)
        day = day_of(on) or view.case.application_date
        found = case_materials(connection, view, _span(stage), day)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(materials_tables(found))


def form(
    case_id: CaseArgument,
    schema: Annotated[
        bool, typer.Option("--schema", help="The JSON Schema alone, as JSON.")
    ] = False,
    fill: Annotated[
        Path | None, typer.Option(help="JSON object of values by field; null takes one back.")
    ] = None,
    stage: StageOption = None,
    on: OnOption = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who fills it in; the user if left out.")
    ] = None,
    clearance: ClearanceOption = RESTRICTED,
    as_json: JsonOption = False,
) -> None:
    """Show the one form of a case, filled in with what is known; or fill it in."""
    from blueprint.approvals.of_case import case_form
    from blueprint.cli.approval_tables import form_table

    if fill is not None and schema:
        raise PlanningError(f"--schema, and --fill {fill}: give one of the two")
    with open_service() as service:
        if fill is not None:
            _fill(service, case_id, _values(fill), stage, on, by, as_json=as_json)
            return
        with service.database.read() as connection:
            view = _view(connection, case_id, clearance, on)
            day = day_of(on) or view.case.application_date
            found = case_form(view, _span(stage), day)
    if schema:
        print_json(found.json_schema)
    elif as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(form_table(found))


def _fill(
    service: Service,
    case_id: str,
    values: dict[str, Any],
    stage: str | None,
    on: datetime | None,
    by: str | None,
    *,
    as_json: bool,
) -> None:
    from blueprint.approvals.fill_case import Filling, fill_case_form
    from blueprint.audit_log import actor_name
    from blueprint.cases.files import find_case
    from blueprint.cases.readers import Reader
    from blueprint.cli.approval_tables import filled_tables

    with service.database.read() as connection:
        case = find_case(connection, case_id)
    filling = Filling(values, _span(stage), day_of(on) or case.application_date)
    filled = fill_case_form(service, case, Reader("approval"), filling, by or actor_name())
    if as_json:
        print_json(filled.model_dump(mode="json"))
    else:
        out.print(filled_tables(filled))


def _view(connection: Any, case_id: str, clearance: Clearance, on: datetime | None) -> Any:
    from blueprint.approvals.of_case import case_view
    from blueprint.cases.files import city_day, find_case
    from blueprint.cases.readers import reader_for

    case = find_case(connection, case_id)
    day = day_of(on) or city_day(connection)
    return case_view(connection, case, reader_for(clearance), day)


def _span(stage: str | None) -> Any:
    from blueprint.cases.library import known_stage

    return "whole" if stage == "whole" else known_stage(stage)


def _values(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text("utf-8"))
    except ValueError as problem:
        raise InvalidForm(f"{file}: is no JSON ({problem}); mend it") from None
    if not isinstance(said, dict):
        raise InvalidForm(f"{file}: holds no values; write one JSON object")
    return said
