"""What a rule on sites of each kind may say, as docs/rules.md describes it."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from blueprint.rules.kinds.base import BaseRule, Filter, Metres, OverlapRule, Severity
from blueprint.rules.kinds.surfaces import Surfaces
from blueprint.values import Slug, Value

YesNo = Literal["yes", "no"]
Figure = Literal[
    "floor_area_ratio", "height_m", "building_density", "green_ratio", "setback_m", "use"
]
FieldName = Annotated[str, Field(min_length=1, max_length=64)]


def _words(answers: Any) -> Any:
    # YAML reads a bare yes or no as a truth value
    if not isinstance(answers, dict):
        return answers
    return {{True: "yes", False: "no"}.get(key, key): value for key, value in answers.items()}


Answers = Annotated[dict[YesNo, Severity], BeforeValidator(_words)]


class SiteRule(OverlapRule):
    """What it means when a site meets a layer, or comes within `buffer_m` of its features.

    `ask` names a question to the applicant; an answer listed in `answers` changes the severity.
    With `touches`, features that share the site's boundary and no ground are reported too.
    """

    kind: Literal["site"]
    layer: Slug
    where: Filter | None = None
    buffer_m: Metres | None = None
    ask: Slug | None = None
    answers: Answers = Field(default_factory=dict)
    # told only where it is set: a pack that does not know it keeps its hash
    touches: bool = Field(default=False, exclude_if=lambda told: not told)

    @model_validator(mode="after")
    def _touches_what_is_drawn(self) -> Self:
        if self.touches and self.buffer_m is not None:
            message = "a zone of buffer_m is not touched; leave touches or buffer_m out"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _asks_for_what_it_answers(self) -> Self:
        if self.ask is None and self.answers:
            message = "has answers and asks nothing; add ask: the id of a question"
            raise ValueError(message)
        if self.ask is not None and not self.answers:
            message = f"asks {self.ask} and no answer changes anything; add answers, or drop ask"
            raise ValueError(message)
        return self

    def asked_layers(self) -> Iterator[str]:
        """The layer."""
        yield self.layer


class Width(Value):
    """A row of a table of widths: how far the zone of the features that `where` takes reaches."""

    where: Filter
    metres: Metres


class DistanceRule(OverlapRule):
    """A zone along or around features, its width by their attributes; drawn zones come first."""

    kind: Literal["distance"]
    layer: Slug
    where: Filter | None = None
    widths: Annotated[tuple[Width, ...], Field(min_length=1)]
    otherwise_m: Metres | None = None
    zone_layer: Slug | None = None
    zone_where: Filter | None = None

    @model_validator(mode="after")
    def _names_the_zones_it_filters(self) -> Self:
        if self.zone_where is not None and self.zone_layer is None:
            message = "zone_where filters nothing; add zone_layer, or take zone_where away"
            raise ValueError(message)
        if self.zone_layer == self.layer:
            message = (
                f"zone_layer {self.layer} is the layer itself; use a site rule for drawn zones"
            )
            raise ValueError(message)
        return self

    @property
    def reach_m(self) -> float:
        """The widest zone that a feature can have."""
        return max(self.otherwise_m or 0.0, *(width.metres for width in self.widths))

    def asked_layers(self) -> Iterator[str]:
        """The layer and, where there is one, that of the drawn zones."""
        yield self.layer
        if self.zone_layer is not None:
            yield self.zone_layer

    def polygon_layers(self) -> Iterator[str]:
        """Drawn zones are polygons."""
        if self.zone_layer is not None:
            yield self.zone_layer


class HeightRule(BaseRule):
    """An airport's obstacle limitation surfaces over its runways' centre lines.

    `severity` holds where a building would stand out, or its height is not known; `beneath` where
    it keeps below every surface.
    """

    kind: Literal["height"]
    layer: Slug
    where: Filter | None = None
    elevation_field: FieldName
    surfaces: Surfaces
    beneath: Severity = "notice"

    def asked_layers(self) -> Iterator[str]:
        """The layer of the runways."""
        yield self.layer

    def line_layers(self) -> Iterator[str]:
        """Runways are drawn as their centre lines."""
        return self.asked_layers()


class AttributeRule(BaseRule):
    """A limit that a plan's attribute sets to a figure of the project.

    `unanswered` is what the rule comes to while the figure is not given: its severity unless said.
    """

    kind: Literal["attribute"]
    layer: Slug
    where: Filter | None = None
    figure: Figure
    relation: Literal["at_most", "at_least", "one_of"]
    field: FieldName
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    unanswered: Severity | None = None

    @model_validator(mode="after")
    def _compares_what_can_be(self) -> Self:
        if (self.figure == "use") != (self.relation == "one_of"):
            message = f"{self.figure} cannot be {self.relation}; use is one_of, numbers are not"
            raise ValueError(message)
        return self

    def asked_layers(self) -> Iterator[str]:
        """The plan."""
        yield self.layer

    def polygon_layers(self) -> Iterator[str]:
        """All of them."""
        return self.asked_layers()
