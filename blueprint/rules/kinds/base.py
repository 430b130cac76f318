"""What rules of all kinds share."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

import cql2
from pydantic import AfterValidator, Field

from blueprint.rules.legal import Citation
from blueprint.values import Bilingual, Slug, Value

Severity = Literal["notice", "consult", "restricted", "prohibited"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""All of them, the mildest first."""


def _is_cql2(text: str) -> str:
    try:
        cql2.parse_text(text)
    except cql2.ParseError:
        message = f"{text!r} is not a CQL2 filter; write one such as class = 'A'"
        raise ValueError(message) from None
    return text


Filter = Annotated[str, AfterValidator(_is_cql2)]
Metres = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class BaseRule(Value):
    """A rule of any kind: its weight, whom to ask, what it says, on which ground."""

    id: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
    severity: Severity
    department: Slug
    ask_also: tuple[Slug, ...] = Field(
        default=(),
        # told only where it is given: packs of before keep their hash
        exclude_if=lambda told: not told,
    )
    title: Bilingual
    message: Bilingual
    bases: Annotated[tuple[Citation, ...], Field(min_length=1)]

    @property
    def departments(self) -> tuple[str, ...]:
        """Every department that is asked, the one in charge first."""
        return tuple(dict.fromkeys((self.department, *self.ask_also)))

    @abstractmethod
    def asked_layers(self) -> Iterator[str]:
        """Every layer that the rule asks for."""

    def polygon_layers(self) -> Iterator[str]:
        """Those among them that have to hold polygons."""
        yield from ()

    def line_layers(self) -> Iterator[str]:
        """Those among them that have to hold lines."""
        yield from ()


class OverlapRule(BaseRule):
    """A rule on shapes that overlap: it says whether thin overlaps are forgiven."""

    forgive_slivers: bool = True
