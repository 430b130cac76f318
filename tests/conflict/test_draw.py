"""What the kernel draws itself: the shapes that GEOS draws, and what it leaves to GEOS."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from conflict import Shapes, kernel, overlay, shared_geometry
from conflict.shapes import draw_shared

from .nasty import EAST, NORTH, exact_shared_m2, giant_ring, moved, nasty_pairs, pinched, star
from .test_overlay import array, polygons


def drawn(left: BaseGeometry, right: BaseGeometry) -> BaseGeometry | None:
    """What the compiled kernel draws; None for what it leaves to GEOS."""
    with kernel.using("compiled"):
        one, other = (Shapes.from_geometries(array(side)) for side in (left, right))
        row = np.zeros(1, dtype=np.int64)
        kind = np.full(1, kernel.CROSSING, dtype=np.int8)
        return draw_shared([one.flat], row, row, one.dimension, kind, other, row)[0]


SQUARE, LAKE = box(0, 0, 10, 10), box(0, 0, 10, 10) - box(3, 3, 7, 7)
COMB = Polygon([(-1, 1), (11, 1), (11, 2), (5, 2), (5, 4), (11, 4), (11, 5), (-1, 5)])
LINE = LineString([(-5, 5), (15, 5)])


@pytest.mark.parametrize(
    ("left", "right", "parts", "holes"),
    [
        (SQUARE, box(5, -5, 15, 5), 1, 0),
        (box(2, -5, 8, 15), SQUARE, 1, 0),
        (SQUARE.reverse(), box(5, -5, 15, 5), 1, 0),
        (Polygon([(-1, 4), (11, 4), (5, 20)]), Polygon([(-1, 6), (11, 6), (5, -9)]), 1, 0),
        (COMB, box(7, -5, 9, 15), 2, 0),
        (box(-5, 4, 15, 6), LAKE, 2, 0),
        (LAKE, box(-5, 2, 15, 8), 1, 1),
        (box(2, 2, 8, 8), LAKE, 1, 1),
        (LAKE, box(2, 2, 12, 8), 1, 1),
        (MultiPolygon([box(-5, 1, 5, 2), box(-5, 3, 5, 4), box(4, 6, 5, 7)]), SQUARE, 3, 0),
        (LINE, SQUARE, 1, 0),
        (LINE, LAKE, 2, 0),
        (LineString([(5, 5), (15, 5), (15, 1), (5, 1)]), SQUARE, 2, 0),
        (MultiLineString([[(1, 1), (2, 2)], [(20, 20), (21, 21)], [(5, 5), (5, 50)]]), SQUARE, 2,
         0),
    ],
    ids=[
        "across a corner", "a band", "walked the other way", "two tips", "teeth",
        "over a lake", "a lake in a band", "around a lake", "around a lake, out of the edge",
        "parts, one within", "a line", "a line over a lake", "out and in again", "lines",
    ],
)  # fmt: skip
def test_what_crosses_properly_the_kernel_draws(
    left: BaseGeometry, right: BaseGeometry, parts: int, holes: int
) -> None:
    shape = drawn(left, right)
    assert shape is not None
    assert shape.is_valid
    assert shapely.hausdorff_distance(shape, shapely.intersection(left, right)) < 1e-12
    assert shapely.get_num_geometries(shape) == parts
    if left.geom_type.endswith("Polygon"):
        rings = shapely.get_num_interior_rings(shapely.get_parts(shape))
        assert rings.sum() == holes
        assert not shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(shape))).any()
    assert shape.geom_type.startswith("Multi") == (parts > 1)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (SQUARE, SQUARE),
        (SQUARE, box(5, 0, 15, 10)),
        (SQUARE, Polygon([(5, 5), (10, 5), (15, 20), (5, 20)])),
        (SQUARE, box(5, 5e-5, 15, 5)),
        (Polygon([(-5, 5), (5, 10 + 1e-9), (15, 5), (15, 20), (-5, 20)]), SQUARE),
        (MultiPolygon([LAKE, box(20, 0, 30, 10)]), box(-5, 2, 35, 8)),
        (pinched(), box(10, -5, 30, 70)),
        (LineString([(5, 5), (5, 15), (5, 4)]), SQUARE),
        (LineString([(-5, -5), (15, 15)]), SQUARE),
        (shapely.Point(5, 5), SQUARE),
        (SQUARE, Polygon()),
    ],
    ids=[
        "equal", "along an edge", "a corner on an edge", "an edge beside an edge",
        "a tip thinner than the grid", "parts with holes", "holes that touch", "there and back",
        "a line through corners", "a point", "nothing",
    ],
)  # fmt: skip
def test_what_touches_or_is_too_fine_is_left_to_geos(
    left: BaseGeometry, right: BaseGeometry
) -> None:
    assert drawn(left, right) is None


@settings(max_examples=300)
@given(nasty_pairs())
def test_what_the_kernel_draws_has_the_exact_area(pair: tuple[BaseGeometry, BaseGeometry]) -> None:
    shape = drawn(*pair)
    if shape is not None:
        outline = shapely.length(pair[0]) * np.spacing(1e7)
        exact = float(exact_shared_m2(*pair))
        assert shape.is_valid
        assert shape.area == pytest.approx(exact, rel=1e-9, abs=1e-6 + outline)


stars = st.builds(
    lambda seed, corners, x, y: moved(
        star(np.random.default_rng(seed), corners), EAST + x, NORTH + y
    ),
    st.integers(0, 2**32 - 1), st.integers(5, 60), st.floats(-50, 50), st.floats(-50, 50),
).filter(lambda shape: shape.is_valid)  # fmt: skip


@settings(max_examples=300)
@given(stars, stars)
def test_stars_are_drawn_as_geos_draws_them(left: Polygon, right: Polygon) -> None:
    # out of each, what the other one has: holes and parts
    for one, other in ((left, right), (left.boundary, right)):
        shape, expected = drawn(one, other), shapely.intersection(one, other)
        if shape is None:
            continue
        assert shape.is_valid
        assert shapely.symmetric_difference(shape, expected).area == pytest.approx(0, abs=1e-6)
        assert shape.length == pytest.approx(expected.length, rel=1e-9, abs=1e-6)
        assert shapely.hausdorff_distance(shape, expected) == pytest.approx(0, abs=1e-6)


@settings(max_examples=200)
@given(polygons(), polygons(), polygons())
def test_shapes_with_holes_are_drawn_as_geos_draws_them(
    left: Polygon, hole: Polygon, right: Polygon
) -> None:
    pierced = shapely.difference(left, hole)
    # what is cut has corners off the grid that touch what cut it: it meets a third shape
    for one, other in ((pierced, right), (right, pierced)):
        shape = drawn(one, other)
        if shape is not None:
            expected = shapely.intersection(one, other)
            assert shape.is_valid
            assert shapely.symmetric_difference(shape, expected).area == pytest.approx(0, abs=1e-6)


def test_a_giant_is_drawn_where_plots_cross_it() -> None:
    giant = moved(giant_ring(), EAST, NORTH)
    steps = np.linspace(0, 1, 25)
    spots = shapely.line_interpolate_point(giant.exterior, steps, normalized=True)
    plots = shapely.buffer(spots, 40.0, quad_segs=2)
    large, small = (Shapes.from_geometries(side) for side in (array(giant), plots))
    for left, right in ((large, small), (small, large)):
        found = overlay(left, right)
        shapes, failures = shared_geometry(left, right, found)
        assert failures == []
        assert shapely.is_valid(shapes).all()
        expected = shapely.intersection(giant, plots)
        off = shapely.symmetric_difference(shapes, expected)
        assert shapely.area(off) == pytest.approx(0, abs=1e-5)
