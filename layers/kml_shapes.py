"""KML's geometries as WKB, from their coordinates as written.

Input: texts of `lon,lat[,height]` tuples. Output: 2D WKB, longitude before latitude; rings as they
are, closed or not: `normalise` mends them and says so. Byte by byte, for GEOS takes no open ring.
"""

import re
import struct
from collections.abc import Iterable

import numpy as np

_COMMA = re.compile(r"\s*,\s*")
_POINT, _LINE, _POLYGON, _COLLECTION = 1, 2, 3, 7


def coordinates(text: str) -> np.ndarray:
    """The points of a `coordinates` element, shape (n, 2).

    Raises:
        ValueError: a tuple that is none, or a number that is none.
    """
    parts = _COMMA.sub(",", text.strip()).split()
    if not parts:
        return np.empty((0, 2), "<f8")
    width = parts[0].count(",") + 1
    for part in parts:
        if part.count(",") + 1 != width or width not in {2, 3}:
            raise ValueError(f"{part[:40]} is no longitude, latitude and height like those before")
    numbers = np.array([float(number) for number in ",".join(parts).split(",")], "<f8")
    return np.ascontiguousarray(numbers.reshape(-1, width)[:, :2])


def point(text: str) -> bytes:
    """A point."""
    points = coordinates(text)
    if len(points) != 1:
        raise ValueError(f"a point of {len(points)} coordinates")
    return _head(_POINT) + points.tobytes()


def line(text: str) -> bytes:
    """A line; a LinearRing by itself is a closed one."""
    points = coordinates(text)
    if len(points) < 2:
        raise ValueError(f"a line of {len(points)} coordinates")
    return _head(_LINE) + _counted(points)


def polygon(outer: list[str], inner: list[str]) -> bytes:
    """A polygon of one outer boundary and any number of inner ones."""
    if len(outer) != 1:
        raise ValueError(f"a polygon of {len(outer)} outer boundaries")
    rings = [coordinates(text) for text in (*outer, *inner)]
    if any(len(ring) < 3 for ring in rings):
        raise ValueError("a boundary of fewer than 3 coordinates")
    return _head(_POLYGON) + struct.pack("<I", len(rings)) + b"".join(map(_counted, rings))


def gathered(parts: Iterable[bytes]) -> bytes | None:
    """Several geometries as one; None for none."""
    parts = list(parts)
    if len(parts) < 2:
        return parts[0] if parts else None
    kinds = {struct.unpack_from("<I", part, 1)[0] for part in parts}
    kind = kinds.pop() + 3 if len(kinds) == 1 and max(kinds, default=0) <= _POLYGON else _COLLECTION
    return _head(kind) + struct.pack("<I", len(parts)) + b"".join(parts)


def _head(kind: int) -> bytes:
    return struct.pack("<BI", 1, kind)


def _counted(points: np.ndarray) -> bytes:
    return struct.pack("<I", len(points)) + points.tobytes()
