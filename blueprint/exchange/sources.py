"""All that the exchange tables of a project are filled from, read within one transaction.

Input: a project, or a case of it. Output: `Sources`: the project with the works below it, its cases
with items and events, what departments answered, the control lines of the newest snapshot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from blueprint.cases.files import CaseHead, find_case, list_cases
from blueprint.catalogue import City
from blueprint.clearance import Clearance
from blueprint.errors import NothingPublished
from blueprint.lineage.family import FamilyView, view_family
from blueprint.lineage.kinds import DIVIDING
from blueprint.registry import current_catalogue, hidden_layers, load_snapshot
from blueprint.service import Service


@dataclass(frozen=True, slots=True)
class ControlLine:
    """A layer with a control total (控制线), as the newest snapshot pins it."""

    layer: str
    name: str
    version: int
    effective: date


@dataclass(frozen=True, slots=True)
class Sources:
    """What the tables are filled from; `works` are the project and what it was divided into."""

    view: FamilyView
    case: CaseHead | None
    works: list[str]
    cases: list[CaseHead]
    control_lines: list[ControlLine]
    snapshot_id: str | None
    city: City
    day: date

    def local(self, moment: datetime) -> datetime:
        """A moment by the city's clock, without a zone, as the tables have it."""
        return moment.astimezone(ZoneInfo(self.city.timezone)).replace(tzinfo=None, microsecond=0)


def gather(
    service: Service,
    connection: sa.Connection,
    project_id: str | None,
    case_id: str | None,
    clearance: Clearance,
) -> Sources:
    """Read what is known of a project, or of one case of it; layers above `clearance` are left out.

    Raises:
        UnknownProject, UnknownCase: there is none of that id.
        NothingPublished: no catalogue is loaded: the city is not known.
    """
    case = None if case_id is None else find_case(connection, case_id)
    view = view_family(connection, (project_id or "") if case is None else case.project_id)
    _, catalogue = current_catalogue(connection)
    asked = view.project.id
    works = [asked] if case is not None else [asked, *_parts(view, asked)]
    cases = [case] if case is not None else list_cases(connection, asked)[::-1]
    lines, snapshot = _control_lines(service, connection, clearance)
    city = catalogue.city
    return Sources(view, case, works, cases, lines, snapshot, city, city.today())


def _parts(view: FamilyView, project: str) -> Iterator[str]:
    for link in view.family.below(project):
        if link.kind in DIVIDING:
            yield link.child_id
            yield from _parts(view, link.child_id)


def _control_lines(
    service: Service, connection: sa.Connection, clearance: Clearance
) -> tuple[list[ControlLine], str | None]:
    try:
        snapshot = load_snapshot(connection)
    except NothingPublished:
        return [], None
    shown = snapshot.pins.keys() - hidden_layers(connection, snapshot, clearance)
    wanted = {
        layer.id: snapshot.pins[layer.id]
        for layer in snapshot.catalogue.layers()
        if layer.control_total is not None and layer.id in shown
    }
    versions = service.layers.pinned(connection, wanted)
    lines = [
        ControlLine(name, snapshot.catalogue.by_id[name].name.zh, found.version, found.effective)
        for name, found in versions.items()
    ]
    return lines, snapshot.ref.id
