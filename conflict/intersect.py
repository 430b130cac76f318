"""Step 2: the exact intersection of each pair, of one dimension, checked, with a fallback chain.

Input: two arrays of geometries, pair by pair, and, where the caller has it, the area that each pair
shares by other means. Output: `Intersections`. Nothing here raises for a pair: what no method gives
is a `Failure` that names its place in the arrays.

Algorithm:
    1. GEOS' floating-point overlay, in chunks; where one raises, its halves, down to the pair;
    2. parts of another dimension (a shared edge beside shared ground) are dropped, all at once;
    3. every result is held against what cannot be otherwise (`doubts`): within both boxes, no
       larger than either side, of the expected area; where that is given but unknown (NaN), by the
       law area(A∩B) + area(A-B) = area(A);
    4. the few that are doubted are done again, one by one near the origin: in floating
       point, on a grid, on repaired sides, each held against both sides' law. The first that
       stands is taken. One that
       stands against the expected area is taken last, and listed as disputed: GEOS is the judge.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from conflict.casefile import Case
from conflict.credible import doubts
from conflict.errors import OverlayError
from conflict.fallback import Method, reason, solve
from conflict.pairs import Geometries, Indices
from conflict.parts import each_pair, only_dimension

Numbers = npt.NDArray[np.float64]

IRREPARABLE = "two geometries have no credible intersection; repair the layer and deliver it again"
"""What is said where a pair's failure stops all; not where it lies: that may be secret."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A pair, by its place in the arrays, that has no credible intersection.

    `reason` tells what was tried and never where the pair lies: that may be secret.
    """

    pair: int
    reason: str


@dataclass(frozen=True, slots=True)
class Intersections:
    """Arrays of shape (k,): what each pair shares, and the `Method` that gave it, int8.

    A pair that only touches shares an empty geometry, one that failed a missing one (None).
    `disputed` are the pairs whose area stands although another was expected.
    """

    geometry: Geometries
    method: npt.NDArray[np.int8]
    failures: tuple[Failure, ...]
    disputed: Indices


Keep = Callable[[Case], object]
"""Called with each pair that needed the fallback, failed or is disputed: `CaseFolder.keep`."""


def intersect(
    left: Geometries,
    right: Geometries,
    dimension: int,
    expected_m2: Numbers | None = None,
    *,
    keep: Keep | None = None,
) -> Intersections:
    """left[k] ∩ right[k], its parts of `dimension` (0 points, 1 lines, 2 polygons) alone.

    Shapes (k,), (k,) → (k,). `expected_m2`, shape (k,), is each pair's area by other means, NaN
    where it is unknown; for polygons alone. Without it results are held against boxes and sizes.
    """
    met, raised = each_pair(shapely.intersection, left, right)
    met = only_dimension(met, dimension)
    method = np.zeros(len(met), dtype=np.int8)
    failures, disputed = [], []
    again = raised | doubts(met, left, right, dimension, expected_m2)
    for k in np.flatnonzero(again).tolist():
        area = float(expected_m2[k]) if expected_m2 is not None and dimension == 2 else np.nan
        found = solve(left[k], right[k], dimension, area)
        met[k], method[k] = found.geometry, found.method
        if found.method == Method.FAILED:
            failures.append(Failure(k, reason(found, left[k], right[k])))
        if found.disputed:
            disputed.append(k)
        if keep is not None and (found.disputed or found.method != Method.FLOAT):
            known = None if np.isnan(area) else area
            keep(Case(left[k], right[k], dimension, known, found.tries))
    return Intersections(met, method, tuple(failures), np.array(disputed, dtype=np.intp))


def intersect_pairs(left: Geometries, right: Geometries, dimension: int) -> Geometries:
    """What `intersect` gives, for a caller that can do nothing with less than all of it.

    Raises:
        OverlayError: no method gave a credible result for some pair.
    """
    found = intersect(left, right, dimension)
    if found.failures:
        raise OverlayError(IRREPARABLE)
    return found.geometry
