"""Where a project comes from (项目谱系), whether that adds up, and what looks the same."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, PlainText, ServiceDep
from api.problems import problems
from blueprint.cases.facts import Line
from blueprint.cases.files import By, city_day
from blueprint.cases.rights import require_approval, require_project
from blueprint.lineage import (
    Duplicates,
    Lineage,
    LinkNote,
    LinkWish,
    ProjectLink,
    add_link,
    duplicates_of,
    find_link,
    lineage_of,
    sight_of,
    undo_link,
)
from blueprint.lineage.kinds import LinkKind
from blueprint.lineage.links import unknown_link

router = APIRouter(prefix="/projects/{project_id}", tags=["lineage"])
_FOUND = problems(HTTPStatus.NOT_FOUND)
_LINKED: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "It is entered; Location is the lineage that shows it",
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
    **problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
}


class NewProjectLink(BaseModel):
    """What the project comes from, and how."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[LinkKind, Field(examples=["phase"])]
    parent_id: Annotated[Line, Field(examples=["pj_0f1e2d3c4b5a69788796"])]
    scope: Line | None = Field(
        None, description="工程范围: which part of the parent's works it has", examples=["一期厂房"]
    )
    reason: Line | None = Field(None, description="why, or by which document")


class LinkUndoing(BaseModel):
    """Why a link holds no more."""

    model_config = ConfigDict(extra="forbid")
    reason: Line | None = Field(None, examples=["登记错误"])


@router.get("/lineage", responses=_FOUND)
def show_project_lineage(project_id: PlainText, service: ServiceDep, caller: CallerDep) -> Lineage:
    """A project's family, parents first, with who linked it when, and whether the parts add up.

    Projects that the caller may not see are left out, and so is what they alone link (`scope`).
    """
    with service.database.read() as connection:
        return lineage_of(connection, project_id, sight_of(connection, caller))


@router.post("/lineage", status_code=HTTPStatus.CREATED, responses=_LINKED)
def link_project(
    project_id: PlainText,
    wanted: NewProjectLink,
    request: Request,
    response: Response,
    service: ServiceDep,
    caller: CallerDep,
) -> ProjectLink:
    """Enter that the project comes from another one; approval staff do."""
    with service.database.write() as connection:
        require_project(connection, caller, project_id)
        require_approval(caller, f"{project_id}: entering what it comes from")
        wish = LinkWish(child_id=project_id, **wanted.model_dump())
        made = add_link(connection, wish, By(caller.name, city_day(connection)))
    there = request.url_for("show_project_lineage", project_id=project_id)
    response.headers["Location"] = str(there)
    return made


@router.post("/lineage/{link_id}/undoing", status_code=HTTPStatus.CREATED, responses=_LINKED)
def undo_project_link(
    project_id: PlainText,
    link_id: Annotated[int, Field(ge=1, le=2**63 - 1)],
    wanted: LinkUndoing,
    request: Request,
    response: Response,
    service: ServiceDep,
    caller: CallerDep,
) -> ProjectLink:
    """Enter that a link of the project holds no more; it stays to be read. Approval staff do."""
    with service.database.write() as connection:
        require_project(connection, caller, project_id)
        require_approval(caller, f"{project_id}: undoing a link")
        link = find_link(connection, link_id)
        if project_id not in (link.parent_id, link.child_id):
            raise unknown_link(link_id)
        by, note = By(caller.name, city_day(connection)), LinkNote(reason=wanted.reason)
        undone = undo_link(connection, link_id, by, note)
    there = request.url_for("show_project_lineage", project_id=project_id)
    response.headers["Location"] = str(there)
    return undone


@router.get("/duplicates", responses=_FOUND)
def show_project_duplicates(
    project_id: PlainText, service: ServiceDep, caller: CallerDep
) -> Duplicates:
    """What looks like the same project: by code, by name and by overlapping site.

    Among the projects that the caller may see.
    """
    with service.database.read() as connection:
        return duplicates_of(connection, project_id, sight_of(connection, caller))
