"""Projects (项目库): taking them in, revising, finding them, and opening cases of them."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, Day, PlainText, ServiceDep
from api.handed_project import REQUEST_BODY, project_handed_in
from api.problems import problems
from api.wanted import BboxCrsQuery, BboxQuery, crs_of, parse_bbox
from blueprint.access.caller import Caller
from blueprint.cases.facts import ProjectState
from blueprint.cases.files import CaseHead, open_case
from blueprint.cases.intake import Proposal, require_sayable
from blueprint.cases.library import (
    ProjectFile,
    ProjectPage,
    ProjectsAsked,
    find_projects,
    project_file,
    with_overlaps,
)
from blueprint.cases.projects import Project, add_project, revise_project, versions_of
from blueprint.cases.rights import require_named, require_own_project, require_project
from blueprint.cases.stages import Stage
from blueprint.registry import current_catalogue
from blueprint.service import Service

router = APIRouter(prefix="/projects", tags=["projects"])
_MOST = 1_000
_LOCATED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "It is kept; Location is where it stays",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}
_TAKEN: dict[int | str, dict[str, Any]] = {
    **_LOCATED,
    **problems(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
}
_BODY: dict[str, Any] = {"requestBody": REQUEST_BODY}


class ProjectVersions(BaseModel):
    """All that was said of a project, oldest first."""

    versions: list[Project]


class NewCase(BaseModel):
    """What a project applies for."""

    model_config = ConfigDict(extra="forbid")
    stage: Annotated[Stage, Field(examples=["generation"])] = "generation"
    application_date: Day | None = Field(
        None, description="YYYY-MM-DD, whose law it is judged by; today if not given"
    )


@router.get("", responses=problems())
def list_projects(
    service: ServiceDep,
    caller: CallerDep,
    q: Annotated[
        PlainText | None, Query(description="looked for in names, codes, proposers, purposes")
    ] = None,
    stage: Stage | None = None,
    state: ProjectState | None = None,
    bbox: BboxQuery = None,
    bbox_crs: BboxCrsQuery = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    after: Annotated[PlainText | None, Query(description="those after this project id")] = None,
) -> ProjectPage:
    """The projects that the caller may see, the newest first."""
    with service.database.read() as connection:
        city = current_catalogue(connection)[1].city
        box = parse_bbox(bbox, crs_of(bbox_crs, city.crs, "bbox-crs"), city.crs)
        asked = ProjectsAsked(q, stage, state, box, after, limit)
        return find_projects(connection, caller, asked)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    openapi_extra=_BODY,
    responses=_TAKEN,
)
async def make_project(
    request: Request, response: Response, service: ServiceDep, caller: CallerDep
) -> ProjectFile:
    """Propose a project: its facts, and its site as GeoJSON or as a file; the caller owns it."""
    proposal, _ = await project_handed_in(request)
    made = await run_in_threadpool(_add, service, caller, proposal)
    response.headers["Location"] = str(request.url_for("show_project", project_id=made.id))
    return made


@router.get("/{project_id}", responses=problems(HTTPStatus.NOT_FOUND))
def show_project(
    project_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> ProjectFile:
    """One project, as it is said to be, or was at a version."""
    with service.database.read() as connection:
        file = project_file(connection, caller, project_id, version)
    return with_overlaps(service, caller, file)


@router.get("/{project_id}/versions", responses=problems(HTTPStatus.NOT_FOUND))
def list_project_versions(
    project_id: PlainText, service: ServiceDep, caller: CallerDep
) -> ProjectVersions:
    """All that was said of a project, oldest first."""
    with service.database.read() as connection:
        require_project(connection, caller, project_id)
        return ProjectVersions(versions=versions_of(connection, project_id))


@router.post(
    "/{project_id}/versions",
    status_code=HTTPStatus.CREATED,
    openapi_extra=_BODY,
    responses=_TAKEN,
)
async def make_project_version(
    project_id: PlainText,
    request: Request,
    response: Response,
    service: ServiceDep,
    caller: CallerDep,
) -> ProjectFile:
    """Say a project's facts anew; what was said before stays readable, and so does its site."""
    proposal, based_on = await project_handed_in(request)
    made = await run_in_threadpool(_revise, service, caller, project_id, proposal, based_on)
    response.headers["Location"] = str(request.url_for("show_project", project_id=made.id))
    return made


@router.post(
    "/{project_id}/cases",
    status_code=HTTPStatus.CREATED,
    responses={**_LOCATED, **problems(HTTPStatus.NOT_FOUND)},
)
def make_case(
    project_id: PlainText,
    wanted: NewCase,
    request: Request,
    response: Response,
    service: ServiceDep,
    caller: CallerDep,
) -> CaseHead:
    """Open a case of a project: one application for one stage."""
    with service.database.write() as connection:
        require_own_project(connection, caller, project_id)
        day = wanted.application_date
        made = open_case(connection, project_id, wanted.stage, caller.name, day)
    response.headers["Location"] = str(request.url_for("show_case", case_id=made.id))
    return made


def _add(service: Service, caller: Caller, proposal: Proposal) -> ProjectFile:
    require_named(caller)
    require_sayable(caller, proposal.said)
    with service.database.read() as connection:
        city = current_catalogue(connection)[1].city
    facts = proposal.facts(city)
    with service.database.write() as connection:
        made = add_project(connection, facts, caller.name)
        file = project_file(connection, caller, made.id)
    return with_overlaps(service, caller, file)


def _revise(
    service: Service, caller: Caller, project_id: str, proposal: Proposal, based_on: int | None
) -> ProjectFile:
    with service.database.read() as connection:
        before = require_own_project(connection, caller, project_id)
        city = current_catalogue(connection)[1].city
    require_sayable(caller, proposal.said, before.facts.state)
    facts = proposal.facts(city, before.facts.site)
    with service.database.write() as connection:
        revise_project(connection, project_id, facts, caller.name, based_on)
        file = project_file(connection, caller, project_id)
    return with_overlaps(service, caller, file)
