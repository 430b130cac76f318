"""Laws, citations and legal bases (法律依据): what a rule rests on, and on which days it does."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, Self

from pydantic import model_validator

from blueprint.values import Bilingual, Slug, Value

Level = Literal["law", "regulation", "ministry", "province", "city", "pilot", "standard"]
LEVELS: dict[Level, Bilingual] = {
    "law": Bilingual(zh="法律", en="law"),
    "regulation": Bilingual(zh="行政法规", en="regulation"),
    "ministry": Bilingual(zh="部门规章和规范性文件", en="ministry"),
    "province": Bilingual(zh="省", en="province"),
    "city": Bilingual(zh="市", en="city"),
    "pilot": Bilingual(zh="试点", en="pilot"),
    "standard": Bilingual(zh="标准", en="standard"),
}

_HEIGHT: dict[Level, int] = {
    "law": 5,
    "regulation": 4,
    "ministry": 3,
    "province": 3,
    "city": 2,
    "pilot": 1,
    "standard": 0,
}
"""Ministries' rules and provincial regulations have no order between them (立法法)."""


def is_higher(level: Level, than: Level) -> bool:
    """Whether a text of `level` prevails over one of level `than`."""
    return _HEIGHT[level] > _HEIGHT[than]


class Law(Value):
    """A law, regulation or measure and the days on which it is in force, both included.

    `conflicts_with` names laws that this one contradicts, or runs ahead of.
    """

    title: Bilingual
    level: Level
    number: str | None = None
    in_force_from: date
    in_force_until: date | None = None
    superseded_by: str | None = None
    conflicts_with: tuple[Slug, ...] = ()
    verified: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.in_force_until is not None and self.in_force_until < self.in_force_from:
            message = (
                f"in_force_until {self.in_force_until} is before {self.in_force_from}; "
                "correct one of the two"
            )
            raise ValueError(message)
        return self

    def in_force_on(self, day: date) -> bool:
        """Whether the law binds on `day`."""
        return self.in_force_from <= day and (
            self.in_force_until is None or day <= self.in_force_until
        )


class Departure(Value):
    """The article of another law that a cited article departs from (变通、先行先试)."""

    law: Slug
    article: str | None = None


class Citation(Value):
    """Where in which law a rule stands; `verified` says the article itself was read."""

    law: Slug
    article: str | None = None
    departs_from: Departure | None = None
    verified: bool = False


class LegalBasis(Value):
    """A citation together with the law it cites, as a finding carries it."""

    law: str
    title: Bilingual
    article: str | None
    level: Level
    number: str | None
    in_force_from: date
    in_force_until: date | None
    superseded_by: str | None
    verified: bool


def basis_of(laws: Mapping[str, Law], citation: Citation) -> LegalBasis:
    """A citation with the law it cites."""
    law = laws[citation.law]
    return LegalBasis(
        law=citation.law,
        article=citation.article,
        verified=citation.verified,
        **law.model_dump(exclude={"verified", "note", "conflicts_with"}),
    )


def bases_standing(
    laws: Mapping[str, Law], citations: Iterable[Citation], day: date
) -> list[LegalBasis]:
    """Those of some citations whose law is in force on `day`."""
    return [basis_of(laws, one) for one in citations if laws[one.law].in_force_on(day)]
