"""The description of the API is whole, true of its own examples, and there as 3.1 and as 3.0."""

import json
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate

from api import create_app
from api.description import PARAMETERS as PATHS
from api.description import QUERIES, TAGS, bodies
from api.openapi30 import as_openapi_30

DOCUMENT = create_app("nowhere.gpkg").openapi()
OPERATIONS = [one for methods in DOCUMENT["paths"].values() for one in methods.values()]
NOT_JSON = {
    *("get_map_tile", "get_tile", "metrics", "draw_case_clock"),
    *("get_case_exports_as", "get_project_exports_as", "drop_webhook", "remove_upload"),
}


def answers(document: dict[str, Any]):
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                for kind, shape in answer.get("content", {}).items():
                    yield operation["operationId"], status, kind, shape


def test_the_document_is_valid_as_31_and_as_30():
    validate(DOCUMENT)
    document = as_openapi_30(DOCUMENT)
    assert (DOCUMENT["openapi"][:3], document["openapi"]) == ("3.1", "3.0.3")
    validate(document)
    assert document["paths"].keys() == DOCUMENT["paths"].keys()


@pytest.mark.parametrize("document", [DOCUMENT, as_openapi_30(DOCUMENT)], ids=["3.1", "3.0"])
def test_every_reference_is_local_and_leads_somewhere(document: dict[str, Any]):
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def test_operations_have_stable_names_a_tag_and_words():
    ids = [operation["operationId"] for operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert all(name.isidentifier() and "__" not in name for name in ids)
    tags = {tag["name"] for tag in TAGS}
    assert {tag for operation in OPERATIONS for tag in operation["tags"]} == tags
    assert all(operation["tags"] and operation["description"] for operation in OPERATIONS)


def test_every_operation_shows_an_answer_and_every_problem_one_too():
    shown = {name for name, status, _, shape in answers(DOCUMENT)
             if status[0] == "2" and "example" in shape}  # fmt: skip
    assert shown == {operation["operationId"] for operation in OPERATIONS} - NOT_JSON
    assert all("example" in shape for _, _, kind, shape in answers(DOCUMENT) if "problem" in kind)
    parameters = [p for operation in OPERATIONS for p in operation.get("parameters", [])]
    assert all("example" in p for p in parameters if p["in"] == "path" and p["name"] in PATHS)


def resolvable(document: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    return {**shape["schema"], "components": document["components"]}


def test_every_example_is_what_its_schema_says():
    document = as_openapi_30(DOCUMENT)
    examples = [
        (resolvable(DOCUMENT, shape), resolvable(document, other), shape["example"])
        for (*_, shape), (*_, other) in zip(answers(DOCUMENT), answers(document), strict=True)
        if "example" in shape
    ]
    assert len(examples) > 30
    for schema, schema_30, example in examples:
        jsonschema.Draft202012Validator(schema).validate(example)
        OAS30Validator(schema_30).validate(example)


def sent(document: dict[str, Any]):
    for methods in document["paths"].values():
        for operation in methods.values():
            for kind, shape in operation.get("requestBody", {}).get("content", {}).items():
                if kind.endswith("json"):
                    yield operation["operationId"], shape


def given_in(shape: dict[str, Any]) -> list[Any]:
    return [shape["example"]] if "example" in shape else [
        one["value"] for one in shape.get("examples", {}).values()
    ]  # fmt: skip


def test_whatever_is_sent_in_json_has_examples_that_are_what_its_schema_says():
    document = as_openapi_30(DOCUMENT)
    pairs = list(zip(sent(DOCUMENT), sent(document), strict=True))
    assert {name for name, shape in sent(DOCUMENT) if not given_in(shape)} == set()
    assert bodies().keys() <= {name for name, _ in sent(DOCUMENT)}
    for (_, shape), (_, other) in pairs:
        for example in given_in(shape):
            jsonschema.Draft202012Validator(resolvable(DOCUMENT, shape)).validate(example)
            OAS30Validator(resolvable(document, other)).validate(example)


def test_every_example_of_a_body_has_a_name_and_a_summary():
    for shown in bodies().values():
        assert all(name.isidentifier() and one["summary"] for name, one in shown.items())


def queries(document: dict[str, Any]):
    for methods in document["paths"].values():
        for operation in methods.values():
            for one in operation.get("parameters", []):
                if one["in"] == "query":
                    yield f"{operation['operationId']}.{one['name']}", one


def is_listed(schema: dict[str, Any]) -> bool:
    """Whether the schema itself tells what may be said: values one by one, or any number."""
    several = schema.get("anyOf")
    if several is not None:
        return all(is_listed(one) for one in several)
    if schema.get("type") == "array":
        return is_listed(schema["items"])
    told = schema.keys() & {"enum", "const"}
    return bool(told) or schema.get("type") in ("integer", "boolean", "null")


def test_every_query_whose_values_nobody_can_guess_has_an_example_that_its_schema_allows():
    asked = dict(queries(DOCUMENT))
    assert {n for n, p in asked.items() if not is_listed(p["schema"]) and "example" not in p} == (
        set()
    )
    for parameter in asked.values():
        if "example" in parameter:
            jsonschema.Draft202012Validator(parameter["schema"]).validate(parameter["example"])
    known = {name.partition(".")[2] for name in asked} | asked.keys()
    assert QUERIES.keys() <= known


def test_both_descriptions_are_served_and_the_landing_page_leads_to_them(town_client: TestClient):
    links = [link for link in town_client.get("/").json()["links"] if link["rel"] == "service-desc"]
    for link, version in zip(links, ("3.0", "3.1"), strict=True):
        answer = town_client.get(link["href"])
        assert answer.json()["openapi"].startswith(version)
        assert link["type"] == f"application/vnd.oai.openapi+json;version={version}"
    assert town_client.get(links[0]["href"]).headers["content-type"] == links[0]["type"]
    conforms = town_client.get("/conformance").json()["conformsTo"]
    assert {one.rpartition("/")[2] for one in conforms} >= {"core", "geojson", "html", "oas30"}


NULLABLE = {"type": ["integer", "null"], "minimum": 3}
SCHEMAS: list[dict[str, Any]] = [
    NULLABLE,
    {"anyOf": [{"type": "string"}, {"type": "null"}]},
    {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "integer"}, {"type": "null"}]},
    {"type": "null"},
    {"const": 4},
    {"type": "number", "exclusiveMinimum": 2},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}], "maxItems": 2},
    {"type": "object", "properties": {"a": NULLABLE}, "required": ["a"]},
    {"type": "array", "items": {"anyOf": [{"const": "x"}, {"type": "null"}]}},
    {"type": "object", "additionalProperties": {"type": "boolean"}, "propertyNames": {}},
]  # fmt: skip
# 3.0 does not say whether 2.0 is an integer, and the two validators take it differently
BROKEN = st.floats(-5, 5).filter(lambda number: not number.is_integer())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | BROKEN | st.text("xyz", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)


@given(st.sampled_from(SCHEMAS), JSON)
def test_the_schemas_of_30_allow_what_those_of_31_allow(schema: dict[str, Any], value: Any):
    document = {
        "openapi": "3.1.0",
        "info": {},
        "paths": {},
        "components": {"schemas": {"S": schema}},
    }
    said = as_openapi_30(document)["components"]["schemas"]["S"]
    if jsonschema.Draft202012Validator(schema).is_valid(value):
        assert OAS30Validator(said).is_valid(value)
