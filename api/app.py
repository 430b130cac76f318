"""The application: opens the store when it starts, closes it when it stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import (
    check_forms,
    checks,
    collections,
    conflicts,
    description,
    docs,
    errors,
    features,
    operation,
    root,
    tiles,
)
from api.deps import refuse_unknown_parameters
from api.description import TAGS, complete, operation_id
from api.gate import Gate, confirm_admitted
from api.observation import Meters, Observed
from api.spoken import Spoken
from blueprint.bootstrap import open_service, store_name

TITLE = "One Blueprint"


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The description of the API, whole."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi())
        return self.openapi_schema


class _HeadAsGet:
    """Answer HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["method"] = "GET"
        await self.app(scope, receive, send_bodiless)


def create_app(store: str | None = None) -> FastAPI:
    """The app over a store: a path or a postgresql URL, BLUEPRINT_STORE if not given."""
    registry = CollectorRegistry()
    meters = Meters(registry)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = open_service(store_name(store))
        in_use = meters.connections
        app.state.service.database.tell_of_use(in_use.inc, in_use.dec)
        try:
            yield
        finally:
            app.state.service.close()

    app = _Api(
        title=TITLE,
        summary="Where a city's plans fight, and what they say about a site.",
        version=version("blueprint"),
        lifespan=lifespan,
        openapi_tags=TAGS,
        generate_unique_id_function=operation_id,
        docs_url=None,  # FastAPI's own pages load their scripts from elsewhere
        redoc_url=None,
        dependencies=[Depends(confirm_admitted), Depends(refuse_unknown_parameters)],
    )
    app.state.registry = registry
    app.add_middleware(Gate)
    app.add_middleware(_HeadAsGet)
    app.add_middleware(Spoken)
    app.add_middleware(Observed, meters=meters)  # the last one added is the first one met
    errors.install(app)
    docs.install(app)
    description.install(app)
    for module in (root, collections, features, tiles, checks, check_forms, conflicts, operation):
        app.include_router(module.router)
    return app
