"""What is told of a family of projects: who is in it, how they are linked, and whether it adds up.

`scope` says of whom: `all`, or `visible` where the reader may not see every project, so that
nothing is told, and nothing counted, of those that are not theirs to see.
"""

from typing import Literal

from pydantic import Field

from blueprint.cases.facts import ProjectState
from blueprint.documents import Band
from blueprint.lineage.links import ProjectLink
from blueprint.shared_documents import Area
from blueprint.values import Bilingual, Value

Scope = Literal["all", "visible"]
Kept = Literal["held", "broken", "undecided"]
Quantity = Literal["site_area_m2", "floor_area_m2", "investment_wan"]
CheckId = Literal["site_area", "floor_area", "investment", "inside", "apart", "merged_ground"]
Relation = Literal["division", "merger"]


class Portion(Value):
    """What one project says of a quantity; `value` null: it says nothing, which is not nought.

    `stands_for`: the project that it was changed to or replaced by is counted in its place.
    `withdrawn` ones are told and not counted.
    """

    project_id: str
    name: str
    value: float | None
    stands_for: str | None = None
    withdrawn: bool = False


class Sum(Value):
    """A quantity of a whole and of its parts, and by how much the parts exceed it, or leave of it.

    `stated` adds up what is stated; `tolerance` is what rounding may come to. `over` and
    `first_over`, the part with which the sum first exceeds the whole, are null where it does not.
    """

    quantity: Quantity
    whole: float | None
    parts: list[Portion]
    stated: float
    unstated: int
    tolerance: float
    over: float | None = None
    first_over: str | None = None
    left: float | None = None


class GroundLine(Value):
    """Ground of a project that lies where it must not: with another one, or outside."""

    project_id: str
    other_id: str | None = Field(default=None, description="null: outside what should hold it")
    area: Area
    width_m: float
    band: Band


class ConservationCheck(Value):
    """One thing that has to hold between a whole and its parts.

    `project_id` is the whole: the parent that was divided, or the child that was merged.
    """

    id: CheckId
    relation: Relation
    project_id: str
    outcome: Kept
    message: Bilingual
    sum: Sum | None = None
    ground: list[GroundLine] = Field(default_factory=list)


class Conservation(Value):
    """Every check of a family, parents first; its outcome is the worst of them, null: none."""

    outcome: Kept | None
    checks: list[ConservationCheck]


class LineageProject(Value):
    """A project of the family; `generation` 0: it comes from none that is told of."""

    id: str
    name: str
    code: str | None
    owner: str
    state: ProjectState = Field(description="as its facts say")
    generation: int
    site_area_m2: float | None
    floor_area_m2: float | None
    investment_wan: float | None


class Lineage(Value):
    """The family of a project, parents first."""

    project_id: str
    scope: Scope
    projects: list[LineageProject]
    links: list[ProjectLink] = Field(description="as they stand")
    undone: list[ProjectLink] = Field(description="those that were taken back")
    ancestors: list[str]
    descendants: list[str]
    doubts: list[Bilingual] = Field(description="what is not complete yet")
    conservation: Conservation
