"""Boundary points written and read again: the same bytes, the same land to the last bit."""

import re

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Polygon, box

from layers.boundary_txt import BoundaryFile, BoundaryTextError, Parcel, read_boundary_txt
from layers.boundary_write import prefixed_twin, rewrite_boundary_txt, write_boundary_txt
from layers.errors import CannotWrite

from .test_boundary_txt import DIALECTS, HEADER, RINGS, SAMPLE, plain_head, rows, square

HEAD = {"数据产生日期": "2026-11-23", "精度": "0.001"}
LAND = Polygon(
    [
        (39610498.0, 2708889.0),
        (39610498.0, 2709039.0),
        (39610698.0, 2709039.0),
        (39610698.0, 2708889.0),
    ],
    [
        [
            (39610548.0, 2708939.0),
            (39610588.0, 2708939.0),
            (39610588.0, 2708969.0),
            (39610548.0, 2708969.0),
        ]
    ],
)


def parcel(geometry: shapely.Geometry, name: str = "地块1", **fields: object) -> Parcel:
    values = {"number": "1", "use": "", "map_sheet": "", "kind": "面", "declared_area_ha": None}
    return Parcel(**(values | {"name": name, "geometry": geometry} | fields))  # type: ignore[arg-type]


def again(file: BoundaryFile) -> BoundaryFile:
    return read_boundary_txt(rewrite_boundary_txt(file).data)


def land(file: BoundaryFile) -> list[tuple[object, ...]]:
    """All that a file says of its parcels, coordinates to the last bit."""
    return [
        (p.number, p.name, p.use, p.land_code, p.map_sheet, p.extra, p.kind, p.geometry.wkb)
        for p in file.parcels
    ]


def test_the_sample_of_the_format_is_written_as_it_stands() -> None:
    written = write_boundary_txt([parcel(LAND, use="商服用地")], "EPSG:4527", HEAD)
    assert written.data.decode() == SAMPLE
    assert written.losses == ()


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_standard_file_is_reproduced_byte_for_byte(encoding: str) -> None:
    data = SAMPLE.encode(encoding)
    written = rewrite_boundary_txt(read_boundary_txt(data), encoding=encoding)
    assert written.data == data
    assert written.losses == ()


@pytest.mark.parametrize("text", [text for text, _ in DIALECTS.values()], ids=DIALECTS.keys())
def test_a_dialect_is_rewritten_in_the_standard_form_with_the_same_land(text: str) -> None:
    file = read_boundary_txt(text.encode())
    standard = again(file)
    assert land(standard) == land(file)
    assert standard.crs == file.crs
    left = {note.kind for note in standard.notes}
    # more fields than nine are kept, and nobody knows a system that was never named
    assert left <= {
        *("head_fields", "crs_undeclared", "count_mismatch"),
        *("area_mismatch", "area_off", "area_far"),
    }
    assert rewrite_boundary_txt(standard).data == rewrite_boundary_txt(file).data


@pytest.mark.parametrize("rings", [rings for rings, *_ in RINGS.values()], ids=RINGS.keys())
def test_holes_and_parts_are_read_back_as_they_were(rings: list[str]) -> None:
    file = read_boundary_txt((HEADER + plain_head() + rows(*rings)).encode())
    assert land(again(file)) == land(file)


def test_each_part_comes_before_its_holes_and_rings_count_up_from_1() -> None:
    two = MultiPolygon([LAND, box(39610800, 2708889, 39610900, 2708989)])
    lines = write_boundary_txt([parcel(two)], "EPSG:4527").data.decode().splitlines()
    points = [line.split(",")[:2] for line in lines if line.startswith("J")]
    assert [ring for _, ring in points] == ["1"] * 5 + ["2"] * 5 + ["3"] * 5
    assert [label for label, _ in points[10:]] == ["J9", "J10", "J11", "J12", "J9"]


def test_numbers_start_again_with_each_parcel() -> None:
    written = write_boundary_txt([parcel(LAND), parcel(LAND, "二期")], "EPSG:4527")
    assert written.data.decode().count("\nJ1,1,") == 4
    assert "J9," not in written.data.decode()


CELLS = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20), st.integers(1, 20))
DENTS = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 5), st.integers(1, 5))
ZONES = [4513, 4527, 4533, 4534, 4548, 4554, 4491, 4501, 4502, 4512]
FIRST_EASTING = {4513: 25, 4527: 39, 4533: 45, 4491: 13, 4501: 23}  # the zone, where it is said


@st.composite
def multipolygons(draw: st.DrawFn) -> shapely.Geometry:
    """Valid polygons and multipolygons, many with holes and islands, on the grid of 0.1 mm."""
    step = draw(st.sampled_from([1, 7, 10_000, 1_234_567]))
    turn = draw(st.integers(0, 3))

    def shape(cells: list[tuple[int, int, int, int]]) -> shapely.Geometry:
        return shapely.union_all([_cell(*cell, turn) for cell in cells])

    outline = shape(draw(st.lists(CELLS, min_size=1, max_size=4)))
    drawn = outline.difference(shape(draw(st.lists(DENTS, max_size=8))))
    drawn = drawn.symmetric_difference(shape(draw(st.lists(DENTS, max_size=3))))
    east, north = draw(st.integers(0, 9_999)), draw(st.integers(0, 9_999))
    scaled = shapely.transform(drawn, lambda xy: np.round(xy) * step + [east, north])
    return shapely.make_valid(scaled, method="structure", keep_collapsed=False)


def _cell(x: int, y: int, width: int, height: int, turn: int) -> Polygon:
    """A rectangle, or a triangle in one of its corners."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return Polygon(corners if turn == 3 else corners[turn:] + corners[: max(turn - 1, 0)])


@settings(max_examples=200)
@given(
    st.lists(multipolygons(), min_size=1, max_size=3),
    st.sampled_from(ZONES),
    st.sampled_from(["utf-8", "gbk"]),
)
def test_whatever_is_valid_and_on_the_grid_is_read_back_to_the_last_bit(
    drawn: list[shapely.Geometry], code: int, encoding: str
) -> None:
    crs = f"EPSG:{code}"
    corner = np.array([FIRST_EASTING.get(code, 0) * 1e6 + 400_000, 2_700_000])
    shapes = [
        shapely.transform(shape, lambda xy: np.round(xy + corner * 1e4) / 1e4)
        for shape in drawn
        if shape.geom_type in {"Polygon", "MultiPolygon"} and not shape.is_empty
    ]
    shapes = [shape for shape in shapes if shape.is_valid]
    if not shapes:
        return
    parcels = [parcel(shape, f"地块{i}", number=str(i)) for i, shape in enumerate(shapes)]
    written = write_boundary_txt(parcels, crs, encoding=encoding)
    file = read_boundary_txt(written.data)
    assert file.crs == crs
    assert written.losses == ()
    for was, now in zip(parcels, file.parcels, strict=True):
        assert (now.number, now.name) == (was.number, was.name)
        assert bits(now.geometry) == bits(was.geometry)
    assert rewrite_boundary_txt(file, encoding=encoding).data == written.data
    assert {note.kind for note in file.notes} <= {"encoding", "no_zone_prefix"}


def bits(shape: shapely.Geometry) -> bytes:
    """A multipolygon of one part and that part are the same land."""
    parts = shapely.get_parts(shape)
    return shapely.to_wkb(parts[0] if len(parts) == 1 else shape)


TEXTS = st.text(
    st.characters(codec="gbk", exclude_characters=",\x00\x85", exclude_categories=("Cc", "Zs"))
)


@given(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_words_come_back_as_they_were_or_a_loss_says_so(
    number: str, name: str, use: str, land_code: str, map_sheet: str
) -> None:
    given_ = {"number": number, "use": use, "land_code": land_code, "map_sheet": map_sheet}
    for encoding in ("utf-8", "gbk"):
        written = write_boundary_txt([parcel(LAND, name, **given_)], "EPSG:4527", encoding=encoding)
        (back,) = read_boundary_txt(written.data).parcels
        assert back.geometry.equals_exact(LAND)
        if not written.losses:
            assert {key: getattr(back, key) for key in given_} == given_
            assert back.name == name


def test_a_comma_in_a_name_becomes_a_full_width_one_and_is_told() -> None:
    written = write_boundary_txt([parcel(LAND, "甲,乙\n丙")], "EPSG:4527")
    (back,) = read_boundary_txt(written.data).parcels
    assert back.name == "甲，乙 丙"
    assert written.losses == ("'甲,乙\\n丙' is written as '甲，乙 丙'",)


def test_a_precision_that_cuts_says_what_it_costs() -> None:
    fine = shapely.transform(LAND, lambda xy: xy + 0.0004)
    exact = write_boundary_txt([parcel(fine)], "EPSG:4527")
    assert exact.losses == ()
    assert "精度=0.0001\n" in exact.data.decode()
    cut = write_boundary_txt([parcel(fine)], "EPSG:4527", precision=0.001)
    assert "精度=0.001\n" in cut.data.decode()
    assert read_boundary_txt(cut.data).parcels[0].geometry.wkb == LAND.wkb
    assert cut.losses == ("coordinates are rounded to 0.001 m, none by more than 0.0004 m",)


def test_coordinates_finer_than_the_headers_precision_keep_all_their_decimals() -> None:
    fine = shapely.transform(LAND, lambda xy: xy + 0.1234567)
    written = write_boundary_txt([parcel(fine)], "EPSG:4527", {"精度": "0.01"})
    assert read_boundary_txt(written.data).parcels[0].geometry.wkb == fine.wkb
    assert written.losses == ()


def test_areas_are_plane_hectares_unless_the_parcel_declares_its_own() -> None:
    mine = write_boundary_txt([parcel(LAND, declared_area_ha=2.8791)], "EPSG:4527")
    assert b",2.8791,1," in mine.data
    assert b",2.8800,1," in write_boundary_txt([parcel(LAND)], "EPSG:4527").data


def test_lines_and_points_are_written_too() -> None:
    line = LineString([(39600000, 2700000), (39600010.5, 2700000), (39600000, 2700000)])
    points = MultiPoint([(39600000, 2700000), (39600000, 2700010)])
    parcels = [parcel(line, kind="线"), parcel(points, kind="点")]
    back = read_boundary_txt(write_boundary_txt(parcels, "EPSG:4527").data)
    assert [p.geometry.wkb for p in back.parcels] == [line.wkb, points.wkb]
    assert back.notes == ()


@pytest.mark.parametrize(
    ("crs", "width", "zone"), [("EPSG:4527", 3, 39), ("EPSG:4548", 3, 39), ("EPSG:4508", 6, 19)]
)
def test_the_header_names_the_zone_of_the_code(crs: str, width: int, zone: int) -> None:
    land_ = shapely.transform(LAND, lambda xy: xy - [39e6 if crs != "EPSG:4527" else 0, 0])
    written = write_boundary_txt([parcel(land_)], crs)
    assert f"\n几度分带={width}\n" in written.data.decode()
    assert f"\n带号={zone}\n" in written.data.decode()
    assert read_boundary_txt(written.data).crs == crs


@pytest.mark.parametrize(
    ("crs", "twin"),
    [("EPSG:4548", "EPSG:4527"), ("EPSG:4527", "EPSG:4527"), ("EPSG:4508", "EPSG:4497")],
)
def test_a_zone_without_prefix_has_a_twin_with_it(crs: str, twin: str) -> None:
    assert prefixed_twin(crs) == twin


def test_a_local_system_keeps_the_words_of_its_header() -> None:
    text = SAMPLE.replace("2000国家大地坐标系", "厦门92坐标系")
    file = read_boundary_txt(text.encode())
    assert file.crs is None
    assert rewrite_boundary_txt(file).data.decode() == text


REFUSED = {
    "degrees": (parcel(LAND), "EPSG:4490", {}, "EPSG:4527"),
    "no geometry": (parcel(Polygon()), "EPSG:4527", {}, "has the geometry Polygon"),
    "a line for a polygon": (parcel(LAND.exterior), "EPSG:4527", {}, "LinearRing"),
    "another zone": (parcel(LAND), "EPSG:4528", {}, "outside EPSG:4528"),
    "no prefix": (parcel(LAND), "EPSG:4548", {}, "outside EPSG:4548"),
    "smaller than the precision": (
        parcel(box(39610498, 2708889, 39610498.001, 2708889.001)),
        "EPSG:4527",
        {"precision": 0.01},
        "finer",
    ),
    "not in GBK": (parcel(LAND, "𠮷屋"), "EPSG:4527", {"encoding": "gbk"}, "write UTF-8"),
    "no power of ten": (parcel(LAND), "EPSG:4527", {"precision": 0.03}, "power of ten"),
}


@pytest.mark.parametrize(("what", "crs", "options", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_format_cannot_say_is_refused_in_one_line(
    what: Parcel, crs: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(CannotWrite, match=re.escape(words)) as caught:
        write_boundary_txt([what], crs, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


GRID = st.tuples(
    st.sampled_from(["J1", "J2", "J3", "", "J"]),
    st.integers(1, 3),
    st.integers(0, 4),
    st.integers(0, 4),
)


@given(st.lists(GRID, max_size=24))
def test_whatever_was_read_is_read_again_the_same(cells: list[tuple[str, int, int, int]]) -> None:
    points = "".join(f"{j},{r},{2700000 + x},{39600000 + y}\n" for j, r, x, y in cells)
    try:
        file = read_boundary_txt((HEADER + plain_head() + points).encode())
    except BoundaryTextError:
        return
    assert land(again(file)) == land(file)


def test_squares_of_equal_size_nest_the_same_in_any_order() -> None:
    rings = [square(0, 0, 100), square(0, 200, 100), square(10, 210, 5), square(10, 10, 5)]
    shapes = [
        read_boundary_txt((HEADER + plain_head() + rows(*order)).encode()).parcels[0].geometry
        for order in (rings, rings[::-1])
    ]
    assert shapes[0].equals(shapes[1])
    assert shapes[0].area == 2 * 10_000 - 2 * 25
