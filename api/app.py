"""The application: opens the store when it starts, closes it when it stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import checks, collections, errors, root
from blueprint.bootstrap import open_service, store_name

TITLE = "One Blueprint"


def create_app(store: str | None = None) -> FastAPI:
    """The app over a store: a path or a postgresql URL, BLUEPRINT_STORE if not given."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = open_service(store_name(store))
        try:
            yield
        finally:
            app.state.service.close()

    app = FastAPI(
        title=TITLE,
        summary="Where a city's plans fight, and what they say about a site.",
        version="0.1.0",
        lifespan=lifespan,
    )
    errors.install(app)
    for module in (root, collections, checks):
        app.include_router(module.router)
    return app
