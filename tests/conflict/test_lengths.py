"""The length of lines inside polygons, without geometry: both kernels, GEOS, exact arithmetic."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from conflict import Shapes, Site, kernel
from conflict.kernel import APART, CROSSING, DOUBTFUL, LEFT_WITHIN, Name

from .nasty import EAST, NORTH, giant_ring, moved, nasty_pairs
from .test_kernel import KERNELS, measured
from .test_overlay import array, polygons


@pytest.fixture(params=KERNELS)
def each_kernel(request: pytest.FixtureRequest) -> Iterator[Name]:
    with kernel.using(request.param):
        yield request.param


SQUARE, LAKE = box(0, 0, 10, 10), box(0, 0, 10, 10) - box(3, 3, 7, 7)
ISLAND = MultiPolygon([LAKE, box(4, 4, 6, 6)])


@pytest.mark.parametrize(
    ("line", "polygon", "length", "kind"),
    [
        (LineString([(-5, 5), (5, 5)]), SQUARE, 5, CROSSING),
        (LineString([(5, 5), (15, 5)]), SQUARE, 5, CROSSING),
        (LineString([(-5, 5), (15, 5)]), LAKE, 6, CROSSING),
        (LineString([(5, 5), (15, 5)]), LAKE, 3, CROSSING),
        (LineString([(-5, 5), (15, 5)]), ISLAND, 8, CROSSING),
        (LineString([(5, -5), (5, 1), (6, 1), (6, -5)]), SQUARE, 3, CROSSING),
        (LineString([(5, -5), (5, 5), (5, 5), (5, 15)]), SQUARE, 10, CROSSING),
        (MultiLineString([[(1, 1), (1, 4)], [(2, -5), (2, 5)], [(20, 0), (20, 9)]]), SQUARE, 8,
         CROSSING),
        (MultiLineString([[(-5, 4), (5, 4)], [(5, 4), (5, 6)]]), SQUARE, 7, CROSSING),
        (LineString([(1, 1), (1, 4)]), SQUARE, 3, LEFT_WITHIN),
        (LineString([(1, 1), (10 - 1e-9, 1)]), SQUARE, 9, LEFT_WITHIN),
        (LineString([(5, 5), (10 - 1e-9, 5), (15, 6)]), SQUARE, 5, CROSSING),
        (LineString([(10 + 1e-9, 2), (10 + 1e-9, 8)]), SQUARE, 0, APART),
        (LineString([(4, 4), (6, 6)]), LAKE, 0, APART),
        (LineString([(-6, 5), (5, 16)]), SQUARE, 0, APART),
    ],
    ids=[
        "in", "out", "over the lake", "from the lake", "over the island", "in and out",
        "with a corner twice", "in parts", "parts end to end", "within", "within, beside the edge",
        "turning beside the edge", "beside the edge", "in the lake", "past a corner",
    ],
)  # fmt: skip
def test_a_line_is_measured_where_it_crosses_properly(
    each_kernel: Name, line: BaseGeometry, polygon: BaseGeometry, length: float, kind: int
) -> None:
    assert measured(line, polygon) == (pytest.approx(length, abs=1e-8), kind)


@pytest.mark.parametrize(
    ("line", "length"),
    [
        (LineString([(10, 2), (10, 8)]), 6),
        (LineString([(5, 5), (10, 5), (10, 15)]), 10),
        (LineString([(5, 15), (15, 5)]), 0),
        (LineString([(-5, -5), (15, 15)]), math.hypot(10, 10)),
        (LineString([(5, 5), (10, 5)]), 5),
        (LineString([(10, 5), (20, 5)]), 0),
        (LineString([(5, 5), (15, 5), (5, 5)]), 5),
        (LineString([(5, 5), (15, 5), (15, 6), (15, 5), (4, 5)]), 6),
        (MultiLineString([[(5, 5), (15, 5)], [(8, 5), (9, 5)]]), 5),
    ],
    ids=[
        "along an edge", "in, then along an edge", "at a corner", "through two corners",
        "ends on the edge", "begins on the edge", "there and back",
        "there and back and further", "parts over each other",
    ],
)  # fmt: skip
def test_a_line_that_touches_the_boundary_or_runs_over_itself_is_measured_by_geos(
    each_kernel: Name, line: BaseGeometry, length: float
) -> None:
    if each_kernel == "compiled":
        assert measured(line, SQUARE)[1] == DOUBTFUL
    layer = Shapes.from_geometries(array(line))
    site = Site(SQUARE)
    found = site.meet([layer])
    assert found.measure.tolist() == pytest.approx([length] if length else [], abs=1e-7)
    drawn, failures = site.shared([layer], found)
    assert shapely.length(drawn).sum() == pytest.approx(length, abs=1e-7)
    assert failures == []


steps = st.integers(-300_0000, 300_0000)
lines = st.lists(st.tuples(steps, steps), min_size=2, max_size=40).map(
    lambda corners: LineString([(EAST + x * 1e-4, NORTH + y * 1e-4) for x, y in corners])
)
some_lines = st.lists(lines.filter(lambda line: line.length > 0), min_size=1, max_size=3).map(
    shapely.multilinestrings
)


@settings(max_examples=200)
@given(some_lines, polygons())
def test_a_line_shares_the_length_that_geos_draws(line: BaseGeometry, site: Polygon) -> None:
    drawn = shapely.intersection(moved_back(line), moved_back(site)).length
    for name in KERNELS:
        with kernel.using(name):
            found = Site(site).meet([Shapes.from_geometries(array(line))])
            # one that lies within is shared as it is, even where it runs over itself
            whole = found.kind.tolist() == [LEFT_WITHIN]
            expected = line.length if whole else drawn
            assert found.measure.sum() == pytest.approx(expected, rel=1e-9, abs=1e-6)


def moved_back(shape: BaseGeometry) -> BaseGeometry:
    """Near the origin, where GEOS rounds less; moving by whole metres rounds nothing."""
    return shapely.transform(shape, lambda xy: xy - (EAST, NORTH))


small = st.integers(-12, 12)
corners = st.lists(st.tuples(small, small), min_size=2, max_size=6)
frames = st.tuples(small, small, st.integers(1, 9), st.integers(1, 9))


def exact_share(a: tuple[int, ...], b: tuple[int, ...], low: int, high: int, axis: int) -> tuple:
    """From which share of a → b to which it lies between low and high on one axis."""
    start, run = Fraction(a[axis]), Fraction(b[axis] - a[axis])
    if run == 0:
        return (Fraction(0), Fraction(1)) if low <= start <= high else (Fraction(0), Fraction(0))
    ends = sorted(((low - start) / run, (high - start) / run))
    return max(ends[0], Fraction(0)), min(ends[1], Fraction(1))


@settings(max_examples=300)
@given(corners, frames)
def test_a_length_in_a_square_is_what_exact_arithmetic_says(
    path: list[tuple[int, int]], frame: tuple[int, int, int, int]
) -> None:
    x, y, wide, high = frame
    expected = 0.0
    for a, b in pairwise(path):
        in_x, in_y = exact_share(a, b, x, x + wide, 0), exact_share(a, b, y, y + high, 1)
        share = min(in_x[1], in_y[1]) - max(in_x[0], in_y[0])
        expected += float(max(share, Fraction(0))) * math.dist(a, b)
    line = moved(LineString(path), EAST, NORTH)
    square = moved(box(x, y, x + wide, y + high), EAST, NORTH)
    said, kind = measured(line, square)
    if kind != DOUBTFUL:
        assert said == pytest.approx(expected, rel=1e-12, abs=1e-9)


@settings(max_examples=150)
@given(nasty_pairs())
def test_lines_through_and_along_nasty_shapes_share_what_geos_says(
    pair: tuple[BaseGeometry, BaseGeometry],
) -> None:
    # the outline of one shape as lines, against the ground of the other
    outline, ground = shapely.boundary(pair[0]), pair[1]
    origin = np.floor(shapely.bounds(pair[1])[:2])
    near = [shapely.transform(shape, lambda xy: xy - origin) for shape in (outline, ground)]
    drawn = shapely.intersection(near[0], near[1]).length
    slack = 1e-6 + shapely.get_num_coordinates(outline) * np.spacing(1e7)
    for name in KERNELS:
        with kernel.using(name):
            said, kind = measured(outline, ground)
            if kind in {APART, CROSSING}:
                assert said == pytest.approx(drawn, rel=1e-9, abs=slack)


def test_a_long_line_over_a_giant_is_measured_as_geos_draws_it() -> None:
    giant = moved(giant_ring(), EAST, NORTH)
    turn = np.linspace(0, 40, 3_000)
    spiral = LineString(np.column_stack([
        EAST + 137 * turn * np.cos(turn), NORTH + 137.5 * turn * np.sin(turn)
    ]))  # fmt: skip
    ring = LineString(moved(giant_ring(5_000, 4_900, 700), EAST, NORTH).exterior.coords)
    for line in (spiral, ring):
        said, kind = measured(line, giant)
        assert kind == CROSSING
        assert said == pytest.approx(shapely.intersection(line, giant).length, rel=1e-9)


def test_a_line_that_crosses_is_not_drawn_to_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_sides: object, **_options: object) -> object:
        raise AssertionError

    monkeypatch.setattr(shapely, "intersection", never)
    layer = Shapes.from_geometries(array(LineString([(-5, 5), (5, 5)])))
    site = Site(SQUARE)
    found = site.meet([layer])
    assert found.measure.tolist() == [5]
    drawn, _ = site.shared([layer], found)
    assert drawn[0].equals(LineString([(0, 5), (5, 5)]))
