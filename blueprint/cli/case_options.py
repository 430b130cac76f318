"""What commands on a case have in common: which case, and who does it."""

from typing import Annotated, Any

import typer

from blueprint.service import Service

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Id, as `case list` has it.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who does it; the user if left out.")]


def who_by(service: Service, by: str | None) -> Any:
    """Who does it, and on which day in the city."""
    from blueprint.cases.files import By, city_day

    with service.database.read() as connection:
        return By(named_by(by), city_day(connection))


def named_by(by: str | None) -> str:
    """Who does it: the user, unless somebody is named."""
    from blueprint.audit_log import actor_name

    return by or actor_name()
