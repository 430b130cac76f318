import json
from pathlib import Path

import hypothesis
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import strategies as st

from blueprint.checks.site import read_site, site_of
from blueprint.errors import InvalidSite
from layers import read_geojson
from layers.crs import to_lonlat
from tests.blueprint.conftest import catalogue, placed

CITY = catalogue().city
LON, LAT = 117.99, 24.41
SQUARE = [(LON, LAT), (LON + 0.001, LAT), (LON + 0.001, LAT + 0.001), (LON, LAT + 0.001)]


def geojson(corners, **more):
    ring = [*corners, corners[0]]
    return json.dumps({"type": "Polygon", "coordinates": [ring], **more}).encode()


def draw(corners, **more):
    return site_of(read_geojson(geojson(corners, **more), "plot"), CITY)


def test_a_site_in_longitude_and_latitude_comes_to_the_citys_plane():
    site = draw(SQUARE)
    forward = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4548", always_xy=True)
    x, y = forward.transform(LON, LAT)
    assert site.bounds[:2] == pytest.approx((x, y), abs=2)
    assert site.geometry.area == pytest.approx(101.4 * 110.8, rel=0.01)


def test_the_same_ground_drawn_otherwise_has_the_same_hash():
    turned = [*SQUARE[2:], *SQUARE[:2]]
    assert draw(SQUARE).geometry_hash == draw(list(reversed(turned))).geometry_hash
    assert draw(SQUARE).geometry_hash != draw([*SQUARE[:3], (LON, LAT + 0.0011)]).geometry_hash


@pytest.mark.parametrize(
    ("corners", "says", "remedy"),
    [
        pytest.param(
            [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], "self-intersection", "crosses nowhere",
            id="self-crossing",
        ),
        pytest.param(
            [(LON, LAT), (LON + 0.001, LAT), (LON + 0.002, LAT)],
            "no area", "correct them", id="zero area",
        ),
        pytest.param([(y, x) for x, y in SQUARE], "x and y are swapped",
                     "longitude first, then latitude", id="latitude first"),
        pytest.param([(2.35, 48.85), (2.36, 48.85), (2.36, 48.86)], "km away", "--crs",
                     id="another city"),
        pytest.param([(117, 24), (119, 24), (119, 26), (117, 26)], "larger than the city",
                     "check its corners", id="larger than the city"),
        pytest.param([(LON, LAT), (LON + 1e-6, LAT), (LON + 1e-6, LAT + 1e-6)], "at least 1 m²",
                     "at least", id="under a square metre"),
        pytest.param([(600000, 2700000), (600100, 2700000), (600100, 2700100)],
                     "outside the city", "--crs EPSG:4548", id="metres without a CRS"),
        pytest.param([(9e9, 9e9), (9e9 + 1, 9e9), (9e9, 9e9 + 1)], "outside the city", "--crs",
                     id="numbers that are nowhere"),
    ],
)  # fmt: skip
def test_a_site_that_cannot_be_checked_is_refused_with_the_remedy(corners, says, remedy):
    with pytest.raises(InvalidSite) as refused:
        draw(corners)
    assert str(refused.value).startswith("plot: ")
    assert says in str(refused.value)
    assert remedy in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["Point", "LineString"])
def test_a_site_without_a_polygon_is_refused(kind):
    coordinates = [LON, LAT] if kind == "Point" else [list(c) for c in SQUARE]
    document = json.dumps({"type": kind, "coordinates": coordinates}).encode()
    with pytest.raises(InvalidSite, match="draws no polygon"):
        site_of(read_geojson(document, "plot"), CITY)


def test_a_site_with_an_infinite_corner_is_refused():
    with pytest.raises(InvalidSite, match="finite"):
        site_of(
            read_geojson(geojson(SQUARE).replace(str(LAT + 0.001).encode(), b"1e400"), "plot"), CITY
        )


def test_several_parcels_of_one_file_are_one_site(tmp_path: Path):
    features = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(geojson(corners))}
        for corners in (SQUARE, [(x + 0.003, y) for x, y in SQUARE])
    ]
    path = tmp_path / "two.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    site = read_site(path, CITY)
    assert len(site.geometry.geoms) == 2
    assert site.geometry.area == pytest.approx(2 * draw(SQUARE).geometry.area, rel=1e-4)


@hypothesis.given(
    x=st.floats(0, 9000), y=st.floats(0, 9000), w=st.floats(5, 900), h=st.floats(5, 900)
)
def test_longitude_and_latitude_for_geojson_bring_the_site_back_to_its_place(x, y, w, h):
    shape = placed(shapely.box(x, y, x + w, y + h).wkt)
    degrees = to_lonlat(np.array([shape], dtype=object), CITY.crs)[0]
    site = site_of(read_geojson(shapely.to_geojson(degrees).encode(), "plot"), CITY)
    # 9 decimals of a degree are 0.1 mm, the grid another 0.1 mm
    assert shapely.hausdorff_distance(site.geometry, shape) < 0.0005
