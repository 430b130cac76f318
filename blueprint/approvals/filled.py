"""A form that was filled in: held against its schema, and turned back into what is known.

Input: the form, what was known, the values by field; null takes a value back. Output: `Filled`: the
project's facts, answers and figures as they are now said to be, and the applicant's profile. A form
may be filled in bit by bit: what is missing is told, and no mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import jsonschema
from pydantic import BaseModel, ValidationError

from blueprint.approvals.credit_code import is_credit_code
from blueprint.approvals.form import DataForm
from blueprint.approvals.form_schema import CREDIT_CODE
from blueprint.approvals.known import Knowledge
from blueprint.approvals.profiles import ApplicantProfile
from blueprint.cases.facts import ProjectFacts
from blueprint.errors import InvalidForm

ModelT = TypeVar("ModelT", bound=BaseModel)
_FORMATS = jsonschema.FormatChecker(formats=())
_FORMATS.checks(CREDIT_CODE)(lambda text: not isinstance(text, str) or is_credit_code(text))
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Filled:
    """What is said by a form: the project's facts, and the applicant's profile; None: no word."""

    facts: ProjectFacts
    profile: ApplicantProfile | None


def fill_form(form: DataForm, known: Knowledge, values: Mapping[str, object]) -> Filled:
    """What a filled form says of the project and of its applicant.

    `known` is what the form was made of (`form.with_rule_fields`). A value that is what the
    blueprint or the applicant's file gives anyhow stays theirs.

    Raises:
        InvalidForm: a field is not asked, or a value of one cannot be.
    """
    validate_values(form.json_schema, values)
    facts = known.facts.model_dump(mode="json")
    profile = None if known.profile is None else known.profile.profile.model_dump(mode="json")
    places: dict[str, dict[str, Any]] = {
        "fact": facts,
        "figure": facts["figures"],
        "answer": facts["figures"]["answers"],
        "profile": {} if profile is None else profile,
        "stated": facts.setdefault("stated", {}),
    }
    for name, value in values.items():
        found = known.of(name)
        if found is not None and found.value == value and found.source.kind != "said":
            continue
        kind, place = known.pack.fields[name].home or ("stated", name)
        if kind == "answer" and value is not None:
            places[kind][place] = "yes" if value else "no"
        elif kind in ("answer", "stated") and value is None:
            places[kind].pop(place, None)
        else:
            places[kind][place] = value
    said = any((known.pack.fields[name].home or ("",))[0] == "profile" for name in values)
    new = None
    if said and places["profile"]:
        # a file begins with the organisation's name, as the project has it
        new = _checked(ApplicantProfile, {"name": facts["proposer"], **places["profile"]})
    return Filled(_checked(ProjectFacts, facts), new)


def validate_values(schema: Mapping[str, Any], values: Mapping[str, object]) -> None:
    """See that each value that is given is what its field may have.

    Raises:
        InvalidForm: a field is not asked, or a value of one cannot be.
    """
    asked = schema["properties"]
    for name, value in values.items():
        if name not in asked:
            message = f"{name[:_SHOWN]}: is not asked by this form; leave it out"
            raise InvalidForm(message)
        if value is None:
            continue
        checker = jsonschema.Draft202012Validator(asked[name], format_checker=_FORMATS)
        error = next(iter(checker.iter_errors(value)), None)
        if error is not None:
            raise InvalidForm(f"{name}: {_why(error, value)}")


def _why(error: jsonschema.ValidationError, value: object) -> str:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    match error.validator:
        case "type":
            return f"{shown}: is no {error.validator_value}; give one"
        case "enum":
            return f"{shown}: is none of {', '.join(error.validator_value)}; give one of them"
        case "minimum" | "maximum":
            return f"{shown}: is beyond its {error.validator} {error.validator_value:g}; correct it"
        case "format":
            return (
                f"{shown}: its last character does not fit the others (GB 32100); look for a slip"
            )
    return f"{shown}: does not fit {error.validator} {error.validator_value}; correct it"


def _checked(model: type[ModelT], document: dict[str, Any]) -> ModelT:
    try:
        return model.model_validate(document)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "form"
        message = f"{where}: {str(first['input'])[:_SHOWN]!r}: {first['msg']}; correct it"
        raise InvalidForm(message) from None
