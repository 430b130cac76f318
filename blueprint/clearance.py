"""Whose eyes an answer is for (密级范围): a level, and departments whose layers are the reader's.

A clearance is a text, as answers carry it, are kept and are sealed with it: a level (`internal`),
or a level and departments (`public+nrp,water`). It sees layers up to its level, and all layers of
those departments, whatever their sensitivity. Nothing but the functions here looks into the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, NewType

from pydantic import AfterValidator, WithJsonSchema

Sensitivity = Literal["public", "internal", "restricted"]
Clearance = NewType("Clearance", str)

PUBLIC, INTERNAL, RESTRICTED = (Clearance(x) for x in ("public", "internal", "restricted"))

_LEVELS: dict[str, int] = {"public": 0, "internal": 1, "restricted": 2}
_TEXT = re.compile(r"(public|internal|restricted)(?:\+([a-z0-9_]+(?:,[a-z0-9_]+)*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Sight:
    rank: int
    departments: frozenset[str]


def clearance_of(level: Sensitivity, departments: Iterable[str] = ()) -> Clearance:
    """The clearance of a level, with all layers of some departments; always the same text.

    Raises:
        ValueError: a department's id is none.
    """
    own = ",".join(departments)
    return parse_clearance(f"{level}+{own}" if own else level)


def parse_clearance(text: str) -> Clearance:
    """A clearance from a text that somebody wrote.

    Raises:
        ValueError: it is none.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        message = f"{text!a}: give public, internal or restricted, or such as public+nrp,water"
        raise ValueError(message)
    own = sorted(set((found[2] or "").split(",")) - {""})
    return Clearance(
        found[1] if found[1] == RESTRICTED or not own else f"{found[1]}+{','.join(own)}"
    )


ClearanceText = Annotated[
    Clearance,
    AfterValidator(parse_clearance),
    WithJsonSchema({"type": "string", "pattern": f"^{_TEXT.pattern}$"}),
]
"""A clearance in a document."""


def sees(clearance: Clearance, sensitivity: Sensitivity, department: str) -> bool:
    """Whether a layer of that sensitivity and that department may be seen."""
    sight = _sight(clearance)
    return _LEVELS[sensitivity] <= sight.rank or department in sight.departments


def covers(clearance: Clearance, other: Clearance) -> bool:
    """Whether all that was made for another clearance may be seen.

    Departments are of the other's own: what they add is covered by the highest level alone, or by
    the same departments.
    """
    sight, made_for = _sight(clearance), _sight(other)
    return made_for.rank <= sight.rank and (
        sees_all(clearance) or made_for.departments <= sight.departments
    )


def sees_all(clearance: Clearance) -> bool:
    """Whether nothing is above it."""
    return _sight(clearance).rank == _LEVELS["restricted"]


def own_departments(clearance: Clearance) -> frozenset[str]:
    """The departments whose layers are seen whatever their sensitivity."""
    return _sight(clearance).departments


@lru_cache(maxsize=1024)
def _sight(clearance: Clearance) -> _Sight:
    level, _, own = parse_clearance(clearance).partition("+")
    return _Sight(_LEVELS[level], frozenset(own.split(",")) - {""})
