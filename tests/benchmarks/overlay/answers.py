"""What a contestant found: pairs and how much they share. Nothing is timed before all agree."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.overlay.net import Floats, Ints

ABSOLUTE = 1e-6  # m², and m of a line
RELATIVE = 1e-9
_SPAN = 1 << 32


@dataclass(frozen=True, slots=True)
class Answers:
    """Pairs in ascending order, each once, and the measure that they share, shapes (k,)."""

    left: Ints
    right: Ints
    measure: Floats

    @classmethod
    def of(cls, left: Ints, right: Ints, measure: Floats) -> "Answers":
        """Put them in order; pairs that share nothing are no answer."""
        left, right = np.asarray(left, np.int64), np.asarray(right, np.int64)
        measure = np.asarray(measure, np.float64)
        order = np.argsort(left * _SPAN + right, kind="stable")
        order = order[measure[order] > 0]
        return cls(left[order], right[order], measure[order])

    @classmethod
    def read(cls, file: Path) -> "Answers":
        """Read what `write` wrote."""
        with np.load(file) as kept:
            return cls(kept["left"], kept["right"], kept["measure"])

    def write(self, file: Path) -> None:
        """Keep them."""
        np.savez(file, left=self.left, right=self.right, measure=self.measure)

    def part(self, every: int) -> "Answers":
        """Those whose right side is one of every so many."""
        chosen = self.right % every == 0
        return Answers(self.left[chosen], self.right[chosen], self.measure[chosen])

    def among(self, other: "Answers") -> "Answers":
        """Those whose pairs the other has too."""
        chosen = np.isin(
            self.left * _SPAN + self.right, other.left * _SPAN + other.right, assume_unique=True
        )
        return Answers(self.left[chosen], self.right[chosen], self.measure[chosen])


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many pairs two contestants share, and how many too small to matter only one has."""

    pairs: int
    exempt: int
    worst: float


def compare(name: str, found: Answers, wanted: Answers) -> Agreement:
    """See that both have the same pairs and measures.

    A pair that only one has is exempt where it shares less than ABSOLUTE.

    Raises:
        Disagreement: they differ in more than that.
    """
    ours, theirs = found.left * _SPAN + found.right, wanted.left * _SPAN + wanted.right
    if len(np.unique(ours)) != len(ours):
        raise Disagreement(f"{name}: a pair comes twice")
    shared, here, there = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
    lonely = np.concatenate([np.delete(found.measure, here), np.delete(wanted.measure, there)])
    if (lonely >= ABSOLUTE).any():
        raise Disagreement(
            f"{name}: {len(ours)} pairs, not {len(theirs)}; "
            f"{int((lonely >= ABSOLUTE).sum())} stand on one side alone, up to {lonely.max()}"
        )
    mine, other = found.measure[here], wanted.measure[there]
    off = np.abs(mine - other)
    wrong = off > np.maximum(ABSOLUTE, RELATIVE * np.maximum(mine, other))
    if wrong.any():
        raise Disagreement(f"{name}: {int(wrong.sum())} measures differ, by up to {off.max()}")
    return Agreement(len(shared), len(lonely), float(off.max(initial=0.0)))
