"""`blueprint keys`: by which machines call the API."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from blueprint.access.api_keys import ApiKey, add_key, list_keys, revoke_key
from blueprint.access.caller import Role
from blueprint.bootstrap import open_service
from blueprint.cli.options import JsonOption
from blueprint.cli.terminal import out, print_json

keys_app = typer.Typer(help="Keys by which machines call the API.", no_args_is_help=True)


@keys_app.command("add")
def keys_add(
    name: Annotated[str, typer.Argument(help="What it is for: the system that will call.")],
    role: Annotated[Role, typer.Option(help="Whose work it does.")],
    departments: Annotated[
        list[str] | None,
        typer.Option("--department", help="Of an officer: whose layers are its own."),
    ] = None,
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What it may ask for; all that the role may, if not given."),
    ] = None,
    days: Annotated[int, typer.Option(help="For how long it is good.")] = 90,
    as_json: JsonOption = False,
) -> None:
    """Make a key. Its text is shown once, here: the store keeps a hash of it."""
    with open_service() as service:
        key, text = add_key(
            service, name, role, departments=departments or (), scopes=scopes, days=days
        )
    if as_json:
        print_json({**_document(key), "key": text})
    else:
        out.print(f"key {key.id} for {key.name}, {key.role}, until {key.expires_at:%Y-%m-%d}")
        out.print(text, markup=False, highlight=False, soft_wrap=True)


@keys_app.command("list")
def keys_list(as_json: JsonOption = False) -> None:
    """List the keys, used, ended and revoked ones too; never their texts."""
    from blueprint.cli.access_tables import keys_table

    with open_service() as service, service.database.read() as connection:
        keys = list_keys(connection)
    if as_json:
        print_json([_document(key) for key in keys])
    else:
        out.print(keys_table(keys, datetime.now(UTC)))


@keys_app.command("revoke")
def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="As `keys list` has it.")],
    as_json: JsonOption = False,
) -> None:
    """End a key at once."""
    with open_service() as service:
        key = revoke_key(service, key_id)
    if as_json:
        print_json(_document(key))
    else:
        out.print(f"key {key.id} for {key.name} is revoked", markup=False)


def _document(key: ApiKey) -> dict[str, object]:
    def told(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat()

    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "departments": sorted(key.departments),
        "scopes": sorted(key.scopes),
        "created_at": told(key.created_at),
        "expires_at": told(key.expires_at),
        "revoked_at": told(key.revoked_at),
        "last_used_at": told(key.last_used_at),
        "usable": key.usable_at(datetime.now(UTC)),
    }
