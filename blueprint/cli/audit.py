"""`blueprint audit`: who asked, changed or saw what, and whether the log is untouched."""

from dataclasses import asdict
from typing import Annotated

import typer

from blueprint.bootstrap import open_service
from blueprint.cli.chain_report import chain_document, print_chain
from blueprint.cli.options import JsonOption
from blueprint.cli.terminal import out, print_json

audit_app = typer.Typer(help="Who asked, changed or saw what.", no_args_is_help=True)
DIFFERS = 3


@audit_app.command("verify")
def audit_verify(
    head: Annotated[
        str | None, typer.Option(help="A head noted earlier, which the log must have.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """See that no entry was altered, deleted or moved: exits 0 if so, 3 if not."""
    from blueprint.audit_log import follow_audit

    with open_service() as service, service.database.read() as connection:
        held, before = follow_audit(connection, head)
    if as_json:
        print_json(chain_document("audit", held, before, "entry"))
    else:
        print_chain(held, before, "审计日志 · the audit log")
    if held.broken is not None:
        raise typer.Exit(DIFFERS)


@audit_app.command("list")
def audit_list(
    actor: Annotated[str | None, typer.Option(help="Of those whose name begins so.")] = None,
    action: Annotated[str | None, typer.Option(help="Actions that begin so.")] = None,
    object_: Annotated[str | None, typer.Option("--object", help="Objects that begin so.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """List the newest entries, the newest first."""
    from blueprint.audit_log import list_entries
    from blueprint.cli.access_tables import audit_table

    with open_service() as service, service.database.read() as connection:
        found = list_entries(connection, actor=actor, action=action, object_=object_, limit=limit)
    if as_json:
        print_json([{**asdict(entry), "at": entry.at.isoformat()} for entry in found])
    else:
        out.print(audit_table(found))
