"""`blueprint verify`: whether a site check still holds, and whether the kept ones are untouched."""

from pathlib import Path
from typing import Annotated, Any

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import PUBLIC
from blueprint.cli.chain_report import chain_document, print_chain
from blueprint.cli.options import ClearanceOption, JsonOption
from blueprint.cli.terminal import out, print_json
from blueprint.errors import PlanningError

DIFFERS = 3
"""The exit code where something differs, or the chain is broken."""


def verify(
    check: Annotated[
        Path | None, typer.Argument(help="Site check, the JSON document.", show_default=False)
    ] = None,
    chain: Annotated[
        bool, typer.Option("--chain", help="Follow the chain of all kept checks.")
    ] = False,
    head: Annotated[
        str | None, typer.Option(help="With --chain: a head noted earlier, which it must have.")
    ] = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Judge a site check anew from what it cites, or see that kept checks are untouched.

    Exits 0 where all is as it was, 3 where something differs, 1 where it cannot be told.
    """
    if chain == (check is not None) or (head is not None and not chain):
        message = "verify: give the JSON document of a check, or --chain, which alone takes --head"
        raise PlanningError(message)
    if check is None:
        document, sound = _chain(head, quiet=as_json)
    else:
        document, sound = _check(check, clearance, quiet=as_json)
    if as_json:
        print_json(document)
    if not sound:
        raise typer.Exit(DIFFERS)


def _check(path: Path, clearance: Any, *, quiet: bool) -> tuple[dict[str, Any], bool]:
    from blueprint.checks.verify import read_check, verify_check
    from blueprint.cli.verify_tables import verification_text

    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        message = f"{path.name}: is not UTF-8; give the document of a site check"
        raise PlanningError(message) from None
    with open_service() as service:
        found = verify_check(service, read_check(text, path.name), clearance)
    if not quiet:
        out.print(verification_text(found))
    return found.model_dump(mode="json"), found.status == "identical"


def _chain(noted: str | None, *, quiet: bool) -> tuple[dict[str, Any], bool]:
    from blueprint.checks.kept import follow_checks

    with open_service() as service, service.database.read() as connection:
        held, before = follow_checks(connection, noted)
    if not quiet:
        print_chain(held, before, "留存链 · the chain of kept checks")
    return chain_document("site_check", held, before, "check_id"), held.broken is None
