"""Overlays of layers and of one site: the cases as text, and laws that hold for any polygons."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point, Polygon, box

from conflict import Shapes, candidate_pairs, overlay_site, shared_geometry
from conflict import overlay as overlay_shapes

GRID = 1e-4
EAST, NORTH = 610_000.0, 2_708_000.0


def array(*shapes: object) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


@dataclass
class Found:
    left: np.ndarray
    right: np.ndarray
    geometry: np.ndarray


def overlay(left: np.ndarray, right: np.ndarray) -> Found:
    a, b = Shapes.from_geometries(left), Shapes.from_geometries(right)
    found = overlay_shapes(a, b)
    drawn, failures = shared_geometry(a, b, found)
    assert failures == []
    return Found(found.left, found.right, drawn)


def shared(left: np.ndarray, right: np.ndarray) -> dict[tuple[int, int], float]:
    """The area in m² of every pair that the overlay names."""
    found = overlay(left, right)
    pairs = zip(found.left.tolist(), found.right.tolist(), strict=True)
    return dict(zip(pairs, shapely.area(found.geometry).tolist(), strict=True))


def same_areas(a: dict[tuple[int, int], float], b: dict[tuple[int, int], float]) -> bool:
    return all(math.isclose(a.get(k, 0), b.get(k, 0), abs_tol=1e-5) for k in a.keys() | b.keys())


@st.composite
def polygons(draw: st.DrawFn) -> Polygon:
    """A star of 3 to 9 corners on the store's grid, up to 400 m wide, some 300 m off the middle."""
    count = draw(st.integers(3, 9))
    middle = [draw(st.integers(-3_000_000, 3_000_000)) for _ in range(2)]
    radii = draw(st.lists(st.floats(1, 200), min_size=count, max_size=count))
    turn = draw(st.floats(0, 1))
    corners = [
        (
            EAST + round(middle[0] + 1e4 * r * math.cos((k + turn) * math.tau / count)) * GRID,
            NORTH + round(middle[1] + 1e4 * r * math.sin((k + turn) * math.tau / count)) * GRID,
        )
        for k, r in enumerate(radii)
    ]
    shape = Polygon(corners)
    return shape if shape.is_valid else shape.convex_hull


layers = st.lists(polygons(), min_size=1, max_size=6).map(lambda shapes: array(*shapes))
cells = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(1, 3)] * 2)
cell_layers = st.lists(cells, max_size=8)


def squares(rows: list[tuple[int, int, int, int]]) -> np.ndarray:
    return array(*(box(EAST + x, NORTH + y, EAST + x + w, NORTH + y + h) for x, y, w, h in rows))


def test_a_case_shares_its_area_and_touching_is_no_overlap(overlay_case: Any) -> None:
    found = overlay(array(overlay_case.left), array(overlay_case.right))
    assert len(found.left) == len(found.right) == (1 if overlay_case.area else 0)
    assert shapely.area(found.geometry).sum() == pytest.approx(overlay_case.area, abs=1e-9)
    assert set(shapely.get_dimensions(found.geometry)) <= {2}


def test_a_case_is_the_same_seen_from_the_other_side(overlay_case: Any) -> None:
    there = shared(array(overlay_case.left), array(overlay_case.right))
    back = shared(array(overlay_case.right), array(overlay_case.left))
    assert there.keys() == back.keys()
    assert sum(there.values()) == pytest.approx(sum(back.values()), abs=1e-9)


@given(polygons(), polygons())
def test_what_is_shared_and_what_is_left_make_up_the_whole(a: Polygon, b: Polygon) -> None:
    both = sum(shared(array(a), array(b)).values())
    assert both + shapely.difference(a, b).area == pytest.approx(a.area, abs=1e-5)
    assert both + shapely.difference(b, a).area == pytest.approx(b.area, abs=1e-5)


@given(layers, layers)
def test_an_overlay_is_symmetric(left: np.ndarray, right: np.ndarray) -> None:
    back = {(i, j): area for (j, i), area in shared(right, left).items()}
    assert same_areas(shared(left, right), back)


@given(layers, layers, st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_moving_both_layers_by_grid_steps_changes_nothing(
    left: np.ndarray, right: np.ndarray, east: int, north: int
) -> None:
    def moved(shapes: np.ndarray) -> np.ndarray:
        return shapely.transform(shapes, lambda xy: np.round(xy / GRID + (east, north)) * GRID)

    assert same_areas(shared(left, right), shared(moved(left), moved(right)))


@given(layers, layers)
def test_the_pairs_are_those_of_a_loop_over_all(left: np.ndarray, right: np.ndarray) -> None:
    every = {
        (i, j): shapely.intersection(a, b).area
        for i, a in enumerate(left)
        for j, b in enumerate(right)
    }
    assert same_areas(shared(left, right), every)


@given(cell_layers, cell_layers)
def test_squares_that_touch_in_every_way_share_what_arithmetic_says(
    left: list[tuple[int, int, int, int]], right: list[tuple[int, int, int, int]]
) -> None:
    expected = {}
    for i, (x, y, w, h) in enumerate(left):
        for j, (u, v, p, q) in enumerate(right):
            wide, high = min(x + w, u + p) - max(x, u), min(y + h, v + q) - max(y, v)
            if wide > 0 and high > 0:
                expected[i, j] = wide * high
    assert shared(squares(left), squares(right)) == expected


@given(cell_layers, cell_layers)
def test_candidates_are_every_pair_that_meets_in_order(
    left: list[tuple[int, int, int, int]], right: list[tuple[int, int, int, int]]
) -> None:
    a, b = squares(left), squares(right)
    i, j = candidate_pairs(a, b)
    expected = [(m, n) for m in range(len(a)) for n in range(len(b)) if a[m].intersects(b[n])]
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == expected


def test_an_empty_layer_overlaps_nothing() -> None:
    one, none = array(box(0, 0, 1, 1)), array()
    for left, right in ((one, none), (none, one), (none, none)):
        found = overlay(left, right)
        assert (len(found.left), len(found.right), len(found.geometry)) == (0, 0, 0)


SITE = box(0, 0, 10, 10)


def test_a_site_shares_area_length_and_points_each_in_its_dimension() -> None:
    features = array(
        box(8, 8, 20, 20),
        LineString([(-5, 5), (5, 5)]),
        MultiPoint([(1, 1), (2, 2), (50, 50)]),
        MultiLineString([[(0, 1), (3, 1)], [(20, 20), (30, 30)]]),
    )
    rows, met = overlay_site(SITE, features)
    assert rows.tolist() == [0, 1, 2, 3]
    assert shapely.get_dimensions(met).tolist() == [2, 1, 0, 1]
    assert met[0].area == pytest.approx(4)
    assert [met[1].length, met[3].length] == pytest.approx([5, 3])
    assert shapely.get_num_geometries(met[2]) == 2


@pytest.mark.parametrize(
    "feature",
    [
        box(10, 0, 20, 10),
        box(10, 10, 20, 20),
        LineString([(10, 5), (20, 5)]),
        LineString([(5, 15), (15, 5)]),
        Point(10.0001, 5),
    ],
    ids=["an edge", "a corner", "a line's end", "a line at a corner", "a point beside it"],
)
def test_a_feature_that_only_touches_the_site_shares_nothing(feature: object) -> None:
    rows, met = overlay_site(SITE, array(feature))
    assert (len(rows), len(met)) == (0, 0)


def test_a_point_on_the_boundary_counts_as_inside() -> None:
    rows, met = overlay_site(SITE, array(Point(50, 50), Point(10, 5)))
    assert rows.tolist() == [1]
    assert met[0].equals(Point(10, 5))


def test_a_line_that_leaves_and_comes_back_shares_its_parts_without_the_touches() -> None:
    bow = LineString([(2, 5), (12, 5), (12, 10), (10, 10), (12, 12)])
    _, met = overlay_site(SITE, array(bow))
    assert met[0].equals(LineString([(2, 5), (10, 5)]))


@given(polygons(), layers)
def test_a_site_shares_with_a_layer_what_an_overlay_says(site: Polygon, layer: np.ndarray) -> None:
    rows, met = overlay_site(site, layer)
    areas = {(0, row): shape.area for row, shape in zip(rows.tolist(), met, strict=True)}
    assert same_areas(areas, shared(array(site), layer))
