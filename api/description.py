"""The description of the API: what FastAPI makes of the routes, with tags, ids and examples.

Input: the app. Output: an OpenAPI 3.1 document; the same as 3.0 is at /openapi-3.0.json. Examples
are of the sample city, by operation: `examples.json` has answers, shortened, and `bodies.json` what
is sent in JSON, kept by hand, where the route does not give its own.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute

from api.forms import form_wanted
from api.openapi30 import MEDIA_TYPE, as_openapi_30
from api.problems import Problem
from api.root import PATH, PATH_30

_EXAMPLES = Path(__file__).parent / "examples.json"
_BODIES = Path(__file__).parent / "bodies.json"

TAGS = [
    {"name": "service", "description": "What is here, what it keeps to, and how it fares."},
    {"name": "blueprint", "description": "The tree of layers, snapshots, rules, control totals."},
    {"name": "layers", "description": "Layers of a snapshot and their features (OGC API)."},
    {"name": "tiles", "description": "Vector tiles of every collection (OGC API - Tiles)."},
    {"name": "site checks", "description": "What the blueprint says about one site (选址预检)."},
    {"name": "deliveries", "description": "What was handed in, and what came of it (交付)."},
    {"name": "processes", "description": "Long work as jobs, and the files for it (OGC API)."},
    {"name": "webhooks", "description": "Other systems that are told what happens."},
    {"name": "projects", "description": "The project library (项目库), and cases of it."},
    {"name": "cases", "description": "From a site to an outcome: 策划生成, 征求意见, 建设条件."},
    {"name": "approvals", "description": "审批事项、材料清单、一张表单: each document asked once."},
    {"name": "applicants", "description": "一企一档: what is known and held of applicants."},
    {
        "name": "lineage",
        "description": "Codes (项目代码), what projects come from, exchange tables.",
    },
    {"name": "conflicts", "description": "Where the plans fight (差异图斑), and their history."},
]
PARAMETERS = {
    "collection_id": "farmland",
    "feature_id": "027000001",
    "check_id": "chk_8baf143022dc4af0ad703ebe9ec74cbc",
    "conflict_id": "cf_004ac6db37a1e3471d44",
    "project_id": "pj_0f1e2d3c4b5a69788796",
    "case_id": "cs_0f1e2d3c4b5a69788796",
    "approval_id": "forest_use",
    "applicant_id": "me",
    "document_id": "hd_0f1e2d3c4b5a69788796",
    "code": "2111-522323-04-01-342068",
    "link_id": 7,
    "suffix": "pdf",
    "tileMatrixSetId": "WebMercatorQuad",
    "tileMatrix": "12",
    "tileRow": 1756,
    "tileCol": 3391,
    "process_id": "site-check",
    "snapshot_id": "2026-11-29.1",
    "number": 39,
    "job_id": "job_2d7a6ee1481a4e45aebd8c28ebf08d1f",
    "upload_id": "up_3ff1c6713cd2479eb937345caac5b365",
    "webhook_id": "wh_a5fcb1ddb1904d66a82df9af9f56c492",
}
"""Examples of what stands in paths, by the name of the parameter."""

_AS_ANOTHER = {("execute_process", "200"): "show_results"}
"""What is answered with that status is what another operation answers."""

QUERIES = {
    "after": "027000001",
    "list_all_cases.after": "cs_0f1e2d3c4b5a69788796",
    "list_found.after": "cf_004ac6db37a1e3471d44",
    "list_processes.after": "blueprint-conflicts",
    "list_projects.after": "pj_0f1e2d3c4b5a69788796",
    "against": "2026-11-29.1",
    "as_of": "2026-11-29",
    "bbox": [118.0, 24.5, 118.2, 24.7],
    "list_found.bbox": "118.0,24.5,118.2,24.7",
    "bbox-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "before": "027000101",
    "collections": "farmland,development_boundary",
    "crs": "http://www.opengis.net/def/crs/EPSG/0/4548",
    "make_check.crs": "EPSG:4548",
    "date": "2026-11-29",
    "datetime": "2026-11-01/..",
    "department": "water",
    "departments": "nrp,water",
    "district": "北岭区",
    "filter": "XZQDM = '359902' AND DLBM LIKE '01%'",
    "filter-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "item": "planning_permit",
    "layer": "eco_redline",
    "make_check.layer": "地块",
    "name": "clear.txt",
    "make_check.name": "示例地块",
    "processID": ["site-check"],
    "project": "pj_0f1e2d3c4b5a69788796",
    "properties": ["BSM", "DLMC"],
    "q": "厂房",
    "rule": "exclusive.farmland_redline",
    "snapshot": "2026-11-29.1",
}
"""Examples of what a query asks for, by the name of the parameter, also of one operation."""


_FORMS = {"openapi": MEDIA_TYPE, "json": "application/json", "html": "text/html"}


class Description30(JSONResponse):
    """OpenAPI 3.0."""

    media_type = MEDIA_TYPE


def operation_id(route: APIRoute) -> str:
    """What clients that are made from the description call an operation."""
    return route.name


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The same document with what FastAPI cannot know: the problem's model, and examples."""
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for methods in document["paths"].values():
        for operation in methods.values():
            _exemplify(operation)
    return document


def install(app: FastAPI) -> None:
    """Add the addresses of the description as OpenAPI 3.0, and of whichever form is wanted."""

    async def show(_request: Request) -> Description30:
        return Description30(as_openapi_30(app.openapi()))

    async def choose(request: Request) -> Response:
        # OGC API - Processes expects the description below this name
        kind = form_wanted(request, None, _FORMS)
        if kind == "html":
            return RedirectResponse(request.url_for("docs"))
        return JSONResponse(as_openapi_30(app.openapi()), media_type=_FORMS[kind])

    app.add_route(PATH_30, show, include_in_schema=False)
    app.add_route(PATH, choose, include_in_schema=False)


@cache
def examples() -> dict[str, Any]:
    """The example of an operation's answer, by its id."""
    found: dict[str, Any] = json.loads(_EXAMPLES.read_text("utf-8"))
    return found


@cache
def bodies() -> dict[str, Any]:
    """The examples of what an operation is sent in JSON, by its id and their names."""
    found: dict[str, Any] = json.loads(_BODIES.read_text("utf-8"))
    return found


def _exemplify(operation: dict[str, Any]) -> None:
    _exemplify_what_is_sent(operation)
    name = operation["operationId"]
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _as_given(parameter["schema"])
        if parameter["schema"].get("type") == "array":
            parameter |= {"style": "form", "explode": False}
        if parameter["in"] == "path" and parameter["name"] in PARAMETERS:
            parameter["example"] = _one_of(PARAMETERS[parameter["name"]], parameter["schema"])
        if parameter["in"] == "query":
            _exemplify_query(parameter, name)
    example = examples().get(name)
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        for kind, shape in content.items():
            if status.startswith("2") and example is not None and _is_json(kind, operation):
                shape["example"] = examples().get(_AS_ANOTHER.get((name, status), name), example)
            if kind == "application/problem+json":
                shape.setdefault("example", _problem(status))


def _one_of(example: Any, schema: dict[str, Any]) -> Any:
    """An example, or the first value that is taken where that is none."""
    choices = schema.get("enum", [example])
    return example if example in choices else choices[0]


def _exemplify_what_is_sent(operation: dict[str, Any]) -> None:
    for kind, shape in operation.get("requestBody", {}).get("content", {}).items():
        given = bodies().get(operation["operationId"])
        if kind.endswith("json") and given is not None:
            shape["examples"] = given


def _exemplify_query(parameter: dict[str, Any], operation: str) -> None:
    name = parameter["name"]
    example = QUERIES.get(f"{operation}.{name}", QUERIES.get(name))
    # one name may be an id here and a number there
    if example is not None and parameter["schema"].get("type") in ("string", "array"):
        parameter["example"] = example


def _as_given(schema: dict[str, Any]) -> dict[str, Any]:
    """What a parameter is where it is given: to be left out is no value."""
    choices = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) != 1:
        return schema
    return {**choices[0], **{name: one for name, one in schema.items() if name != "anyOf"}}


def _is_json(kind: str, operation: dict[str, Any]) -> bool:
    """Whether the example of an operation is in that form."""
    several = operation["operationId"].startswith("get_check")
    return kind == "application/json" if several else kind.endswith("json")


def _problem(status: str) -> dict[str, Any]:
    number = int(status) if status.isdecimal() else 500
    found: dict[str, Any] = examples()["problems"].get(str(number), examples()["problems"]["500"])
    return found
