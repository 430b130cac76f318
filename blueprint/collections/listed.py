"""What others may read feature by feature: layers, conflicts, kept site checks, projects.

Output: `Collection`, one source of features for paging, filters and tiles alike, whatever it comes
from. One that may not be seen is not there. A layer of the catalogue goes before what is kept under
the same id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.around import Features, whole_layer
from blueprint.cases.features import project_features, project_source
from blueprint.catalogue import CatalogueLayer, City, LayerTitle
from blueprint.checks.features import check_digest, check_features, may_list_checks
from blueprint.clearance import PUBLIC, Clearance
from blueprint.conflicts.features import conflict_source, found_conflicts, with_standings
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
    the features, while the connection that the collection was opened with is open. What is
    `is_fixed` never changes in a snapshot. `notice` says what its features do not.
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
    is_fixed: bool = True
    notice: Bilingual | None = None

    @cached_property
    def features(self) -> Features:
        """All of them, in the plane of the city, by id."""
        return self.load()


def open_collections(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    clearance: Clearance,
    caller: Caller | None = None,
) -> list[Collection]:
    """What someone of this clearance may see of a snapshot, layers first.

    Projects are there for a caller alone: they are their owners' matter.
    """
    hidden = hidden_layers(connection, snapshot, clearance)
    layers = [
        layer
        for layer in snapshot.catalogue.layers()
        if layer.id in snapshot.pins and layer.id not in hidden
    ]
    asked = _Asked(service, connection, snapshot, clearance, caller)
    kept = (one(asked) for one in _KEPT.values())
    taken = snapshot.catalogue.by_id
    return [
        *_of_layers(service, connection, snapshot, clearance, layers),
        *(one for one in kept if one is not None and one.id not in taken),
    ]


def open_collection(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    collection_id: str,
    clearance: Clearance,
    caller: Caller | None = None,
) -> Collection:
    """One of them.

    Raises:
        UnknownCollection: there is none of that id; one that may not be seen is not there.
    """
    layer = snapshot.catalogue.by_id.get(collection_id)
    hidden = hidden_layers(connection, snapshot, clearance)
    if layer is not None and layer.id in snapshot.pins and layer.id not in hidden:
        return _of_layers(service, connection, snapshot, clearance, [layer])[0]
    kept = _KEPT.get(collection_id)
    if kept is not None and layer is None:
        found = kept(_Asked(service, connection, snapshot, clearance, caller))
        if found is not None:
            return found
    message = f"{collection_id}: no such collection; /collections lists them"
    raise UnknownCollection(message)


def _of_layers(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    clearance: Clearance,
    layers: list[CatalogueLayer],
) -> list[Collection]:
    """Layers that this clearance may see."""
    pins = {layer.id: snapshot.pins[layer.id] for layer in layers}
    versions = service.layers.pinned(connection, pins)
    secret = frozenset[str]()
    if clearance != PUBLIC:
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """Of what, and for whom, a collection beside the layers is opened."""

    service: Service
    connection: sa.Connection
    snapshot: Snapshot
    clearance: Clearance
    caller: Caller | None


def _conflicts(asked: _Asked) -> Collection | None:
    snapshot, clearance, city = asked.snapshot, asked.clearance, asked.snapshot.catalogue.city
    source = conflict_source(asked.connection, snapshot, clearance, city.today())
    if source is None:
        return None
    read = partial(found_conflicts, asked.service, asked.connection, source, snapshot, clearance)

    def load() -> Features:
        found: Features = asked.service.sources.get(("conflicts", source.found), read)
        return with_standings(found, source.standings)

    day = source.run.application_date
    about = "conflicts", Bilingual(zh="差异图斑", en="Conflicts"), "any"
    return _kept(asked, about, source.digest, load, effective=day, notice=source.notice)


def _site_checks(asked: _Asked) -> Collection | None:
    if not may_list_checks(asked.clearance):
        return None
    city, digest = asked.snapshot.catalogue.city, check_digest(asked.connection)
    read = partial(check_features, asked.connection, city)

    def load() -> Features:
        found: Features = asked.service.sources.get(("site-checks", digest, city.crs), read)
        return found

    about = "site-checks", Bilingual(zh="选址预检", en="Site checks"), "polygon"
    return _kept(asked, about, digest, load)


def _projects(asked: _Asked) -> Collection | None:
    source, city = project_source(asked.connection, asked.caller), asked.snapshot.catalogue.city
    if source is None:
        return None
    digest, read = source.digest, partial(project_features, source, city)

    def load() -> Features:
        found: Features = asked.service.sources.get(("projects", digest, city.crs), read)
        return found

    about = "projects", Bilingual(zh="项目", en="Projects"), "polygon"
    return _kept(asked, about, digest, load, notice=source.notice)


def _kept(
    asked: _Asked,
    about: tuple[str, Bilingual, str],
    digest: str,
    load: Callable[[], Features],
    *,
    effective: date = date.min,
    notice: Bilingual | None = None,
) -> Collection:
    """A collection of what is kept beside the layers: by its id, its name and its geometry."""
    collection_id, name, geometry = about
    return Collection(
        id=collection_id,
        name=name,
        department=None,
        geometry=geometry,
        version=None,
        effective=effective,
        digest=digest,
        is_public=False,
        city=asked.snapshot.catalogue.city,
        load=load,
        is_fixed=False,
        notice=notice,
    )


_KEPT = {"conflicts": _conflicts, "site-checks": _site_checks, "projects": _projects}
"""What is kept beside the layers, by the id of its collection."""
