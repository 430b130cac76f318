"""What is too small to be seen one by one, by the cells of a tile that it lies in.

Input: where small features lie in a tile's units. Output: those that have a cell for themselves,
and cells that several share. Cells are squares that divide the tile, so that each belongs to one
tile alone; what has its middle in a neighbouring tile is drawn there.
"""

from dataclasses import dataclass

import numpy as np

from layers.mvt import EXTENT, Integers
from layers.tile_runs import Numbers


@dataclass(frozen=True, slots=True)
class Cells:
    """Of n small features: `alone`, and for k cells that are shared the rest.

    `alone` (a,): places of features. `largest` (k,): the place of the largest feature in the cell,
    the first of several. `count` (k,): features in it. `size` (k,): their sizes together.
    """

    alone: Integers
    largest: Integers
    count: Integers
    size: Numbers


def cells_of(middle: Numbers, size: Numbers, rank: Integers, cell: int, fewest: int = 2) -> Cells:
    """Part features by cells of so many units, which are shared by so many features or more.

    `middle` (n, 2), `size` (n,) units or units²; `rank` (n,) orders them by size, each its own.
    """
    side = EXTENT // cell
    at = np.floor(middle / cell).astype(np.int64)
    here = np.flatnonzero(((at >= 0) & (at < side)).all(axis=1))
    number = at[here, 1] * side + at[here, 0]
    count = np.bincount(number, minlength=side * side)
    highest = np.full(side * side, -1, dtype=np.int64)
    np.maximum.at(highest, number, rank[here])
    largest = np.empty(side * side, dtype=np.int64)
    is_largest = rank[here] == highest[number]
    largest[number[is_largest]] = here[is_largest]
    total: Numbers = np.bincount(number, weights=size[here], minlength=side * side).astype(float)
    shared = np.flatnonzero(count >= fewest)
    alone = largest[(count > 0) & (count < fewest)]
    return Cells(alone, largest[shared], count[shared], total[shared])
