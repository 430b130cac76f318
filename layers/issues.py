"""What is found in a delivery: an `Issue` for each thing, a `Quarantined` for a row set aside."""

from dataclasses import dataclass
from typing import Literal

from layers.table import Bounds

GeometryKind = Literal["polygon", "line", "point"]
DIMENSION: dict[GeometryKind, int] = {"point": 0, "line": 1, "polygon": 2}

Action = Literal["repaired", "quarantined", "flagged"]


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about one delivered row; `row` counts from 1 as the file does, 0 is the file."""

    row: int
    kind: str
    action: Action
    detail: str
    feature_id: str | None = None
    area_moved_m2: float = 0.0


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row kept as delivered, out of every answer; `bounds` in the city's CRS where known."""

    row: int
    reason: str
    wkb: bytes | None
    bounds: Bounds | None
    attributes: str
