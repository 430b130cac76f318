"""Features of one collection as others ask for them: by box, filter, day, page or id.

Input: `Wanted`. Output: `Items`, in the plane of the city; whoever shows them brings them to
another CRS. The features of a collection lie in the order of their ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import shapely

from blueprint.around import DrawnFeatures, Features
from blueprint.box import Box
from blueprint.catalogue import City
from blueprint.collections.condition import Condition
from blueprint.collections.listed import Collection
from blueprint.errors import UnknownFeature
from conflict.pairs import Indices
from layers import Bounds
from layers.attributes import parse_attributes
from layers.crs import to_crs, to_lonlat

_MARGIN_M = 1.0
"""How far the side of a box of degrees may leave the plane polyline that stands for it."""


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
class Wanted:
    """What is asked for. `first` and `last`: days, of which the version must cover one."""

    page: Page
    box: Box | None = None
    where: Condition | None = None
    first: date = date.min
    last: date = date.max


@dataclass(frozen=True, slots=True)
class Items:
    """Features in the city's plane; `matched` counts those of every page."""

    features: DrawnFeatures
    matched: int
    more_before: bool
    more_after: bool


def read_items(collection: Collection, wanted: Wanted) -> Items:
    """A page of the features that are wanted, by id."""
    features, city = collection.features, collection.city
    rows = np.arange(0)
    if collection.effective <= wanted.last:
        rows = _meeting(features, wanted.box, city)
        rows = _fitting(features, rows, wanted.where, city)
    start, end = _turned_to(wanted.page, features, rows)
    return Items(features.drawn(rows[start:end]), len(rows), start > 0, end < len(rows))


def read_item(collection: Collection, feature_id: str) -> DrawnFeatures:
    """One feature, in the city's plane.

    Raises:
        UnknownFeature: the collection has none of that id in this snapshot.
    """
    features = collection.features
    rows = np.flatnonzero(pc.equal(features.ids, feature_id).to_numpy(zero_copy_only=False))
    if not len(rows):
        message = f"{feature_id}: no such feature of {collection.id}; its items list them"
        raise UnknownFeature(message)
    return features.drawn(rows)


def extent_of(collection: Collection) -> Bounds | None:
    """The box of degrees, longitude first, that has all features; None: there are none."""
    boxes = collection.features.shapes.boxes
    boxes = boxes[~np.isnan(boxes[:, 0])]
    if not len(boxes):
        return None
    outline = shapely.segmentize(shapely.box(*boxes[:, :2].min(0), *boxes[:, 2:].max(0)), 1000)
    shapes = np.array([outline], dtype=object)
    minx, miny, maxx, maxy = to_lonlat(shapes, collection.city.crs)[0].bounds
    return (minx, miny, maxx, maxy)


def fields_of(collection: Collection) -> Mapping[str, str]:
    """The attributes that features have, by name: string, number or boolean."""
    return _fields(collection.digest, collection.features)


def _fields(digest: str, features: Features) -> Mapping[str, str]:
    known = _remembered(digest)
    if not known:
        for text in features.attributes.to_pylist():
            for name, value in parse_attributes(text).items():
                kind = _kind(value)
                if kind is not None and known.setdefault(name, kind) != kind:
                    known[name] = "string"
    return known


@lru_cache(maxsize=512)
def _remembered(_digest: str) -> dict[str, str]:
    """The fields of a version, to be filled by whoever asks first; a version never changes."""
    return {}


def _kind(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "boolean"
        case int() | float():
            return "number"
    return "string"


def _meeting(features: Features, box: Box | None, city: City) -> Indices:
    """The rows of features that meet a box, ascending."""
    shapes = features.shapes
    if box is None:
        return np.arange(len(shapes))
    west, south, east, north = box.bounds
    if west > east:
        halves = ((west, south, 180.0, north), (-180.0, south, east, north))
        return np.union1d(*(_meeting(features, Box(half), city) for half in halves))
    outer, inner = (box.bounds, box.bounds) if box.plane else _images(box.bounds, city)
    rows = shapes.search(outer)
    boxes = shapes.boxes[rows]
    within = np.hstack([boxes[:, :2] >= inner[:2], boxes[:, 2:] <= inner[2:]])
    sure = np.all(within, axis=1)
    drawn = shapes.geometries(rows[~sure])
    if not box.plane:
        drawn = to_lonlat(drawn, city.crs)
    sure[~sure] = shapely.intersects(drawn, shapely.box(*box.bounds))
    return np.asarray(rows[sure], dtype=np.intp)


def _fitting(features: Features, rows: Indices, where: Condition | None, city: City) -> Indices:
    """Those of the rows whose attributes, and shapes in the condition's CRS, fit a condition."""
    if where is None:
        return rows
    shapes = None
    if where.asks_for_shapes:
        shapes = features.shapes.geometries(rows)
        if where.frame.degrees:
            shapes = to_lonlat(shapes, city.crs)
        else:
            shapes = to_crs(shapes, city.crs, where.frame.crs)
    return rows[where.fits(features.attributes_of(rows), shapes)]


def _turned_to(page: Page, features: Features, rows: Indices) -> tuple[int, int]:
    """From which of the rows to which (exclusive) a page goes."""
    if page.before is not None:
        end = _place(pc.less(features.ids, page.before), rows)
        return max(end - page.limit, 0), end
    start = 0
    if page.after is not None:
        start = _place(pc.less_equal(features.ids, page.after), rows)
    return start, min(start + page.limit, len(rows))


def _place(earlier: object, rows: Indices) -> int:
    """How many of the rows come before the first feature that is not earlier."""
    return int(np.searchsorted(rows, pc.sum(earlier).as_py() or 0))


def _images(lonlat: Bounds, city: City) -> tuple[Bounds, Bounds]:
    """Boxes in the city's plane: one that has a box of degrees in it, one that lies in that.

    The sides of a box of degrees are curves in the plane: each is followed at 65 points. What lies
    beyond the surroundings of the city is cut off first, for its image would be without end.
    """
    frame = to_lonlat(np.array([shapely.box(*city.bounds)], dtype=object), city.crs)[0]
    around = shapely.bounds(frame) + np.array([-1.0, -1.0, 1.0, 1.0])
    low = np.clip(lonlat[:2], around[:2], around[2:])
    high = np.clip(lonlat[2:], around[:2], around[2:])
    steps = np.linspace(0.0, 1.0, 65)[:, None]
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1]), low])
    sides = np.array(
        [shapely.multipoints(start + (end - start) * steps) for start, end in pairwise(corners)]
    )
    plane: npt.NDArray[np.float64] = shapely.bounds(to_crs(sides, "EPSG:4490", city.crs))
    south, east, north, west = plane
    outer = (*(plane[:, :2].min(0) - _MARGIN_M), *(plane[:, 2:].max(0) + _MARGIN_M))
    inner = (west[2] + _MARGIN_M, south[3] + _MARGIN_M, east[0] - _MARGIN_M, north[1] - _MARGIN_M)
    return outer, inner
