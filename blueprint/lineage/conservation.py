"""What has to hold within a family: parts add up to their whole, and lie inside its site.

Input: the standing links of a family and its projects. Output: `Conservation`. Each divided project
is held against its phases and splits, each merger against the merged. Where one of them was changed
or replaced since, what stands in its place is counted; one that was withdrawn takes nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.cases.facts import ProjectFacts
from blueprint.catalogue import City
from blueprint.lineage.documents import (
    Conservation,
    ConservationCheck,
    Kept,
    Portion,
    Quantity,
)
from blueprint.lineage.graph import Family
from blueprint.lineage.ground import Surveyor, check_apart, check_inside, check_merged
from blueprint.lineage.kinds import DIVIDING
from blueprint.lineage.sums import check_sum

QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
_WORST: tuple[Kept, ...] = ("broken", "undecided", "held")


def check_conservation(
    family: Family, facts: Mapping[str, ProjectFacts], order: Sequence[str], city: City
) -> Conservation:
    """Hold every division and every merger among the projects in `order` against its law.

    `facts` has all of them; links to other projects are left out.
    """
    book = _Book(family, facts, city)
    checks = [check for project in order for check in book.checks(project)]
    outcomes = {check.outcome for check in checks}
    return Conservation(
        outcome=next((worst for worst in _WORST if worst in outcomes), None), checks=checks
    )


class _Book:
    """The projects of a family, each as it stands today."""

    def __init__(self, family: Family, facts: Mapping[str, ProjectFacts], city: City) -> None:
        self._family, self._facts = family, facts
        self._surveyor = Surveyor(city)

    def checks(self, project: str) -> Iterator[ConservationCheck]:
        """What has to hold of a project as a whole."""
        parts = [one.child_id for one in self._family.below(project) if one.kind in DIVIDING]
        if parts:
            for quantity in QUANTITIES:
                yield check_sum("division", *self._portions(project, parts, quantity), quantity)
            ground = self._ground(parts)
            yield check_inside(self._surveyor, project, self._site(project), ground)
            yield check_apart(self._surveyor, project, ground)
        merged = [one.parent_id for one in self._family.above(project) if one.kind == "merge"]
        if len(merged) > 1:
            for quantity in QUANTITIES:
                # what was merged goes on in the merger: itself is what it was
                yield check_sum("merger", *self._portions(project, merged, quantity), quantity)
            yield check_merged(self._surveyor, project, self._site(project), self._ground(merged))

    def _portions(
        self, whole: str, parts: Sequence[str], quantity: Quantity
    ) -> tuple[Portion, list[Portion]]:
        return self._portion(whole, quantity), [self._portion(one, quantity) for one in parts]

    def _portion(self, project: str, quantity: Quantity) -> Portion:
        heir = self._heir(project)
        facts = self._facts[heir]
        value: float | None = getattr(facts, quantity)
        return Portion(
            project_id=heir,
            name=facts.name,
            value=value,
            stands_for=None if heir == project else project,
            withdrawn=facts.state == "withdrawn",
        )

    def _ground(self, projects: Sequence[str]) -> dict[str, BaseGeometry | None]:
        heirs = [self._heir(project) for project in projects]
        return {one: self._site(one) for one in heirs if self._facts[one].state != "withdrawn"}

    def _site(self, project: str) -> BaseGeometry | None:
        return site_geometry(self._facts[self._heir(project)])

    def _heir(self, project: str) -> str:
        return self._family.heir(project)


def site_geometry(facts: ProjectFacts) -> BaseGeometry | None:
    """A project's site in the city's CRS; None: none is drawn."""
    if facts.site is None:
        return None
    return shapely.from_geojson(json.dumps(facts.site.geometry))
