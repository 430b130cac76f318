"""Layers of a snapshot as others may read them: which are open to whom."""

import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer
from blueprint.clearance import Clearance
from blueprint.errors import UnknownCollection
from blueprint.registry import Snapshot, hidden_layers


def open_layers(
    connection: sa.Connection, snapshot: Snapshot, clearance: Clearance
) -> list[CatalogueLayer]:
    """The layers of a snapshot that someone of this clearance may see, in the catalogue's order."""
    hidden = hidden_layers(connection, snapshot, clearance)
    layers = snapshot.catalogue.layers()
    return [layer for layer in layers if layer.id in snapshot.pins and layer.id not in hidden]


def open_layer(
    connection: sa.Connection, snapshot: Snapshot, layer_id: str, clearance: Clearance
) -> CatalogueLayer:
    """One of them.

    Raises:
        UnknownCollection: there is none of that id; one that may not be seen is not there.
    """
    for layer in open_layers(connection, snapshot, clearance):
        if layer.id == layer_id:
            return layer
    message = f"{layer_id}: no such collection; /collections lists them"
    raise UnknownCollection(message)
