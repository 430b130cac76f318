"""The two sides of a rule in a search for conflicts, packed for whoever works on them.

Input: a layer of the snapshot and the rule's filter. Output: `Side`, with the features that the
filter takes as a packed file in the search's own folder; `gap` says why they are not all. Workers
map that file, or, where they share no folder with us, read the same version from the store by
themselves (`StoredSide`).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from blueprint.bootstrap import open_service
from blueprint.catalogue import CatalogueLayer
from blueprint.errors import PlanningError
from blueprint.values import Bilingual
from blueprint.whole_layers import WholeLayers, taken_rows
from conflict import Numbers, Packed, PackedFile, Shapes, Source, open_packed, write_packed
from layers.columns import same
from layers.errors import UnknownVersion


@dataclass(frozen=True, slots=True)
class Side:
    """The features of one layer that a rule is about, rows by feature id.

    `packed` is the file that has them, `features` the same, opened; `source` what a worker opens.
    `gap` says why the features are not all.
    """

    layer: CatalogueLayer
    gap: Bilingual | None
    packed: Path
    features: Packed
    source: Source

    @property
    def ids(self) -> pa.Array:
        """The feature ids, shape (n,)."""
        return self.features.column("feature_id")

    @property
    def identities(self) -> pa.Array:
        """What tells each feature from all others and from what it was, shape (n,)."""
        return same(self.ids, self.features.column("content_hash"))

    @property
    def width_m(self) -> Numbers:
        """The mean width of each feature's widest part, m, shape (n,)."""
        return self.features.shapes.width_m


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
    rows, _ = taken_rows(table, side.where)
    return Shapes.from_wkb(table.column("geometry").filter(pa.array(rows)))


class Shelf:
    """The sides of one search, each read and packed once however many rules ask for it."""

    def __init__(self, layers: WholeLayers, folder: Path, *, by_store: bool) -> None:
        self._layers, self._folder, self._by_store = layers, folder, by_store
        self._sides: dict[tuple[str, str | None], Side] = {}

    def side(self, layer_id: str, where: str | None) -> Side:
        """The layer's features that the filter takes; the layer has data."""
        if (layer_id, where) not in self._sides:
            self._sides[layer_id, where] = self._packed(layer_id, where)
        return self._sides[layer_id, where]

    def _packed(self, layer_id: str, where: str | None) -> Side:
        layer, version = self._layers.layer(layer_id), self._layers.version(layer_id)
        path = self._folder / f"side{len(self._sides)}"
        # a layer as a whole was packed when it was first asked for, by whoever did
        if where is None and self._layers.put_packed(layer_id, path):
            gap = self._layers.gap(layer_id)
        else:
            taken = self._layers.take(layer_id, where)
            columns = {name: taken.table.column(name) for name in ("feature_id", "content_hash")}
            write_packed(path, Shapes.from_wkb(taken.table.column("geometry")), columns)
            gap = taken.gap
        stored = StoredSide(layer_id, version.version, version.digest, where)
        source = stored if self._by_store else PackedFile(path)
        return Side(layer, gap, path, open_packed(path), source)
