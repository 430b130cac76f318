"""A static tree over boxes: packed by place at once, searched by the kernel.

Sort-tile-recursive packing (Leutenegger, Lopez, Edgington 1997): sorted by x into slices, each
slice by y, sixteen boxes to a node, level upon level. Being plain arrays it lies on disk as it is
and is shared by every process that maps it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

FAN = 16
"""Boxes to a node; the kernel knows the same number."""
_FINE = 18
"""Bits for the place in a slice; the rest of 32 is for the slice: enough for 4e9 boxes."""
_HALF, _ROW = np.uint64(32), np.uint64(2**32 - 1)


@dataclass(frozen=True, slots=True)
class Tree:
    """`order` (n,): the row at each place of level 0; `boxes`, all levels one after the other.

    `level_start` (levels + 1,) says where each level begins; level 0 has the features' own boxes.
    """

    order: Rows
    boxes: Boxes
    level_start: Rows


def build_tree(boxes: Boxes) -> Tree:
    """Pack boxes, shape (n, 4), NaN for what is empty and is never found."""
    order = _by_place(boxes)
    levels = [boxes[order]]
    while len(levels[-1]) > FAN:
        starts = np.arange(0, len(levels[-1]), FAN)
        low = np.fmin.reduceat(levels[-1][:, :2], starts, axis=0)
        high = np.fmax.reduceat(levels[-1][:, 2:], starts, axis=0)
        levels.append(np.hstack([low, high]))
    ends = np.cumsum([len(level) for level in levels])
    return Tree(order, np.concatenate(levels), np.concatenate([[0], ends]).astype(np.int64))


def _by_place(boxes: Boxes) -> Rows:
    n = len(boxes)
    if n < 2:
        return np.arange(n, dtype=np.int64)
    slices = max(1, round(np.sqrt(n / FAN)))
    slice_of = np.empty(n, dtype=np.uint64)
    slice_of[_sorted(_steps(boxes[:, 0] + boxes[:, 2], 32))] = np.arange(n) * slices // n
    return _sorted((slice_of << np.uint64(_FINE)) | _steps(boxes[:, 1] + boxes[:, 3], _FINE))


def _steps(places: npt.NDArray[np.float64], bits: int) -> npt.NDArray[np.uint64]:
    """Where each lies between the lowest and the highest, as a whole number; shape (n,)."""
    low, high = np.fmin.reduce(places), np.fmax.reduce(places)
    if not 0 < high - low < np.inf:
        return np.zeros(len(places), dtype=np.uint64)
    share = (places - low) * ((2**bits - 1) / (high - low))
    return np.asarray(np.nan_to_num(share), dtype=np.uint64)


def _sorted(keys: npt.NDArray[np.uint64]) -> Rows:
    """The rows by their keys of at most 32 bits, equal ones in their order.

    The row is the lower half of what is sorted: plain numbers sort far faster than places do.
    """
    rows = np.arange(len(keys), dtype=np.uint64)
    return (np.sort((keys << _HALF) | rows) & _ROW).astype(np.int64)
