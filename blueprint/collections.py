"""Layers of a snapshot as others may read them: which are open to whom, and their features."""

from dataclasses import dataclass

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer, Sensitivity
from blueprint.errors import UnknownCollection
from blueprint.registry import Snapshot
from blueprint.service import Service
from blueprint.site import to_lonlat
from layers import Bounds, Geometries
from layers.crs import to_crs
from layers.table import column, geometries


@dataclass(frozen=True, slots=True)
class Items:
    """Features in longitude and latitude, equally long; `matched` counts those beyond the limit."""

    ids: list[str]
    shapes: Geometries
    attributes: list[str]
    matched: int


def open_layers(snapshot: Snapshot, clearance: Sensitivity) -> list[CatalogueLayer]:
    """The layers of a snapshot that someone of this clearance may see, in the catalogue's order."""
    layers = snapshot.catalogue.layers()
    return [x for x in layers if x.id in snapshot.pins and x.visible_to(clearance)]


def open_layer(snapshot: Snapshot, layer_id: str, clearance: Sensitivity) -> CatalogueLayer:
    """One of them.

    Raises:
        UnknownCollection: there is none of that id; one that may not be seen is not there.
    """
    for layer in open_layers(snapshot, clearance):
        if layer.id == layer_id:
            return layer
    message = f"{layer_id}: no such collection; /collections lists them"
    raise UnknownCollection(message)


def read_items(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    layer: CatalogueLayer,
    lonlat: Bounds | None,
    limit: int,
) -> Items:
    """The first `limit` features, by id, that meet a box of longitudes and latitudes."""
    crs = snapshot.catalogue.city.crs
    pins = {layer.id: snapshot.pins[layer.id]}
    if lonlat is None:
        table = service.layers.scan(connection, pins)
        shapes = geometries(table)
    else:
        # a box of degrees has curved sides in the plane: its corners alone would cut features off
        box = shapely.segmentize(shapely.box(*lonlat), max(lonlat[2] - lonlat[0], 1e-6) / 64)
        outline = to_crs(np.array([box], dtype=object), "EPSG:4490", crs)[0]
        if not np.isfinite(outline.bounds).all():
            outline = shapely.box(*snapshot.catalogue.city.bounds)
        minx, miny, maxx, maxy = outline.bounds
        table = service.layers.scan(connection, pins, (minx, miny, maxx, maxy))
        shapes = geometries(table)
        meets = shapely.intersects(to_lonlat(shapes, crs), shapely.box(*lonlat))
        table = table.filter(meets)
        shapes = shapes[meets]
    first = table.slice(0, limit)
    return Items(
        ids=column(first, "feature_id"),
        shapes=to_lonlat(shapes[:limit], crs),
        attributes=column(first, "attributes"),
        matched=table.num_rows,
    )
