"""The features of a snapshot around a site, layer by layer, from packed files or from the store.

Input: layer versions and the box in which features matter. Output: `Features` of each layer, which
has at least those that touch the box, in the order of their ids: the whole layer where it is
packed, else what one scan of the store finds in the box. Answers are the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from blueprint.service import Service
from conflict import Shapes
from conflict.pairs import Indices
from layers import Bounds, LayerVersion
from layers.table import geometries


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one layer; ids and attributes (JSON texts) are columns as long as the shapes."""

    shapes: Shapes
    ids: pa.Array | pa.ChunkedArray
    attributes: pa.Array | pa.ChunkedArray

    @classmethod
    def none(cls) -> "Features":
        """Of a layer that was never delivered."""
        nothing = pa.array([], pa.string())
        return cls(Shapes.from_geometries(np.empty(0, dtype=object)), nothing, nothing)

    def ids_of(self, rows: Indices) -> list[str]:
        """The ids of features, by row."""
        return _texts(self.ids, rows)

    def attributes_of(self, rows: Indices) -> list[str]:
        """The attributes of features, by row."""
        return _texts(self.attributes, rows)


def features_around(
    service: Service,
    connection: sa.Connection,
    versions: Mapping[str, LayerVersion],
    bounds: Bounds,
) -> dict[str, Features]:
    """The features of each version, by layer id, at least those that touch `bounds`."""
    found: dict[str, Features] = {}
    unpacked: dict[str, int] = {}
    for layer, version in versions.items():
        packed = service.packed.of(service.layers, connection, version)
        if packed is None:
            unpacked[layer] = version.version
        else:
            columns = packed.column("feature_id"), packed.column("attributes")
            found[layer] = Features(packed.shapes, *columns)
    if unpacked:
        table = service.layers.scan(connection, unpacked, bounds)
        for layer in unpacked:
            rows = table.filter(pc.equal(table.column("layer_id"), layer))
            shapes = Shapes.from_geometries(geometries(rows))
            found[layer] = Features(shapes, rows.column("feature_id"), rows.column("attributes"))
    return found


def _texts(column: pa.Array | pa.ChunkedArray, rows: Indices) -> list[str]:
    texts: list[str] = column.take(pa.array(rows)).to_pylist()
    return texts
