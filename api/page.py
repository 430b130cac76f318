"""The web page (api/web): built files as they lie, or a word on how to build them.

Input: the folder that the build has written. Output: files below /app/. Those in assets/ are named
by their content and kept by browsers for ever; the rest is asked for each time. The browser is told
to run nothing but these files and to reach no other address.
"""

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from api.forms import lang_wanted
from api.pages import page

BUILT = Path(__file__).parent / "web" / "dist"
PREFIX = "/app"
# data: the map's icons, in its style sheet; blob: a report that is saved
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_AT_ONCE = 4 << 20
_FOR_EVER, _ASKED = "public, max-age=31536000, immutable", "no-cache"


class PageFiles(StaticFiles):
    """The files of the page."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file; without any, with a page that says how to build them."""
        if is_built(Path(str(self.directory))):
            await super().__call__(scope, receive, send)
            return
        request = Request(scope)
        answer = page(request, "unbuilt.html", lang_wanted(request, None), status=404)
        await answer(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with how long it may be kept and what it may do."""
        answer = await super().get_response(path, scope)
        if isinstance(answer, FileResponse):
            # in one go: between two parts others are served, and the map's code is a megabyte
            answer.chunk_size = _AT_ONCE
        is_named = path.startswith("assets/")
        answer.headers["Cache-Control"] = _FOR_EVER if is_named else _ASKED
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer


def is_built(folder: Path) -> bool:
    """Whether the page is there."""
    return (folder / "index.html").is_file()


def install(app: FastAPI, folder: Path) -> None:
    """Add the page to the application; the service answers without it all the same."""
    app.state.page = folder
    app.mount(PREFIX, PageFiles(folder), "page")
