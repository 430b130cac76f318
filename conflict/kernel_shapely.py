"""The plain kernel: the answers of native/kernel.c from NumPy and Shapely alone, at their pace.

It works where no C compiler was at hand when the service was installed. Every function takes and
gives what its namesake in native/kernel.c does, so that nothing above it knows which one works.
Windows are the whole features here: what is drawn from them is the same.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from conflict.kernel import (
    APART,
    BLOCK,
    CROSSING,
    DOUBTFUL,
    LEFT_WITHIN,
    RIGHT_WITHIN,
    SURE_M,
    SURE_M2,
)  # fmt: skip
from conflict.parts import each_pair, only_dimension

Array = npt.NDArray[Any]
_KINDS = (shapely.GeometryType.MULTIPOINT, shapely.GeometryType.MULTILINESTRING)


class Flat:
    """The arrays of `Shapes`, in their order."""

    def __init__(self, *arrays: Array) -> None:
        (self.xy, self.ring, self.part, self.feature, self.dimension, self.sign, self.boxes,
         self.sizes, *_) = arrays  # fmt: skip

    def geometries(self, rows: Array) -> npt.NDArray[np.object_]:
        """Whole features, shape (k,)."""
        out = np.empty(len(rows), dtype=object)
        for dimension in np.unique(self.dimension[rows]).tolist():
            at = np.flatnonzero(self.dimension[rows] == dimension)
            xy, ring, part, feature = self.taken(rows[at])
            if dimension == 2:
                kind = shapely.GeometryType.MULTIPOLYGON
                offsets: tuple[Array, ...] = (ring, part, feature)
            else:
                kind, offsets = _KINDS[dimension], (ring, feature)[1 - dimension :]
            out[at] = shapely.from_ragged_array(kind, xy, offsets)
        return out

    def taken(self, rows: Array) -> tuple[Array, Array, Array, Array]:
        """Coordinates and starts of the chosen features alone."""
        parts, feature = _inner(self.feature, rows)
        rings, part = _inner(self.part, parts)
        corners, ring = _inner(self.ring, rings)
        return self.xy[corners], ring, part, feature


def _inner(start: Array, rows: Array) -> tuple[Array, Array]:
    """What lies between the starts of each row, all in a run, and the starts in that run."""
    counts = start[rows + 1] - start[rows]
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    inner = np.repeat(start[rows] - ends[:-1], counts) + np.arange(ends[-1])
    return inner, ends


def cut(
    flats: list[Flat], layers: Array, rows: Array, windows: Array | None, least: int
) -> tuple[bytes, bytes, bytes, bytes]:
    """Whole features of many layers, in runs of one layer, whatever the windows."""
    del windows, least
    stops = [0, *(np.flatnonzero(np.diff(layers)) + 1).tolist(), len(rows)]
    runs = [flats[layers[a]].taken(rows[a:b]) for a, b in pairwise(stops) if b > a]
    xy = np.concatenate([np.empty((0, 2)), *(run[0] for run in runs)])
    starts = []
    for level in (1, 2, 3):
        counts = [np.diff(run[level]) for run in runs]
        starts.append(_starts(np.concatenate([np.empty(0, np.int64), *counts])))
    return xy.tobytes(), starts[0], starts[1], starts[2]


def read_wkb(values: Any, offsets: Array) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Flat arrays out of WKB."""
    data = memoryview(values)
    blobs = [bytes(data[a:b]) for a, b in pairwise(offsets)]
    try:
        shapes = np.asarray(shapely.from_wkb(np.array(blobs, dtype=object)), dtype=object)
    except shapely.errors.GEOSException as error:
        raise ValueError(f"a row is no WKB ({error})") from None
    kinds = shapely.get_type_id(shapes)
    if (kinds == 7).any():
        row = int(np.flatnonzero(kinds == 7)[0])
        raise ValueError(f"row {row} is no WKB of a polygon, line or point")
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, part_of = parts[filled], part_of[filled]
    polygons = shapely.get_type_id(parts) == 3
    rings, ring_of = parts.copy(), np.arange(len(parts))
    if polygons.any():
        in_polygons, of = shapely.get_rings(parts[polygons], return_index=True)
        rings = np.concatenate([parts[~polygons], in_polygons])
        ring_of = np.concatenate([np.flatnonzero(~polygons), np.flatnonzero(polygons)[of]])
        order = np.argsort(ring_of, kind="stable")
        rings, ring_of = rings[order], ring_of[order]
    starts = (
        _starts(shapely.get_num_coordinates(rings)),
        _starts(np.bincount(ring_of, minlength=len(parts))),
        _starts(np.bincount(part_of, minlength=len(shapes))),
    )
    dimension = ((kinds - 1) % 3 if len(kinds) else kinds).astype(np.int8)
    dimension[np.isin(kinds, (0, 4))] = 0
    dimension[np.isin(kinds, (1, 2, 5))] = 1
    dimension[np.isin(kinds, (3, 6))] = 2
    xy = shapely.get_coordinates(rings)
    return xy.tobytes(), *starts, dimension.tobytes()


def draw(
    flats: list[Flat], layers: Array, rows: Array, right: Flat, right_rows: Array, kinds: Array
) -> tuple[tuple[bytes, bytes, bytes, bytes], ...]:
    """Copies of what lies within the other one; every other pair is left to GEOS."""
    dimension = np.array([flats[a].dimension[b] for a, b in zip(layers, rows, strict=True)])
    within = np.isin(kinds, (LEFT_WITHIN, RIGHT_WITHIN))
    side = np.where(kinds == LEFT_WITHIN, layers, len(flats))
    row = np.where(kinds == LEFT_WITHIN, rows, right_rows)
    out = []
    for wanted in range(3):
        of = dimension == wanted
        copied = of & within
        xy, rings, parts, starts = cut([*flats, right], side[copied], row[copied], None, 0)
        counts = np.zeros(len(rows), dtype=np.int64)
        counts[copied] = np.diff(np.frombuffer(starts, np.int64))
        out.append((xy, rings, parts, _starts(counts[of])))
    return tuple(out)


def _starts(counts: Array) -> bytes:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64).tobytes()


def describe(  # noqa: PLR0913, PLR0917 the arrays of Shapes
    xy: Array, ring: Array, part: Array, feature: Array, dimension: Array, block: Array,
    group: Array, signs: Array, boxes: Array, sizes: Array, block_box: Array, group_box: Array,
) -> None:  # fmt: skip
    """Fill boxes, sizes, signs and the boxes of blocks."""
    flat = Flat(xy, ring, part, feature, dimension, signs, boxes, sizes)
    shapes = flat.geometries(np.arange(len(dimension)))
    boxes[:] = shapely.bounds(shapes)
    measures: tuple[Any, ...] = (shapely.get_num_geometries, shapely.length, shapely.area)
    for number, measured in enumerate(measures):
        at = dimension == number
        sizes[at] = measured(shapes[at])
    of_ring = np.repeat(dimension, np.diff(part[feature]))
    signs[:] = np.where(of_ring == 2, _signs(xy, ring, part), 1)
    for r in np.flatnonzero(np.diff(block)).tolist():
        first, last = ring[r], ring[r + 1] - 1
        for b in range(block[r + 1] - block[r]):
            run = xy[first + b * BLOCK : min(first + (b + 1) * BLOCK, last) + 1]
            block_box[block[r] + b] = (*run.min(axis=0), *run.max(axis=0))
        for g in range(group[r + 1] - group[r]):
            run = block_box[block[r] + g * BLOCK : min(block[r] + (g + 1) * BLOCK, block[r + 1])]
            group_box[group[r] + g] = (*run[:, :2].min(axis=0), *run[:, 2:].max(axis=0))


def _signs(xy: Array, ring: Array, part: Array) -> Array:
    """1 where the ground lies to the left of a ring, -1 where it lies to the right."""
    if len(ring) < 2:
        return np.empty(0, dtype=np.int8)
    local = xy - np.repeat(xy[ring[:-1]], np.diff(ring), axis=0)
    cross = np.zeros(len(xy))
    cross[:-1] = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    cross[ring[1:] - 1] = 0  # no edge leads from the end of a ring
    shell = np.isin(np.arange(len(ring) - 1), part[:-1])
    return np.where((np.add.reduceat(cross, ring[:-1]) > 0) == shell, 1, -1).astype(np.int8)


def find(
    flats: list[Flat], minx: float, miny: float, maxx: float, maxy: float
) -> tuple[bytes, list[int]]:
    """Rows whose boxes touch a box, of many layers."""
    found = [_touching(flat, (minx, miny, maxx, maxy)) for flat in flats]
    return b"".join(rows.tobytes() for rows in found), [len(rows) for rows in found]


def _touching(flat: Flat, box: tuple[float, float, float, float]) -> Array:
    with np.errstate(invalid="ignore"):
        low = (flat.boxes[:, 0] <= box[2]) & (flat.boxes[:, 1] <= box[3])
        high = (flat.boxes[:, 2] >= box[0]) & (flat.boxes[:, 3] >= box[1])
    return np.flatnonzero(low & high).astype(np.int64)


def join(  # noqa: PLR0917 as the compiled one
    left: Flat, right: Flat, rows: Array, owned: Array | None, left_class: Array | None,
    right_class: Array | None, fights: Array | None, classes: int,
) -> tuple[bytes, bytes]:  # fmt: skip
    """Pairs of rows whose boxes touch, by left in the order of `rows`, then right."""
    del classes
    probes = _frames(left.boxes[rows])
    at, j = shapely.STRtree(_frames(right.boxes)).query(probes)
    order = np.lexsort((j, at))
    at, j = at[order].astype(np.int64), j[order].astype(np.int64)
    i = rows[at]
    keep: Array = np.ones(len(i), dtype=bool)
    if owned is not None:
        corner = np.maximum(left.boxes[i, :2], right.boxes[j, :2])
        keep = np.asarray(((corner >= owned[:2]) & (corner < owned[2:])).all(axis=1))
    if fights is not None and left_class is not None and right_class is not None:
        keep &= fights[left_class[i], right_class[j]].astype(bool)
    return i[keep].tobytes(), j[keep].tobytes()


def _frames(boxes: Array) -> npt.NDArray[np.object_]:
    filled = ~np.isnan(boxes[:, 0])
    out = np.full(len(boxes), None, dtype=object)
    out[filled] = shapely.box(*boxes[filled].T)
    return out


def meet(
    flats: list[Flat], site: Flat, minx: float, miny: float, maxx: float, maxy: float
) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """What a site shares with many layers; what is apart is left out."""
    found, counts = [], []
    for flat in flats:
        rows = _touching(flat, (minx, miny, maxx, maxy))
        measures, kinds = np.zeros(len(rows)), np.zeros(len(rows), dtype=np.int8)
        measure(flat, site, rows, np.zeros_like(rows), measures, kinds)
        kept = kinds != APART
        found.append((rows[kept], measures[kept], kinds[kept], flat.dimension[rows[kept]]))
        counts.append(int(kept.sum()))
    columns = [b"".join(part[k].tobytes() for part in found) for k in range(4)]
    return (
        columns[0],
        columns[1],
        columns[2],
        columns[3],
        np.array(counts, dtype=np.int64).tobytes(),
    )


def measure(left: Flat, right: Flat, i: Array, j: Array, out: Array, kinds: Array) -> None:
    """What pairs share, and of which kind."""
    dimension = left.dimension[i]
    for number in np.unique(dimension).tolist():
        at = np.flatnonzero(dimension == number)
        a, b = _gathered(left, i[at]), _gathered(right, j[at])
        out[at], kinds[at] = _shared(a, b, number)
        within = at[kinds[at] == LEFT_WITHIN]
        out[within] = left.sizes[i[within]]
        around = at[kinds[at] == RIGHT_WITHIN]
        out[around] = right.sizes[j[around]]


def _near_origin(
    a: npt.NDArray[np.object_], b: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Each pair moved by whole metres to where doubles are fine enough (see `fallback`)."""
    origin = np.floor(np.nan_to_num(shapely.bounds(a)[:, :2]))
    sides = []
    for side in (a, b):
        xy, owner = shapely.get_coordinates(side, return_index=True)
        sides.append(shapely.set_coordinates(side.copy(), xy - origin[owner]))
    return sides[0], sides[1]


def _gathered(flat: Flat, rows: Array) -> npt.NDArray[np.object_]:
    once, at = np.unique(rows, return_inverse=True)
    return flat.geometries(once)[at]


def _shared(
    a: npt.NDArray[np.object_], b: npt.NDArray[np.object_], dimension: int
) -> tuple[Array, Array]:
    size, kind = np.zeros(len(a)), np.full(len(a), APART, dtype=np.int8)
    near = np.flatnonzero(shapely.intersects(a, b))
    a, b = a[near], b[near]
    if dimension == 0:
        inside = shapely.get_num_geometries(shapely.intersection(a, b))
        size[near] = inside
        kind[near] = np.where(inside == shapely.get_num_geometries(a), LEFT_WITHIN, CROSSING)
        return size, kind
    within = shapely.contains_properly(b, a)
    around = shapely.contains_properly(a, b) & (dimension == 2)
    found = np.where(within, LEFT_WITHIN, np.where(around, RIGHT_WITHIN, DOUBTFUL))
    rest = np.flatnonzero(found == DOUBTFUL)
    met, _ = each_pair(shapely.intersection, *_near_origin(a[rest], b[rest]))
    measured, sure = (shapely.area, SURE_M2) if dimension == 2 else (shapely.length, SURE_M)
    shared = np.nan_to_num(measured(only_dimension(met, dimension)))
    size[near[rest]] = shared
    found[rest[shared > sure]] = CROSSING
    kind[near] = found
    return size, kind
