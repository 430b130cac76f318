"""Fields of the one form (一张表单): what each asks, and where its value is kept and comes from.

A field's value is kept among what is said of the project (`fact`), its figures (`figure`), its
answers to the rules' questions (`answer`) or the applicant's profile (`profile`); one that has no
such home is kept by its own id (`ProjectFacts.stated`).
"""

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from blueprint.values import Bilingual, Slug, Value

FieldType = Literal["text", "number", "integer", "yes_no", "choice"]

Given = bool | float | str
"""A value of a field."""

FACTS: dict[str, FieldType] = {
    "name": "text",
    "proposer": "text",
    "proposer_code": "text",
    "purpose": "text",
    "type": "text",
    "industry": "text",
    "code": "text",
    "site_area_m2": "number",
    "floor_area_m2": "number",
    "investment_wan": "number",
    "wastewater_m3_d": "number",
}
FIGURES: dict[str, FieldType] = {
    "floor_area_ratio": "number",
    "height_m": "number",
    "ground_m": "number",
    "building_density": "number",
    "green_ratio": "number",
    "setback_m": "number",
    "use": "text",
}
PROFILE: dict[str, FieldType] = {
    "name": "text",
    "credit_code": "text",
    "address": "text",
    "contact_role": "text",
    "contact_phone": "text",
    "contact_email": "text",
}
FIELD_HOMES = {"fact": FACTS, "figure": FIGURES, "profile": PROFILE}
"""What a field may be kept as, and of which type that is; an answer is yes or no."""

Home = Annotated[
    str, StringConstraints(pattern=r"^(fact|figure|answer|profile)\.[a-z][a-z0-9_]{0,47}$")
]
Bound = Annotated[float, Field(allow_inf_nan=False)]


class Choice(Value):
    """One of the values that a field may have."""

    id: Slug
    title: Bilingual


class FromFinding(Value):
    """A figure that the blueprint gives: what a rule measures on the site, summed up."""

    rule: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
    gives: Literal["area_m2", "length_m", "count", "met"]


class FormField(Value):
    """One field: its type, unit and bounds; `choices` of a choice; where it is prefilled from."""

    title: Bilingual
    type: FieldType
    unit: str | None = None
    help: Bilingual | None = None
    choices: tuple[Choice, ...] = ()
    at_least: Bound | None = None
    at_most: Bound | None = None
    format: Literal["credit_code"] | None = None
    kept_as: Home | None = None
    from_finding: FromFinding | None = None
    from_site: Literal["area_m2"] | None = None
    from_profile: (
        Literal["name", "credit_code", "address", "contact_role", "contact_phone", "contact_email"]
        | None
    ) = None

    @property
    def home(self) -> tuple[str, str] | None:
        """The kind of its home and the name there; None: it is kept by its own id."""
        if self.kept_as is None:
            return None
        kind, _, name = self.kept_as.partition(".")
        return kind, name

    @property
    def value_type(self) -> FieldType:
        """Its type, as its values are: whole numbers are numbers, choices are texts."""
        narrower: dict[FieldType, FieldType] = {"integer": "number", "choice": "text"}
        return narrower.get(self.type, self.type)

    def takes(self, value: Given) -> bool:
        """Whether a value is one of its type, choices and bounds."""
        if self.type == "yes_no":
            return isinstance(value, bool)
        if not self.is_number:
            choices = {choice.id for choice in self.choices}
            return isinstance(value, str) and (not choices or value in choices)
        if isinstance(value, bool | str) or not isfinite(value):
            return False
        whole = self.type == "number" or float(value).is_integer()
        low = self.at_least is None or value >= self.at_least
        return whole and low and (self.at_most is None or value <= self.at_most)

    def sources(self) -> Iterator[tuple[str, FieldType]]:
        """Where it may be prefilled from, each with the type of what it gives."""
        if self.from_finding is not None:
            yield "from_finding", "yes_no" if self.from_finding.gives == "met" else "number"
        if self.from_site is not None:
            yield "from_site", "number"
        if self.from_profile is not None:
            yield "from_profile", "text"

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type in ("number", "integer")

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            message = "choices are of a field of type choice, and such a field has some; add them"
            raise ValueError(f"{message}, or change type")
        bounded = self.at_least is not None or self.at_most is not None
        if not self.is_number and (self.unit is not None or bounded):
            message = f"a {self.type} has no unit and no bounds; take them out, or change type"
            raise ValueError(message)
        if self.type != "text" and self.format is not None:
            message = f"a {self.type} has no format; take it out, or make it a text"
            raise ValueError(message)
        return self
