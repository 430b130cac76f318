"""The ways of coordinates to the city's CRS, each against another computation of the same."""

import math
import re

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.control_points import ControlPoints, Plane
from layers.errors import UnsuitableCrs
from layers.georeference import WEB_MAPS, System, locator
from layers.helmert import Helmert

XIAMEN92 = "+proj=tmerc +lon_0=118.5 +x_0=100000 +y_0=-2700000 +ellps=krass"
SHIFT = Helmert(12.5, -110.25, -68.75)
SEVEN = Helmert(12.5, -110.25, -68.75, 1.2, -0.8, 2.5, -3.4, "position_vector")
PLACES = np.array([[117.9, 24.4], [118.09, 24.48], [118.3, 24.75]])
KRASSOVSKY, IAG75, CGCS2000 = (6378245.0, 298.3), (6378140.0, 298.257), (6378137.0, 298.257222101)


def helmert(helmert_: Helmert, crs: str = "EPSG:4214") -> System:
    return System("old", "旧系", helmert_, crs)


# --- the national zones


@pytest.mark.parametrize("zone", [39, 40])
def test_degrees_come_to_a_zone_and_back_exactly(zone: int) -> None:
    prefixed, plain = f"EPSG:{4513 + zone - 25}", f"EPSG:{4534 + zone - 25}"
    metres = locator("EPSG:4490", None, plain).transform(PLACES)
    again = locator(plain, None, "EPSG:4490").transform(metres)
    assert np.abs(again - PLACES).max() < 1e-11
    with_prefix = locator(plain, None, prefixed).transform(metres)
    assert np.abs(with_prefix - metres - [zone * 1e6, 0]).max() < 1e-6


@given(east=st.floats(560_000, 650_000), north=st.floats(2_690_000, 2_760_000))
def test_a_prefix_is_no_distance(east: float, north: float) -> None:
    prefixed = np.array([[39e6 + east, north]])
    plain = locator("EPSG:4527", None, "EPSG:4548").transform(prefixed)
    assert np.abs(plain - [[east, north]]).max() < 1e-6


@pytest.mark.parametrize("crs", ["EPSG:4548", pyproj.CRS("EPSG:4548").to_wkt()])
def test_the_citys_own_crs_changes_not_a_digit(crs: str) -> None:
    xy = np.array([[610_000.1234567, 2_700_000.7654321]])
    found = locator(crs, None, "EPSG:4548")
    assert found.transform(xy).tolist() == xy.tolist()
    assert (found.approximate, found.residual_m, found.notes) == (None, None, ())


def test_coordinates_without_an_image_come_out_as_not_finite() -> None:
    nowhere = np.array([[610_000.0, 2_700_000.0], [118.0, 24.0]])
    moved = locator("EPSG:4490", None, "EPSG:4548").transform(nowhere)
    assert np.isfinite(moved).all(axis=1).tolist() == [False, True]


def test_silence_about_the_crs_is_no_crs() -> None:
    with pytest.raises(UnsuitableCrs, match="no CRS is named"):
        locator(None, None, "EPSG:4548")


# --- Helmert parameters, against the textbook's formulas


def to_space(lonlat: np.ndarray, ellipsoid: tuple[float, float]) -> np.ndarray:
    a, f = ellipsoid[0], 1 / ellipsoid[1]
    e2 = f * (2 - f)
    lon, lat = np.radians(lonlat).T
    n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    xyz = (n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - e2) * np.sin(lat))
    return np.column_stack(xyz)


def from_space(xyz: np.ndarray, ellipsoid: tuple[float, float]) -> np.ndarray:
    a, f = ellipsoid[0], 1 / ellipsoid[1]
    e2 = f * (2 - f)
    x, y, z = xyz.T
    p = np.hypot(x, y)
    lat = np.arctan2(z, p * (1 - e2))
    for _ in range(20):
        n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
        lat = np.arctan2(z + e2 * n * np.sin(lat), p)
    return np.degrees(np.column_stack([np.arctan2(y, x), lat]))


def by_hand(lonlat: np.ndarray, given_: Helmert, ellipsoid: tuple[float, float]) -> np.ndarray:
    turns = np.radians(np.array([given_.rx_arcsec, given_.ry_arcsec, given_.rz_arcsec]) / 3600)
    rx, ry, rz = turns if given_.convention != "coordinate_frame" else -turns
    small = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    moved = (1 + given_.scale_ppm * 1e-6) * to_space(lonlat, ellipsoid) @ small.T
    shift = np.array([given_.dx_m, given_.dy_m, given_.dz_m])
    return from_space(moved + shift, CGCS2000)


FRAME = Helmert(12.5, -110.25, -68.75, 1.2, -0.8, 2.5, -3.4, "coordinate_frame")


@pytest.mark.parametrize(
    ("crs", "ellipsoid"), [("EPSG:4214", KRASSOVSKY), ("EPSG:4610", IAG75)], ids=["54", "80"]
)
@pytest.mark.parametrize("given_", [SHIFT, SEVEN, FRAME], ids=["three", "seven", "frame"])
def test_helmert_parameters_do_what_the_textbook_says(
    given_: Helmert, crs: str, ellipsoid: tuple[float, float]
) -> None:
    found = locator(None, helmert(given_, crs), "EPSG:4490").transform(PLACES)
    assert np.abs(found - by_hand(PLACES, given_, ellipsoid)).max() < 1e-10
    assert np.abs(found - PLACES).max() > 1e-4


@pytest.mark.parametrize("crs", ["EPSG:2415", "EPSG:2436", XIAMEN92], ids=["prefix", "CM", "local"])
def test_a_projection_on_an_old_datum_is_undone_before_the_shift(crs: str) -> None:
    own = pyproj.CRS(crs)
    plane = pyproj.Transformer.from_crs(own.geodetic_crs, own, always_xy=True)
    metres = np.column_stack(plane.transform(*PLACES.T))
    found = locator(None, helmert(SEVEN, crs), "EPSG:4548").transform(metres)
    zone = locator("EPSG:4490", None, "EPSG:4548")
    assert np.abs(found - zone.transform(by_hand(PLACES, SEVEN, KRASSOVSKY))).max() < 1e-5


def test_the_parameters_used_are_told() -> None:
    (note,) = locator(None, helmert(SEVEN), "EPSG:4548").notes
    assert "dx 12.5, dy -110.25, dz -68.75 m" in note
    assert "position vector" in note
    assert "-3.4 ppm" in note


@pytest.mark.parametrize(
    ("system", "says"),
    [
        (System("old", "旧", SHIFT), "need its crs"),
        (System("old", "旧", Helmert(1, 2, 3, rx_arcsec=0.1), "EPSG:4214"), "no convention"),
        (System("old", "旧", SHIFT, XIAMEN92 + " +towgs84=1,2,3"), "TOWGS84"),
        (System("old", "旧", SHIFT, "EPSG:4978"), "earth's centre"),
        (System("old", "旧", SHIFT, "Beijing"), "not a known CRS"),
        (System("flat", "平", Plane(1, 2)), "give crs"),
        (System("flat", "平", Plane(1, 2), XIAMEN92, "EPSG:4548"), "not both"),
        (System("flat", "平", Plane(1, 2), "EPSG:4214"), "no plane"),
        (System("flat", "平", Plane(1, 2), None, "EPSG:4490"), "no plane"),
        (System("flat", "平", Plane(1, 2), None, "EPSG:2414"), "Beijing 1954"),
    ],
)
def test_a_system_that_says_too_little_is_refused_by_its_name(system: System, says: str) -> None:
    with pytest.raises(UnsuitableCrs, match=says) as refused:
        locator(None, system, "EPSG:4548")
    assert "\n" not in str(refused.value)


def test_parameters_of_one_datum_let_no_other_pass() -> None:
    assert locator(None, helmert(SHIFT, "EPSG:4214"), "EPSG:4548").residual_m is None
    for other in ("EPSG:4610", "EPSG:2414", "EPSG:4555"):
        with pytest.raises(UnsuitableCrs, match="official parameters"):
            locator(other, None, "EPSG:4548")


# --- planes


def test_four_parameters_are_the_published_formula() -> None:
    plane = Plane(north_m=2_700_123.4, east_m=500_321.5, rotation_arcsec=1800, scale_ppm=25)
    found = locator(None, System("flat", "平", plane, to="EPSG:4548"), "EPSG:4548")
    east, north = 12_000.0, 8_000.0
    a, m = math.radians(0.5), 1 + 25e-6
    expected = [
        500_321.5 + m * (north * math.sin(a) + east * math.cos(a)),
        2_700_123.4 + m * (north * math.cos(a) - east * math.sin(a)),
    ]
    assert found.transform(np.array([[east, north]]))[0] == pytest.approx(expected, abs=1e-6)
    assert "+25.000 ppm, turn +1800.000″" in found.notes[0]


def test_a_plane_with_a_projection_of_its_own_is_shifted_in_it() -> None:
    system = System("flat", "平", Plane(north_m=3.0, east_m=-2.0), XIAMEN92)
    twin = pyproj.CRS("+proj=tmerc +lon_0=118.5 +x_0=100000 +y_0=-2700000 +ellps=GRS80")
    there = pyproj.Transformer.from_crs(twin.geodetic_crs, twin, always_xy=True)
    metres = np.column_stack(there.transform(*PLACES.T)) - [-2.0, 3.0]
    found = locator(None, system, "EPSG:4490").transform(metres)
    assert np.abs(found - PLACES).max() < 1e-9


def on_krassovsky(lonlat: np.ndarray) -> np.ndarray:
    """Where a survey of the old system put these places: its datum lies beside ours."""
    shift = np.array([SHIFT.dx_m, SHIFT.dy_m, SHIFT.dz_m])
    old = from_space(to_space(lonlat, CGCS2000) - shift, KRASSOVSKY)
    own = pyproj.CRS(XIAMEN92)
    plane = pyproj.Transformer.from_crs(own.geodetic_crs, own, always_xy=True)
    return np.column_stack(plane.transform(*old.T))


def surveyed(lonlat: np.ndarray, to: str = "EPSG:4548", **more: object) -> ControlPoints:
    goals = locator("EPSG:4490", None, to).transform(lonlat)
    points = tuple(map(tuple, np.column_stack([on_krassovsky(lonlat), goals]).tolist()))
    return ControlPoints(points, to, **more)


MARKS = np.array([[117.9, 24.42], [118.25, 24.45], [118.05, 24.78], [118.3, 24.85], [118.1, 24.6]])


@pytest.mark.parametrize("to", ["EPSG:4548", "EPSG:4527", "EPSG:4549"])
def test_control_points_bring_an_old_survey_home_whatever_zone_they_are_given_in(to: str) -> None:
    found = locator(None, System("xm", "厦门92", surveyed(MARKS, to), XIAMEN92), "EPSG:4548")
    assert found.residual_m is not None
    assert found.residual_m < 0.1
    moved = found.transform(on_krassovsky(PLACES))
    true = locator("EPSG:4490", None, "EPSG:4548").transform(PLACES)
    assert np.hypot(*(moved - true).T).max() < 0.1


def test_without_its_projection_another_meridians_plane_is_no_similarity() -> None:
    with pytest.raises(UnsuitableCrs, match=r"control point \d is off by"):
        locator(None, System("xm", "厦门92", surveyed(MARKS)), "EPSG:4548")


def test_every_points_residual_is_shown() -> None:
    found = locator(None, System("xm", "厦门92", surveyed(MARKS), XIAMEN92), "EPSG:4548")
    (note,) = found.notes
    shown = [float(one) for one in re.findall(r"\d: (\d+\.\d{3}) m", note)]
    assert len(shown) == len(MARKS)
    assert found.residual_m == pytest.approx(max(shown), abs=0.001)
    assert "RMSE" in note


def test_two_points_have_no_residual_to_show_and_say_so() -> None:
    found = locator(None, System("xm", "厦门92", surveyed(MARKS[:2]), XIAMEN92), "EPSG:4548")
    assert found.residual_m is None
    assert "give a third" in found.notes[0]


def test_control_points_that_lie_nowhere_are_refused() -> None:
    far = ControlPoints(((0, 0, 610_000, 2e30), (10, 10, 620_000, 2.7e6)), "EPSG:4548")
    with pytest.raises(UnsuitableCrs, match="do not lie in EPSG:4548"):
        locator(None, System("xm", "厦门92", far), "EPSG:4490")


# --- web maps


@pytest.mark.parametrize("name", ["GCJ-02", "BD-09"])
def test_a_web_maps_coordinates_are_moved_and_labelled(name: str) -> None:
    found = locator("EPSG:4326", WEB_MAPS[name], "EPSG:4548")
    plain = locator("EPSG:4490", None, "EPSG:4548").transform(PLACES)
    moved = np.hypot(*(found.transform(PLACES) - plain).T)
    assert (moved > 400).all()
    assert found.approximate == found.label == name
    assert "approximate" in found.notes[0]
