"""What stands between the layer store and its two databases: `geopackage` and `postgis`."""

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa
import sqlalchemy as sa

from layers.table import Bounds, Boxes
from layers.versions import Layer, Pins


class Dialect(Protocol):
    """What the two databases do differently."""

    def prepare_layer(self, connection: sa.Connection, layer: Layer, crs: str) -> None:
        """Make room for a layer: a partition, an entry in the list of layers."""

    def insert(
        self,
        connection: sa.Connection,
        layer_id: str,
        version: int,
        features: pa.Table,
        boxes: Boxes | None = None,
    ) -> None:
        """Add the rows of a feature table, alive from `version`; `boxes` where they are known."""

    def show(
        self, connection: sa.Connection, layer: Layer, features: pa.Table, bounds: Bounds | None
    ) -> None:
        """Renew what desktop GIS see by the layer's name: the features of its newest version.

        `bounds` are theirs; None if there is none.
        """

    def read(
        self, connection: sa.Connection, layer_id: str, version: int, *, whole: bool
    ) -> Iterator[pa.RecordBatch]:
        """All features of one version: feature_id, content_hash, fid; if `whole`, all the rest."""

    def select(
        self, connection: sa.Connection, pins: Pins, bounds: Bounds | None, crs: str
    ) -> list[tuple[str, str, bytes, str, str]]:
        """Rows (layer_id, feature_id, WKB, content_hash, attributes), at least those in bounds."""
