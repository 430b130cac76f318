"""What has to hold within a family: parts add up to their whole, and lie inside its site.

Input: the standing links of a family and its projects. Output: `Conservation`. Each divided project
is held against its phases and splits, each merger against the merged. Where a divided project or a
part of it was changed or replaced since, what stands in its place is counted; a part that was
withdrawn takes nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from blueprint.values import Bilingual

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
    """The projects of a family, and what has to hold of each as a whole."""

    def __init__(self, family: Family, facts: Mapping[str, ProjectFacts], city: City) -> None:
        self._family, self._facts = family, facts
        self._surveyor = Surveyor(city)

    def checks(self, project: str) -> Iterator[ConservationCheck]:
        """What has to hold of a project as a whole."""
        if self._family.heir(project) == project:
            yield from self._divided(project)
        merged = [one.parent_id for one in self._family.above(project) if one.kind == "merge"]
        if len(merged) > 1:
            # as it was merged: what it was changed to since may be more or less
            yield from self._merged(project, merged)

    def _divided(self, project: str) -> Iterator[ConservationCheck]:
        """What was divided of a project, or of those that it stands for, each as it is today."""
        wholes = [*self._family.forebears(project), project]
        parts = [
            one.child_id
            for whole in wholes
            for one in self._family.below(whole)
            if one.kind in DIVIDING
        ]
        if not parts:
            return
        heirs = {self._family.heir(part): part for part in parts}
        for quantity in QUANTITIES:
            portions = [self._portion(heir, quantity, part) for heir, part in heirs.items()]
            yield check_sum("division", self._portion(project, quantity), portions, quantity)
        site, ground = self._site(project), self._ground(heirs)
        inside = check_inside(self._surveyor, project, site, ground)
        yield self._surveyed(inside, [project, *ground])
        yield self._surveyed(check_apart(self._surveyor, project, ground), ground)

    def _merged(self, project: str, merged: Sequence[str]) -> Iterator[ConservationCheck]:
        for quantity in QUANTITIES:
            portions = [self._portion(part, quantity) for part in merged]
            yield check_sum("merger", self._portion(project, quantity), portions, quantity)
        ground = self._ground(merged)
        check = check_merged(self._surveyor, project, self._site(project), ground)
        yield self._surveyed(check, [project, *ground])

    def _portion(self, project: str, quantity: Quantity, linked: str | None = None) -> Portion:
        facts = self._facts[project]
        value: float | None = getattr(facts, quantity)
        return Portion(
            project_id=project,
            name=facts.name,
            value=value,
            stands_for=None if linked in {None, project} else linked,
            withdrawn=facts.state == "withdrawn",
        )

    def _ground(self, projects: Iterable[str]) -> dict[str, BaseGeometry | None]:
        return {one: self._site(one) for one in projects if self._facts[one].state != "withdrawn"}

    def _site(self, project: str) -> BaseGeometry | None:
        return site_geometry(self._facts[project])

    def _surveyed(self, check: ConservationCheck, projects: Iterable[str]) -> ConservationCheck:
        """The check, undecided if a site of it was drawn on a web map and lies metres off."""
        sites = {one: self._facts[one].site for one in projects}
        off = [one for one, site in sites.items() if site is not None and site.approximate]
        if not off:
            return check
        message = Bilingual(
            zh=f"{check.message.zh}；{'、'.join(off)} 的用地范围绘于网络地图，可能偏移数米，"
            "不能据此认定",
            en=f"{check.message.en}; the site of {', '.join(off)} was drawn on a web map and may "
            "lie metres off: undecided",
        )
        return check.model_copy(update={"outcome": "undecided", "message": message})


def site_geometry(facts: ProjectFacts) -> BaseGeometry | None:
    """A project's site in the city's CRS; None: none is drawn."""
    if facts.site is None:
        return None
    return shapely.from_geojson(json.dumps(facts.site.geometry))
