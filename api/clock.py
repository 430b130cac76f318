"""The clock of cases (审批计时): every calibre of a case, its events, the supervision of all."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, Day, PlainText, ServiceDep
from api.problems import problems
from blueprint.clock.chart import case_chart
from blueprint.clock.desk import (
    ClockSupervision,
    city_clock,
    clock_of_case,
    note_events,
    supervise_clock,
)
from blueprint.clock.events import StatusEvent
from blueprint.clock.reports import ClockReport
from blueprint.clock.rights import clock_reader, require_noting, supervised_departments
from blueprint.clock.shown import ShownEvent, show_events, shown_events

router = APIRouter(tags=["cases"])
_MOST = 100
# a day so far ahead that no calendar reaches it is no fault of ours
_KNOWN = problems(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_SVG = "image/svg+xml"
ClockDay = Annotated[
    Day | None, Query(description="YYYY-MM-DD, at whose end; today in the city if not given")
]


class EventsNoted(BaseModel):
    """What happened to items of a case; all of it is noted, or nothing."""

    model_config = ConfigDict(extra="forbid")
    events: list[StatusEvent] = Field(min_length=1, max_length=_MOST)


class EventList(BaseModel):
    """Events in the order in which they were noted."""

    case_id: str
    events: list[ShownEvent]


_NOTED: dict[str, Any] = {
    "events": [
        {
            "item": "planning_permit",
            "status": 9,
            "at": "2026-09-22T10:00:00+08:00",
            "ground": "expert_review",
            "notice": {"day": "2026-09-22", "number": "示例告〔2026〕12号"},
            "days": 5,
        }
    ]
}


@router.get("/cases/{case_id}/clock", responses=_KNOWN)
def show_case_clock(
    case_id: PlainText, service: ServiceDep, caller: CallerDep, as_of: ClockDay = None
) -> ClockReport:
    """Deadlines and lights of items, K1 to K8 of items, stages and case, what is flagged."""
    with service.database.read() as connection:
        reader = clock_reader(connection, caller, case_id)
        return clock_of_case(connection, case_id, as_of, reader.departments)


@router.get(
    "/cases/{case_id}/clock/chart",
    response_class=Response,
    responses={**_KNOWN, 200: {"content": {_SVG: {"schema": {"type": "string"}}}}},
)
def draw_case_clock(
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    as_of: ClockDay = None,
    item: Annotated[PlainText | None, Query(description="of one item; else of the case")] = None,
) -> Response:
    """The eight calibres as a strip chart, SVG."""
    with service.database.read() as connection:
        reader = clock_reader(connection, caller, case_id)
        report = clock_of_case(connection, case_id, as_of, reader.departments)
        chart = case_chart(report, city_clock(connection).calendar, item)
    return Response(chart, media_type=_SVG)


@router.get("/cases/{case_id}/events", responses=problems(HTTPStatus.NOT_FOUND))
def list_case_events(case_id: PlainText, service: ServiceDep, caller: CallerDep) -> EventList:
    """What happened to items of a case, in the order in which it was noted, undone entries too."""
    with service.database.read() as connection:
        reader = clock_reader(connection, caller, case_id)
        return EventList(case_id=case_id, events=shown_events(connection, reader))


@router.post(
    "/cases/{case_id}/events",
    status_code=HTTPStatus.CREATED,
    responses=_KNOWN,
    openapi_extra={"requestBody": {"content": {"application/json": {"example": _NOTED}}}},
)
def note_case_events(
    case_id: PlainText, service: ServiceDep, caller: CallerDep, noted: EventsNoted
) -> EventList:
    """Note what happened to items of a case; a wrong entry is undone by another, of status 0."""
    with service.database.write() as connection:
        reader = clock_reader(connection, caller, case_id)
        require_noting(connection, caller, case_id, {one.item for one in noted.events})
        added = note_events(connection, case_id, noted.events, caller.name)
        return EventList(case_id=case_id, events=show_events(connection, reader, added))


@router.get("/clock/supervision", responses=problems(HTTPStatus.UNPROCESSABLE_ENTITY))
def supervise_cases(
    service: ServiceDep, caller: CallerDep, as_of: ClockDay = None
) -> ClockSupervision:
    """What is overdue, due soon or stands still, flags, and how long departments and stages take.

    Of a department, its own items alone.
    """
    departments = supervised_departments(caller)
    with service.database.read() as connection:
        return supervise_clock(connection, as_of, departments)
