"""What a request hands in as a project: JSON with its facts and its site, or a form with a file.

Input: a request. Output: `Proposal`. The site is read as every other site is: GeoJSON in the JSON
document, any format that a site is handed in as where a form brings a file.
"""

import json
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError
from starlette.exceptions import HTTPException

from api.deps import PlainText
from api.handed import FORM, read_body, read_form
from blueprint.cases.facts import SaidFacts
from blueprint.cases.intake import Proposal, said_facts
from blueprint.checks.handed_site import HandedSite

_JSON = "application/json"


class ProjectBody(BaseModel):
    """A project as JSON; without `site` a new version keeps the site that the project has."""

    model_config = ConfigDict(extra="forbid")

    facts: dict[str, Any]
    site: dict[str, Any] | None = Field(
        None, description="GeoJSON: a geometry, Feature or FeatureCollection"
    )
    crs: PlainText | None = Field(None, description="of the coordinates, if not lon, lat")
    based_on: int | None = Field(
        None, ge=1, description="the version that was read; refused if there is a newer one"
    )


class ProjectFields(BaseModel):
    """The fields of a form beside the file."""

    model_config = ConfigDict(extra="forbid")

    facts: Json[dict[str, Any]] = Field(description="the project's facts, as JSON")
    crs: PlainText | None = None
    layer: PlainText | None = Field(None, description="of a file that has several")
    based_on: int | None = Field(None, ge=1)


async def project_handed_in(request: Request) -> tuple[Proposal, int | None]:
    """The project of a request, and the version that it was based on, if that is said.

    Raises:
        HTTPException: the body is too large, or neither JSON nor a form.
        RequestValidationError: it is malformed, or a field of it is.
        InvalidProject: a fact cannot be.
        UnreadableSource: a file's name says that it is none that is read here.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await read_body(request)
    if kind == FORM:
        file, fields = await read_form(request, body, ProjectFields)
        proposal = Proposal(said_facts(fields.facts), file, fields.crs, fields.layer)
        return proposal, fields.based_on
    if kind not in ("", _JSON, "application/octet-stream", "application/x-www-form-urlencoded"):
        detail = f"Content-Type {kind[:60]}: no project is handed in as that; send {_JSON}, {FORM}"
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    said = _json(body)
    site = None if said.site is None else HandedSite(json.dumps(said.site).encode(), ".geojson")
    return Proposal(said_facts(said.facts), site, said.crs), said.based_on


def _json(body: bytes) -> ProjectBody:
    try:
        return ProjectBody.model_validate_json(body)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ("body", *first["loc"])
        said = {"loc": where, "msg": first["msg"], "type": first["type"]}
        raise RequestValidationError([said]) from None


_POLYGON = {
    "type": "Polygon",
    "coordinates": [
        [[118.09, 24.60], [118.092, 24.60], [118.092, 24.602], [118.09, 24.602], [118.09, 24.60]]
    ],
}
_FACTS = {
    "name": "示例产业园一期",
    "proposer": "示例置业有限公司",
    "purpose": "标准厂房",
    "floor_area_m2": 52000,
    "investment_wan": 18000,
    "figures": {"height_m": 24, "floor_area_ratio": 1.8},
}


def _document() -> dict[str, Any]:
    shape = ProjectBody.model_json_schema()
    facts = SaidFacts.model_json_schema(ref_template="#/components/schemas/{model}")
    facts.pop("$defs", None)
    return {**shape, "properties": {**shape["properties"], "facts": facts}}


def _form() -> dict[str, Any]:
    shape = ProjectFields.model_json_schema()
    file = {"type": "string", "format": "binary", "description": "the site, by its format"}
    return {**shape, "properties": {"file": file, **shape["properties"]}}


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        _JSON: {"schema": _document(), "example": {"facts": _FACTS, "site": _POLYGON}},
        FORM: {"schema": _form()},
    },
}
"""What `project_handed_in` reads."""
