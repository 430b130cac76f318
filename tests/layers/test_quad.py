"""The grid of web maps, and the way to it."""

import math

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.quad import HALF_M, Tile, Warp, tiles_at, unit_m, units_of

CITY = (587000.0, 2700000.0, 644500.0, 2757500.0)
PLACE = st.tuples(st.floats(CITY[0], CITY[2]), st.floats(CITY[1], CITY[3]))
MERCATOR = pyproj.Transformer.from_crs("EPSG:4548", "EPSG:3857", always_xy=True)
DEGREES = pyproj.Transformer.from_crs("EPSG:4548", "OGC:CRS84", always_xy=True)


@given(st.lists(PLACE, min_size=1, max_size=5))
def test_the_warp_of_a_city_agrees_with_proj_to_a_tenth_of_a_millimetre(places):
    warp = Warp("EPSG:4548", CITY)
    assert warp.is_polynomial
    meant = np.column_stack(MERCATOR.transform(*np.array(places).T))
    assert np.abs(warp(np.array(places)) - meant).max() < 1e-4


def test_where_a_polynomial_will_not_do_proj_is_asked():
    warp = Warp("EPSG:4548", (-1e6, 1e6, 2e6, 5.5e6))
    assert not warp.is_polynomial
    place = np.array([[1e6, 4e6]])
    assert np.abs(warp(place) - np.column_stack(MERCATOR.transform(*place.T))).max() < 1e-6


@given(PLACE, st.integers(0, 20))
def test_a_place_lies_in_the_tile_that_its_degrees_say(place, zoom: int):
    longitude, latitude = DEGREES.transform(*place)
    side = 1 << zoom
    column = (longitude + 180) / 360 * side
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * side
    first, last = tiles_at((longitude, latitude, longitude, latitude), zoom)
    assert first == last
    warp = Warp("EPSG:4548", CITY)
    x, y = units_of(warp(np.array([place])), first)[0] / 4096
    assert abs(first.column + x - column) < 1e-6 * side + 1e-9
    assert abs(first.row + y - row) < 1e-6 * side + 1e-9
    assert first.exists


@given(PLACE, st.integers(4, 20))
def test_the_box_of_a_tile_in_the_plane_has_all_of_it(place, zoom: int):
    warp = Warp("EPSG:4548", CITY)
    tile, _ = tiles_at((*DEGREES.transform(*place),) * 2, zoom)
    west, south, east, north = warp.box(tile.mercator())
    assert west <= place[0] <= east
    assert south <= place[1] <= north


@pytest.mark.parametrize("tile", [(-1, 0, 0), (21, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_a_tile_outside_the_grid_does_not_exist(tile: tuple[int, int, int]):
    assert not Tile(*tile).exists


def test_the_first_tile_is_the_whole_square():
    assert Tile(0, 0, 0).mercator() == pytest.approx((-HALF_M, -HALF_M, HALF_M, HALF_M))
    assert unit_m(0) * 4096 == pytest.approx(40_075_016.685578)
