"""The gate: finds the caller and lets it in, before anything of a request is read or done.

It stands around the whole application, so that no route can be added past it: what has no row in
the policy is refused to everybody. What comes to no route goes on, for the router to say so.
"""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from api.policy import POLICY, Policy, RouteKey, Routes
from api.problems import problem
from blueprint.caller import Caller

_CALLER, _ROUTE = "blueprint.caller", "blueprint.route"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="blueprint"'}


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
        caller = _found(Request(scope))
        route = self._route(scope)
        refusal = None if route is None else refused(caller, route)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope[_CALLER], scope[_ROUTE] = caller, route
        await self.app(scope, receive, send)

    def _route(self, scope: Scope) -> RouteKey | None:
        if self._routes is None:
            app: FastAPI = scope["app"]
            self._routes = Routes(app)
        return self._routes.find(scope["method"], get_route_path(scope))


def refused(caller: Caller, route: RouteKey) -> JSONResponse | None:
    """Why a caller may not call a route: who it is is not known, or known and not enough."""
    policy: Policy | None = POLICY.get(route)
    if policy is not None and policy.admits(caller):
        return None
    where = " ".join(route)
    if caller.is_anonymous:
        detail = f"{where}: is for those who say who they are; give a bearer token or an API key"
        return problem(HTTPStatus.UNAUTHORIZED, "Unauthenticated", detail, CHALLENGE)
    detail = f"{where}: is not for the role {caller.role} with these scopes; ask an administrator"
    return problem(HTTPStatus.FORBIDDEN, "Forbidden", detail)


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


def _found(request: Request) -> Caller:
    return Caller.anonymous(request.client.host if request.client else "")
