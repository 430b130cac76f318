"""What a `matrix` rule may say: two plans divided into classes, and a table of which agree.

The table is complete: it says of every class of the one with every class of the other whether they
agree or which difference it is. A pair that was forgotten never passes for one that agrees.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Self

from pydantic import ValidationInfo, field_validator, model_validator

from blueprint.rules.kinds.base import Filter, OverlapRule, Severity
from blueprint.rules.kinds.models import FieldName
from blueprint.values import Bilingual, Slug, Value

AGREES = "agrees"
"""What the table says of two classes that do not differ."""


class PlanClass(Value):
    """A class of a plan's ground: the features that `where` takes and no class before it does."""

    id: Slug
    name: Bilingual
    where: Filter


class Difference(Value):
    """How two classes differ: what it is called; as grave as the rule, unless it says otherwise."""

    id: Slug
    title: Bilingual
    severity: Severity | None = None


class NamedAreas(Value):
    """By what totals are told: the layer that draws the districts, and its field of names."""

    layer: Slug
    field: FieldName


Named = PlanClass | Difference
PlanClasses = tuple[PlanClass, ...]


class MatrixRule(OverlapRule):
    """Two land-use plans compared class by class (两规差异图斑)."""

    kind: Literal["matrix"]
    left: Slug
    right: Slug
    left_where: Filter | None = None
    right_where: Filter | None = None
    left_classes: PlanClasses
    right_classes: PlanClasses
    differences: tuple[Difference, ...]
    table: dict[Slug, dict[Slug, Slug]]
    districts: NamedAreas | None = None

    @field_validator("left_classes", "right_classes", "differences")
    @classmethod
    def _names_each_once(cls, listed: tuple[Named, ...]) -> tuple[Named, ...]:
        if not listed:
            message = "is empty; give at least one"
            raise ValueError(message)
        for name, count in Counter(one.id for one in listed).items():
            if count > 1:
                message = f"{name} is there twice; give each its own id"
                raise ValueError(message)
        return listed

    @field_validator("differences")
    @classmethod
    def _leaves_agreement_its_name(
        cls, differences: tuple[Difference, ...]
    ) -> tuple[Difference, ...]:
        if AGREES in _ids(differences):
            message = f"{AGREES} is what the table says of no difference; call this one otherwise"
            raise ValueError(message)
        return differences

    @field_validator("table")
    @classmethod
    def _says_all(
        cls, table: dict[Slug, dict[Slug, Slug]], info: ValidationInfo
    ) -> dict[Slug, dict[Slug, Slug]]:
        known = ("left_classes", "right_classes", "differences")
        if all(name in info.data for name in known):
            wrong = list(_mistakes(table, *(_ids(info.data[name]) for name in known)))
            if wrong:
                raise ValueError("; ".join(wrong))
        return table

    @model_validator(mode="after")
    def _is_of_two_layers(self) -> Self:
        if self.left == self.right:
            message = f"{self.left} cannot differ from itself; name two layers"
            raise ValueError(message)
        return self

    @property
    def fights(self) -> tuple[tuple[bool, ...], ...]:
        """Which classes differ, by row; the last row and column are for features of no class."""
        rows = [
            (*(self.table[a][b] != AGREES for b in _ids(self.right_classes)), False)
            for a in _ids(self.left_classes)
        ]
        return (*rows, (False,) * (len(self.right_classes) + 1))

    def severity_of(self, difference: str) -> Severity:
        """How grave a difference is."""
        return self.difference(difference).severity or self.severity

    def difference(self, name: str) -> Difference:
        """The difference of that id."""
        return next(one for one in self.differences if one.id == name)

    def asked_layers(self) -> Iterator[str]:
        """Both plans and the districts."""
        yield from (self.left, self.right)
        if self.districts is not None:
            yield self.districts.layer

    def polygon_layers(self) -> Iterator[str]:
        """All of them."""
        return self.asked_layers()


def _ids(listed: Iterable[Named]) -> list[str]:
    return [one.id for one in listed]


def _mistakes(
    table: Mapping[str, Mapping[str, str]],
    left: list[str],
    right: list[str],
    differences: list[str],
) -> Iterator[str]:
    """What the table says too much or too little of."""
    for row in table.keys() - set(left):
        yield f"{row} is no class of left_classes; add it there, or take its row out"
    told = set()
    for row in left:
        cells = table.get(row, {})
        for column in sorted(cells.keys() - set(right)):
            yield f"{row}: {column} is no class of right_classes; add it there, or take it out"
        for column in right:
            said = cells.get(column)
            told.add(said)
            if said is None:
                yield f"{row} with {column} is not told; write {AGREES} or a difference"
            elif said != AGREES and said not in differences:
                yield f"{row} with {column}: {said} is not listed; add it to differences"
    for name in sorted(set(differences) - told):
        yield f"{name} stands in no cell; use it, or take it out of differences"
