"""What is asked of everybody: sites, and three pairs of layers."""

from dataclasses import dataclass
from typing import Protocol

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import DEVELOPMENT, EARLIER, ECOLOGICAL, LATER, PARCELS, City
from tests.benchmarks.overlay.net import Floats, Ints


@dataclass(frozen=True, slots=True)
class Contest:
    """Two layers; `by_class`: only pairs of different class are conflicts."""

    name: str
    title: str
    left: int
    right: int
    by_class: bool = False


CONTESTS = {
    contest.name: contest
    for contest in (
        Contest("parcels", "Ecological line × parcels", ECOLOGICAL, PARCELS),
        Contest("plans", "Two land-use plans, different class", EARLIER, LATER, by_class=True),
        Contest("giants", "Ecological line × development boundary", ECOLOGICAL, DEVELOPMENT),
    )
}


class SiteTool(Protocol):
    """A contestant that checks sites; opening it is not timed."""

    def __init__(self, city: City, threads: int) -> None: ...

    def site(self, number: int) -> tuple[Ints, Floats]:
        """Rows of the features that the site meets, and how much of each."""


class PairTool(Protocol):
    """A contestant that finds the conflicts of two layers; loading them is not timed."""

    def __init__(self, city: City, threads: int) -> None: ...

    def load(self, contest: Contest, every: int) -> object:
        """Both layers in the tool's own form; of the right one only one row in every so many."""

    def pairs(self, contest: Contest, loaded: object, every: int) -> Answers:
        """All pairs that share area, by their rows within the layers."""
