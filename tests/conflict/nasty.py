"""Shapes that real layers hold and overlays break on, and an exact judge of what two of them share.

Every shape is valid unless its name says otherwise, and lies where a city's coordinates are. The
strategies draw pairs that are hard together: the same boundary digitised twice, a hole and what
fills it, parts that touch in a point.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

GRID = 1e-4
EAST, NORTH = 610_000.0, 2_708_000.0
FAR = 1e7
"""As far from the origin as a zone's number before the easting takes coordinates, metres."""
JITTERS = (0.0, 1e-9, GRID, 5e-3)
"""By how much a boundary comes out otherwise: computed anew, on the grid, drawn again; metres."""


def on_grid(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: np.round(xy / GRID) * GRID)


def moved(shape: BaseGeometry, east: float, north: float) -> BaseGeometry:
    """Moved and put on the grid again: a sum of doubles would leave it."""
    return shapely.transform(
        shape, lambda xy: np.round((xy + np.array((east, north))) / GRID) * GRID
    )


def star(rng: np.random.Generator, corners: int = 9, size: float = 100.0) -> Polygon:
    """Around (0, 0), as long as it is not too thin to be valid on the grid."""
    turns = (np.arange(corners) + rng.uniform(0.1, 0.9, corners)) * np.pi * 2 / corners
    radii = rng.uniform(0.1, 1, corners) * size
    return Polygon(np.column_stack([radii * np.cos(turns), radii * np.sin(turns)]))


def comb(teeth: int = 12, deep: float = 80.0, gap: float = 1e-3) -> Polygon:
    """A body with cuts of a millimetre: parts that almost touch themselves."""
    xs = [(10 * k, 0, 10 * k + gap) for k in range(1, teeth)]
    cuts = [p for x, _, y in xs for p in ((x, 0), (x, deep), (y, deep), (y, 0))]
    return Polygon([(0, 0), *cuts, (10 * teeth, 0), (10 * teeth, 100), (0, 100)])


def spiked(length: float = 60.0, width: float = GRID) -> Polygon:
    """A square with a needle out of one side and one into another, a grid step wide at the root."""
    return Polygon(
        [
            (0, 0), (25, 0), (25 + width / 2, -length), (25 + width, 0), (50, 0),
            (50, 20), (50 - length / 2, 20 + width / 2), (50, 20 + width), (50, 50), (0, 50),
        ]
    )  # fmt: skip


def nested(depth: int = 4) -> MultiPolygon:
    """An island in a lake on an island in a lake, edge to edge apart by a metre."""
    rings = [box(k, k, 100 - k, 100 - k) for k in range(2 * depth)]
    pairs = zip(rings[::2], rings[1::2], strict=True)
    return MultiPolygon([shapely.difference(a, b) for a, b in pairs])


def chequered(side: int = 4, step: float = 10.0) -> MultiPolygon:
    """The dark squares of a board: every part touches others in points alone."""
    return MultiPolygon(
        [
            box(x * step, y * step, (x + 1) * step, (y + 1) * step)
            for x in range(side)
            for y in range(side)
            if (x + y) % 2 == 0
        ]
    )


def collinear(per_edge: int = 7) -> Polygon:
    """A rhomb with runs of corners along its edges, as near to them as doubles come."""
    return shapely.segmentize(Polygon([(0, 0), (70, 10), (97, 83), (27, 73)]), 75 / per_edge)


def pinched() -> Polygon:
    """A hole that touches the outer ring in a point, and another that touches the first one."""
    return Polygon(
        [(0, 0), (60, 0), (60, 60), (0, 60)],
        [[(0, 30), (20, 20), (20, 40)], [(20, 30), (40, 20), (40, 40)]],
    )


def doubled(shape: Polygon) -> Polygon:
    """Every corner twice."""
    return Polygon(np.repeat(np.asarray(shape.exterior.coords), 2, axis=0))


def giant_ring(corners: int = 100_000, radius: float = 5_000.0, waves: int = 900) -> Polygon:
    """One ring with many corners, around (0, 0)."""
    turn = np.arange(corners) * (2 * np.pi / corners)
    far = radius * (1 + 0.05 * np.sin(waves * turn) + 0.1 * np.sin(3 * turn))
    return Polygon(np.column_stack([far * np.cos(turn), far * np.sin(turn)]))


def bow_tie_invalid(size: float = 100.0) -> Polygon:
    return Polygon([(0, 0), (size, size), (size, 0), (0, size)])


def turned(shape: BaseGeometry, by: int) -> BaseGeometry:
    """The same shape with its rings begun elsewhere and walked the other way."""

    def ring(line: BaseGeometry) -> list[tuple[float, ...]]:
        corners = list(line.coords)[:-1]
        at = by % len(corners)
        return [*corners[at:], *corners[:at]][::-1]

    parts = [
        Polygon(ring(part.exterior), [ring(hole) for hole in part.interiors])
        for part in shapely.get_parts(shape)
    ]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def digitised_again(shape: BaseGeometry, rng: np.random.Generator, jitter: float) -> BaseGeometry:
    """Every corner off by up to `jitter`, a ring's last one as its first."""

    def off(xy: np.ndarray) -> np.ndarray:
        corners, back = np.unique(xy, axis=0, return_inverse=True)
        return (corners + rng.uniform(-jitter, jitter, corners.shape))[back.ravel()]

    return shapely.transform(shape, off)


def with_corners_on_edges(shape: BaseGeometry, longest: float = 7.0) -> BaseGeometry:
    return shapely.segmentize(shape, longest)


def filling(shape: BaseGeometry) -> BaseGeometry:
    """What fills the holes, edge to edge; the frame around where there is no hole."""
    holes = [hole for part in shapely.get_parts(shape) for hole in part.interiors]
    if holes:
        return shapely.union_all([Polygon(hole) for hole in holes])
    return shapely.difference(box(*shape.bounds).buffer(10, join_style="mitre"), shape)


SHAPES: dict[str, Callable[[np.random.Generator], BaseGeometry]] = {
    "star": star,
    "comb": lambda _: comb(),
    "spiked": lambda _: spiked(),
    "nested": lambda _: nested(),
    "chequered": lambda _: chequered(),
    "collinear": lambda _: collinear(),
    "pinched": lambda _: pinched(),
    "doubled": lambda rng: doubled(star(rng)),
    "square": lambda _: box(0, 0, 50, 50),
}

RELATIONS: dict[str, Callable[[BaseGeometry, np.random.Generator, float], BaseGeometry]] = {
    "the same": lambda shape, rng, _: turned(shape, int(rng.integers(100))),
    "digitised again": digitised_again,
    "digitised again with corners on its edges": lambda shape, rng, jitter: digitised_again(
        with_corners_on_edges(shape), rng, jitter
    ),
    "what fills it": lambda shape, rng, jitter: digitised_again(filling(shape), rng, jitter),
    "what fills it with corners on its edges": lambda shape, rng, jitter: digitised_again(
        with_corners_on_edges(filling(shape)), rng, jitter
    ),
    "moved along": lambda shape, rng, jitter: digitised_again(
        moved(shape, 10 * int(rng.integers(-3, 4)), 10 * int(rng.integers(-3, 4))), rng, jitter
    ),
}


@st.composite
def nasty_pairs(
    draw: st.DrawFn, *, jitters: tuple[float, ...] = JITTERS, far: bool = True
) -> tuple[BaseGeometry, BaseGeometry]:
    """Two valid polygons, the left one on the grid; the right one too if the jitters are."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from(sorted(SHAPES)).map(lambda name: SHAPES[name]))(rng)
    place = draw(st.sampled_from([(EAST, NORTH), (FAR, FAR)] if far else [(EAST, NORTH)]))
    left = moved(shape, *place)
    if draw(st.booleans()):
        relate = draw(st.sampled_from(sorted(RELATIONS)).map(lambda name: RELATIONS[name]))
        right = relate(left, rng, draw(st.sampled_from(jitters)))
    else:
        other = draw(st.sampled_from(sorted(SHAPES)).map(lambda name: SHAPES[name]))(rng)
        right = moved(other, place[0] + rng.uniform(-60, 60), place[1] + rng.uniform(-60, 60))
    left, right = _valid(left), _valid(right)
    if set(jitters) <= {0.0, GRID}:
        # a repair cuts where edges cross, off the grid: what is stored was snapped after it
        left, right = _stored(left), _stored(right)
    return left, right


def _stored(shape: BaseGeometry) -> BaseGeometry:
    """Valid and on the grid, as the store holds it."""
    snapped = shapely.set_precision(shape, GRID, mode="valid_output")
    return on_grid(shapely.set_precision(snapped, 0, mode="pointwise"))


def _valid(shape: BaseGeometry) -> BaseGeometry:
    """A jitter may tear what touches in a point: what is left of it when repaired."""
    if shape.is_valid:
        return shape
    return shapely.make_valid(shape, method="structure", keep_collapsed=False)


Edge = tuple[Fraction, Fraction, Fraction, Fraction, int]


def exact_shared_m2(left: BaseGeometry, right: BaseGeometry) -> Fraction:
    """The area that two valid polygons share, without any rounding; for a few hundred edges.

    The plane is cut into strips wherever an edge begins, ends or crosses another: within one, edges
    lie above one another, and every piece between two of them is a trapezium.
    """
    edges = [edge for side, shape in enumerate((left, right)) for edge in _edges(shape, side)]
    stops = {x for x1, _, x2, _, _ in edges for x in (x1, x2)}
    for one, other in combinations(edges, 2):
        x = _crossing(one, other)
        if x is not None:
            stops.add(x)
    total = Fraction(0)
    edges.sort()
    ordered = sorted(stops)
    for low, high in pairwise(ordered):
        middle = (low + high) / 2
        active = [edge for edge in edges if edge[0] <= low and edge[2] >= high]
        levels = sorted((_height(edge, middle), edge[4]) for edge in active)
        inside, under = [False, False], Fraction(0)
        for height, side in levels:
            if all(inside):
                total += (height - under) * (high - low)
            inside[side] = not inside[side]
            under = height
    return total


def _edges(shape: BaseGeometry, side: int) -> list[Edge]:
    found = []
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            corners = [(Fraction(x), Fraction(y)) for x, y in ring.coords]
            for a, b in pairwise(corners):
                (x1, y1), (x2, y2) = min(a, b), max(a, b)
                if x1 < x2:  # upright ones bound no trapezium
                    found.append((x1, y1, x2, y2, side))
    return found


def _height(edge: Edge, x: Fraction) -> Fraction:
    x1, y1, x2, y2, _ = edge
    return y1 + (y2 - y1) * (x - x1) / (x2 - x1)


def _crossing(one: Edge, other: Edge) -> Fraction | None:
    """Where two edges cross strictly within both, by x."""
    low, high = max(one[0], other[0]), min(one[2], other[2])
    if low >= high:
        return None
    before = _height(one, low) - _height(other, low)
    after = _height(one, high) - _height(other, high)
    if before * after >= 0:
        return None
    return low + (high - low) * before / (before - after)
