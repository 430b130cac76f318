"""Layers of a snapshot as others may read them: which are open to whom, and their features."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer, Sensitivity
from blueprint.errors import UnknownCollection
from blueprint.registry import Snapshot, hidden_layers
from blueprint.service import Service
from layers import Bounds, Geometries
from layers.crs import to_crs, to_lonlat
from layers.table import column, geometries


@dataclass(frozen=True, slots=True)
class Items:
    """Features in longitude and latitude, equally long; `matched` counts those beyond the limit."""

    ids: list[str]
    shapes: Geometries
    attributes: list[str]
    matched: int


def open_layers(
    connection: sa.Connection, snapshot: Snapshot, clearance: Sensitivity
) -> list[CatalogueLayer]:
    """The layers of a snapshot that someone of this clearance may see, in the catalogue's order."""
    hidden = hidden_layers(connection, snapshot, clearance)
    layers = snapshot.catalogue.layers()
    return [layer for layer in layers if layer.id in snapshot.pins and layer.id not in hidden]


def open_layer(
    connection: sa.Connection, snapshot: Snapshot, layer_id: str, clearance: Sensitivity
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
        table = service.layers.scan(connection, pins, _plane_bounds(lonlat, snapshot))
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


def _plane_bounds(lonlat: Bounds, snapshot: Snapshot) -> Bounds:
    """The box in the city's plane round a box of degrees.

    The sides of a box of degrees are curves in the plane: each is followed at 65 points. What lies
    beyond the surroundings of the city is cut off first, for its image would be without end.
    """
    city = snapshot.catalogue.city
    frame = to_lonlat(np.array([shapely.box(*city.bounds)], dtype=object), city.crs)[0]
    around = shapely.bounds(frame) + np.array([-1.0, -1.0, 1.0, 1.0])
    low = np.clip(lonlat[:2], around[:2], around[2:])
    high = np.clip(lonlat[2:], around[:2], around[2:])
    steps = np.linspace(0.0, 1.0, 65)[:, None]
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1]), low])
    sides = [start + (end - start) * steps for start, end in pairwise(corners)]
    outline = shapely.multipoints(np.concatenate(sides))
    minx, miny, maxx, maxy = to_crs(np.array([outline]), "EPSG:4490", city.crs)[0].bounds
    return (minx, miny, maxx, maxy)
