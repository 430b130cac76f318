"""How far a long piece of work is, for whoever shows it: a terminal, a job over HTTP."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """`done` parts of `total`, and what is at work; a total of 0 is not known yet."""

    what: str
    done: int = 0
    total: int = 0


Progress = Callable[[Step], None]
