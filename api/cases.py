"""Cases (案卷): listed, shown, screened; what was found, and how it differs on a newer snapshot."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, ClearanceDep, Day, PlainText, ServiceDep
from api.problems import problems
from blueprint.cases.attached import (
    AttachedCheck,
    AttachmentSaid,
    attach_check,
    attached_checks,
)
from blueprint.cases.consult import ask_departments
from blueprint.cases.consultations import Asked
from blueprint.cases.documents import Screening
from blueprint.cases.files import By, city_day
from blueprint.cases.outcome_documents import ReplyStatus
from blueprint.cases.readers import reader_of
from blueprint.cases.review import CaseChanges, changes_of
from blueprint.cases.screen import screen_case
from blueprint.cases.settings import case_settings
from blueprint.cases.shown import case_file, case_findings
from blueprint.cases.shown_documents import CaseFile, CaseFindings
from blueprint.cases.stages import Stage
from blueprint.cases.standing import CaseState, FindingsState
from blueprint.cases.worklist import CasePage, CasesAsked, find_cases

router = APIRouter(prefix="/cases", tags=["cases"])
_MOST = 1_000

DayQuery = Annotated[
    Day | None,
    Query(alias="date", description="YYYY-MM-DD, of where it stands; today if not given"),
]
KNOWN: dict[int | str, dict[str, Any]] = problems(HTTPStatus.NOT_FOUND)
MADE: dict[int | str, dict[str, Any]] = problems(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
)


class ScreeningWanted(BaseModel):
    """How to screen a case."""

    model_config = ConfigDict(extra="forbid")
    ask: bool = Field(False, description="ask every department concerned at once")


class ScreeningDone(Screening):
    """The screening, and whom it was put to; null: nobody was asked."""

    asked: Asked | None


class CaseChangesList(BaseModel):
    """What a case would be told today, in each of the caller's copies."""

    case_id: str
    changes: list[CaseChanges]


class AttachedCheckList(BaseModel):
    """The checks that are attached to a case, as far as they are for the caller's eyes."""

    case_id: str
    checks: list[AttachedCheck]


@router.get("", responses=problems())
def list_all_cases(
    service: ServiceDep,
    caller: CallerDep,
    project: Annotated[PlainText | None, Query(description="id of a project")] = None,
    stage: Stage | None = None,
    state: CaseState | None = None,
    findings: FindingsState | None = None,
    department: Annotated[PlainText | None, Query(description="that is asked")] = None,
    reply: Annotated[ReplyStatus | None, Query(description="of a department")] = None,
    overdue: bool | None = None,
    flagged: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    after: Annotated[PlainText | None, Query(description="those after this case id")] = None,
    day: DayQuery = None,
) -> CasePage:
    """The cases that the caller may see: for a department, what is asked of it and due when."""
    asked = CasesAsked(
        project, stage, state, findings, department, reply, overdue, flagged, after, limit
    )
    with service.database.read() as connection:
        return find_cases(connection, caller, asked, day or city_day(connection))


@router.get("/{case_id}", responses=KNOWN)
def show_case(
    case_id: PlainText, service: ServiceDep, caller: CallerDep, day: DayQuery = None
) -> CaseFile:
    """One case: where it stands, its screenings, who is asked, every step."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        return case_file(connection, case, reader, day or city_day(connection))


@router.post("/{case_id}/screening", status_code=HTTPStatus.CREATED, responses=MADE)
def make_screening(
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    wanted: ScreeningWanted | None = None,
) -> ScreeningDone:
    """Check the project's site on the newest snapshot, and freeze what is found."""
    with service.database.read() as connection:
        reader_of(connection, caller, case_id)
        by = By(caller.name, city_day(connection))
    settings = case_settings()
    screening = screen_case(service, case_id, by, settings)
    asked = None
    if wanted is not None and wanted.ask:
        asked = ask_departments(service, case_id, by, settings)
    return ScreeningDone(**dict(screening), asked=asked)


@router.get("/{case_id}/findings", responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def show_case_findings(
    case_id: PlainText, service: ServiceDep, caller: CallerDep, day: DayQuery = None
) -> CaseFindings:
    """What was found, as it was frozen for the caller; of a department, its own findings alone."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        return case_findings(connection, case, reader, day or city_day(connection))


@router.get("/{case_id}/changes", responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def show_case_changes(
    case_id: PlainText, service: ServiceDep, caller: CallerDep
) -> CaseChangesList:
    """What a screening on the newest snapshot, of the project as it is now, would change."""
    with service.database.read() as connection:
        _, reader = reader_of(connection, caller, case_id)
    changes = changes_of(service, case_id, reader)
    return CaseChangesList(case_id=case_id, changes=changes)


@router.get("/{case_id}/checks", responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def list_case_checks(
    case_id: PlainText, service: ServiceDep, caller: CallerDep, clearance: ClearanceDep
) -> AttachedCheckList:
    """Checks attached beside the frozen findings; of those made for more clearance, no word."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        checks = attached_checks(connection, case, reader, clearance)
    return AttachedCheckList(case_id=case_id, checks=checks)


@router.post("/{case_id}/checks", status_code=HTTPStatus.CREATED, responses=MADE)
def attach_case_check(
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    clearance: ClearanceDep,
    given: AttachmentSaid,
) -> AttachedCheck:
    """Attach a check that is kept already: who did it, when and why stays in the ledger."""
    with service.database.read() as connection:
        reader_of(connection, caller, case_id)
        by = By(caller.name, city_day(connection))
    return attach_check(service, case_id, given, by, clearance)
