"""The collections: the layers of a snapshot that the caller may see."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.deps import AsOfQuery, ClearanceDep, PlainText, ServiceDep, SnapshotQuery
from api.problems import problems
from api.root import Link
from blueprint.catalogue import CatalogueLayer
from blueprint.collections import open_layer, open_layers
from blueprint.registry import Snapshot, load_snapshot
from blueprint.values import Bilingual

router = APIRouter(prefix="/collections", tags=["layers"])


class CollectionLine(BaseModel):
    """One layer."""

    id: str
    title: str
    title_en: str
    department: Bilingual
    geometry: str
    version: int
    links: list[Link]


class CollectionList(BaseModel):
    """The layers that the caller may see."""

    snapshot: str
    collections: list[CollectionLine]


@router.get("", responses=problems())
def list_collections(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> CollectionList:
    """Every open layer of a snapshot; the links lead to its features in that same snapshot."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        layers = open_layers(connection, found, clearance)
    pinned = snapshot is not None or as_of is not None
    lines = [_line(request, found, layer, pinned=pinned) for layer in layers]
    return CollectionList(snapshot=found.ref.id, collections=lines)


@router.get("/{collection_id}", responses=problems(HTTPStatus.NOT_FOUND))
def show_collection(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    collection_id: PlainText,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> CollectionLine:
    """One open layer of a snapshot."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        layer = open_layer(connection, found, collection_id, clearance)
    pinned = snapshot is not None or as_of is not None
    return _line(request, found, layer, pinned=pinned)


def _line(
    request: Request, snapshot: Snapshot, layer: CatalogueLayer, *, pinned: bool
) -> CollectionLine:
    # without a snapshot named, a link stays good for whatever is the newest
    pin = f"?snapshot={snapshot.ref.id}" if pinned else ""
    here = f"{str(request.base_url).rstrip('/')}/collections/{layer.id}"
    title = layer.name.zh
    links = [
        Link(href=f"{here}/items{pin}", rel="items", title=title, type="application/geo+json"),
        Link(href=f"{here}{pin}", rel="self", title=title),
    ]
    return CollectionLine(
        id=layer.id,
        title=title,
        title_en=layer.name.en,
        department=snapshot.catalogue.department_names[layer.department],
        geometry=layer.geometry,
        version=snapshot.pins[layer.id],
        links=links,
    )
