"""`Idempotency-Key` on every POST: a request that is sent twice is done once.

After draft-ietf-httpapi-idempotency-key-header. The dependency `heed_key`, which every route has,
knows the caller and claims the key; the middleware around the app sees the body as it comes and the
answer as it goes, and keeps it before it is sent. Neither holds the body in memory.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import CallerDep, ServiceDep, invalid
from api.problems import problems
from blueprint.access.caller import Caller
from blueprint.errors import AnswerClosed, KeyOfAnother
from blueprint.keeping import keeping
from blueprint.kept_answers import Claim, KeptAnswer, claim_key, keep_answer, release_key
from blueprint.service import Service
from layers import StoreUnavailable

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_NAME = HEADER.lower().encode()
_KEY = re.compile(r'"([\x21\x23-\x5b\x5d-\x7e]{1,200})"|([\x21\x23-\x5b\x5d-\x7e]{1,200})')
_PASSING = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
}
"""Refusals that may be none the next time: not kept, as no fault of ours is."""
_MOST_UNREAD = 16 << 20
_STATE = "blueprint.idempotency"
_BETWEEN = b"\0between two parts\0"
_log = logging.getLogger(__name__)

_PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "a text of your choice, such as a UUID: the same request sent again with it is "
    "not done again, its answer is given again",
    "schema": {"type": "string", "maxLength": 202},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}

_TOLD: dict[str, Any] = {
    "description": "true: the request was done before, and this is what was answered then",
    "schema": {"type": "string", "enum": ["true"]},
}


class Replay(Exception):
    """The request was answered before, by this."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__(kept.status)
        self.kept = kept


class _Fingerprint:
    """The hash of what a request says: its address, what it prefers, its media type and its body.

    Between the parts of a form stands a text that every sending of it makes anew; it says nothing.
    """

    def __init__(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        kind, options = parse_options_header(headers.get("content-type", ""))
        self._between = options.get(b"boundary", b"") if kind.startswith(b"multipart/") else b""
        said = (scope["path"], scope["query_string"].decode("latin-1"), headers.get("prefer", ""))
        self._digest = sha256("\n".join((*said, kind.decode("latin-1"), "")).encode())
        self._held = b""

    def update(self, data: bytes) -> None:
        """Take in more of the body."""
        if not self._between:
            self._digest.update(data)
            return
        *parts, rest = (self._held + data).split(self._between)
        for part in parts:
            self._digest.update(part + _BETWEEN)
        # the end may be the beginning of what stands between
        held = min(len(rest), len(self._between) - 1)
        self._held = rest[len(rest) - held :]
        self._digest.update(rest[: len(rest) - held])

    def hexdigest(self) -> str:
        """The hash of all that came."""
        whole = self._digest.copy()
        whole.update(self._held)
        return whole.hexdigest()


@dataclass(slots=True)
class _Keyed:
    """One request with a key: the hash of what it says, as far as it has come; and its claim."""

    digest: _Fingerprint
    whole: bool = False
    unread: int = 0
    claim: Claim | None = None
    start: Message | None = None
    body: bytearray = field(default_factory=bytearray)

    def saw(self, message: Message) -> None:
        if message["type"] == "http.request" and not self.whole:
            self.digest.update(message.get("body", b""))
            self.whole = not message.get("more_body", False)


async def heed_key(request: Request, service: ServiceDep, caller: CallerDep) -> None:
    """Claim the key of a POST, or answer it as before.

    Raises:
        RequestValidationError: the key is none.
        Replay: it was answered.
        KeyAtWork, KeyOfAnother, AnswerClosed: it cannot be answered so.
    """
    keyed: _Keyed | None = request.scope.get(_STATE)
    if keyed is None:
        return
    given = request.headers.getlist(HEADER)
    found = _KEY.fullmatch(given[0].strip()) if len(given) == 1 else None
    if found is None:
        raise invalid("header", HEADER, "give one text of 1 to 200 visible characters")
    key = found[1] or found[2]
    claimed = await run_in_threadpool(_claim, service, caller, key)
    if isinstance(claimed, Claim):
        keyed.claim = claimed
        return
    if not keyed.whole:
        async for _ in request.stream():
            pass
    if keyed.digest.hexdigest() != claimed.fingerprint:
        message = f"{key}: was given with another request; give every request a key of its own"
        raise KeyOfAnother(message)
    if not claimed.same_view:
        there = dict(claimed.headers).get("location", "its own address")
        message = f"{key}: was done; what may be seen has changed since, look at {there}"
        raise AnswerClosed(message)
    raise Replay(claimed)


def _claim(service: Service, caller: Caller, key: str) -> Claim | KeptAnswer:
    with service.database.write() as connection:
        return claim_key(connection, caller, key, keeping().answers)


def describe(operation: dict[str, Any]) -> None:
    """Say of a POST what the key does; more than once is as good as once."""
    parameters = operation.setdefault("parameters", [])
    if _PARAMETER not in parameters:
        parameters.append(_PARAMETER)
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer.setdefault("headers", {})[REPLAYED] = _TOLD
    for status, answer in problems(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY).items():
        operation["responses"].setdefault(str(status), answer)


def install(app: FastAPI) -> None:
    """Give kept answers out again, and see every request with a key pass by."""
    app.add_exception_handler(Replay, _replay)
    app.add_middleware(_Keeper)


def _replay(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Replay)
    answer = Response(error.kept.body, error.kept.status)
    for name, value in error.kept.headers:
        answer.headers[name] = value
    answer.headers[REPLAYED] = "true"
    return answer


class _Keeper:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not _has_key(scope):
            await self.app(scope, receive, send)
            return
        keyed = _Keyed(_Fingerprint(scope))

        async def receive_and_see() -> Message:
            message = await receive()
            keyed.saw(message)
            return message

        async def keep_and_send(message: Message) -> None:
            if keyed.claim is None:
                await send(message)
            elif message["type"] == "http.response.start":
                keyed.start = message
            else:
                await _body(message)

        async def _body(message: Message) -> None:
            assert keyed.start is not None
            keyed.body += message.get("body", b"")
            if message.get("more_body", False):
                return
            await _settle(scope, keyed, receive_and_see)
            await send(keyed.start)
            await send({"type": "http.response.body", "body": bytes(keyed.body)})

        try:
            await self.app({**scope, _STATE: keyed}, receive_and_see, keep_and_send)
        finally:
            if keyed.claim is not None:
                # it came to no answer
                await _release(scope, keyed)


def _has_key(scope: Scope) -> bool:
    return any(name == _NAME for name, _ in scope["headers"])


async def _settle(scope: Scope, keyed: _Keyed, receive: Callable[[], Awaitable[Message]]) -> None:
    """Keep the answer, if it is one to be kept, and let go of the key else."""
    assert keyed.start is not None
    status = keyed.start["status"]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
        await _release(scope, keyed)
        return
    while not keyed.whole:
        # refused unread: the same request will be known by all that it says
        try:
            message = await receive()
        except HTTPException:  # it grows beyond what is read of a body: it is not known as a whole
            await _release(scope, keyed)
            return
        keyed.unread += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or keyed.unread > _MOST_UNREAD:
            await _release(scope, keyed)
            return
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in keyed.start["headers"]
        if name.lower() != b"content-length"
    ]
    body = _without_secret(bytes(keyed.body)) if _is_said_once(scope) else bytes(keyed.body)
    await _write(scope, keyed, lambda connection, claim: keep_answer(
        connection, claim, keyed.digest.hexdigest(), status, headers, body
    ))  # fmt: skip


def _is_said_once(scope: Scope) -> bool:
    """Whether an answer may tell the secret that a webhook's messages are signed with."""
    return bool(scope["path"].startswith("/webhooks"))


def _without_secret(body: bytes) -> bytes:
    """What is given again of such an answer."""
    try:
        told = json.loads(body)
    except ValueError:
        return body
    if not isinstance(told, dict) or "secret" not in told:
        return body
    return json.dumps(told | {"secret": None}).encode()


async def _release(scope: Scope, keyed: _Keyed) -> None:
    await _write(scope, keyed, release_key)


async def _write(scope: Scope, keyed: _Keyed, write: Callable[[Any, Claim], None]) -> None:
    claim, keyed.claim = keyed.claim, None
    assert claim is not None
    service: Service = scope["app"].state.service

    def in_one() -> None:
        with service.database.write() as connection:
            write(connection, claim)

    try:
        await run_in_threadpool(in_one)
    except StoreUnavailable as problem:
        # it was done: say so, whatever becomes of the key
        _log.warning("key %s: %s", claim.key, problem)
