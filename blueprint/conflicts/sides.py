"""The two sides of a rule in a search for conflicts, packed for whoever works on them.

Input: a layer of the snapshot, the rule's filter and, of a `matrix` rule, its classes. Output:
`Side`, with the features that the filter takes as a packed file in the search's own folder, each
with its class; `gap` says why they are not all, or not all in a class. Workers
map that file, or, where they share no folder with us, read the same version from the store by
themselves (`StoredSide`).
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from blueprint.availability import named
from blueprint.bootstrap import open_service
from blueprint.catalogue import CatalogueLayer
from blueprint.errors import PlanningError
from blueprint.rules.filters import NONE, UNTOLD, first_taking
from blueprint.values import Bilingual, joined
from blueprint.whole_layers import WholeLayers, taken_rows
from conflict import Numbers, Packed, PackedFile, Shapes, Source, open_packed, write_packed
from layers.columns import same
from layers.errors import UnknownVersion
from layers.table import column

Classes = tuple[str, ...]
"""The filters of a rule's classes, in their order; none: the rule has no classes."""
Numbered = npt.NDArray[np.int32]


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
        return self.features.columns["feature_id"]

    @property
    def identities(self) -> pa.Array:
        """What tells each feature from all others and from what it was, shape (n,)."""
        return same(self.ids, self.features.columns["content_hash"])

    @property
    def classes(self) -> Numbered:
        """The number of each feature's class, as many as there are for one of none; shape (n,)."""
        found = self.features.shapes.classes
        assert found is not None
        return found

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
    classes: Classes = ()

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
    shapes, _ = _divided(table.filter(pa.array(rows)), side.classes)
    return shapes


class Shelf:
    """The sides of one search, each read and packed once however many rules ask for it."""

    def __init__(self, layers: WholeLayers, folder: Path, *, by_store: bool) -> None:
        self._layers, self._folder, self._by_store = layers, folder, by_store
        self._sides: dict[tuple[str, str | None, Classes], Side] = {}

    def side(self, layer_id: str, where: str | None, classes: Classes = ()) -> Side:
        """The layer's features that the filter takes, by class; the layer has data."""
        key = (layer_id, where, classes)
        if key not in self._sides:
            self._sides[key] = self._packed(layer_id, where, classes)
        return self._sides[key]

    def _packed(self, layer_id: str, where: str | None, classes: Classes) -> Side:
        layer, version = self._layers.layer(layer_id), self._layers.version(layer_id)
        path = self._folder / f"side{len(self._sides)}"
        # a layer as a whole was packed when it was first asked for, by whoever did
        if where is None and not classes and self._layers.put_packed(layer_id, path):
            gap = self._layers.gap(layer_id)
        else:
            taken = self._layers.take(layer_id, where)
            columns = {name: taken.table.column(name) for name in ("feature_id", "content_hash")}
            shapes, undivided = _divided(taken.table, classes)
            write_packed(path, shapes, columns)
            gap = joined([taken.gap, undivided and named(layer, undivided)])
        stored = StoredSide(layer_id, version.version, version.digest, where, classes)
        source = stored if self._by_store else PackedFile(path)
        return Side(layer, gap, path, open_packed(path), source)


def _divided(table: pa.Table, classes: Classes) -> tuple[Shapes, Bilingual | None]:
    """The features of a table, each with its class, and why some have none."""
    shapes = Shapes.from_wkb(table.column("geometry"))
    if not classes:
        return shapes, None
    numbers = np.array(first_taking(classes, column(table, "attributes")), dtype=np.int32)
    untold, none = int((numbers == UNTOLD).sum()), int((numbers == NONE).sum())
    found = replace(shapes, classes=np.where(numbers < 0, len(classes), numbers).astype(np.int32))
    if untold == 0 and none == 0:
        return found, None
    return found, Bilingual(
        zh=f"{untold} 个要素缺少分类所需属性，{none} 个要素不属于任何一类，未作比对",
        en=f"{untold} features lack the attribute that tells their class, {none} are of no class: "
        "not compared",
    )
