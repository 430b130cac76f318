"""The documents that the service answers with: for a site check, for a search for conflicts.

The same models serve the command line, the API, the store and docs/site-check.schema.json.
Areas are m², lengths and widths m, shares 0 to 1. Every area is given by both calibres and says
which one decided; 公顷 and 亩 (2000/3 m²) are of the deciding one.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from blueprint.catalogue import Calibre, Sensitivity
from blueprint.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.kinds.models import YesNo
from blueprint.rules import LegalBasis
from blueprint.values import Bilingual, Value

Outcome = Literal["clear", "notice", "consult", "restricted", "prohibited", "no_data"]
Verdict = Literal["pass", "notice", "consult", "restricted", "prohibited", "incomplete"]
Band = Literal["real", "suspected_error"]
ConflictBand = Literal["real", "suspected_error", "by_design"]
Relation = Literal["overlaps", "touches"]
LayerStatus = Literal["hit", "clear", "no_data", "error"]

_APPROXIMATE = "the web map (GCJ-02, BD-09) whose coordinates it rests on; places may be metres off"

MU_M2 = 2000 / 3
HECTARE_M2 = 10_000.0


class Area(Value):
    """One area by both calibres."""

    projected_m2: float
    ellipsoidal_m2: float
    decided_by: Calibre
    hectares: float
    mu: float

    @classmethod
    def of(cls, projected_m2: float, ellipsoidal_m2: float, decided_by: Calibre) -> "Area":
        """Round to 1 cm² in m², to 4 digits in 公顷 and 亩."""
        deciding = projected_m2 if decided_by == "projected" else ellipsoidal_m2
        return cls(
            projected_m2=round(projected_m2, 4),
            ellipsoidal_m2=round(ellipsoidal_m2, 4),
            decided_by=decided_by,
            hectares=round(deciding / HECTARE_M2, 4),
            mu=round(deciding / MU_M2, 4),
        )

    @property
    def deciding_m2(self) -> float:
        """The area by the calibre that decides."""
        return self.projected_m2 if self.decided_by == "projected" else self.ellipsoidal_m2

    def less(self, part: "Area") -> "Area":
        """What is left of an area without a part of it: both make up the whole to the digit."""
        return Area.of(
            self.projected_m2 - part.projected_m2,
            self.ellipsoidal_m2 - part.ellipsoidal_m2,
            self.decided_by,
        )


class SnapshotRef(Value):
    """Which published state of the blueprint was asked; `digest` is over all that it pins."""

    id: str
    published_at: datetime
    digest: str


class RulePackRef(Value):
    """Which rules judged."""

    id: str
    version: str
    sha256: str


class DepartmentRef(Value):
    """Whom to ask."""

    id: str
    name: Bilingual


class SiteRef(Value):
    """The site as it was checked: repaired in nothing, in the city's CRS."""

    name: str
    area: Area
    crs: str
    source_crs: str = Field(description="in which the site was drawn")
    crs_assumed: bool = Field(description="true where the drawing did not say its CRS")
    parts: int
    notes: list[str] = Field(description="what was noticed when the drawing was read")
    geometry_hash: str
    approximate: str | None = Field(default=None, description=_APPROXIMATE)
    geometry: dict[str, Any] = Field(description="GeoJSON geometry, coordinates in `crs`")


class Asked(Value):
    """The question that a finding depends on; `answer` null: not answered, taken at its gravest."""

    question: str
    text: Bilingual
    answer: YesNo | None


class Headroom(Value):
    """How far a building keeps below an airport's lowest surface, metres.

    `limit_m` is the surface's elevation where it is lowest over the site, at (x, y) in the city's
    CRS; `headroom_m` null: height or ground is not given, or both.
    """

    surface: str
    limit_m: float
    x: float
    y: float
    ground_m: float | None
    height_m: float | None
    headroom_m: float | None


class FigureLine(Value):
    """A project's figure beside the plan's limit; the strictest where several parcels are met."""

    figure: str
    relation: str
    limit: float | list[str] | None
    given: float | str | None
    excess: float | None = Field(description="by how much the figure misses the limit")


class ProjectLine(Value):
    """Another project on the site, as its layer has it, and how much of the site it takes."""

    code: str | None
    name: str | None
    state: str | None
    area: Area
    share: float = Field(ge=0, le=1, description="of the site's area")


class Finding(Value):
    """One line of a site check: what one rule says."""

    rule: str
    layer: str
    title: Bilingual
    outcome: Outcome
    message: Bilingual
    notes: list[Bilingual] = Field(default_factory=list)
    department: DepartmentRef
    legal_bases: list[LegalBasis]
    relation: Relation | None = Field(
        default=None,
        description="overlaps: the features, or their zones, share ground, length or points with "
        "the site; touches: they share its boundary alone; null: without data, or withheld",
    )
    feature_ids: list[str] = Field(default_factory=list)
    area: Area | None = None
    share: float | None = Field(default=None, ge=0, le=1, description="of the site's area")
    length_m: float | None = None
    count: int | None = None
    width_m: float | None = Field(default=None, description="mean width, 2 x area / perimeter")
    band: Band | None = None
    buffer_m: float | None = None
    zone: Literal["drawn", "theoretical"] | None = Field(
        default=None, description="of a distance rule: whether the law has drawn the zone"
    )
    asked: Asked | None = None
    headroom: Headroom | None = None
    compared: FigureLine | None = None
    projects: list[ProjectLine] = Field(
        default_factory=list,
        exclude_if=lambda told: not told,
        description="of a project rule: the projects met, the largest first",
    )
    approximate: str | None = Field(default=None, description=_APPROXIMATE)
    withheld: bool = Field(default=False, description="place and size are kept from this clearance")


class LayerLine(Value):
    """What became of one layer that a rule asked for."""

    layer: str
    name: Bilingual
    status: LayerStatus = Field(
        description="no_data: it cannot be believed here; error: the overlap of a feature with the "
        "site could not be computed"
    )
    reason: Bilingual | None = None
    version: int | None = None
    effective: date | None = None
    approximate: str | None = Field(default=None, description=_APPROXIMATE)
    covered_share: float = Field(ge=0, le=1, description="of the site, by what the layer covers")
    numerical_overlaps: int = Field(
        default=0, description="overlaps below the coordinates' resolution, dropped"
    )
    rules: list[str]


class Move(Value):
    """Where a site would have to go; `bearing_deg` is clockwise from grid north."""

    east_m: float
    north_m: float
    distance_m: float
    bearing_deg: float


class Suggestion(Value):
    """What would take away prohibitions and restrictions, judged as the site itself was.

    `trim` gives the largest part of the site that may stay, `shift` the smallest move. `nothing`:
    neither helps; `ask`: layers near here are withheld, so departments must be asked. Both of these
    have a text alone.
    """

    kind: Literal["trim", "shift", "nothing", "ask"]
    text: Bilingual
    notes: list[Bilingual] = Field(default_factory=list)
    clears: list[str] = Field(
        default_factory=list, description="rules that no longer prohibit or restrict"
    )
    leaves: list[str] = Field(default_factory=list, description="rules that still do")
    verdict: Verdict | None = Field(default=None, description="of the changed site")
    complete: bool | None = None
    area: Area | None = Field(default=None, description="of the changed site")
    lost: Area | None = Field(default=None, description="trim: the site's area less that")
    move: Move | None = None
    geometry_hash: str | None = None
    geometry: dict[str, Any] | None = Field(
        default=None, description="GeoJSON geometry, coordinates in the site's `crs`"
    )


class SiteCheck(Value):
    """The answer for one site (选址预检), reproducible from the snapshot it cites."""

    check_id: str
    checked_at: datetime
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    application_date: date
    clearance: Sensitivity
    city: Bilingual
    city_notice: Bilingual | None
    site: SiteRef
    project: ProjectFigures = Field(
        default=NOTHING_SAID, description="what the applicant answered and stated"
    )
    verdict: Verdict
    complete: bool = Field(description="false while anything could not be checked")
    notes: list[Bilingual] = Field(description="what limits the whole check")
    findings: list[Finding]
    layers: list[LayerLine]
    rules_not_in_force: list[str]
    suggestions: list[Suggestion] | None = Field(
        default=None,
        max_length=3,
        # told only where it was asked for: other checks read as they always did
        exclude_if=lambda told: told is None,
        description="what would take away prohibitions and restrictions; only when asked for",
    )


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
    approximate: str | None = Field(default=None, description=_APPROXIMATE)
    withheld: bool = False


class ConflictRun(Value):
    """All conflicts of one snapshot."""

    run_id: str
    searched_at: datetime
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    application_date: date
    clearance: Sensitivity
    city_notice: Bilingual | None
    crs: str
    complete: bool
    rules: list[ConflictRule]
    conflicts: list[Conflict]
    by_design: list[Conflict] = Field(
        default_factory=list, description="overlaps that were cut out by design, no conflicts"
    )
