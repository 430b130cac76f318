"""What a site shares with the features of many layers, or with the zones around them.

Input: a site, the features of each layer, and what is asked: a layer, and how far its features
reach, or None where they count as they are drawn. Output: an `Encounter` for each. All that is
asked goes through the overlay engine at once. Zones are made of features that come near enough by
exact distance alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.around import Features, grown, no_features
from blueprint.numerical import NUMERICAL_WIDTH_M
from conflict import Shapes, Site
from conflict.buffers import within_distance, zones
from conflict.casefile import Case
from conflict.pairs import Indices
from layers import Geometries

Ask = tuple[str, float | None]
"""A layer and the distance, m, that its features reach; None: they are met where they lie."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """The rows that share something with the site, ascending, and what; arrays of shape (k,).

    What is missing (None) has no credible intersection: it may share something or nothing.
    """

    rows: Indices
    shared: Geometries

    def take(self, at: npt.NDArray[np.bool_]) -> "Encounter":
        """Those under a mask, shape (k,)."""
        return Encounter(self.rows[at], self.shared[at])

    @property
    def sound(self) -> Geometries:
        """What is shared, without what could not be computed."""
        return self.shared[~self.failed]

    @property
    def failed(self) -> npt.NDArray[np.bool_]:
        """Which could not be computed, shape (k,)."""
        return np.asarray(shapely.is_missing(self.shared), dtype=bool)


NOTHING = Encounter(np.empty(0, dtype=np.intp), np.empty(0, dtype=object))


def encounters(
    site: BaseGeometry,
    features: Mapping[str, Features],
    asked: Iterable[Ask],
    keep: Callable[[Case], object] | None,
    secret: Collection[str],
) -> dict[Ask, Encounter]:
    """Meet the site with all that is asked.

    `keep` is given the pairs that the engine had trouble with, save those of `secret` layers.
    """
    asks = list(dict.fromkeys(asked))
    grounds = [_ground(site, features[layer], reach_m) for layer, reach_m in asks]
    layers = [shapes for _, shapes in grounds]
    outline = Site(site)
    found = outline.meet(layers)
    shared = np.full(len(found), None, dtype=object)
    hidden = np.array([layer in secret for layer, _ in asks], dtype=bool)[found.layer]
    for mask, keep_or_not in ((~hidden, keep), (hidden, None)):
        at = np.flatnonzero(mask)
        if len(at):
            shared[at], _ = outline.shared(layers, found.take(at), keep=keep_or_not)
    ends = np.searchsorted(found.layer, np.arange(len(asks) + 1)).tolist()
    met = {}
    for k, ask in enumerate(asks):
        part = slice(ends[k], ends[k + 1])
        of_ground = grounds[k][0]
        if ends[k] == ends[k + 1]:
            met[ask] = NOTHING
            continue
        rows = found.row[part] if of_ground is None else of_ground[found.row[part]]
        met[ask] = Encounter(rows.astype(np.intp), shared[part])
    return met


def near(site: BaseGeometry, features: Features, distance_m: float) -> tuple[Indices, Geometries]:
    """The features that come as near to the site as that, at exactly the distance too; (k,)."""
    rows = features.shapes.search(grown(site.bounds, distance_m + NUMERICAL_WIDTH_M))
    shapes = features.shapes.geometries(rows)
    at = within_distance(site, shapes, distance_m)
    return rows[at].astype(np.intp), shapes[at]


def _ground(
    site: BaseGeometry, features: Features, reach_m: float | None
) -> tuple[Indices | None, Shapes]:
    """What is met for one question, and the features' rows that it was made of; None: all."""
    if reach_m is None:
        return None, features.shapes
    rows, shapes = near(site, features, reach_m)
    if len(rows) == 0:
        return rows, no_features().shapes
    return rows, Shapes.from_geometries(zones(shapes, reach_m))
