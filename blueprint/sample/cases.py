"""Projects of a sample city: read from a file, taken in and carried through their cases.

Input: a YAML file of projects by slug, each with its facts, its site and its cases, each case with
the steps that were taken and the events of its approval items, and how projects come from each
other; a day is a date, or a number of days before the day on which the sample is loaded. Output:
`LoadedProjects`, the ids by slug and by key. Every step is taken by the same verb as on the command
line and over HTTP.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import shapely
from pydantic import Field
from shapely import affinity

from blueprint.cases.consult import ask_departments
from blueprint.cases.documents import OpinionSaid
from blueprint.cases.facts import SaidFacts
from blueprint.cases.files import By, open_case
from blueprint.cases.intake import Proposal, said_facts
from blueprint.cases.opinions import give_opinion
from blueprint.cases.outcome import issue_outcome
from blueprint.cases.projects import add_project, find_project, revise_project
from blueprint.cases.screen import screen_case
from blueprint.cases.settings import CaseSettings
from blueprint.cases.stages import Stage
from blueprint.catalogue import City
from blueprint.checks.handed_site import HandedSite
from blueprint.clock.events import event_of
from blueprint.clock.law_file import clock_law
from blueprint.clock.store import add_events
from blueprint.errors import InvalidProject
from blueprint.lineage.kinds import LinkKind
from blueprint.lineage.links import LinkWish, add_link
from blueprint.progress import Progress, Step
from blueprint.registry import current_catalogue
from blueprint.service import Service
from blueprint.values import Slug, Value, load_yaml

Day = date | Annotated[int, Field(le=0, ge=-3_660)]
"""A date, or days before the day of loading: -3 is three days before."""


class SamplePlot(Value):
    """A plot by its centre in the city's CRS, its sides and its turn; or by its corners."""

    centre: tuple[float, float] | None = None
    width_m: Annotated[float, Field(gt=0)] = 100.0
    depth_m: Annotated[float, Field(gt=0)] = 80.0
    turned_deg: float = 0.0
    corners: list[tuple[float, float]] = Field(default_factory=list)

    def drawn(self, city: City) -> HandedSite:
        """The plot as somebody would hand it in."""
        if self.corners:
            shape = shapely.Polygon(self.corners)
        else:
            x, y = self.centre or (0.0, 0.0)
            half = (self.width_m / 2, self.depth_m / 2)
            box = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
            shape = affinity.rotate(box, self.turned_deg)
        crs = {"type": "name", "properties": {"name": city.crs}}
        document = {**json.loads(shapely.to_geojson(shape)), "crs": crs}
        return HandedSite(json.dumps(document).encode(), ".geojson")


class SampleStep(Value):
    """One step of a case; what belongs to its verb is there."""

    day: Day
    do: Literal["screen", "ask", "answer", "outcome", "revise"]
    by: str = "sample"
    holds_days: int | None = Field(default=None, ge=1, description="of screen")
    workdays: int | None = Field(default=None, ge=1, description="of ask")
    department: Slug | None = Field(default=None, description="of answer")
    opinion: OpinionSaid | None = Field(default=None, description="of answer")
    facts: dict[str, Any] = Field(default_factory=dict, description="of revise")
    site: SamplePlot | None = Field(default=None, description="of revise")


class SampleEvent(Value):
    """An event of an approval item, noted as it happened; `status` by its Chinese name.

    `notice` is the number of a written notice of the same day.
    """

    day: Day
    at: Annotated[str, Field(pattern=r"^\d\d:\d\d$")] = "10:00"
    status: str
    special: str | None = None
    ground: Slug | None = None
    notice: str | None = None
    days: int | None = None


class SampleLink(Value):
    """That one project comes from another; both by their slugs."""

    kind: LinkKind
    parent: Slug
    child: Slug
    scope: str | None = None


class SampleCase(Value):
    """One case; `key` names it within its project, events are by approval item."""

    key: Slug
    stage: Stage = "generation"
    application_date: Day
    steps: list[SampleStep] = Field(default_factory=list)
    events: dict[Slug, list[SampleEvent]] = Field(default_factory=dict)


class SampleProject(Value):
    """One project; `owner` is who proposes it, the proposer unless another is named."""

    owner: str | None = None
    facts: SaidFacts
    site: SamplePlot | None = None
    cases: list[SampleCase] = Field(default_factory=list)


class SampleProjects(Value):
    """The whole file."""

    projects: dict[Slug, SampleProject]
    links: list[SampleLink] = Field(default_factory=list)


@dataclass(slots=True)
class LoadedProjects:
    """What was taken in: projects by slug, cases by slug and key."""

    projects: dict[str, str] = field(default_factory=dict)
    cases: dict[tuple[str, str], str] = field(default_factory=dict)


def read_sample(path: Path) -> SampleProjects:
    """A sample's file.

    Raises:
        InvalidProject: it is missing or malformed; the text names the place.
    """
    return load_yaml(path, SampleProjects, InvalidProject)


def load_sample(
    service: Service,
    sample: SampleProjects,
    day: date | None = None,
    progress: Progress = lambda _step: None,
) -> LoadedProjects:
    """Take the projects in and carry their cases through their steps; `day` is today's else.

    Raises:
        PlanningError: a step cannot be taken.
    """
    with service.database.read() as connection:
        city = current_catalogue(connection)[1].city
    loaded, today = LoadedProjects(), day or city.today()
    for done, (slug, project) in enumerate(sample.projects.items()):
        progress(Step(slug, done, len(sample.projects)))
        _load(service, city, today, slug, project, loaded)
    for link in sample.links:
        ends = {"parent_id": loaded.projects[link.parent], "child_id": loaded.projects[link.child]}
        wish = LinkWish(kind=link.kind, scope=link.scope, **ends)
        with service.database.write() as connection:
            add_link(connection, wish, By("sample", today))
    return loaded


def day_on(day: Day, today: date) -> date:
    """The day that a sample names."""
    return today + timedelta(days=day) if isinstance(day, int) else day


def _load(
    service: Service,
    city: City,
    today: date,
    slug: str,
    project: SampleProject,
    loaded: LoadedProjects,
) -> None:
    site = None if project.site is None else project.site.drawn(city)
    facts = Proposal(project.facts, site, city.crs).facts(city)
    owner = project.owner or project.facts.proposer
    with service.database.write() as connection:
        project_id = add_project(connection, facts, owner).id
    loaded.projects[slug] = project_id
    for case in project.cases:
        with service.database.write() as connection:
            day = day_on(case.application_date, today)
            case_id = open_case(connection, project_id, case.stage, owner, day).id
        loaded.cases[slug, case.key] = case_id
        for step in case.steps:
            _take(service, city, project_id, case_id, step, By(step.by, day_on(step.day, today)))
        _note(service, city, case_id, case.events, today)


def _note(
    service: Service,
    city: City,
    case_id: str,
    events: Mapping[str, Sequence[SampleEvent]],
    today: date,
) -> None:
    law = clock_law()
    for item, log in events.items():
        for one in log:
            day = day_on(one.day, today)
            said = one.model_dump(exclude={"day", "notice"}, exclude_none=True)
            said |= {"item": item, "at": f"{day} {one.at}"}
            if one.notice is not None:
                said["notice"] = {"day": str(day), "number": one.notice}
            event = event_of(said, ZoneInfo(city.timezone))
            with service.database.write() as connection:
                add_events(connection, case_id, [event], law, "sample", event.at)


def _take(
    service: Service, city: City, project_id: str, case_id: str, step: SampleStep, by: By
) -> None:
    usual = CaseSettings()
    match step.do:
        case "screen":
            days = step.holds_days or usual.finding_days
            screen_case(service, case_id, by, CaseSettings(finding_days=days))
        case "ask":
            ask_departments(service, case_id, by, usual.with_workdays(step.workdays))
        case "answer":
            if step.department is None or step.opinion is None:
                message = f"{case_id}: a step answers for nobody; name department and opinion"
                raise InvalidProject(message)
            give_opinion(service, case_id, step.department, step.opinion, by)
        case "outcome":
            issue_outcome(service, case_id, by)
        case "revise":
            _revise(service, city, project_id, step, by)


def _revise(service: Service, city: City, project_id: str, step: SampleStep, by: By) -> None:
    with service.database.read() as connection:
        before = find_project(connection, project_id)
    kept = before.facts.model_dump(mode="json", exclude={"site"})
    site = None if step.site is None else step.site.drawn(city)
    said = Proposal(said_facts(kept | step.facts), site, city.crs)
    with service.database.write() as connection:
        facts = said.facts(city, before.facts.site)
        revise_project(connection, project_id, facts, by.who)
