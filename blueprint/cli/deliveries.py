"""Commands about deliveries: files in, reports out, and what was handed in so far.

A refused delivery is kept and explained; the command that brought it exits 1.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import RESTRICTED
from blueprint.cli.options import ClearanceOption, JsonOption, day_of
from blueprint.cli.terminal import REFUSED, out, print_json, progress_bar, say_error
from layers.sandbox import sandbox

if TYPE_CHECKING:
    from blueprint.deliveries.report import IngestReport

ReportOption = Annotated[
    Path | None, typer.Option("--report", help="Write the report as a page, HTML.")
]


def ingest(
    layer: Annotated[str, typer.Argument(help="Layer id, as in the catalogue.")],
    file: Annotated[Path, typer.Argument(help="The delivered file, or FileGDB folder.")],
    crs: Annotated[str | None, typer.Option(help="CRS, where the file is silent or wrong.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Character set of the attributes.")] = None,
    source_layer: Annotated[str | None, typer.Option(help="Layer within the file.")] = None,
    effective: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="In effect since; today.")
    ] = None,
    report_file: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a delivered file and store it as the layer's next version."""
    sandbox.start()
    from blueprint.cli.tables import ingest_table
    from blueprint.deliveries.ingest import ingest_layer
    from blueprint.deliveries.manifest import Request

    _check_page(report_file)
    request = Request(layer, file, source_layer, crs, encoding)
    with open_service() as service:
        report = ingest_layer(service, request, day_of(effective))
    _write_page(report, report_file)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        table = ingest_table([report])
        if table is not None and report.read:
            out.print(table)
        if report.read:
            out.print(_summary(report), markup=False)
    if report.status == "refused":
        _say_refused(report)
        raise typer.Exit(REFUSED)


def ingest_all(
    manifest: Annotated[Path, typer.Argument(help="YAML list of deliveries.")],
    as_json: JsonOption = False,
) -> None:
    """Ingest every delivery that a manifest lists, each in a transaction of its own.

    A refused delivery does not hold up the next one.
    """
    sandbox.start()
    from blueprint.cli.tables import ingest_table
    from blueprint.deliveries import ingest as flow
    from blueprint.deliveries.manifest import read_manifest

    requests = read_manifest(manifest)
    with open_service() as service, progress_bar(quiet=as_json) as progress:
        ingested = flow.ingest_all(service, requests)
        reports = list(progress.track(ingested, len(requests), description="入库 ingest"))
    refused = [report for report in reports if report.status == "refused"]
    if as_json:
        print_json([report.model_dump(mode="json") for report in reports])
    else:
        table = ingest_table(reports)
        if table is not None:
            out.print(table)
        taken = [report for report in reports if report.status == "taken"]
        out.print(f"{len(taken)} layers, {sum(report.kept for report in taken)} features")
    for report in refused:
        _say_refused(report)
    if refused:
        raise typer.Exit(REFUSED)


def deliveries(
    layer: Annotated[str | None, typer.Option(help="Of this layer alone.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Refused ones alone.")] = False,
    clearance: ClearanceOption = RESTRICTED,
    as_json: JsonOption = False,
) -> None:
    """List what was handed in, taken or refused, the newest first."""
    from blueprint.cli.delivery_tables import deliveries_table, delivery_line
    from blueprint.deliveries.kept import list_deliveries

    with open_service() as service, service.database.read() as connection:
        found = list_deliveries(connection, layer=layer, refused_only=refused, clearance=clearance)
    if as_json:
        print_json([delivery_line(record) for record in found])
    else:
        out.print(deliveries_table(found) if found else "no delivery")


def delivery(
    number: Annotated[int, typer.Argument(help="Its number, as `deliveries` lists it.")],
    report_file: ReportOption = None,
    issues: Annotated[bool, typer.Option("--issues", help="All issues, row by row.")] = False,
    clearance: ClearanceOption = RESTRICTED,
    as_json: JsonOption = False,
) -> None:
    """Show the report on one delivery; `export --delivery` gives the file itself back."""
    from blueprint.cli.delivery_tables import delivery_tables
    from blueprint.deliveries.kept import all_issues, find_delivery

    _check_page(report_file)
    with open_service() as service, service.database.read() as connection:
        report = find_delivery(connection, number, clearance)
        every = all_issues(connection, number) if issues else []
    _write_page(report, report_file)
    if issues:
        report = report.model_copy(update={"issues": tuple(every)})
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        out.print(delivery_tables(report, issues=issues))


def _check_page(path: Path | None) -> None:
    if path is not None:
        from blueprint.report.ingest_page import refuse_page_path

        refuse_page_path(path)


def _write_page(report: "IngestReport", path: Path | None) -> None:
    if path is None:
        return
    from blueprint.report.ingest_page import write_ingest_page

    write_ingest_page(report, path)


def _summary(report: "IngestReport") -> str:
    from blueprint.deliveries.gates import MEASURES

    counts = (
        f"{report.kept} of {report.read} features kept, {report.repaired} repaired, "
        f"{report.quarantined} quarantined, {report.flagged} flagged"
    )
    made = "no version" if report.version is None else f"version {report.version}"
    if report.size_change_share is not None:
        zh, en, _ = MEASURES[report.geometry]
        counts += f"; 总{zh} total {en} {report.size_change_share:+.2%}"
    if report.approximate:
        counts += f"; 近似换算 approximate, from {report.approximate}"
    return f"{report.layer} {made}: {counts}"


def _say_refused(report: "IngestReport") -> None:
    """One line a delivery: what is wrong with it, and where it is kept."""
    what = "; ".join(reason.both() for reason in report.reasons)
    if report.read:
        what = f"{report.layer}: {report.file} is refused: {what}"
    say_error(f"{what} (kept as delivery {report.delivery})")
