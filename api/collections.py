"""Layers of a snapshot as GeoJSON: the open ones, by bounding box, with a limit."""

import json
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from shapely import to_geojson

from api.deps import AsOfQuery, PlainText, ServiceDep, SnapshotQuery, invalid
from api.problems import problems
from api.root import Link
from blueprint.catalogue import CatalogueLayer
from blueprint.collections import Items, open_layer, open_layers, read_items
from blueprint.registry import load_snapshot
from blueprint.values import Bilingual
from layers import Bounds
from layers.attributes import parse_attributes

router = APIRouter(prefix="/collections", tags=["layers"])
_MOST = 10_000


class GeoJson(JSONResponse):
    """JSON of RFC 7946."""

    media_type = "application/geo+json"


_FEATURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A FeatureCollection; `numberMatched` counts those beyond the limit too",
        "content": {
            GeoJson.media_type: {
                "schema": {
                    "type": "object",
                    "required": ["type", "features", "numberMatched", "numberReturned"],
                    "properties": {
                        "type": {"const": "FeatureCollection"},
                        "numberMatched": {"type": "integer"},
                        "numberReturned": {"type": "integer"},
                        "features": {"type": "array", "items": {"type": "object"}},
                    },
                }
            }
        },
    }
}


class CollectionLine(BaseModel):
    """One layer."""

    id: str
    title: str
    title_en: str
    department: Bilingual
    geometry: str
    version: int
    links: list[Link]


class CollectionList(BaseModel):
    """The layers that the caller may see."""

    snapshot: str
    collections: list[CollectionLine]


@router.get("", responses=problems())
def list_collections(
    request: Request,
    service: ServiceDep,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> CollectionList:
    """Every open layer of a snapshot; the links lead to its features in that same snapshot."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        layers = open_layers(connection, found, "public")
    base = str(request.base_url).rstrip("/")
    # without a snapshot named, a link stays good for whatever is the newest
    pin = "" if snapshot is None and as_of is None else f"?snapshot={found.ref.id}"

    def line(layer: CatalogueLayer) -> CollectionLine:
        items = Link(
            href=f"{base}/collections/{layer.id}/items{pin}",
            rel="items",
            title=layer.name.zh,
            type="application/geo+json",
        )
        return CollectionLine(
            id=layer.id,
            title=layer.name.zh,
            title_en=layer.name.en,
            department=found.catalogue.department_names[layer.department],
            geometry=layer.geometry,
            version=found.pins[layer.id],
            links=[items],
        )

    lines = [line(layer) for layer in layers]
    return CollectionList(snapshot=found.ref.id, collections=lines)


@router.get(
    "/{collection_id}/items",
    response_class=GeoJson,
    responses={**_FEATURES, **problems(HTTPStatus.NOT_FOUND)},
)
def list_items(
    service: ServiceDep,
    collection_id: PlainText,
    bbox: Annotated[
        str | None,
        Query(description="min lon, min lat, max lon, max lat", examples=["118,24,119,25"]),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> GeoJson:
    """Features of one layer as GeoJSON, longitude first."""
    box = parse_bbox(bbox)
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        layer = open_layer(connection, found, collection_id, "public")
        items = read_items(service, connection, found, layer, box, limit)
    return GeoJson(_feature_collection(items))


def parse_bbox(text: str | None) -> Bounds | None:
    """Four numbers, the lesser first.

    Raises:
        RequestValidationError: they are not.
    """
    if text is None:
        return None
    try:
        minx, miny, maxx, maxy = (float(part) for part in text.split(","))
    except ValueError:
        minx, miny, maxx, maxy = 0.0, 0.0, -1.0, -1.0
    if not (-180 <= minx <= maxx <= 180 and -90 <= miny <= maxy <= 90):
        hint = "four numbers: min lon, min lat, max lon, max lat, in degrees"
        raise invalid("query", "bbox", hint)
    return (minx, miny, maxx, maxy)


def _feature_collection(items: Items) -> dict[str, Any]:
    rows = zip(items.ids, to_geojson(items.shapes), items.attributes, strict=True)
    return {
        "type": "FeatureCollection",
        "numberMatched": items.matched,
        "numberReturned": len(items.ids),
        "features": [
            {
                "type": "Feature",
                "id": feature_id,
                "geometry": json.loads(geometry),
                "properties": parse_attributes(attributes),
            }
            for feature_id, geometry, attributes in rows
        ],
    }
