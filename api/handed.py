"""What a request hands in as a site: a body of its media type, or a form with a file and fields.

Input: a request. Output: `Handed`. The body is read up to its limit and no further; a form has the
parameters of the address as fields, each of which is given once.
"""

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from api.deps import Day, PlainText, invalid
from blueprint.checks.handed_site import MEDIA_TYPES, HandedSite, suffix_for

LARGEST_BODY = 10 << 20
FORM = "multipart/form-data"
_MOST_FIELDS = 20
# what clients say of a body when they are told nothing of it
_UNSAID = ("", "application/octet-stream", "application/x-www-form-urlencoded")


FieldsT = TypeVar("FieldsT", bound=BaseModel)


class Fields(BaseModel):
    """The parameters of a check as the fields of a form; names are those of the address."""

    model_config = ConfigDict(extra="forbid")

    date: Day | None = Field(None, description="YYYY-MM-DD; today if not given")
    snapshot: PlainText | None = None
    as_of: Day | None = None
    crs: PlainText | None = None
    name: PlainText | None = None
    layer: PlainText | None = None
    suggest: bool | None = None
    project: Json[Any] | None = Field(None, description="answers and figures, as JSON")


@dataclass(frozen=True, slots=True)
class Handed:
    """The site's file, and the fields beside it; a plain body has none."""

    site: HandedSite
    fields: Fields


async def handed_in(request: Request) -> Handed:
    """The site of a request.

    Raises:
        HTTPException: the body is too large, or of a media type that no site is handed in as.
        RequestValidationError: the form is malformed, or a field of it is.
        UnreadableSource: a file's name says that it is none that is read here.
    """
    said = request.headers.get("content-type", "")
    kind = said.partition(";")[0].strip().lower()
    suffix = ".geojson" if kind in _UNSAID else suffix_for(kind)
    if suffix is None and kind != FORM:
        usual = ", ".join(kinds[0] for kinds in MEDIA_TYPES.values())
        detail = f"Content-Type {kind[:60]}: not what a site is handed in as; send {usual}, {FORM}"
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    body = await read_body(request)
    if suffix is not None:
        return Handed(HandedSite(body, suffix), Fields.model_construct())
    file, fields = await read_form(request, body, Fields)
    if file is None:
        raise _one_file()
    return Handed(file, fields)


async def read_body(request: Request) -> bytes:
    """All of a body, up to the limit.

    Raises:
        HTTPException: it is too large.
    """
    body = bytearray()
    stated = request.headers.get("content-length", "")
    too_large = stated.isdecimal() and int(stated) > LARGEST_BODY
    if not too_large:
        async for chunk in request.stream():
            body += chunk
            if too_large := len(body) > LARGEST_BODY:
                break
    if too_large:
        most = LARGEST_BODY >> 20
        detail = f"the body is over {most} MiB; simplify the site's boundary"
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return bytes(body)


async def read_form(
    request: Request, body: bytes, model: type[FieldsT]
) -> tuple[HandedSite | None, FieldsT]:
    """The file of a form, if it has one, and its fields.

    Raises:
        RequestValidationError: the form is malformed, or a field of it is.
        UnreadableSource: a file's name says that it is none that is read here.
    """
    parser = MultiPartParser(request.headers, _once(body), max_files=1, max_fields=_MOST_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, LookupError) as error:
        why = error.message if isinstance(error, MultiPartException) else "it is malformed"
        raise invalid("body", "form", f"{why}; send one file and its fields") from None
    try:
        parts = form.multi_items()
        files = [part for name, part in parts if name == "file" and isinstance(part, UploadFile)]
        texts = [(name, part) for name, part in parts if isinstance(part, str)]
        is_text = any(name == "file" for name, _ in texts)
        if is_text or len(files) > 1 or len(files) + len(texts) != len(parts):
            raise _one_file()
        fields = _fields(request, texts, model)
        if not files:
            return None, fields
        data = await files[0].read()
        return HandedSite.of_file(data, files[0].filename or "", files[0].content_type), fields
    finally:
        with suppress(OSError):
            await form.close()


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _one_file() -> RequestValidationError:
    return invalid("body", "file", "send one file, in a field named file with a file name")


def _fields(request: Request, texts: list[tuple[str, str]], model: type[FieldsT]) -> FieldsT:
    names = [name for name, _ in texts]
    for name in names:
        if names.count(name) > 1 or name in request.query_params:
            raise invalid("body", name[:60], "given more than once")
    try:
        return model.model_validate(dict(texts))
    except ValidationError as problem:
        first = problem.errors()[0]
        raise RequestValidationError([{**first, "loc": ("body", *first["loc"])}]) from None
