"""The outcome of a case (策划生成意见) in each of its forms: JSON, web page, PDF, Word."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.cases import DayQuery
from api.deps import CallerDep, PlainText, ServiceDep
from api.forms import FORMS, HEADERS, LangQuery, described, dressed, form_wanted, lang_wanted
from api.pages import page
from api.problems import problems
from blueprint.cases.files import By, city_day
from blueprint.cases.outcome import KeptOutcome, draft_outcome
from blueprint.cases.readers import reader_of
from blueprint.cases.rights import require_approval
from blueprint.cases.shown import case_outcome
from blueprint.clock.desk import Departments
from blueprint.clock.rights import clock_reader
from blueprint.exports.case_reports import outcome_report_on
from blueprint.exports.check_reports import bound_file
from blueprint.report.document import Lang
from blueprint.service import Service

router = APIRouter(prefix="/cases", tags=["cases"])
OutcomeForm = Literal["json", "html", "pdf", "docx"]
_THERE = {name: FORMS[name] for name in ("json", "html", "pdf", "docx")}
_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The outcome as it was issued, in the form that was asked for",
        "headers": HEADERS,
        "content": described("html", "pdf", "docx"),
        "model": KeptOutcome,
    },
    **problems(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_ACCEPTABLE
    ),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """An outcome as its caller may see it, and of whose items the clock is."""

    service: Service
    case_id: str
    kept: KeptOutcome
    departments: Departments


def _asked(
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    draft: Annotated[bool, Query(description="what it would be today; for approval staff")] = False,
    day: DayQuery = None,
) -> _Asked:
    with service.database.read() as connection:
        case, reader = reader_of(connection, caller, case_id)
        departments = clock_reader(connection, caller, case_id).departments
        today = city_day(connection)
        if not draft:
            kept = case_outcome(connection, case, reader, day or today)
            return _Asked(service, case_id, kept, departments)
    require_approval(caller, "a draft")
    kept = draft_outcome(service, case_id, By(caller.name, day or today))
    return _Asked(service, case_id, kept, departments)


AskedDep = Annotated[_Asked, Depends(_asked)]


# the case is named where the outcome is asked for
@router.get("/{case_id}/outcome.{suffix}", response_class=Response, responses=_FORMS)  # noqa: FAST003
def show_case_outcome_as(
    request: Request, asked: AskedDep, suffix: OutcomeForm, lang: LangQuery = None
) -> Response:
    """The newest outcome in the form that the suffix names, as a file would be called."""
    return _answer(request, asked, suffix, lang_wanted(request, lang))


@router.get("/{case_id}/outcome", response_class=Response, responses=_FORMS)  # noqa: FAST003
def show_case_outcome(
    request: Request,
    asked: AskedDep,
    f: Annotated[OutcomeForm | None, Query(description="form; by Accept if not given")] = None,
    lang: LangQuery = None,
) -> Response:
    """The newest outcome, with its list of conditions, as it was issued: JSON, page, PDF, Word."""
    form = form_wanted(request, f, _THERE)
    return _answer(request, asked, form, lang_wanted(request, lang))


def _answer(request: Request, asked: _Asked, form: str, lang: Lang) -> Response:
    answer = _made(request, asked, form, lang)
    return dressed(answer, _THERE, form, "outcome", lang, asked.kept.outcome.outcome_id)


def _made(request: Request, asked: _Asked, form: str, lang: Lang) -> Response:
    if form == "json":
        return Response(asked.kept.model_dump_json(), media_type=_THERE[form])
    on_page = form == "html"
    bound = outcome_report_on(
        asked.service, asked.kept, lang, departments=asked.departments, draw=not on_page
    )
    if on_page:
        return page(
            request,
            "report.html",
            lang,
            title=bound.report.title,
            report=bound.report,
            here=f"/cases/{asked.case_id}/outcome",
            others=[name for name in _THERE if name != form],
        )
    data = bound_file(bound, "pdf" if form == "pdf" else "docx")
    return Response(data, media_type=_THERE[form])
