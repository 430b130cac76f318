"""For whoever runs the service: whether it lives, whether it is ready, and what it counts."""

import os
from pathlib import Path
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from pydantic import BaseModel

from api.deps import ServiceDep
from api.problems import problems
from blueprint.registry import load_snapshot

router = APIRouter(tags=["service"])
_METERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}}}}
}


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Questions can be answered, on this snapshot."""

    status: Literal["ready"] = "ready"
    snapshot: str


@router.get("/livez", responses=problems())
async def alive() -> Alive:
    """Whether the process answers at all: the store is not asked."""
    return Alive()


@router.get("/readyz", responses=problems())
def ready(service: ServiceDep) -> Ready:
    """Whether the store answers and something is published: 503 until both are so."""
    with service.database.read() as connection:
        return Ready(snapshot=load_snapshot(connection).ref.id)


@router.get(
    "/metrics",
    response_class=Response,
    responses={**_METERS, **problems()},
)
def metrics(request: Request) -> Response:
    """What is counted, as Prometheus reads it; of all workers where there are several."""
    registry: CollectorRegistry = request.app.state.registry
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        _forget_the_dead(Path(folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _forget_the_dead(folder: Path) -> None:
    """Take away what processes had in hand that were killed: nobody has it any more."""
    numbers = {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*_*.db")}
    for number in numbers:
        if not Path(f"/proc/{number}").exists():
            mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]
