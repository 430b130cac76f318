"""The report on one delivery, taken or refused: what was read, and what became of every row.

The same model serves the command line, the store and the readable page. Counts are rows of the
delivered file; areas are m² by projection, lengths and widths m, shares 0 to 1.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from blueprint.values import Bilingual, Value

SHOWN_ISSUES = 1_000
"""How many issues the document lists; the store keeps all of them."""
SHOWN_PLACES = 500


class IssueLine(Value):
    """Something about one delivered row; row 0 is the file as a whole."""

    row: int
    kind: str
    action: Literal["repaired", "quarantined", "flagged"]
    detail: str
    feature_id: str | None = None
    area_moved_m2: float = 0.0


class CoverageLine(Value):
    """Overlaps and gaps of a layer that claims to be a coverage, above its reported width."""

    overlaps: int
    overlap_m2: float = Field(description="ground that more than one feature claims, once")
    gaps: int
    gap_m2: float
    widest_overlap_m: float = 0.0
    widest_gap_m: float = 0.0
    numerical: int = Field(default=0, description="overlaps and gaps below the width, not counted")


class IssuePlace(Value):
    """Where an issue lies, in the city's CRS."""

    x: float
    y: float
    kind: str


class Sketch(Value):
    """What the page draws: the frame of the delivery and where issues lie, in the city's CRS."""

    bounds: tuple[float, float, float, float]
    places: tuple[IssuePlace, ...] = ()


class IngestReport(Value):
    """What one delivery came to."""

    delivery: int | None = Field(default=None, description="its number in the store")
    status: Literal["taken", "refused"] = "taken"
    reasons: tuple[Bilingual, ...] = Field(default=(), description="why it was refused")
    layer: str
    layer_name: Bilingual | None = None
    department: Bilingual | None = None
    geometry: Literal["polygon", "line", "point"] = "polygon"
    version: int | None = Field(default=None, description="null: none was made of it")
    file: str
    format: str | None = None
    source_layer: str | None = None
    source_sha256: str
    crs: str | None = Field(default=None, description="how the coordinates were read")
    encoding: str | None = None
    preview: tuple[str, ...] = Field(default=(), description="texts, to see a wrong encoding by")
    georeference: tuple[str, ...] = Field(default=(), description="parameters and residuals")
    approximate: str | None = Field(default=None, description="GCJ-02 or BD-09, if of that")
    delivered_at: datetime
    effective: date
    read: int = 0
    kept: int = 0
    repaired: int = 0
    area_moved_m2: float = Field(default=0.0, description="by all repairs together")
    area_moved_max_m2: float = Field(default=0.0, description="by the largest single repair")
    quarantined: int = 0
    flagged: int = 0
    kinds: dict[str, int] = Field(default_factory=dict, description="issues by kind")
    coverage: CoverageLine | None = None
    size_before: float | None = Field(default=None, description="m², m or points; null: first")
    size_after: float | None = None
    mapping: tuple[str, ...] = Field(default=(), description="which field came from which")
    notes: tuple[str, ...] = ()
    sketch: Sketch | None = None
    issue_count: int = 0
    issues: tuple[IssueLine, ...] = Field(default=(), description=f"the first {SHOWN_ISSUES}")

    @property
    def size_change_share(self) -> float | None:
        """By how much the size moved against the version before, of that; None: not known."""
        if self.size_before is None or self.size_after is None or self.size_before == 0:
            return None
        return (self.size_after - self.size_before) / self.size_before
