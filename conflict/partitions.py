"""How the plane is cut into tiles, so that every pair of features has exactly one owner.

A pair belongs to the tile that holds its reference point: the larger of the two minx, the larger
of the two miny. Where boxes meet, that point lies in both, so that a tile needs nothing but the
features whose boxes touch it. Tiles are half-open, [minx, maxx) × [miny, maxy), and those at the
rim reach to infinity: together they are the plane, whatever they are cut along.

Algorithm: a k-d split. Reference points lie where corners of boxes lie, as a rule the smaller
feature's: the corners, weighted by what their features cost, are halved along the longer side until
a tile holds no more than it should.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from conflict.shapes import Numbers

Tile = tuple[float, float, float, float]
"""(minx, miny, maxx, maxy), half-open, infinite at the rim."""

PLANE: Tile = (-np.inf, -np.inf, np.inf, np.inf)
_ENOUGH = 1_000_000
"""So many corners tell where the others lie."""


def owned(tile: Tile, left: Numbers, right: Numbers) -> npt.NDArray[np.bool_]:
    """Which pairs of boxes, shapes (k, 4), (k, 4), the tile owns."""
    x, y = np.maximum(left[:, :2], right[:, :2]).T
    minx, miny, maxx, maxy = tile
    return np.asarray((x >= minx) & (x < maxx) & (y >= miny) & (y < maxy), dtype=bool)


def split(corners: Numbers, weights: Numbers, most: float) -> list[Tile]:
    """Tiles of which none holds more weight than `most`, if the corners can be told apart.

    `corners` (n, 2) are the lower left ones of boxes, `weights` (n,) is what each one costs.
    """
    step = -(-len(corners) // _ENOUGH) or 1
    corners, weights = corners[::step], weights[::step] * step
    return list(_split(corners, weights, PLANE, most))


def _split(corners: Numbers, weights: Numbers, tile: Tile, most: float) -> Iterator[Tile]:
    cut = _cut(corners, weights) if weights.sum() > most else None
    if cut is None:
        yield tile
        return
    axis, at = cut
    low = corners[:, axis] < at
    before, after = list(tile), list(tile)
    before[axis + 2] = after[axis] = at
    minx, miny, maxx, maxy = before
    yield from _split(corners[low], weights[low], (minx, miny, maxx, maxy), most)
    minx, miny, maxx, maxy = after
    yield from _split(corners[~low], weights[~low], (minx, miny, maxx, maxy), most)


def _cut(corners: Numbers, weights: Numbers) -> tuple[int, float] | None:
    """Where to cut in two halves of equal weight: which axis, at which coordinate."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    longer = int(np.argmax(high - low))
    if not high[longer] > low[longer]:
        return None
    order = np.argsort(corners[:, longer], kind="stable")
    places, so_far = corners[order, longer], np.cumsum(weights[order])
    at = places[int(np.searchsorted(so_far, so_far[-1] / 2))]
    if at == places[0]:  # nothing lies before it: the next one there is
        at = places[int(np.searchsorted(places, at, side="right"))]
    return longer, float(at)
