"""The law of the clock (计时依据): grounds on which time is left out, and terms that the law sets.

Input: a YAML pack as docs/clock.md describes. Output: `ClockLaw`, which answers on which legal
bases a ground or a term stands on a day. A ground without a basis in force on the day on which it
is used leaves nothing out.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from blueprint.calendars.calendar import MOST_DAYS, Unit
from blueprint.rules.legal import Citation, Law, LegalBasis, bases_standing
from blueprint.rules.pack import Mistake, mistakes_of_laws
from blueprint.values import Bilingual, Slug, Value, document_text, text_hash

GroundKind = Literal["suspension", "correction", "extension"]
"""What is done on a ground: the examination stops; it stops for a correction after acceptance; it
goes on and the limit becomes longer."""
TermId = Literal["acceptance", "delivery"]
TERM_IDS: tuple[TermId, ...] = ("acceptance", "delivery")


class Clause(Value):
    """Something that rests on law: what it is called, and where it stands."""

    id: Slug
    name: Bilingual
    bases: tuple[Citation, ...] = Field(min_length=1)
    note: str | None = None


class Ground(Clause):
    """A ground on which the clock may be stopped, or the limit lengthened.

    `in_writing` says that it holds only from the day on which the applicant was told in writing.
    `most_days` and `unit` are how long at most; for an extension, how much longer the limit.
    """

    kind: GroundKind
    in_writing: bool = True
    most_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    unit: Unit = "working"


class Term(Clause):
    """A number of days that the law sets, whatever the item."""

    days: int = Field(ge=1, le=MOST_DAYS)
    unit: Unit = "working"


class ClockLaw(Value):
    """Grounds, terms and principles of counting, with the laws that they rest on.

    The terms `acceptance` and `delivery` have to be there: the clock goes by them. Principles and
    the other terms are said for whoever reads a report.
    """

    id: Slug
    version: str
    name: Bilingual
    laws: dict[Slug, Law]
    grounds: tuple[Ground, ...]
    terms: tuple[Term, ...]
    principles: tuple[Clause, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for mistake in mistakes_of_clock(self):
            raise ValueError(mistake.text)
        return self

    @cached_property
    def sha256(self) -> str:
        """The hash of the content, whatever its layout and comments."""
        return text_hash(document_text(self))

    def ground(self, name: str) -> Ground | None:
        """The ground of that id."""
        return next((one for one in self.grounds if one.id == name), None)

    def term(self, name: TermId) -> Term:
        """One of the terms that the clock goes by."""
        return next(one for one in self.terms if one.id == name)

    def bases_in_force(self, clause: Clause, day: date) -> list[LegalBasis]:
        """The legal bases that carry a ground, a term or a principle on `day`."""
        return bases_standing(self.laws, clause.bases, day)


def clauses_of(pack: ClockLaw) -> Iterator[tuple[str, int, Clause]]:
    """Everything in a pack that rests on law, with the part it is in and its place there."""
    parts: dict[str, Sequence[Clause]] = {
        "grounds": pack.grounds,
        "terms": pack.terms,
        "principles": pack.principles,
    }
    for part, clauses in parts.items():
        for row, clause in enumerate(clauses):
            yield part, row, clause


def mistakes_of_clock(pack: ClockLaw) -> Iterator[Mistake]:
    """What does not hang together in a pack whose every part is sound."""
    seen: set[tuple[str, str]] = set()
    for part, row, clause in clauses_of(pack):
        what = f"{part[:-1]} {clause.id}"
        if (part, clause.id) in seen:
            yield Mistake((part, row, "id"), f"{what} is there twice; give each its own id")
        seen.add((part, clause.id))
        for number, citation in enumerate(clause.bases):
            departs_from = citation.departs_from
            for law in (citation.law, *(() if departs_from is None else (departs_from.law,))):
                if law not in pack.laws:
                    text = f"{what}: law {law} is not listed; add it to laws"
                    yield Mistake((part, row, "bases", number), text, unknown=law)
    for term in TERM_IDS:
        if ("terms", term) not in seen:
            yield Mistake(("terms",), f"term {term} is missing; the clock goes by it, add it")
    yield from mistakes_of_laws(pack.laws)
