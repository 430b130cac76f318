"""Commands about cases: open, screen, ask departments, answer, issue the outcome, list, review."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import RESTRICTED
from blueprint.cli.case_options import ByOption, CaseArgument, named_by, who_by
from blueprint.cli.case_outcome import outcome, verify
from blueprint.cli.options import ClearanceOption, DateOption, JsonOption, day_of
from blueprint.cli.terminal import follow, out, print_json, progress_bar
from blueprint.errors import InvalidOpinion
from blueprint.service import Service

case_app = typer.Typer(
    help="Cases: one application of a project each, from its site to an outcome.",
    no_args_is_help=True,
)

OnOption = Annotated[
    datetime | None,
    typer.Option(
        "--on", formats=["%Y-%m-%d"], help="The day of where it stands; today if left out."
    ),
]


@case_app.command("open")
def open_(
    project_id: Annotated[str, typer.Argument(metavar="PROJECT", help="Id of the project.")],
    stage: Annotated[str, typer.Option(help="For which stage.")] = "generation",
    day: DateOption = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a case of a project."""
    from blueprint.cases.files import open_case
    from blueprint.cases.library import known_stage

    wanted = known_stage(stage)
    assert wanted is not None
    with open_service() as service:
        with service.database.write() as connection:
            made = open_case(connection, project_id, wanted, named_by(by), day_of(day))
        _show(service, made.id, RESTRICTED, None, as_json=as_json)


@case_app.command()
def screen(
    case_id: CaseArgument,
    ask: Annotated[bool, typer.Option("--ask", help="And ask every department at once.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the site of a case on the newest snapshot and freeze what is found."""
    from blueprint.cases.consult import ask_departments
    from blueprint.cases.screen import screen_case
    from blueprint.cli.case_tables import screening_tables

    with open_service() as service:
        who = who_by(service, by)
        screening = screen_case(service, case_id, who)
        asked = ask_departments(service, case_id, who) if ask else None
    if as_json:
        told = None if asked is None else asked.model_dump(mode="json")
        print_json(screening.model_dump(mode="json") | {"asked": told})
    else:
        out.print(screening_tables(screening, asked))


@case_app.command()
def ask(
    case_id: CaseArgument,
    workdays: Annotated[
        int | None, typer.Option(min=1, max=250, help="Working days for a reply.")
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask every department that the newest screening concerns, all at once."""
    from blueprint.cases.consult import ask_departments
    from blueprint.cases.settings import case_settings
    from blueprint.cli.case_tables import asked_text

    with open_service() as service:
        settings = case_settings().with_workdays(workdays)
        asked = ask_departments(service, case_id, who_by(service, by), settings)
    if as_json:
        print_json(asked.model_dump(mode="json"))
    else:
        out.print(asked_text(asked))


@case_app.command()
def answer(
    case_id: CaseArgument,
    department: Annotated[str, typer.Option("--department", help="Id; for which it is.")],
    answer: Annotated[
        str | None,
        typer.Option(help="agree, agree_with_conditions, disagree or not_concerned."),
    ] = None,
    basis: Annotated[
        list[str] | None, typer.Option(help="What it rests on, as a text; may be repeated.")
    ] = None,
    law: Annotated[
        list[str] | None,
        typer.Option(metavar="LAW[:ARTICLE]", help="A law of the rule pack; may be repeated."),
    ] = None,
    prefilled: Annotated[
        bool, typer.Option("--prefilled", help="Rest it on the articles that the request cites.")
    ] = False,
    conditions: Annotated[
        list[str] | None, typer.Option("--condition", help="A condition; may be repeated.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="For approval staff alone.")] = None,
    opinion: Annotated[
        Path | None,
        typer.Option(help="JSON with the whole opinion, as POST /cases/…/opinions takes it."),
    ] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the formal opinion of a department; a later one takes its place."""
    from blueprint.cases.opinions import give_opinion, said_opinion
    from blueprint.cli.case_tables import opinion_text

    said: dict[str, Any] = {} if opinion is None else _json(opinion)
    bases = [{"text": text} for text in basis or []] + [_law(text) for text in law or []]
    options = {
        "answer": answer,
        "basis": bases,
        "prefilled": prefilled,
        "conditions": [{"text": text} for text in conditions or []],
        "note": note,
    }
    said |= {name: given for name, given in options.items() if given}
    with open_service() as service:
        kept = give_opinion(service, case_id, department, said_opinion(said), who_by(service, by))
    if as_json:
        print_json(kept.model_dump(mode="json"))
    else:
        out.print(opinion_text(kept))


@case_app.command()
def attach(
    case_id: CaseArgument,
    check_id: Annotated[str, typer.Argument(metavar="CHECK", help="Id of a kept site check.")],
    note: Annotated[str | None, typer.Option(help="Why; for approval staff alone.")] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Attach a site check that was made elsewhere, beside what the screenings have found."""
    from blueprint.cases.attached import AttachmentSaid, attach_check
    from blueprint.cli.case_tables import attached_table

    with open_service() as service:
        said = AttachmentSaid(check_id=check_id, note=note)
        made = attach_check(service, case_id, said, who_by(service, by), RESTRICTED)
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        out.print(attached_table([made]))


@case_app.command()
def checks(
    case_id: CaseArgument, clearance: ClearanceOption = RESTRICTED, as_json: JsonOption = False
) -> None:
    """List the checks that are attached to a case, as far as the clearance covers them."""
    from blueprint.cases.attached import attached_checks
    from blueprint.cases.files import find_case
    from blueprint.cases.readers import reader_for
    from blueprint.cli.case_tables import attached_table

    with open_service() as service, service.database.read() as connection:
        case = find_case(connection, case_id)
        found = attached_checks(connection, case, reader_for(clearance), clearance)
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
    else:
        out.print(attached_table(found))


case_app.command()(outcome)
case_app.command("verify")(verify)


@case_app.command("list")
def list_(
    project: Annotated[str | None, typer.Option(help="Only of this project.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    department: Annotated[str | None, typer.Option(help="Only those that ask it.")] = None,
    overdue: Annotated[
        bool | None, typer.Option("--overdue/--no-overdue", help="Somebody did not answer in time.")
    ] = None,
    flagged: Annotated[
        bool | None, typer.Option("--flagged/--no-flagged", help="A newer snapshot differs.")
    ] = None,
    on: OnOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List cases with where they stand; of a department, what is asked of it and due when."""
    from blueprint.cases.standing import known_case_state
    from blueprint.cases.worklist import CasesAsked, find_cases
    from blueprint.cli.case_tables import cases_table

    asked = CasesAsked(
        project_id=project,
        state=known_case_state(state),
        department=department,
        overdue=overdue,
        flagged=flagged,
        limit=limit,
    )
    with open_service() as service:
        day = day_of(on) or who_by(service, None).day
        with service.database.read() as connection:
            page = find_cases(connection, _operator(department), asked, day)
    if as_json:
        print_json(page.model_dump(mode="json"))
    else:
        out.print(cases_table(page))


@case_app.command()
def show(
    case_id: CaseArgument,
    on: OnOption = None,
    clearance: ClearanceOption = RESTRICTED,
    findings: Annotated[
        bool, typer.Option("--findings", help="What was found, as it was frozen.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a case: where it stands, who is asked, what was answered; or what was found."""
    from blueprint.cases.files import find_case
    from blueprint.cases.readers import reader_for
    from blueprint.cases.shown import case_findings
    from blueprint.cli.case_tables import findings_tables

    with open_service() as service:
        if not findings:
            _show(service, case_id, clearance, day_of(on), as_json=as_json)
            return
        day = day_of(on) or who_by(service, None).day
        with service.database.read() as connection:
            case = find_case(connection, case_id)
            found = case_findings(connection, case, reader_for(clearance), day)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(findings_tables(found))


@case_app.command()
def review(
    flag: Annotated[bool, typer.Option("--flag", help="Flag those whose verdict differs.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the cases that the newest snapshot would tell something else, and what."""
    from blueprint.cases.review import review_cases
    from blueprint.cli.case_tables import review_tables

    with open_service() as service, progress_bar(quiet=as_json) as bar:
        who = who_by(service, by) if flag else None
        found = review_cases(service, who, follow(bar, "案卷 cases"))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(review_tables(found))


def _show(
    service: Service, case_id: str, clearance: Any, day: date | None, *, as_json: bool
) -> None:
    from blueprint.cases.files import city_day, find_case
    from blueprint.cases.readers import reader_for
    from blueprint.cases.shown import case_file, case_opinions
    from blueprint.cli.case_tables import case_tables

    with service.database.read() as connection:
        case, reader = find_case(connection, case_id), reader_for(clearance)
        file = case_file(connection, case, reader, day or city_day(connection))
        opinions = case_opinions(connection, case, reader)
    if as_json:
        told = [one.model_dump(mode="json") for one in opinions]
        print_json(file.model_dump(mode="json") | {"opinions": told})
    else:
        out.print(case_tables(file, opinions))


def _operator(department: str | None) -> Any:
    """Whoever works on the store itself, or a department that it shows its own list to."""
    from blueprint.access.caller import MAY, Caller

    if department is not None:
        own = frozenset({department})
        return Caller("operator", "officer", own, scopes=MAY["officer"])
    return Caller("operator", "administrator", scopes=MAY["administrator"])


def _law(text: str) -> dict[str, str]:
    law, sign, article = text.partition(":")
    return {"law": law, "article": article} if sign else {"law": law}


def _json(file: Path) -> dict[str, Any]:
    try:
        said = json.loads(file.read_text("utf-8"))
    except ValueError as problem:
        raise InvalidOpinion(f"{file}: is no JSON ({problem}); mend it") from None
    if not isinstance(said, dict):
        raise InvalidOpinion(f"{file}: holds no opinion; write one JSON object")
    return said
