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
    if n == 0:
        return np.empty(0, dtype=np.int64)
    by_x = np.argsort(boxes[:, 0] + boxes[:, 2], kind="stable")
    slices = max(1, round(np.sqrt(n / FAN)))
    slice_of = np.empty(n, dtype=np.int64)
    slice_of[by_x] = np.arange(n) * slices // n
    return np.lexsort((boxes[:, 1] + boxes[:, 3], slice_of)).astype(np.int64)
