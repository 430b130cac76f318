"""What of overlaps lies in which district: how many, and how much of their ground.

Input: districts by name, a name once for each of its polygons; shapes as WKB with their areas on
the ellipsoid. Output: `Inside`, one row for each shape in a district. The last district is the
ground of all of them together: what lies beyond it lies in none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from blueprint.availability import named
from blueprint.catalogue import CatalogueLayer
from blueprint.numerical import is_numerical
from blueprint.rules.kinds.matrix import NamedAreas
from blueprint.values import Bilingual, joined
from blueprint.whole_layers import WholeLayers
from conflict import (
    Numbers,
    Shapes,
    ellipsoidal_area_m2,
    mean_width_m,
    overlay,
    shared_geometry,
    union_of,
)
from conflict.kernel import LEFT_WITHIN
from layers import Geometries
from layers.attributes import is_missing, parse_attributes

Rows = npt.NDArray[np.int64]
_ROUNDING_M2 = 1.0


@dataclass(frozen=True, slots=True)
class Inside:
    """Arrays of shape (k,): a shape's row, a district's, what they share by both calibres, m².

    `more`: whether that is more than rounding. `failed`, shape (f,): the rows of shapes of which it
    could not be told.
    """

    row: Rows
    district: Rows
    m2: Numbers
    ellipsoidal_m2: Numbers
    more: npt.NDArray[np.bool_]
    failed: Rows


class Districts:
    """The districts of a city; `names` has them in their order, without what they have together.

    `m2` and `ellipsoidal_m2`, shape (n + 1,): their areas, then that of all.
    """

    def __init__(self, names: Sequence[str], drawn: Geometries, crs: str) -> None:
        self.names = list(dict.fromkeys(names))
        self._crs = crs
        by_name = np.array(names, dtype=object)
        grounds = [union_of(drawn[by_name == name]) for name in self.names]
        whole = np.empty(len(grounds) + 1, dtype=object)
        whole[:] = [*grounds, union_of(grounds)]
        self._shapes = Shapes.from_geometries(whole)
        self.m2: Numbers = np.asarray(shapely.area(whole))
        self.ellipsoidal_m2 = ellipsoidal_area_m2(whole, crs)

    @classmethod
    def of(
        cls, asked: NamedAreas | None, layers: WholeLayers, crs: str
    ) -> tuple["Districts | None", Bilingual | None]:
        """The districts that a rule asks for, and why they are not all; None: not there."""
        if asked is None:
            return None, None
        reason = layers.untimely(asked.layer)
        if reason is not None:
            return None, reason
        taken = layers.take(asked.layer, None)
        drawn = taken.drawn()
        values = [parse_attributes(text).get(asked.field) for text in drawn.attributes]
        has_name = np.array([not is_missing(value) for value in values], dtype=bool)
        told = [str(value) for value in values if not is_missing(value)]
        found = cls(told, drawn.shapes[has_name], crs)
        return found, joined([taken.gap, *found.doubts(layers.layer(asked.layer), values)])

    def doubts(self, layer: CatalogueLayer, values: Sequence[object]) -> Iterator[Bilingual]:
        """What keeps totals by these districts from being sure."""
        nameless = sum(map(is_missing, values))
        if nameless:
            zh, en = f"{nameless} 个分区没有名称", f"{nameless} districts have no name"
            yield named(layer, Bilingual(zh=zh, en=en))
        if self.overlap_m2:
            yield named(
                layer,
                Bilingual(
                    zh=f"分区之间重叠 {self.overlap_m2:,.0f} m²，各区合计会大于总数",
                    en=f"districts overlap by {self.overlap_m2:,.0f} m²: together they have more "
                    "than the whole",
                ),
            )

    @property
    def overlap_m2(self) -> float:
        """By how much the districts' areas exceed their common ground, 0 for rounding."""
        over = float(self.m2[:-1].sum() - self.m2[-1])
        return over if over > _ROUNDING_M2 else 0.0

    def inside(self, wkb: pa.ChunkedArray, ellipsoidal_m2: npt.NDArray[Any]) -> Inside:
        """Which shapes share ground with which districts, and how much."""
        shapes = Shapes.from_wkb(wkb)
        met = overlay(shapes, self._shapes)
        m2, width = met.area_m2.copy(), np.full(len(met), np.inf)
        on_ellipsoid = np.asarray(ellipsoidal_m2, dtype=np.float64)[met.left]
        partly = np.flatnonzero(met.kind != LEFT_WITHIN)
        drawn, failures = shared_geometry(shapes, self._shapes, met.take(partly))
        known = partly[~shapely.is_missing(drawn)]
        drawn = drawn[~shapely.is_missing(drawn)]
        m2[known], width[known] = shapely.area(drawn), mean_width_m(drawn)
        on_ellipsoid[known] = ellipsoidal_area_m2(drawn, self._crs)
        failed = met.left[partly[[failure.pair for failure in failures]]]
        told = ~np.isin(met.left, failed)
        return Inside(
            row=met.left[told],
            district=met.right[told],
            m2=m2[told],
            ellipsoidal_m2=on_ellipsoid[told],
            more=~is_numerical(m2[told], width[told], forgive=True),
            failed=np.unique(failed),
        )
