"""Cases (案卷): one application of a project each, and what becomes of it."""

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import CallerDep, PlainText, ServiceDep
from api.problems import problems
from blueprint.cases.files import CaseHead, list_cases
from blueprint.cases.rights import require_case, visible_cases

router = APIRouter(prefix="/cases", tags=["cases"])


class CaseList(BaseModel):
    """The cases that the caller may see, the newest first."""

    cases: list[CaseHead]


@router.get("", responses=problems())
def list_all_cases(service: ServiceDep, caller: CallerDep) -> CaseList:
    """The cases that the caller may see, the newest first."""
    with service.database.read() as connection:
        return CaseList(cases=visible_cases(connection, caller, list_cases(connection)))


@router.get("/{case_id}", responses=problems(HTTPStatus.NOT_FOUND))
def show_case(case_id: PlainText, service: ServiceDep, caller: CallerDep) -> CaseHead:
    """One case."""
    with service.database.read() as connection:
        return require_case(connection, caller, case_id)
