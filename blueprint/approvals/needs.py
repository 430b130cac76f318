"""What makes an approval, or one of its documents, needed: conditions as a pack states them.

A condition is `always`, or asks for a finding (`rule`, `layer`, `theme`, `outcome`), for what is
said of the project (`field`), or for some or all of other conditions (`any`, `all`).
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from blueprint.approvals.fields import Given
from blueprint.rules.kinds.base import Severity
from blueprint.rules.pack_reader import TOLD
from blueprint.values import Slug, Value

RuleId = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
Bound = Annotated[float, Field(allow_inf_nan=False)]
_COMPARED = ("equals", "one_of", "at_least", "above", "at_most", "below")


class OnRule(Value):
    """A rule is among the findings; with `outcome`, with one of these."""

    rule: RuleId
    outcome: tuple[Severity, ...] = ()


class OnLayer(Value):
    """A layer is among the findings, by whichever rule; with `outcome`, with one of these."""

    layer: Slug
    outcome: tuple[Severity, ...] = ()


class OnTheme(Value):
    """A layer of a theme of the catalogue is among the findings; with `outcome` as above."""

    theme: str
    outcome: tuple[Severity, ...] = ()


class OnOutcome(Value):
    """Any finding comes to one of these outcomes."""

    outcome: Annotated[tuple[Severity, ...], Field(min_length=1)]


class OnField(Value):
    """What is said of the project: a field of the form, held against one value or bound."""

    field: Slug
    equals: bool | str | None = None
    one_of: tuple[str, ...] = ()
    at_least: Bound | None = None
    above: Bound | None = None
    at_most: Bound | None = None
    below: Bound | None = None

    @model_validator(mode="after")
    def _compares_once(self) -> Self:
        said = [name for name in _COMPARED if getattr(self, name) not in (None, ())]
        if len(said) != 1:
            message = f"field {self.field}: compares {len(said)} times; give one of "
            raise ValueError(message + ", ".join(_COMPARED))
        return self

    @property
    def bounds(self) -> bool:
        """Whether it is held against a number."""
        return self.equals is None and not self.one_of

    def holds(self, value: Given) -> bool:
        """Whether a value fits."""
        if self.equals is not None:
            return value == self.equals
        if self.one_of:
            return value in self.one_of
        number = float(value)
        return (
            (self.at_least is None or number >= self.at_least)
            and (self.above is None or number > self.above)
            and (self.at_most is None or number <= self.at_most)
            and (self.below is None or number < self.below)
        )


class AnyOf(Value):
    """At least one of these."""

    any: "tuple[Need, ...]"

    @model_validator(mode="after")
    def _has_parts(self) -> Self:
        _refuse_empty(self.any)
        return self


class AllOf(Value):
    """All of these."""

    all: "tuple[Need, ...]"

    @model_validator(mode="after")
    def _has_parts(self) -> Self:
        _refuse_empty(self.all)
        return self


def _refuse_empty(parts: tuple[Any, ...]) -> None:
    # not by min_length: parts that are faulty would be told as missing too
    if not parts:
        raise ValueError("is empty; give at least one")


_TAGS: dict[str, str] = {
    # not by its name alone: an outcome beside a rule narrows that
    "rule": "by rule",
    "layer": "by layer",
    "theme": "by theme",
    "field": "by field",
    "any": "any of",
    "all": "all of",
    "outcome": "by outcome",
}


def _tag(given: Any) -> str | None:
    if given == "always":
        return "by stage"
    names = type(given).model_fields if isinstance(given, BaseModel) else given
    if not isinstance(names, dict):
        return None
    return next((tag for name, tag in _TAGS.items() if name in names), None)


Need = Annotated[
    Annotated[Literal["always"], Tag("by stage")]
    | Annotated[OnRule, Tag("by rule")]
    | Annotated[OnLayer, Tag("by layer")]
    | Annotated[OnTheme, Tag("by theme")]
    | Annotated[OnOutcome, Tag("by outcome")]
    | Annotated[OnField, Tag("by field")]
    | Annotated[AnyOf, Tag("any of")]
    | Annotated[AllOf, Tag("all of")],
    Discriminator(
        _tag,
        custom_error_type=TOLD,
        custom_error_message=f"is no condition; write always, or one of {', '.join(_TAGS)}",
    ),
]
"""A condition."""

AnyOf.model_rebuild()
AllOf.model_rebuild()


Leaf = OnRule | OnLayer | OnTheme | OnOutcome | OnField
"""A condition that asks for something itself."""


def leaves(need: Need) -> Iterator[Leaf]:
    """The conditions that ask for something themselves."""
    if isinstance(need, AnyOf | AllOf):
        for part in need.any if isinstance(need, AnyOf) else need.all:
            yield from leaves(part)
    elif need != "always":
        yield need
