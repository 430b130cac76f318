"""The forms that one answer is given in: chosen by suffix, by `f`, or by Accept, in that order."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response
from starlette.exceptions import HTTPException

from api.links import Link
from api.negotiation import acceptable, language
from api.pages import page
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

PAGES = {"json": FORMS["json"], "html": FORMS["html"]}
FEATURES = {"json": FORMS["geojson"], "html": FORMS["html"], "": FORMS["json"]}
"""Features are GeoJSON for whoever takes plain JSON too."""
SCHEMAS = {"json": "application/schema+json", "html": FORMS["html"], "": FORMS["json"]}
"""As features, of what is a JSON Schema."""

VARY = "Accept, Accept-Language"

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
        offers = ", ".join(f"{kind} (?f={name})" for name, kind in there.items() if name)
        detail = f"{request.url.path}: not to be had as {(header or '')[:100]}; there is {offers}"
        raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, detail)
    return next(name for name, one in there.items() if one == kind) or "json"


def lands_on_page(request: Request) -> bool:
    """Whether a browser's form was sent, for which an answer in JSON would be the end."""
    header = ", ".join(request.headers.getlist("accept")) or None
    return acceptable(header, list(PAGES.values())) == PAGES["html"]


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


HEADERS = {
    "Vary": {"schema": {"type": "string"}},
    "Link": {"schema": {"type": "string"}, "description": "the other forms, rel=alternate"},
    "Content-Language": {"schema": {"type": "string"}, "description": "of pages and reports"},
}
"""What an answer says of itself that is given in several forms."""
_IN_A_LANGUAGE = ("html", "pdf", "docx")


def dressed(
    answer: Response,
    there: Mapping[str, str],
    form: str,
    name: str,
    lang: Lang,
    file: str | None = None,
) -> Response:
    """An answer in one of several forms, with its headers.

    `name` is what it is called in its address, `file` as a file, if otherwise.
    """
    answer.headers["Vary"] = VARY
    answer.headers["Link"] = ", ".join(
        f'<{name}.{other}>; rel="alternate"; type="{kind}"'
        for other, kind in there.items()
        if other != form
    )
    if form in _IN_A_LANGUAGE:
        answer.headers["Content-Language"] = lang
    if form in ("pdf", "docx"):
        how = "inline" if form == "pdf" else "attachment"
        answer.headers["Content-Disposition"] = f'{how}; filename="{file or name}.{form}"'
    return answer


@dataclass(frozen=True, slots=True)
class Shown:
    """How a document is shown: as JSON, or as a page in a language."""

    request: Request
    form: str
    lang: Lang

    @property
    def on_page(self) -> bool:
        """Whether a page is wanted."""
        return self.form == "html"

    def page(
        self, template: str, *, headers: dict[str, str] | None = None, **said: Any
    ) -> Response:
        """The page of a template."""
        return page(self.request, template, self.lang, headers=headers, **said)


FormQuery = Annotated[
    Literal["json", "html"] | None, Query(alias="f", description="form; by Accept if not given")
]


def _shown(
    request: Request, response: Response, f: FormQuery = None, lang: LangQuery = None
) -> Shown:
    response.headers["Vary"] = VARY
    return Shown(request, form_wanted(request, f, PAGES), lang_wanted(request, lang))


def _shown_features(request: Request, f: FormQuery = None, lang: LangQuery = None) -> Shown:
    return Shown(request, form_wanted(request, f, FEATURES), lang_wanted(request, lang))


def _shown_schema(request: Request, f: FormQuery = None, lang: LangQuery = None) -> Shown:
    return Shown(request, form_wanted(request, f, SCHEMAS), lang_wanted(request, lang))


ShownDep = Annotated[Shown, Depends(_shown)]
ShownFeaturesDep = Annotated[Shown, Depends(_shown_features)]
ShownSchemaDep = Annotated[Shown, Depends(_shown_schema)]
PAGE: dict[int | str, dict[str, Any]] = {200: {"content": described("html")}}
"""What a route declares that gives a page beside JSON."""


def in_form(href: str, form: str) -> str:
    """The address of a document in a form."""
    sign = "&" if "?" in href else "?"
    return f"{href}{sign}f={form}"


def other_form(href: str, title: str) -> Link:
    """The link from a document to its page."""
    return Link(href=in_form(href, "html"), rel="alternate", title=title, type=FORMS["html"])
