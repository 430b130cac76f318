"""Step 1: the pairs of geometries that may overlap."""

import numpy as np
import numpy.typing as npt
import shapely

Geometries = npt.NDArray[np.object_]
Indices = npt.NDArray[np.intp]


def candidate_pairs(left: Geometries, right: Geometries) -> tuple[Indices, Indices]:
    """Index pairs (i, j) where left[i] and right[j] meet, sorted by i, then j.

    Shapes (n,), (m,) → (k,), (k,). Pairs that only touch are among them: `overlay` drops them.
    """
    if len(left) == 0 or len(right) == 0:
        nothing = np.empty(0, dtype=np.intp)
        return nothing, nothing.copy()
    # the probes are prepared, the tree's members are not: probe with the few, index the many
    if len(left) > len(right):
        j, i = shapely.STRtree(left).query(right, predicate="intersects")
    else:
        i, j = shapely.STRtree(right).query(left, predicate="intersects")
    order = np.lexsort((j, i))
    return i[order], j[order]
