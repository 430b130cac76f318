"""The page of problem types, docs/problems.md: written from the tables that answers are made of.

`python -m api.problems_doc` writes it; a test compares.
"""

from http import HTTPStatus
from pathlib import Path

from api.errors import STATUS, status_of
from api.problem_words import SITE_REASONS, TYPE, WORDS
from blueprint import errors as planning
from conflict import errors as overlay
from layers import errors as data

_PAGE = Path(__file__).parents[1] / "docs" / "problems.md"
_OURS = {
    "InvalidRequest": HTTPStatus.BAD_REQUEST,
    "BadRequest": HTTPStatus.BAD_REQUEST,
    "Unauthenticated": HTTPStatus.UNAUTHORIZED,
    "Forbidden": HTTPStatus.FORBIDDEN,
    "NotFound": HTTPStatus.NOT_FOUND,
    "MethodNotAllowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "NotAcceptable": HTTPStatus.NOT_ACCEPTABLE,
    "SiteTooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "UnsupportedMediaType": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "AmbiguousCaller": HTTPStatus.BAD_REQUEST,
    "TooManyRequests": HTTPStatus.TOO_MANY_REQUESTS,
    "BodyTooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "RequestTooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "UploadTooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "IssuerUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "Fault": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_HEAD = f"""# Problem types

Every answer that is not a success is a problem document (RFC 9457, `application/problem+json`).
`type` is `{TYPE}` and a name of this list: it stays as it is, and is what a program should look at.
`title` and `detail` are in Chinese or English, by `Accept-Language`; English where nothing is asked
for. `detail` is one line that names the object and the remedy. In Chinese it is put together from
the type, and for a site from the reason; `detail_en` then has the whole of it. `instance` is the
request's id in the service's log.

| type | status | 名称 | title | 处理 | what to do |
|---|---|---|---|---|---|
"""
_REASONS = """
Why a site is refused (`InvalidSite`):

| 原因 | reason |
|---|---|
"""


def problems_doc() -> str:
    """The whole page."""
    kinds = {name: kind for m in (planning, data, overlay) for name, kind in vars(m).items()}
    lines = []
    for name, words in WORDS.items():
        status = _OURS.get(name) or _status(kinds[name])
        title, remedy = words.title, words.remedy
        cells = (f"`{name}`", f"{int(status)}", title.zh, title.en, remedy.zh, remedy.en)
        lines.append(f"| {' | '.join(cells)} |\n")
    reasons = [f"| {reason.zh} | {reason.en} |\n" for reason in SITE_REASONS.values()]
    return _HEAD + "".join(lines) + _REASONS + "".join(reasons)


def _status(kind: type[Exception]) -> HTTPStatus:
    return STATUS.get(kind) or status_of(kind("x"))


if __name__ == "__main__":
    _PAGE.write_text(problems_doc(), "utf-8")
