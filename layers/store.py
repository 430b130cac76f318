"""The layer store: immutable versions of layers in one database, read back as Arrow tables.

`LayerStore` is the surface that the rest of the house sees. It takes an open connection, so that
the caller decides what commits together: a version, its catalogue row and its audit entry are one
transaction. Two dialects stand behind it, `geopackage` and `postgis`; answers are identical.

Appending compares the delivery with the version before by (feature_id, content_hash): what is
gone gets an end, what is new gets a row, what is unchanged costs nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
import sqlalchemy as sa

from layers.database import Database
from layers.dialect import Dialect
from layers.errors import StoreUnavailable, UnknownLayer, UnknownVersion
from layers.models import (
    FeatureRow,
    LayerRow,
    LayerVersionRow,
    QuarantineRow,
    SettingRow,
    SourceFileRow,
)
from layers.normalise import GeometryKind, Quarantined
from layers.table import Bounds, column, feature_schema, geometries
from layers.versions import Delivery, Layer, LayerVersion, Pins, SourceFile, digest

_BATCH = 10_000  # about 100 kB of SQL


class LayerStore:
    """Layers and their versions in one database."""

    def __init__(self, database: Database, dialect: Dialect) -> None:
        self.database, self._dialect = database, dialect

    def crs(self, connection: sa.Connection) -> str:
        """The working CRS fixed at `init`.

        Raises:
            StoreUnavailable: the store was never initialised.
        """
        found = connection.scalar(sa.select(SettingRow.value).where(SettingRow.key == "crs"))
        if found is None:
            message = f"{self.database.name}: has no working CRS; run `blueprint init`"
            raise StoreUnavailable(message)
        return found

    def register(self, connection: sa.Connection, layers: Iterable[Layer]) -> None:
        """Make the store ready for `layers`; those it knows already keep their versions."""
        crs = self.crs(connection)
        # two catalogues loaded at once would make the same layer: the second one waits here
        connection.execute(sa.select(SettingRow).with_for_update())
        known = {layer.id: layer for layer in self.layers(connection)}
        for layer in layers:
            old = known.get(layer.id)
            if old is None:
                connection.execute(
                    sa.insert(LayerRow).values(
                        id=layer.id, name=layer.name, geometry=layer.geometry
                    )
                )
                self._dialect.prepare_layer(connection, layer, crs)
            elif old != layer:
                message = (
                    f"{layer.id}: the store has it as {old.name} ({old.geometry}); "
                    "a layer's name and geometry are fixed, give the changed one a new id"
                )
                raise UnknownLayer(message)

    def layers(self, connection: sa.Connection) -> list[Layer]:
        """Every layer that was registered, by id."""
        rows = connection.execute(sa.select(LayerRow.id, LayerRow.name, LayerRow.geometry))
        return sorted((_layer(row) for row in rows), key=lambda layer: layer.id)

    def versions(
        self, connection: sa.Connection, day: date | None = None
    ) -> dict[str, LayerVersion]:
        """The newest version of every layer that has one, by layer id.

        With a day, the newest of those that are in effect on it.
        """
        v = LayerVersionRow
        newest = sa.select(v.layer_id, sa.func.max(v.version)).group_by(v.layer_id)
        if day is not None:
            newest = newest.where(v.effective <= day)
        rows = connection.execute(_VERSION.where(sa.tuple_(v.layer_id, v.version).in_(newest)))
        return {row.layer_id: _version(row) for row in rows}

    def pinned(self, connection: sa.Connection, pins: Pins) -> dict[str, LayerVersion]:
        """The versions that `pins` names, by layer id.

        Raises:
            UnknownVersion: one of them is not there.
        """
        query = _VERSION.where(_pinned(LayerVersionRow, pins))
        found = {row.layer_id: _version(row) for row in connection.execute(query)}
        for name in pins.keys() - found.keys():
            raise UnknownVersion(_no_version(name, pins[name]))
        return {name: found[name] for name in pins}

    def version(
        self, connection: sa.Connection, layer_id: str, number: int | None = None
    ) -> LayerVersion:
        """One version of a layer, the newest unless a number is given.

        Raises:
            UnknownVersion: there is none.
        """
        query = _VERSION.where(LayerVersionRow.layer_id == layer_id)
        if number is not None:
            query = query.where(LayerVersionRow.version == number)
        row = connection.execute(query.order_by(LayerVersionRow.version.desc()).limit(1)).first()
        if row is None:
            raise UnknownVersion(_no_version(layer_id, number))
        return _version(row)

    def append(self, connection: sa.Connection, delivery: Delivery) -> LayerVersion:
        """Store a delivery as the layer's next version, within the caller's transaction.

        Raises:
            UnknownLayer: no such layer was registered.
        """
        layer = self._layer(connection, delivery.layer_id)
        newest = connection.scalar(
            sa.select(sa.func.max(LayerVersionRow.version)).where(
                LayerVersionRow.layer_id == layer.id
            )
        )
        version = LayerVersion(
            layer.id,
            (newest or 0) + 1,
            delivery.delivered_at,
            delivery.effective,
            delivery.features.num_rows,
            len(delivery.quarantined),
            digest(delivery.features),
            delivery.source.sha256,
            delivery.source_layer,
            delivery.report,
        )
        self._keep_source(connection, delivery.source)
        connection.execute(sa.insert(LayerVersionRow).values(_as_row(version)))
        self._keep_quarantined(connection, version, delivery.quarantined)
        added = self._end_what_is_gone(connection, version, delivery.features)
        self._dialect.insert(connection, layer.id, version.version, added)
        self._dialect.show(connection, layer, delivery.features)
        return version

    def scan(self, connection: sa.Connection, pins: Pins, bounds: Bounds | None = None) -> pa.Table:
        """The features of the pinned versions whose boxes touch `bounds`; all of them if None.

        Returns a feature table with `layer_id`, ordered by layer and feature id, the same from
        either database to the last bit.
        """
        crs = self.crs(connection)
        rows = self._dialect.select(connection, pins, bounds, crs)
        rows.sort(key=lambda row: row[:2])
        columns = list(zip(*rows, strict=True)) or [()] * 5
        schema = feature_schema(crs, with_layer=True)
        arrays = [
            pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)
        ]
        table = pa.table(arrays, schema=schema)
        # both databases index boxes in single precision: the exact boxes are compared here
        return table if bounds is None else table.filter(pa.array(_touches(table, bounds)))

    def quarantined(self, connection: sa.Connection, pins: Pins) -> dict[str, list[Bounds | None]]:
        """Where the quarantined rows of the pinned versions lie, by layer; None: nobody knows."""
        q = QuarantineRow
        query = sa.select(q.layer_id, q.minx, q.miny, q.maxx, q.maxy)
        query = query.where(_pinned(q, pins), q.reason != "duplicate").order_by(q.id)
        found: dict[str, list[Bounds | None]] = {}
        for layer_id, *edges in connection.execute(query):
            bounds = None if None in edges else cast("Bounds", tuple(edges))
            found.setdefault(layer_id, []).append(bounds)
        return found

    def _layer(self, connection: sa.Connection, layer_id: str) -> Layer:
        query = sa.select(LayerRow.id, LayerRow.name, LayerRow.geometry)
        # two deliveries of one layer at once would take the same number: the second one waits
        query = query.where(LayerRow.id == layer_id).with_for_update()
        row = connection.execute(query).first()
        if row is None:
            message = f"{layer_id}: the store has no such layer; load a catalogue that has it"
            raise UnknownLayer(message)
        return _layer(row)

    def _keep_source(self, connection: sa.Connection, source: SourceFile) -> None:
        known = sa.select(SourceFileRow.sha256).where(SourceFileRow.sha256 == source.sha256)
        if connection.scalar(known) is None:
            values = {"sha256": source.sha256, "name": source.name, "content": source.content}
            connection.execute(_KEEP_SOURCE, values)

    def _keep_quarantined(
        self, connection: sa.Connection, version: LayerVersion, rows: Sequence[Quarantined]
    ) -> None:
        if not rows:
            return
        empty = (None, None, None, None)
        connection.execute(
            sa.insert(QuarantineRow),
            [
                {
                    "layer_id": version.layer_id,
                    "version": version.version,
                    "row": row.row,
                    "reason": row.reason,
                    "wkb": row.wkb,
                    "attributes": row.attributes,
                    **dict(zip(("minx", "miny", "maxx", "maxy"), row.bounds or empty, strict=True)),
                }
                for row in rows
            ],
        )

    def _end_what_is_gone(
        self, connection: sa.Connection, version: LayerVersion, features: pa.Table
    ) -> pa.Table:
        """End the features that the delivery no longer has; return those that it adds."""
        f = FeatureRow
        alive = (f.layer_id == version.layer_id) & f.version_until.is_(None)
        old = {
            (row.feature_id, row.content_hash): row.fid
            for row in connection.execute(
                sa.select(f.feature_id, f.content_hash, f.fid).where(alive)
            )
        }
        new = list(
            zip(column(features, "feature_id"), column(features, "content_hash"), strict=True)
        )
        kept = set(new)
        gone = [fid for key, fid in old.items() if key not in kept]
        # our own numbers, written out: drivers take long over thousands of parameters
        fids: sa.BindParameter[int] = sa.bindparam("fids", expanding=True, literal_execute=True)
        end = sa.update(f).where(f.layer_id == version.layer_id, f.fid.in_(fids))
        end = end.values(version_until=version.version)
        for start in range(0, len(gone), _BATCH):
            connection.execute(end, {"fids": gone[start : start + _BATCH]})
        if not old:
            return features
        return features.filter(pa.array([key not in old for key in new], pa.bool_()))


# two deliveries out of one file at once: the second one waits, and finds it there
_KEEP_SOURCE = sa.text(
    "INSERT INTO source_file (sha256, name, content) VALUES (:sha256, :name, :content) "
    "ON CONFLICT (sha256) DO NOTHING"
).bindparams(sa.bindparam("content", type_=sa.LargeBinary))

_VERSION = sa.select(
    LayerVersionRow.layer_id,
    LayerVersionRow.version,
    LayerVersionRow.delivered_at,
    LayerVersionRow.effective,
    LayerVersionRow.feature_count,
    LayerVersionRow.quarantined_count,
    LayerVersionRow.digest,
    LayerVersionRow.source_sha256,
    LayerVersionRow.source_layer,
    LayerVersionRow.report,
)


def _touches(table: pa.Table, bounds: Bounds) -> npt.NDArray[np.bool_]:
    boxes = shapely.bounds(geometries(table))
    minx, miny, maxx, maxy = bounds
    across = (boxes[:, 0] <= maxx) & (boxes[:, 2] >= minx)
    return np.asarray(across & (boxes[:, 1] <= maxy) & (boxes[:, 3] >= miny), dtype=bool)


def _pinned(rows: type[LayerVersionRow | QuarantineRow], pins: Pins) -> sa.ColumnElement[bool]:
    return sa.tuple_(rows.layer_id, rows.version).in_(list(pins.items()))


def _no_version(layer_id: str, number: int | None) -> str:
    which = "no version" if number is None else f"no version {number}"
    return f"{layer_id}: has {which}; deliver it with `blueprint ingest {layer_id} FILE`"


def _layer(row: Sequence[Any]) -> Layer:
    return Layer(row[0], row[1], cast("GeometryKind", row[2]))


def _version(row: Sequence[Any]) -> LayerVersion:
    return LayerVersion(*row)


def _as_row(version: LayerVersion) -> dict[str, object]:
    return {name: getattr(version, name) for name in version.__slots__}
