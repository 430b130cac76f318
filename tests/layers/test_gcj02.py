"""Web maps' shifted coordinates: there and back, and how far."""

from collections.abc import Callable

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.gcj02 import bd09_of, from_bd09, from_gcj02, gcj02_of

XIAMEN = np.array([[118.089, 24.48]])
GEOD = pyproj.Geod(ellps="GRS80")
INSIDE = st.tuples(st.floats(72.1, 137.7), st.floats(0.9, 55.7))
ANYWHERE = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
Pair = tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]
MAPS = pytest.mark.parametrize(
    "pair", [(gcj02_of, from_gcj02), (bd09_of, from_bd09)], ids=["GCJ-02", "BD-09"]
)


def metres_between(one: np.ndarray, other: np.ndarray) -> float:
    return float(GEOD.inv(*one[0], *other[0])[2])


def test_gcj_02_moves_xiamen_by_584_metres_to_the_south_east() -> None:
    shown = gcj02_of(XIAMEN)
    assert metres_between(XIAMEN, shown) == pytest.approx(584, abs=1)
    assert shown[0, 0] > XIAMEN[0, 0]
    assert shown[0, 1] < XIAMEN[0, 1]


def test_bd_09_moves_xiamen_farther() -> None:
    assert 1000 < metres_between(XIAMEN, bd09_of(XIAMEN)) < 2000


@MAPS
@given(place=INSIDE)
def test_what_a_map_shows_leads_back_to_the_place(place: tuple[float, float], pair: Pair) -> None:
    forward, back = pair
    true = np.array([place])
    assert np.abs(back(forward(true)) - true).max() < 1e-9


@MAPS
@given(shown=INSIDE)
def test_the_place_found_is_shown_where_it_was_looked_for(
    shown: tuple[float, float], pair: Pair
) -> None:
    forward, back = pair
    seen = np.array([shown])
    found = back(seen)
    # the strip along the frame's edge has no place that is shown there
    assert np.isnan(found).all() or np.abs(forward(found) - seen).max() < 1e-9


@given(place=ANYWHERE.filter(lambda p: not (72 <= p[0] <= 138 and 0.8 <= p[1] <= 56)))
def test_gcj_02_moves_nothing_outside_china(place: tuple[float, float]) -> None:
    abroad = np.array([place])
    assert (gcj02_of(abroad) == abroad).all()
    assert (from_gcj02(abroad) == abroad).all()


def test_the_meridian_where_the_formula_has_a_kink_is_no_exception() -> None:
    kink = np.array([[105.0, 35.0], [105.0 + 1e-12, 30.0], [105.0 - 1e-9, 25.0]])
    assert np.abs(gcj02_of(from_gcj02(kink)) - kink).max() < 1e-9


@pytest.mark.parametrize("back", [from_gcj02, from_bd09])
def test_what_is_no_degree_warns_of_nothing(back: Callable[[np.ndarray], np.ndarray]) -> None:
    odd = np.array([[np.inf, 24.0], [np.nan, np.nan], [1e300, -1e300], [610_000, 2_700_000]])
    assert len(back(odd)) == 4
    assert len(back(np.empty((0, 2)))) == 0
