"""What holding whole layers against the rules comes to (监督): the documents of `supervise`."""

from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.clearance import ClearanceText
from blueprint.rules.kinds.base import Severity
from blueprint.rules.pack import LegalBasis
from blueprint.shared_documents import RulePackRef, SnapshotRef
from blueprint.values import Bilingual, Value

BreachKind = Literal["total", "overlap", "gap", "duplicate", "missing", "outside"]
Status = Literal["kept", "broken", "no_data", "not_in_force", "withheld"]

TOTALS: dict[str, Bilingual] = {
    "city": Bilingual(zh="全市", en="city"),
    "multiple": Bilingual(zh="倍数上限", en="multiple of"),
    "district": Bilingual(zh="分区", en="district"),
    "sum_of_districts": Bilingual(zh="各区之和", en="sum of districts"),
    "sum_of_parts": Bilingual(zh="各部分之和", en="sum of parts"),
}


class Breach(Value):
    """One thing that breaks a rule: what, which features, how large.

    `area_m2` is by the plane, `ellipsoidal_m2` on the ellipsoid.
    """

    what: BreachKind
    text: Bilingual
    feature_ids: list[str] = Field(default_factory=list)
    area_m2: float | None = None
    ellipsoidal_m2: float | None = None
    width_m: float | None = None


class SupervisedTotal(Value):
    """A control total, km², by the calibre that decides; `holds` null: it cannot be told."""

    total: str
    name: str | None
    km2: float | None
    at_least_km2: float | None
    at_most_km2: float | None
    holds: bool | None


class SupervisedRule(Value):
    """What one rule on a whole layer came to."""

    rule: str
    kind: str
    title: Bilingual
    severity: Severity
    department: str
    layers: list[str]
    status: Status
    reasons: list[Bilingual] = Field(default_factory=list)
    totals: list[SupervisedTotal] = Field(default_factory=list)
    breaches: list[Breach] = Field(default_factory=list)
    numerical: int = 0
    legal_bases: list[LegalBasis] = Field(default_factory=list)


class Supervision(Value):
    """All rules on whole layers of one snapshot."""

    snapshot: SnapshotRef
    rule_pack: RulePackRef
    day: date
    clearance: ClearanceText
    city_notice: Bilingual | None
    complete: bool
    rules: list[SupervisedRule]
