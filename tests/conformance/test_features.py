"""OGC API - Features, Part 1, the core: what is where, what it says, what its parameters do."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely

from tests.conformance.api import (
    GEOJSON,
    REL,
    Api,
    NotApplicable,
    feature_path,
    items_path,
    kind_of,
    links_of,
    shape_of,
)
from tests.conformance.classes import FEATURES, SPEC
from tests.conformance.registry import stands_for
from tests.conformance.shapes import (
    COLLECTION,
    COLLECTIONS,
    CONFORMANCE,
    CRS84,
    CRS84H,
    FEATURE,
    LANDING,
    is_shaped,
)
from tests.conformance.shapes import (
    FEATURES as FEATURES_SHAPE,
)

_SLACK = 1e-7
"""Degrees; a centimetre, for coordinates that were rounded."""


def complete(links: list[dict[str, Any]]) -> None:
    """Every link says how what it leads to is related, and what kind of document it is."""
    assert links
    for link in links:
        assert link["rel"]
        assert link.get("type"), link


def leads_to_itself_and_its_other_forms(api: Api, document: dict[str, Any], path: str) -> None:
    """`self` is this document; with HTML declared, an `alternate` is its page."""
    complete(document["links"])
    assert links_of(document, "self")
    if api.declares("ogcapi-features-1/1.0/conf/html"):
        there = [one for one in links_of(document, "alternate") if "text/html" in one["type"]]
        assert there, f"{path}: no link to its page"
        assert kind_of(api.get(api.at(there[0]["href"], path), accept="text/html")) == "text/html"


@stands_for(FEATURES, "/conf/core/http")
def test_the_service_speaks_http_1_1_and_keeps_to_tls_where_it_has_it(api: Api):
    for path in ("/", "/conformance", "/collections"):
        assert api.get(path).http_version == "HTTP/1.1"
    scheme = urlsplit(api.base).scheme
    assert scheme in ("http", "https")
    if scheme == "https":
        ours = urlsplit(api.base).netloc
        links = [urlsplit(link["href"]) for link in api.landing["links"]]
        assert {link.scheme for link in links if link.netloc == ours} <= {"https"}


@stands_for(FEATURES, "/conf/core/crs84")
def test_without_a_crs_asked_for_every_coordinate_is_longitude_and_latitude(api: Api):
    boxes = [box for one in api.collections for box in boxes_of(one)]
    boxes += [
        shape.bounds for one in api.sampled for shape in api.features(one["id"]).shapes.values()
    ]
    assert boxes
    for west, south, east, north in boxes:
        assert -180 <= west <= 180
        assert -180 <= east <= 180
        assert -90 <= south <= north <= 90


def boxes_of(collection: dict[str, Any]) -> list[tuple[float, float, float, float]]:
    """The boxes of a collection's extent, flat."""
    boxes = ((collection.get("extent") or {}).get("spatial") or {}).get("bbox", [])
    return [(*box[:2], *box[len(box) // 2 :][:2]) for box in boxes]


@stands_for(FEATURES, "/conf/core/root-op")
def test_the_landing_page_lies_at_the_root(api: Api):
    assert kind_of(api.get("/", accept="application/json")) == "application/json"


@stands_for(FEATURES, "/conf/core/root-success")
def test_the_landing_page_leads_to_the_api_the_declaration_and_the_data(api: Api):
    is_shaped(api.landing, LANDING)
    assert links_of(api.landing, "service-desc", "service-doc")
    assert links_of(api.landing, "conformance", f"{REL}/conformance")
    (data,) = links_of(api.landing, "data")[:1]
    is_shaped(api.json(api.at(data["href"], "/")), COLLECTIONS)


@stands_for(FEATURES, "/conf/core/api-definition-op")
def test_every_link_to_a_description_of_the_api_leads_to_one(api: Api):
    links = links_of(api.landing, "service-desc", "service-doc")
    assert links
    for link in links:
        answer = api.get(api.at(link["href"], "/"), accept=link.get("type", "*/*"))
        assert answer.content


@stands_for(FEATURES, "/conf/core/api-definition-success")
def test_the_description_has_what_openapi_asks_for(api: Api):
    document = api.description
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"]
    assert document["info"]["version"]
    for template in ("/", "/conformance", "/collections"):
        assert api.operation(template) is not None, f"{template}: is not described"
    for operation in api.operations.values():
        assert operation["responses"]


@stands_for(FEATURES, "/conf/core/conformance-op")
def test_the_declaration_lies_where_the_links_say_and_at_its_fixed_place(api: Api):
    there = [api.at(link["href"], "/") for link in links_of(api.landing, "conformance")]
    assert there
    for path in (*there, "/conformance"):
        assert set(api.json(path)["conformsTo"]) == api.declared


@stands_for(FEATURES, "/conf/core/conformance-success")
def test_the_declaration_names_the_core_and_every_class_once(api: Api):
    document = api.json("/conformance")
    is_shaped(document, CONFORMANCE)
    assert f"{SPEC}/{FEATURES}/conf/core" in document["conformsTo"]
    assert len(document["conformsTo"]) == len(set(document["conformsTo"]))


@stands_for(FEATURES, "/conf/core/fc-md-op")
def test_the_collections_lie_at_their_fixed_place(api: Api):
    assert kind_of(api.get("/collections", accept="application/json")) == "application/json"


@stands_for(FEATURES, "/conf/core/fc-md-success")
def test_the_collections_are_what_their_schema_says_and_crs84_comes_first(api: Api):
    document = api.once("/collections")
    is_shaped(document, COLLECTIONS)
    if document.get("crs"):
        assert document["crs"][0] in (CRS84, CRS84H)


@stands_for(FEATURES, "/conf/core/fc-md-links")
def test_the_collections_lead_to_themselves_and_to_their_page(api: Api):
    leads_to_itself_and_its_other_forms(api, api.once("/collections"), "/collections")


@stands_for(FEATURES, "/conf/core/fc-md-items")
def test_every_collection_has_its_entry_with_an_id_of_its_own(api: Api):
    ids = [one["id"] for one in api.collections]
    assert ids
    assert len(ids) == len(set(ids))
    for one in api.collections:
        is_shaped(one, COLLECTION)


@stands_for(FEATURES, "/conf/core/fc-md-items-links")
def test_every_entry_leads_to_its_features_in_every_form(api: Api):
    forms = {"geojson": GEOJSON, "html": "text/html"}
    wanted = {kind for name, kind in forms.items() if api.declares(f"{FEATURES}/conf/{name}")}
    for one in api.collections:
        complete(one["links"])
        assert wanted <= {link["type"] for link in links_of(one, "items")}, one["id"]
    for link in links_of(api.sampled[0], "items"):
        assert kind_of(api.get(api.at(link["href"], "/collections"), accept="*/*")) == link["type"]


@stands_for(FEATURES, "/conf/core/fc-md-extent")
def test_an_extent_has_all_features_in_it(api: Api):
    held = 0
    for one in api.sampled:
        boxes = [shapely.box(*box).buffer(_SLACK) for box in boxes_of(one) if box[0] <= box[2]]
        for shape in api.features(one["id"]).shapes.values():
            assert not boxes or shapely.covers(boxes[0], shape), one["id"]
            held += bool(boxes)
        for start, end in intervals_of(one):
            assert start is None or end is None or start <= end
    if not held:
        raise NotApplicable("no collection says where its features are")


def intervals_of(collection: dict[str, Any]) -> list[tuple[datetime | None, datetime | None]]:
    """The intervals of a collection's extent; None: open."""
    intervals = ((collection.get("extent") or {}).get("temporal") or {}).get("interval", [])
    return [
        (None if start is None else datetime.fromisoformat(start),
         None if end is None else datetime.fromisoformat(end))
        for start, end in intervals
    ]  # fmt: skip


@stands_for(FEATURES, "/conf/core/sfc-md-op")
def test_every_collection_has_a_document_of_its_own(api: Api):
    for one in api.collections:
        is_shaped(api.once(items_path(one["id"]).removesuffix("/items")), COLLECTION)


@stands_for(FEATURES, "/conf/core/sfc-md-success")
def test_a_collection_s_own_document_says_what_its_entry_says(api: Api):
    for one in api.collections:
        own = api.once(items_path(one["id"]).removesuffix("/items"))
        for name in ("id", "title", "description", "extent", "itemType"):
            assert own.get(name) == one.get(name), (one["id"], name)
        listed, there = ({(x["rel"], x["href"]) for x in y["links"]} for y in (one, own))
        assert {pair for pair in listed if pair[0] not in ("self", "alternate")} <= there


@stands_for(FEATURES, "/conf/core/fc-op")
def test_every_collection_gives_its_features(api: Api):
    for one in api.collections:
        for feature in api.first_page(one["id"]):
            is_shaped(feature, FEATURE)


@stands_for(FEATURES, "/conf/core/fc-op")
def test_a_box_and_a_time_together_find_what_fits_both(api: Api):
    for one in api.sampled:
        box, when = halved(api, one["id"]), "2000-01-01T00:00:00Z/.."
        both = api.select(one["id"], bbox=box, datetime=when).ids
        first, second = (
            set(api.select(one["id"], **asked).ids) for asked in ({"bbox": box}, {"datetime": when})
        )
        assert set(both) == first & second


def halved(api: Api, collection: str) -> str:
    """The western half of where a collection's features are, as a value of `bbox`."""
    shapes = list(api.features(collection).shapes.values())
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return f"{west},{south},{(west + east) / 2},{north}"


@stands_for(FEATURES, "/conf/core/fc-bbox-definition")
def test_bbox_is_described_as_four_or_six_numbers_with_commas(api: Api):
    described = api.parameter(items_path(api.sampled[0]["id"]), "bbox")
    is_a_list(described, "number")
    choices = described["schema"].get("oneOf") or described["schema"].get("anyOf")
    counts = [(one["minItems"], one["maxItems"]) for one in choices or [described["schema"]]]
    assert counts in ([(4, 4), (6, 6)], [(4, 6)])


def is_a_list(described: dict[str, Any], kind: str) -> None:
    """A parameter is no must, and a list whose parts come with commas between them."""
    assert not described.get("required", False)
    assert described["schema"]["type"] == "array"
    assert described["schema"]["items"]["type"] == kind
    assert described.get("style", "form") == "form"
    assert described.get("explode") is False


def is_a_value(described: dict[str, Any], kind: str) -> None:
    """A parameter is no must, and a single value of that kind."""
    assert not described.get("required", False)
    assert described["schema"]["type"] == kind
    assert described.get("style", "form") == "form"


@stands_for(FEATURES, "/conf/core/fc-bbox-response")
def test_a_box_finds_the_features_that_meet_it_and_no_other(api: Api):
    for one in api.sampled:
        everything = api.features(one["id"])
        west, south, east, north = shapely.total_bounds(list(everything.shapes.values())).tolist()
        middle = (west + east) / 2
        boxes = {
            halved(api, one["id"]): [(west, south, middle, north)],
            f"{west},{south},0,{east},{north},100": [(west, south, east, north)],
            f"{middle},-90,-179.9,90": [(middle, -90, 180, 90), (-180, -90, -179.9, 90)],
            "-170,-89,-169,-88": [(-170, -89, -169, -88)],
        }
        for text, parts in boxes.items():
            found, area = set(api.select(one["id"], bbox=text).ids), shapely.box(*parts[0])
            area = shapely.unary_union([area, *(shapely.box(*part) for part in parts[1:])])
            meets_surely = {n for n, s in everything.shapes.items()
                            if shapely.intersects(s, area.buffer(-_SLACK))}  # fmt: skip
            may_meet = {n for n, s in everything.shapes.items()
                        if shapely.intersects(s, area.buffer(_SLACK))}  # fmt: skip
            placeless = set(everything.ids) - set(everything.shapes)
            if everything.whole:
                assert meets_surely | placeless <= found <= may_meet | placeless, (one["id"], text)


@stands_for(FEATURES, "/conf/core/fc-limit-definition")
def test_limit_is_described_as_a_whole_number(api: Api):
    is_a_value(api.parameter(items_path(api.sampled[0]["id"]), "limit"), "integer")


@stands_for(FEATURES, "/conf/core/fc-limit-response")
def test_no_page_has_more_features_than_limit_and_too_high_a_limit_is_no_fault(api: Api):
    for one in api.sampled:
        path, there = items_path(one["id"]), len(api.features(one["id"]).found)
        for limit in (1, 3, 7):
            found = api.get(path, accept=GEOJSON, limit=limit).json()["features"]
            assert len(found) == min(limit, there)
        most = api.parameter(path, "limit")["schema"].get("maximum")
        if most is not None:
            assert len(api.get(path, accept=GEOJSON, limit=most + 1).json()["features"]) <= most


@stands_for(FEATURES, "/conf/core/fc-time-definition")
def test_datetime_is_described_as_a_text(api: Api):
    is_a_value(api.parameter(items_path(api.sampled[0]["id"]), "datetime"), "string")


@stands_for(FEATURES, "/conf/core/fc-time-response")
def test_a_time_finds_what_is_of_that_time_or_of_none(api: Api):
    for one in api.sampled:
        everything = set(api.features(one["id"]).ids)
        start = (intervals_of(one) or [(None, None)])[0][0]
        some, day = start or datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=1)
        before, after = ((some + step).strftime("%Y-%m-%dT%H:%M:%SZ") for step in (-day, day))
        found = {
            text: set(api.select(one["id"], datetime=text).ids)
            for text in (before, after, f"{before}/{after}", f"../{after}", f"/{after}",
                         f"{before}/..", f"{before}/", f"../{before}")
        }  # fmt: skip
        assert all(ids <= everything for ids in found.values())
        assert found[f"../{after}"] == found[f"/{after}"]
        assert found[f"{before}/.."] == found[f"{before}/"]
        assert found[before] | found[after] <= found[f"{before}/{after}"]
        if start is not None:
            # what is found of the time before the first of all has no time
            assert all(found[f"../{before}"] <= ids for ids in found.values())
            assert found[f"{before}/.."] == everything


@stands_for(FEATURES, "/conf/core/query-param-invalid")
@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "many"), ("limit", "-1"), ("bbox", "1,2,3"), ("bbox", "a,b,c,d"),
     ("bbox", "0,50,10,40"), ("datetime", "yesterday"), ("datetime", "2020-01-02/2020-01-01")],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(api: Api, name: str, value: str):
    api.get(items_path(api.sampled[0]["id"]), 400, **{name: value})


@stands_for(FEATURES, "/conf/core/query-param-unknown")
def test_a_parameter_that_is_not_described_is_refused(api: Api):
    collection = items_path(api.sampled[0]["id"]).removesuffix("/items")
    for path in ("/", "/conformance", "/collections", collection, f"{collection}/items",
                 feature_path(api, api.sampled[0]["id"])):  # fmt: skip
        api.get(path, 400, no_such_parameter="1")


@stands_for(FEATURES, "/conf/core/fc-response")
def test_features_are_what_their_schema_says_and_pages_follow_each_other(api: Api):
    for one in api.sampled:
        document = api.get(items_path(one["id"]), accept=GEOJSON, limit=3).json()
        is_shaped(document, FEATURES_SHAPE)
        ids = [feature["id"] for feature in document["features"]]
        for _ in range(2):
            onward = links_of(document, "next")
            if not onward:
                break
            document = api.get(onward[0]["href"], accept=GEOJSON).json()
            ids += [feature["id"] for feature in document["features"]]
        assert len(ids) == len(set(ids))
        assert set(ids) <= set(api.features(one["id"]).ids)


@stands_for(FEATURES, "/conf/core/fc-links")
def test_a_page_of_features_leads_to_itself_and_to_its_other_forms(api: Api):
    for one in api.sampled:
        path = items_path(one["id"])
        document = api.get(path, accept=GEOJSON, limit=2).json()
        leads_to_itself_and_its_other_forms(api, document, path)
        itself = api.get(links_of(document, "self")[0]["href"], accept=GEOJSON).json()
        assert itself["features"] == document["features"]


@stands_for(FEATURES, "/conf/core/fc-timeStamp")
def test_a_page_that_says_when_it_was_made_says_so_rightly(api: Api):
    document = api.get(items_path(api.sampled[0]["id"]), accept=GEOJSON).json()
    if "timeStamp" not in document:
        raise NotApplicable("features do not say when they were given")
    away = datetime.fromisoformat(document["timeStamp"]) - datetime.now(UTC)
    assert abs(away) < timedelta(minutes=5)


@stands_for(FEATURES, "/conf/core/fc-numberMatched")
def test_the_number_of_features_in_all_is_the_number_that_the_pages_have(api: Api):
    told = 0
    for one in api.sampled:
        for asked in ({}, {"bbox": halved(api, one["id"])}):
            document = api.get(items_path(one["id"]), accept=GEOJSON, limit=1, **asked).json()
            found = api.select(one["id"], **asked)
            if "numberMatched" in document and found.whole:
                assert document["numberMatched"] == len(found.found)
                told += 1
    if not told:
        raise NotApplicable("pages do not say how many features there are in all")


@stands_for(FEATURES, "/conf/core/fc-numberReturned")
def test_the_number_of_features_on_a_page_is_the_number_that_it_says(api: Api):
    told = 0
    for one in api.sampled:
        document = api.get(items_path(one["id"]), accept=GEOJSON, limit=4).json()
        if "numberReturned" in document:
            assert document["numberReturned"] == len(document["features"])
            told += 1
    if not told:
        raise NotApplicable("pages do not say how many features they have")


@stands_for(FEATURES, "/conf/core/f-op")
def test_every_feature_has_a_document_of_its_own(api: Api):
    for one in api.sampled:
        for at in range(0, len(api.first_page(one["id"])), 10):
            feature = api.get(feature_path(api, one["id"], at), accept=GEOJSON).json()
            assert feature["id"] == api.first_page(one["id"])[at]["id"]


@stands_for(FEATURES, "/conf/core/f-success")
def test_a_feature_is_what_its_schema_says_and_what_its_page_said(api: Api):
    for one in api.sampled:
        feature = api.get(feature_path(api, one["id"]), accept=GEOJSON).json()
        is_shaped(feature, FEATURE)
        listed = api.first_page(one["id"])[0]
        assert feature["properties"] == listed["properties"]
        assert shapely.equals_exact(shape_of(feature), shape_of(listed), tolerance=_SLACK)


@stands_for(FEATURES, "/conf/core/f-links")
def test_a_feature_leads_to_itself_to_its_page_and_to_its_collection(api: Api):
    for one in api.sampled:
        path = feature_path(api, one["id"])
        document = api.get(path, accept=GEOJSON).json()
        leads_to_itself_and_its_other_forms(api, document, path)
        (home,) = links_of(document, "collection")[:1]
        assert api.json(api.at(home["href"], path))["id"] == one["id"]
