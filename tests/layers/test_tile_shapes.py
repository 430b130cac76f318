"""Shapes on a tile's grid: laws that hold for all of them, and cases by hand."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.mvt import Drawn
from layers.tile_cells import cells_of
from layers.tile_runs import Runs, areas
from layers.tile_shapes import draw

RING = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=9, unique=True
)


def runs_of(*rings: list[tuple[float, float]], dimension: int = 2) -> Runs:
    """Features of one ring each, polygons without their closing coordinate."""
    each = np.arange(len(rings) + 1)
    xy = np.array([place for ring in rings for place in ring], dtype=np.float64).reshape(-1, 2)
    return Runs(dimension, xy, np.cumsum([0, *map(len, rings)]), each, each)


def coordinates(drawn: Drawn) -> list[list[int]]:
    return drawn.xy.tolist()


@given(st.lists(RING, min_size=1, max_size=4))
def test_what_is_taken_for_a_star_crosses_nothing(rings):
    runs = runs_of(*rings)
    for star, shape in zip(runs.stars(), runs.shapes(), strict=True):
        assert not star or shape.is_valid


@given(RING)
def test_a_convex_polygon_is_a_star(ring):
    hull = shapely.convex_hull(shapely.multipoints(ring))
    if hull.geom_type == "Polygon":
        assert runs_of(list(hull.exterior.coords)[:-1]).stars().all()


@given(RING, st.sampled_from([1, 4]))
def test_drawn_polygons_are_valid_and_turn_as_they_must(ring, grid: int):
    for drawn, _ in draw(runs_of(ring), grid):
        closed = [
            drawn.xy[a:b] for a, b in zip(drawn.ring_start, drawn.ring_start[1:], strict=False)
        ]
        signs = np.sign(areas(drawn.xy.astype(float), drawn.ring_start))
        outer = set(drawn.part_start[:-1].tolist())
        assert all((sign > 0) == (n in outer) for n, sign in enumerate(signs))
        parts = [
            shapely.Polygon(closed[first], closed[first + 1 : last])
            for first, last in zip(drawn.part_start, drawn.part_start[1:], strict=False)
        ]
        assert shapely.MultiPolygon(parts).is_valid


def test_repeated_coordinates_straight_lines_and_spikes_are_left_out():
    ring = [(0, 0), (0.2, 0.1), (10, 0), (20, 0), (20, 10), (20, 30), (20, 10), (0, 10)]
    ((drawn, places),) = draw(runs_of(ring), 1)
    assert places.tolist() == [0]
    assert coordinates(drawn) == [[0, 0], [20, 0], [20, 10], [0, 10]]


def test_a_bow_tie_becomes_two_triangles():
    ((drawn, _),) = draw(runs_of([(0, 0), (20, 20), (20, 0), (0, 20)]), 1)
    assert len(drawn.part_start) - 1 == 2
    assert areas(drawn.xy.astype(float), drawn.ring_start).tolist() == [100, 100]


def test_a_polygon_that_would_lose_half_its_ground_is_drawn_on_single_units():
    narrow = [(0, 0), (400, 0), (400, 1.4), (0, 1.4)]
    ((drawn, _),) = draw(runs_of(narrow), 4)
    assert coordinates(drawn) == [[0, 0], [400, 0], [400, 1], [0, 1]]


def test_what_has_no_extent_is_a_unit_or_a_dash_and_never_nothing():
    ((unit, _),) = draw(runs_of([(7.1, 7.1), (7.2, 7.1), (7.2, 7.2)]), 4)
    assert coordinates(unit) == [[7, 7], [8, 7], [8, 8], [7, 8]]
    ((dash, _),) = draw(runs_of([(7.1, 7.1), (7.2, 7.2), (7.3, 7.1)], dimension=1), 4)
    assert coordinates(dash) == [[8, 8], [12, 8]]


def test_what_reaches_over_the_buffer_is_clipped_there():
    ((drawn, _),) = draw(runs_of([(-500, 10), (500, 10), (500, 20), (-500, 20)]), 1)
    assert sorted(coordinates(drawn)) == [[-64, 10], [-64, 20], [500, 10], [500, 20]]
    ((line, _),) = draw(runs_of([(-500, 10), (5000, 10)], dimension=1), 1)
    assert coordinates(line) == [[-64, 10], [4160, 10]]
    assert list(draw(runs_of([(-500, 10), (-400, 10), (-400, 20)]), 1)) == []
    ((points, _),) = draw(runs_of([(-65, 1), (-64, 1), (1, 4160)], dimension=0), 1)
    assert coordinates(points) == [[-64, 1], [1, 4160]]


@pytest.mark.parametrize("fewest", [1, 2])
def test_cells_have_the_largest_feature_the_count_and_the_sum(fewest: int):
    middle = np.array([[1, 1], [2, 2], [3, 3], [20, 20], [-1, 5], [4097, 5]], dtype=float)
    size = np.array([1.0, 5.0, 5.0, 7.0, 9.0, 9.0])
    rank = np.array([0, 2, 1, 3, 5, 4])
    cells = cells_of(middle, size, rank, 16, fewest)
    # what has its middle outside the tile is its neighbour's
    shared = {1: ([1, 3], [3, 1], [11.0, 7.0]), 2: ([1], [3], [11.0])}[fewest]
    found = (cells.largest.tolist(), cells.count.tolist(), cells.size.tolist())
    assert found == shared
    assert cells.alone.tolist() == ([] if fewest == 1 else [3])
