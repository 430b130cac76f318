"""The application: opens the store when it starts, closes it when it stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import (
    applicants,
    approvals,
    cases,
    catalogue,
    check_forms,
    checks,
    clock,
    codes,
    collections,
    conflict_work,
    conflicts,
    deliveries,
    description,
    docs,
    errors,
    exports,
    features,
    idempotency,
    jobs,
    lineage,
    map_tiles,
    materials,
    operation,
    opinions,
    outcome_forms,
    page,
    processes,
    projects,
    root,
    supervision,
    tiles,
    uploads,
    webhooks,
    whoami,
)
from api.deps import refuse_unknown_parameters
from api.description import TAGS, complete, operation_id
from api.doors import Doors
from api.gate import Gate, confirm_admitted
from api.observation import Meters, Observed
from api.orphans import end_with_parent
from api.security import secure
from api.spoken import Spoken
from blueprint.access.settings import Access, access_from
from blueprint.bootstrap import open_service, store_name
from blueprint.codes import check_digit_from
from blueprint.collections.warming import warm_up
from blueprint.work.worker import Worker

TITLE = "One Blueprint"
_PATIENCE_SECONDS = 20.0


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The description of the API, whole."""
        if self.openapi_schema is None:
            document = super().openapi()
            secure(document)
            for operations in document["paths"].values():
                if "post" in operations:
                    idempotency.describe(operations["post"])
            self.openapi_schema = complete(document)
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


def create_app(
    store: str | None = None,
    access: Access | None = None,
    web: Path = page.BUILT,
    *,
    warm: bool = False,
) -> FastAPI:
    """The app over a store: a path or a postgresql URL, BLUEPRINT_STORE if not given.

    How callers are known and what they may ask is as the environment says unless it is given; `web`
    is where the web page was built, if it was. One that is `warm` makes ready, while it answers
    already, what the first questions would wait for.
    """
    registry = CollectorRegistry()
    meters = Meters(registry)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        wanted = access or access_from()
        app.state.check_digit = check_digit_from()
        service = app.state.service = open_service(store_name(store))
        app.state.doors = Doors.of(service, wanted)
        in_use = meters.connections
        service.database.tell_of_use(in_use.inc, in_use.dec)
        if warm:
            Thread(target=warm_up, args=(service,), daemon=True).start()
        worker = Worker(service)
        if not service.database.is_postgis:
            # an embedded store's one worker lives here; others are processes of their own
            worker.start()
        try:
            yield
        finally:
            await run_in_threadpool(worker.stop, _PATIENCE_SECONDS)
            app.state.doors.close()
            service.close()

    app = _Api(
        title=TITLE,
        summary="Where a city's plans fight, and what they say about a site.",
        version=version("blueprint"),
        lifespan=lifespan,
        openapi_tags=TAGS,
        generate_unique_id_function=operation_id,
        docs_url=None,  # FastAPI's own pages load their scripts from elsewhere
        redoc_url=None,
        dependencies=[
            Depends(confirm_admitted),
            Depends(refuse_unknown_parameters),
            Depends(idempotency.heed_key),
        ],
    )
    app.state.registry = registry
    idempotency.install(app)
    app.add_middleware(Gate)
    app.add_middleware(_HeadAsGet)
    app.add_middleware(Spoken)
    app.add_middleware(Observed, meters=meters)  # the last one added is the first one met
    errors.install(app)
    docs.install(app)
    page.install(app, web)
    description.install(app)
    for module in (
        root,
        whoami,
        catalogue,
        collections,
        features,
        tiles,
        map_tiles,
        checks,
        check_forms,
        conflicts,
        conflict_work,
        supervision,
        deliveries,
        projects,
        lineage,
        exports,
        codes,
        cases,
        opinions,
        outcome_forms,
        clock,
        approvals,
        materials,
        applicants,
        processes,
        jobs,
        uploads,
        webhooks,
        operation,
    ):
        app.include_router(module.router)
    return app


def served_app() -> FastAPI:
    """The app as `blueprint serve` runs it."""
    end_with_parent()
    return create_app(warm=True)
