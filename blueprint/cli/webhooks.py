"""`blueprint webhooks`: who is told of what happens, and how that went."""

from typing import Annotated

import typer
from rich.table import Table

from blueprint.bootstrap import open_service
from blueprint.clearance import PUBLIC
from blueprint.cli.options import ClearanceOption, JsonOption
from blueprint.cli.terminal import out, print_json

webhooks_app = typer.Typer(help="Who is told of what happens.", no_args_is_help=True)
IdArgument = Annotated[str, typer.Argument(help="Its id, as `list` has it.")]
_OFFICE = "office"
"""Whoever has the store at hand."""


@webhooks_app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="https://host/path that messages are posted to.")],
    events: Annotated[
        list[str],
        typer.Option(
            "--event",
            help="finding-stored, conflict-changed, verdict-would-differ or case-would-differ.",
        ),
    ],
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Have an address told of events; the secret that signs them is shown this once."""
    from blueprint.events.webhooks import add_webhook

    with open_service() as service, service.database.write() as connection:
        made = add_webhook(connection, _OFFICE, clearance, url, events)
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        out.print(f"{made.id}\nsecret {made.secret}", markup=False, soft_wrap=True)


@webhooks_app.command("list")
def list_all(as_json: JsonOption = False) -> None:
    """List all webhooks."""
    from blueprint.events.webhooks import list_webhooks

    with open_service() as service, service.database.read() as connection:
        found = list_webhooks(connection)
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    table = Table(title="订阅 · webhooks")
    # an id is copied: it stays whole, and so does an event's name
    for title in ("编号 id", "事件 events"):
        table.add_column(title, no_wrap=True)
    table.add_column("地址 url, 状态 state", overflow="fold")
    for one in found:
        state = f"停用 disabled: {one.disabled_for}" if one.disabled_at else "启用 active"
        table.add_row(one.id, "\n".join(one.events), f"{one.url}\n{state}")
    out.print(table if found else "no webhook")


@webhooks_app.command("remove")
def remove(webhook: IdArgument, as_json: JsonOption = False) -> None:
    """Tell it of nothing any more."""
    from blueprint.events.webhooks import remove_webhook

    with open_service() as service, service.database.write() as connection:
        remove_webhook(connection, webhook)
    if as_json:
        print_json({"removed": webhook})
    else:
        out.print(f"{webhook} removed", markup=False)


@webhooks_app.command("rotate")
def rotate(webhook: IdArgument, as_json: JsonOption = False) -> None:
    """Sign with a new secret; for a day the old one signs as well."""
    from blueprint.events.webhooks import rotate_secret

    with open_service() as service, service.database.write() as connection:
        made = rotate_secret(connection, webhook)
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        out.print(f"{made.id}\nsecret {made.secret}", markup=False, soft_wrap=True)


@webhooks_app.command("enable")
def enable(webhook: IdArgument, as_json: JsonOption = False) -> None:
    """Tell one again that was given up."""
    from blueprint.events.webhooks import enable_webhook

    with open_service() as service, service.database.write() as connection:
        made = enable_webhook(connection, webhook)
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        out.print(f"{webhook} is told again", markup=False)


@webhooks_app.command("deliveries")
def deliveries(
    webhook: IdArgument,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """List what it was told, how often it was tried, and what it answered."""
    from blueprint.events.webhooks import deliveries_of

    with open_service() as service, service.database.read() as connection:
        found = deliveries_of(connection, webhook, limit)
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    table = Table(title="推送记录 · deliveries")
    for title in ("时间 at", "事件 event", "状态 status", "次数 attempts", "答复 answer"):
        table.add_column(title, overflow="fold")
    for one in found:
        answer = one.error or ("" if one.answered is None else str(one.answered))
        table.add_row(
            f"{one.at:%Y-%m-%d %H:%M:%SZ}", one.kind, one.status, str(one.attempts), answer
        )
    out.print(table if found else "nothing was told")
