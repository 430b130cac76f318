"""Areas by both calibres against geodesics and published figures; lengths, counts and widths."""

import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate, translate
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from conflict import ellipsoidal_area_m2, mean_width_m, measure

CRS = "EPSG:4548"
GEOD = pyproj.CRS(CRS).get_geod()
TO_DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
SAMPLE = box(610498, 2708889, 610698, 2709039) - box(610548, 2708939, 610588, 2708969)


def array(*shapes: object) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def ellipsoidal(shape: Polygon, crs: str = CRS) -> float:
    return float(ellipsoidal_area_m2(array(shape), crs)[0])


def geodesic_area(shape: Polygon) -> float:
    """The reference: edges of the plane walked in steps of 1/100 of the polygon's width.

    In many more the walk gathers noise, in fewer its steps leave the plane's straight edges.
    """
    west, _, east, _ = shape.bounds
    dense = shapely.segmentize(shape, (east - west) / 100)
    degrees = shapely.transform(
        dense, lambda xy: np.column_stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1]))
    )
    return abs(GEOD.geometry_area_perimeter(degrees)[0])


@settings(max_examples=40)
@given(
    st.floats(350_000, 650_000),
    st.floats(2_200_000, 5_400_000),
    st.floats(500, 40_000),
    st.floats(0.1, 1),
    st.floats(0, 180),
)
def test_the_ellipsoidal_area_agrees_with_the_geodesic_one_to_1e_8(
    east: float, north: float, width: float, ratio: float, angle: float
) -> None:
    shape = rotate(box(east, north, east + width, north + width * ratio), angle)
    # the geodesic walk itself is good to some cm² a corner
    assert ellipsoidal(shape) == pytest.approx(geodesic_area(shape), rel=1e-8, abs=1e-3)


def test_one_long_edge_among_short_ones_does_not_bend_the_area() -> None:
    # the errors of opposite long edges cancel out; here there is none opposite
    disc = Point(590_000, 2_936_000).buffer(495, quad_segs=64)
    half = disc & box(589_000, 2_936_000, 591_000, 2_937_000)
    assert ellipsoidal(half) == pytest.approx(geodesic_area(half), rel=1e-8)


def test_the_sample_parcel_has_2_8800_hectares_in_the_plane_and_2_8791_on_the_ellipsoid() -> None:
    measured = measure(array(SAMPLE), CRS)
    assert f"{measured.projected_m2[0] / 10_000:.4f}" == "2.8800"
    assert f"{measured.ellipsoidal_m2[0] / 10_000:.4f}" == "2.8791"


@pytest.mark.parametrize(("longitude", "difference"), [(117.9, 208), (118.45, 536)])
def test_a_square_kilometre_differs_by_what_its_distance_from_the_meridian_says(
    longitude: float, difference: float
) -> None:
    to_metres = pyproj.Transformer.from_crs("EPSG:4490", CRS, always_xy=True)
    east, north = to_metres.transform(longitude, 24.55)
    square = box(east, north - 500, east + 1000, north + 500)
    assert square.area - ellipsoidal(square) == pytest.approx(difference, abs=1)


def test_the_ellipsoidal_area_is_the_same_in_both_names_of_the_zone() -> None:
    with_prefix = translate(SAMPLE, 39_000_000)
    assert ellipsoidal(with_prefix, "EPSG:4527") == pytest.approx(ellipsoidal(SAMPLE), rel=1e-10)


def test_a_city_projection_without_an_area_of_use_is_measured_too() -> None:
    text = "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m"
    assert pyproj.CRS(text).area_of_use is None
    assert ellipsoidal(SAMPLE, text) == pytest.approx(ellipsoidal(SAMPLE), rel=1e-8)


def test_a_crs_without_an_ellipsoid_is_refused() -> None:
    with pytest.raises(ValueError, match="ellipsoid"):
        ellipsoidal(SAMPLE, 'LOCAL_CS["drawing", UNIT["metre", 1]]')


def test_holes_and_parts_count_in_both_areas() -> None:
    apart = MultiPolygon([SAMPLE, translate(SAMPLE, 1000)])
    measured = measure(array(apart), CRS)
    assert measured.projected_m2[0] == pytest.approx(2 * 28_800)
    one, other = ellipsoidal_area_m2(array(*apart.geoms), CRS)
    assert measured.ellipsoidal_m2[0] == pytest.approx(one + other, rel=1e-12)


def test_each_dimension_has_its_own_measure_and_zero_elsewhere() -> None:
    east, north = 610_000, 2_700_000
    line = LineString([(east, north), (east + 3, north + 4)])
    points = MultiPoint([(east, north), (east + 1, north)])
    square = box(east, north, east + 2, north + 2)
    found = measure(array(line, points, square, Point(east, north)), CRS)
    assert found.length_m.tolist() == pytest.approx([5, 0, 0, 0])
    assert found.count.tolist() == [0, 2, 0, 1]
    assert found.projected_m2.tolist() == pytest.approx([0, 0, 4, 0])
    assert (found.ellipsoidal_m2 > 0).tolist() == [False, False, True, False]
    assert found.width_m.tolist() == pytest.approx([0, 0, 1, 0])


def test_empty_geometries_measure_nothing() -> None:
    kinds = ("POINT", "LINESTRING", "POLYGON", "GEOMETRYCOLLECTION")
    found = measure(array(*(shapely.from_wkt(f"{kind} EMPTY") for kind in kinds)), CRS)
    for values in (found.projected_m2, found.ellipsoidal_m2, found.length_m, found.count):
        assert values.tolist() == [0, 0, 0, 0]
    assert len(measure(array(), CRS).projected_m2) == 0


@given(st.floats(0.01, 5), st.floats(100, 10_000), st.floats(0, 180))
def test_the_mean_width_of_a_strip_is_its_width_however_it_lies(
    width: float, length: float, angle: float
) -> None:
    strip = rotate(box(0, 0, length, width), angle)
    (measured,) = mean_width_m(array(strip))
    assert measured == pytest.approx(width * length / (width + length), rel=1e-6)
    assert math.isclose(measured, width, rel_tol=width / length + 1e-6)


def test_the_widest_part_speaks_for_an_overlap_with_a_thin_tail() -> None:
    tail, body = box(0, 0, 1000, 0.01), box(2000, 0, 2020, 20)
    widths = mean_width_m(array(MultiPolygon([tail, body]), tail, body))
    assert widths[0] == widths[2] == pytest.approx(10)
    assert widths[1] == pytest.approx(0.01, rel=1e-4)
