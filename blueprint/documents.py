"""The document that a site check is answered with.

The same models serve the command line, the API, the store and docs/site-check.schema.json.
Areas are m², lengths and widths m, shares 0 to 1.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from blueprint.clearance import ClearanceText
from blueprint.rules.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.rules.kinds.models import YesNo
from blueprint.rules.pack import LegalBasis
from blueprint.shared_documents import (
    APPROXIMATE,
    Area,
    DepartmentRef,
    EngineRef,
    RulePackRef,
    SnapshotRef,
)
from blueprint.values import Bilingual, Value

Outcome = Literal["clear", "notice", "consult", "restricted", "prohibited", "no_data"]
Verdict = Literal["pass", "notice", "consult", "restricted", "prohibited", "incomplete"]
Band = Literal["real", "suspected_error"]
Relation = Literal["overlaps", "touches"]
LayerStatus = Literal["hit", "clear", "no_data", "error"]


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
    approximate: str | None = Field(default=None, description=APPROXIMATE)
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


class Part(Value):
    """What one feature has of a finding's area, to 0.01 m²: parts add up to it by both calibres.

    Ground that several features share is the first one's.
    """

    feature_id: str
    area: Area


class Margin(Value):
    """What a rule comes to when its layers are off by what is stated as their accuracy, metres.

    `least`: the site drawn in by it; `most`: drawn out. Told where it could make a difference.
    """

    accuracy_m: float
    least: Outcome = Field(description="clear: nothing would be met")
    most: Outcome
    least_area: Area | None = None
    most_area: Area | None = None


class NearMiss(Value):
    """A rule that meets nothing, and would if its layers are off by what is stated, metres."""

    rule: str
    layer: str
    title: Bilingual
    outcome: Outcome
    accuracy_m: float
    distance_m: float | None = Field(description="from the site; null: it has no shape")


class Decider(Value):
    """A rule by which the verdict flips, and what it then comes to."""

    rule: str
    title: Bilingual
    towards: Literal["milder", "graver"]
    outcome: Outcome


class Robustness(Value):
    """The verdict judged again with every layer off by its stated accuracy, either way.

    Of layers above the clearance nothing is varied.
    """

    robust: bool = Field(description="true: the verdict is the same all the way")
    mildest: Verdict
    gravest: Verdict
    decided_by: list[Decider]
    near_misses: list[NearMiss]
    text: Bilingual


class Change(Value):
    """What could change the verdict, and to what, where that can be told."""

    kind: Literal["answer", "figure", "layer", "finding", "accuracy"]
    rules: list[str]
    layers: list[str] = Field(default_factory=list)
    question: str | None = None
    answer: YesNo | None = None
    verdict: Verdict | None = None
    text: Bilingual


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
    parts: list[Part] = Field(
        default_factory=list, description="where several features are met, each one's part"
    )
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
    margin: Margin | None = Field(
        default=None,
        description="null: no accuracy of its layers could turn it, or withheld",
    )
    projects: list[ProjectLine] = Field(
        default_factory=list,
        exclude_if=lambda told: not told,
        description="of a project rule: the projects met, the largest first",
    )
    approximate: str | None = Field(default=None, description=APPROXIMATE)
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
    approximate: str | None = Field(default=None, description=APPROXIMATE)
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
    engine: EngineRef | None = Field(default=None, description="null: it was not yet cited")
    application_date: date
    later_layers: bool = Field(
        default=False,
        # told only where it is so: other checks read as they always did
        exclude_if=lambda told: not told,
        description="layers count that came into effect after the application date, as for a case",
    )
    clearance: ClearanceText
    city: Bilingual
    city_notice: Bilingual | None
    site: SiteRef
    project: ProjectFigures = Field(
        default=NOTHING_SAID, description="what the applicant answered and stated"
    )
    verdict: Verdict
    reasons: list[Bilingual] = Field(default_factory=list, description="what makes the verdict")
    robustness: Robustness | None = Field(
        default=None,
        description="whether the layers' accuracy could turn the verdict; "
        "null: not asked, of a site of more than 20,000 corners",
    )
    what_would_change_it: list[Change] = Field(default_factory=list)
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
