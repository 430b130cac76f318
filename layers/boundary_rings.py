"""Steps 5 and 6 of reading a boundary-point file: points to rings, rings to a geometry.

Input: a parcel's `Draft`. Output: its geometry, x the easting and y the northing. Only closing
points within 1 cm of the first and repeated points are mended.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from layers.boundary_lines import Draft, Kind
from layers.boundary_notes import Log
from layers.boundary_points import Point, number_in

_SAME_POINT_M = 0.01  # a closing point under the first point's number may be off by rounding
_RING_POINTS = 3


def parcel_geometry(draft: Draft, kind: Kind, log: Log) -> BaseGeometry:
    """Make the geometry of one parcel; it may be invalid, and a note then says so."""
    rings = _rings(draft.points, log, closing=kind == "面")
    ends = [_is_closed(ring) for ring in rings if kind == "面"]
    _check_count(draft, sum(map(len, rings)), ends.count(True), ends.count(False), log)
    if kind == "点":
        return MultiPoint([point.xy for ring in rings for point in ring])
    least = _RING_POINTS if kind == "面" else 2
    for ring in rings:
        if len({point.xy for point in ring}) < least:
            raise log.error(
                ring[0].line, f"a ring of fewer than {least} points; complete or delete it"
            )
    if kind == "线":
        lines = [LineString([point.xy for point in ring]) for ring in rings]
        return lines[0] if len(lines) == 1 else MultiLineString(lines)
    labels: set[str] = set()
    for ring in rings:
        if ring[0].label in labels:
            log.note(ring[0].line, "numbering_restarts")
        labels.update(point.label for point in ring if point.label)
        if not _is_closed(ring):
            log.note(ring[-1].line, "ring_not_closed")
    crossing = [ring for ring in rings if not shapely.LinearRing([p.xy for p in ring]).is_simple]
    for ring in crossing:
        log.note(ring[0].line, "self_crossing")
    shape = nest([Polygon([point.xy for point in ring]) for ring in rings])
    if not crossing and not shape.is_valid:
        log.note(draft.line, "invalid_geometry", shapely.is_valid_reason(shape))
    return shape


def _is_closed(ring: Sequence[Point]) -> bool:
    return len(ring) > _RING_POINTS and ring[0].xy == ring[-1].xy


def _returns(ring: Sequence[Point], point: Point) -> bool:
    """Tell whether the first point's number comes again, where numbers tell points apart."""
    long = len(ring) >= _RING_POINTS
    return long and bool(point.label) and point.label == ring[0].label != ring[-1].label


def _rings(points: Sequence[Point], log: Log, *, closing: bool) -> list[list[Point]]:
    """Split a parcel's points into rings; unless `closing`, where 圈号 changes and only there."""
    rings: list[list[Point]] = []
    for point in points:
        ring = rings[-1] if rings and rings[-1][0].ring == point.ring else []
        if ring and point.xy == ring[-1].xy:
            log.note(point.line, "duplicate_point")
            continue
        off = math.dist(point.xy, ring[0].xy) if closing and _returns(ring, point) else 0.0
        if not ring or (closing and _is_closed(ring)) or off > _SAME_POINT_M:
            if ring:
                log.note(point.line, "ring_split")
            rings.append([point])
        elif off:
            log.note(point.line, "closing_point_off")
            ring.append(replace(point, xy=ring[0].xy))
        else:
            ring.append(point)
    return rings


def _check_count(draft: Draft, kept: int, closed: int, unclosed: int, log: Log) -> None:
    """Compare the declared count, which may or may not count closing points, with the lines."""
    read, count = len(draft.points), number_in(draft.fields[0])
    if count is None:
        log.note(draft.line, "head_number", f"点数 {draft.fields[0]}")
    elif count not in (read, kept):
        explained = count in (read - closed, kept - closed, read + unclosed, kept + unclosed)
        kind = "count_closing" if explained else "count_mismatch"
        log.note(draft.line, kind, draft.fields[0], read)


def nest(shells: Sequence[Polygon]) -> Polygon | MultiPolygon:
    """Make holes of the rings that lie directly inside a shell.

    Larger rings come first, so a ring's parent is the last one before it that contains it. For
    rings that do not cross this is the even-odd rule. Parts and holes come in the file's order.
    """
    # by their points where sizes are equal: the order of the rings must not decide
    order = sorted(
        range(len(shells)),
        key=lambda at: (-shells[at].convex_hull.area, -shells[at].area, shells[at].wkb),
    )
    ranked = [shells[at] for at in order]
    shapely.prepare(ranked)
    bounds = shapely.bounds(ranked)
    holes: dict[int, list[int]] = {}  # of each shell
    for i, ring in enumerate(ranked):
        around = (bounds[:i, :2] <= bounds[i, :2]).all(1) & (bounds[:i, 2:] >= bounds[i, 2:]).all(1)
        fitting = reversed(np.flatnonzero(around).tolist())
        parent = next((j for j in fitting if _contains(ranked[j], ring)), None)
        if parent in holes:
            holes[parent].append(i)
        else:
            holes[i] = []
    parts = [
        Polygon(
            ranked[i].exterior,
            [ranked[j].exterior for j in sorted(holes[i], key=order.__getitem__)],
        )
        for i in sorted(holes, key=order.__getitem__)
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _contains(outer: Polygon, inner: Polygon) -> bool:
    """Tell by vertices and edge midpoints off the outer ring, so touching or crossing is no bar."""
    vertices = shapely.get_coordinates(inner)
    probes = np.vstack([vertices[:-1], (vertices[1:] + vertices[:-1]) / 2])
    within = shapely.contains_xy(outer, probes).sum()
    outside = (~shapely.intersects_xy(outer, probes)).sum()
    return bool(within > outside)
