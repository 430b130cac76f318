"""Layers of a snapshot as others may read them: which are open to whom, and their features."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer, Sensitivity
from blueprint.errors import UnknownCollection, UnknownFeature
from blueprint.registry import Snapshot, hidden_layers
from blueprint.service import Service
from layers import Bounds, Geometries
from layers.crs import to_crs, to_lonlat
from layers.table import column, geometries


@dataclass(frozen=True, slots=True)
class Page:
    """Which features of all that are asked for: at most `limit`, by id.

    They are those next after the feature `after`, or last before the feature `before`. An id keeps
    its place in a snapshot, so that going on neither misses nor repeats a feature; the feature
    named need not be among those asked for.
    """

    limit: int
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """Features in longitude and latitude, equally long; `matched` counts those of every page."""

    ids: list[str]
    shapes: Geometries
    attributes: list[str]
    matched: int
    more_before: bool
    more_after: bool


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
    page: Page,
) -> Items:
    """A page of the features that meet a box of longitudes and latitudes, by id."""
    crs = snapshot.catalogue.city.crs
    pins = {layer.id: snapshot.pins[layer.id]}
    if lonlat is None:
        table = service.layers.scan(connection, pins)
    else:
        table = service.layers.scan(connection, pins, _plane_bounds(lonlat, snapshot))
        meets = shapely.intersects(to_lonlat(geometries(table), crs), shapely.box(*lonlat))
        table = table.filter(pa.array(meets))
    start, end = _rows_of(page, table)
    turned = table.slice(start, end - start)
    return Items(
        ids=column(turned, "feature_id"),
        shapes=to_lonlat(geometries(turned), crs),
        attributes=column(turned, "attributes"),
        matched=table.num_rows,
        more_before=start > 0,
        more_after=end < table.num_rows,
    )


def read_item(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    layer: CatalogueLayer,
    feature_id: str,
) -> Items:
    """One feature.

    Raises:
        UnknownFeature: the layer has none of that id in this snapshot.
    """
    table = service.layers.scan(connection, {layer.id: snapshot.pins[layer.id]})
    found = table.filter(pc.equal(table.column("feature_id"), feature_id))
    if not found.num_rows:
        message = f"{feature_id}: no such feature of {layer.id}; its items list them"
        raise UnknownFeature(message)
    shapes = to_lonlat(geometries(found), snapshot.catalogue.city.crs)
    attributes = column(found, "attributes")
    return Items([feature_id], shapes, attributes, 1, more_before=False, more_after=False)


def _rows_of(page: Page, table: pa.Table) -> tuple[int, int]:
    """From which row to which (exclusive) a page of a table sorted by id goes."""
    ids = table.column("feature_id")
    if page.before is not None:
        end = pc.sum(pc.less(ids, page.before)).as_py() or 0
        return max(end - page.limit, 0), end
    start = 0
    if page.after is not None:
        start = pc.sum(pc.less_equal(ids, page.after)).as_py() or 0
    return start, min(start + page.limit, table.num_rows)


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
