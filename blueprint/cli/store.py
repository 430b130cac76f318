"""Commands about the store itself and its history: upgrade, copy, diff."""

from pathlib import Path
from typing import Annotated

import typer

from blueprint.bootstrap import open_service, upgrade_store
from blueprint.clearance import PUBLIC
from blueprint.cli.options import ClearanceOption, JsonOption
from blueprint.cli.terminal import out, print_json, progress_bar


def upgrade(as_json: JsonOption = False) -> None:
    """Bring an older store's tables up to date; nothing that it answers changes."""
    done = upgrade_store()
    changed = done.before != done.after
    if as_json:
        document = {"store": done.store, "before": done.before, "revision": done.after}
        print_json(document | {"changed": changed})
    elif changed:
        out.print(f"store {done.store} upgraded from revision {done.before} to {done.after}")
    else:
        out.print(f"store {done.store} is of revision {done.after}, the newest: nothing to do")


def copy(
    source: Annotated[str, typer.Argument(help="Store to copy: a path or a postgresql URL.")],
    target: Annotated[str, typer.Argument(help="New store, of either kind.")],
    as_json: JsonOption = False,
) -> None:
    """Copy a whole store into an empty one, of the same or of the other kind."""
    from blueprint.copy import copy_store

    with progress_bar(quiet=as_json) as progress:
        task = progress.add_task("复制 copy", total=None)
        done = copy_store(
            source,
            target,
            lambda count, total: progress.update(task, completed=count, total=total),
        )
    if as_json:
        print_json({"source": done.source, "target": done.target, "rows": dict(done.rows)})
        return
    out.print(
        f"{done.source} copied to {done.target}: {done.rows['layer_version']} layer versions, "
        f"{done.rows['feature']} features, {done.rows['snapshot']} snapshots, all verified",
        markup=False,
    )


def diff(
    layer: Annotated[str, typer.Argument(help="Layer id, as in the catalogue.")],
    before: Annotated[int, typer.Argument(metavar="V1", help="Version to start from.", min=1)],
    after: Annotated[int, typer.Argument(metavar="V2", help="Version to come to.", min=1)],
    out_file: Annotated[Path | None, typer.Option("--out", help="GeoPackage to write.")] = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Show what changed between two versions of a layer."""
    from blueprint.cli.diff_output import LAYERS, diff_tables, write_diff
    from blueprint.diff import diff_layer
    from blueprint.exports.shapes import refuse_to_replace

    with open_service() as service:
        if out_file is not None:
            service.refuse_own_file(out_file)
            refuse_to_replace(out_file, "changes", LAYERS)
        found = diff_layer(service, layer, before, after, clearance)
    if out_file is not None:
        write_diff(found, out_file)
    if as_json:
        print_json(found.document.model_dump(mode="json"))
        return
    out.print(diff_tables(found.document))
    if out_file is not None:
        out.print(f"written {out_file}", markup=False)
