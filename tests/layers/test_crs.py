"""Which CRSs are taken as they are, which are refused, and where x goes."""

import numpy as np
import pyproj
import pytest
import shapely

from layers.crs import label, parse_crs, srid_of, to_crs
from layers.errors import UnsuitableCrs

ACCEPTED = ["EPSG:4490", "EPSG:4527", "EPSG:4548", "EPSG:4326", "EPSG:32650", "EPSG:9000"]
BEIJING54, XIAN80 = ["EPSG:4214", "EPSG:2414"], ["EPSG:4610", "EPSG:2343"]
# as ArcGIS writes it: names that PROJ's own export does not use
ESRI_PRJ = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
    'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
OLD_DATUM_IN_A_NEW_NAME = (
    'GEOGCS["CGCS2000 made from Xian 1980",DATUM["D_Xian_1980",SPHEROID["Xian_1980",6378140.0,'
    '298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
POINT = np.array([shapely.Point(118.09, 24.4)], dtype=object)


@pytest.mark.parametrize("form", ["code", "WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
@pytest.mark.parametrize("code", ACCEPTED)
def test_cgcs2000_and_its_like_are_accepted_in_every_form(code: str, form: str) -> None:
    text = code if form == "code" else pyproj.CRS(code).to_wkt(form)
    there, back = to_crs(POINT, "EPSG:4490", text), "EPSG:4490"
    assert to_crs(there, text, back)[0].equals_exact(POINT[0], 1e-8)


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4527", "EPSG:4548", "EPSG:4326"])
def test_the_prj_that_arcgis_reads_says_the_same_as_the_code(code: str) -> None:
    prj = pyproj.CRS(code).to_wkt("WKT1_ESRI")
    assert label(parse_crs(prj)) == code
    there, told = to_crs(POINT, "EPSG:4490", prj), to_crs(POINT, "EPSG:4490", code)
    assert there[0].equals_exact(told[0], 1e-9)


def test_a_prj_as_arcgis_writes_it_is_the_zone() -> None:
    assert label(parse_crs(ESRI_PRJ)) == "EPSG:4548"


@pytest.mark.parametrize("form", ["code", "WKT1_ESRI", "WKT1_GDAL"])
@pytest.mark.parametrize("code", [*BEIJING54, *XIAN80])
def test_old_datums_are_refused_for_want_of_parameters(code: str, form: str) -> None:
    text = code if form == "code" else pyproj.CRS(code).to_wkt(form)
    with pytest.raises(UnsuitableCrs, match=r"without official parameters.*EPSG:4490"):
        parse_crs(text)


@pytest.mark.parametrize(
    "text",
    [
        "+proj=tmerc +lon_0=118.5 +x_0=100000 +y_0=-2700000 +ellps=krass",
        "+proj=utm +zone=50 +ellps=WGS84",
        "+proj=longlat +ellps=GRS80",
        'LOCAL_CS["drawing", UNIT["metre", 1]]',
        "EPSG:5737",
        OLD_DATUM_IN_A_NEW_NAME,
    ],
    ids=["Xiamen 92", "ellipsoid WGS84", "ellipsoid GRS80", "local", "heights", "name lies"],
)
def test_a_datum_is_not_guessed_from_an_ellipsoid_or_a_name(text: str) -> None:
    with pytest.raises(UnsuitableCrs, match="official parameters"):
        parse_crs(text)


@pytest.mark.parametrize("text", ["EPSG:4978", "EPSG:4479"])
def test_coordinates_from_the_earths_centre_are_refused(text: str) -> None:
    with pytest.raises(UnsuitableCrs, match="centre"):
        parse_crs(text)


@pytest.mark.parametrize("text", ["", "EPSG:999999", "厦门", "Beijing", "PROJCS[" * 50])
def test_an_unknown_crs_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(UnsuitableCrs, match="not a known CRS") as refusal:
        parse_crs(text)
    assert len(str(refusal.value)) < 120


def test_the_plane_part_of_a_crs_with_heights_is_used() -> None:
    assert label(parse_crs("EPSG:4490+5737")) == "EPSG:4490"


def test_x_is_east_whatever_the_axes_of_the_code() -> None:
    (metres,) = to_crs(POINT, "EPSG:4490", "EPSG:4548")
    assert (round(metres.x, -3), round(metres.y, -3)) == (611_000, 2_700_000)
    (prefixed,) = to_crs(POINT, "EPSG:4490", "EPSG:4527")
    assert (prefixed.x - metres.x, prefixed.y - metres.y) == pytest.approx((39_000_000, 0))


def test_the_same_crs_in_another_form_moves_nothing() -> None:
    shapes = np.array([shapely.Point(610_000.1234, 2_700_000.5678)], dtype=object)
    moved = to_crs(shapes, pyproj.CRS("EPSG:4548").to_wkt(), "EPSG:4548")
    assert moved[0] == shapes[0]


def test_coordinates_without_an_image_come_out_as_infinity_and_missing_ones_as_missing() -> None:
    shapes = np.array([shapely.Point(610_000, 2_700_000), None, *POINT], dtype=object)
    moved = to_crs(shapes, "EPSG:4490", "EPSG:4548")
    assert not np.isfinite(shapely.get_coordinates(moved[0])).any()
    assert moved[1] is None
    assert np.isfinite(shapely.get_coordinates(moved[2])).all()


def test_no_geometries_are_brought_nowhere() -> None:
    assert len(to_crs(np.empty(0, dtype=object), "EPSG:4490", "EPSG:4548")) == 0


def test_a_label_is_a_code_only_where_that_is_sure() -> None:
    own = pyproj.CRS("+proj=tmerc +lon_0=118.1 +x_0=500000 +datum=WGS84").to_wkt()
    assert label(parse_crs(own)) == "unknown"
    assert [label(parse_crs(code)) for code in ACCEPTED] == ACCEPTED


def test_a_database_knows_a_crs_by_its_code_or_as_its_own() -> None:
    assert srid_of("EPSG:4548") == 4548
    assert srid_of("+proj=tmerc +lon_0=118.1 +x_0=500000 +datum=WGS84") == 100_000
