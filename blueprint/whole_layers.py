"""The layers of a snapshot as a whole, for rules that hold layers against each other.

Input: a snapshot, a day and the layers that are asked for. Output: for each layer, why it says
nothing on that day (`untimely`), or its features that a filter takes, with why they are not all
(`gap`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from blueprint.around import DrawnFeatures
from blueprint.availability import named, untimely
from blueprint.catalogue import CatalogueLayer
from blueprint.registry import Snapshot
from blueprint.rules.filters import decide
from blueprint.service import Service
from blueprint.values import Bilingual
from layers import LayerVersion
from layers.table import column, geometries


@dataclass(frozen=True, slots=True)
class Taken:
    """A feature table with those that a filter takes, by feature id; `gap`: why it has not all."""

    table: pa.Table
    gap: Bilingual | None

    def drawn(self) -> DrawnFeatures:
        """The features as shapely has them."""
        ids, attributes = column(self.table, "feature_id"), column(self.table, "attributes")
        return DrawnFeatures(geometries(self.table), ids, attributes)


class WholeLayers:
    """The asked layers of one snapshot on one day; those that it has not are no error."""

    def __init__(
        self,
        service: Service,
        connection: sa.Connection,
        snapshot: Snapshot,
        day: date,
        asked: Iterable[str],
    ) -> None:
        self._service, self._connection = service, connection
        self._catalogue, self._day = snapshot.catalogue, day
        pins = {name: snapshot.pins[name] for name in snapshot.pins.keys() & set(asked)}
        self.versions = service.layers.pinned(connection, pins)
        self._quarantined = service.layers.quarantined(connection, pins)

    def layer(self, name: str) -> CatalogueLayer:
        """The layer as the catalogue has it."""
        return self._catalogue.by_id[name]

    def version(self, name: str) -> LayerVersion:
        """The version of a layer that is there."""
        return self.versions[name]

    def untimely(self, name: str) -> Bilingual | None:
        """Why a layer says nothing on the day; None: it does."""
        reason = untimely(self.layer(name), self.versions.get(name), self._day)
        return None if reason is None else named(self.layer(name), reason)

    def take(self, name: str, where: str | None) -> Taken:
        """The features of a layer that a filter takes; the layer is there."""
        pin = {name: self.versions[name].version}
        table = self._service.layers.scan(self._connection, pin)
        rows, undecided = taken_rows(table, where)
        return Taken(table.filter(pa.array(rows)), self.gap(name, undecided))

    def put_packed(self, name: str, path: Path) -> bool:
        """Put the packed form of a layer as a whole at `path`, if it can be had.

        Raises:
            OSError: it cannot be written there.
        """
        packed = self._service.packed
        return packed.put(self._service.layers, self._connection, self.versions[name], path)

    def gap(self, name: str, undecided: int = 0) -> Bilingual | None:
        """Why a layer's features, or those that a filter takes, are not all; None: they are."""
        aside = len(self._quarantined.get(name, []))
        if aside == 0 and undecided == 0:
            return None
        text = Bilingual(
            zh=f"{aside} 个要素被隔离，{undecided} 个要素缺少所需属性",
            en=f"{aside} features quarantined, {undecided} lack the attribute",
        )
        return named(self.layer(name), text)


def taken_rows(table: pa.Table, where: str | None) -> tuple[npt.NDArray[np.bool_], int]:
    """Which features a filter takes, shape (n,), and how many it cannot decide on."""
    if where is None:
        return np.ones(table.num_rows, dtype=bool), 0
    decisions = decide(where, column(table, "attributes"))
    taken = np.array([decision is True for decision in decisions], dtype=bool)
    return taken, sum(decision is None for decision in decisions)
