"""What was handed in, and what came of it: deliveries, their reports, and where issues lie."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel

from api.deps import ClearanceDep, PlainText, ServiceDep
from api.features import GeoJson
from api.links import Link
from api.problems import problems
from blueprint.cli.delivery_tables import delivery_line
from blueprint.deliveries.kept import find_delivery, list_deliveries
from blueprint.deliveries.places import delivery_places
from blueprint.deliveries.report import IngestReport

router = APIRouter(prefix="/deliveries", tags=["deliveries"])
_MOST = 1000
NumberPath = Annotated[int, Path(ge=1, le=2**31, description="as the list has it")]


class DeliveryLine(BaseModel):
    """One delivery; `version` null: refused, and `refused` says why."""

    delivery: int
    layer: str
    version: int | None
    status: Literal["taken", "refused"]
    refused: str | None
    delivered_at: datetime
    effective: date
    file: str
    source_layer: str | None
    source_sha256: str


class DeliveryList(BaseModel):
    """Deliveries, the newest first."""

    deliveries: list[DeliveryLine]
    links: list[Link]


@router.get("", responses=problems())
def list_all_deliveries(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    layer: Annotated[PlainText | None, Query(description="id of a layer")] = None,
    refused: Annotated[bool, Query(description="those that were refused alone")] = False,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**31, description="older ones")] = None,
) -> DeliveryList:
    """What was handed in for the layers that the caller may see, the newest first."""
    with service.database.read() as connection:
        found = list_deliveries(connection, layer=layer, refused_only=refused, clearance=clearance)
    found = [one for one in found if before is None or one.id < before]
    here = request.url.replace(fragment="")
    links = [Link(href=str(here), rel="self", title="This page")]
    if len(found) > limit:
        onward = here.include_query_params(before=found[limit - 1].id)
        links.append(Link(href=str(onward), rel="next", title="Next page"))
    lines = [DeliveryLine.model_validate(delivery_line(one)) for one in found[:limit]]
    return DeliveryList(deliveries=lines, links=links)


@router.get("/{number}", responses=problems(HTTPStatus.NOT_FOUND))
def show_delivery(service: ServiceDep, clearance: ClearanceDep, number: NumberPath) -> IngestReport:
    """The report on one delivery: what was read, and what became of it; its first 1,000 issues."""
    with service.database.read() as connection:
        return find_delivery(connection, number, clearance)


@router.get(
    "/{number}/places",
    response_class=GeoJson,
    responses={
        200: {
            "description": "A FeatureCollection of points",
            "content": {GeoJson.media_type: {"schema": {"type": "object"}}},
        },
        **problems(HTTPStatus.NOT_FOUND),
    },
)
def show_delivery_places(
    service: ServiceDep, clearance: ClearanceDep, number: NumberPath
) -> GeoJson:
    """Where in a delivery something was repaired, set aside or noticed; at most 500 places."""
    with service.database.read() as connection:
        return GeoJson(delivery_places(connection, number, clearance))
