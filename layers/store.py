"""The layer store: immutable versions of layers in one database, read back as Arrow tables.

`LayerStore` is the surface that the rest of the house sees. It takes an open connection, so that
the caller decides what commits together: a version, its catalogue row and its audit entry are one
transaction. Two dialects stand behind it, `geopackage` and `postgis`; answers are identical.

Appending compares the delivery with the version before by (feature_id, content_hash): what is
gone gets an end, what is new gets a row, what is unchanged costs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa

from layers.columns import same
from layers.database import Database
from layers.deliveries import keep_source, record
from layers.dialect import Dialect
from layers.errors import StoreUnavailable, UnknownLayer, UnknownVersion
from layers.models import (
    FeatureRow,
    LayerRow,
    LayerVersionRow,
    QuarantineRow,
    SettingRow,
)
from layers.normalise import GeometryKind, Quarantined
from layers.table import Bounds, feature_schema, geometries
from layers.versions import Delivery, Layer, LayerVersion, Pins, digest, summarise

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

    def newest_locked(self, connection: sa.Connection, layer_id: str) -> LayerVersion | None:
        """The newest version of a layer, if it has one; no other is added in this transaction.

        Raises:
            UnknownLayer: no such layer was registered.
        """
        self._layer(connection, layer_id)
        query = _VERSION.where(LayerVersionRow.layer_id == layer_id)
        row = connection.execute(query.order_by(LayerVersionRow.version.desc()).limit(1)).first()
        return None if row is None else _version(row)

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
        summary = delivery.summary or summarise(delivery.features, layer.geometry)
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
            summary.size,
            delivery.approximate,
        )
        keep_source(connection, delivery.source)
        connection.execute(sa.insert(LayerVersionRow).values(_as_row(version)))
        self._keep_quarantined(connection, version, delivery.quarantined)
        new = self._end_what_is_gone(connection, version, delivery.features)
        whole = bool(new.all())
        added = delivery.features if whole else delivery.features.filter(pa.array(new))
        self._dialect.insert(connection, layer.id, version.version, added, summary.boxes[new])
        self._dialect.show(connection, layer, delivery.features, summary.bounds)
        return replace(version, delivery=record(connection, delivery, version.version))

    def scan(self, connection: sa.Connection, pins: Pins, bounds: Bounds | None = None) -> pa.Table:
        """The features of the pinned versions whose boxes touch `bounds`; all of them if None.

        Returns a feature table with `layer_id`, ordered by layer and feature id, the same from
        either database to the last bit.
        """
        crs = self.crs(connection)
        schema = feature_schema(crs, with_layer=True)
        if bounds is None:
            return self._scan_all(connection, pins, schema)
        rows = self._dialect.select(connection, pins, bounds, crs)
        rows.sort(key=lambda row: row[:2])
        columns = list(zip(*rows, strict=True)) or [()] * 5
        arrays = [
            pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)
        ]
        table = pa.table(arrays, schema=schema)
        # both databases index boxes in single precision: the exact boxes are compared here
        return table.filter(pa.array(_touches(table, bounds)))

    def _scan_all(self, connection: sa.Connection, pins: Pins, schema: pa.Schema) -> pa.Table:
        """Whole versions, layer by layer."""
        tables = [schema.empty_table()]
        for layer_id in sorted(pins):
            pieces = list(self._dialect.read(connection, layer_id, pins[layer_id], whole=True))
            if not pieces:
                continue
            table = _by_id(pa.Table.from_batches(pieces))
            names = pa.repeat(layer_id, table.num_rows).cast(pa.string())
            columns = [names, *(table.column(field.name) for field in list(schema)[1:])]
            tables.append(pa.table(columns, schema=schema))
        return pa.concat_tables(tables)

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
    ) -> npt.NDArray[np.bool_]:
        """End the features that the delivery no longer has; tell which ones it adds."""
        before = list(
            self._dialect.read(connection, version.layer_id, version.version - 1, whole=False)
        )
        if not before:
            return np.ones(features.num_rows, dtype=bool)
        old = pa.Table.from_batches(before)
        names = ("feature_id", "content_hash")
        old_keys = same(*(old.column(name).combine_chunks() for name in names))
        new_keys = same(*(features.column(name).combine_chunks() for name in names))
        gone = old.column("fid").filter(pc.invert(pc.is_in(old_keys, new_keys))).to_pylist()
        f = FeatureRow
        # our own numbers, written out: drivers take long over thousands of parameters
        fids: sa.BindParameter[int] = sa.bindparam("fids", expanding=True, literal_execute=True)
        end = sa.update(f).where(f.layer_id == version.layer_id, f.fid.in_(fids))
        end = end.values(version_until=version.version)
        for start in range(0, len(gone), _BATCH):
            connection.execute(end, {"fids": gone[start : start + _BATCH]})
        known = pc.is_in(new_keys, old_keys).to_numpy(zero_copy_only=False)
        return np.asarray(~known, dtype=bool)


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
    LayerVersionRow.size,
    LayerVersionRow.approximate,
)


def _by_id(table: pa.Table) -> pa.Table:
    """The rows by feature id, which deliveries are as a rule."""
    ids = table.column("feature_id").combine_chunks()
    if len(ids) < 2 or pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        return table
    return table.take(pc.sort_indices(ids))


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
    names = [name for name in version.__slots__ if name != "delivery"]
    return {name: getattr(version, name) for name in names}
