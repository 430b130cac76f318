"""Problem documents (RFC 9457): what every answer that is not a success looks like."""

from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.problem_words import TYPE, detail_in_chinese, title_of
from api.spoken import spoken

MEDIA_TYPE = "application/problem+json"
_REASONS = {
    HTTPStatus.BAD_REQUEST: "a parameter is malformed or unknown",
    HTTPStatus.UNAUTHORIZED: "who calls is not known, or not believed",
    HTTPStatus.FORBIDDEN: "it is not for this caller",
    HTTPStatus.CONFLICT: "what it cites is not in the store as it was, the step cannot follow, or "
    "a request of its key is at work",
    HTTPStatus.NOT_ACCEPTABLE: "it is not to be had in a form that Accept names",
    HTTPStatus.NOT_FOUND: "there is none of that id",
    HTTPStatus.GONE: "it was there, and is no more",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "no site is handed in as that",
    HTTPStatus.UNPROCESSABLE_ENTITY: "what was sent cannot be worked on, or its key was another's",
    HTTPStatus.TOO_MANY_REQUESTS: "more than the caller may ask for, or than is taken now",
    HTTPStatus.SERVICE_UNAVAILABLE: "the store does not answer, or nothing is published yet",
}


class Problem(BaseModel):
    """`type` is stable; `detail` names the object and the remedy in one line.

    docs/problems.md lists the types. In Chinese `detail` is told by the type, and `detail_en` has
    the whole of it.
    """

    type: str
    title: str
    status: int
    detail: str
    detail_en: str | None = None


def problem(
    status: HTTPStatus,
    kind: str,
    detail: str,
    headers: dict[str, str] | None = None,
    why: str | None = None,
    standard: str | None = None,
    reason: str | None = None,
) -> JSONResponse:
    """An answer with a problem document, in the language of the request; `detail` in English.

    `kind` is a name of ours; `standard` the URI that a standard has given to its type, if any;
    `reason` what the Chinese detail says besides.
    """
    lang = spoken()
    chinese = detail_in_chinese(kind, detail, why, reason) if lang == "zh" else None
    body = Problem(
        type=standard or f"{TYPE}{kind}",
        title=title_of(kind, lang, status.phrase),
        status=int(status),
        detail=chinese or detail,
        detail_en=detail if chinese else None,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=status,
        headers={"Content-Language": lang, "Vary": "Accept-Language", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What a route declares: these problems, the two that all have, and a fault of ours."""
    every = {HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE, *statuses}
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    reasons: dict[int | str, str] = {int(status): _REASONS[status] for status in sorted(every)}
    # "default" also keeps FastAPI from declaring its own 422
    reasons["default"] = "any other problem, a fault of the service among them"
    return {
        status: {"description": reason, "content": {MEDIA_TYPE: schema}}
        for status, reason in reasons.items()
    }
