"""The forms that one answer is given in: chosen by suffix, by `f`, or by Accept, in that order."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.exceptions import HTTPException

from api.negotiation import acceptable, language
from blueprint.report.document import Lang

FORMS: dict[str, str] = {
    "json": "application/json",
    "geojson": "application/geo+json",
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "png": "image/png",
}
"""What a form is called in `f` and as a suffix, and its media type."""

LangQuery = Annotated[
    Lang | None,
    Query(description="language of pages and reports; by Accept-Language if not given, else zh"),
]


def form_wanted(request: Request, given: str | None, there: Mapping[str, str]) -> str:
    """The form that a caller wants; `given` by suffix or `f`, `there` in the service's own order.

    Raises:
        HTTPException: 406, the caller takes none of them.
    """
    if given is not None:
        return given
    # several headers of a name are one, their elements in order
    header = ", ".join(request.headers.getlist("accept")) or None
    kind = acceptable(header, list(there.values()))
    if kind is None:
        offers = ", ".join(f"{kind} (?f={name})" for name, kind in there.items())
        detail = f"{request.url.path}: not to be had as {(header or '')[:100]}; there is {offers}"
        raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, detail)
    return next(name for name, one in there.items() if one == kind)


def lang_wanted(request: Request, given: Lang | None, default: Lang = "zh") -> Lang:
    """The language that a caller wants."""
    header = ", ".join(request.headers.getlist("accept-language"))
    return given or language(header, default)


def described(*names: str) -> dict[str, Any]:
    """The content of an answer in those forms beside JSON, for the description of the API."""
    text = {"schema": {"type": "string"}}
    binary = {"schema": {"type": "string", "format": "binary"}}
    shapes = {"geojson": {"schema": {"type": "object"}}, "html": text}
    return {FORMS[name]: shapes.get(name, binary) for name in names}
