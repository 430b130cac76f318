"""One site with many layers: what it meets, how much, and what shape that has.

Input: a polygon and `Shapes` of any dimension, one a layer, as a snapshot has them. Output:
`SiteOverlaps`, in the order of the layers, then of the rows. The kernel searches every layer's tree
and measures what it finds, in one call; shapes are drawn for what is asked for (`shared`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from conflict import kernel
from conflict.errors import OverlayError
from conflict.intersect import IRREPARABLE, Failure, Keep
from conflict.pairs import Geometries, Indices
from conflict.shapes import Numbers, Shapes
from conflict.shared import Kinds, Pairs, draw, settle
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


class Site:
    """A polygon to be checked against layers."""

    def __init__(self, polygon: BaseGeometry) -> None:
        self._shapes = Shapes.from_geometries(np.array([polygon], dtype=object))
        self._bounds = polygon.bounds

    def meet(self, layers: Sequence[Shapes]) -> SiteOverlaps:
        """Everything that shares ground, length or points with the site; touching shares nothing.

        A point on the boundary counts as inside.
        """
        found = kernel.active.meet(
            [layer.flat for layer in layers], self._shapes.flat, *self._bounds
        )
        types = (np.int64, np.float64, np.int8, np.int64)
        row, size, kind, counts = map(np.frombuffer, found, types)
        ends = np.cumsum(counts)
        settled, layer_of = [self._pairs(row[:0], size[:0], kind[:0])], []
        for number in np.flatnonzero(counts).tolist():
            part = slice(ends[number] - counts[number], ends[number])
            pairs = self._pairs(row[part], size[part], kind[part])
            settled.append(settle(layers[number], self._shapes, pairs))
            layer_of += [number] * len(settled[-1].left)
        columns = zip(*((p.left, p.size, p.kind) for p in settled), strict=True)
        return SiteOverlaps(
            np.array(layer_of, dtype=np.int64), *(np.concatenate(column) for column in columns)
        )

    def shared(
        self, layers: Sequence[Shapes], overlaps: SiteOverlaps, *, keep: Keep | None = None
    ) -> tuple[Geometries, list[Failure]]:
        """What the site shares with each, in the feature's dimension; None for what failed.

        A failure names its place among the overlaps.
        """
        out = np.empty(len(overlaps), dtype=object)
        failures: list[Failure] = []
        for number in np.unique(overlaps.layer).tolist():
            at = np.flatnonzero(overlaps.layer == number)
            part = overlaps.take(at)
            pairs = self._pairs(part.row, part.measure, part.kind)
            out[at], failed = draw(layers[number], self._shapes, pairs, keep)
            failures += [replace(failure, pair=int(at[failure.pair])) for failure in failed]
        return out, failures

    @staticmethod
    def _pairs(rows: Rows, size: Numbers, kind: Kinds) -> Pairs:
        return Pairs(rows, np.zeros_like(rows), size, kind)


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
