"""Options that several commands share."""

from datetime import date, datetime
from typing import Annotated

import typer

from blueprint.clearance import Clearance, parse_clearance

JsonOption = Annotated[bool, typer.Option("--json", help="Answer as one JSON document.")]
DateOption = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Application date; today if not given."),
]
SnapshotOption = Annotated[
    str | None, typer.Option(help="Snapshot id; the newest if not given.", show_default=False)
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], help="The snapshot in force at the end of this day."
    ),
]


def _clearance(text: str) -> Clearance:
    try:
        return parse_clearance(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


ClearanceOption = Annotated[
    Clearance,
    typer.Option(
        parser=_clearance,
        metavar="[public|internal|restricted][+DEPARTMENT,…]",
        help="Whose eyes the answer is for: layers above it, but for those of the departments, "
        "are withheld.",
    ),
]


def day_of(moment: datetime | None) -> date | None:
    """The day that a date option names."""
    return None if moment is None else moment.date()
