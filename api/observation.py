"""Every request is given an id, counted, timed, and written down in one line.

The line has the route, not what was asked of it: a query or a body may tell of a site that is
nobody's business. Whoever sends `X-Request-ID` finds it again in the answer and in the lines.
"""

import logging
import re
from secrets import token_hex
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER = "x-request-id"
_SOUND = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the series, and a restart shows in the counters
_log = logging.getLogger("blueprint.requests")


class Meters:
    """What is counted of requests; labels are routes, methods and statuses, never what is asked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answered = Counter(
            "blueprint_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "blueprint_request_seconds",
            "Time from a request's head to the end of its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "blueprint_requests_in_flight",
            "Requests that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.connections = Gauge(
            "blueprint_store_connections_in_use",
            "Connections to the store that are taken from the pool.",
            registry=registry,
            multiprocess_mode="livesum",
        )


class Observed:
    """An ASGI application whose requests are observed."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app, self.meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as the application does, and note it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        method, status, start = scope["method"], 500, perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id), self.meters.in_flight.track_inprogress():
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                self._note(scope, method, status, perf_counter() - start)

    def _note(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        # unknown paths and methods are one each: whoever tries many must not fill the meters
        route = getattr(scope.get("route"), "path", "none")
        method = method if route != "none" else "any"
        self.meters.answered.labels(method, route, status).inc()
        self.meters.seconds.labels(method, route).observe(seconds)
        told = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        _log.info("answered", extra=told)


def _id_of(scope: Scope) -> str:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _SOUND.fullmatch(given) else token_hex(16)
