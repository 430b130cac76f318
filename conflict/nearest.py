"""The point nearest to the origin that many shapes leave free of an area.

Input: an area and shapes, (n,), polygons. Output: the point, and whether none nearer can exist.

Algorithm: the area is cut into quarters, the part nearest to the origin first, until few shapes
lie in one; these are cut off, and what is left has a nearest point. No part is looked at that is
farther away than a point already found.
"""

import heapq
from itertools import count

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from conflict.gridded import common, cut_to, less, united
from conflict.pairs import Geometries

Point = tuple[float, float]

_ORIGIN = shapely.Point(0, 0)
_FEW = 40
_SMALLEST_M = 0.25
_MOST_CUT = 60_000
"""Shapes that are cut off in all before a search is given up."""


def nearest_free(area: BaseGeometry, shapes: Geometries) -> tuple[Point | None, bool]:
    """The nearest point, None where nothing is free, and whether that is certain."""
    tree = shapely.STRtree(shapes)
    order = count()
    heap = [(area.distance(_ORIGIN), next(order), area)]
    best, point, cut = np.inf, None, 0
    while heap:
        distance, _, part = heapq.heappop(heap)
        if distance >= best:
            break
        if cut > _MOST_CUT:
            return point, False
        shapely.prepare(part)
        met = tree.query(part, predicate="intersects")
        minx, miny, maxx, maxy = part.bounds
        size = max(maxx - minx, maxy - miny)
        if len(met) > _FEW and size > _SMALLEST_M:
            if len(tree.query(part, predicate="covered_by")):
                continue
            for quarter in _quarters(part):
                heapq.heappush(heap, (quarter.distance(_ORIGIN), next(order), quarter))
            continue
        cut += len(met)
        rest = part
        if len(met):
            room = size / 16 + _SMALLEST_M
            frame = (minx - room, miny - room, maxx + room, maxy + room)
            rest = less(part, united(cut_to(shapes[met], frame)))
        if not rest.is_empty and rest.distance(_ORIGIN) < best:
            best = rest.distance(_ORIGIN)
            x, y = shapely.get_coordinates(shapely.shortest_line(_ORIGIN, rest))[1]
            point = (float(x), float(y))
    return point, True


def _quarters(part: BaseGeometry) -> list[BaseGeometry]:
    minx, miny, maxx, maxy = part.bounds
    midx, midy = (minx + maxx) / 2, (miny + maxy) / 2
    boxes = (
        shapely.box(minx, miny, midx, midy),
        shapely.box(midx, miny, maxx, midy),
        shapely.box(minx, midy, midx, maxy),
        shapely.box(midx, midy, maxx, maxy),
    )
    quarters = [common(part, box) for box in boxes]
    return [quarter for quarter in quarters if quarter.area > 0]
