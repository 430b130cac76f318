"""An overlap in parts, feature by feature, whose areas add up to the whole to the digit.

Input: what each feature shares with a site, and the whole that these make up without rounding.
Output: a `Part` for each, by both calibres. Ground that several features share is the first one's.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.balance import balanced
from blueprint.documents import Part
from blueprint.shared_documents import Area
from conflict import measure
from layers import Geometries

_ROUNDING_M2 = 1e-4


def parts_of(
    ids: Sequence[str], shared: Geometries, whole: BaseGeometry, area: Area, crs: str
) -> list[Part]:
    """The parts of an overlap, in the order of the ids; none where one feature is all of it.

    Shapes (k,), polygons, with as many ids; `area` is that of `whole`.
    """
    if len(ids) < 2:
        return []
    order = np.argsort(np.array(ids, dtype=object), kind="stable")
    try:
        pieces = np.asarray(shapely.intersection(shared[order], whole), dtype=object)
        if shapely.area(pieces).sum() > whole.area + _ROUNDING_M2:
            pieces = _one_by_one(pieces)
        sizes = measure(pieces, crs)
        projected = balanced(sizes.projected_m2.tolist(), area.projected_m2)
        ellipsoidal = balanced(sizes.ellipsoidal_m2.tolist(), area.ellipsoidal_m2)
    except (ValueError, shapely.GEOSException):
        # they do not make it up by more than rounding: the whole alone is told
        return []
    return [
        Part(feature_id=ids[row], area=Area.of(plane, curved, area.decided_by))
        for row, plane, curved in zip(order.tolist(), projected, ellipsoidal, strict=True)
    ]


def _one_by_one(pieces: Geometries) -> Geometries:
    """Each without what an earlier one has."""
    taken: BaseGeometry = shapely.Polygon()
    rests = pieces.copy()
    for row, piece in enumerate(pieces):
        rests[row] = shapely.difference(piece, taken)
        taken = shapely.union(taken, piece)
    return rests
