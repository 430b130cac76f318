"""The table of a site's boundary points (界址点成果表): numbers, coordinates, side lengths.

Input: a site in the city's CRS, x the easting and y the northing. Output: rows, as the surveyors
write them: X is the northing. Points are numbered J1, J2, … through the whole site; each ring runs
clockwise from its north-western corner, as its first point stands again at its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

MOST_POINTS = 500
"""A table of more pages than this fills would not be read; what is left out is counted."""


@dataclass(frozen=True, slots=True)
class BoundaryPoint:
    """One corner; `side_m` is how far it is to the next one, None at the end of a ring."""

    number: str
    ring: int
    x_north: float
    y_east: float
    side_m: float | None


def boundary_points(site: shapely.Geometry) -> list[BoundaryPoint]:
    """Every corner of a site, ring by ring."""
    points: list[BoundaryPoint] = []
    for ring, corners in enumerate(_rings(site), 1):
        first = sum(point.side_m is not None for point in points) + 1
        sides = np.hypot(*np.diff(corners, axis=0).T)
        for at, (east, north) in enumerate(corners):
            last = at == len(corners) - 1
            number = f"J{first if last else first + at}"
            side = None if last else float(sides[at])
            points.append(BoundaryPoint(number, ring, float(north), float(east), side))
    return points


def _rings(site: shapely.Geometry) -> Iterator[npt.NDArray[np.float64]]:
    """The rings, each part's outline before its holes; closed."""
    for part in shapely.get_parts(site):
        for ring in (part.exterior, *part.interiors):
            corners = shapely.get_coordinates(ring)[:-1]
            if shapely.is_ccw(ring):
                corners = corners[::-1]
            start = int(np.argmin(corners[:, 0] - corners[:, 1]))
            turned = np.roll(corners, -start, axis=0)
            yield np.vstack([turned, turned[:1]])
