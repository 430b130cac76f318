"""A tessellation by its edges: neighbours share every vertex of a border, for it exists once.

A lattice's corners are moved about, each edge between two of them is a wavy line, and a cell is
the ring of its four edges. Two edges meet at their ends alone, because waves stay within a narrow
cone around the straight line; so every cell is valid and the cells leave no gap.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

GRID_M = 1e-4
_CORNER = 0.15  # of an edge's length: how far a corner may move
_WAVE = 0.05  # of an edge's length: how far its middle may swing


@dataclass(frozen=True, slots=True)
class Net:
    """Edges (E) as polylines in `xy`, both ends included; of each cell (C, 4) its edges in turn."""

    xy: Floats
    start: Ints
    cells: Ints
    backwards: npt.NDArray[np.bool_]

    def edge(self, number: int) -> Floats:
        """The points of one edge, shape (k, 2)."""
        return self.xy[self.start[number] : self.start[number + 1]]

    def polygons(self, chosen: Ints | None = None) -> Shapes:
        """The cells, or the chosen ones, as polygons."""
        cells = self.cells if chosen is None else self.cells[chosen]
        backwards = self.backwards if chosen is None else self.backwards[chosen]
        count = np.diff(self.start)[cells] - 1  # the last point is the next edge's first
        first = np.where(backwards, self.start[cells + 1] - 1, self.start[cells])
        step = np.where(backwards, -1, 1)
        lengths = count.ravel()
        place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        points = np.repeat(first.ravel(), lengths) + place * np.repeat(step.ravel(), lengths)
        owner = np.repeat(np.arange(len(cells)), count.sum(axis=1))
        rings = shapely.linearrings(self.xy[points], indices=owner)
        return np.asarray(shapely.polygons(rings), dtype=object)


def lattice(rng: np.random.Generator, box: tuple[float, ...], nx: int, ny: int, mean: float) -> Net:
    """nx × ny cells over a box, row by row; `mean` is the number of points within an edge."""
    minx, miny, maxx, maxy = box
    x, y = np.meshgrid(np.linspace(minx, maxx, nx + 1), np.linspace(miny, maxy, ny + 1))
    corners = np.stack([x, y], axis=-1)
    move = rng.uniform(-_CORNER, _CORNER, corners.shape)
    move[[0, -1], :, 1] = move[:, [0, -1], 0] = 0  # the city's border is straight
    move[:: max(ny, 1), :: max(nx, 1)] = 0
    corners += move * ((maxx - minx) / nx, (maxy - miny) / ny)
    across, upward = lattice_edges(nx, ny)
    a = np.concatenate([corners[:, :-1].reshape(-1, 2), corners[:-1].reshape(-1, 2)])
    b = np.concatenate([corners[:, 1:].reshape(-1, 2), corners[1:].reshape(-1, 2)])
    calm = np.zeros(len(a), dtype=bool)
    calm[across[[0, -1]].ravel()] = calm[upward[:, [0, -1]].ravel()] = True
    xy, start = wavy_edges(rng, a, b, mean, calm)
    return Net(xy, start, *cells_of(across, upward))


def lattice_edges(nx: int, ny: int) -> tuple[Ints, Ints]:
    """Numbers of the edges that run east, (ny + 1, nx), and north, (ny, nx + 1)."""
    across = np.arange((ny + 1) * nx).reshape(ny + 1, nx)
    return across, across.size + np.arange(ny * (nx + 1)).reshape(ny, nx + 1)


def cells_of(across: Ints, upward: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The four edges of each cell, counter-clockwise, and which of them are walked backwards."""
    around = [across[:-1], upward[:, 1:], across[1:], upward[:, :-1]]
    cells = np.stack(around, axis=-1).reshape(-1, 4)
    return cells, np.broadcast_to([False, False, True, True], cells.shape)


def wavy_edges(
    rng: np.random.Generator, a: Floats, b: Floats, mean: float, calm: npt.NDArray[np.bool_]
) -> tuple[Floats, Ints]:
    """A wavy line from each a to its b, on the grid; straight where it is calm."""
    inner = np.clip(rng.poisson(mean, len(a)), 1, None)
    count = inner + 2
    start = np.concatenate([[0], np.cumsum(count)])
    owner = np.repeat(np.arange(len(a)), count)
    place = np.arange(start[-1]) - start[owner]
    inside = (place > 0) & (place < count[owner] - 1)
    jitter = np.where(inside, rng.uniform(-0.3, 0.3, len(owner)), 0)
    t = (place + jitter) / (inner[owner] + 1)
    swing = _WAVE * rng.uniform(-1, 1, len(owner)) * np.sin(np.pi * t)
    swing[~inside | calm[owner]] = 0
    along = (b - a)[owner]
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    xy = a[owner] + t[:, None] * along + swing[:, None] * normal
    ends = ~inside & (place > 0)
    xy[ends] = b[owner[ends]]
    return np.round(xy, 4), start
