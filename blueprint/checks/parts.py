"""An overlap in parts, feature by feature, whose areas add up to the whole to the digit.

Input: what each feature shares with a site, and the whole that these make up without rounding; of
many overlaps at once, for they are measured together. Output: a `Part` for each, by both calibres.
Ground that several features share is the first one's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.checks.balance import balanced
from blueprint.documents import Part
from blueprint.shared_documents import Area
from conflict import ellipsoidal_area_m2
from conflict.pairs import Indices
from layers import Geometries

_ROUNDING_M2 = 1e-4


@dataclass(frozen=True, slots=True)
class Whole:
    """An overlap: what features share, polygons, shape (k,), with as many ids; what they make up.

    `area` is that of `shape`; `complete`: nothing of what they share was taken out of it.
    """

    ids: Sequence[str]
    shared: Geometries
    shape: BaseGeometry
    area: Area
    complete: bool


def parts_of_each(wholes: Sequence[Whole], crs: str) -> list[list[Part]]:
    """The parts of each overlap, in the order of the ids; none where one feature is all of it."""
    several = [one for one in wholes if len(one.ids) > 1]
    orders = [np.argsort(np.array(one.ids, dtype=object), kind="stable") for one in several]
    pieces = [_pieces(one, order) for one, order in zip(several, orders, strict=True)]
    together = np.concatenate([np.empty(0, dtype=object), *pieces])
    sizes = shapely.area(together).tolist(), ellipsoidal_area_m2(together, crs).tolist()
    ends = np.cumsum([0, *map(len, pieces)]).tolist()
    found = iter(
        _balanced(one, order, *(size[ends[k] : ends[k + 1]] for size in sizes))
        for k, (one, order) in enumerate(zip(several, orders, strict=True))
    )
    return [next(found) if len(one.ids) > 1 else [] for one in wholes]


def _balanced(
    whole: Whole, order: Indices, plane_m2: list[float], curved_m2: list[float]
) -> list[Part]:
    """The parts of areas by both calibres; none where these could not be told."""
    area = whole.area
    if not plane_m2:
        return []
    try:
        projected = balanced(plane_m2, area.projected_m2)
        ellipsoidal = balanced(curved_m2, area.ellipsoidal_m2)
    except ValueError:
        # they do not make it up by more than rounding: the whole alone is told
        return []
    return [
        Part(feature_id=whole.ids[row], area=Area.of(plane, curved, area.decided_by))
        for row, plane, curved in zip(order.tolist(), projected, ellipsoidal, strict=True)
    ]


def _pieces(whole: Whole, order: Indices) -> Geometries:
    """What of the whole is each feature's, in order; nothing where that cannot be computed."""
    try:
        pieces = whole.shared[order]
        if not whole.complete:
            pieces = np.asarray(shapely.intersection(pieces, whole.shape), dtype=object)
        if shapely.area(pieces).sum() > whole.shape.area + _ROUNDING_M2:
            pieces = _one_by_one(pieces)
    except shapely.GEOSException:
        return np.empty(0, dtype=object)
    return pieces


def _one_by_one(pieces: Geometries) -> Geometries:
    """Each without what an earlier one has."""
    taken: BaseGeometry = shapely.Polygon()
    rests = pieces.copy()
    for row, piece in enumerate(pieces):
        rests[row] = shapely.difference(piece, taken)
        taken = shapely.union(taken, piece)
    return rests
