"""The data form as a JSON Schema (2020-12), for any program that can fill one in.

`x-title` has the title in both languages, `x-unit` the unit, `x-choices` what choices are called,
`x-asked-by` which approvals and rules ask for a field, and whether they hang on it (`decides`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema

from blueprint.approvals.credit_code import PATTERN, is_credit_code
from blueprint.approvals.documents import PackRef
from blueprint.approvals.fields import FormField
from blueprint.values import LONGEST_LINE, Bilingual

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CREDIT_CODE = "credit-code"
"""The format of texts that are unified social credit codes (GB 32100)."""

_SHOWN = 60
_FORMATS = jsonschema.FormatChecker(formats=())
_FORMATS.checks(CREDIT_CODE)(lambda text: not isinstance(text, str) or is_credit_code(text))
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


def misfit(shape: Mapping[str, Any], value: object) -> str | None:
    """Why a value is none that a field may have, and what to do; None: it is one."""
    checker = jsonschema.Draft202012Validator(shape, format_checker=_FORMATS)
    error = next(iter(checker.iter_errors(value)), None)
    if error is None:
        return None
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    asked: Any = error.validator_value
    match error.validator:
        case "type":
            return f"{shown}: is no {asked}; give one"
        case "enum":
            return f"{shown}: is none of {', '.join(asked)}; give one of them"
        case "minimum" | "maximum":
            return f"{shown}: is beyond its {error.validator} {asked:g}; correct it"
        case "format":
            return f"{shown}: its last character does not fit (GB 32100); look for a slip"
    return f"{shown}: does not fit {error.validator} {asked}; correct it"
