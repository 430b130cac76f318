"""Zones: drawn outside the circle, each feature's own distance, the same whatever the site."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Point, box
from shapely.geometry.base import BaseGeometry

from conflict import buffers
from conflict.buffers import outside, within_distance, zones
from conflict.errors import InvalidDistance, OverlayError

from .nasty import EAST, NORTH, giant_ring, moved, nasty_pairs

POINT, LINE, SQUARE = Point(EAST, NORTH), LineString([(0, 0), (100, 0)]), box(0, 0, 10, 10)


def array(*shapes: object) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def test_each_feature_has_the_zone_of_its_own_distance() -> None:
    found = zones(array(POINT, LINE, SQUARE, SQUARE), np.array([10.0, 5.0, 2.0, 0.0]))
    areas = [
        math.pi * 100,
        100 * 10 + math.pi * 25,
        100 + 4 * 10 * 2 + math.pi * 4,
        100,
    ]
    for zone, area in zip(found, areas, strict=True):
        assert area <= zone.area <= area * 1.0005
    assert found[3] is SQUARE


@given(st.integers(1, 64), st.floats(0.01, 5_000))
def test_a_zone_holds_the_whole_circle_and_hardly_more(segments: int, distance: float) -> None:
    (zone,) = zones(array(POINT), distance, segments)
    # the circle touches the middle of every edge; coordinates here have steps of 5e-10 m
    assert zone.boundary.distance(POINT) == pytest.approx(distance, abs=1e-8)
    corners = shapely.get_coordinates(zone) - (EAST, NORTH)
    assert np.hypot(*corners.T) == pytest.approx(distance * outside(segments), abs=1e-8)


@given(nasty_pairs(), st.floats(0.1, 50))
def test_what_lies_within_the_distance_meets_the_zone(
    pair: tuple[BaseGeometry, BaseGeometry], distance: float
) -> None:
    site, feature = pair
    near = within_distance(site, array(feature), distance)
    assert near.tolist() == ([0] if site.distance(feature) <= distance else [])
    (zone,) = zones(array(feature), distance)
    if len(near):
        # a zone's edge is rounded: what is at the very distance may miss it by that
        assert zone.distance(site) < 1e-7
    assert zone.area > feature.area


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_distance_that_is_none_is_refused_by_its_row(wrong: float) -> None:
    far = np.array([0.0, wrong])
    for refused in (
        lambda: zones(array(POINT, LINE), far),
        lambda: within_distance(SQUARE, array(POINT, LINE), far),
    ):
        with pytest.raises(InvalidDistance, match=r"^row 2: .* is no distance") as error:
            refused()
        assert isinstance(error.value, OverlayError)


def test_distances_are_each_feature_s_own_and_the_distance_itself_is_within() -> None:
    shapes = array(Point(20, 5), Point(20, 5), MultiPoint([(15, 0), (99, 0)]), SQUARE, Point(10, 5))
    far = np.array([10.0, 9.9999, 5.0, 0.0, 0.0])
    assert within_distance(SQUARE, shapes, far).tolist() == [0, 2, 3, 4]


def test_nothing_has_no_zones() -> None:
    assert len(zones(array(), 10.0)) == len(within_distance(SQUARE, array(), 10.0)) == 0


def test_a_giant_s_zone_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = buffers._Kept(most=100_000)
    monkeypatch.setattr(buffers, "_KEPT", kept)
    giant = moved(giant_ring(5_000), EAST, NORTH)
    (zone,) = zones(array(giant), 20.0)
    again = moved(giant_ring(5_000), EAST, NORTH)
    assert zones(array(SQUARE, again), np.array([1.0, 20.0]))[1] is zone
    assert zones(array(giant), 21.0)[0] is not zone
    assert zones(array(giant), 20.0, 8)[0] is not zone
    assert zone.equals_exact(shapely.buffer(giant, 20 * outside(32), quad_segs=32), 0)


def test_zones_that_are_kept_have_a_bound_and_the_lately_used_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    giant = array(moved(giant_ring(2_000), EAST, NORTH))
    one = int(shapely.get_num_coordinates(zones(giant, 5.0)[0]))
    kept = buffers._Kept(most=3 * one)
    monkeypatch.setattr(buffers, "_KEPT", kept)
    first = zones(giant, 5.0)[0]
    for k in range(1, 6):
        zones(giant, 5.0 + k / 1e6)
        assert zones(giant, 5.0)[0] is first
        assert kept._size == sum(map(shapely.get_num_coordinates, kept._zones.values())) <= 3 * one
    small = buffers._Kept(most=10)
    monkeypatch.setattr(buffers, "_KEPT", small)
    assert zones(giant, 5.0)[0].equals_exact(first, 0)
    assert (len(small._zones), small._size) == (0, 0)


def test_threads_are_given_equal_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = buffers._Kept(most=30_000)
    monkeypatch.setattr(buffers, "_KEPT", kept)
    giant = array(moved(giant_ring(3_000), EAST, NORTH))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: (k, zones(giant, 5.0 + k % 4)[0]), range(40)))
    for k, zone in found:
        assert zone.equals(zones(giant, 5.0 + k % 4)[0])
