"""The features of a snapshot's layers, around a site or whole, from packed files or from the store.

Input: layer versions and how far from a site their features matter. Output: `Ground`: the features
of each layer, at least those that come near enough, in the order of their ids, and what else is
known of the layers. A packed layer is there as a whole, of another one scan finds what is near.
Answers are the same.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from blueprint.numerical import NUMERICAL_WIDTH_M
from blueprint.registry import Snapshot
from blueprint.service import Service
from conflict import Packed, Shapes
from conflict.pairs import Indices
from layers import Bounds, Geometries, LayerVersion
from layers.table import geometries

Connect = Callable[[], AbstractContextManager[sa.Connection]]
"""Gives a connection for the length of a block."""


@dataclass(frozen=True, slots=True)
class DrawnFeatures:
    """Features as shapely has them, shape (n,), with ids and attributes (JSON texts)."""

    shapes: Geometries
    ids: list[str]
    attributes: list[str]


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one layer; ids, attributes and content hashes are as long as the shapes."""

    shapes: Shapes
    ids: pa.Array | pa.ChunkedArray
    attributes: pa.Array | pa.ChunkedArray
    hashes: pa.Array | pa.ChunkedArray

    @classmethod
    def of(cls, table: pa.Table) -> "Features":
        """Of a feature table."""
        columns = (table.column(n) for n in ("feature_id", "attributes", "content_hash"))
        return cls(Shapes.from_geometries(geometries(table)), *columns)

    @property
    def nbytes(self) -> int:
        """How much memory they take, about."""
        columns = (self.ids, self.attributes, self.hashes)
        return sum(a.nbytes for a in (*self.shapes.arrays.values(), *columns))

    def ids_of(self, rows: Indices) -> list[str]:
        """The ids of features, by row."""
        return _texts(self.ids, rows)

    def attributes_of(self, rows: Indices) -> list[str]:
        """The attributes of features, by row."""
        return _texts(self.attributes, rows)

    def drawn(self, rows: Indices) -> DrawnFeatures:
        """Some of them, by row."""
        shapes = self.shapes.geometries(rows)
        return DrawnFeatures(shapes, self.ids_of(rows), self.attributes_of(rows))

    def within(self, bounds: Bounds) -> DrawnFeatures:
        """Those whose boxes touch a box."""
        return self.drawn(self.shapes.search(bounds).astype(np.intp))


@lru_cache(maxsize=1)
def no_features() -> Features:
    """The features of a layer that was never delivered."""
    nothing = pa.array([], pa.string())
    return Features(Shapes.from_geometries(np.empty(0, dtype=object)), nothing, nothing, nothing)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the store knows of the asked layers around one site."""

    features: Mapping[str, Features]
    versions: Mapping[str, LayerVersion]
    quarantined: Mapping[str, list[Bounds | None]]


@dataclass(frozen=True, slots=True)
class Pinned:
    """What the store says of pinned versions: all about them, and where quarantined rows lie."""

    versions: Mapping[str, LayerVersion]
    quarantined: Mapping[str, list[Bounds | None]]


def look_around(
    service: Service,
    connect: Connect,
    pinned: Pinned,
    site: Bounds,
    reach_m: Mapping[str, float],
) -> Ground:
    """Pinned layers around a site, by the distances from it that concern somebody.

    `connect` is asked for a connection only where something is not known here yet.
    """
    features = dict.fromkeys(reach_m, no_features())
    closed: list[LayerVersion] = []
    for layer, version in pinned.versions.items():
        packed = service.packed.at_hand(version)
        if packed is None:
            closed.append(version)
        else:
            features[layer] = _features(packed)
    if closed:
        with connect() as connection:
            features |= _from_store(service, connection, closed, site, reach_m)
    return Ground(features, pinned.versions, pinned.quarantined)


def pinned_of(
    service: Service, connect: Connect, snapshot: Snapshot, layers: Collection[str]
) -> Pinned:
    """What a snapshot pins of some layers, asked of the store once: it never changes.

    `connect` is asked for a connection only where something is not known here yet.
    """
    pins = {layer: snapshot.pins[layer] for layer in sorted(snapshot.pins.keys() & layers)}

    def ask() -> Pinned:
        with connect() as connection:
            versions = service.layers.pinned(connection, pins)
            return Pinned(versions, service.layers.quarantined(connection, pins))

    # a store that took the place of this one has published at another moment
    pinned: Pinned = service.pinned.get((snapshot.ref, frozenset(pins.items())), ask)
    return pinned


def _from_store(
    service: Service,
    connection: sa.Connection,
    versions: Iterable[LayerVersion],
    site: Bounds,
    reach_m: Mapping[str, float],
) -> dict[str, Features]:
    """Layers whose packed form is not open: packed now, or what of them is near."""
    features: dict[str, Features] = {}
    unpacked: dict[float, dict[str, int]] = {}
    for version in versions:
        layer = version.layer_id
        packed = packed_features(service, connection, version)
        if packed is None:
            # one scan a distance: an airport's surfaces reach 18 km, where no road concerns anybody
            unpacked.setdefault(reach_m[layer], {})[layer] = version.version
        else:
            features[layer] = packed
    for distance, some in unpacked.items():
        # a box at exactly that distance must not be missed by rounding
        table = service.layers.scan(connection, some, grown(site, distance + NUMERICAL_WIDTH_M))
        for layer in some:
            features[layer] = Features.of(table.filter(pc.equal(table.column("layer_id"), layer)))
    return features


def whole_layer(service: Service, connection: sa.Connection, version: LayerVersion) -> Features:
    """All features of a version; packed first, if it can be and is not yet."""
    packed = packed_features(service, connection, version, patient=True)
    if packed is not None:
        return packed
    return Features.of(service.layers.scan(connection, {version.layer_id: version.version}))


def packed_features(
    service: Service, connection: sa.Connection, version: LayerVersion, *, patient: bool = False
) -> Features | None:
    """A version in its packed form; None: there is none at hand (see `packed_layers`)."""
    packed = service.packed.of(service.layers, connection, version, patient=patient)
    return None if packed is None else _features(packed)


def _features(packed: Packed) -> Features:
    columns = (packed.columns[name] for name in ("feature_id", "attributes", "content_hash"))
    return Features(packed.shapes, *columns)


def grown(bounds: Bounds, by_m: float) -> Bounds:
    """Bounds that reach further to every side."""
    minx, miny, maxx, maxy = bounds
    return (minx - by_m, miny - by_m, maxx + by_m, maxy + by_m)


def _texts(column: pa.Array | pa.ChunkedArray, rows: Indices) -> list[str]:
    texts: list[str] = column.take(pa.array(rows)).to_pylist()
    return texts
