"""What of an overlap is rounding and nothing else: it is dropped, and counted."""

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from conflict import mean_width_m, unions_of
from conflict.pairs import Geometries, Indices

NUMERICAL_WIDTH_M = 0.001
"""Ten steps of the store's grid: what is thinner or shorter comes from rounding, metres."""
NUMERICAL_AREA_M2 = 0.01
"""Below this an overlap is numerical where the rule forgives slivers, m²."""


def is_numerical(
    area_m2: npt.NDArray[np.float64],
    width_m: npt.NDArray[np.float64],
    *,
    forgive: bool | npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_]:
    """Which polygon overlaps are rounding and nothing else; shapes (k,)."""
    small = (area_m2 < NUMERICAL_AREA_M2) & forgive
    return np.asarray((width_m < NUMERICAL_WIDTH_M) | small, dtype=bool)


def without_numerical(shape: BaseGeometry, *, forgive: bool) -> tuple[BaseGeometry, int]:
    """The parts of an overlap that are more than rounding, and how many are not."""
    shapes, counts = each_without_numerical(
        np.array([shape], dtype=object), np.array([forgive], dtype=bool)
    )
    return shapes[0], int(counts[0])


def each_without_numerical(
    shapes: Geometries, forgive: npt.NDArray[np.bool_]
) -> tuple[Geometries, Indices]:
    """The same of many overlaps, each of a rule that forgives slivers or not; shapes (k,)."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    dimension = shapely.get_dimensions(parts)
    noise = np.where(
        dimension == 2,
        is_numerical(shapely.area(parts), mean_width_m(parts), forgive=forgive[owner]),
        (dimension == 1) & (shapely.length(parts) < NUMERICAL_WIDTH_M),
    )
    dropped = np.bincount(owner[noise], minlength=len(shapes))
    # a surface of which nothing is dropped is the union of its parts
    changed = np.flatnonzero((dropped > 0) | (shapely.get_dimensions(shapes) != 2))
    kept, of = parts[~noise], owner[~noise]
    starts, ends = (np.searchsorted(of, changed, side=side) for side in ("left", "right"))
    rest = shapes.copy()
    rest[changed] = unions_of([kept[a:b] for a, b in zip(starts, ends, strict=True)])
    return rest, dropped
