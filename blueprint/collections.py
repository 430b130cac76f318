"""What others may read feature by feature: the layers of a snapshot that are open to them.

Output: `Collection`, one source of features for paging, filters and tiles alike, whatever it comes
from. One that may not be seen is not there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

import sqlalchemy as sa

from blueprint.around import Features, whole_layer
from blueprint.catalogue import CatalogueLayer, City, LayerTitle
from blueprint.clearance import PUBLIC, Clearance
from blueprint.errors import UnknownCollection
from blueprint.registry import Snapshot, hidden_layers
from blueprint.service import Service
from blueprint.values import Bilingual
from layers import LayerVersion


@dataclass(frozen=True)
class Collection:
    """Features under one name, as a snapshot has them.

    `digest` is over all that they are and say: under one digest they never change. `effective` is
    the day from which on they hold. Of what everybody may see, `is_public` is true. `load` reads
    the features, while the connection that the collection was opened with is open.
    """

    id: str
    name: Bilingual | LayerTitle
    department: Bilingual | None
    geometry: str
    version: int | None
    effective: date
    digest: str
    is_public: bool
    city: City
    load: Callable[[], Features]

    @cached_property
    def features(self) -> Features:
        """All of them, in the plane of the city, by id."""
        return self.load()


def open_collections(
    service: Service, connection: sa.Connection, snapshot: Snapshot, clearance: Clearance
) -> list[Collection]:
    """What someone of this clearance may see of a snapshot, in the catalogue's order."""
    return _of_layers(service, connection, snapshot, _open_layers(connection, snapshot, clearance))


def open_collection(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    collection_id: str,
    clearance: Clearance,
) -> Collection:
    """One of them.

    Raises:
        UnknownCollection: there is none of that id; one that may not be seen is not there.
    """
    for layer in _open_layers(connection, snapshot, clearance):
        if layer.id == collection_id:
            return _of_layers(service, connection, snapshot, [layer])[0]
    message = f"{collection_id}: no such collection; /collections lists them"
    raise UnknownCollection(message)


def _open_layers(
    connection: sa.Connection, snapshot: Snapshot, clearance: Clearance
) -> list[CatalogueLayer]:
    hidden = hidden_layers(connection, snapshot, clearance)
    layers = snapshot.catalogue.layers()
    return [layer for layer in layers if layer.id in snapshot.pins and layer.id not in hidden]


def _of_layers(
    service: Service, connection: sa.Connection, snapshot: Snapshot, layers: list[CatalogueLayer]
) -> list[Collection]:
    pins = {layer.id: snapshot.pins[layer.id] for layer in layers}
    versions = service.layers.pinned(connection, pins)
    secret = hidden_layers(connection, snapshot, PUBLIC)
    departments = snapshot.catalogue.department_names

    def one(layer: CatalogueLayer, version: LayerVersion) -> Collection:
        return Collection(
            id=layer.id,
            name=layer.name,
            department=departments[layer.department],
            geometry=layer.geometry,
            version=version.version,
            effective=version.effective,
            digest=version.digest,
            is_public=layer.id not in secret,
            city=snapshot.catalogue.city,
            load=partial(whole_layer, service, connection, version),
        )

    return [one(layer, versions[layer.id]) for layer in layers]
