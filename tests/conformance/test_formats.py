"""OGC API - Features, Part 1, the forms: GeoJSON, HTML, and the description as OpenAPI 3.0."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import jsonschema
import openapi_schema_validator
import openapi_spec_validator

from tests.conformance.api import (
    GEOJSON,
    Api,
    Exchange,
    NotApplicable,
    feature_path,
    items_path,
    kind_of,
    links_of,
    told,
)
from tests.conformance.classes import FEATURES
from tests.conformance.pages import Page
from tests.conformance.registry import stands_for
from tests.conformance.shapes import (
    COLLECTION,
    COLLECTIONS,
    CONFORMANCE,
    FEATURE,
    LANDING,
    Schema,
    is_shaped,
)
from tests.conformance.shapes import (
    FEATURES as FEATURES_SHAPE,
)

DESC, DOC = "service-desc", "service-doc"
OPENAPI_30 = "application/vnd.oai.openapi+json;version=3.0"


def resources(api: Api) -> dict[str, tuple[str, Schema]]:
    """What Part 1 speaks of: an address → the media type of its JSON, and its schema."""
    first = api.sampled[0]["id"]
    return {
        "/": ("application/json", LANDING),
        "/conformance": ("application/json", CONFORMANCE),
        "/collections": ("application/json", COLLECTIONS),
        items_path(first).removesuffix("/items"): ("application/json", COLLECTION),
        items_path(first): (GEOJSON, FEATURES_SHAPE),
        feature_path(api, first): (GEOJSON, FEATURE),
    }


@stands_for(FEATURES, "/conf/geojson/definition")
def test_features_are_had_as_geojson_and_all_else_as_json(api: Api):
    for path, (kind, _) in resources(api).items():
        assert kind_of(api.get(path, accept=kind)) == kind, path


@stands_for(FEATURES, "/conf/geojson/content")
def test_what_is_had_as_geojson_is_geojson_and_a_feature_has_the_id_of_its_path(api: Api):
    for path, (kind, schema) in resources(api).items():
        is_shaped(api.get(path, accept=kind).json(), schema)
    for one in api.sampled:
        for at in range(min(3, len(api.first_page(one["id"])))):
            feature = api.get(feature_path(api, one["id"], at), accept=GEOJSON).json()
            is_shaped(feature, FEATURE)
            assert feature_path(api, one["id"], at).endswith(f"/{feature['id']}")


@stands_for(FEATURES, "/conf/html/definition")
def test_every_document_is_had_as_a_page(api: Api):
    for path in resources(api):
        assert kind_of(api.get(path, accept="text/html")) == "text/html", path


@stands_for(FEATURES, "/conf/html/content")
def test_a_page_is_html_5_and_says_and_links_to_what_the_document_does(api: Api):
    for path, (kind, _) in resources(api).items():
        document = api.get(path, accept=kind).json()
        answer = api.get(path, accept="text/html")
        page = Page(answer.text)
        assert page.faults == [], path
        for text in texts_of(document, path):
            assert " ".join(text.split()) in page.words, (path, text)
        links = {plain(urljoin(str(answer.url), link)) for link in page.links}
        for link in document.get("links", []):
            there = api.at(link["href"], path)
            ways = {way for way in ("GET", "POST") if api.operation(urlsplit(there).path, way)}
            # what is only there to be sent to is no page's to lead to
            if link["rel"] not in ("self", "alternate") and ways != {"POST"}:
                assert plain(there) in links, (path, link)


def texts_of(document: Any, path: str) -> list[str]:
    """The texts that a page has to say: titles, ids, conformance classes, attributes."""
    found = [str(document[name]) for name in ("title", "description") if document.get(name)]
    found += document.get("conformsTo", [])
    for line in document.get("collections", []):
        found += [str(line["title"])] if "title" in line else [str(line["id"])]
    for feature in document.get("features", [document] if "properties" in document else []):
        found.append(str(feature["id"]))
        found += [v for v in (feature["properties"] or {}).values() if isinstance(v, str)]
    return found


def plain(address: str) -> str:
    """An address without what only says in which form and language it is wanted."""
    parts = urlsplit(address)
    asked = sorted(pair for pair in parse_qsl(parts.query) if pair[0] not in ("f", "lang"))
    return f"{parts.path.rstrip('/')}?{urlencode(asked)}"


@stands_for(FEATURES, "/conf/oas30/oas-definition-1")
def test_the_description_is_there_as_openapi_3_0_and_as_a_page(api: Api):
    kinds = [link.get("type", "").replace(" ", "") for link in links_of(api.landing, DESC)]
    assert OPENAPI_30 in kinds
    assert "text/html" in [link.get("type") for link in links_of(api.landing, DOC)]


def description_30(api: Api) -> dict[str, Any]:
    """The description that is linked to as OpenAPI 3.0."""
    for link in links_of(api.landing, DESC):
        if link.get("type", "").replace(" ", "") == OPENAPI_30:
            return api.get(api.at(link["href"], "/"), accept=link["type"]).json()
    raise NotApplicable("no description as OpenAPI 3.0 is linked to")


@stands_for(FEATURES, "/conf/oas30/oas-definition-2")
def test_the_description_keeps_to_openapi_3_0(api: Api):
    document = description_30(api)
    assert document["openapi"].startswith("3.0.")
    elsewhere = [ref for ref in references(document) if not ref.startswith("#")]
    if elsewhere:
        raise NotApplicable(f"the description refers to others: {elsewhere[0]}")
    openapi_spec_validator.validate(document)


def references(node: Any) -> Iterator[str]:
    """Where a document refers to."""
    if isinstance(node, list):
        for part in node:
            yield from references(part)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from references(part)


def wrong_requests(api: Api) -> list[tuple[str, dict[str, Any]]]:
    """Requests of every kind that is refused, as a path and what goes with it."""
    first = api.sampled[0]["id"]
    found: list[tuple[str, dict[str, Any]]] = [
        (path, {"params": {"no_such_parameter": "1"}}) for path in resources(api)
    ]
    found += [(path, {"accept": "image/x-none"}) for path in resources(api)]
    found += [
        (path, {"headers": {"Authorization": "Bearer none", "X-Api-Key": ""}})
        for path in resources(api)
    ]
    found += [
        (items_path(first), {"params": {"limit": "many"}}),
        (items_path(first), {"params": {"bbox": "1"}}),
        (items_path("no_such_collection"), {}),
        (items_path("no_such_collection").removesuffix("/items"), {}),
        (f"{items_path(first)}/no_such_feature", {}),
    ]
    return found


@stands_for(FEATURES, "/conf/oas30/completeness")
def test_every_answer_is_described_with_its_status_its_form_and_its_schema(api: Api):
    from_now = len(api.exchanges)
    for path, (kind, _) in resources(api).items():
        for accept in (kind, "text/html"):
            api.ask(path, accept=accept)
    for path, more in wrong_requests(api):
        api.ask(path, **more)
    for exchange in api.exchanges[from_now:]:
        is_described(api, exchange)


def is_described(api: Api, exchange: Exchange) -> None:
    """An answer is one of those that the description tells of."""
    found = api.operation(exchange.path, exchange.method)
    assert found is not None, f"{exchange.method} {exchange.path}: is not described"
    template, operation = found
    answer, responses = exchange.answer, operation["responses"]
    status = str(answer.status_code)
    assert status in responses, f"{template}: {status} is not described: {told(answer)}"
    content = api.resolved(responses[status]).get("content", {})
    if not answer.content:
        return
    assert kind_of(answer) in {one.partition(";")[0] for one in content}, (template, status)
    schema = next(
        (shape.get("schema") for kind, shape in content.items()
         if kind.partition(";")[0] == kind_of(answer)), None
    )  # fmt: skip
    if schema and kind_of(answer).endswith("json"):
        fits(api, answer.json(), schema)


def fits(api: Api, document: Any, schema: dict[str, Any]) -> None:
    """A document has the schema that the description gives it."""
    whole = {**schema, "components": api.description.get("components", {})}
    kind: Any = jsonschema.Draft202012Validator
    if api.description["openapi"].startswith("3.0"):
        kind = openapi_schema_validator.OAS30Validator
    kind(whole).validate(document)


@stands_for(FEATURES, "/conf/oas30/exceptions-codes")
def test_every_refusal_s_status_is_described(api: Api):
    seen: dict[str, set[str]] = {}
    for path, more in wrong_requests(api):
        answer = api.ask(path, **more)
        assert answer.status_code < 500, told(answer)
        found = api.operation(urlsplit(str(answer.url)).path)
        if found is None:
            continue  # described collection by collection, and this is none of them
        status = str(answer.status_code)
        assert status in found[1]["responses"], f"{found[0]}: {status} is not described"
        seen.setdefault(found[0], set()).add(status)
    assert all(statuses & {"400", "404"} for statuses in seen.values())


@stands_for(FEATURES, "/conf/oas30/oas-impl")
def test_every_path_that_can_be_filled_in_answers_as_it_is_described(api: Api):
    first = api.sampled[0]["id"]
    known = {"collectionId": first, "featureId": api.first_page(first)[0]["id"]}
    tried = 0
    for method, template in api.operations:
        path = filled_in(api, template, known) if method == "GET" else None
        if path is not None:
            is_described(api, Exchange(method, path, api.ask(path)))
            assert api.exchanges[-1].answer.status_code < 500, told(api.exchanges[-1].answer)
            tried += 1
    assert tried >= len(resources(api))


def filled_in(api: Api, template: str, known: dict[str, Any]) -> str | None:
    """A path with what is known, or named as an example, for its parameters; None: none is."""
    path, operation = template, api.operations["GET", template]
    for one in operation["parameters"]:
        if one["in"] == "path":
            schema = one.get("schema", {})
            examples = [*schema.get("enum", []), one.get("example"), schema.get("example")]
            value = known.get(one["name"], next((x for x in examples if x is not None), None))
            if value is None:
                return None
            path = path.replace(f"{{{one['name']}}}", str(value))
        elif one.get("required"):
            return None
    return path


@stands_for(FEATURES, "/conf/oas30/security")
def test_who_may_ask_is_described_where_not_everybody_may(api: Api):
    schemes = api.description.get("components", {}).get("securitySchemes", {})
    challenged = api.ask("/collections", headers={"Authorization": "Bearer none", "X-Api-Key": ""})
    if challenged.status_code < 400 and not schemes:
        raise NotApplicable("everybody may ask everything")
    used = {
        name
        for operation in api.operations.values()
        for one in operation.get("security", api.description.get("security", []))
        for name in one
    }
    assert used
    assert used <= set(schemes)
    for name in used:
        assert schemes[name]["type"] in ("apiKey", "http", "oauth2", "openIdConnect")
