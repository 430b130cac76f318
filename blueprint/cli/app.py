"""The command line: each command one verb of the domain, with `--json` and an honest exit code.

Exit codes: 0 done; 1 the request is wrong or cannot be met (one line on stderr says why);
2 the command line itself is wrong; 3 what was to be verified differs; 70 a fault of ours. `check`
exits 0 whatever the verdict: the answer is the product.
"""

from pathlib import Path
from typing import Annotated

import typer

from blueprint.bootstrap import DEFAULT_CRS, init_store, open_service
from blueprint.catalogue import load_catalogue
from blueprint.clearance import PUBLIC
from blueprint.cli.applicant import applicant_app
from blueprint.cli.approvals import approvals_app, form, materials
from blueprint.cli.audit import audit_app
from blueprint.cli.calendar import calendar_app
from blueprint.cli.cases import case_app
from blueprint.cli.clock import clock_app
from blueprint.cli.codes import codes_app
from blueprint.cli.conflict import conflict_app
from blueprint.cli.conflicts import conflicts
from blueprint.cli.deliveries import deliveries, delivery, ingest, ingest_all
from blueprint.cli.exchange import exchange
from blueprint.cli.export import export
from blueprint.cli.keys import keys_app
from blueprint.cli.lineage import lineage_app
from blueprint.cli.options import (
    AsOfOption,
    ClearanceOption,
    DateOption,
    JsonOption,
    SnapshotOption,
    day_of,
)
from blueprint.cli.projects import project_app
from blueprint.cli.rules import rules_app
from blueprint.cli.serve import serve
from blueprint.cli.sites import affected, impact, report
from blueprint.cli.store import copy, diff, upgrade
from blueprint.cli.supervise import supervise
from blueprint.cli.terminal import out, print_json, run
from blueprint.cli.verify import verify
from blueprint.cli.webhooks import webhooks_app
from blueprint.cli.work import work
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from layers.sandbox import sandbox

app = typer.Typer(
    help="One blueprint of a city: where its plans fight, and what it says about a site. "
    "The store is BLUEPRINT_STORE, a path or a postgresql URL; blueprint.gpkg if unset.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
catalogue_app = typer.Typer(help="The tree of themes, sub-themes and layers.", no_args_is_help=True)
app.add_typer(catalogue_app, name="catalogue")
app.add_typer(rules_app, name="rules")
app.add_typer(conflict_app, name="conflict")
app.add_typer(project_app, name="project")
app.add_typer(case_app, name="case")
app.add_typer(approvals_app, name="approvals")
app.add_typer(applicant_app, name="applicant")
app.add_typer(keys_app, name="keys")
app.add_typer(audit_app, name="audit")
app.add_typer(webhooks_app, name="webhooks")
app.add_typer(codes_app, name="code")
app.add_typer(lineage_app, name="lineage")
app.add_typer(calendar_app, name="calendar")
app.add_typer(clock_app, name="clock")
app.command()(ingest)
app.command("ingest-all")(ingest_all)
app.command()(deliveries)
app.command()(delivery)
app.command()(export)
app.command()(exchange)
app.command()(diff)
app.command()(conflicts)
app.command()(affected)
app.command()(impact)
app.command()(report)
app.command()(materials)
app.command()(form)
app.command()(supervise)
app.command()(verify)
app.command()(upgrade)
app.command()(copy)
app.command()(serve)
app.command()(work)


def main() -> None:
    """Run the command line."""
    run(app)


@app.command()
def init(
    crs: Annotated[str, typer.Option(help="Working CRS: a CGCS2000 zone.")] = DEFAULT_CRS,
    as_json: JsonOption = False,
) -> None:
    """Make the store, or bring an older one up to date."""
    with init_store(crs=crs) as service:
        name = service.database.name
    if as_json:
        print_json({"store": name, "crs": crs})
    else:
        out.print(f"store {name} is ready, working in {crs}", markup=False)


@catalogue_app.command("load")
def catalogue_load(
    file: Annotated[Path, typer.Argument(help="Catalogue, YAML as docs/catalogue.md describes.")],
    as_json: JsonOption = False,
) -> None:
    """Check a catalogue and make it the current one."""
    from blueprint.cli.tables import catalogue_table
    from blueprint.snapshots import load_into_store

    catalogue = load_catalogue(file)
    with open_service() as service:
        load_into_store(service, catalogue)
    if as_json:
        print_json({"city": catalogue.city.id, "layers": len(catalogue.by_id)})
    else:
        out.print(catalogue_table(catalogue))


@catalogue_app.command("show")
def catalogue_show(
    snapshot: SnapshotOption = None, as_of: AsOfOption = None, as_json: JsonOption = False
) -> None:
    """Show the current catalogue, or that of a snapshot, and which layers have data."""
    from blueprint.cli.tables import catalogue_table, layers_table
    from blueprint.registry import current_catalogue, load_snapshot

    with open_service() as service, service.database.read() as connection:
        if snapshot is None and as_of is None:
            _, catalogue = current_catalogue(connection)
            versions = service.layers.versions(connection)
        else:
            pinned = load_snapshot(connection, snapshot, day_of(as_of))
            catalogue = pinned.catalogue
            versions = service.layers.pinned(connection, pinned.pins)
    if as_json:
        document = catalogue.model_dump(mode="json")
        numbers = {name: version.version for name, version in versions.items()}
        print_json(document | {"versions": numbers})
    else:
        out.print(layers_table(catalogue, versions), catalogue_table(catalogue))


@app.command()
def publish(
    rules: Annotated[Path, typer.Option(help="Rule pack, YAML.")] = SHIPPED_PACK,
    as_json: JsonOption = False,
) -> None:
    """Pin the newest version of every layer and the rules as a new snapshot."""
    from blueprint.snapshots import publish as publish_snapshot

    pack = load_rule_pack(rules)
    with open_service() as service:
        ref, missing = publish_snapshot(service, pack)
    if as_json:
        print_json({**ref.model_dump(mode="json"), "layers_without_data": list(missing)})
        return
    out.print(f"snapshot {ref.id} published with rules {pack.id} {pack.version}")
    if missing:
        asked = sorted(pack.layers & set(missing))
        what = f", among them {len(asked)} that rules ask for: {', '.join(asked)}" if asked else ""
        out.print(f"[magenta]{len(missing)} layers have no data{what}[/]")


@app.command()
def snapshots(as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """List the snapshots; with a day, those there were on it: the first was in force."""
    from blueprint.cli.tables import snapshots_table
    from blueprint.registry import list_snapshots

    with open_service() as service, service.database.read() as connection:
        listed = list_snapshots(connection, day_of(as_of))
    if as_json:
        print_json([{**ref.model_dump(mode="json"), "layers": count} for ref, count in listed])
    else:
        out.print(snapshots_table(listed))


@app.command()
def check(
    site: Annotated[
        Path,
        typer.Argument(help="The site: TXT, GeoJSON, shapefile (or zipped), GeoPackage, DXF, KML."),
    ],
    crs: Annotated[str | None, typer.Option(help="CRS, where the file is silent or wrong.")] = None,
    source_layer: Annotated[str | None, typer.Option(help="Layer within the file.")] = None,
    day: DateOption = None,
    snapshot: SnapshotOption = None,
    as_of: AsOfOption = None,
    clearance: ClearanceOption = PUBLIC,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answer", help="QUESTION=yes or no; `rules show` tells what is asked."),
    ] = None,
    project_code: Annotated[
        str | None, typer.Option(help="The project's own code, so that it meets no other.")
    ] = None,
    height: Annotated[
        float | None, typer.Option(help="Building height, m.", show_default=False)
    ] = None,
    ground: Annotated[
        float | None, typer.Option(help="Ground elevation, m.", show_default=False)
    ] = None,
    far: Annotated[float | None, typer.Option(help="Floor area ratio.", show_default=False)] = None,
    density: Annotated[
        float | None, typer.Option(help="Building density, 0 to 1.", show_default=False)
    ] = None,
    green: Annotated[
        float | None, typer.Option(help="Green ratio, 0 to 1.", show_default=False)
    ] = None,
    setback: Annotated[float | None, typer.Option(help="Setback, m.", show_default=False)] = None,
    use: Annotated[str | None, typer.Option(help="Use, as the plan writes it.")] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Say what trim or move would clear the site.")
    ] = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Folder for JSON, GeoJSON and map.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check what the blueprint says about a site."""
    sandbox.start()
    from blueprint.checks.check import check_site, city_of
    from blueprint.checks.figures import figures_from_options
    from blueprint.checks.site import read_site
    from blueprint.cli.tables import check_tables

    written: list[Path] = []
    project = figures_from_options(
        answers or [],
        {
            "code": project_code,
            "height_m": height,
            "ground_m": ground,
            "floor_area_ratio": far,
            "building_density": density,
            "green_ratio": green,
            "setback_m": setback,
            "use": use,
        },
    )
    with open_service() as service:
        service.refuse_own_file(site)
        past = day_of(as_of)
        drawn = read_site(site, city_of(service, snapshot, past), crs, source_layer)
        checked = check_site(
            service,
            drawn,
            day=day_of(day),
            snapshot_id=snapshot,
            as_of=past,
            clearance=clearance,
            project=project,
            suggest=suggest,
        )
        if out_dir is not None:
            from blueprint.exports.dossier import write_dossier

            written = write_dossier(service, checked, out_dir, site.stem)
    if as_json:
        print_json(checked.document.model_dump(mode="json"))
        return
    out.print(check_tables(checked.document))
    for path in written:
        out.print(f"written {path}", markup=False)


@app.command()
def demo(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path("demo"),
    as_json: JsonOption = False,
) -> None:
    """Load the sample city, find its conflicts, check its five sites."""
    from blueprint.cli.demo import run_demo, show, summary

    done = run_demo(out_dir, quiet=as_json)
    if as_json:
        print_json(summary(done))
    else:
        show(done)


if __name__ == "__main__":
    main()
