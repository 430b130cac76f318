"""The one table from the domain's errors to HTTP, as problem documents."""

import logging
import re
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.observation import HEADER
from api.problem_words import reason_in_chinese
from api.problems import problem
from blueprint.errors import (
    AnswerClosed,
    CannotVerify,
    InvalidCalendar,
    InvalidCase,
    InvalidClockLaw,
    InvalidCode,
    InvalidDays,
    InvalidDocument,
    InvalidEvent,
    InvalidFigures,
    InvalidForm,
    InvalidLink,
    InvalidOpinion,
    InvalidProfile,
    InvalidProject,
    InvalidSetting,
    InvalidSite,
    KeyAtWork,
    KeyOfAnother,
    MissingGlyphs,
    NotAllowed,
    NothingPublished,
    NotSearched,
    PlanningError,
    ResultIsGone,
    ResultNotReady,
    TooManyJobs,
    UnknownApplicant,
    UnknownApproval,
    UnknownCase,
    UnknownCheck,
    UnknownCollection,
    UnknownConflict,
    UnknownDocument,
    UnknownFeature,
    UnknownJob,
    UnknownLink,
    UnknownOutcome,
    UnknownProcess,
    UnknownProject,
    UnknownSnapshot,
    UnknownTile,
    UnknownUpload,
    UnknownWebhook,
)
from conflict.errors import OverlayError
from layers.errors import (
    AmbiguousSource,
    DataError,
    StoreBusy,
    StoreUnavailable,
    UnknownDelivery,
    UnreadableSource,
    UnsuitableCrs,
)

STATUS: dict[type[Exception], HTTPStatus] = {
    InvalidDocument: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidFigures: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidForm: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidProfile: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidSite: HTTPStatus.UNPROCESSABLE_ENTITY,
    AmbiguousSource: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnreadableSource: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsuitableCrs: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownApplicant: HTTPStatus.NOT_FOUND,
    UnknownApproval: HTTPStatus.NOT_FOUND,
    UnknownCheck: HTTPStatus.NOT_FOUND,
    UnknownDocument: HTTPStatus.NOT_FOUND,
    NotSearched: HTTPStatus.NOT_FOUND,
    UnknownCollection: HTTPStatus.NOT_FOUND,
    UnknownConflict: HTTPStatus.NOT_FOUND,
    UnknownDelivery: HTTPStatus.NOT_FOUND,
    UnknownFeature: HTTPStatus.NOT_FOUND,
    UnknownSnapshot: HTTPStatus.NOT_FOUND,
    UnknownCase: HTTPStatus.NOT_FOUND,
    UnknownJob: HTTPStatus.NOT_FOUND,
    UnknownLink: HTTPStatus.NOT_FOUND,
    UnknownOutcome: HTTPStatus.NOT_FOUND,
    UnknownProject: HTTPStatus.NOT_FOUND,
    UnknownProcess: HTTPStatus.NOT_FOUND,
    UnknownUpload: HTTPStatus.NOT_FOUND,
    UnknownWebhook: HTTPStatus.NOT_FOUND,
    ResultNotReady: HTTPStatus.NOT_FOUND,
    ResultIsGone: HTTPStatus.GONE,
    NotAllowed: HTTPStatus.FORBIDDEN,
    TooManyJobs: HTTPStatus.TOO_MANY_REQUESTS,
    UnknownTile: HTTPStatus.NOT_FOUND,
    CannotVerify: HTTPStatus.CONFLICT,
    InvalidCase: HTTPStatus.CONFLICT,
    InvalidCalendar: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidClockLaw: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidDays: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidEvent: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidOpinion: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidProject: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidCode: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidLink: HTTPStatus.CONFLICT,
    InvalidSetting: HTTPStatus.INTERNAL_SERVER_ERROR,
    MissingGlyphs: HTTPStatus.CONFLICT,
    KeyAtWork: HTTPStatus.CONFLICT,
    AnswerClosed: HTTPStatus.CONFLICT,
    KeyOfAnother: HTTPStatus.UNPROCESSABLE_ENTITY,
    NothingPublished: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    OverlayError: HTTPStatus.INTERNAL_SERVER_ERROR,
    PlanningError: HTTPStatus.BAD_REQUEST,
    DataError: HTTPStatus.BAD_REQUEST,
}
"""An error is answered as its nearest ancestor here says."""

_OGC = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
_STANDARD: dict[str, str] = {
    "UnknownProcess": f"{_OGC}/no-such-process",
    "UnknownJob": f"{_OGC}/no-such-job",
    "ResultNotReady": f"{_OGC}/result-not-ready",
}
"""Problems that a standard has given a type."""

REMEDIES = (
    (re.compile(r"name one with --source-layer"), "name one with ?layer="),
    (re.compile(r"--crs (EPSG:\d+|[a-z]\w*$)"), r"?crs=\1"),
    (re.compile(r"--crs\b"), "?crs="),
    (re.compile(r"; `blueprint snapshots` lists them"), "; leave it out to ask the newest"),
    (
        re.compile(r"; run `blueprint conflicts --snapshot \S+`"),
        "; choose a snapshot that was searched",
    ),
    (
        re.compile(r" for this clearance; `blueprint conflicts --json` lists all, .*"),
        "; GET /conflicts lists all",
    ),
    (re.compile(r"; `blueprint approvals list` has them"), "; GET /approvals has them"),
    (re.compile(r"; `blueprint webhooks list` has them"), "; GET /webhooks has yours"),
    (re.compile(r"; `blueprint deliveries` lists them"), "; GET /deliveries lists them"),
    (re.compile(r"; give --to and --due"), "; give department and due"),
    (re.compile(r"; give --law and --until"), "; give law and until"),
    (re.compile(r"--(due|until|note|article|by)\b"), r"\1"),
    (re.compile(r"; `blueprint project list` has all"), "; GET /projects has yours"),
    (re.compile(r"; `blueprint case list` has all"), "; GET /cases has yours"),
    (re.compile(r"check the file and deliver it again"), "correct it and send it again"),
)
"""What the command line would have one do → what does the same over HTTP."""

_OURS = {"Fault", "WorkerLost"}
HUNG_UP = 499
"""What servers note of a request whose caller was gone; HTTP has no number for it."""
_BUSY_SECONDS, _DOWN_SECONDS, _JOBS_SECONDS = "1", "5", "30"
_OF_OURS = {
    HTTPStatus.NOT_ACCEPTABLE: "NotAcceptable",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "SiteTooLarge",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "UnsupportedMediaType",
}
"""What this room itself raises with a text that tells what to ask or send instead."""

_log = logging.getLogger(__name__)


def status_of(error: Exception) -> HTTPStatus:
    """The status of a domain error."""
    found = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def failed_as(kind: str, detail: str) -> JSONResponse:
    """The problem that a job failed by, as a request that fails by the same error has it."""
    known = {error.__name__: status for error, status in STATUS.items()}
    status = known.get(kind, HTTPStatus.INTERNAL_SERVER_ERROR if kind in _OURS else None)
    return problem(status or HTTPStatus.BAD_REQUEST, kind, over_http(detail))


def over_http(detail: str) -> str:
    """The text of a domain error with remedies that a caller of the API can follow."""
    for told, meant in REMEDIES:
        detail = told.sub(meant, detail)
    return detail


def install(app: FastAPI) -> None:
    """Answer every error as a problem document, whoever raises it."""
    for kind in (PlanningError, DataError, OverlayError):
        app.add_exception_handler(kind, _domain_problem)
    app.add_exception_handler(StoreUnavailable, _store_problem)
    app.add_exception_handler(RequestValidationError, _request_problem)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _fault)


def _domain_problem(_request: Request, error: Exception) -> JSONResponse:
    kind = type(error).__name__
    why = error.why if isinstance(error, InvalidSite) else None
    detail, standard = over_http(str(error)), _STANDARD.get(kind)
    # the first of those that wait is done by then, as a rule
    wait = {"Retry-After": _JOBS_SECONDS} if isinstance(error, TooManyJobs) else None
    return problem(status_of(error), kind, detail, wait, why=why, standard=standard)


def _store_problem(_request: Request, error: Exception) -> JSONResponse:
    # the text names the server or the path of the store: not for every caller
    _log.error("%s", error)
    if isinstance(error, StoreBusy):
        detail = "the service is busy; try again in a moment"
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "StoreBusy", detail, {"Retry-After": _BUSY_SECONDS}
        )
    detail = "the store does not answer; try again later (the service's log tells why)"
    again = {"Retry-After": _DOWN_SECONDS}
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "StoreUnavailable", detail, again)


def _request_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    detail = f"{where}: {first['msg']}; see /docs for what is expected"
    reason = reason_in_chinese(first)
    return problem(HTTPStatus.BAD_REQUEST, "InvalidRequest", detail, reason=reason)


def _http_problem(request: Request, error: Exception) -> JSONResponse:
    """What the router raises: no such path, or not with this method."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    detail = f"{request.url.path}: {error.detail}; see /docs for what is here"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = headers.get("Allow", "")
        if "GET" in allowed and "HEAD" not in allowed:
            headers["Allow"] = f"{allowed}, HEAD"
        detail = f"{request.method} {request.url.path}: not allowed; use {headers.get('Allow')}"
    if status in _OF_OURS:
        detail = error.detail
    return problem(status, _OF_OURS.get(status, _kind(status)), detail, headers)


def _gone(_request: Request, _error: Exception) -> Response:
    """Whoever asked hung up before all was said: no fault of ours, and nobody reads the answer."""
    return Response(status_code=HUNG_UP)


def _kind(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "")


def _fault(request: Request, _error: Exception) -> JSONResponse:
    """A fault of ours; the server logs the traceback, for Starlette raises the error again."""
    detail = "the service made a fault; report it with the time and the request"
    # it is answered outside of where requests are observed
    headers = {HEADER: request.state.request_id}
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Fault", detail, headers)
