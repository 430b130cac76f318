"""The one table from the domain's errors to HTTP, as problem+json (RFC 9457)."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from blueprint.errors import (
    InvalidSite,
    NothingPublished,
    PlanningError,
    UnknownCheck,
    UnknownCollection,
    UnknownSnapshot,
)
from conflict.errors import OverlayError
from layers.errors import (
    DataError,
    StoreUnavailable,
    UnreadableSource,
    UnsuitableCrs,
)

STATUS: dict[type[Exception], HTTPStatus] = {
    InvalidSite: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnreadableSource: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsuitableCrs: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownCheck: HTTPStatus.NOT_FOUND,
    UnknownCollection: HTTPStatus.NOT_FOUND,
    UnknownSnapshot: HTTPStatus.NOT_FOUND,
    NothingPublished: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    OverlayError: HTTPStatus.INTERNAL_SERVER_ERROR,
    PlanningError: HTTPStatus.BAD_REQUEST,
    DataError: HTTPStatus.BAD_REQUEST,
}
"""An error is answered as its nearest ancestor here says."""


def status_of(error: Exception) -> HTTPStatus:
    """The status of a domain error."""
    found = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def install(app: FastAPI) -> None:
    """Answer every domain error and every malformed request as a problem document."""
    for kind in (PlanningError, DataError, OverlayError):
        app.add_exception_handler(kind, _domain_problem)
    app.add_exception_handler(RequestValidationError, _request_problem)


def _domain_problem(_request: Request, error: Exception) -> JSONResponse:
    return problem(status_of(error), type(error).__name__, str(error))


def _request_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    detail = f"{where}: {first['msg']}; see /docs for what is expected"
    return problem(HTTPStatus.BAD_REQUEST, "InvalidRequest", detail)


def problem(status: HTTPStatus, kind: str, detail: str) -> JSONResponse:
    """A problem document: `type` is stable, `detail` names the object and the remedy."""
    body = {
        "type": f"about:blueprint/{kind}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
