"""Headroom under an airport's obstacle limitation surfaces (机场净空障碍物限制面).

Input: the surfaces of a `height` rule, a runway's centre line from threshold to threshold with its
elevation, a site, all in one projected CRS in metres. Output: for each surface over the site the
lowest it comes there, exactly, and where; headroom is that less the top of the building.

Surfaces (ICAO Annex 14 vol. I ch. 4, which MH 5001 follows; figures are the rule's), z over the
runway, d the distance from its centre line, x beyond an end along the line, y off it:
    strip             z = 0 for |y| <= half, up to `offset_m` of the widest fan beyond each end
    inner horizontal  z = height for d <= radius
    conical           z = height + slope (d - radius) while that is not over by more than its height
    fan               z climbs by sections for |y| <= inner_edge/2 + divergence (x - offset)
    transitional      z = strip or fan at that x + slope (|y| - its edge), up to inner horizontal
Distances are taken from the whole centre line, so the level surface ends in half circles.

Algorithm: every surface but the conical is a plane over a polygon: its lowest point over a site is
a corner of what the two share. The horizontal and the conical rise with d alone: their lowest point
is the site's nearest to the line. So corners, edges and the inside are all seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.rules.kinds.surfaces import Fan, Surfaces
from conflict.errors import InvalidDistance

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Limit:
    """The lowest that one surface comes over a site: its elevation and where that is."""

    surface: str
    elevation_m: float
    x: float
    y: float

    def headroom_m(self, ground_m: float, height_m: float) -> float:
        """Metres between the top of a building and the surface; below 0 it stands out."""
        return self.elevation_m - (ground_m + height_m)


@dataclass(frozen=True, slots=True)
class _Plane:
    """A polygon in runway coordinates over which z = a + b x + c |y|."""

    surface: str
    outline: BaseGeometry
    a: float
    b: float
    c: float


def limits_over(
    surfaces: Surfaces, runway: BaseGeometry, elevation_m: float, site: BaseGeometry
) -> list[Limit]:
    """The surfaces over a site, the lowest first; none where the site lies beyond them all.

    Raises:
        InvalidDistance: the runway has no length.
    """
    start, end = _ends(runway)
    length = float(np.hypot(*(end - start)))
    if not length > 0:
        message = "the runway has no length; draw its centre line from threshold to threshold"
        raise InvalidDistance(message)
    line = shapely.LineString([start, end])
    limits = list(_by_distance(surfaces, line, elevation_m, site))
    along = (end - start) / length
    for origin, way in ((end, along), (start, -along)):
        frame = _Frame(origin, way)
        local = frame.into(site)
        for plane in _planes(surfaces, length):
            lowest = _lowest(plane, local)
            if lowest is not None:
                z, at = lowest
                x, y = frame.out_of(at)
                limits.append(Limit(plane.surface, elevation_m + z, x, y))
    return _one_each(limits)


def lowest_of(limits: list[Limit]) -> Limit | None:
    """The surface that decides; None: there is none."""
    return min(limits, key=lambda limit: limit.elevation_m, default=None)


def corner_limits(
    surfaces: Surfaces, runway: BaseGeometry, elevation_m: float, site: BaseGeometry
) -> list[tuple[float, float, Limit | None]]:
    """What decides at each corner of a site, for a table of corners; x, y and the limit there."""
    corners = np.unique(shapely.get_coordinates(site), axis=0)
    return [
        (x, y, lowest_of(limits_over(surfaces, runway, elevation_m, shapely.Point(x, y))))
        for x, y in corners.tolist()
    ]


def _ends(runway: BaseGeometry) -> tuple[Numbers, Numbers]:
    """The two farthest corners of a centre line, however it was digitised."""
    corners = shapely.get_coordinates(runway)
    first = corners[np.argmax(np.hypot(*(corners - corners.mean(axis=0)).T))]
    return first, corners[np.argmax(np.hypot(*(corners - first).T))]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Runway coordinates from one end: x outward along the line, y to its left."""

    origin: Numbers
    way: Numbers

    def into(self, shape: BaseGeometry) -> BaseGeometry:
        ux, uy = self.way

        def turn(xy: Numbers) -> Numbers:
            dx, dy = (xy - self.origin).T
            return np.column_stack([dx * ux + dy * uy, dy * ux - dx * uy])

        return shapely.transform(shape, turn)

    def out_of(self, point: Numbers) -> tuple[float, float]:
        (ux, uy), (x, y) = self.way, point
        east, north = self.origin
        return float(east + x * ux - y * uy), float(north + x * uy + y * ux)


def _by_distance(
    surfaces: Surfaces, line: BaseGeometry, elevation_m: float, site: BaseGeometry
) -> Iterator[Limit]:
    """The surfaces that rise with the distance from the line alone."""
    flat, cone = surfaces.inner_horizontal, surfaces.conical
    nearest, _ = shapely.get_coordinates(shapely.shortest_line(site, line))
    x, y = map(float, nearest)
    distance = float(shapely.distance(site, line))
    if distance <= flat.radius_m:
        yield Limit("inner_horizontal", elevation_m + flat.height_m, x, y)
    elif cone is not None and (distance - flat.radius_m) * cone.slope <= cone.height_m:
        rise = (distance - flat.radius_m) * cone.slope
        yield Limit("conical", elevation_m + flat.height_m + rise, x, y)


def _planes(surfaces: Surfaces, length: float) -> Iterator[_Plane]:
    """What belongs to one end: half the strip, the fans, and the slopes beside them."""
    beside = _beside(surfaces)
    half = 0.0 if beside is None else beside.inner_edge_m / 2
    if beside is not None:
        far = beside.offset_m
        yield _Plane("strip", shapely.box(-length / 2, -half, far, half), 0, 0, 0)
    for fan in surfaces.fans:
        yield from _fan(fan)
    if beside is not None and surfaces.transitional is not None:
        slope = surfaces.transitional.slope
        top = surfaces.inner_horizontal.height_m
        wide = half + top / slope
        for sign in (1, -1):
            outline = _sided(sign, [(-length / 2, half), (beside.offset_m, half),
                                    (beside.offset_m, wide), (-length / 2, wide)])  # fmt: skip
            yield _Plane("transitional", outline, -slope * half, 0, slope)
        yield from _beside_fan(beside, slope, top)


def _beside(surfaces: Surfaces) -> Fan | None:
    name = None if surfaces.transitional is None else surfaces.transitional.beside
    return next((fan for fan in surfaces.fans if fan.name == name), None)


def _half_width(fan: Fan, beyond: float) -> float:
    half = fan.inner_edge_m / 2 + fan.divergence * beyond
    return half if fan.widest_m is None else min(half, fan.widest_m / 2)


def _stretches(fan: Fan) -> Iterator[tuple[float, float, float, float]]:
    """Where the fan's slope or spread changes: from, to (beyond its edge), z at from, slope."""
    widest = fan.length_m
    if fan.widest_m is not None and fan.divergence > 0:
        widest = (fan.widest_m - fan.inner_edge_m) / 2 / fan.divergence
    begin = z = 0.0
    for section in fan.sections:
        end = begin + section.length_m
        cuts = [begin, *([widest] if begin < widest < end else []), end]
        for a, b in pairwise(cuts):
            yield a, b, z, section.slope
            z += (b - a) * section.slope
        begin = end


def _fan(fan: Fan) -> Iterator[_Plane]:
    for begin, end, z, slope in _stretches(fan):
        a, b = _half_width(fan, begin), _half_width(fan, end)
        x, far = fan.offset_m + begin, fan.offset_m + end
        outline = shapely.polygons([(x, -a), (far, -b), (far, b), (x, a)])
        yield _Plane(fan.name, outline, z - slope * x, slope, 0)


def _beside_fan(fan: Fan, slope: float, top: float) -> Iterator[_Plane]:
    """The slopes beside a fan: from its edge, at the fan's height there, up to `top`."""
    for begin, end, z, climb in _stretches(fan):
        if z >= top:
            return
        if climb > 0:  # where the fan itself reaches the top, nothing is left beside it
            end = min(end, begin + (top - z) / climb)  # noqa: PLW2901
        near, far = _half_width(fan, begin), _half_width(fan, end)
        spread = (far - near) / (end - begin)
        x0, x1 = fan.offset_m + begin, fan.offset_m + end
        z1 = z + climb * (end - begin)
        corners = [(x0, near), (x1, far), (x1, far + (top - z1) / slope),
                   (x0, near + (top - z) / slope)]  # fmt: skip
        # z + climb (x - x0) + slope (|y| - near - spread (x - x0))
        b = climb - slope * spread
        a = z - slope * near - b * x0
        for sign in (1, -1):
            yield _Plane("transitional", _sided(sign, corners), a, b, slope)


def _sided(sign: int, corners: list[tuple[float, float]]) -> BaseGeometry:
    polygon: BaseGeometry = shapely.polygons([(x, sign * y) for x, y in corners])
    return polygon


def _lowest(plane: _Plane, site: BaseGeometry) -> tuple[float, Numbers] | None:
    """The lowest of a plane over a site, and where; None: it is not over it."""
    shared = shapely.intersection(site, plane.outline)
    corners = shapely.get_coordinates(shared)
    if len(corners) == 0:
        return None
    z = plane.a + plane.b * corners[:, 0] + plane.c * np.abs(corners[:, 1])
    at = int(np.argmin(z))
    return float(z[at]), corners[at]


def _one_each(limits: list[Limit]) -> list[Limit]:
    """Of each surface the lowest, the lowest surface first."""
    lowest: dict[str, Limit] = {}
    for limit in sorted(limits, key=lambda limit: limit.elevation_m):
        lowest.setdefault(limit.surface, limit)
    return list(lowest.values())
