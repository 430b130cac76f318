"""What of a request the audit log has: changes, what is not public that was seen, refusals.

Input: a request that was let in, and its answer as it begins. What somebody sees or changes is
entered before the answer leaves; what was refused soon after. What is entered by the act itself is
not entered twice.
"""

import asyncio
import logging
import re
from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from api.doors import Doors
from api.identity import address_of
from api.policy import POLICY, RouteKey
from api.problems import problem
from blueprint.access.caller import Caller
from blueprint.audit_log import Actor, Entry
from blueprint.registry import now
from layers import StoreUnavailable
from layers.table import canonical_json

_REFUSALS = {401, 403, 404, 413, 429}
_LONGEST = 500
_METERS: RouteKey = ("GET", "/metrics")
_VARY = "Authorization, X-Api-Key"
_SECRET = re.compile(r"(?i)((?:^|&)[^=&]*(?:key|token|secret|password)[^=&]*=)[^&]*")
_log = logging.getLogger(__name__)


def entry_of(caller: Caller, request: Request, status: int) -> Entry:
    """The entry of a request and how it was answered."""
    # as it came, in characters that every store and every line takes
    path = quote(request.scope["path"], safe="/:@!$&'()*+,;=~-._", errors="replace")
    detail = {
        "query": _said(request.scope["query_string"]),
        "status": status,
        "from": address_of(request),
        "clearance": caller.clearance,
    }
    action = f"refuse {request.method}" if status in _REFUSALS else request.method
    return Entry(now(), caller.name, action, path[:_LONGEST], canonical_json(detail))


def _said(query: bytes) -> str:
    """A query without what somebody took for a way to give a key."""
    return _SECRET.sub(r"\1…", quote(query, safe="%&=+,;:@!$'()*/?~-._"))[:_LONGEST]


class Trail:
    """The sending end of one request: notes the answer as it begins, then lets it go."""

    def __init__(
        self, doors: Doors, caller: Caller, route: RouteKey | None, request: Request, send: Send
    ) -> None:
        self._doors, self._caller, self._route = doors, caller, route
        self._request, self._send = request, send
        self._is_replaced = False
        self.actor = Actor(caller.name)

    async def __call__(self, message: Message) -> None:
        """Send a message of the answer, unless the answer was replaced."""
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            try:
                await self._note(message["status"])
            except StoreUnavailable:
                _log.exception("an answer was withheld: the audit log cannot be written")
                await self._replace()
                return
            keep_apart(message, self._caller)
        await self._send(message)

    async def _note(self, status: int) -> None:
        if self._route is None:
            return
        entry = entry_of(self._caller, self._request, status)
        if status in _REFUSALS:
            self._doors.audit.put(entry)
        elif status < HTTPStatus.BAD_REQUEST and self._is_noted():
            await asyncio.wrap_future(self._doors.audit.keep(entry))

    def _is_noted(self) -> bool:
        assert self._route is not None
        if self._route[0] != "GET":
            return not self.actor.entries
        if self._route == _METERS:  # what has to be told while the store is away
            return False
        scope = POLICY[self._route].scope
        return scope == "check" or (scope is not None and not self._caller.is_public)

    async def _replace(self) -> None:
        self._is_replaced = True
        detail = "the service cannot note who sees this, and so does not show it; try again later"
        answer = problem(HTTPStatus.SERVICE_UNAVAILABLE, "StoreUnavailable", detail)
        await answer(self._request.scope, self._request.receive, self._send)


def keep_apart(message: Message, caller: Caller) -> None:
    """Tell caches that the answer is this caller's, and not everybody's."""
    headers = MutableHeaders(scope=message)
    headers.add_vary_header(_VARY)
    if not caller.is_anonymous:
        said = headers.get("cache-control", "")
        rest = [part.strip() for part in said.split(",")]
        kept = [part for part in rest if part and part != "public" and "s-maxage" not in part]
        if not {"private", "no-store"} & set(kept):
            kept.insert(0, "private")
        headers["cache-control"] = ", ".join(kept)
