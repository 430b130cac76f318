"""Commands on project codes: explain one, and see that codes are written as codes are."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from blueprint.cli.options import DateOption, JsonOption, day_of
from blueprint.cli.terminal import REFUSED, out, print_json, say_error
from blueprint.codes import check_digit_from, explain_code, parse_code

codes_app = typer.Typer(
    help="Project codes (项目代码), which the central platform alone issues.", no_args_is_help=True
)


@codes_app.command()
def explain(
    code: Annotated[str, typer.Argument(help="As it was issued, with or without hyphens.")],
    day: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what each part of a code means, and how sure that is."""
    from blueprint.codes.tables import code_table

    found = explain_code(code, day_of(day) or _today(), check_digit_from())
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(code_table(found))


@codes_app.command()
def check(
    codes: Annotated[
        list[str] | None,
        typer.Argument(help="Codes; those of the store's projects if none is given."),
    ] = None,
    day: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """See that codes are written as codes are; the first one that is not is named, exit code 1."""
    today, proof = day_of(day) or _today(), check_digit_from()
    if codes:
        sound = [str(parse_code(code, today, proof)) for code in codes]
        if as_json:
            print_json(sound)
        else:
            out.print("\n".join(sound), markup=False, highlight=False)
        return
    _check_library(today, as_json=as_json)


def _check_library(today: date, *, as_json: bool) -> None:
    from blueprint.bootstrap import open_service
    from blueprint.cases.projects import list_projects

    with open_service() as service, service.database.read() as connection:
        projects = list_projects(connection)
    proof = check_digit_from()
    without = [one.id for one in projects if one.facts.code is None]
    wrong = {
        one.id: found
        for one in projects
        if one.facts.code is not None
        and not (found := explain_code(one.facts.code, today, proof)).is_well_formed
    }
    if as_json:
        problems = {name: found.model_dump(mode="json") for name, found in wrong.items()}
        print_json({"projects": len(projects), "without_code": without, "wrong": problems})
    else:
        for name, found in wrong.items():
            say_error(f"{name} {found.given}: {'; '.join(p.en for p in found.problems)}")
        out.print(f"{len(projects)} projects, {len(without)} without a code, {len(wrong)} wrong")
    if wrong:
        raise typer.Exit(REFUSED)


def _today() -> date:
    # a code says a month: the clock of this machine is near enough
    return datetime.now(UTC).astimezone().date()
