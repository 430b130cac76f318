"""Boundary-point files as text: the sample, every dialect, every error, and rubbish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from layers.boundary_txt import BoundaryFile, BoundaryTextError, Note, read_boundary_txt

SAMPLE = """\
[属性描述]
格式版本号=1.01
数据产生单位=
数据产生日期=2026-11-23
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=39
精度=0.001
转换参数=,,,,,,
[地块坐标]
10,2.8800,1,地块1,面,,商服用地,,@
J1,1,2708889.000,39610498.000
J2,1,2709039.000,39610498.000
J3,1,2709039.000,39610698.000
J4,1,2708889.000,39610698.000
J1,1,2708889.000,39610498.000
J5,2,2708939.000,39610548.000
J6,2,2708939.000,39610588.000
J7,2,2708969.000,39610588.000
J8,2,2708969.000,39610548.000
J5,2,2708939.000,39610548.000
"""
HEADER, BODY = SAMPLE[: SAMPLE.index("10,")], SAMPLE[SAMPLE.index("10,") :]
HEAD, POINTS = BODY.split("\n", 1)


def read(text: str, encoding: str = "utf-8") -> BoundaryFile:
    return read_boundary_txt(text.encode(encoding), "红线.txt")


def kinds(file: BoundaryFile) -> set[str]:
    return {note.kind for note in file.notes}


def only_note(file: BoundaryFile, kind: str) -> Note:
    (note,) = [note for note in file.notes if note.kind == kind]
    return note


def rows(*rings: str, first: float = 2_700_000, east: float = 39_600_000) -> str:
    """Write rings given as "north east, north east, …" in metres from a corner; all numbered."""
    lines = []
    for ring, text in enumerate(rings, 1):
        for number, pair in enumerate(text.split(","), 1):
            x, y = map(float, pair.split())
            lines.append(f"J{ring}0{number},{ring},{first + x:.3f},{east + y:.3f}")
    return "\n".join(lines) + "\n"


def square(north: float, east: float, side: float) -> str:
    corners = [(0.0, 0.0), (0.0, side), (side, side), (side, 0.0), (0.0, 0.0)]
    return ",".join(f"{north + a} {east + b}" for a, b in corners)


def plain_head(name: str = "地块1", kind: str = "面", count: str = "", area: str = "") -> str:
    return f"{count},{area},1,{name},{kind},,,,@\n"


def swapped(text: str) -> str:
    fields = [line.split(",") for line in text.splitlines()]
    return "".join(f"{a},{b},{y},{x}\n" for a, b, x, y in fields)


def test_the_sample_is_a_square_with_a_hole_of_2_88_hectares_and_needs_no_note() -> None:
    file = read(SAMPLE)
    (parcel,) = file.parcels
    assert parcel.geometry.area == pytest.approx(28800.0, abs=1e-6)
    assert parcel.geometry.is_valid
    assert isinstance(parcel.geometry, Polygon)
    assert len(parcel.geometry.interiors) == 1
    assert parcel.declared_area_ha == 2.88
    assert (parcel.number, parcel.name, parcel.use) == ("1", "地块1", "商服用地")
    assert (parcel.map_sheet, parcel.kind, parcel.line) == ("", "面", 13)
    assert (file.crs, file.encoding, file.notes) == ("EPSG:4527", "utf-8", ())
    assert file.header["转换参数"] == ",,,,,,"


def test_x_is_the_easting_and_y_the_northing() -> None:
    (parcel,) = read(SAMPLE).parcels
    assert parcel.geometry.bounds == (39610498.0, 2708889.0, 39610698.0, 2709039.0)


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "gbk", "gb2312", "gb18030", "utf-16", "utf-16-le"]
)
def test_every_encoding_in_use_gives_the_same_parcels(encoding: str) -> None:
    file = read(SAMPLE, encoding)
    assert file.parcels == read(SAMPLE).parcels
    assert file.encoding == "gb18030" if encoding.startswith("gb") else encoding
    assert kinds(file) == {"encoding"}


def test_big_endian_utf_16_and_padding_with_nul_are_read() -> None:
    assert read(SAMPLE, "utf-16-be").parcels == read(SAMPLE).parcels
    assert read(SAMPLE + "\0" * 500 + "\x1a").parcels == read(SAMPLE).parcels


WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
DIALECTS = {
    "no J": (SAMPLE.replace("\nJ", "\n"), {"no_j"}),
    "rings not closed": (
        HEADER
        + HEAD
        + "\n"
        + "".join(
            line + "\n"
            for i, line in enumerate(POINTS.splitlines(), 1)
            if i % 5  # every fifth line closes a ring
        ),
        {"ring_not_closed", "count_closing"},
    ),
    "count without closing points": (SAMPLE.replace("10,2.88", "8,2.88"), {"count_closing"}),
    "count wrong": (SAMPLE.replace("10,2.88", "12,2.88"), {"count_mismatch"}),
    "count left out": (SAMPLE.replace("10,2.88", ",2.88"), {"head_number"}),
    "numbering restarts per ring": (
        SAMPLE.replace("J5", "J1").replace("J6", "J2").replace("J7", "J3").replace("J8", "J4"),
        {"numbering_restarts"},
    ),
    "one ring number for all": (
        SAMPLE.replace(",2,27", ",1,27"),
        {"ring_split"},
    ),
    "no ring numbers": (
        SAMPLE.replace(",2,27", ",27").replace(",1,27", ",27"),
        {"no_ring_number", "ring_split"},
    ),
    "X/Y swapped": (HEADER + HEAD + "\n" + swapped(POINTS), {"swapped_xy"}),
    "8 head fields": (SAMPLE.replace("商服用地,,@", "商服用地,@"), {"head_fields"}),
    "12 head fields": (SAMPLE.replace(",,@", ",,甲,乙,丙,@"), {"head_fields"}),
    "10 head fields": (SAMPLE.replace(",,@", ",,甲,@"), {"head_fields"}),
    "11 head fields": (SAMPLE.replace(",,@", ",,甲,乙,@"), {"head_fields"}),
    "head without @": (SAMPLE.replace(",,@", ","), {"head_fields"}),
    "no 点线面 in the head": (SAMPLE.replace(",面,", ",,"), {"kind_assumed"}),
    "area in m²": (SAMPLE.replace("2.8800", "28800.00"), {"area_in_m2"}),
    "area in 亩": (SAMPLE.replace("2.8800", "43.2"), {"area_mismatch"}),
    "area of nought": (SAMPLE.replace("2.8800", "0"), {"area_mismatch"}),
    "area off by a twentieth": (SAMPLE.replace("2.8800", "2.7360"), {"area_off"}),
    "area off by a third": (SAMPLE.replace("2.8800", "3.8400"), {"area_far"}),
    "area left out": (SAMPLE.replace("2.8800", ""), {"head_number"}),
    "full-width punctuation": (
        SAMPLE.translate(str.maketrans(",=[]@", "，＝［］＠")),
        {"full_width"},
    ),
    "full-width digits and letters in the points": (
        HEADER + HEAD + "\n" + POINTS.translate(WIDE),
        {"full_width"},
    ),
    "full-width digits in the head": (SAMPLE.replace("10,2.88", "１０,２．８８"), {"full_width"}),
    "full-width digits in the header": (
        SAMPLE.replace("带号=39", "带号=３９").replace("=2000国家", "=２０００国家"),
        {"full_width"},
    ),
    "semicolons in the points": (
        HEADER + HEAD + "\n" + POINTS.replace(",", "；").replace("\n", "；\n"),
        {"full_width"},
    ),
    "blanks between the fields": (HEADER + HEAD + "\n" + POINTS.replace(",", "\t "), set()),
    "CRLF": (SAMPLE.replace("\n", "\r\n"), {"crlf"}),
    "blank lines": (SAMPLE.replace("J5,2", "\n \nJ5,2"), {"blank_line"}),
    "no [属性描述]": ("[地块坐标]\n" + BODY, {"section_missing", "crs_undeclared"}),
    "no [地块坐标]": (SAMPLE.replace("[地块坐标]\n", ""), {"section_missing"}),
    "a title above it": ("鹭城红线\n" + SAMPLE, {"line_ignored"}),
    "a consecutive duplicate": (
        SAMPLE.replace("J3,1", "J2,1,2709039.000,39610498.000\nJ3,1").replace("10,", "11,"),
        {"duplicate_point"},
    ),
    "the closing point twice": (
        SAMPLE.replace("J5,2,2708939.000,39610548.000\n", "J5,2,2708939.000,39610548.000\n" * 2),
        {"duplicate_point"},
    ),
    "a closing point off by 1 mm": (
        SAMPLE.replace("J1,1,2708889.000,39610498.000\nJ5", "J1,1,2708889.001,39610498.000\nJ5"),
        {"closing_point_off"},
    ),
    "a height after Y": (
        SAMPLE.replace("J3,1,2709039.000,39610698.000", "J3,1,2709039.000,39610698.000,5.2"),
        {"extra_fields"},
    ),
}


@pytest.mark.parametrize(("text", "expected"), DIALECTS.values(), ids=DIALECTS.keys())
def test_a_dialect_gives_the_same_land_and_a_note(text: str, expected: set[str]) -> None:
    file = read(text)
    assert kinds(file) == expected
    (parcel,) = file.parcels
    assert parcel.geometry.equals(read(SAMPLE).parcels[0].geometry)
    assert file.crs == (None if "crs_undeclared" in expected else "EPSG:4527")


def test_square_metres_are_given_back_as_hectares() -> None:
    assert read(DIALECTS["area in m²"][0]).parcels[0].declared_area_ha == 2.88


def test_a_note_names_its_line_and_the_range_in_both_languages() -> None:
    note = only_note(read(DIALECTS["X/Y swapped"][0]), "swapped_xy")
    assert (note.line, note.zh) == (14, "X/Y 颠倒, 已对调(第14-23行)")
    assert note.en == "X and Y were swapped; put right (lines 14-23)"


def test_the_report_names_every_line_of_every_dialect_met() -> None:
    text = SAMPLE.replace("2709039.000,39610698.000", "39610698.000,2709039.000")
    text = text.replace("J2,1", "2,1").replace("J7,2", "7，2").replace(",,@", ",,甲,@")
    met = {one.kind: one.lines for one in read(text + BODY, "gbk").departures}
    assert met == {
        "encoding": (1,),
        "head_fields": (13,),
        "no_j": (15, 21),
        "swapped_xy": (16,),
        "full_width": (21,),
    }


def test_a_report_leaves_out_the_values_in_which_its_lines_differ() -> None:
    two = HEADER + BODY.replace("10,2.88", "8,2.88") + BODY.replace("10,2.88", "8,2.88")
    (same,) = read(two).departures
    assert same.en == "8 points, 10 lines: closing points differ"
    text = two + plain_head(count="4", area="1.0000") + rows(square(0, 0, 100))
    (other,) = read(text).departures
    assert other.lines == (13, 24, 35)
    assert other.en == "… points, … lines: closing points differ"


def test_a_file_in_the_standard_form_has_nothing_to_report() -> None:
    assert read(SAMPLE).departures == ()


def test_full_width_punctuation_in_a_name_is_the_names_own() -> None:
    file = read(SAMPLE.replace("地块1", "地块１，北（二期）"))
    assert file.parcels[0].name == "地块１，北（二期）"
    assert file.notes == ()


def test_all_nine_fields_of_the_head_and_those_beyond_are_kept() -> None:
    (parcel,) = read(SAMPLE.replace("面,,商服用地,,@", "面,G50-1,商服用地,05H1,甲,乙,@")).parcels
    assert (parcel.map_sheet, parcel.use, parcel.land_code) == ("G50-1", "商服用地", "05H1")
    assert parcel.extra == ("甲", "乙")


def test_several_parcels_each_have_their_own_holes_and_parts() -> None:
    one = plain_head("甲") + rows(square(0, 0, 100), square(10, 10, 10))
    two = plain_head("乙") + rows(square(0, 200, 50), square(0, 300, 50))
    first, second = read(HEADER + one + two).parcels
    assert (first.geometry.area, second.geometry.area) == (9900, 5000)
    assert (first.name, second.name) == ("甲", "乙")


def test_dialects_met_together_are_all_reported() -> None:
    lines = [line for i, line in enumerate(POINTS.splitlines(), 1) if i % 5]
    body = swapped("\n".join(lines).replace("J", "").replace(",396", ",6"))
    text = HEADER + HEAD.replace("10,2.8800", "8,28800") + "\n" + body
    file = read(text.replace("\n", "\r\n"), "gbk")
    assert kinds(file) == {
        "area_in_m2", "crlf", "encoding", "no_j", "no_zone_prefix", "ring_not_closed", "swapped_xy"
    }  # fmt: skip
    assert file.crs == "EPSG:4548"
    assert file.parcels[0].geometry.area == pytest.approx(28800)


def test_one_swapped_line_among_good_ones_is_put_right_and_named() -> None:
    text = SAMPLE.replace("2709039.000,39610698.000", "39610698.000,2709039.000")
    file = read(text)
    assert file.parcels == read(SAMPLE).parcels
    assert only_note(file, "swapped_xy").line == 16


def test_an_easting_without_its_zone_takes_the_code_without_prefix() -> None:
    file = read(SAMPLE.replace(",396", ",6"))
    assert file.crs == "EPSG:4548"
    assert kinds(file) == {"no_zone_prefix"}
    assert file.parcels[0].geometry.bounds[0] == 610498.0


def test_swapped_coordinates_without_prefix_are_told_apart() -> None:
    file = read(HEADER + HEAD + "\n" + swapped(POINTS.replace(",396", ",6")))
    assert file.crs == "EPSG:4548"
    assert kinds(file) == {"no_zone_prefix", "swapped_xy"}


def test_the_zone_is_inferred_from_the_easting_where_the_header_is_silent() -> None:
    file = read(SAMPLE.replace("带号=39\n", "").replace("几度分带=3\n", ""))
    assert file.crs == "EPSG:4527"
    assert kinds(file) == {"zone_inferred"}


@pytest.mark.parametrize(
    "system", ["CGCS2000", "国家2000坐标系统", "2000国家大地坐标系（CGCS2000）"]
)
def test_the_national_system_is_known_by_its_other_names(system: str) -> None:
    assert read(SAMPLE.replace("2000国家大地坐标系", system)).crs == "EPSG:4527"


NO_CODE = {
    "Beijing 1954": ("2000国家大地坐标系", "1954年北京坐标系", "crs_unsupported"),
    "Xi'an 1980": ("2000国家大地坐标系", "1980西安坐标系", "crs_unsupported"),
    "local": ("2000国家大地坐标系", "厦门92坐标系", "crs_unsupported"),
    "local, of 2000": ("2000国家大地坐标系", "广州2000坐标系", "crs_unsupported"),
    "no system": ("坐标系=2000国家大地坐标系\n", "", "crs_undeclared"),
    "degrees": ("计量单位=米", "计量单位=度", "crs_unsupported"),
    "another projection": ("高斯克吕格", "墨卡托", "crs_unsupported"),
    "zone against the prefix": ("带号=39", "带号=40", "crs_zone_conflict"),
    "zone of another width": ("几度分带=3", "几度分带=6", "crs_zone_conflict"),
    "zones of 1.5 degrees": ("几度分带=3", "几度分带=1.5", "crs_zone_conflict"),
    "northings cut": (",27", ",7", "crs_coordinates"),
}


@pytest.mark.parametrize(("old", "new", "kind"), NO_CODE.values(), ids=NO_CODE.keys())
def test_no_code_is_guessed_and_a_note_says_why(old: str, new: str, kind: str) -> None:
    file = read(SAMPLE.replace(old, new))
    assert file.crs is None
    assert kinds(file) == {kind}


def test_the_note_names_the_system_that_has_no_code() -> None:
    note = only_note(read(SAMPLE.replace("2000国家大地", "1980西安")), "crs_unsupported")
    assert note.line == 5
    assert "1980西安坐标系" in note.zh
    assert "1980西安坐标系" in note.en


def test_without_prefix_and_zone_the_code_stays_open() -> None:
    file = read(SAMPLE.replace(",396", ",6").replace("带号=39\n", ""))
    assert file.crs is None
    assert kinds(file) == {"no_zone_prefix", "crs_zone_unknown"}


ZONES = [(3, zone, 3 * zone) for zone in range(25, 46)]
ZONES += [(6, zone, 6 * zone - 3) for zone in range(13, 24)]


@pytest.mark.parametrize("prefixed", [True, False], ids=["prefix", "no prefix"])
@pytest.mark.parametrize(("width", "zone", "meridian"), ZONES)
def test_each_zone_has_the_code_whose_meridian_and_false_easting_fit(
    width: int, zone: int, meridian: int, *, prefixed: bool
) -> None:
    text = SAMPLE.replace("几度分带=3", f"几度分带={width}").replace("带号=39", f"带号={zone}")
    file = read(text.replace(",396", f",{zone}6" if prefixed else ",6"))
    assert file.crs is not None
    operation = CRS(file.crs).coordinate_operation
    assert operation is not None
    values = {parameter.name: float(parameter.value) for parameter in operation.params}
    assert values["Longitude of natural origin"] == meridian
    assert values["False easting"] == 500_000 + (1_000_000 * zone if prefixed else 0)
    assert CRS(file.crs).name.startswith("CGCS2000")


RINGS = {
    "a hole touching the shell": ([square(0, 0, 100), square(0, 40, 10)], 9900, 1, 1),
    "two parts": ([square(0, 0, 100), square(0, 200, 50)], 12500, 2, 0),
    "two parts that touch in a point": ([square(0, 0, 100), square(100, 100, 50)], 12500, 2, 0),
    "an island in a lake": (
        [square(0, 0, 100), square(10, 10, 60), square(20, 20, 10)],
        10000 - 3600 + 100,
        2,
        1,
    ),
    "the hole before its shell": ([square(10, 10, 10), square(0, 0, 100)], 9900, 1, 1),
    "two holes and a part with a hole": (
        [
            square(0, 200, 50),
            square(0, 0, 100),
            square(10, 210, 5),
            square(10, 10, 10),
            square(50, 50, 10),
        ],
        10000 - 200 + 2500 - 25,
        2,
        3,
    ),
}


@pytest.mark.parametrize(("rings", "area", "parts", "holes"), RINGS.values(), ids=RINGS.keys())
def test_rings_nest_by_containment_whatever_their_numbers(
    rings: list[str], area: float, parts: int, holes: int
) -> None:
    file = read(HEADER + plain_head() + rows(*rings))
    shape = file.parcels[0].geometry
    assert isinstance(shape, Polygon | MultiPolygon)
    polygons = list(shape.geoms) if isinstance(shape, MultiPolygon) else [shape]
    assert shape.area == pytest.approx(area)
    assert len(polygons) == parts
    assert sum(len(polygon.interiors) for polygon in polygons) == holes


SQUARES = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 12))


@given(st.lists(SQUARES, min_size=1, max_size=6))
def test_a_valid_shape_covers_what_an_odd_number_of_its_rings_cover(
    squares: list[tuple[int, int, int]],
) -> None:
    text = HEADER + plain_head() + rows(*(square(*corner_and_side) for corner_and_side in squares))
    shape = read(text).parcels[0].geometry
    odd: BaseGeometry = Polygon()
    for north, east, side in squares:
        x, y = 39_600_000 + east, 2_700_000 + north
        odd = odd.symmetric_difference(box(x, y, x + side, y + side))
    if shape.is_valid:
        assert shape.area == pytest.approx(odd.area)


def test_unclosed_rings_under_one_number_are_told_apart_by_their_first_point_number() -> None:
    ring = "J1,1,{0},{1}\nJ2,1,{0},{2}\nJ3,1,{3},{2}\nJ4,1,{3},{1}\n"
    outer = ring.format("2700000", "39600000", "39600100", "2700100")
    inner = ring.format("2700010", "39600010", "39600020", "2700020")
    file = read(HEADER + plain_head(count="8") + outer + inner)
    assert file.parcels[0].geometry.area == 9900
    assert {"ring_split", "numbering_restarts", "ring_not_closed"} <= kinds(file)


def test_a_column_of_equal_point_numbers_does_not_split_a_ring() -> None:
    hexagon = rows("0 0,0 50,50 80,100 50,100 0,50 -30,0 0").splitlines()
    text = "".join("J" + line[line.index(",") :] + "\n" for line in hexagon)
    assert read(HEADER + plain_head() + text).parcels[0].geometry.area == 8000


def test_a_self_crossing_ring_is_left_as_it_is_and_noted() -> None:
    file = read(HEADER + plain_head() + rows("0 0,100 100,100 0,0 100,0 0"))
    shape = file.parcels[0].geometry
    assert isinstance(shape, Polygon)
    assert not shape.is_valid
    assert len(shape.exterior.coords) == 5
    assert only_note(file, "self_crossing").line == 14


def test_rings_that_cross_each_other_are_left_as_they_are_and_noted() -> None:
    file = read(HEADER + plain_head() + rows(square(0, 0, 100), square(50, 50, 100)))
    assert not file.parcels[0].geometry.is_valid
    assert only_note(file, "invalid_geometry").line == 13


def test_lines_and_points_are_read_too() -> None:
    text = HEADER + plain_head(kind="线", count="3") + rows("0 0,0 10,0 30")
    text += plain_head(kind="点", count="2") + rows("0 0,0 10")
    line, points = read(text).parcels
    assert isinstance(line.geometry, LineString)
    assert line.geometry.length == 30
    assert isinstance(points.geometry, MultiPoint)
    assert len(points.geometry.geoms) == 2


def test_two_parcels_keep_their_order_and_their_lines() -> None:
    parcels = read(SAMPLE + BODY.replace("地块1", "二期")).parcels
    assert [(parcel.name, parcel.line) for parcel in parcels] == [("地块1", 13), ("二期", 24)]


def test_a_comma_in_the_name_does_not_shift_the_other_fields() -> None:
    parcel = read(SAMPLE.replace("地块1", "地块1,北")).parcels[0]
    assert (parcel.name, parcel.use) == ("地块1,北", "商服用地")


ERRORS = {
    "empty": ("", 1, "not a boundary-point exchange file"),
    "prose": ("鹭城\n没有坐标\n", 2, "not a boundary-point exchange file"),
    "no parcel": (HEADER, 12, "no parcel"),
    "points without a head": (HEADER + POINTS, 13, "before any parcel"),
    "head without points": (HEADER + HEAD, 13, "no points"),
    "ring of two points": (HEADER + plain_head() + rows("0 0,0 10,0 0"), 14, "fewer than 3"),
    "line of one point": (HEADER + plain_head(kind="线") + rows("0 0"), 14, "fewer than 2"),
    "a number that is none": (SAMPLE.replace("2709039.000", "27O9039.000"), 15, "finite"),
    "nan": (SAMPLE.replace("2709039.000", "nan"), 15, "finite"),
    "infinity": (SAMPLE.replace("2709039.000", "1e999"), 15, "finite"),
    "too large": (SAMPLE.replace("2709039.000", "1e80"), 15, "finite"),
    "a line cut short": (
        SAMPLE.replace("J2,1,2709039.000,39610498.000", "J2,1,2709039"),
        15,
        "lack",
    ),
    "a stray line": (SAMPLE.replace("J2,1", "备注\nJ2,1"), 15, "is no point"),
    "two zones": (SAMPLE.replace("J5,2,2708939.000,39", "J5,2,2708939.000,40"), 19, "zone"),
    "prefix on some points": (SAMPLE.replace("39610588", "610588"), 20, "zone"),
    "two headers": (SAMPLE + SAMPLE.replace("带号=39", "带号=40"), 32, "contradicts line 9"),
}


@pytest.mark.parametrize(("text", "line", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_what_cannot_be_read_is_refused_in_one_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BoundaryTextError) as caught:
        read(text)
    message = str(caught.value)
    assert message.startswith(f"红线.txt, line {line}: ")
    assert words in message
    assert "\n" not in message


def test_bytes_in_no_known_encoding_are_refused() -> None:
    with pytest.raises(BoundaryTextError, match="neither UTF-8"):
        read_boundary_txt(b"\xff\xff\xff\xff")


def read_or_refuse(data: bytes) -> None:
    texts = []
    try:
        texts = [text for note in read_boundary_txt(data).notes for text in (note.zh, note.en)]
    except BoundaryTextError as error:
        texts = [str(error)]
    assert all(text.splitlines() == [text] for text in texts)


@given(st.binary(max_size=400))
def test_rubbish_parses_or_is_refused(data: bytes) -> None:
    read_or_refuse(data)


PIECES = [*SAMPLE.splitlines(), *",，@面线点=[]；\t", "\n", "\r", "{0}", "-1e7", "nan", "9" * 5000]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30), st.booleans())
def test_scrambled_pieces_of_a_file_parse_or_are_refused(pieces: list[str], lines: bool) -> None:
    text = HEADER + HEAD + "\n" + ("\n" if lines else "").join(pieces)
    read_or_refuse(text.encode("utf-8", "replace"))


CELLS = st.tuples(
    st.sampled_from(["J1", "J2", "J3", "", "J"]),
    st.integers(1, 3),
    st.integers(0, 4),
    st.integers(0, 4),
)


@given(st.lists(CELLS, max_size=24))
def test_any_rings_on_a_grid_parse_or_are_refused(cells: list[tuple[str, int, int, int]]) -> None:
    points = "".join(f"{j},{r},{2700000 + x},{39600000 + y}\n" for j, r, x, y in cells)
    read_or_refuse((HEADER + plain_head() + points).encode())


@given(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 6))
def test_a_damaged_sample_parses_or_is_refused(at: int, patch: bytes, cut: int) -> None:
    data = SAMPLE.encode("gb18030")
    read_or_refuse(data[:at] + patch + data[at + cut :])
