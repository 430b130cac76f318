"""What the store keeps, as values: a layer, one version of it, the delivery that made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import pyarrow as pa

from layers.normalise import GeometryKind, Quarantined
from layers.table import canonical_json, column

Pins = Mapping[str, int]
"""Layer id → version: what a snapshot pins."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that the store can hold; `name` is what QGIS lists."""

    id: str
    name: str
    geometry: GeometryKind


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """One immutable delivery; `digest` is over all its features and nothing else."""

    layer_id: str
    version: int
    delivered_at: datetime
    effective: date
    feature_count: int
    quarantined_count: int
    digest: str
    source_sha256: str
    source_layer: str | None
    report: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A delivered file as it came."""

    sha256: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What `append` stores: the normalised features, the quarantined rows, and where from."""

    layer_id: str
    features: pa.Table
    quarantined: tuple[Quarantined, ...]
    source: SourceFile
    source_layer: str | None
    delivered_at: datetime
    effective: date
    report: str


def digest(features: pa.Table) -> str:
    """A hash over a version's features, whatever their order."""
    pairs = zip(column(features, "feature_id"), column(features, "content_hash"), strict=True)
    # JSON, so that no id can pass for two features
    return sha256(canonical_json(sorted(pairs)).encode()).hexdigest()
