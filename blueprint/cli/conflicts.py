"""The command that searches a snapshot for conflicts."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import PUBLIC
from blueprint.cli.options import (
    AsOfOption,
    ClearanceOption,
    DateOption,
    JsonOption,
    SnapshotOption,
    day_of,
)
from blueprint.cli.terminal import follow, out, print_json, progress_bar
from blueprint.errors import PlanningError
from blueprint.service import Service

if TYPE_CHECKING:
    from blueprint.conflicts.search import Workers


def conflicts(
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="File to write: .gpkg, .xlsx, or .pdf, a page for each."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a workbook or an atlas that is there.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes to work with; threads of this one if not given."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="tcp://HOST:PORT", help="A Dask cluster to work with instead."),
    ] = None,
    shared: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            resolve_path=True,
            help="A folder that the cluster's workers reach under the same path.",
        ),
    ] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Use nothing of an earlier search.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(metavar="SNAPSHOT", help="Tell what has changed since this snapshot."),
    ] = None,
    day: DateOption = None,
    snapshot: SnapshotOption = None,
    as_of: AsOfOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Find where the plans of a snapshot fight."""
    from blueprint.cli.conflict_tables import difference_tables
    from blueprint.cli.tables import conflicts_tables
    from blueprint.conflicts.against import changes_since, earlier_run
    from blueprint.conflicts.search import find_conflicts
    from blueprint.exports.conflicts import refuse_place, write_export

    with open_service() as service, progress_bar(quiet=as_json) as progress:
        if out_file is not None:
            service.refuse_own_file(out_file)
            refuse_place(out_file, replace=replace)
        search = partial(
            find_conflicts,
            service,
            day=day_of(day),
            clearance=clearance,
            workers=_workers(service, workers, scheduler, shared),
            afresh=afresh,
            progress=follow(progress, "冲突 conflicts"),
        )
        then = None
        if against is not None:
            then = earlier_run(service, against, clearance, lambda name: search(snapshot_id=name))
        found = search(snapshot_id=snapshot, as_of=day_of(as_of))
        change = None if then is None else changes_since(service, then, found, clearance)
        if out_file is not None:
            write_export(service, found, out_file, clearance, day_of(day), change)
    if as_json:
        document = found.document if change is None else change
        print_json(document.model_dump(mode="json"))
        return
    out.print(conflicts_tables(found.head) if change is None else difference_tables(change))
    if out_file is not None:
        out.print(f"{len(found)} conflicts written to {out_file}", markup=False)


def _workers(
    service: Service, count: int | None, scheduler: str | None, shared: Path | None
) -> "Workers":
    from blueprint.conflicts.search import Workers
    from conflict import Cluster, Processes, Serial, Threads

    if scheduler is None:
        if count is None:
            return Workers(Threads(), shared)
        return Workers(Serial() if count == 1 else Processes(count), shared)
    if count is not None:
        message = "--workers and --scheduler: the cluster has its own workers; give one of the two"
        raise PlanningError(message)
    if shared is None and not service.database.is_postgis:
        message = (
            "--scheduler: workers cannot read an embedded store; give --shared FOLDER, which they "
            "reach under the same path, or keep the blueprint in PostGIS"
        )
        raise PlanningError(message)
    return Workers(Cluster(scheduler), shared, by_store=shared is None)
