"""The data form as a JSON Schema (2020-12), for any program that can fill one in.

`x-title` has the title in both languages, `x-unit` the unit, `x-choices` what choices are called,
`x-asked-by` which approvals and rules ask for a field, and whether they hang on it (`decides`).
"""

from dataclasses import dataclass
from typing import Any

from blueprint.approvals.credit_code import PATTERN
from blueprint.approvals.documents import PackRef
from blueprint.approvals.fields import FormField
from blueprint.values import LONGEST_LINE, Bilingual

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CREDIT_CODE = "credit-code"
"""The format of texts that are unified social credit codes (GB 32100)."""

_TYPES = {
    "text": "string",
    "choice": "string",
    "number": "number",
    "integer": "integer",
    "yes_no": "boolean",
}


@dataclass(frozen=True, slots=True)
class AskedField:
    """A field that is asked, with all that ask for it."""

    field: FormField
    required: bool
    asked_by: list[dict[str, Any]]


def form_schema(name: Bilingual, pack: PackRef, fields: dict[str, AskedField]) -> dict[str, Any]:
    """The schema of a form that asks these fields, in their order."""
    return {
        "$schema": DIALECT,
        "title": name.both(),
        "description": f"{pack.id} {pack.version}",
        "type": "object",
        "properties": {name: _property(one) for name, one in fields.items()},
        "required": [name for name, one in fields.items() if one.required],
        "additionalProperties": False,
    }


def _property(asked: AskedField) -> dict[str, Any]:
    field = asked.field
    told: dict[str, Any] = {"title": field.title.both(), "type": _TYPES[field.type]}
    if field.help is not None:
        told["description"] = field.help.both()
    if field.type == "choice":
        told["enum"] = [choice.id for choice in field.choices]
        told["x-choices"] = {choice.id: choice.title.model_dump() for choice in field.choices}
    elif field.format == "credit_code":
        told |= {"format": CREDIT_CODE, "pattern": PATTERN}
    elif field.type == "text":
        told |= {"minLength": 1, "maxLength": LONGEST_LINE, "pattern": r"\S"}
    if field.at_least is not None:
        told["minimum"] = field.at_least
    if field.at_most is not None:
        told["maximum"] = field.at_most
    if field.unit is not None:
        told["x-unit"] = field.unit
    return told | {"x-title": field.title.model_dump(), "x-asked-by": asked.asked_by}
