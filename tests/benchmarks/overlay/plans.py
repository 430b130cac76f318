"""Two land-use plans over one city, drawn by two offices.

The city falls into blocks. In a quarter of them the later plan took over the earlier one's parcels
as they are; in another quarter somebody traced them again, a few decimetres off and with other
vertices; in the rest it was drawn afresh, finer. The blocks' own borders are shared throughout.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from tests.benchmarks.overlay.net import (
    Floats,
    Ints,
    Net,
    Shapes,
    cells_of,
    lattice,
    lattice_edges,
    wavy_edges,
)

BLOCK = 12  # cells of the earlier plan along a block's side
_FRESH = 17  # of the later plan where it was drawn afresh
CLASSES = 8
_FOLLOWS = 0.4  # of the later plan's parcels keep the class that the earlier plan gave the place
_TRACED_M = 0.25
_DROPPED = 0.3  # of the vertices, when a border is traced
_POINTS = 9.0, 7.0


@dataclass(frozen=True, slots=True)
class Plans:
    """Polygons and classes of both plans."""

    earlier: Shapes
    earlier_class: Ints
    later: Shapes
    later_class: Ints


def draw_plans(rng: np.random.Generator, box: tuple[float, ...], blocks: int) -> Plans:
    """Both plans over a square box of blocks × blocks."""
    side = blocks * BLOCK
    net = lattice(rng, box, side, side, _POINTS[0])
    traced = _trace(rng, net, side)
    kinds = rng.permutation(np.arange(blocks**2) % 4).reshape(blocks, blocks)
    of_cell = np.kron(kinds, np.ones((BLOCK, BLOCK), dtype=np.int64))
    classes = _patches(rng, side)
    kept, again = (np.flatnonzero(of_cell.ravel() == kind) for kind in (0, 1))
    shapes, places = [net.polygons(kept), traced.polygons(again)], [kept, again]
    for row, column in np.argwhere(kinds >= 2):
        block = _fresh_block(rng, net, side, int(row), int(column))
        while not shapely.is_valid(block).all():  # a wave crossed the block's border: draw again
            block = _fresh_block(rng, net, side, int(row), int(column))
        shapes.append(block)
        places.append(_places(side, int(row), int(column)))
    place = np.concatenate(places)
    later_class = classes.ravel()[place]
    other = rng.random(len(place)) > _FOLLOWS
    later_class[other] = rng.integers(0, CLASSES, int(other.sum()))
    return Plans(net.polygons(), classes.ravel(), np.concatenate(shapes), later_class)


def _patches(rng: np.random.Generator, side: int) -> Ints:
    """Classes that hang together in patches of some cells, with exceptions."""
    coarse = rng.integers(0, CLASSES, (side // 3 + 1, side // 3 + 1))
    classes = np.kron(coarse, np.ones((3, 3), dtype=np.int64))[:side, :side]
    return np.where(rng.random(classes.shape) < 0.5, classes, rng.integers(0, CLASSES, (side,) * 2))


def _trace(rng: np.random.Generator, net: Net, side: int) -> Net:
    """The same net traced by hand; what lies on a block's border stays as it is."""
    across, upward = lattice_edges(side, side)
    fixed = np.zeros(len(net.start) - 1, dtype=bool)
    fixed[across[::BLOCK].ravel()] = fixed[upward[:, ::BLOCK].ravel()] = True
    count = np.diff(net.start)
    owner = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(owner)) - net.start[owner]
    end = (place == 0) | (place == count[owner] - 1)
    moved = net.xy + rng.uniform(-_TRACED_M, _TRACED_M, net.xy.shape)
    # a corner moves the same way for all edges that end in it
    corner = rng.uniform(-_TRACED_M, _TRACED_M, (side + 1, side + 1, 2))
    corner[::BLOCK] = 0
    corner[:, ::BLOCK] = 0
    first = np.concatenate([corner[:, :-1].reshape(-1, 2), corner[:-1].reshape(-1, 2)])
    last = np.concatenate([corner[:, 1:].reshape(-1, 2), corner[1:].reshape(-1, 2)])
    moved[net.start[:-1]] = net.xy[net.start[:-1]] + first
    moved[net.start[1:] - 1] = net.xy[net.start[1:] - 1] + last
    moved = np.where(fixed[owner][:, None], net.xy, np.round(moved, 4))
    stays = end | fixed[owner] | (rng.random(len(owner)) > _DROPPED)
    start = np.concatenate([[0], np.cumsum(np.bincount(owner[stays], minlength=len(count)))])
    return Net(moved[stays], start, net.cells, net.backwards)


def _fresh_block(rng: np.random.Generator, net: Net, side: int, row: int, column: int) -> Shapes:
    """A finer lattice within one block's border, which is cut at vertices that it has."""
    across, upward = lattice_edges(side, side)
    rows, columns = row * BLOCK, column * BLOCK
    span = np.s_[columns : columns + BLOCK], np.s_[rows : rows + BLOCK]
    border = [
        _joined(net, across[rows, span[0]]),
        _joined(net, across[rows + BLOCK, span[0]]),
        _joined(net, upward[span[1], columns]),
        _joined(net, upward[span[1], columns + BLOCK]),
    ]
    cuts = [np.rint(np.linspace(0, len(line) - 1, _FRESH + 1)).astype(int) for line in border]
    corners = _between(*(line[cut] for line, cut in zip(border, cuts, strict=True)))
    size = np.linalg.norm(corners[0, -1] - corners[0, 0]) / _FRESH
    corners[1:-1, 1:-1] += rng.uniform(-0.12, 0.12, (_FRESH - 1, _FRESH - 1, 2)) * size
    a = np.concatenate([corners[1:-1, :-1].reshape(-1, 2), corners[:-1, 1:-1].reshape(-1, 2)])
    b = np.concatenate([corners[1:-1, 1:].reshape(-1, 2), corners[1:, 1:-1].reshape(-1, 2)])
    inner = len(a)
    xy, start = wavy_edges(rng, a, b, _POINTS[1], np.zeros(inner, dtype=bool))
    xy[start[:-1]], xy[start[1:] - 1] = np.round(a, 4), np.round(b, 4)
    pieces = [
        line[cut[k] : cut[k + 1] + 1]
        for line, cut in zip(border, cuts, strict=True)
        for k in range(_FRESH)
    ]
    lengths = np.cumsum([len(piece) for piece in pieces])
    whole = Net(
        np.concatenate([xy, *pieces]),
        np.concatenate([start, start[-1] + lengths]),
        *cells_of(*_numbers(inner)),
    )
    return whole.polygons()


def _numbers(inner: int) -> tuple[Ints, Ints]:
    """Numbers of a block's edges: the inner ones first, then south, north, west, east."""
    half = inner // 2
    south, north, west, east = inner + np.arange(4 * _FRESH).reshape(4, _FRESH)
    across = np.vstack([south, np.arange(half).reshape(_FRESH - 1, _FRESH), north])
    within = half + np.arange(half).reshape(_FRESH, _FRESH - 1)
    return across, np.column_stack([west, within, east])


def _joined(net: Net, edges: Ints) -> Floats:
    lines = [net.edge(int(edge)) for edge in edges]
    return np.concatenate([*(line[:-1] for line in lines), lines[-1][-1:]])


def _between(south: Floats, north: Floats, west: Floats, east: Floats) -> Floats:
    """Coons' patch: a surface that keeps all four borders."""
    u = np.linspace(0, 1, len(south))[None, :, None]
    v = np.linspace(0, 1, len(west))[:, None, None]
    ruled = (1 - v) * south + v * north + (1 - u) * west[:, None] + u * east[:, None]
    flat = (1 - v) * ((1 - u) * south[0] + u * south[-1])
    return ruled - flat - v * ((1 - u) * north[0] + u * north[-1])


def _places(side: int, row: int, column: int) -> Ints:
    """The earlier plan's cell under the middle of each cell of a fresh block."""
    middle = ((np.arange(_FRESH) + 0.5) * BLOCK / _FRESH).astype(np.int64)
    return ((row * BLOCK + middle)[:, None] * side + column * BLOCK + middle).ravel()
