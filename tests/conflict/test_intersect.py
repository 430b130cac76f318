"""The intersection's fallback chain: what is credible, what is tried next, and what is an error."""

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from shapely.errors import GEOSException
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from conflict import OverlayError
from conflict.intersect import credible, intersect_pairs, only_dimension

LEFT, RIGHT = box(0, 0, 10, 10), box(6, 4, 16, 14)
REAL = shapely.intersection
Fake = Callable[..., object]


def array(*shapes: object) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def test_pairs_are_intersected_one_by_one() -> None:
    met = intersect_pairs(array(LEFT, RIGHT), array(RIGHT, box(0, 0, 7, 5)), 2)
    assert shapely.area(met).tolist() == [24, 1]


def test_no_pairs_give_no_geometries() -> None:
    assert len(intersect_pairs(array(), array(), 2)) == 0


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        (box(6, 4, 10, 10), True),
        (box(6, 4, 10, 10.0005), True),
        (box(6, 4, 10, 10.01), False),
        (box(5, 4, 10, 10), False),
        (LEFT, False),
        (LineString([(6, 4), (10, 10)]), True),
        (LineString([(6, 4), (11, 10)]), False),
        (Point(0, 0), False),
        (shapely.from_wkt("POLYGON EMPTY"), True),
    ],
)
def test_a_credible_result_lies_in_both_boxes_and_is_no_larger_than_either_side(
    met: BaseGeometry, expected: bool
) -> None:
    assert credible(array(met), array(LEFT), array(RIGHT)).tolist() == [expected]


def test_a_result_within_the_boxes_but_larger_than_a_side_is_not_credible() -> None:
    thin = shapely.from_wkt("POLYGON ((0 0, 10 9.9, 10 10, 0 0))")
    assert not credible(array(LEFT), array(LEFT), array(thin))[0]


def test_where_the_overlay_of_all_fails_each_pair_is_tried_on_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails_for_many(a: object, b: object, grid_size: float | None = None) -> object:
        if isinstance(a, np.ndarray):
            raise GEOSException("found non-noded intersection")
        return REAL(a, b, grid_size=grid_size)

    monkeypatch.setattr(shapely, "intersection", fails_for_many)
    met = intersect_pairs(array(LEFT, LEFT), array(RIGHT, box(0, 0, 1, 1)), 2)
    assert shapely.area(met).tolist() == [24, 1]


def test_a_pair_that_fails_in_floating_point_is_overlaid_on_the_grid(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grids: list[float | None] = []

    def fails_without_grid(a: object, b: object, grid_size: float | None = None) -> object:
        grids.append(grid_size)
        if grid_size is None:
            raise GEOSException("found non-noded intersection")
        return REAL(a, b, grid_size=grid_size)

    monkeypatch.setattr(shapely, "intersection", fails_without_grid)
    (met,) = intersect_pairs(array(LEFT), array(RIGHT), 2)
    assert met.area == pytest.approx(24)
    assert grids == [None, None, 1e-4]
    assert shapely.get_precision(met) == 0


def test_a_result_that_cannot_be_is_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong_without_grid(a: object, b: object, grid_size: float | None = None) -> object:
        if grid_size is None:
            return array(LEFT) if isinstance(a, np.ndarray) else LEFT
        return REAL(a, b, grid_size=grid_size)

    monkeypatch.setattr(shapely, "intersection", wrong_without_grid)
    (met,) = intersect_pairs(array(LEFT), array(RIGHT), 2)
    assert met.equals(box(6, 4, 10, 10))


def test_an_invalid_side_is_repaired_as_the_last_resort(monkeypatch: pytest.MonkeyPatch) -> None:
    bow_tie = shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")

    def fails_for_invalid(a: object, b: object, grid_size: float | None = None) -> object:
        if isinstance(a, np.ndarray) or not shapely.is_valid(a):
            raise GEOSException("TopologyException: side location conflict")
        return REAL(a, b, grid_size=grid_size)

    monkeypatch.setattr(shapely, "intersection", fails_for_invalid)
    (met,) = intersect_pairs(array(bow_tie), array(box(0, 0, 5, 10)), 2)
    assert met.area == pytest.approx(25)


def test_a_pair_that_nothing_solves_is_an_error_that_does_not_say_where_it_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> object:
        raise GEOSException("found non-noded intersection")

    monkeypatch.setattr(shapely, "intersection", fails)
    with pytest.raises(OverlayError, match=r"^two geometries have no credible intersection"):
        intersect_pairs(array(LEFT), array(RIGHT), 2)


MIXED = shapely.from_wkt(
    "GEOMETRYCOLLECTION (POINT (9 9), LINESTRING (0 0, 3 4),"
    " POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0)), MULTIPOLYGON (((5 5, 6 5, 6 6, 5 6, 5 5))))"
)


@pytest.mark.parametrize(
    ("dimension", "kind", "size"), [(0, "Point", 0), (1, "LineString", 5), (2, "MultiPolygon", 5)]
)
def test_only_the_parts_of_one_dimension_are_kept(dimension: int, kind: str, size: float) -> None:
    (kept,) = only_dimension(array(MIXED), dimension)
    assert kept.geom_type == kind
    assert (kept.length if dimension < 2 else kept.area) == pytest.approx(size)


@pytest.mark.parametrize("dimension", [0, 1, 2])
def test_a_geometry_of_another_dimension_becomes_empty(dimension: int) -> None:
    shapes = array(Point(0, 0), LineString([(0, 0), (1, 1)]), LEFT, None)
    kept = only_dimension(shapes, dimension)
    assert kept[dimension].equals(shapes[dimension])
    assert [k for k in range(4) if not kept[k].is_empty] == [dimension]
