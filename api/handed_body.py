"""How the description of the API tells what a site is handed in as."""

from typing import Any

from api.handed import FORM, Fields
from blueprint.checks.handed_site import MEDIA_TYPES
from blueprint.rules.kinds.figures import ProjectFigures

_GEOJSON: dict[str, Any] = {
    "schema": {
        "type": "object",
        "description": "Feature(Collection) or polygon; a member `project` may hold the "
        "applicant's answers and the project's figures, a member `suggest` ask for what would take "
        "prohibitions and restrictions away",
        "properties": {
            "project": ProjectFigures.model_json_schema(),
            "suggest": {"type": "boolean", "default": False},
        },
    },
}
_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


def _form() -> dict[str, Any]:
    shape = Fields.model_json_schema()
    file = {"type": "string", "format": "binary", "description": "named after its format"}
    return {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {"file": file, **shape["properties"]},
            "additionalProperties": False,
        }
    }


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        kinds[0]: _GEOJSON if suffix == ".geojson" else _BYTES
        for suffix, kinds in MEDIA_TYPES.items()
    }
    | {FORM: _form()},
}
"""Every media type that `handed_in` reads, by its usual name."""
