"""Zones: everything within a distance of a feature, the distance of each feature its own.

Input: arrays of geometries of any dimension, valid, in one projected CRS, and distances in metres.
Output: polygons, or which features lie within their distances of a site.

A zone is made of the feature alone, whole, whatever site it is for: an answer about a site cannot
depend on where its neighbourhood was cut. Rounded corners are drawn outside the true circle
(`outside`): the exact distance decides what is hit (`within_distance`), so a zone must not miss a
site that lies within it, and its area is never too small (too large by 0.04 % of a circle at most
at 32 segments a quarter).
"""

import math
from collections import OrderedDict
from hashlib import sha256
from threading import Lock

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from conflict.errors import InvalidDistance
from conflict.pairs import Geometries, Indices

Numbers = npt.NDArray[np.float64]

SEGMENTS = 32
"""Segments of a quarter circle."""
_WORTH_KEEPING = 1_000
"""Coordinates from which on a zone costs so much more than to look it up that it is kept."""
_MOST_KEPT = 4_000_000


def outside(segments: int) -> float:
    """By how much a circle's radius grows so that its polygon touches it from outside."""
    return 1 / math.cos(math.pi / (4 * segments))


def zones(shapes: Geometries, distances: Numbers | float, segments: int = SEGMENTS) -> Geometries:
    """The zone around each shape; one of distance 0 is the shape itself.

    Shapes (n,), (n,) or one distance for all, in metres → (n,). Zones of large features are kept
    for the next call, up to a number of coordinates in all.

    Raises:
        InvalidDistance: a distance is negative or not a finite number.
    """
    far = checked_distances(shapes, distances)
    out = shapes.copy()
    wide = far > 0
    large = wide & (shapely.get_num_coordinates(shapes) >= _WORTH_KEEPING)
    small = wide & ~large
    out[small] = shapely.buffer(shapes[small], far[small] * outside(segments), quad_segs=segments)
    for row in np.flatnonzero(large).tolist():
        out[row] = _KEPT.zone(shapes[row], float(far[row]), segments)
    return out


def within_distance(site: BaseGeometry, shapes: Geometries, distances: Numbers | float) -> Indices:
    """Which shapes come as near to the site as their distances say, ascending; shape (k,).

    Exact: by distance, not by zones. A shape at exactly its distance is among them.

    Raises:
        InvalidDistance: a distance is negative or not a finite number.
    """
    far = checked_distances(shapes, distances)
    shapely.prepare(site)
    near = shapely.dwithin(site, shapes, far)  # type: ignore[call-overload]  # one distance each
    return np.flatnonzero(near)


def checked_distances(shapes: Geometries, distances: Numbers | float) -> Numbers:
    """One distance for each shape, shape (n,).

    Raises:
        InvalidDistance: one is negative or not a finite number.
    """
    far = np.broadcast_to(np.asarray(distances, dtype=np.float64), shapes.shape)
    wrong = ~(np.isfinite(far) & (far >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        message = f"row {row + 1}: {far[row]} m is no distance; give 0 or more, or leave it out"
        raise InvalidDistance(message)
    return far


class _Kept:
    """Zones by what they are made of, the least lately used given up first. Safe for threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._zones: OrderedDict[tuple[bytes, float, int], BaseGeometry] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def zone(self, shape: BaseGeometry, distance: float, segments: int) -> BaseGeometry:
        content = sha256(shapely.to_wkb(shape)).digest()
        key = (content, distance, segments)
        with self._lock:
            found = self._zones.get(key)
            if found is not None:
                self._zones.move_to_end(key)
                return found
        # made outside the lock: two threads may make the same one, neither waits for another's
        zone = shapely.buffer(shape, distance * outside(segments), quad_segs=segments)
        with self._lock:
            if key not in self._zones:
                self._zones[key] = zone
                self._size += int(shapely.get_num_coordinates(zone))
            while self._size > self.most:
                _, dropped = self._zones.popitem(last=False)
                self._size -= int(shapely.get_num_coordinates(dropped))
        return zone


_KEPT = _Kept(_MOST_KEPT)
