"""Options that several commands share."""

from datetime import date, datetime
from typing import Annotated, Literal

import typer

Clearance = Literal["public", "internal", "restricted"]
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
ClearanceOption = Annotated[
    Clearance, typer.Option(help="Whose eyes the answer is for: layers above it are withheld.")
]


def day_of(moment: datetime | None) -> date | None:
    """The day that a date option names."""
    return None if moment is None else moment.date()
