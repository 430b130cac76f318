"""The documents that a search for conflicts is answered with; units as in `documents`."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from blueprint.clearance import ClearanceText
from blueprint.rules.pack import LegalBasis
from blueprint.shared_documents import APPROXIMATE, Area, DepartmentRef, RulePackRef, SnapshotRef
from blueprint.values import Bilingual, Value

ConflictBand = Literal["real", "suspected_error", "by_design"]


class ConflictSide(Value):
    """One of the two features of a conflict."""

    layer: str
    feature_id: str
    department: str


class ConflictKind(Value):
    """Of a `matrix` rule: which difference it is, between which classes of the two plans."""

    difference: str
    title: Bilingual
    left_class: Bilingual
    right_class: Bilingual


class Conflict(Value):
    """One overlap that a rule forbids (差异图斑), or that was cut out by design (开天窗).

    Its `id` is the same in every run.
    """

    id: str
    rule: str
    left: ConflictSide
    right: ConflictSide
    severity: str
    band: ConflictBand
    area: Area
    width_m: float
    kind: ConflictKind | None = None


class Total(Value):
    """What conflicts add up to; ground that several share is counted once, for the first of them.

    `share` is of the area of what the total is of, null where that is not known.
    """

    conflicts: int
    suspected_errors: int
    area: Area
    share: float | None = Field(default=None, ge=0, le=1)


class DistrictTotal(Total):
    """What of a difference lies in one district; `district` null: in none of them."""

    district: str | None


class DifferenceTotal(Total):
    """One difference of a matrix rule, `share` of all districts' ground, then by district."""

    difference: str
    title: Bilingual
    severity: str
    districts: list[DistrictTotal]


class CellTotal(Total):
    """One cell of a matrix: a class of the left plan with one of the right that differ."""

    left_class: Bilingual
    right_class: Bilingual
    difference: str


class MatrixTotals(Value):
    """What a matrix rule comes to: by difference and district, and by cell of its table."""

    differences: list[DifferenceTotal]
    cells: list[CellTotal]


class ConflictRule(Value):
    """What one rule's search came to; `union` counts ground that several pairs share once."""

    rule: str
    title: Bilingual
    left: str
    right: str
    left_name: Bilingual
    right_name: Bilingual
    left_department: str
    right_department: str
    severity: str
    departments: list[DepartmentRef]
    layers: list[str] = Field(
        default_factory=list, description="every layer that the rule asks for, windows and all"
    )
    status: Literal["checked", "no_data", "not_in_force"]
    reason: Bilingual | None = None
    conflicts: int | None = Field(default=None, description="null: not searched, or withheld")
    suspected_errors: int | None = None
    numerical_overlaps: int | None = None
    union: Area | None = None
    by_design: int | None = Field(
        default=None, description="overlaps cut out by design (开天窗), no conflicts"
    )
    by_design_area: Area | None = None
    matrix: MatrixTotals | None = None
    legal_bases: list[LegalBasis] = Field(default_factory=list)
    notes: list[Bilingual] = Field(default_factory=list)
    approximate: str | None = Field(default=None, description=APPROXIMATE)
    withheld: bool = False


class ConflictRun(Value):
    """All conflicts of one snapshot."""

    run_id: str
    searched_at: datetime
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    application_date: date
    clearance: ClearanceText
    city_notice: Bilingual | None
    crs: str
    complete: bool
    rules: list[ConflictRule]
    conflicts: list[Conflict]
    by_design: list[Conflict] = Field(
        default_factory=list, description="overlaps that were cut out by design, no conflicts"
    )
