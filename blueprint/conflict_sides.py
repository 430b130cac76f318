"""The two sides of a rule in a search for conflicts, packed for whoever works on them.

Input: a layer of the snapshot and the rule's filter. Output: `Side`, with the features that the
filter takes as a packed file in the search's own folder; `gap` says why they are not all. Workers
map that file, or, where they share no folder with us, read the
same version from the store by themselves (`StoredSide`).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from blueprint.bootstrap import open_service
from blueprint.catalogue import CatalogueLayer
from blueprint.errors import PlanningError
from blueprint.filters import decide
from blueprint.registry import Snapshot
from blueprint.service import Service
from blueprint.values import Bilingual
from conflict import Numbers, PackedFile, Shapes, Source, open_packed, write_packed
from layers import LayerVersion
from layers.columns import same
from layers.errors import UnknownVersion
from layers.table import column


@dataclass(frozen=True, slots=True)
class Side:
    """The features of one layer that a rule is about, rows by feature id.

    `packed` is the file that has them, `source` what a worker opens. `gap` says why the features
    are not all.
    """

    layer: CatalogueLayer
    gap: Bilingual | None
    packed: Path
    source: Source

    @property
    def ids(self) -> pa.Array:
        """The feature ids, shape (n,)."""
        return open_packed(self.packed).column("feature_id")

    @property
    def identities(self) -> pa.Array:
        """What tells each feature from all others and from what it was, shape (n,)."""
        return open_packed(self.packed).column("identity")

    @property
    def width_m(self) -> Numbers:
        """The mean width of each feature's widest part, m, shape (n,)."""
        return open_packed(self.packed).shapes.width_m


@dataclass(frozen=True, slots=True)
class StoredSide:
    """Features in a store that the worker reaches as BLUEPRINT_STORE says there.

    `digest` is that of the version, so that another store's features are never taken for these.
    """

    layer_id: str
    version: int
    digest: str
    where: str | None

    def open(self) -> Shapes:
        """Read them, once in a process.

        Raises:
            StoreUnavailable: the worker has no store, or cannot reach it.
            PlanningError: its store has other features under this version.
        """
        return _read_stored(self)


@lru_cache(maxsize=16)
def _read_stored(side: StoredSide) -> Shapes:
    pins = {side.layer_id: side.version}
    with open_service() as service, service.database.read() as connection:
        try:
            digest = service.layers.pinned(connection, pins)[side.layer_id].digest
        except UnknownVersion:
            digest = None
        if digest != side.digest:
            message = (
                f"{service.database.name}: has not the version {side.version} of {side.layer_id} "
                "that is searched; set BLUEPRINT_STORE of the workers to the store of the search"
            )
            raise PlanningError(message)
        table = service.layers.scan(connection, pins)
    taken, _ = _filtered(table, side.where)
    return Shapes.from_wkb(taken.column("geometry"))


class Shelf:
    """The sides of one search, each read and packed once however many rules ask for it."""

    def __init__(
        self,
        service: Service,
        connection: sa.Connection,
        snapshot: Snapshot,
        versions: dict[str, LayerVersion],
        folder: Path,
        *,
        by_store: bool,
    ) -> None:
        self._service, self._connection = service, connection
        self._catalogue, self._versions = snapshot.catalogue, versions
        pins = {name: version.version for name, version in versions.items()}
        self._quarantined = service.layers.quarantined(connection, pins)
        self._folder, self._by_store = folder, by_store
        self._sides: dict[tuple[str, str | None], Side] = {}

    def side(self, layer_id: str, where: str | None) -> Side:
        """The layer's features that the filter takes; the layer has data."""
        if (layer_id, where) not in self._sides:
            self._sides[layer_id, where] = self._packed(layer_id, where)
        return self._sides[layer_id, where]

    def _packed(self, layer_id: str, where: str | None) -> Side:
        layer, version = self._catalogue.by_id[layer_id], self._versions[layer_id]
        table = self._service.layers.scan(self._connection, {layer_id: version.version})
        taken, undecided = _filtered(table, where)
        path = self._folder / f"side{len(self._sides)}"
        ids, hashes = (
            taken.column(name).combine_chunks() for name in ("feature_id", "content_hash")
        )
        columns = {"feature_id": ids, "identity": same(ids, hashes)}
        write_packed(path, Shapes.from_wkb(taken.column("geometry")), columns)
        stored = StoredSide(layer_id, version.version, version.digest, where)
        source = stored if self._by_store else PackedFile(path)
        return Side(layer, self._gap(layer, undecided), path, source)

    def _gap(self, layer: CatalogueLayer, undecided: int) -> Bilingual | None:
        """Why the layer's conflicts may not be all of them."""
        aside = len(self._quarantined.get(layer.id, []))
        if aside == 0 and undecided == 0:
            return None
        return Bilingual(
            zh=f"{layer.name.zh}：{aside} 个要素被隔离，{undecided} 个要素缺少所需属性",
            en=f"{layer.name.en}: {aside} features quarantined, {undecided} lack the attribute",
        )


def _filtered(table: pa.Table, where: str | None) -> tuple[pa.Table, int]:
    """The features that the filter takes, and how many it cannot decide on."""
    if where is None:
        return table, 0
    decisions = decide(where, column(table, "attributes"))
    taken = np.array([decision is True for decision in decisions], dtype=bool)
    return table.filter(pa.array(taken)), sum(decision is None for decision in decisions)
