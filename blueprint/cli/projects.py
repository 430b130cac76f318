"""Commands about the project library: take a project in, revise it, find it, show it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from blueprint.bootstrap import open_service
from blueprint.cli.options import JsonOption
from blueprint.cli.terminal import out, print_json
from blueprint.errors import InvalidProject
from blueprint.service import Service

project_app = typer.Typer(
    help="The project library: what is proposed where, by whom.", no_args_is_help=True
)

IdArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="Id, as `project list` has it.")]
FactsOption = Annotated[
    Path | None, typer.Option("--facts", help="JSON with the project's facts; options go before.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FACT=VALUE",
        help="One fact, such as name=…, proposer=…, code=…, investment_wan=1800, state=withdrawn, "
        "figures.height_m=24, figures.answers.discharges_pollutants=no; may be repeated.",
    ),
]
SiteOption = Annotated[
    Path | None,
    typer.Option("--site", help="The site: TXT, GeoJSON, zipped shapefile, GeoPackage, DXF, KML."),
]
CrsOption = Annotated[str | None, typer.Option(help="CRS, where the file is silent or wrong.")]
LayerOption = Annotated[str | None, typer.Option("--source-layer", help="Layer within the file.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who says so; the user if left out.")]


@project_app.command()
def add(
    facts: FactsOption = None,
    said: SetOption = None,
    site: SiteOption = None,
    crs: CrsOption = None,
    source_layer: LayerOption = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a project in; whoever proposes it owns it."""
    from blueprint.cases.projects import add_project

    who = _who(by)
    with _opened(site) as service:
        proposal = _proposal(_said({}, facts, said), site, crs, source_layer)
        made = proposal.facts(_city(service))
        with service.database.write() as connection:
            project_id = add_project(connection, made, who).id
        _show(service, project_id, as_json=as_json)


@project_app.command()
def revise(
    project_id: IdArgument,
    facts: FactsOption = None,
    said: SetOption = None,
    site: SiteOption = None,
    crs: CrsOption = None,
    source_layer: LayerOption = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say some of a project's facts anew, or draw its site anew; the rest stays as it was."""
    from blueprint.cases.projects import find_project, revise_project

    with _opened(site) as service:
        with service.database.read() as connection:
            before = find_project(connection, project_id)
        kept = before.facts.model_dump(mode="json", exclude={"site"})
        proposal = _proposal(_said(kept, facts, said), site, crs, source_layer)
        made = proposal.facts(_city(service), before.facts.site)
        with service.database.write() as connection:
            revise_project(connection, project_id, made, _who(by))
        _show(service, project_id, as_json=as_json)


@project_app.command("list")
def list_(
    text: Annotated[
        str | None, typer.Option(help="Looked for in names, codes, proposers, purposes.")
    ] = None,
    stage: Annotated[str | None, typer.Option(help="Only at this stage.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state.")] = None,
    bbox: Annotated[
        str | None, typer.Option(help="minx,miny,maxx,maxy in degrees: only sites that meet it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List projects, the newest first."""
    from blueprint.cases.library import ProjectsAsked, find_projects, known_stage, known_state
    from blueprint.cli.project_tables import projects_table

    asked = ProjectsAsked(
        text=text,
        stage=known_stage(stage),
        state=known_state(state),
        box=_box(bbox),
        limit=limit,
    )
    with open_service() as service, service.database.read() as connection:
        page = find_projects(connection, _operator(), asked)
    if as_json:
        print_json(page.model_dump(mode="json"))
    else:
        out.print(projects_table(page))


@project_app.command()
def show(
    project_id: IdArgument,
    version: Annotated[int | None, typer.Option(min=1, help="As it was at this version.")] = None,
    versions: Annotated[bool, typer.Option("--versions", help="All that was said.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a project, its cases, and the others on its site."""
    from blueprint.cases.projects import versions_of
    from blueprint.cli.project_tables import versions_table

    with open_service() as service:
        if not versions:
            _show(service, project_id, version, as_json=as_json)
            return
        with service.database.read() as connection:
            said = versions_of(connection, project_id)
    if as_json:
        print_json([one.model_dump(mode="json") for one in said])
    else:
        out.print(versions_table(said))


def _opened(site: Path | None) -> Service:
    """The store; whatever reads files is started before it is opened."""
    if site is not None:
        from layers.sandbox import sandbox

        sandbox.start()
    service = open_service()
    if site is not None:
        service.refuse_own_file(site)
    return service


def _show(service: Service, project_id: str, version: int | None = None, *, as_json: bool) -> None:
    from blueprint.cases.library import project_file, with_overlaps
    from blueprint.cli.project_tables import project_tables

    with service.database.read() as connection:
        file = project_file(connection, _operator(), project_id, version)
    file = with_overlaps(service, _operator(), file)
    if as_json:
        print_json(file.model_dump(mode="json"))
    else:
        out.print(project_tables(file))


def _proposal(said: object, site: Path | None, crs: str | None, source_layer: str | None) -> Any:
    from blueprint.cases.intake import Proposal, said_facts
    from blueprint.checks.handed_site import HandedSite

    handed = None if site is None else HandedSite.of_file(site.read_bytes(), site.name)
    return Proposal(said_facts(said), handed, crs, source_layer)


def _said(kept: Mapping[str, Any], file: Path | None, pairs: list[str] | None) -> dict[str, Any]:
    """Facts: what is kept, with what a file says, with what options say.

    Raises:
        InvalidProject: the file is no JSON object, or an option is no FACT=VALUE.
    """
    facts = dict(kept)
    if file is not None:
        try:
            told = json.loads(file.read_text("utf-8"))
        except ValueError as problem:
            raise InvalidProject(f"{file}: is no JSON ({problem}); mend it") from None
        if not isinstance(told, dict):
            raise InvalidProject(f"{file}: holds no facts; write one JSON object")
        facts |= told
    for pair in pairs or []:
        name, sign, value = pair.partition("=")
        if not sign:
            raise InvalidProject(f"--set {pair}: write FACT=VALUE")
        *way, last = name.split(".")
        place = facts
        for step in way:
            inner = place.get(step)
            place[step] = dict(inner) if isinstance(inner, dict) else {}
            place = place[step]
        place[last] = value or None
    return facts


def _box(text: str | None) -> Any:
    from blueprint.box import Box

    if text is None:
        return None
    try:
        minx, miny, maxx, maxy = map(float, text.split(","))
    except ValueError:
        message = f"--bbox {text}: write four numbers, minx,miny,maxx,maxy"
        raise InvalidProject(message) from None
    return Box((minx, miny, maxx, maxy))


def _city(service: Service) -> Any:
    from blueprint.registry import current_catalogue

    with service.database.read() as connection:
        return current_catalogue(connection)[1].city


def _who(by: str | None) -> str:
    from blueprint.audit_log import actor_name

    return by or actor_name()


def _operator() -> Any:
    """Whoever works on the store itself: it holds nothing that they could not read."""
    from blueprint.access.caller import MAY, Caller

    return Caller("operator", "administrator", scopes=MAY["administrator"])
