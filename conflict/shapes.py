"""Geometries as flat arrays: what the engine works on, in memory or straight from a file.

`Shapes` holds n polygons, lines or points, each in any number of parts, without one object for
each. Three runs of offsets lead from features to coordinates, as in GeoArrow's multi-polygons: a
feature's parts, a part's rings (a line and a point are one ring a part), a ring's coordinates.
Rings of large features are divided into blocks of 32 edges with their boxes, and these into groups
of 32 blocks, so that a polygon of 200,000 corners is passed over in a few hundred steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from conflict import kernel
from conflict.kernel import BLOCK
from conflict.measure import mean_width_m
from conflict.pairs import Geometries
from conflict.tree import Boxes, Rows, build_tree

Numbers = npt.NDArray[np.float64]

GIANT = 256
"""Features of more corners are cut down to windows."""
_PORTION = 10_000
"""Features that are made into objects at once."""
_LARGE = 64
"""Features of more coordinates are divided into blocks."""
_EMPTY_BOX = (np.nan,) * 4
_NOTHING = shapely.from_wkt("MULTIPOLYGON EMPTY")
_KIND = shapely.GeometryType
_SINGLE = _KIND.POINT, _KIND.LINESTRING, _KIND.POLYGON
_JOIN = shapely.multipoints, shapely.multilinestrings, shapely.multipolygons

ARRAYS: Mapping[str, tuple[str, int]] = {
    "xy": ("<f8", 2),
    "ring_start": ("<i8", 0),
    "part_start": ("<i8", 0),
    "feature_start": ("<i8", 0),
    "dimension": ("<i1", 0),
    "ring_sign": ("<i1", 0),
    "boxes": ("<f8", 4),
    "sizes": ("<f8", 0),
    "block_start": ("<i8", 0),
    "block_box": ("<f8", 4),
    "group_start": ("<i8", 0),
    "group_box": ("<f8", 4),
    "tree_order": ("<i8", 0),
    "tree_box": ("<f8", 4),
    "level_start": ("<i8", 0),
}
"""Every array with its kind and its columns (0: one-dimensional), in the order of the kernel."""


@dataclass(frozen=True)
class Shapes:
    """n geometries in one projected CRS; made by `from_wkb`, `from_geometries` or `packed`.

    `boxes` (n, 4), NaN for an empty one. `sizes` (n,): area, m², length, m, or number of points.
    `dimension` (n,): 2 polygons, 1 lines, 0 points. `ring_sign`: 1 where the ground lies to the
    left of a ring, -1 where it lies to the right. `classes` (n,): where a rule divides them, the
    class of each as an index into its matrix. The rest is said above.
    """

    arrays: Mapping[str, npt.NDArray[Any]]
    widths: Numbers | None = field(default=None, compare=False)
    classes: npt.NDArray[np.int32] | None = field(default=None, compare=False)

    @classmethod
    def from_wkb(cls, column: pa.Array | pa.ChunkedArray) -> "Shapes":
        """Read a column of WKB, without a null.

        Raises:
            ValueError: a row is not the WKB of a polygon, line or point.
        """
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # more than 2 GB: in one piece with wide offsets
            column = pa.concat_arrays([c.cast(pa.large_binary()) for c in column.chunks])
        wide = column.type == pa.large_binary()
        _, offsets, values = column.buffers()
        at = np.frombuffer(offsets, np.int64 if wide else np.int32)
        at = at[column.offset : column.offset + len(column) + 1].astype(np.int64)
        return cls._of(*kernel.active.read_wkb(values or b"", np.ascontiguousarray(at)))

    @classmethod
    def from_geometries(cls, geometries: Geometries) -> "Shapes":
        """Take shapely geometries, shape (n,); an empty one of any kind is never found."""
        empty = shapely.is_empty(geometries) | shapely.is_missing(geometries)
        usable = geometries
        if empty.any():
            usable = geometries.copy()
            usable[empty] = _NOTHING
        # not by way of Arrow: it reads objects with pandas, which every worker would hold
        wkb = shapely.to_wkb(usable, output_dimension=2, byte_order=1).tolist()
        ends = np.cumsum([0, *map(len, wkb)], dtype=np.int64)
        return cls._of(*kernel.active.read_wkb(b"".join(wkb), ends))

    @classmethod
    def _of(cls, xy: bytes, rings: bytes, parts: bytes, features: bytes, dims: bytes) -> "Shapes":
        found: dict[str, npt.NDArray[Any]] = {
            "xy": np.frombuffer(xy, np.float64).reshape(-1, 2),
            "ring_start": _starts(rings),
            "part_start": _starts(parts),
            "feature_start": _starts(features),
            "dimension": np.frombuffer(dims, np.int8),
        }
        n, rings_in_all = len(found["dimension"]), len(found["ring_start"]) - 1
        blocks = _blocks(found)
        found["ring_sign"] = np.ones(rings_in_all, dtype=np.int8)
        found["boxes"], found["sizes"] = np.empty((n, 4)), np.empty(n)
        found["block_start"], found["group_start"] = _run(blocks), _run(-(-blocks // BLOCK))
        for name in ("block", "group"):
            found[f"{name}_box"] = np.empty((int(found[f"{name}_start"][-1]), 4))
        order = (
            "xy", "ring_start", "part_start", "feature_start", "dimension", "block_start",
            "group_start", "ring_sign", "boxes", "sizes", "block_box", "group_box",
        )  # fmt: skip
        kernel.active.describe(*(found[name] for name in order))
        tree = build_tree(found["boxes"])
        found["tree_order"], found["tree_box"] = tree.order, tree.boxes
        found["level_start"] = tree.level_start
        return cls(found)

    def __len__(self) -> int:
        return len(self.dimension)

    @property
    def boxes(self) -> Boxes:
        """Shape (n, 4)."""
        return self.arrays["boxes"]

    @property
    def sizes(self) -> Numbers:
        """Area, m², length, m, or number of points; shape (n,)."""
        return self.arrays["sizes"]

    @property
    def dimension(self) -> npt.NDArray[np.int8]:
        """2 polygons, 1 lines, 0 points; shape (n,)."""
        return self.arrays["dimension"]

    @cached_property
    def flat(self) -> Any:
        """The kernel's view of the arrays."""
        return kernel.active.Flat(*(self.arrays[name] for name in ARRAYS))

    def corners(self, rows: Rows) -> Rows:
        """The number of coordinates of features, shape (k,)."""
        ring, part, feature = (self.arrays[f"{n}_start"] for n in ("ring", "part", "feature"))
        return np.asarray(ring[part[feature[rows + 1]]] - ring[part[feature[rows]]], dtype=np.int64)

    @cached_property
    def width_m(self) -> Numbers:
        """The mean width of each feature's widest part, m, shape (n,)."""
        if self.widths is not None:
            return self.widths
        rows = np.arange(len(self))
        portions = [rows[n : n + _PORTION] for n in range(0, len(rows), _PORTION)]
        return np.concatenate([np.empty(0), *(mean_width_m(self.geometries(p)) for p in portions)])

    def search(self, box: Sequence[float]) -> Rows:
        """The rows whose boxes touch `box`, ascending."""
        found, _ = kernel.active.find([self.flat], *map(float, box))
        return np.sort(np.frombuffer(found, np.int64))

    def geometries(self, rows: Rows | None = None, windows: Boxes | None = None) -> Geometries:
        """The features at `rows`, all unless given, as shapely objects; windows as in `gather`."""
        rows = np.arange(len(self)) if rows is None else np.asarray(rows, dtype=np.int64)
        return gather([self], np.zeros_like(rows), rows, self.dimension[rows], windows)

    def runs(
        self, rows: Rows, window: Sequence[float]
    ) -> tuple[Numbers, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Coordinates of features at `rows`, and where rings, parts and features begin in them.

        Large polygons are cut down to one window, as in `gather`.
        """
        windows = np.tile(np.asarray(window, dtype=np.float64), (len(rows), 1))
        here = np.ascontiguousarray(rows, dtype=np.int64)
        cut = kernel.active.cut([self.flat], np.zeros_like(here), here, windows, GIANT)
        xy, ring, part, feature = cut
        flat = np.frombuffer(xy, np.float64).reshape(-1, 2)
        return flat, _starts(ring), _starts(part), _starts(feature)


def gather(
    layers: Sequence[Shapes],
    layer: Rows,
    rows: Rows,
    dimension: npt.NDArray[np.int8],
    windows: Boxes | None = None,
) -> Geometries:
    """Features of many layers, each by its layer and row, as shapely objects; shapes (k,).

    With `windows`, shape (k, 4), what stands for a polygon of more than `GIANT` corners equals it
    within its window, edge for edge; outside, it is cut short and may cross itself. It is made to
    be intersected with something that lies in the window, and for nothing else.
    """
    out = np.empty(len(rows), dtype=object)
    flats = [shapes.flat for shapes in layers]
    for wanted in np.unique(dimension).tolist():
        at = np.flatnonzero(dimension == wanted)
        of = [np.ascontiguousarray(a[at], dtype=np.int64) for a in (layer, rows)]
        given = None if windows is None else np.ascontiguousarray(windows[at])
        out[at] = _build(wanted, *kernel.active.cut(flats, *of, given, GIANT))
    return out


def draw_shared(  # noqa: PLR0917 two sides, pair by pair
    flats: Sequence[Any],
    layer: Rows,
    rows: Rows,
    dimension: npt.NDArray[np.int8],
    kind: npt.NDArray[np.int8],
    other: Shapes,
    other_rows: Rows,
) -> Geometries:
    """What features of many layers share with polygons of one, pair by pair; shapes (k,).

    In each feature's dimension. What lies within the other one (`kind`) is the shape itself. None
    for a pair that the kernel leaves to GEOS: its boundaries touch, or run closer than the grid, or
    it shares ground with many holes, or some of its points.
    """
    out = np.full(len(rows), None, dtype=object)
    of = (np.ascontiguousarray(a, dtype=np.int64) for a in (layer, rows))
    others = np.ascontiguousarray(other_rows, dtype=np.int64)
    drawn = kernel.active.draw(flats, *of, other.flat, others, np.ascontiguousarray(kind))
    for wanted, runs in enumerate(drawn):
        at = np.flatnonzero(dimension == wanted)
        if len(at):
            out[at] = _single_or_multi(wanted, *runs)
    return out


def _single_or_multi(
    dimension: int, xy: bytes, rings: bytes, parts: bytes, features: bytes
) -> Geometries:
    """Shapely objects out of the kernel's offsets, as GEOS gives them; None for no parts."""
    flat, start = np.frombuffer(xy, np.float64).reshape(-1, 2), _starts(features)
    offsets = [(), (_starts(rings),), (_starts(rings), _starts(parts))][dimension]
    single = shapely.from_ragged_array(_SINGLE[dimension], flat, offsets or None)
    if len(single) == len(start) - 1 and (np.diff(start) == 1).all():
        return np.asarray(single, dtype=object)
    count = np.diff(start)
    out = np.full(len(count), None, dtype=object)
    out[count == 1] = single[start[:-1][count == 1]]
    several = np.flatnonzero(count > 1)
    if len(several):
        owner = np.repeat(np.cumsum(count > 1) - 1, count)
        chosen = np.repeat(count > 1, count)
        out[several] = _JOIN[dimension](single[chosen], indices=owner[chosen])
    return out


def _starts(starts: bytes) -> Rows:
    return np.frombuffer(starts, np.int64)


def _run(counts: Rows) -> Rows:
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _blocks(arrays: Mapping[str, npt.NDArray[Any]]) -> Rows:
    """How many blocks each ring is divided into; none where the feature is small."""
    ring, part, feature = (arrays[f"{name}_start"] for name in ("ring", "part", "feature"))
    first_ring = part[feature]
    corners = np.diff(ring[first_ring])
    if not (corners > _LARGE).any():
        return np.zeros(len(ring) - 1, dtype=np.int64)
    large = np.repeat(corners > _LARGE, np.diff(first_ring))
    edges = np.maximum(np.diff(ring) - 1, 0)
    return np.where(large, -(-edges // BLOCK), 0).astype(np.int64)


def _build(dimension: int, xy: bytes, rings: bytes, parts: bytes, features: bytes) -> Geometries:
    """Shapely objects of one dimension out of the kernel's offsets."""
    flat, kind = np.frombuffer(xy, np.float64).reshape(-1, 2), shapely.GeometryType
    ring, part, feature = _starts(rings), _starts(parts), _starts(features)
    if dimension == 2:
        made = shapely.from_ragged_array(kind.MULTIPOLYGON, flat, (ring, part, feature))
    elif dimension == 1:
        made = shapely.from_ragged_array(kind.MULTILINESTRING, flat, (ring, feature))
    else:
        made = shapely.from_ragged_array(kind.MULTIPOINT, flat, (feature,))
    return np.asarray(made, dtype=object)
