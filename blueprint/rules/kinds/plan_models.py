"""What rules that hold whole layers against each other may say; see docs/rules.md, `models`."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from blueprint.rules.kinds.base import BaseRule, Filter, OverlapRule
from blueprint.rules.kinds.models import FieldName
from blueprint.values import Slug, Value

SquareKm = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Windows(Value):
    """What is cut out by design (开天窗): features of either side, or polygons of a layer.

    A feature that lacks the attribute is no window.
    """

    left_where: Filter | None = None
    right_where: Filter | None = None
    layer: Slug | None = None
    where: Filter | None = None

    @model_validator(mode="after")
    def _opens_something(self) -> Self:
        if self.where is not None and self.layer is None:
            message = "where filters nothing; add layer, or write left_where or right_where"
            raise ValueError(message)
        if self.left_where is None and self.right_where is None and self.layer is None:
            message = "opens no window; add left_where, right_where or layer"
            raise ValueError(message)
        return self


class ExclusiveRule(OverlapRule):
    """Two layers that must not overlap, but where `windows` have been cut out by design."""

    kind: Literal["exclusive"]
    left: Slug
    right: Slug
    left_where: Filter | None = None
    right_where: Filter | None = None
    # told only where it is set: a pack that does not know it keeps its hash
    windows: Windows | None = Field(default=None, exclude_if=lambda told: told is None)

    @model_validator(mode="after")
    def _is_of_two_layers(self) -> Self:
        if self.left == self.right:
            message = f"{self.left} cannot be exclusive of itself; name two layers"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _has_windows_of_a_third_layer(self) -> Self:
        if self.windows is not None and self.windows.layer in (self.left, self.right):
            message = (
                f"windows: {self.windows.layer} is a side of the rule, and all of it would be a "
                "window; write left_where or right_where"
            )
            raise ValueError(message)
        return self

    def asked_layers(self) -> Iterator[str]:
        """Both layers and that of the windows."""
        yield from (self.left, self.right)
        if self.windows is not None and self.windows.layer is not None:
            yield self.windows.layer

    def polygon_layers(self) -> Iterator[str]:
        """All of them."""
        return self.asked_layers()


class Target(Value):
    """Between which sizes a total has to be, km²; both included."""

    at_least_km2: SquareKm | None = None
    at_most_km2: SquareKm | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        low, high = self.at_least_km2, self.at_most_km2
        if low is None and high is None:
            message = "names no size; add at_least_km2 or at_most_km2"
            raise ValueError(message)
        if low is not None and high is not None and low > high:
            message = f"at_least_km2 {low} is more than at_most_km2 {high}; correct one of the two"
            raise ValueError(message)
        return self


class Multiple(Value):
    """At most so many times the size of another layer (扩展倍数)."""

    times: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    of: Slug
    where: Filter | None = None


class ByDistrict(Value):
    """Totals by district: the layer that draws them, its field of names, each one's target."""

    layer: Slug
    field: FieldName
    targets: Annotated[dict[str, Target], Field(min_length=1)]


class QuotaRule(BaseRule):
    """The size that a layer has to have in all (控制总量)."""

    kind: Literal["quota"]
    layer: Slug
    where: Filter | None = None
    city: Target | None = None
    catalogue_total: bool = False
    multiple: Multiple | None = None
    districts: ByDistrict | None = None
    sum_of: tuple[Slug, ...] = ()
    tolerance_km2: SquareKm = 0.0

    @model_validator(mode="after")
    def _has_a_target(self) -> Self:
        if not (
            self.city or self.catalogue_total or self.multiple or self.districts or self.sum_of
        ):
            message = "sets no total; add city, catalogue_total, multiple, districts or sum_of"
            raise ValueError(message)
        if self.city is not None and self.catalogue_total:
            message = "the city's total is given twice; take city or catalogue_total away"
            raise ValueError(message)
        if self.layer in self.sum_of:
            message = f"sum_of names {self.layer}, its own layer; name its parts"
            raise ValueError(message)
        return self

    def asked_layers(self) -> Iterator[str]:
        """The layer, its parts, its districts and what it is a multiple of."""
        yield self.layer
        yield from self.sum_of
        if self.multiple is not None:
            yield self.multiple.of
        if self.districts is not None:
            yield self.districts.layer

    def polygon_layers(self) -> Iterator[str]:
        """All of them."""
        return self.asked_layers()


class CoverageRule(BaseRule):
    """A layer that is a partition: no gaps, no overlaps, each id once, every code there."""

    kind: Literal["coverage"]
    layer: Slug
    where: Filter | None = None
    outline: Slug | None = None
    outline_where: Filter | None = None
    id_field: FieldName | None = None
    required: tuple[FieldName, ...] = ()
    min_width_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.001

    def asked_layers(self) -> Iterator[str]:
        """The layer and its outline."""
        yield self.layer
        if self.outline is not None:
            yield self.outline

    def polygon_layers(self) -> Iterator[str]:
        """All of them."""
        return self.asked_layers()


class _Containment(OverlapRule):
    @property
    @abstractmethod
    def inner(self) -> tuple[str, str | None]:
        """The layer that has to lie within, and its filter."""

    @property
    @abstractmethod
    def outer(self) -> tuple[str, str | None]:
        """The layer that it has to lie within, and its filter."""

    def asked_layers(self) -> Iterator[str]:
        """Both layers."""
        yield from (self.inner[0], self.outer[0])

    def polygon_layers(self) -> Iterator[str]:
        """All of them."""
        return self.asked_layers()

    @model_validator(mode="after")
    def _is_of_two_layers(self) -> Self:
        if self.inner[0] == self.outer[0] and self.inner[1] == self.outer[1]:
            message = f"{self.inner[0]} always contains itself; name two layers, or two filters"
            raise ValueError(message)
        return self


class WithinRule(_Containment):
    """A layer whose features lie inside another one."""

    kind: Literal["within"]
    layer: Slug
    where: Filter | None = None
    inside: Slug
    inside_where: Filter | None = None

    @property
    def inner(self) -> tuple[str, str | None]:
        """The layer itself."""
        return self.layer, self.where

    @property
    def outer(self) -> tuple[str, str | None]:
        """The one it lies inside."""
        return self.inside, self.inside_where


class ContainsRule(_Containment):
    """A layer that has to take in another one whole."""

    kind: Literal["contains"]
    layer: Slug
    where: Filter | None = None
    contained: Slug
    contained_where: Filter | None = None

    @property
    def inner(self) -> tuple[str, str | None]:
        """The one that is contained."""
        return self.contained, self.contained_where

    @property
    def outer(self) -> tuple[str, str | None]:
        """The layer itself."""
        return self.layer, self.where
