"""Which language the caller of the request at hand reads problems in."""

from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.negotiation import language
from blueprint.report.document import Lang

_LANG: ContextVar[Lang] = ContextVar("lang", default="en")


def spoken_to(scope: Scope) -> Lang:
    """The language of a request's problems; English, which logs are in, unless asked otherwise."""
    return language(", ".join(Headers(scope=scope).getlist("accept-language")), "en")


def spoken() -> Lang:
    """The language of the request that is being answered."""
    return _LANG.get()


class Spoken:
    """An ASGI application that knows what language each request is in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        if scope["type"] == "http":
            # not taken back: a fault is told of outside, in the same language
            _LANG.set(spoken_to(scope))
        await self.app(scope, receive, send)
