"""The command that gives out files: layers, rows set aside, deliveries as they came."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import PUBLIC
from blueprint.cli.options import AsOfOption, ClearanceOption, JsonOption, day_of
from blueprint.cli.terminal import out, print_json

_Format = Literal["gpkg", "geojson", "geojsonseq", "fgb", "parquet", "shp", "csv", "txt"]


def export(
    layer: Annotated[
        str | None, typer.Argument(help="Layer id; none with --source or --delivery.")
    ] = None,
    out_file: Annotated[
        Path, typer.Option("--out", help="File to write: its ending names the format.")
    ] = ...,  # type: ignore[assignment] # typer's word for an option that must be given
    format_: Annotated[
        _Format | None, typer.Option("--format", help="Format; that of the ending if not given.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Version; the newest if not given.")] = None,
    snapshot: Annotated[str | None, typer.Option(help="The version that it pins.")] = None,
    as_of: AsOfOption = None,
    crs: Annotated[
        str | None, typer.Option(help="CRS; the city's, degrees in GeoJSON, a zone in TXT.")
    ] = None,
    precision: Annotated[
        float | None, typer.Option(help="Of TXT, metres: 0.0001 keeps all; 0.001 rounds.")
    ] = None,
    encoding: Annotated[
        Literal["utf-8", "gbk"] | None, typer.Option(help="Of TXT; utf-8 if not given.")
    ] = None,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="The rows set aside, as delivered.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(help="A delivered file as it came, by its SHA-256.")
    ] = None,
    delivery: Annotated[
        int | None, typer.Option(help="The same, by the number of its delivery.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite the file.")] = False,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Write a layer, the rows set aside, or a delivered file; say what the format cannot hold."""
    from blueprint.exports.choice import Wanted
    from blueprint.exports.delivered import export_quarantined, export_source
    from blueprint.exports.layer import Form, export_layer

    if sum(given is not None for given in (layer, source, delivery)) != 1:
        message = "name one of: a layer, --source, --delivery"
        raise typer.BadParameter(message)
    if sum(given is not None for given in (version, snapshot, as_of)) > 1:
        message = "name one of: --version, --snapshot, --as-of"
        raise typer.BadParameter(message)
    form = Form(format_, crs, precision, encoding)
    if (layer is None and form != Form()) or (quarantined and form != Form(format_)):
        message = "what was delivered comes as it is: leave out what changes it"
        raise typer.BadParameter(message)
    with open_service() as service:
        if layer is None:
            done = export_source(
                service,
                out_file,
                digest=source,
                number=delivery,
                clearance=clearance,
                replace=replace,
            )
        else:
            wanted = Wanted(layer, version, snapshot, day_of(as_of), clearance)
            done = (
                export_quarantined(service, wanted, out_file, format_, replace=replace)
                if quarantined
                else export_layer(service, wanted, out_file, form, replace=replace)
            )
    if as_json:
        print_json(done.document())
        return
    if done.layer is None:
        out.print(f"{done.format} written to {done.path}", markup=False)
        return
    rows = "quarantined rows" if quarantined else "features"
    where = f" in {done.crs}" if done.crs and not quarantined else ""
    out.print(
        f"{done.features} {rows} of {done.layer} version {done.version} "
        f"written to {done.path}{where}",
        markup=False,
    )
    for loss in done.losses:
        out.print(f"note: {loss}", markup=False)
