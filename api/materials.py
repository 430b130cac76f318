"""Documents and the one form of a case (材料清单、一张表单)."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, Day, PlainText, ServiceDep
from api.problems import problems
from blueprint.approvals.documents import Span
from blueprint.approvals.fields import Given
from blueprint.approvals.fill_case import Filling, FormFilled, fill_case_form
from blueprint.approvals.of_case import (
    CaseForm,
    CaseMaterials,
    case_form,
    case_materials,
    case_view,
)
from blueprint.cases.files import city_day
from blueprint.cases.readers import reader_of
from blueprint.cases.rights import require_own_project

router = APIRouter(prefix="/cases", tags=["approvals"])

DayQuery = Annotated[
    Day | None,
    Query(
        alias="date",
        description="YYYY-MM-DD, of law and validity; the application's, else today, if not given",
    ),
]
SpanQuery = Annotated[
    Span | None,
    Query(description="a stage, or whole: all of them; the one that the case applies for"),
]
_KNOWN = problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
_FILLED = problems(
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_VALUES: dict[str, Any] = {"values": {"height_m": 24, "discharges_pollutants": False}}


class FormValues(BaseModel):
    """Values by field of the form, all or some; null takes one back."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, Given | None] = Field(max_length=500)
    based_on: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="the project's version that was read; refused if there is a newer one",
    )


@router.get("/{case_id}/materials", responses=_KNOWN)
def show_case_materials(
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    stage: SpanQuery = None,
    day: DayQuery = None,
) -> CaseMaterials:
    """Which approvals the case needs, and which documents: each once, less what is held."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        view = case_view(connection, case, reader, city_day(connection))
        return case_materials(connection, view, stage, day or case.application_date)


@router.get("/{case_id}/form", responses=_KNOWN)
def show_case_form(
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    stage: SpanQuery = None,
    day: DayQuery = None,
) -> CaseForm:
    """The one form: a JSON Schema, what is known with its sources, and what is still asked."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        view = case_view(connection, case, reader, city_day(connection))
        return case_form(view, stage, day or case.application_date)


@router.put(
    "/{case_id}/form",
    responses=_FILLED,
    openapi_extra={
        "requestBody": {"content": {"application/json": {"example": _VALUES}}, "required": True}
    },
)
def fill_case(
    case_id: PlainText,
    given: FormValues,
    service: ServiceDep,
    caller: CallerDep,
    stage: SpanQuery = None,
    day: DayQuery = None,
) -> FormFilled:
    """Fill in the form: the project is said anew, with what a screening would now tell."""
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        require_own_project(connection, caller, case.project_id)
    on = day or case.application_date
    filling = Filling(given.values, stage, on, given.based_on)
    return fill_case_form(service, case, reader, filling, caller.name)
