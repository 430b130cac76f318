"""The gate: finds the caller and lets it in, before anything of a request is read or done.

It stands around the whole application, so that no route can be added past it: what has no row in
the policy is refused to everybody. What comes to no route goes on, for the router to say so.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.doors import Doors
from api.identity import CHALLENGE, Refusal, address_of, is_told
from api.policy import POLICY, Policy, RouteKey, Routes
from api.problems import problem
from api.trail import Trail, entry_of, keep_apart
from blueprint.access.caller import Caller
from blueprint.audit_log import acting
from layers import StoreUnavailable

_log = logging.getLogger(__name__)
_CALLER, _ROUTE = "blueprint.access.caller", "blueprint.route"
_ANSWERED_ALONE: set[RouteKey | None] = {("GET", "/livez")}
"""What is the same for everybody, and told while the store does not answer."""
_WITH_BODY = ("POST", "PUT", "PATCH")


class Gate:
    """Admit a request as the policy says, with its caller in the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._routes: Routes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or hand the request on."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        app: FastAPI = scope["app"]
        doors: Doors | None = getattr(app.state, "doors", None)
        route = self._route(app, scope)
        caller = Caller.anonymous(address_of(request))
        try:
            if doors is not None and is_told(request) and route not in _ANSWERED_ALONE:
                caller = await self._find(doors, caller, request)
            admit(caller, route)
            if doors is not None:
                _count(doors, caller, request)
                _weigh(largest_body(doors, route), request)
        except Refusal as refusal:
            is_news = refusal.is_news
            if doors is not None and is_news and (route or is_told(request)):
                doors.audit.put(entry_of(caller, request, refusal.status))
            await _answer(refusal)(scope, receive, _apart(send, caller))
            return
        scope[_CALLER], scope[_ROUTE] = caller, route
        if doors is None:
            await self.app(scope, receive, send)
            return
        trail = Trail(doors, caller, route, request, send)
        with acting(trail.actor):
            await self.app(scope, _at_most(largest_body(doors, route), receive), trail)

    async def _find(self, doors: Doors, public: Caller, request: Request) -> Caller:
        try:
            return await run_in_threadpool(doors.identity.find, request)
        except Refusal:
            # whoever tries keys is counted as the public of that address
            _count(doors, public, request)
            raise
        except StoreUnavailable as error:
            # the text names the server or the path of the store: not for every caller
            _log.error("%s", error)
            detail = "the store does not answer, so that nobody can be known; try again later"
            wait = {"Retry-After": "5"}
            unavailable = HTTPStatus.SERVICE_UNAVAILABLE
            raise Refusal(unavailable, "StoreUnavailable", detail, wait) from None

    def _route(self, app: FastAPI, scope: Scope) -> RouteKey | None:
        if self._routes is None:
            self._routes = Routes(app)
        return self._routes.find(scope["method"], get_route_path(scope))


def admit(caller: Caller, route: RouteKey | None) -> None:
    """Let a caller through to a route, or on to be told that there is none.

    Raises:
        Refusal: it may not call it: who it is is not known, or known and not enough.
    """
    policy: Policy | None = None if route is None else POLICY.get(route)
    if route is None or (policy is not None and policy.admits(caller)):
        return
    where = " ".join(route)
    if caller.is_anonymous:
        detail = f"{where}: is for those who say who they are; give a bearer token or an API key"
        raise Refusal(HTTPStatus.UNAUTHORIZED, "Unauthenticated", detail, CHALLENGE)
    detail = f"{where}: is not for the role {caller.role} with these scopes; ask an administrator"
    raise Refusal(HTTPStatus.FORBIDDEN, "Forbidden", detail)


def _count(doors: Doors, caller: Caller, request: Request) -> None:
    wait = doors.limits.take(caller, post=request.method in _WITH_BODY)
    if wait is not None:
        seconds = ceil(wait.seconds)
        refusal = Refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            "TooManyRequests",
            f"more requests than the role {caller.role} may make; try again in {seconds} s",
            {"Retry-After": str(seconds)},
        )
        refusal.is_news = wait.is_news
        raise refusal


def largest_body(doors: Doors, route: RouteKey | None) -> int | None:
    """How many bytes a request may bring; None: the route sees to it."""
    policy = None if route is None else POLICY.get(route)
    return None if policy is not None and policy.weighs else doors.largest_body


def _weigh(most: int | None, request: Request) -> None:
    said = request.headers.get("content-length", "0")
    # so many digits are too many in any case, and more than Python reads
    announced = int(said[:20]) if said.isascii() and said.isdigit() else 0
    if most is not None and announced > most:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BodyTooLarge", _too_large(most))


def _too_large(most: int) -> str:
    return f"the body is over {most >> 20} MiB; send less at once"


def _at_most(most: int | None, receive: Receive) -> Receive:
    """What a request's body comes by, which ends where it grows too large."""
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if most is not None and size > most:
            # one that FastAPI lets through while it reads a body
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large(most))
        return message

    return limited


def _answer(refusal: Refusal) -> JSONResponse:
    return problem(refusal.status, refusal.kind, refusal.detail, refusal.headers)


def _apart(send: Send, caller: Caller) -> Callable[[Message], Awaitable[None]]:
    async def apart(message: Message) -> None:
        if message["type"] == "http.response.start":
            keep_apart(message, caller)
        await send(message)

    return apart


def caller_of(request: Request) -> Caller:
    """Who the gate let in.

    Raises:
        KeyError: nobody was: the request came past the gate.
    """
    caller: Caller = request.scope[_CALLER]
    return caller


def confirm_admitted(request: Request) -> None:
    """See that the route which answers is the one that the gate has looked at.

    Raises:
        RuntimeError: it is another one: the two read the path differently, which is a fault.
    """
    admitted = request.scope.get(_ROUTE)
    if admitted != (request.scope["method"], request.scope["route"].path):
        message = f"{request.scope['route'].path}: answered, but {admitted} was admitted"
        raise RuntimeError(message)
