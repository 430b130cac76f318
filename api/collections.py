"""The collections: the layers of a snapshot that the caller may see."""

from datetime import UTC, date, datetime, time
from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.crs import CRS84, spoken, storage
from api.deps import AsOfQuery, CallerDep, ClearanceDep, PlainText, ServiceDep, SnapshotQuery
from api.forms import (
    PAGE,
    VARY,
    ShownDep,
    ShownSchemaDep,
    described,
    in_form,
    other_form,
)
from api.links import Link
from api.problems import problems
from blueprint.collections.condition import GEOMETRY, can_ask_for
from blueprint.collections.items import extent_of, fields_of
from blueprint.collections.listed import Collection, open_collection, open_collections
from blueprint.registry import Snapshot, load_snapshot
from blueprint.values import Bilingual
from layers import Bounds

router = APIRouter(prefix="/collections", tags=["layers"])


class SpatialExtent(BaseModel):
    """The box of all features, longitude first; none for a layer without a feature."""

    bbox: list[Bounds]
    crs: str = CRS84


class TemporalExtent(BaseModel):
    """From when on the features hold; null: open."""

    interval: list[tuple[datetime | None, datetime | None]]


class Extent(BaseModel):
    """Where and when."""

    spatial: SpatialExtent | None = Field(
        default=None,
        description="left out where there is no feature",
        exclude_if=lambda box: box is None,
    )
    temporal: TemporalExtent


class CollectionLine(BaseModel):
    """One layer."""

    id: str
    title: str
    title_en: str
    description: str | None = Field(
        description="what the features do not say, such as what was not searched",
        exclude_if=lambda text: text is None,
    )
    department: Bilingual | None
    geometry: str
    version: int | None
    item_type: Literal["feature"] = Field("feature", serialization_alias="itemType")
    extent: Extent
    crs: list[str]
    storage_crs: str = Field(serialization_alias="storageCrs")
    links: list[Link]


class CollectionList(BaseModel):
    """The layers that the caller may see."""

    snapshot: str
    collections: list[CollectionLine]
    crs: list[str]
    links: list[Link]


SHAPES = {
    "point": "geometry-point-or-multipoint",
    "line": "geometry-linestring-or-multilinestring",
    "polygon": "geometry-polygon-or-multipolygon",
}
"""What a layer's shapes are called in its queryables; any other layer has shapes of any kind."""


QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


class Queryables(JSONResponse):
    """A JSON Schema of what filters may ask for."""

    media_type = "application/schema+json"


_QUERYABLES: dict[int | str, dict[str, Any]] = {
    200: {"content": {Queryables.media_type: {"schema": {"type": "object"}}, **described("html")}}
}


@router.get(
    "",
    response_model=CollectionList,
    responses={**PAGE, **problems(HTTPStatus.NOT_ACCEPTABLE)},
)
def list_collections(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    shown: ShownDep,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> CollectionList | Response:
    """Every open layer of a snapshot; the links lead to its features in that same snapshot."""
    pinned = snapshot is not None or as_of is not None
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collections = open_collections(service, connection, found, clearance, caller)
        lines = [_line(request, one, _pin(found, pinned=pinned)) for one in collections]
    here = f"{str(request.base_url).rstrip('/')}/collections{_pin(found, pinned=True)}"
    document = CollectionList(
        snapshot=found.ref.id,
        collections=lines,
        crs=[crs.uri for crs in spoken(found.catalogue.city.crs)],
        links=[Link(href=here, rel="self", title="Layers"), other_form(here, "Layers")],
    )
    return shown.page("collections.html", document=document) if shown.on_page else document


@router.get(
    "/{collection_id}",
    response_model=CollectionLine,
    responses={**PAGE, **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE)},
)
def show_collection(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    shown: ShownDep,
    collection_id: PlainText,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> CollectionLine | Response:
    """One open layer of a snapshot."""
    pinned = snapshot is not None or as_of is not None
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
        document = _line(request, collection, _pin(found, pinned=pinned))
    if shown.on_page:
        return shown.page("collection.html", document=document, links=document.links)
    return document


@router.get(
    "/{collection_id}/queryables",
    response_class=Queryables,
    responses={**_QUERYABLES, **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE)},
)
def show_queryables(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    shown: ShownSchemaDep,
    collection_id: PlainText,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> Response:
    """What a filter may ask of a layer's features, as a JSON Schema."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
        fields = fields_of(collection)
    shape = {
        "x-ogc-role": "primary-geometry",
        "format": SHAPES.get(collection.geometry, "geometry-any"),
    }
    properties = {
        name: {"type": kind} for name, kind in sorted(fields.items()) if can_ask_for(name)
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": str(request.url.replace(query="", fragment="")),
        "type": "object",
        "title": collection.name.zh,
        "properties": properties | {GEOMETRY: shape},
        "additionalProperties": False,
    }
    if shown.on_page:
        return shown.page(
            "queryables.html",
            name=collection.name,
            collection_id=collection.id,
            snapshot=found.ref.id,
            document=document,
        )
    return Queryables(document, headers={"Vary": VARY})


def _pin(snapshot: Snapshot, *, pinned: bool) -> str:
    """Without a snapshot named, a link stays good for whatever is the newest."""
    return f"?snapshot={snapshot.ref.id}" if pinned else ""


def _line(request: Request, collection: Collection, pin: str) -> CollectionLine:
    """What a listing says of one; its features are looked at, for their extent."""
    here = f"{str(request.base_url).rstrip('/')}/collections/{collection.id}"
    title, crs, box = collection.name.zh, collection.city.crs, extent_of(collection)
    said = collection.notice
    links = [
        Link(href=f"{here}/items{pin}", rel="items", title=title, type="application/geo+json"),
        Link(
            href=in_form(f"{here}/items{pin}", "html"), rel="items", title=title, type="text/html"
        ),
        Link(href=f"{here}{pin}", rel="self", title=title),
        other_form(f"{here}{pin}", title),
        Link(
            href=f"{here}/queryables{pin}",
            rel=QUERYABLES,
            title=title,
            type=Queryables.media_type,
        ),
        Link(
            href=f"{here}/tiles{pin}",
            rel="http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
            title=title,
        ),
    ]
    since = None
    if collection.effective > date.min:
        since = datetime.combine(collection.effective, time(), tzinfo=UTC)
    return CollectionLine(
        id=collection.id,
        title=title,
        title_en=collection.name.en,
        description=None if said is None else f"{said.zh} / {said.en}",
        department=collection.department,
        geometry=collection.geometry,
        version=collection.version,
        extent=Extent(
            spatial=None if box is None else SpatialExtent(bbox=[box]),
            temporal=TemporalExtent(interval=[(since, None)]),
        ),
        crs=[one.uri for one in spoken(crs)],
        storage_crs=storage(crs),
        links=links,
    )
