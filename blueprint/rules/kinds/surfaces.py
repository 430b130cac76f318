"""Obstacle limitation surfaces as data: heights and slopes, metres, over a runway's elevation."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from blueprint.rules.kinds.base import Metres
from blueprint.values import Slug, Value

Slope = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class InnerHorizontal(Value):
    """Level, out to `radius_m` from the runway's centre line (内水平面)."""

    height_m: Metres
    radius_m: Metres


class Conical(Value):
    """Up and out from the edge of the inner horizontal surface, by `height_m` (锥形面)."""

    slope: Slope
    height_m: Metres


class Section(Value):
    """A length of a fan with one slope; 0 is level."""

    length_m: Metres
    slope: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Fan(Value):
    """An approach or climb surface beyond each end of the runway (进近面、起飞爬升面).

    It begins `offset_m` beyond the end, `inner_edge_m` wide, and grows by `divergence` times the
    distance on each side, up to `widest_m`.
    """

    name: Slug
    offset_m: NotNegative
    inner_edge_m: Metres
    divergence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    widest_m: Metres | None = None
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    @property
    def length_m(self) -> float:
        """How far it reaches from its inner edge."""
        return sum(section.length_m for section in self.sections)

    @model_validator(mode="after")
    def _does_not_narrow(self) -> Self:
        if self.widest_m is not None and self.widest_m < self.inner_edge_m:
            message = f"widest_m {self.widest_m} is less than inner_edge_m; correct one of the two"
            raise ValueError(message)
        return self


class Transitional(Value):
    """Up and out from the strip's sides and those of the fan `beside` to the inner horizontal."""

    slope: Slope
    beside: Slug


class Surfaces(Value):
    """All surfaces of a runway; the strip itself allows nothing above its elevation."""

    inner_horizontal: InnerHorizontal
    conical: Conical | None = None
    fans: tuple[Fan, ...] = ()
    transitional: Transitional | None = None

    @property
    def reach_m(self) -> float:
        """Beyond this distance from the centre line there is no surface."""
        flat = self.inner_horizontal.radius_m
        if self.conical is not None:
            flat += self.conical.height_m / self.conical.slope
        return max(flat, *(self._far_corner_m(fan) for fan in self.fans), 0.0)

    @staticmethod
    def _far_corner_m(fan: Fan) -> float:
        half = fan.inner_edge_m / 2 + fan.divergence * fan.length_m
        return float((fan.offset_m + fan.length_m) + half)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        names = [fan.name for fan in self.fans]
        if len(set(names)) < len(names):
            message = "two fans have one name; give each its own"
            raise ValueError(message)
        if self.transitional is not None and self.transitional.beside not in names:
            message = f"transitional: no fan is named {self.transitional.beside}; name one of fans"
            raise ValueError(message)
        return self
