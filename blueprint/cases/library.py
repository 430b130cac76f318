"""The project library as it is read: projects with how far they have come, found by what they say.

Input: a caller and what is asked for. Output: `ProjectFile`s that the caller may see. A project
stands where its facts or its cases have brought it, whichever is further; that it is completed or
withdrawn is said by its facts alone (decision 46).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
import sqlalchemy as sa
from pydantic import Field

from blueprint.access.caller import Caller
from blueprint.box import Box
from blueprint.cases.documents import ProjectOverlap
from blueprint.cases.facts import PROJECT_STATES, ProjectState
from blueprint.cases.files import CaseHead, list_cases
from blueprint.cases.models import CaseEntryRow
from blueprint.cases.neighbours import overlapping_projects
from blueprint.cases.projects import Project, list_projects, projects_by_id
from blueprint.cases.rights import require_project, visible_cases, visible_projects
from blueprint.cases.stages import STAGES, Stage
from blueprint.errors import InvalidProject
from blueprint.service import Service
from blueprint.values import Value
from layers.crs import to_lonlat

SCREENED, CONCLUDED = "screening", "outcome"
"""The kinds of the steps of a case that bring its project further."""

_ORDER: tuple[ProjectState, ...] = ("proposed", "screening", "in_progress", "completed")


class ProjectFile(Project):
    """A project with how far it has come, and its cases that the reader may see."""

    stage: Stage
    state: ProjectState
    cases: list[CaseHead]
    overlaps: list[ProjectOverlap] | None = Field(
        default=None, description="other projects on its site; null: not looked for"
    )


class ProjectPage(Value):
    """Projects, the newest first; `matched` counts those of every page."""

    matched: int
    projects: list[ProjectFile]
    more_after: bool


@dataclass(frozen=True, slots=True)
class ProjectsAsked:
    """What is asked for; None: all. `text` is looked for in names, codes, proposers, purposes."""

    text: str | None = None
    stage: Stage | None = None
    state: ProjectState | None = None
    box: Box | None = None
    after: str | None = None
    limit: int = 100


def project_file(
    connection: sa.Connection, caller: Caller, project_id: str, version: int | None = None
) -> ProjectFile:
    """One project that the caller may see.

    Raises:
        UnknownProject: there is none of that id for this caller, or it has no such version.
    """
    project = require_project(connection, caller, project_id, version)
    return _files(connection, caller, [project])[0]


def find_projects(
    connection: sa.Connection, caller: Caller, asked: ProjectsAsked = ProjectsAsked()
) -> ProjectPage:
    """The projects that the caller may see and asks for, the newest first."""
    seen = visible_projects(connection, caller, list_projects(connection))
    files = [
        one
        for one in _files(connection, caller, seen)
        if asked.stage in (None, one.stage)
        and asked.state in (None, one.state)
        and _says(one, asked.text)
        and _lies_in(one, asked.box)
    ]
    ids = [one.id for one in files]
    start = ids.index(asked.after) + 1 if asked.after in ids else 0
    page = files[start : start + asked.limit]
    return ProjectPage(matched=len(files), projects=page, more_after=start + len(page) < len(files))


def with_overlaps(service: Service, caller: Caller, file: ProjectFile) -> ProjectFile:
    """The same with the other projects on its site, those that the caller may see.

    Raises:
        OverlayError: an overlap cannot be computed.
    """
    others = overlapping_projects(service, file)
    with service.database.read() as connection:
        known = projects_by_id(connection, (one.project_id for one in others))
        seen = {one.id for one in visible_projects(connection, caller, list(known.values()))}
    shown = [one for one in others if one.project_id in seen]
    return file.model_copy(update={"overlaps": shown})


def known_stage(text: str | None) -> Stage | None:
    """A stage by its name; None: none is named.

    Raises:
        InvalidProject: there is none of that name.
    """
    if text is None:
        return None
    for stage in STAGES:
        if stage == text:
            return stage
    raise InvalidProject(f"--stage {text}: there are {', '.join(STAGES)}; name one of them")


def known_state(text: str | None) -> ProjectState | None:
    """A state by its name; None: none is named.

    Raises:
        InvalidProject: there is none of that name.
    """
    if text is None:
        return None
    for state in PROJECT_STATES:
        if state == text:
            return state
    raise InvalidProject(f"--state {text}: a project is {', '.join(PROJECT_STATES)}; name one")


def reached(
    project: Project, cases: Iterable[CaseHead], kinds: set[str]
) -> tuple[Stage, ProjectState]:
    """Stage and state of a project with these cases, that have steps of these kinds."""
    stages = [project.facts.stage, *(case.stage for case in cases)]
    stage = max(stages, key=STAGES.index)
    if project.facts.state == "withdrawn":
        return stage, "withdrawn"
    by_cases: ProjectState = "proposed"
    if SCREENED in kinds:
        by_cases = "screening"
    if CONCLUDED in kinds or STAGES.index(stage) > 0:
        by_cases = "in_progress"
    return stage, max(project.facts.state, by_cases, key=_ORDER.index)


def _files(connection: sa.Connection, caller: Caller, projects: list[Project]) -> list[ProjectFile]:
    if not projects:
        return []
    known = list_cases(connection, projects[0].id if len(projects) == 1 else None)
    cases: dict[str, list[CaseHead]] = {}
    for case in known:
        cases.setdefault(case.project_id, []).append(case)
    seen = {case.id for case in visible_cases(connection, caller, known)}
    kinds = _kinds(connection, known)
    return [_file(project, cases.get(project.id, []), kinds, seen) for project in projects]


def _file(
    project: Project, cases: list[CaseHead], kinds: dict[str, set[str]], seen: set[str]
) -> ProjectFile:
    had = {kind for case in cases for kind in kinds.get(case.id, ())}
    stage, state = reached(project, cases, had)
    return ProjectFile.model_validate(
        dict(project)
        | {"stage": stage, "state": state, "cases": [case for case in cases if case.id in seen]}
    )


def _kinds(connection: sa.Connection, cases: list[CaseHead]) -> dict[str, set[str]]:
    row = CaseEntryRow
    query = sa.select(row.case_id, row.kind).distinct().where(row.kind.in_((SCREENED, CONCLUDED)))
    if len(cases) == 1:
        query = query.where(row.case_id == cases[0].id)
    found: dict[str, set[str]] = {}
    for case, kind in connection.execute(query):
        found.setdefault(case, set()).add(kind)
    return found


def _says(one: ProjectFile, text: str | None) -> bool:
    facts = one.facts
    said = (one.id, facts.name, facts.proposer, facts.code, facts.purpose, facts.industry)
    return text is None or any(text.casefold() in (part or "").casefold() for part in said)


def _lies_in(one: ProjectFile, box: Box | None) -> bool:
    site = one.facts.site
    if box is None or site is None:
        return box is None
    shapes = np.array([shapely.geometry.shape(site.geometry)], dtype=object)
    if not box.plane:
        shapes = to_lonlat(shapes, site.crs)
    return bool(shapely.intersects(shapes[0], shapely.box(*box.bounds)))
