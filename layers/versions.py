"""What the store keeps, as values: a layer, one version of it, the delivery that made it."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from layers.attributes import json_texts
from layers.columns import ahead
from layers.issues import GeometryKind, Issue, Quarantined
from layers.table import Bounds, Boxes, geometries

_KEY = ("feature_id", "content_hash")
_BATCH = 50_000

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
    size: float | None = None
    """Area, m², length, m, or number of points of all features; None: never measured."""
    approximate: str | None = None
    """The approximate system that it was delivered in (GCJ-02, BD-09), where it was."""
    delivery: int | None = field(default=None, compare=False)
    """The number of the delivery that it was made of, as `append` gives it back."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A delivered file as it came: `chunks()` gives its bytes in pieces, each time from the start.

    Made by `layers.delivered`.
    """

    sha256: str
    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]


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
    issues: tuple[Issue, ...] = ()
    approximate: str | None = None
    summary: "Summary | None" = None
    """Of the features, where the caller has it already."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that no version was made of, kept with the reason."""

    layer_id: str
    source: SourceFile
    source_layer: str | None
    delivered_at: datetime
    effective: date
    reason: str
    report: str
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What the store knows of one delivery; `refused` says why where no version was made of it."""

    id: int
    layer_id: str
    version: int | None
    delivered_at: datetime
    effective: date
    file: str
    source_sha256: str
    source_layer: str | None
    refused: str | None
    report: str


def digest(features: pa.Table) -> str:
    """A hash over a version's features, whatever their order.

    It is over a JSON list of pairs of id and content hash, so that no id can pass for two features.
    """
    keys = pa.table([features.column(name) for name in _KEY], names=list(_KEY)).combine_chunks()
    keys = keys.take(pc.sort_indices(keys, [(name, "ascending") for name in _KEY]))
    hashed = sha256(b"[")
    for start in range(0, keys.num_rows, _BATCH):
        ids, hashes = (keys.slice(start, _BATCH).column(name).combine_chunks() for name in _KEY)
        pairs = pc.binary_join_element_wise("[", json_texts(ids), ',"', hashes, '"]', "")
        hashed.update(b"," if start else b"")
        hashed.update(",".join(pairs.to_pylist()).encode())
    hashed.update(b"]")
    return hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class Summary:
    """All features of a version together: area, m², length, m, or number of points.

    `boxes` are those of the features, shape (n, 4), in the order of the table.
    """

    size: float
    boxes: Boxes

    @property
    def bounds(self) -> Bounds | None:
        """The box of all; None where there is no feature."""
        if not len(self.boxes):
            return None
        minx, miny = self.boxes[:, :2].min(axis=0).tolist()
        maxx, maxy = self.boxes[:, 2:].max(axis=0).tolist()
        return (minx, miny, maxx, maxy)


def summarise(features: pa.Table, geometry: GeometryKind) -> Summary:
    """Measure a version."""
    sizes, boxes = [0.0], [np.empty((0, 4))]
    for size, box in ahead(
        partial(_measured, batch, geometry)
        for batch in features.to_batches(max_chunksize=_BATCH)
        if batch.num_rows
    ):
        sizes.append(size)
        boxes.append(box)
    return Summary(math.fsum(sizes), np.concatenate(boxes))


def _measured(batch: pa.RecordBatch, geometry: GeometryKind) -> tuple[float, Boxes]:
    shapes = geometries(batch)
    measure = {"polygon": shapely.area, "line": shapely.length}.get(
        geometry, shapely.get_num_geometries
    )
    return math.fsum(measure(shapes)), shapely.bounds(shapes)
