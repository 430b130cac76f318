"""Features of a layer as GeoJSON: by bounding box, page by page, or one by its id."""

import json
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from shapely import to_geojson

from api.deps import AsOfQuery, ClearanceDep, PlainText, ServiceDep, SnapshotQuery, invalid
from api.problems import problems
from api.root import Link
from blueprint.collections import Items, Page, open_layer, read_item, read_items
from blueprint.registry import load_snapshot
from layers import Bounds
from layers.attributes import parse_attributes

router = APIRouter(prefix="/collections", tags=["layers"])
_MOST = 10_000


class GeoJson(JSONResponse):
    """JSON of RFC 7946."""

    media_type = "application/geo+json"


_FEATURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A FeatureCollection; `numberMatched` counts those of other pages too",
        "content": {
            GeoJson.media_type: {
                "schema": {
                    "type": "object",
                    "required": ["type", "features", "numberMatched", "numberReturned", "links"],
                    "properties": {
                        "type": {"const": "FeatureCollection"},
                        "numberMatched": {"type": "integer"},
                        "numberReturned": {"type": "integer"},
                        "features": {"type": "array", "items": {"type": "object"}},
                        "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
                    },
                }
            }
        },
    }
}
_FEATURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A Feature",
        "content": {GeoJson.media_type: {"schema": {"type": "object"}}},
    }
}


@router.get(
    "/{collection_id}/items",
    response_class=GeoJson,
    responses={**_FEATURES, **problems(HTTPStatus.NOT_FOUND)},
)
def list_items(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    collection_id: PlainText,
    bbox: Annotated[
        str | None,
        Query(description="min lon, min lat, max lon, max lat", examples=["118,24,119,25"]),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    after: Annotated[PlainText | None, Query(description="those after this feature id")] = None,
    before: Annotated[PlainText | None, Query(description="the last before this id")] = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> GeoJson:
    """Features of one layer as GeoJSON, longitude first; follow `next` for those that remain."""
    box = parse_bbox(bbox)
    if after is not None and before is not None:
        raise invalid("query", "before", "give either after or before")
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        layer = open_layer(connection, found, collection_id, clearance)
        page = Page(limit, after, before)
        items = read_items(service, connection, found, layer, box, page)
    features = _features(items)
    body = {
        "type": "FeatureCollection",
        "numberMatched": items.matched,
        "numberReturned": len(features),
        "features": features,
        "links": _page_links(request, found.ref.id, items),
    }
    return GeoJson(body)


@router.get(
    "/{collection_id}/items/{feature_id:path}",
    response_class=GeoJson,
    responses={**_FEATURE, **problems(HTTPStatus.NOT_FOUND)},
)
def show_item(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    collection_id: PlainText,
    feature_id: PlainText,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> GeoJson:
    """One feature of one layer, longitude first."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        layer = open_layer(connection, found, collection_id, clearance)
        items = read_item(service, connection, found, layer, feature_id)
    there = f"{str(request.base_url).rstrip('/')}/collections/{layer.id}"
    pin = urlencode({"snapshot": found.ref.id})
    here = f"{there}/items/{quote(feature_id, safe='')}?{pin}"
    links = [
        Link(href=here, rel="self", title=feature_id, type=GeoJson.media_type),
        Link(href=f"{there}?{pin}", rel="collection", title=layer.name.zh),
    ]
    return GeoJson({**_features(items)[0], "links": [link.model_dump() for link in links]})


def parse_bbox(text: str | None) -> Bounds | None:
    """Four numbers, the lesser first, or six of which the heights do not matter.

    Raises:
        RequestValidationError: they are not.
    """
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
        if len(numbers) == 6 and numbers[2] <= numbers[5]:
            # what the store holds is plane: it lies at every height
            del numbers[5], numbers[2]
        minx, miny, maxx, maxy = numbers
    except ValueError:
        minx, miny, maxx, maxy = 0.0, 0.0, -1.0, -1.0
    if not (-180 <= minx <= maxx <= 180 and -90 <= miny <= maxy <= 90):
        hint = "four numbers: min lon, min lat, max lon, max lat, in degrees"
        raise invalid("query", "bbox", hint)
    return (minx, miny, maxx, maxy)


def _page_links(request: Request, snapshot: str, items: Items) -> list[dict[str, str]]:
    """This page and its neighbours, all in one snapshot, whatever is published meanwhile."""
    given = dict(request.query_params)
    turn = {"after": given.pop("after", None), "before": given.pop("before", None)}
    given.pop("as_of", None)
    given["snapshot"] = snapshot
    here = str(request.url.replace(query="", fragment=""))

    def link(rel: str, title: str, **turned: str | None) -> dict[str, str]:
        asked = given | {name: value for name, value in turned.items() if value is not None}
        href = f"{here}?{urlencode(asked)}"
        return Link(href=href, rel=rel, title=title, type=GeoJson.media_type).model_dump()

    links = [link("self", "This page", **turn)]
    if items.ids and items.more_after:
        links.append(link("next", "Next page", after=items.ids[-1]))
    if items.ids and items.more_before:
        links.append(link("prev", "Page before", before=items.ids[0]))
    return links


def _features(items: Items) -> list[dict[str, Any]]:
    rows = zip(items.ids, to_geojson(items.shapes), items.attributes, strict=True)
    return [
        {
            "type": "Feature",
            "id": feature_id,
            "geometry": json.loads(geometry),
            "properties": parse_attributes(attributes),
        }
        for feature_id, geometry, attributes in rows
    ]
