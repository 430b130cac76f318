"""Geometry in a tile's units as flat runs, and what is done to all of it at once.

Four runs of offsets lead from features to coordinates, as in the engine's packed layers: a
feature's parts, a part's rings, a ring's coordinates. A line's part and a feature's points are one
ring each; a polygon's rings come without their closing coordinate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from layers.mvt import EXTENT, Drawn, Integers

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Drawings = npt.NDArray[np.object_]

BUFFER = 64
"""Units beyond the tile's sides that are drawn too, so that no outline shows where tiles meet."""


@dataclass(frozen=True, slots=True)
class Runs:
    """n features of one dimension."""

    dimension: int
    xy: Numbers
    ring_start: Integers
    part_start: Integers
    feature_start: Integers

    def __len__(self) -> int:
        return len(self.feature_start) - 1

    @property
    def coordinate_start(self) -> Integers:
        """Where each feature's coordinates begin, shape (n + 1,)."""
        return self.ring_start[self.part_start[self.feature_start]]

    def taken(self, which: Integers) -> "Runs":
        """Some of the features."""
        parts, feature = _gathered(self.feature_start, which)
        rings, part = _gathered(self.part_start, parts)
        at, ring = _gathered(self.ring_start, rings)
        return Runs(self.dimension, self.xy[at], ring, part, feature)

    def without(self, coordinates: Mask) -> "Runs":
        """Without some coordinates; rings may have too few left."""
        if not coordinates.any():
            return self
        ring = _starts(counted(~coordinates, self.ring_start))
        xy = self.xy[~coordinates]
        return Runs(self.dimension, xy, ring, self.part_start, self.feature_start)

    def sound(self) -> "Runs":
        """Polygons without rings of fewer than three corners, and parts that have no outer ring.

        A feature keeps its place, if without a part; a hole goes with its outer ring.
        """
        sound = np.diff(self.ring_start) > 2
        if sound.all():
            return self
        outer = np.repeat(sound[self.part_start[:-1]], np.diff(self.part_start))
        rings = np.flatnonzero(sound & outer)
        at, new_ring = _gathered(self.ring_start, rings)
        kept = np.zeros(len(sound), dtype=bool)
        kept[rings] = True
        in_part = counted(kept, self.part_start)
        part = _starts(in_part[in_part > 0])
        feature = _starts(counted(in_part > 0, self.feature_start))
        return Runs(self.dimension, self.xy[at], new_ring, part, feature)

    def inside(self) -> Mask:
        """Which features, none of them empty, lie within the tile and its buffer."""
        start = self.coordinate_start[:-1]
        low = np.minimum.reduceat(self.xy, start, axis=0)
        high = np.maximum.reduceat(self.xy, start, axis=0)
        return np.asarray(((low >= -BUFFER) & (high <= EXTENT + BUFFER)).all(axis=1))

    def stars(self) -> Mask:
        """Which polygons surely cross nothing: of one ring, all of it seen from its middle.

        Seen from there every corner follows the one before on the same hand, once around.
        """
        ring, count = self.ring_start, np.diff(self.ring_start)
        out = np.diff(self.part_start[self.feature_start]) == 1
        x, y = np.ascontiguousarray(self.xy.T)
        x = x - np.repeat(summed(x, ring) / count, count)
        y = y - np.repeat(summed(y, ring) / count, count)
        on_x, on_y = following(x, ring), following(y, ring)
        hand = np.sign(x * on_y - on_x * y)
        one_hand = np.abs(summed(hand, ring)) == count
        upward = (y < 0) & (on_y >= 0)
        downward = (y >= 0) & (on_y < 0)
        once = (counted(upward, ring) == 1) & (counted(downward, ring) == 1)
        out[out] = (one_hand & once)[self.part_start[self.feature_start[:-1]]][out]
        return np.asarray(out)

    def ground(self) -> Numbers:
        """The area of each polygon, units²."""
        ring = areas(self.xy, self.ring_start)
        sign = np.full(len(ring), -1.0)
        sign[self.part_start[:-1]] = 1.0
        return summed(np.abs(ring) * sign, self.part_start[self.feature_start])

    def drawn(self) -> Drawn:
        """As a tile has it: polygons' outer rings turned one way, their holes the other."""
        xy, ring = self.xy.astype(np.int64), self.ring_start
        if self.dimension == 2:
            outer = np.zeros(len(ring) - 1, dtype=bool)
            outer[self.part_start[:-1]] = True
            turn = (areas(self.xy, ring) > 0) != outer
            here = np.arange(len(xy))
            mirrored = np.repeat(ring[:-1] + ring[1:] - 1, np.diff(ring)) - here
            xy = xy[np.where(np.repeat(turn, np.diff(ring)), mirrored, here)]
        return Drawn(self.dimension, xy, ring, self.part_start, self.feature_start)

    def shapes(self) -> Drawings:
        """As shapely has it, shape (n,); of lines and polygons."""
        if self.dimension == 1:
            runs = (self.ring_start, self.part_start[self.feature_start])
            kind = shapely.GeometryType.MULTILINESTRING
            return np.asarray(shapely.from_ragged_array(kind, self.xy, runs), dtype=object)
        n = len(self.ring_start) - 1
        closed, ring = (
            np.insert(self.xy, self.ring_start[1:], self.xy[self.ring_start[:-1]], axis=0),
            self.ring_start + np.arange(n + 1),
        )
        kind = shapely.GeometryType.MULTIPOLYGON
        runs3 = (ring, self.part_start, self.feature_start)
        return np.asarray(shapely.from_ragged_array(kind, closed, runs3), dtype=object)

    def merged(self, number: Integers) -> "Runs":
        """Features of lines or points put together by the numbers of their classes, from 0 on."""
        order = np.argsort(number, kind="stable")
        parts = np.diff(self.feature_start)
        feature = _starts(np.bincount(number, weights=parts).astype(np.int64))
        taken = self.taken(order)
        return Runs(self.dimension, taken.xy, taken.ring_start, taken.part_start, feature)

    @classmethod
    def of(cls, shapes: Drawings) -> "Runs":
        """Multi-polygons, none of them empty."""
        parts, feature = shapely.get_parts(shapes, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        starts = [
            _starts(np.bincount(of, minlength=n))
            for of, n in ((ring, len(rings)), (part, len(parts)), (feature, len(shapes)))
        ]
        return cls(2, xy, *starts).opened()

    def opened(self) -> "Runs":
        """Polygons whose rings were closed, without the coordinate that closes them."""
        closing = np.zeros(len(self.xy), dtype=bool)
        closing[self.ring_start[1:] - 1] = True
        return self.without(closing)


def areas(xy: Numbers, ring_start: Integers) -> Numbers:
    """The area of each ring, units², positive if it turns from x to y; none may be empty."""
    if not len(xy):
        return np.zeros(len(ring_start) - 1)
    x, y = np.ascontiguousarray(xy.T)
    cross = x * following(y, ring_start) - following(x, ring_start) * y
    return summed(cross, ring_start) / 2


def following(values: Numbers, ring_start: Integers) -> Numbers:
    """The value that follows each one around its ring."""
    begin, end = _filled(ring_start)
    after = np.empty_like(values)
    after[:-1] = values[1:]
    after[end - 1] = values[begin]
    return after


def preceding(values: Numbers, ring_start: Integers) -> Numbers:
    """The value that comes before each one around its ring."""
    begin, end = _filled(ring_start)
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[begin] = values[end - 1]
    return before


def _filled(ring_start: Integers) -> tuple[Integers, Integers]:
    begin, end = ring_start[:-1], ring_start[1:]
    filled = end > begin
    return (begin, end) if filled.all() else (begin[filled], end[filled])


def summed(numbers: Numbers, start: Integers) -> Numbers:
    """The sum of each run."""
    sums = np.concatenate([[0.0], np.cumsum(numbers)])
    return np.asarray(sums[start[1:]] - sums[start[:-1]], dtype=np.float64)


def counted(flags: Mask, start: Integers) -> Integers:
    """How many are set in each run."""
    sums = np.concatenate([[0], np.cumsum(flags)])
    return np.asarray(sums[start[1:]] - sums[start[:-1]], dtype=np.int64)


def _starts(counts: npt.NDArray[np.integer]) -> Integers:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _gathered(start: Integers, which: Integers) -> tuple[Integers, Integers]:
    """Of some runs: the places of all that is in them, and where each of them begins now."""
    count = start[which + 1] - start[which]
    begins = _starts(count)
    return np.arange(begins[-1]) + np.repeat(start[which] - begins[:-1], count), begins
