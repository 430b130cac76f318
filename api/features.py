"""Features of a collection: OGC API - Features Part 1, with CRSs (Part 2) and filters (Part 3)."""

import json
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from shapely import to_geojson

from api.collections import QUERYABLES, Queryables
from api.crs import given_in
from api.deps import (
    AsOfQuery,
    CallerDep,
    ClearanceDep,
    PlainText,
    ServiceDep,
    SnapshotQuery,
    invalid,
)
from api.forms import VARY, ShownFeaturesDep, described, other_form
from api.links import Link
from api.problems import problems
from api.wanted import (
    AtMost,
    BboxCrsQuery,
    BboxQuery,
    CrsQuery,
    DatetimeQuery,
    FilterCrsQuery,
    FilterLangQuery,
    FilterQuery,
    PropertiesQuery,
    chosen_fields,
    condition_of,
    crs_of,
    days_of,
    parse_bbox,
)
from blueprint.around import DrawnFeatures
from blueprint.collections.items import Items, Page, Wanted, fields_of, read_item, read_items
from blueprint.collections.listed import open_collection
from blueprint.registry import load_snapshot
from layers import Geometries
from layers.attributes import parse_attributes

router = APIRouter(prefix="/collections", tags=["layers"])


class GeoJson(JSONResponse):
    """JSON of RFC 7946; in another CRS than its own, of the same form."""

    media_type = "application/geo+json"


_FEATURES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A FeatureCollection; `numberMatched` counts those of other pages too",
        "headers": {
            "Content-Crs": {"schema": {"type": "string"}, "description": "CRS, as a URI"},
            "Link": {"schema": {"type": "string"}, "description": "to what a filter may ask for"},
        },
        "content": {
            **described("html"),
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
            },
        },
    }
}
_FEATURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A Feature",
        "headers": {"Content-Crs": _FEATURES[200]["headers"]["Content-Crs"]},
        "content": {GeoJson.media_type: {"schema": {"type": "object"}}, **described("html")},
    }
}


@router.get(
    "/{collection_id}/items",
    response_class=GeoJson,
    responses={**_FEATURES, **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE)},
)
def list_items(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    shown: ShownFeaturesDep,
    collection_id: PlainText,
    bbox: BboxQuery = None,
    limit: Annotated[int, Query(ge=1), AtMost(10_000)] = 100,
    bbox_crs: BboxCrsQuery = None,
    crs: CrsQuery = None,
    datetime: DatetimeQuery = None,
    properties: PropertiesQuery = None,
    filter_: FilterQuery = None,
    filter_lang: FilterLangQuery = "cql2-text",
    filter_crs: FilterCrsQuery = None,
    after: Annotated[PlainText | None, Query(description="those after this feature id")] = None,
    before: Annotated[PlainText | None, Query(description="the last before this id")] = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> Response:
    """Features of a collection as GeoJSON, longitude first; follow `next` for those that remain."""
    if after is not None and before is not None:
        raise invalid("query", "before", "give either after or before")
    first, last = days_of(datetime)
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
        fields = fields_of(collection)
        city_crs = found.catalogue.city.crs
        given = crs_of(crs, city_crs, "crs")
        wanted = Wanted(
            page=Page(limit, after, before),
            box=parse_bbox(bbox, crs_of(bbox_crs, city_crs, "bbox-crs"), city_crs),
            where=condition_of(
                filter_, filter_lang, crs_of(filter_crs, city_crs, "filter-crs"), fields
            ),
            first=first,
            last=last,
        )
        chosen = chosen_fields(properties, fields)
        items = read_items(collection, wanted)
    shapes = given_in(given, items.features.shapes, city_crs)
    features = _features(items.features, shapes, chosen)
    links = _page_links(request, found.ref.id, items)
    body = {
        "type": "FeatureCollection",
        "numberMatched": items.matched,
        "numberReturned": len(features),
        "features": features,
        "links": links,
    }
    asking = f"{_home(request, collection.id)}/queryables?{urlencode({'snapshot': found.ref.id})}"
    headers = {
        "Content-Crs": f"<{given.uri}>",
        "Link": f'<{asking}>; rel="{QUERYABLES}"; type="{Queryables.media_type}"',
        "Vary": VARY,
    }
    if shown.on_page:
        turns = {link["rel"]: link["href"] for link in links}
        return shown.page(
            "items.html",
            headers=headers,
            name=collection.name,
            collection_id=collection.id,
            snapshot=found.ref.id,
            body=body,
            columns=list(dict.fromkeys(name for one in features for name in one["properties"])),
            asked={"bbox": bbox or "", "filter": filter_ or "", "limit": limit},
            turns={"next": turns.get("next"), "prev": turns.get("prev")},
            links=links,
        )
    return GeoJson(body, headers=headers)


@router.get(
    "/{collection_id}/items/{feature_id:path}",
    response_class=GeoJson,
    responses={**_FEATURE, **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE)},
)
def show_item(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    shown: ShownFeaturesDep,
    collection_id: PlainText,
    feature_id: PlainText,
    crs: CrsQuery = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> Response:
    """One feature of one collection, longitude first unless another CRS is asked for."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
        one = read_item(collection, feature_id)
    city_crs = found.catalogue.city.crs
    given = crs_of(crs, city_crs, "crs")
    there = _home(request, collection.id)
    pin = {"snapshot": found.ref.id}
    asked = pin if crs is None else {"crs": crs, **pin}
    here = f"{there}/items/{quote(feature_id, safe='')}?{urlencode(asked)}"
    links = [
        Link(href=here, rel="self", title=feature_id, type=GeoJson.media_type),
        other_form(here, feature_id),
        Link(href=f"{there}?{urlencode(pin)}", rel="collection", title=collection.name.zh),
    ]
    feature = _features(one, given_in(given, one.shapes, city_crs), None)[0]
    body = {**feature, "links": [link.model_dump() for link in links]}
    headers = {"Content-Crs": f"<{given.uri}>", "Vary": VARY}
    if shown.on_page:
        return shown.page(
            "item.html",
            headers=headers,
            name=collection.name,
            collection_id=collection.id,
            snapshot=found.ref.id,
            feature=feature,
            crs=given.uri,
            links=links,
        )
    return GeoJson(body, headers=headers)


def _home(request: Request, collection_id: str) -> str:
    """Where a collection is."""
    return f"{str(request.base_url).rstrip('/')}/collections/{quote(collection_id, safe='')}"


def _page_links(request: Request, snapshot: str, items: Items) -> list[dict[str, str]]:
    """This page and its neighbours, all in one snapshot, whatever is published meanwhile."""
    given = dict(request.query_params)
    turn = {"after": given.pop("after", None), "before": given.pop("before", None)}
    given.pop("as_of", None)
    given.pop("f", None)
    given["snapshot"] = snapshot
    here = str(request.url.replace(query="", fragment=""))

    def link(rel: str, title: str, **turned: str | None) -> dict[str, str]:
        asked = given | {name: value for name, value in turned.items() if value is not None}
        href = f"{here}?{urlencode(asked)}"
        return Link(href=href, rel=rel, title=title, type=GeoJson.media_type).model_dump()

    links = [link("self", "This page", **turn)]
    links.append(other_form(links[0]["href"], "This page").model_dump())
    ids = items.features.ids
    if ids and items.more_after:
        links.append(link("next", "Next page", after=ids[-1]))
    if ids and items.more_before:
        links.append(link("prev", "Page before", before=ids[0]))
    return links


def _features(
    features: DrawnFeatures, shapes: Geometries, chosen: list[str] | None
) -> list[dict[str, Any]]:
    """Features as GeoJSON, with the chosen attributes, all unless given."""
    rows = zip(features.ids, to_geojson(shapes), features.attributes, strict=True)
    return [
        {
            "type": "Feature",
            "id": feature_id,
            "geometry": json.loads(geometry),
            "properties": _chosen(parse_attributes(attributes), chosen),
        }
        for feature_id, geometry, attributes in rows
    ]


def _chosen(attributes: dict[str, Any], names: list[str] | None) -> dict[str, Any]:
    if names is None:
        return attributes
    return {name: attributes[name] for name in names if name in attributes}
