"""The intersection's fallback chain: what is credible, what is tried next, what is a failure."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.errors import GEOSException
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from conflict import OverlayError
from conflict.casefile import Case, load_case
from conflict.credible import doubts
from conflict.fallback import Method
from conflict.intersect import Intersections, intersect, intersect_pairs
from conflict.parts import only_dimension

from .nasty import (
    EAST,
    NORTH,
    bow_tie_invalid,
    digitised_again,
    exact_shared_m2,
    giant_ring,
    moved,
    nasty_pairs,
)

LEFT, RIGHT = box(0, 0, 10, 10), box(6, 4, 16, 14)
SHARED = box(6, 4, 10, 10)
REAL = shapely.intersection
CASES = sorted((Path(__file__).parents[1] / "cases" / "overlay").glob("*.json"))
Fake = Callable[..., object]


def array(*shapes: object) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def one(left: object, right: object, *expected: float) -> Intersections:
    return intersect(array(left), array(right), 2, np.array(expected) if expected else None)


def rounding(left: BaseGeometry, right: BaseGeometry) -> float:
    """What every corner moved to the next double can change of an area, and 1e-6 m²."""
    outline = left.length + right.length
    return float(1e-6 + 4 * outline * np.spacing(np.abs(left.bounds).max()))


def failing(monkeypatch: pytest.MonkeyPatch, when: Callable[..., bool], *results: object) -> None:
    """Let GEOS fail, or answer with what is given, when it is asked so."""

    def fake(a: object, b: object, grid_size: float | None = None) -> object:
        if not when(a, b, grid_size):
            return REAL(a, b, grid_size=grid_size)
        if not results:
            raise GEOSException("TopologyException: side location conflict at 610000 2708000")
        return array(*results) if isinstance(a, np.ndarray) else results[0]

    monkeypatch.setattr(shapely, "intersection", fake)


def test_pairs_are_intersected_one_by_one() -> None:
    found = intersect(array(LEFT, RIGHT), array(RIGHT, box(0, 0, 7, 5)), 2)
    assert shapely.area(found.geometry).tolist() == [24, 1]
    assert found.method.tolist() == [Method.FLOAT] * 2
    assert (found.failures, len(found.disputed)) == ((), 0)


def test_no_pairs_give_no_geometries() -> None:
    for expected in (None, np.empty(0)):
        found = intersect(array(), array(), 2, expected)
        assert (len(found.geometry), len(found.method), found.failures) == (0, 0, ())


@pytest.mark.parametrize(
    ("met", "dimension", "expected"),
    [
        (SHARED, 2, True),
        (box(6, 4, 10, 10.0005), 2, True),
        (box(6, 4, 10, 10.01), 2, False),
        (box(5, 4, 10, 10), 2, False),
        (LEFT, 2, False),
        (LineString([(6, 4), (10, 10)]), 1, True),
        (LineString([(6, 4), (11, 10)]), 1, False),
        (Point(0, 0), 0, False),
        (shapely.from_wkt("POLYGON EMPTY"), 2, True),
        (None, 2, False),
    ],
)
def test_a_credible_result_lies_in_both_boxes(
    met: BaseGeometry, dimension: int, expected: bool
) -> None:
    doubted = doubts(array(met), array(LEFT), array(RIGHT), dimension)
    assert doubted.tolist() == [not expected]


def test_a_result_within_the_boxes_but_larger_than_a_side_is_not_credible() -> None:
    thin = shapely.from_wkt("POLYGON ((0 0, 10 9.9, 10 10, 0 0))")
    assert doubts(array(LEFT), array(LEFT), array(thin), 2)[0]
    line, longer = LineString([(0, 0), (10, 0)]), LineString([(0, 0), (10, 0.5), (0, 1)])
    assert doubts(array(longer), array(line), array(LEFT), 1)[0]
    twice = MultiPoint([(1, 1), (2, 2)])
    assert doubts(array(twice), array(LEFT), array(Point(1, 1)), 0)[0]


@pytest.mark.parametrize(
    ("expected", "doubted"), [(24, False), (24 + 9e-7, False), (24 + 1e-5, True), (np.nan, False)]
)
def test_a_result_is_held_against_the_area_that_is_expected(expected: float, doubted: bool) -> None:
    sides = array(SHARED), array(LEFT), array(RIGHT)
    assert doubts(*sides, 2, np.array([expected])).tolist() == [doubted]


def test_where_the_area_is_unknown_the_result_is_held_against_the_law_of_areas() -> None:
    half = box(6, 4, 10, 7)
    sides = array(half), array(LEFT), array(RIGHT)
    assert not doubts(*sides, 2)[0]
    assert doubts(*sides, 2, np.array([np.nan]))[0]


def test_one_pair_that_raises_leaves_all_others_as_they_are() -> None:
    rng = np.random.default_rng(1)
    places = rng.uniform(0, 1000, (1500, 2))
    left = array(*(box(x, y, x + 30, y + 30) for x, y in places))
    right = array(*(box(x + 10, y + 10, x + 50, y + 50) for x, y in places))
    left[[7, 700, 701, 1499]] = array(*[bow_tie_invalid(1000.0)] * 4)
    found = intersect(left, right, 2)
    assert found.method.tolist() == [
        Method.REPAIRED if k in {7, 700, 701, 1499} else Method.FLOAT for k in range(1500)
    ]
    assert shapely.area(found.geometry[found.method == 0]) == pytest.approx(400)


def test_a_pair_that_fails_in_floating_point_is_overlaid_on_the_grid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing(monkeypatch, lambda _a, _b, grid: grid is None)
    for expected in ((), (24.0,), (np.nan,)):
        found = one(LEFT, RIGHT, *expected)
        assert found.method.tolist() == [Method.SNAPPED]
        assert found.geometry[0].area == pytest.approx(24)
        assert shapely.get_precision(found.geometry[0]) == 0


def test_a_result_that_cannot_be_is_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, lambda _a, _b, grid: grid is None, LEFT)
    found = one(LEFT, RIGHT)
    assert found.method.tolist() == [Method.SNAPPED]
    assert found.geometry[0].equals(SHARED)


def test_a_result_that_is_less_than_it_must_be_is_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing(monkeypatch, lambda _a, _b, grid: grid is None, box(6, 4, 10, 7))
    for expected in (24.0, np.nan):
        found = one(LEFT, RIGHT, expected)
        assert found.method.tolist() == [Method.SNAPPED]
        assert found.geometry[0].equals(SHARED)


def test_an_invalid_side_is_repaired_as_the_last_resort() -> None:
    found = one(bow_tie_invalid(10.0), box(0, 0, 5, 10))
    assert found.method.tolist() == [Method.REPAIRED]
    assert found.geometry[0].area == pytest.approx(25)


def test_parts_that_lie_on_one_another_share_their_ground_once() -> None:
    parts = [box(0, 0, 30, 30), box(20, 20, 50, 50)]
    for pile in (shapely.geometrycollections(parts), shapely.multipolygons(parts)):
        for expected in ((), (925.0,), (np.nan,)):
            found = one(pile, box(10, 10, 45, 45), *expected)
            assert found.geometry[0].area == pytest.approx(925)


def test_an_area_that_stands_against_the_expected_one_is_taken_and_listed() -> None:
    found = intersect(array(LEFT, LEFT), array(RIGHT, RIGHT), 2, np.array([24.0, 23.0]))
    assert found.method.tolist() == [Method.FLOAT] * 2
    assert found.disputed.tolist() == [1]
    assert found.geometry[1].equals(SHARED)
    # what the grid cannot tell apart is no reason to take the coarser result
    close = one(LEFT, RIGHT, 24.0 + 1e-5)
    assert (close.method.tolist(), close.disputed.tolist()) == ([Method.FLOAT], [0])


def test_a_pair_that_nothing_solves_is_a_failure_that_does_not_say_where_it_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing(monkeypatch, lambda a, _b, _grid: shapely.equals(a, LEFT).any())
    kept: list[Case] = []
    found = intersect(array(RIGHT, LEFT), array(RIGHT, RIGHT), 2, keep=kept.append)
    assert found.method.tolist() == [Method.FLOAT, Method.FAILED]
    assert found.geometry[1] is None
    (failure,) = found.failures
    assert failure.pair == 1
    assert "float, snapped, repaired" in failure.reason
    assert "610000" not in failure.reason
    (case,) = kept
    assert (case.left, case.right) == (LEFT, RIGHT)
    assert [t.method for t in case.tries] == ["float", "snapped", "repaired"]
    assert all("610000" in t.said for t in case.tries)
    with pytest.raises(OverlayError, match=r"^two geometries have no credible intersection"):
        intersect_pairs(array(RIGHT, LEFT), array(RIGHT, RIGHT), 2)


@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_what_is_missing_or_not_finite_is_a_failure_of_its_own_pair(dimension: int) -> None:
    nowhere = Polygon(np.array([(0, 0), (30, 0), (np.inf, 30), (0, 30)]))
    for expected in (None, np.array([np.nan, 0, np.nan, 24])):
        left, right = array(None, LEFT, nowhere, LEFT), array(LEFT, None, LEFT, RIGHT)
        found = intersect(left, right, dimension, expected)
        assert [failure.pair for failure in found.failures][:2] == [0, 1]
        assert {failure.reason for failure in found.failures} <= {
            "a side is missing",
            "a coordinate is not finite",
        }
        assert (found.method[3], found.geometry[3].is_empty) == (Method.FLOAT, dimension < 2)


def test_an_empty_side_shares_nothing() -> None:
    for expected in ((), (0.0,), (np.nan,)):
        found = one(shapely.from_wkt("POLYGON EMPTY"), LEFT, *expected)
        assert (found.failures, found.geometry[0].is_empty) == ((), True)


MIXED = shapely.from_wkt(
    "GEOMETRYCOLLECTION (POINT (9 9), LINESTRING (0 0, 3 4),"
    " POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0)), MULTIPOLYGON (((5 5, 6 5, 6 6, 5 6, 5 5))))"
)


@pytest.mark.parametrize(
    ("dimension", "kind", "size"), [(0, "Point", 0), (1, "LineString", 5), (2, "MultiPolygon", 5)]
)
def test_only_the_parts_of_one_dimension_are_kept(dimension: int, kind: str, size: float) -> None:
    nested = shapely.geometrycollections([MIXED])
    for shapes in (array(MIXED), array(LEFT, nested, Point(0, 0))):
        (kept,) = only_dimension(shapes, dimension)[len(shapes) // 2 :][:1]
        assert kept.geom_type == kind
        assert (kept.length if dimension < 2 else kept.area) == pytest.approx(size)


@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_a_geometry_of_another_dimension_becomes_empty_and_a_missing_one_stays_missing(
    dimension: int,
) -> None:
    shapes = array(Point(0, 0), LineString([(0, 0), (1, 1)]), LEFT)
    kept = only_dimension(shapes, dimension)
    assert kept[dimension].equals(shapes[dimension])
    assert [k for k in range(3) if not kept[k].is_empty] == [dimension]
    assert only_dimension(array(None), dimension)[0] is None


@given(st.lists(st.lists(st.integers(0, 2), max_size=5), max_size=12), st.integers(0, 2))
def test_many_collections_are_sorted_as_one_by_one(rows: list[list[int]], dimension: int) -> None:
    def part(row: int, at: int, kind: int) -> BaseGeometry:
        x, y = 10.0 * row, 10.0 * at
        return (Point(x, y), LineString([(x, y), (x + 3, y)]), box(x, y, x + 2, y + 2))[kind]

    shapes = array(
        *(
            shapely.geometrycollections([part(row, at, kind) for at, kind in enumerate(kinds)])
            for row, kinds in enumerate(rows)
        )
    )
    kept = only_dimension(shapes, dimension)
    for row, kinds in enumerate(rows):
        alike = [part(row, at, kind) for at, kind in enumerate(kinds) if kind == dimension]
        assert shapely.get_num_geometries(kept[row]) == len(alike)
        assert kept[row].equals(shapely.union_all(alike)) or not alike
        assert kept[row].is_valid


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_file_has_the_area_that_it_says(path: Path) -> None:
    case = load_case(path)
    area = case.expected_m2
    assert area is not None
    sides = case.left, case.right
    sound = bool(shapely.is_valid(list(sides)).all())
    allowed = rounding(*sides)
    if sound:
        assert float(exact_shared_m2(*sides)) == pytest.approx(area, rel=1e-12, abs=1e-12)
    for left, right in (sides, sides[::-1]):
        for expected in ((), (area,), (np.nan,)):
            found = one(left, right, *expected)
            assert found.failures == ()
            assert found.geometry[0].area == pytest.approx(area, rel=1e-9, abs=allowed)
            assert found.method[0] == Method.FLOAT or not sound
            assert len(found.disputed) == 0


@settings(max_examples=150)
@given(nasty_pairs())
def test_nasty_pairs_share_exactly_what_arithmetic_says(
    pair: tuple[BaseGeometry, BaseGeometry],
) -> None:
    exact = float(exact_shared_m2(*pair))
    found = one(*pair, exact)
    assert (found.failures, len(found.disputed), found.method[0]) == ((), 0, Method.FLOAT)
    assert found.geometry[0].area == pytest.approx(exact, rel=1e-9, abs=rounding(*pair))


@settings(max_examples=150)
@given(nasty_pairs())
def test_nasty_pairs_share_as_much_from_either_side_and_what_is_left_makes_up_the_whole(
    pair: tuple[BaseGeometry, BaseGeometry],
) -> None:
    there, back = one(*pair, np.nan), one(*pair[::-1], np.nan)
    for found in (there, back):
        assert (found.failures, found.method[0]) == ((), Method.FLOAT)
    allowed = rounding(*pair)
    area = there.geometry[0].area
    assert area == pytest.approx(back.geometry[0].area, rel=1e-9, abs=allowed)
    for side, other in (pair, pair[::-1]):
        assert area + (side - other).area == pytest.approx(side.area, rel=1e-9, abs=allowed)


def test_rings_of_100_000_corners_digitised_twice_share_all_but_a_hem() -> None:
    ring = moved(giant_ring(), EAST, NORTH)
    again = digitised_again(ring, np.random.default_rng(2), 1e-3)
    found = one(ring, again, np.nan)
    assert found.method.tolist() == [Method.FLOAT]
    assert ring.area - found.geometry[0].area < ring.length * 2e-3
    assert found.geometry[0].area + (ring - again).area == pytest.approx(ring.area, rel=1e-9)
