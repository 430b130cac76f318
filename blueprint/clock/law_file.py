"""Reading the law of the clock from its file, and what `rules audit` looks through of it.

Input: a YAML file. Output: `ClockLaw`; `AuditPart`. How it is read is the same for packs of all
kinds (`pack_reader`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import model_validator

from blueprint.clock.grounds import Clause, ClockLaw, Ground, Term, clauses_of, mistakes_of_clock
from blueprint.errors import InvalidClockLaw
from blueprint.rules.audited import AuditPart
from blueprint.rules.legal import Citation, Law
from blueprint.rules.pack_reader import PackKind, read_pack

SHIPPED_CLOCK = Path(__file__).parent.parent / "packs" / "clock.yaml"
"""The law of the clock that comes with the service."""


class _LoosePack(ClockLaw):
    """A pack whose parts are sound, whether or not they hang together."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        return self


_CLOCK_LAW: PackKind[ClockLaw] = PackKind(
    model=ClockLaw,
    loose=_LoosePack,
    mistakes_of=mistakes_of_clock,
    error=InvalidClockLaw,
    docs="docs/clock.md",
    lists={"grounds": "ground", "terms": "term", "principles": "principle"},
    maps={"laws": "law"},
    models={"laws": Law, "grounds": Ground, "terms": Term, "principles": Clause},
)


def load_clock_law(path: Path = SHIPPED_CLOCK) -> ClockLaw:
    """Read and check the law of the clock.

    Raises:
        InvalidClockLaw: one line for each mistake, with file, line and remedy.
    """
    return read_pack(_CLOCK_LAW, path)[0]


def clock_law() -> ClockLaw:
    """The law of this service's clock: that of BLUEPRINT_CLOCK_LAW, or the shipped one.

    Raises:
        InvalidClockLaw: one line for each mistake, with file, line and remedy.
    """
    return _kept(os.environ.get("BLUEPRINT_CLOCK_LAW") or str(SHIPPED_CLOCK))


@lru_cache(maxsize=4)
def _kept(path: str) -> ClockLaw:
    return load_clock_law(Path(path))


@dataclass(frozen=True, slots=True)
class _Cited:
    """A ground, a term or a principle, called by its part and its id."""

    id: str
    bases: tuple[Citation, ...]


def audit_part(law: ClockLaw) -> AuditPart:
    """What is to be audited of the law of the clock."""
    return AuditPart("clock", law.id, law.version, law.laws, list(_cited(law)))


def _cited(law: ClockLaw) -> Iterator[_Cited]:
    for part, _, clause in clauses_of(law):
        yield _Cited(f"{part[:-1]}.{clause.id}", clause.bases)
