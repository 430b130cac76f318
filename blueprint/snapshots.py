"""Publishing the blueprint: loading its catalogue, pinning its versions."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import sqlalchemy as sa

from blueprint.catalogue import Catalogue
from blueprint.errors import InvalidCatalogue, NothingPublished
from blueprint.registry import (
    audit,
    current_catalogue,
    digests_pinned,
    save_catalogue,
    save_snapshot,
)
from blueprint.rules.pack import RulePack
from blueprint.service import Service
from blueprint.shared_documents import SnapshotRef
from blueprint.verdict_watch import watch_verdicts
from layers import Layer, LayerVersion, StoreUnavailable

_PACKED_SNAPSHOTS = 3
"""The newest snapshots whose packed layers stay; those of older ones are made again if asked."""


def load_into_store(service: Service, catalogue: Catalogue) -> None:
    """Make `catalogue` the current one and the store ready for its layers.

    Raises:
        InvalidCatalogue: its CRS is not the store's.
        UnknownLayer: a layer that has data changes its name or geometry.
    """
    with service.database.write() as connection:
        crs = service.layers.crs(connection)
        if catalogue.city.crs != crs:
            message = (
                f"city.crs: {catalogue.city.crs}, but the store works in {crs}; "
                f"make a store with `blueprint init --crs {catalogue.city.crs}`"
            )
            raise InvalidCatalogue(message)
        layers = [Layer(layer.id, layer.name.zh, layer.geometry) for layer in catalogue.layers()]
        service.layers.register(connection, layers)
        digest = save_catalogue(connection, catalogue)
        audit(connection, "catalogue", digest, f"{len(layers)} layers")


def publish(service: Service, pack: RulePack) -> tuple[SnapshotRef, Sequence[str]]:
    """Pin each layer's newest version in effect, the catalogue and the rules as a snapshot.

    Returns the snapshot and the ids of the layers that have no data and so are not in it.

    Raises:
        NothingPublished: no catalogue, or not one layer has data.
        InvalidRulePack: a rule names a layer or department that the catalogue lacks.
    """
    with service.database.write() as connection:
        digest, catalogue = current_catalogue(connection)
        pack.check_against(catalogue)
        day = catalogue.city.today()
        versions = {
            name: version
            for name, version in service.layers.versions(connection, day).items()
            if name in catalogue.by_id
        }
        if not versions:
            message = "no layer has data in effect today; run `blueprint ingest LAYER FILE`"
            raise NothingPublished(message)
        ref = save_snapshot(connection, digest, pack, versions, day)
        audit(connection, "publish", ref.id, ref.digest)
        watch_verdicts(service, connection, ref.id)
    asked = pack.layers | {catalogue.city.boundary_layer}
    with suppress(StoreUnavailable), service.database.read() as connection:
        # what fails here fails no snapshot: packed layers are made when they are asked for too
        _pack(service, connection, [v for name, v in versions.items() if name in asked])
        service.packed.prune(digests_pinned(connection, _PACKED_SNAPSHOTS))
    return ref, [layer.id for layer in catalogue.layers() if layer.id not in versions]


def pack_wanted(service: Service) -> None:
    """Make the packed layers that checks had to do without, when nobody waits for an answer."""
    versions = service.packed.wanted()
    if versions:
        with service.database.read() as connection:
            _pack(service, connection, versions)


def _pack(service: Service, connection: sa.Connection, versions: Iterable[LayerVersion]) -> None:
    for version in versions:
        service.packed.of(service.layers, connection, version, patient=True)
