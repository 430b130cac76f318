"""A form that was filled in: held against its schema, and turned back into what is known.

Input: the form, what was known, the values by field; null takes a value back. Output: `Filled`: the
project's facts, answers and figures as they are now said to be, and the applicant's profile. A form
may be filled in bit by bit: what is missing is told, and no mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from blueprint.approvals.credit_code import is_credit_code
from blueprint.approvals.fields import FormField
from blueprint.approvals.form import DataForm
from blueprint.approvals.form_schema import misfit
from blueprint.approvals.known import Knowledge
from blueprint.approvals.profiles import ApplicantProfile
from blueprint.cases.facts import ProjectFacts
from blueprint.errors import InvalidForm

ModelT = TypeVar("ModelT", bound=BaseModel)
_SHOWN = 60
_NEVER_OPEN = {("fact", "name"), ("fact", "proposer"), ("profile", "name")}
"""What a project or an applicant's file cannot do without."""


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
        if value is None and (kind, place) in _NEVER_OPEN:
            raise InvalidForm(f"{name}: cannot be taken back; give another")
        if kind == "answer" and value is not None:
            places[kind][place] = "yes" if value else "no"
        elif kind in ("answer", "stated") and value is None:
            places[kind].pop(place, None)
        else:
            places[kind][place] = value
    said = any((known.pack.fields[name].home or ("",))[0] == "profile" for name in values)
    new = None
    if said and places["profile"]:
        # a file begins with the organisation's name and code, as the project has them
        begun: dict[str, Any] = {"name": facts["proposer"]}
        if is_credit_code(facts["proposer_code"] or ""):
            begun["credit_code"] = facts["proposer_code"]
        new = _checked(ApplicantProfile, begun | places["profile"], known.pack.fields)
    return Filled(_checked(ProjectFacts, facts, known.pack.fields), new)


def validate_values(schema: Mapping[str, Any], values: Mapping[str, object]) -> None:
    """See that each value that is given is what its field may have.

    Raises:
        InvalidForm: a field is not asked, or a value of one cannot be.
    """
    asked = schema["properties"]
    for name, value in values.items():
        if name not in asked:
            shown = name if name.isprintable() else ascii(name)
            message = f"{shown[:_SHOWN]}: is not asked by this form; leave it out"
            raise InvalidForm(message)
        why = None if value is None else misfit(asked[name], value)
        if why is not None:
            raise InvalidForm(f"{name}: {why}")


def _checked(
    model: type[ModelT], document: dict[str, Any], fields: Mapping[str, FormField]
) -> ModelT:
    try:
        return model.model_validate(document)
    except ValidationError as problem:
        first = problem.errors()[0]
        message = f"{_field_at(model, first['loc'], fields)}: {str(first['input'])[:_SHOWN]!r}"
        raise InvalidForm(f"{message}: {first['msg']}; correct it") from None


def _field_at(
    model: type[BaseModel], at: tuple[str | int, ...], fields: Mapping[str, FormField]
) -> str:
    """The form's own name for what a model found fault with."""
    steps = [str(step) for step in at]
    kind = "profile" if model is ApplicantProfile else "fact"
    if steps[:2] == ["figures", "answers"]:
        kind, steps = "answer", steps[2:]
    elif steps[:1] in (["figures"], ["stated"]):
        kind, steps = steps[0].removesuffix("s"), steps[1:]
    home = f"{kind}.{steps[0]}" if steps else kind
    named = (name for name, field in fields.items() if field.kept_as == home)
    return next(named, steps[0] if steps else "form")
