"""Applicants (一企一档): what is known of them, and the documents that are held already."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, Day, PlainText, ServiceDep
from api.problems import problems
from blueprint.approvals.held import (
    HeldEntry,
    Holder,
    held_of,
    hold_document,
    read_held,
    withdraw_document,
)
from blueprint.approvals.kept import current_approvals
from blueprint.approvals.profiles import (
    ApplicantProfile,
    ProfileVersion,
    find_profile,
    profile_versions,
    save_profile,
)
from blueprint.approvals.whose import require_file, require_holding
from blueprint.cases.rights import require_project

router = APIRouter(prefix="/applicants", tags=["applicants"])
_KNOWN = problems(HTTPStatus.NOT_FOUND)
_MADE = problems(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_PROFILE: dict[str, Any] = {
    "name": "示例置业有限公司",
    "credit_code": "91350200M0000LUC97",
    "address": "示例路 1 号",
    "contact_role": "前期部",
}
_LICENCE: dict[str, Any] = {
    "kind": "business_licence",
    "source": "licence",
    "number": "91350200M0000LUC97",
    "issued_on": "2020-01-01",
}


class HeldWanted(BaseModel):
    """A document that is held: of the applicant at large, or of one of its projects."""

    model_config = ConfigDict(extra="forbid")

    kind: PlainText = Field(description="of the approvals pack")
    source: Literal["licence", "case", "desk"]
    number: PlainText | None = None
    issued_by: PlainText | None = None
    issued_on: Day | None = None
    valid_until: Day | None = None
    project_id: PlainText | None = Field(None, description="of this project alone")
    case_id: PlainText | None = Field(None, description="handed in with it, or come out of it")
    sha256: PlainText | None = Field(None, description="of its file")
    note: PlainText | None = None


class Withdrawal(BaseModel):
    """Why a document that was entered counts no more."""

    model_config = ConfigDict(extra="forbid")
    note: PlainText


class HeldList(BaseModel):
    """What is held and was not withdrawn, oldest first."""

    documents: list[HeldEntry]


class ProfileVersions(BaseModel):
    """All that was said of an applicant, oldest first."""

    versions: list[ProfileVersion]


@router.get("/{applicant_id}/profile", responses=_KNOWN)
def show_applicant(
    applicant_id: PlainText, service: ServiceDep, caller: CallerDep
) -> ProfileVersion:
    """What is known of an applicant; `me` is the caller."""
    whose = require_file(caller, applicant_id)
    with service.database.read() as connection:
        return find_profile(connection, whose)


@router.get("/{applicant_id}/profile/versions", responses=_KNOWN)
def list_applicant_versions(
    applicant_id: PlainText, service: ServiceDep, caller: CallerDep
) -> ProfileVersions:
    """All that was said of an applicant, oldest first."""
    whose = require_file(caller, applicant_id)
    with service.database.read() as connection:
        return ProfileVersions(versions=profile_versions(connection, whose))


@router.put(
    "/{applicant_id}/profile",
    responses=_KNOWN,
    openapi_extra={
        "requestBody": {"content": {"application/json": {"example": _PROFILE}}, "required": True}
    },
)
def say_applicant(
    applicant_id: PlainText, profile: ApplicantProfile, service: ServiceDep, caller: CallerDep
) -> ProfileVersion:
    """Say what an applicant is; what was said before stays readable."""
    whose = require_file(caller, applicant_id)
    with service.database.write() as connection:
        return save_profile(connection, whose, profile, caller.name)


@router.get("/{applicant_id}/documents", responses=_KNOWN)
def list_applicant_documents(
    applicant_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    project: Annotated[PlainText | None, Query(description="and those of this project")] = None,
) -> HeldList:
    """The documents that are held of an applicant: electronic licences, and what was handed in."""
    whose = require_file(caller, applicant_id)
    with service.database.read() as connection:
        if project is not None:
            require_project(connection, caller, project)
        return HeldList(documents=held_of(connection, Holder(whose, project)))


@router.post(
    "/{applicant_id}/documents",
    status_code=HTTPStatus.CREATED,
    responses=_MADE,
    openapi_extra={
        "requestBody": {"content": {"application/json": {"example": _LICENCE}}, "required": True}
    },
)
def hold_applicant_document(
    applicant_id: PlainText, wanted: HeldWanted, service: ServiceDep, caller: CallerDep
) -> HeldEntry:
    """Enter that a document is held, so that it is not asked for again; by approval staff."""
    whose = require_holding(caller, applicant_id)
    document = read_held(wanted.model_dump(exclude={"project_id"}))
    project = wanted.project_id
    holder = Holder(applicant=whose) if project is None else Holder(project_id=project)
    with service.database.write() as connection:
        if project is not None:
            require_project(connection, caller, project)
        pack = current_approvals(connection)
        return hold_document(connection, pack, document, holder, caller.name)


@router.post(
    "/{applicant_id}/documents/{document_id}/withdrawal",
    status_code=HTTPStatus.CREATED,
    responses=_KNOWN,
)
def withdraw_applicant_document(
    applicant_id: PlainText,
    document_id: PlainText,
    wanted: Withdrawal,
    service: ServiceDep,
    caller: CallerDep,
) -> HeldEntry:
    """Enter that a document is not held, or no more; what was entered before stays readable."""
    require_holding(caller, applicant_id)
    with service.database.write() as connection:
        return withdraw_document(connection, document_id, caller.name, wanted.note)
