"""The main job on the sample city, from an empty folder to verdicts, by the public verbs."""

import shlex
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from rich.progress import Progress

from blueprint.access.caller import Caller
from blueprint.bootstrap import init_store, open_service
from blueprint.cases.files import city_day
from blueprint.cases.worklist import CasePage, CasesAsked, find_cases
from blueprint.catalogue import Catalogue, City, load_catalogue
from blueprint.checks.check import check_site
from blueprint.checks.site import read_site
from blueprint.clearance import RESTRICTED
from blueprint.cli.case_tables import cases_table
from blueprint.cli.tables import conflicts_tables, ingest_table, verdicts_table
from blueprint.cli.terminal import follow, out, progress_bar
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.search import find_conflicts
from blueprint.deliveries.ingest import ingest_all
from blueprint.deliveries.manifest import read_manifest
from blueprint.deliveries.report import IngestReport
from blueprint.documents import SiteCheck
from blueprint.errors import NothingPublished, PlanningError
from blueprint.exports.dossier import write_dossier
from blueprint.exports.shapes import write_conflicts
from blueprint.models import AuditRow
from blueprint.registry import audit, current_catalogue, list_snapshots
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from blueprint.sample.applicants import load_applicants, read_applicants
from blueprint.sample.cases import LoadedProjects, load_sample, read_sample
from blueprint.service import Service
from blueprint.shared_documents import SnapshotRef
from blueprint.snapshots import load_into_store, publish

SAMPLE = Path(__file__).parents[2] / "sample_data"
AGE = timedelta(days=28)
"""How long ago the sample city's layers came into effect."""
_SITE_SUFFIXES = {".txt", ".geojson", ".shp", ".zip", ".gpkg", ".dxf"}


def sample_sites() -> list[Path]:
    """The sample sites' files, by name."""
    return sorted(p for p in (SAMPLE / "sites").iterdir() if p.suffix in _SITE_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo came to, in the order in which it was done."""

    folder: Path
    store: Path
    city: City
    reports: list[IngestReport]
    snapshot: SnapshotRef
    found: FoundConflicts
    checks: list[SiteCheck]
    loaded: LoadedProjects
    cases: CasePage


def run_demo(folder: Path, *, quiet: bool = False) -> Demo:
    """Write the store, the conflicts and each site's dossier to `folder`.

    Raises:
        PlanningError: the sample city is not there; only a checkout of the project has it.
    """
    if not SAMPLE.is_dir():
        message = f"{SAMPLE}: no sample city; run the demo in a checkout of the project"
        raise PlanningError(message)
    folder.mkdir(parents=True, exist_ok=True)
    store = folder / "blueprint.gpkg"
    catalogue = load_catalogue(SAMPLE / "catalogue.yaml")
    _clear_away(store, catalogue)
    with (
        init_store(str(store), catalogue.city.crs) as service,
        progress_bar(quiet=quiet) as progress,
    ):
        load_into_store(service, catalogue)
        reports = _load(service, progress, catalogue)
        snapshot, _ = publish(service, load_rule_pack(SHIPPED_PACK))
        found = _search(service, progress)
        write_conflicts(found, folder / "conflicts.gpkg")
        checks = _check(service, progress, catalogue.city, folder)
        loaded = load_sample(
            service, read_sample(SAMPLE / "projects.yaml"), None, follow(progress, "项目 projects")
        )
        load_applicants(service, read_applicants(SAMPLE / "applicants.yaml"), loaded.projects)
        page = _cases(service)
        with service.database.write() as connection:
            audit(connection, "demo", "store", f"{len(loaded.projects)} projects")
    return Demo(folder, store, catalogue.city, reports, snapshot, found, checks, loaded, page)


def summary(demo: Demo) -> dict[str, object]:
    """The demo in short, as JSON takes it."""
    return {
        "store": str(demo.store),
        "snapshot": demo.snapshot.id,
        "layers": len(demo.reports),
        "features": sum(report.kept for report in demo.reports),
        "conflicts": len(demo.found),
        "projects": len(demo.loaded.projects),
        "cases": len(demo.loaded.cases),
        "verdicts": {check.site.name: check.verdict for check in demo.checks},
    }


def show(demo: Demo) -> None:
    """Print the tables and what to run next."""
    table = ingest_table(demo.reports)
    if table is not None:
        out.print(table)
    out.print(conflicts_tables(demo.found.head), verdicts_table(demo.checks))
    out.print("\n[bold]等部门答复的案卷 · cases that wait for departments[/]")
    out.print(cases_table(demo.cases))
    if demo.city.notice:
        out.print(f"[italic]{demo.city.notice.zh} · {demo.city.notice.en}[/]")
    out.print(_next_steps(demo.folder, demo.store, demo.snapshot.id))


def _clear_away(store: Path, catalogue: Catalogue) -> None:
    """Remove what an earlier demo left, and nothing else.

    Raises:
        PlanningError: the store there has another city, or was worked with since.
    """
    if not store.exists():
        return
    with open_service(str(store)) as service, service.database.read() as connection:
        published = len(list_snapshots(connection))
        try:
            city = current_catalogue(connection)[1].city.id
        except NothingPublished:  # a demo that was interrupted at its start
            city = catalogue.city.id
        added = _added_since(connection)
    if published > 1 or city != catalogue.city.id or added:
        message = f"{store}: was worked with since the demo; move it away or name another --out"
        raise PlanningError(message)
    for name in (store.name, f"{store.name}-wal", f"{store.name}-shm"):
        (store.parent / name).unlink(missing_ok=True)


def _added_since(connection: sa.Connection) -> bool:
    """Whether anything was said of a project or a case since a demo was at its end."""
    row = AuditRow
    ended = connection.scalar(sa.select(sa.func.max(row.id)).where(row.action == "demo"))
    if ended is None:
        return False
    later = sa.select(row.id).where(
        row.id > ended, sa.or_(row.action.startswith("project "), row.action.startswith("case "))
    )
    return connection.scalar(later.limit(1)) is not None


def _load(service: Service, progress: Progress, catalogue: Catalogue) -> list[IngestReport]:
    requests = read_manifest(SAMPLE / "deliveries.yaml")
    # so old that cases of the last weeks are judged by it, and fresh enough for some more
    ingested = ingest_all(service, requests, catalogue.city.today() - AGE)
    return list(progress.track(ingested, len(requests), description="入库 loading the city"))


def _search(service: Service, progress: Progress) -> FoundConflicts:
    # for everybody's eyes: whoever sees less is shown less of it
    progressed = follow(progress, "冲突 conflicts")
    return find_conflicts(service, clearance=RESTRICTED, progress=progressed)


def _check(service: Service, progress: Progress, city: City, folder: Path) -> list[SiteCheck]:
    checks = []
    for path in progress.track(sample_sites(), description="预检 checking sites"):
        checked = check_site(service, read_site(path, city))
        write_dossier(service, checked, folder, path.stem)
        checks.append(checked.document)
    return checks


def _cases(service: Service) -> CasePage:
    caller = Caller("demo", "administrator")
    with service.database.read() as connection:
        return find_cases(connection, caller, CasesAsked(state="asked"), city_day(connection))


def _next_steps(folder: Path, store: Path, snapshot: str) -> str:
    where = shlex.quote(str(store.resolve()))
    return (
        f"\n[bold]{folder}/[/] holds the store (QGIS opens it), conflicts.gpkg and, for each site, "
        f"a JSON, a GeoJSON and a map; snapshot {snapshot}.\n"
        "What to run next:\n"
        f"  export BLUEPRINT_STORE={where}\n"
        "  .venv/bin/blueprint check sample_data/sites/farmland_sliver.shp\n"
        "  .venv/bin/blueprint catalogue show\n"
        "  .venv/bin/blueprint project list\n"
        "  .venv/bin/blueprint case list --overdue\n"
        "  .venv/bin/blueprint serve        # then open http://127.0.0.1:8000\n"
    )
