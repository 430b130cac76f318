"""The national exchange tables of a project or a case, as ZIP, workbook or JSON."""

from http import HTTPStatus
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.deps import CallerDep, PlainText, ServiceDep
from api.forms import form_wanted
from api.problems import problems
from blueprint.access.caller import Caller
from blueprint.cases.rights import require_case, require_project
from blueprint.exchange import exchange_file, exchange_of
from blueprint.exchange.package import ExchangeDocument, ExchangeForm
from blueprint.service import Service

router = APIRouter(tags=["lineage"])
_KINDS: dict[str, str] = {
    "json": "application/json",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The tables, in the form that was asked for",
        "model": ExchangeDocument,
        "content": {kind: _BINARY for form, kind in _KINDS.items() if form != "json"},
    },
    **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE),
}
FormQuery = Annotated[
    ExchangeForm | None, Query(description="form; by Accept if not given, else JSON")
]


@router.get("/projects/{project_id}/exports.{suffix}", response_class=Response, responses=_FORMS)
def get_project_exports_as(
    project_id: PlainText, suffix: ExchangeForm, service: ServiceDep, caller: CallerDep
) -> Response:
    """The exchange tables of a project in the form that the suffix names."""
    return _answer(service, caller, suffix, project_id, None)


@router.get("/projects/{project_id}/exports", response_class=Response, responses=_FORMS)
def get_project_exports(
    request: Request,
    project_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    f: FormQuery = None,
) -> Response:
    """The national exchange tables of a project, the works below it and all its cases."""
    return _answer(service, caller, _form(request, f), project_id, None)


@router.get("/cases/{case_id}/exports.{suffix}", response_class=Response, responses=_FORMS)
def get_case_exports_as(
    case_id: PlainText, suffix: ExchangeForm, service: ServiceDep, caller: CallerDep
) -> Response:
    """The exchange tables of a case in the form that the suffix names."""
    return _answer(service, caller, suffix, None, case_id)


@router.get("/cases/{case_id}/exports", response_class=Response, responses=_FORMS)
def get_case_exports(
    request: Request,
    case_id: PlainText,
    service: ServiceDep,
    caller: CallerDep,
    f: FormQuery = None,
) -> Response:
    """The national exchange tables of a case and its project."""
    return _answer(service, caller, _form(request, f), None, case_id)


def _form(request: Request, given: ExchangeForm | None) -> ExchangeForm:
    wanted = form_wanted(request, given, _KINDS)
    return next(form for form in get_args(ExchangeForm) if form == wanted)


def _answer(
    service: Service,
    caller: Caller,
    form: ExchangeForm,
    project_id: str | None,
    case_id: str | None,
) -> Response:
    with service.database.read() as connection:
        if case_id is not None:
            require_case(connection, caller, case_id)
        else:
            require_project(connection, caller, project_id or "")
        made = exchange_of(service, connection, project_id, case_id, caller.clearance)
    name = case_id or made.project_id
    headers = {"Vary": "Accept"}
    if form != "json":
        headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return Response(exchange_file(made, form), media_type=_KINDS[form], headers=headers)
