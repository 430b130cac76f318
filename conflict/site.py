"""One site with many layers: what it meets, how much, and what shape that has.

Input: a polygon and `Shapes` of any dimension, one a layer, as a snapshot has them. Output:
`SiteOverlaps`, in the order of the layers, then of the rows.

The kernel searches every layer's tree and measures what it finds, in one call. A feature within the
site is known by itself; only what crosses the boundary is drawn, giants cut down to the site.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from conflict import kernel
from conflict.intersect import Keep, intersect, intersect_pairs
from conflict.kernel import APART, CROSSING, DOUBTFUL, LEFT_WITHIN, RIGHT_WITHIN
from conflict.overlay import Kinds, Numbers, windowed
from conflict.pairs import Geometries, Indices
from conflict.parts import each_pair, only_dimension
from conflict.shapes import Shapes
from conflict.tree import Rows


@dataclass(frozen=True, slots=True)
class SiteOverlaps:
    """Arrays of shape (k,): which layer, which of its rows, how much (m², m or points), which kind.

    Kinds are those of `kernel`, the feature being left and the site right. One that stays DOUBTFUL
    could not be drawn: it may share something.
    """

    layer: Rows
    row: Rows
    measure: Numbers
    kind: Kinds

    def __len__(self) -> int:
        return len(self.row)

    def take(self, at: npt.NDArray[Any]) -> "SiteOverlaps":
        """Those at the given places, or under a mask."""
        return SiteOverlaps(self.layer[at], self.row[at], self.measure[at], self.kind[at])


@dataclass(frozen=True, slots=True)
class SiteFailure:
    """A feature that has no credible intersection with the site."""

    layer: int
    row: int
    reason: str


class Site:
    """A polygon to be checked against layers."""

    def __init__(self, polygon: BaseGeometry) -> None:
        self.polygon = polygon
        self.shapes = Shapes.from_geometries(np.array([polygon], dtype=object))
        minx, miny, maxx, maxy = polygon.bounds
        margin = 0.5 * max(maxx - minx, maxy - miny) + 1.0
        self.window = np.array([minx - margin, miny - margin, maxx + margin, maxy + margin])

    def meet(self, layers: Sequence[Shapes]) -> SiteOverlaps:
        """Everything that shares ground, length or points with the site; touching shares nothing.

        A point on the boundary counts as inside.
        """
        found = kernel.active.meet(
            [layer.flat for layer in layers], self.shapes.flat, *self.polygon.bounds
        )
        row, measure, kind, counts = (
            np.frombuffer(part, kind)
            for part, kind in zip(found, (np.int64, np.float64, np.int8, np.int64), strict=True)
        )
        layer = np.repeat(np.arange(len(layers)), counts)
        overlaps = SiteOverlaps(layer, row, measure.copy(), kind.copy())
        doubtful = np.flatnonzero(kind == DOUBTFUL)
        if len(doubtful) == 0:
            return overlaps
        met, _ = self.shared(layers, overlaps.take(doubtful))
        known = ~shapely.is_missing(met)
        at = doubtful[known]
        size = shapely.area(met[known]) + shapely.length(met[known]) * (
            shapely.get_dimensions(met[known]) == 1
        )
        overlaps.measure[at] = size
        overlaps.kind[at] = np.where(size > 0, CROSSING, APART)
        return overlaps.take(overlaps.kind != APART)

    def shared(
        self, layers: Sequence[Shapes], overlaps: SiteOverlaps, *, keep: Keep | None = None
    ) -> tuple[Geometries, list[SiteFailure]]:
        """What the site shares with each, in the feature's dimension; None for what failed."""
        out = np.empty(len(overlaps), dtype=object)
        failures: list[SiteFailure] = []
        for number in np.unique(overlaps.layer).tolist():
            at = np.flatnonzero(overlaps.layer == number)
            side, part = layers[number], overlaps.take(at)
            within = part.kind == LEFT_WITHIN
            out[at[within]] = side.geometries(part.row[within])
            out[at[part.kind == RIGHT_WITHIN]] = self.polygon
            crossing = part.kind >= CROSSING
            dimension = side.dimension[part.row]
            for wanted in np.unique(dimension[crossing]).tolist():
                rows = np.flatnonzero(crossing & (dimension == wanted))
                out[at[rows]], failed = self._draw(side, part.take(rows), int(wanted), keep)
                failures += [SiteFailure(number, row, reason) for row, reason in failed]
        return out, failures

    def _draw(
        self, side: Shapes, overlaps: SiteOverlaps, dimension: int, keep: Keep | None
    ) -> tuple[Geometries, list[tuple[int, str]]]:
        sites = np.full(len(overlaps), self.polygon, dtype=object)
        met = np.empty(len(overlaps), dtype=object)
        expected = np.where(overlaps.kind == CROSSING, overlaps.measure, np.nan)
        whole = np.arange(len(overlaps))
        if dimension == 2:
            windows = np.broadcast_to(self.window, (len(overlaps), 4))
            met, raised = each_pair(
                shapely.intersection, windowed(side, overlaps.row, windows), sites
            )
            met = only_dimension(met, dimension)
            allowed = np.maximum(1e-6, 1e-9 * overlaps.measure)
            off = raised | ~(np.abs(shapely.area(met) - overlaps.measure) <= allowed)
            whole = np.flatnonzero(off)
        if len(whole) == 0:
            return met, []
        features = side.geometries(overlaps.row[whole])
        known = expected[whole] if dimension == 2 else None
        found = intersect(features, sites[whole], dimension, known, keep=keep)
        met[whole] = found.geometry
        rows = overlaps.row[whole]
        return met, [(int(rows[f.pair]), f.reason) for f in found.failures]


def overlay_site(site: BaseGeometry, features: Geometries) -> tuple[Indices, Geometries]:
    """The features that a polygon meets and what they share with it, in each one's dimension.

    Shape (n,) → indices (k,), geometries (k,). A feature that only touches the boundary, or a line
    that only ends on it, shares nothing and is not among them; a point on it counts as inside.

    Raises:
        OverlayError: a feature has no credible intersection with the site.
    """
    shapely.prepare(site)
    near = np.flatnonzero(shapely.intersects(site, features))
    dimensions = shapely.get_dimensions(features[near])
    met = np.empty(len(near), dtype=object)
    for dimension in (0, 1, 2):
        rows = np.flatnonzero(dimensions == dimension)
        sites = np.full(len(rows), site, dtype=object)
        met[rows] = intersect_pairs(features[near[rows]], sites, dimension)
    real = ~shapely.is_empty(met)
    return near[real], met[real]
