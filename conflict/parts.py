"""Many pairs at once: one operation over all of them, and the parts of one dimension of each."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import GEOSException

from conflict.pairs import Geometries

Mask = npt.NDArray[np.bool_]

_CHUNK = 512
_COLLECTION = 7
_EMPTY = shapely.from_wkt("GEOMETRYCOLLECTION EMPTY")


def each_pair(
    operation: Callable[..., object], left: Geometries, right: Geometries
) -> tuple[Geometries, Mask]:
    """The operation on every pair, and for which of them it raised: those are missing.

    Shapes (k,), (k,) → (k,), (k,). Where GEOS raises for a chunk it is asked for its halves, down
    to the pair: one bad pair costs its chunk once more, not all.
    """
    out = np.full(len(left), None, dtype=object)
    raised = np.zeros(len(left), dtype=bool)
    todo = [(at, min(at + _CHUNK, len(left))) for at in range(0, len(left), _CHUNK)]
    # GEOS leaves the processor's flags behind where it tried and tried again
    with np.errstate(all="ignore"):
        while todo:
            start, end = todo.pop()
            try:
                out[start:end] = operation(left[start:end], right[start:end])
            except GEOSException:
                if end - start == 1:
                    raised[start] = True
                else:
                    middle = (start + end) // 2
                    todo += [(start, middle), (middle, end)]
    return out, raised


def only_dimension(met: Geometries, dimension: int) -> Geometries:
    """The parts of one dimension; what has none becomes empty, what is missing stays so.

    Shape (k,) is kept.
    """
    out = met.copy()
    mixed = np.flatnonzero(shapely.get_type_id(met) == _COLLECTION)
    other = (shapely.get_dimensions(met) != dimension) & ~shapely.is_missing(met)
    out[other] = _EMPTY
    if len(mixed) == 0:
        return out
    parts, owner = shapely.get_parts(met[mixed], return_index=True)
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    chosen = (shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)
    parts, owner = parts[chosen], owner[chosen]
    count = np.bincount(owner, minlength=len(mixed))
    first = np.cumsum(count) - count
    kept = np.full(len(mixed), _EMPTY, dtype=object)
    kept[count == 1] = parts[first[count == 1]]
    several = np.flatnonzero(count > 1)
    if len(several):
        join = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[dimension]
        rank = np.cumsum(count > 1) - 1
        wanted = count[owner] > 1
        kept[several] = join(parts[wanted], indices=rank[owner[wanted]])
    out[mixed] = kept
    return out
