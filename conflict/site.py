"""One site with many layers: what it meets, how much, and what shape that has.

Input: a polygon and `Shapes` of any dimension, one a layer, as a snapshot has them. Output:
`SiteOverlaps`, in the order of the layers, then of the rows. The kernel searches every layer's tree
and measures what it finds, in one call; shapes are drawn for what is asked for (`shared`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from conflict import kernel
from conflict.errors import OverlayError
from conflict.intersect import IRREPARABLE, Failure, Keep
from conflict.pairs import Geometries, Indices
from conflict.shapes import Numbers, Shapes, draw_shared, gather
from conflict.shared import Kinds, Pairs, Places, around, draw, settle
from conflict.tree import Boxes, Rows


@dataclass(frozen=True, slots=True)
class SiteOverlaps:
    """Arrays of shape (k,): which layer, which of its rows, how much (m², m or points), which kind.

    `dimension` is the feature's: 2 polygons, 1 lines, 0 points.
    Kinds are those of `kernel`, the feature being left and the site right. One that stays DOUBTFUL
    could not be drawn: it may share something.
    """

    layer: Rows
    row: Rows
    measure: Numbers
    kind: Kinds
    dimension: Kinds

    def __len__(self) -> int:
        return len(self.row)

    def take(self, at: npt.NDArray[Any]) -> "SiteOverlaps":
        """Those at the given places, or under a mask."""
        sides = self.layer[at], self.row[at]
        return SiteOverlaps(*sides, self.measure[at], self.kind[at], self.dimension[at])

    @property
    def pairs(self) -> Pairs:
        """What each shares, without which features they are."""
        return Pairs(self.measure, self.kind, self.dimension)


@dataclass(frozen=True, slots=True)
class _OfManyLayers:
    """Pairs of features of many layers and one site; the arrays have shape (k,)."""

    layers: Sequence[Shapes]
    overlaps: SiteOverlaps
    polygon: BaseGeometry
    site: Shapes

    def left(self, at: Places) -> Geometries:
        """The features, whole."""
        return self._gather(at, None)

    def right(self, at: Places) -> Geometries:
        """The site."""
        return np.full(len(at), self.polygon, dtype=object)

    def drawn(self, at: Places) -> Geometries:
        """What they share, as the kernel has it; None where it leaves that to GEOS."""
        some, flats = self.overlaps.take(at), [layer.flat for layer in self.layers]
        only = np.zeros(len(some), dtype=np.int64)
        which = some.layer, some.row, some.dimension, some.kind
        return draw_shared(flats, *which, self.site, only)

    def cut(self, at: Places) -> tuple[Geometries, Geometries]:
        """Both, giants cut down to what lies around the site."""
        window = np.broadcast_to(around(self.site.boxes), (len(at), 4))
        return self._gather(at, window), self.right(at)

    def _gather(self, at: Places, windows: Boxes | None) -> Geometries:
        some = self.overlaps.take(at)
        return gather(self.layers, some.layer, some.row, some.dimension, windows)


class Site:
    """A polygon to be checked against layers."""

    def __init__(self, polygon: BaseGeometry) -> None:
        self._polygon = polygon
        self._shapes = Shapes.from_geometries(np.array([polygon], dtype=object))

    def meet(self, layers: Sequence[Shapes]) -> SiteOverlaps:
        """Everything that shares ground, length or points with the site; touching shares nothing.

        A point on the boundary counts as inside.
        """
        flats = [layer.flat for layer in layers]
        found = kernel.active.meet(flats, self._shapes.flat, *self._shapes.boxes[0].tolist())
        types = (np.int64, np.float64, np.int8, np.int8, np.int64)
        row, size, kind, dimension, counts = map(np.frombuffer, found, types)
        layer = np.repeat(np.arange(len(layers)), counts)
        overlaps = SiteOverlaps(layer, row, size.copy(), kind.copy(), dimension)
        shared = settle(self._sides(layers, overlaps), overlaps.pairs)
        return overlaps if shared.all() else overlaps.take(shared)

    def shared(
        self, layers: Sequence[Shapes], overlaps: SiteOverlaps, *, keep: Keep | None = None
    ) -> tuple[Geometries, list[Failure]]:
        """What the site shares with each, in the feature's dimension; None for what failed.

        A failure names its place among the overlaps.
        """
        places = np.arange(len(overlaps))
        return draw(self._sides(layers, overlaps), overlaps.pairs, places, keep)

    def _sides(self, layers: Sequence[Shapes], overlaps: SiteOverlaps) -> _OfManyLayers:
        return _OfManyLayers(layers, overlaps, self._polygon, self._shapes)


def overlay_site(site: BaseGeometry, features: Geometries) -> tuple[Indices, Geometries]:
    """The features that a polygon meets and what they share with it, in each one's dimension.

    Shape (n,) → indices (k,), geometries (k,). A feature that only touches the boundary, or a line
    that only ends on it, shares nothing and is not among them; a point on it counts as inside.

    Raises:
        OverlayError: a feature has no credible intersection with the site.
    """
    layer = [Shapes.from_geometries(features)]
    polygon = Site(site)
    found = polygon.meet(layer)
    met, failures = polygon.shared(layer, found)
    if failures:
        raise OverlayError(IRREPARABLE)
    return found.row.astype(np.intp), met
