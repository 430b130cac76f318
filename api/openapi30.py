"""The description of the API as OpenAPI 3.0, from the 3.1 that FastAPI makes.

Input: a 3.1 document. Output: a 3.0.3 document that allows no less: what 3.0 cannot say of a schema
is left out or said more widely, never wrongly. Differences that are met: null among types, `const`,
lists of examples, limits that exclude, tuples, names beside a reference.
Source: OpenAPI 3.0.3 and 3.1.0; JSON Schema Wright-00 and 2020-12.
"""

from typing import Any

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"

_UNKNOWN = ("$schema", "$id", "$comment", "propertyNames", "patternProperties", "contentMediaType",
            "contentEncoding", "contentSchema", "unevaluatedProperties", "$defs")  # fmt: skip
_OF_SCHEMAS = ("properties",)
_SCHEMA_LISTS = ("anyOf", "oneOf", "allOf")


def as_openapi_30(document: dict[str, Any]) -> dict[str, Any]:
    """The same API, described for tools that read 3.0 alone."""
    info = {name: value for name, value in document["info"].items() if name != "summary"}
    said: dict[str, Any] = _walked({**document, "info": info, "openapi": "3.0.3"})
    said.pop("webhooks", None)
    said.pop("jsonSchemaDialect", None)
    said["components"]["schemas"] = {
        name: _schema(one) for name, one in document["components"]["schemas"].items()
    }
    return said


def as_value_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value on its own, as 3.0 has it: nothing in it refers to anything."""
    said: dict[str, Any] = _schema(_inlined(schema, schema.get("$defs", {})))
    return said


def _inlined(node: Any, known: dict[str, Any]) -> Any:
    """A schema with what its references lead to in their places; no model of ours has itself."""
    if isinstance(node, list):
        return [_inlined(part, known) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        beside = {name: part for name, part in node.items() if name != "$ref"}
        there = known[node["$ref"].rpartition("/")[2]]
        return {**_inlined(there, known), **_inlined(beside, known)}
    return {name: _inlined(part, known) for name, part in node.items() if name != "$defs"}


def _walked(value: Any) -> Any:
    """Everything outside of schemas as it is, every schema as 3.0 has it; examples untouched."""
    if isinstance(value, list):
        return [_walked(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _schema(part)
        if name == "schema"
        else part
        if name in ("example", "examples")
        else _walked(part)
        for name, part in value.items()
    }


def _schema(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return {} if schema is True else {"not": {}}
    if "$ref" in schema:
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        alone = {"$ref": schema["$ref"]}
        return {"allOf": [alone], **_schema(beside)} if beside else alone
    said = {name: value for name, value in schema.items() if name not in _UNKNOWN}
    for name in _OF_SCHEMAS:
        if name in said:
            said[name] = {key: _schema(value) for key, value in said[name].items()}
    for name in ("items", "not"):
        if name in said:
            said[name] = _schema(said[name])
    if isinstance(said.get("additionalProperties"), dict):
        said["additionalProperties"] = _schema(said["additionalProperties"])
    for name in _SCHEMA_LISTS:
        if name in said:
            said[name] = [_schema(one) for one in said[name]]
    return _with_limits(_with_values(_with_null(said, schema)))


def _with_null(said: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        others = [kind for kind in kinds if kind != "null"]
        said.pop("type")
        if len(others) == 1:
            said["type"] = others[0]
        elif others:
            said["anyOf"] = [{"type": kind} for kind in others]
        if "null" in kinds:
            said["nullable"] = True
    if kinds == "null":
        said.pop("type")
        said |= {"enum": [None], "nullable": True}
    return _without_null_choice(said, schema)


def _without_null_choice(said: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A choice of which one is null: 3.0 allows null only where the type is told."""
    for name in ("anyOf", "oneOf"):
        choices = schema.get(name) or []
        if {"type": "null"} not in choices:
            continue
        rest = [one for at, one in enumerate(said[name]) if choices[at] != {"type": "null"}]
        said.pop(name)
        if len(rest) > 1 or "$ref" in rest[0]:
            said[name] = [*rest, {"enum": [None], "nullable": True}]
            continue
        said = {**rest[0], **said}
        if "enum" in said and None not in said["enum"]:
            said["enum"] = [*said["enum"], None]
        if "type" in said:
            said["nullable"] = True
    return said


def _with_values(said: dict[str, Any]) -> dict[str, Any]:
    if "const" in said:
        said["enum"] = [said.pop("const")]
    examples = said.pop("examples", None)
    if examples:
        said["example"] = examples[0]
    tuple_of = said.pop("prefixItems", None)
    if tuple_of is not None:
        kinds = [_schema(one) for one in tuple_of]
        said["items"] = kinds[0] if all(kind == kinds[0] for kind in kinds) else {"anyOf": kinds}
    if said.get("type") == "array":
        said.setdefault("items", {})
    return said


def _with_limits(said: dict[str, Any]) -> dict[str, Any]:
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = said.get(exclusive)
        if isinstance(value, int | float) and not isinstance(value, bool):
            said |= {limit: value, exclusive: True}
    return said
