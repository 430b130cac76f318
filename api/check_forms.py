"""One site check in each of its forms: JSON, GeoJSON, web page, PDF, Word, map."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import ClearanceDep, PlainText, ServiceDep
from api.features import GeoJson
from api.forms import FORMS, HEADERS, LangQuery, described, dressed, form_wanted, lang_wanted
from api.pages import page
from api.problems import problems
from blueprint.checks.shown import show_check
from blueprint.clearance import Clearance
from blueprint.documents import SiteCheck
from blueprint.exports.check_reports import bound_file, drawn_check, map_of, report_on
from blueprint.exports.shapes import check_geojson
from blueprint.report.document import Lang
from blueprint.service import Service

router = APIRouter(prefix="/site-checks", tags=["site checks"])
CheckForm = Literal["json", "geojson", "html", "pdf", "docx", "png"]
_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The check as it was answered, in the form that was asked for",
        "headers": HEADERS,
        "content": described("geojson", "html", "pdf", "docx", "png"),
        "model": SiteCheck,
    },
    **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.CONFLICT),
}


@router.get("/{check_id}.{suffix}", response_class=Response, responses=_FORMS)
def get_check_as(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    check_id: PlainText,
    suffix: CheckForm,
    lang: LangQuery = None,
) -> Response:
    """A site check in the form that the suffix names, as a file would be called."""
    wanted = lang_wanted(request, lang)
    return _answer(request, service, clearance, check_id, suffix, wanted)


@router.get("/{check_id}", response_class=Response, responses=_FORMS)
def get_check(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    check_id: PlainText,
    f: Annotated[CheckForm | None, Query(description="form; by Accept if not given")] = None,
    lang: LangQuery = None,
) -> Response:
    """A site check as it was answered: JSON, GeoJSON, a page, a report as PDF or Word, or a map."""
    form = form_wanted(request, f, FORMS)
    return _answer(request, service, clearance, check_id, form, lang_wanted(request, lang))


def _answer(
    request: Request, service: Service, clearance: Clearance, check_id: str, form: str, lang: Lang
) -> Response:
    answer = _made(request, service, clearance, check_id, form, lang)
    return dressed(answer, FORMS, form, check_id, lang)


def _made(
    request: Request, service: Service, clearance: Clearance, check_id: str, form: str, lang: Lang
) -> Response:
    if form == "json":
        check = show_check(service, check_id, clearance)
        return Response(check.model_dump_json(), media_type=FORMS[form])
    if form == "html":
        bound = report_on(service, check_id, clearance, lang, draw=False)
        others = [name for name in FORMS if name != "html"]
        return page(
            request,
            "report.html",
            lang,
            title=bound.report.title,
            report=bound.report,
            here=f"/site-checks/{check_id}",
            others=others,
        )
    if form == "geojson":
        return GeoJson(check_geojson(drawn_check(service, check_id, clearance)))
    if form == "png":
        picture = map_of(service, drawn_check(service, check_id, clearance))
        return Response(picture, media_type=FORMS[form])
    bound = report_on(service, check_id, clearance, lang)
    data = bound_file(bound, "pdf" if form == "pdf" else "docx")
    return Response(data, media_type=FORMS[form])
