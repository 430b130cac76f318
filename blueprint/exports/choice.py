"""Which version of which layer is given out, and to whom.

What a caller may not see is not there: a layer above the clearance is refused as an unknown one is,
by its sensitivity in today's catalogue and, where a snapshot is named, in the snapshot's too.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa

from blueprint.catalogue import Catalogue, CatalogueLayer
from blueprint.clearance import PUBLIC, Clearance, sees_all
from blueprint.registry import current_catalogue, hidden_layers, load_snapshot
from blueprint.service import Service
from layers import LayerVersion, UnknownLayer
from layers.errors import UnknownVersion


@dataclass(frozen=True, slots=True)
class Wanted:
    """A version of a layer: the newest, one by its number, or the one that a snapshot pins."""

    layer: str
    version: int | None = None
    snapshot: str | None = None
    as_of: date | None = None
    clearance: Clearance = PUBLIC


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written; `losses` say in words what the file says otherwise than the store."""

    path: str
    format: str
    layer: str | None
    version: int | None
    crs: str | None
    features: int | None
    losses: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """As JSON takes it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Found:
    """The version that is wanted, its layer, and the catalogue that lists it."""

    layer: CatalogueLayer
    version: LayerVersion
    catalogue: Catalogue


def find_version(service: Service, connection: sa.Connection, wanted: Wanted) -> Found:
    """The version that is wanted.

    Raises:
        UnknownLayer: there is no layer of that id that the caller may see.
        UnknownVersion: it has no such version, or the snapshot none of it.
    """
    number = wanted.version
    if wanted.snapshot is None and wanted.as_of is None:
        _, catalogue = current_catalogue(connection)
        layer = _open_layer(catalogue, wanted, catalogue.hidden_from(wanted.clearance))
    else:
        snapshot = load_snapshot(connection, wanted.snapshot, wanted.as_of)
        catalogue = snapshot.catalogue
        layer = _open_layer(
            catalogue, wanted, hidden_layers(connection, snapshot, wanted.clearance)
        )
        number = snapshot.pins.get(layer.id)
        if number is None:
            message = f"{layer.id}: has no version in snapshot {snapshot.ref.id}; name another"
            raise UnknownVersion(message)
    return Found(layer, service.layers.version(connection, layer.id, number), catalogue)


def _open_layer(catalogue: Catalogue, wanted: Wanted, hidden: frozenset[str]) -> CatalogueLayer:
    layer = catalogue.by_id.get(wanted.layer)
    if layer is None or layer.id in hidden:
        message = (
            f"{wanted.layer}: no such layer for this clearance; `blueprint catalogue show` lists "
            "all, --clearance asks for more"
        )
        raise UnknownLayer(message)
    return layer


def may_see_all(connection: sa.Connection, layer_ids: Iterable[str], clearance: Clearance) -> bool:
    """Whether all of these layers may be seen; one that the catalogue dropped may be seen by few.

    Nobody says any more how sensitive a dropped layer is.
    """
    _, today = current_catalogue(connection)
    hidden = today.hidden_from(clearance)
    return all(
        name not in hidden and (name in today.by_id or sees_all(clearance)) for name in layer_ids
    )
