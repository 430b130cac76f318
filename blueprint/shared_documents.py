"""What all documents cite and count in: areas, snapshots, rule packs, engines, departments.

Areas are m², by both calibres, and say which one decided; 公顷 and 亩 (2000/3 m²) are of that one.
"""

from datetime import datetime

from blueprint.catalogue import Calibre
from blueprint.values import Bilingual, Value

APPROXIMATE = "the web map (GCJ-02, BD-09) whose coordinates it rests on; places may be metres off"
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


class EngineRef(Value):
    """Which engine answered; `kernel` compiled or shapely, the rest are versions."""

    blueprint: str
    kernel: str
    geos: str
    proj: str


class DepartmentRef(Value):
    """Whom to ask."""

    id: str
    name: Bilingual
