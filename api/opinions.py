"""Asking departments, their opinions, and the outcome of a case (策划生成意见)."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.cases import KNOWN, MADE, DayQuery
from api.deps import CallerDep, PlainText, ServiceDep, invalid
from blueprint.access.caller import Caller
from blueprint.cases.consult import ask_departments
from blueprint.cases.consultations import Asked, Consultation
from blueprint.cases.documents import Opinion, OpinionSaid
from blueprint.cases.files import By, city_day
from blueprint.cases.opinions import give_opinion
from blueprint.cases.outcome import KeptOutcome, issue_outcome
from blueprint.cases.readers import Reader, reader_of
from blueprint.cases.rights import require_department
from blueprint.cases.settings import case_settings
from blueprint.cases.shown import case_consultations, case_opinions
from blueprint.cases.shown_documents import OpinionLine

router = APIRouter(prefix="/cases", tags=["cases"])


class AskingWanted(BaseModel):
    """How to ask departments."""

    model_config = ConfigDict(extra="forbid")
    reply_workdays: int | None = Field(
        None, ge=1, le=250, description="working days for a reply; as is set if not given"
    )


class OpinionGiven(OpinionSaid):
    """A department's answer; `department` may be left out by an officer of one."""

    department: PlainText | None = None


class ConsultationList(BaseModel):
    """Who is asked, in the order of their asking."""

    case_id: str
    consultations: list[Consultation]


class OpinionList(BaseModel):
    """What was answered, oldest first."""

    case_id: str
    opinions: list[OpinionLine]


_SAID = {
    "answer": "agree_with_conditions",
    "prefilled": True,
    "conditions": [
        {
            "text": "建筑高度不超过 24 米",
            "figure": "height_m",
            "relation": "at_most",
            "limit": 24,
        }
    ],
}


@router.get("/{case_id}/consultations", responses=KNOWN)
def list_case_consultations(
    case_id: PlainText, service: ServiceDep, caller: CallerDep, day: DayQuery = None
) -> ConsultationList:
    """Who is asked what, until when, and what has become of it; of a department, its own."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        asking = case_consultations(connection, case, reader, day or city_day(connection))
    return ConsultationList(case_id=case_id, consultations=asking)


@router.post("/{case_id}/consultations", status_code=HTTPStatus.CREATED, responses=MADE)
def ask_case_departments(
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    wanted: AskingWanted | None = None,
) -> Asked:
    """Ask every department that the newest screening concerns, all at once."""
    with service.database.read() as connection:
        reader_of(connection, caller, case_id)
        by = By(caller.name, city_day(connection))
    given = None if wanted is None else wanted.reply_workdays
    return ask_departments(service, case_id, by, case_settings().with_workdays(given))


@router.get("/{case_id}/opinions", responses=KNOWN)
def list_case_opinions(case_id: PlainText, service: ServiceDep, caller: CallerDep) -> OpinionList:
    """What departments answered, every version; its words are for them and for approval staff."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        return OpinionList(case_id=case_id, opinions=case_opinions(connection, case, reader))


@router.post(
    "/{case_id}/opinions",
    status_code=HTTPStatus.CREATED,
    responses=MADE,
    openapi_extra={
        "requestBody": {"content": {"application/json": {"example": _SAID}}, "required": True}
    },
)
def make_case_opinion(
    case_id: PlainText, service: ServiceDep, caller: CallerDep, given: OpinionGiven
) -> Opinion:
    """Give the formal opinion of one's department; a later one takes its place."""
    with service.database.read() as connection:
        _, reader = reader_of(connection, caller, case_id)
        by = By(caller.name, city_day(connection))
    department = _department(caller, reader, given.department)
    said = OpinionSaid.model_validate(given.model_dump(exclude={"department"}))
    return give_opinion(service, case_id, department, said, by)


@router.post("/{case_id}/outcome", status_code=HTTPStatus.CREATED, responses=MADE)
def make_case_outcome(case_id: PlainText, service: ServiceDep, caller: CallerDep) -> KeptOutcome:
    """Issue the outcome: conditions of all departments, and where they contradict each other."""
    with service.database.read() as connection:
        reader_of(connection, caller, case_id)
        by = By(caller.name, city_day(connection))
    return issue_outcome(service, case_id, by)


def _department(caller: Caller, reader: Reader, named: str | None) -> str:
    """For which department an officer answers."""
    if named is not None:
        require_department(caller, named)
        return named
    if len(reader.departments) != 1:
        own = ", ".join(reader.departments) or "none of yours"
        raise invalid("body", "department", f"say for which you answer: the case asks {own}")
    return reader.departments[0]
