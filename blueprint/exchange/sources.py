"""All that the exchange tables of a project are filled from, read within one transaction.

Input: a project, or a case of it. Output: `Sources`: the project with the works below it, its cases
with their items, events and opinions, the documents that are held, the control lines of the newest
snapshot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from blueprint.approvals.held import HeldEntry, Holder, held_of
from blueprint.approvals.kept import current_approvals
from blueprint.approvals.pack import ApprovalsPack
from blueprint.cases.documents import Opinion
from blueprint.cases.files import CaseHead, find_case, list_cases
from blueprint.cases.ledger import Told, ledgers_of
from blueprint.catalogue import Catalogue, City
from blueprint.clearance import Clearance
from blueprint.clock.approvals import limits_from
from blueprint.clock.events import NotedEvent
from blueprint.clock.limits import ItemLimits
from blueprint.clock.store import events_of
from blueprint.errors import NothingPublished
from blueprint.lineage.family import FamilyView, view_family
from blueprint.lineage.kinds import DIVIDING
from blueprint.registry import current_catalogue, hidden_layers, load_snapshot
from blueprint.service import Service


@dataclass(frozen=True, slots=True)
class CaseItem:
    """An approval item of a case, with its events in the order in which they were noted."""

    case: CaseHead
    limits: ItemLimits
    events: list[NotedEvent]


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
    works: list[str]
    cases: list[CaseHead]
    items: list[CaseItem]
    opinions: list[tuple[CaseHead, Told[Opinion]]]
    held: list[HeldEntry]
    control_lines: list[ControlLine]
    snapshot_id: str | None
    approvals: ApprovalsPack
    catalogue: Catalogue
    day: date

    @property
    def city(self) -> City:
        """The city whose tables they are."""
        return self.catalogue.city

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
    approvals = current_approvals(connection)
    asked = view.project.id
    cases = [case] if case is not None else list_cases(connection, asked)[::-1]
    ledgers = ledgers_of(connection, [one.id for one in cases])
    lines, snapshot = _control_lines(service, connection, clearance)
    return Sources(
        view=view,
        works=[asked] if case is not None else [asked, *_parts(view, asked)],
        cases=cases,
        items=[
            item for one in cases for item in _items(connection, one, approvals, catalogue.city)
        ],
        opinions=[
            (one, told) for one in cases if one.id in ledgers for told in ledgers[one.id].opinions
        ],
        held=[
            entry
            for entry in held_of(connection, Holder(project_id=asked))
            if case is None or entry.document.case_id in (None, case.id)
        ],
        control_lines=lines,
        snapshot_id=snapshot,
        approvals=approvals,
        catalogue=catalogue,
        day=catalogue.city.today(),
    )


def _parts(view: FamilyView, project: str) -> Iterator[str]:
    for link in view.family.below(project):
        if link.kind in DIVIDING:
            yield link.child_id
            yield from _parts(view, link.child_id)


def _items(
    connection: sa.Connection, case: CaseHead, approvals: ApprovalsPack, city: City
) -> Iterator[CaseItem]:
    events: dict[str, list[NotedEvent]] = {}
    for event in events_of(connection, case.id):
        events.setdefault(event.item, []).append(event)
    if not events:
        return
    # as they stood when the first event of the case happened, as the clock has them
    first = min(event.at for noted in events.values() for event in noted)
    limits = limits_from(approvals, events, city.day_of(first), case.stage)
    for item, noted in events.items():
        yield CaseItem(case, limits[item], noted)


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
