"""Web pages: what a person sees of the documents that programs get, made on the server.

Input: a template of `templates/`, a language, and a document. Output: HTML. Every value is escaped,
nothing is loaded from elsewhere, no script runs: the browser is told to allow none.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from blueprint.report.document import Lang, Tongue

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def page(
    request: Request,
    template: str,
    lang: Lang,
    *,
    headers: dict[str, str] | None = None,
    status: int = 200,
    **said: Any,
) -> HTMLResponse:
    """A page in that language, from a template and what it is given to say."""
    here = _ENVIRONMENT.get_template(template)
    asked = dict(request.query_params)
    # by a header it is wanted of the next page too, without a word in its address
    kept = {"lang": lang} if "lang" in asked else {}
    text = here.render(
        say=Tongue(lang),
        lang=lang,
        to=lambda href, **more: _address(href, more | {"f": "html"} | kept),
        in_lang=lambda href: _address(href, kept),
        base=_base(request),
        other_lang=f"?{urlencode({**asked, 'lang': 'en' if lang == 'zh' else 'zh'})}",
        as_json=f"?{urlencode({**asked, 'f': 'json'})}",
        **said,
    )
    answer = HTMLResponse(text, status, headers=headers)
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Content-Language"] = lang
    answer.headers["Vary"] = "Accept, Accept-Language"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _base(request: Request) -> str:
    """Where the API lies; what is mounted in it has an address of its own."""
    mounted, whole = request.scope.get("app_root_path"), request.scope.get("root_path", "")
    base = str(request.base_url).rstrip("/")
    return base if mounted is None else base.removesuffix(whole.removeprefix(mounted))


def _address(href: str, asked: Mapping[str, str]) -> str:
    """An address with these in its query, in the place of what it had of the same names."""
    parts = urlsplit(href)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(asked)
    return parts._replace(query=urlencode(query)).geturl()
