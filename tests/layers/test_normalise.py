"""Rows made fit for the store: what is repaired, set aside or flagged; and that none is lost."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from layers import Normalised, Source, Target, normalise
from layers.errors import MissingCrs, NothingToKeep, UnsuitableCrs, WrongPlace
from layers.mapping import Field
from layers.normalise import GRID_M, GeometryKind
from layers.table import crs_of, geometries

Make = Callable[..., Source]
CITY = (580_000.0, 2_680_000.0, 640_000.0, 2_740_000.0)
TARGET = Target("EPSG:4548", "polygon", CITY)
E, N = 610_000, 2_700_000
SQUARE = shapely.box(E, N, E + 100, N + 100)
OTHER = translate(SQUARE, 200)
BOW_TIE = f"POLYGON (({E} {N}, {E + 10} {N + 10}, {E + 10} {N}, {E} {N + 10}, {E} {N}))"


def target(kind: GeometryKind = "polygon", **changes: object) -> Target:
    return replace(TARGET, geometry=kind, **changes)  # type: ignore[arg-type]


def aside(result: Normalised) -> list[tuple[int, str]]:
    return [(row.row, row.reason) for row in result.quarantined]


def issues(result: Normalised, action: str) -> list[tuple[int, str]]:
    return [(issue.row, issue.kind) for issue in result.issues if issue.action == action]


def ids(result: Normalised) -> list[str]:
    found: list[str] = result.features.column("feature_id").to_pylist()
    return found


def source_with(*shapes: BaseGeometry | None, crs: str = "EPSG:4548", **columns: object) -> Source:
    wkb = pa.array(shapely.to_wkb(np.array(shapes, dtype=object)), pa.binary())
    return Source("layer.gpkg", "GPKG", None, crs, "UTF-8", pa.table({**columns, "geometry": wkb}))


def ring(*corners: tuple[float, float]) -> bytes:
    """A polygon of one ring as WKB, its corners taken as they are."""
    points = b"".join(struct.pack("<dd", *corner) for corner in corners)
    return struct.pack("<BIII", 1, 3, 1, len(corners)) + points


# repaired


def test_a_sound_square_is_kept_as_it_is(source_of: Make) -> None:
    result = normalise(source_of(SQUARE, BSM=["1"]), TARGET)
    (kept,) = geometries(result.features)
    assert kept.equals(SQUARE)
    assert kept.geom_type == "MultiPolygon"
    assert crs_of(result.features) == "EPSG:4548"
    assert (result.read, result.crs, result.issues, result.quarantined) == (1, "EPSG:4548", (), ())
    assert result.features.column("attributes").to_pylist() == ['{"BSM":"1"}']


def test_a_bow_tie_is_repaired_and_listed_with_the_area_that_moved(source_of: Make) -> None:
    result = normalise(source_of(SQUARE, BOW_TIE), TARGET)
    kept = geometries(result.features)[1]
    assert (kept.is_valid, kept.area) == (True, pytest.approx(50))
    (issue,) = result.issues
    assert (issue.row, issue.kind, issue.action) == (2, "invalid_geometry", "repaired")
    assert "Self-intersection" in issue.detail
    assert issue.area_moved_m2 == pytest.approx(50)


def test_a_ring_left_open_is_closed_and_listed(source_of: Make) -> None:
    result = normalise(source_of(ring(*SQUARE.exterior.coords[:4])), TARGET)
    assert geometries(result.features)[0].equals(SQUARE)
    assert [issue.detail for issue in result.issues] == ["a ring was not closed"]


def test_heights_and_measures_are_dropped(source_of: Make) -> None:
    flat = normalise(source_of(SQUARE), TARGET)
    corners = ", ".join(f"{x} {y} 7.5 1" for x, y in SQUARE.exterior.coords)
    for high in (shapely.force_3d(SQUARE, 7.5), f"POLYGON ZM (({corners}))"):
        result = normalise(source_of(high), TARGET)
        assert result.features.equals(flat.features)


def test_a_closed_line_is_the_polygon_that_it_draws(source_of: Make) -> None:
    closed = shapely.LineString(SQUARE.exterior.coords)
    result = normalise(source_of(closed), TARGET)
    assert geometries(result.features)[0].equals(SQUARE)
    as_line = normalise(source_of(closed), target("line"))
    assert geometries(as_line.features)[0].geom_type == "MultiLineString"


def test_the_parts_of_another_dimension_are_dropped(source_of: Make) -> None:
    mixed = shapely.GeometryCollection([SQUARE, shapely.LineString([(E, N), (E - 50, N)])])
    result = normalise(source_of(mixed), TARGET)
    assert geometries(result.features)[0].equals(SQUARE)


@pytest.mark.parametrize(
    ("kind", "shape", "multi"),
    [
        ("polygon", SQUARE, "MultiPolygon"),
        ("line", shapely.LineString([(E, N), (E + 5, N)]), "MultiLineString"),
        ("point", shapely.Point(E, N), "MultiPoint"),
    ],
)
def test_features_are_stored_as_multi_parts(
    source_of: Make, kind: GeometryKind, shape: BaseGeometry, multi: str
) -> None:
    (kept,) = geometries(normalise(source_of(shape), target(kind)).features)
    assert (kept.geom_type, kept.equals(shape)) == (multi, True)


def test_a_layer_in_degrees_is_brought_to_the_city(source_of: Make) -> None:
    degrees = shapely.box(118.09, 24.4, 118.091, 24.401)
    result = normalise(source_of(degrees, crs="EPSG:4490"), TARGET)
    assert result.crs == "EPSG:4490"
    east, north, *_ = geometries(result.features)[0].bounds
    assert (round(east, -4), round(north, -4)) == (610_000, 2_700_000)


# set aside


@pytest.mark.parametrize(
    ("unsound", "reason"),
    [
        (None, "no_geometry"),
        ("POLYGON EMPTY", "no_geometry"),
        (b"\1\3\0\0", "unreadable_geometry"),
        (struct.pack("<BII", 1, 16, 0), "unreadable_geometry"),
        (shapely.box(E, N, np.inf, N + 1), "not_finite"),
        (ring((E, N), (E + 1, float("nan")), (E + 1, N + 1), (E, N)), "not_finite"),
    ],
    ids=["missing", "empty", "rubbish", "a surface mesh", "infinite", "not a number"],
)
def test_what_has_no_place_is_set_aside_and_its_place_is_unknown(
    source_of: Make, unsound: object, reason: str
) -> None:
    result = normalise(source_of(SQUARE, unsound, BSM=["1", "2"]), TARGET)
    assert aside(result) == [(2, reason)] == issues(result, "quarantined")
    (row,) = result.quarantined
    assert (row.bounds, row.attributes) == (None, '{"BSM":"2"}')
    assert (result.read, result.features.num_rows) == (2, 1)


@pytest.mark.parametrize(
    ("unsound", "reason"),
    [
        (shapely.LineString([(E, N), (E + 5, N + 5)]), "wrong_dimension"),
        (shapely.Point(E, N), "wrong_dimension"),
        (f"POLYGON (({E} {N}, {E + 9} {N}, {E + 5} {N}, {E} {N}))", "collapsed"),
        (f"POLYGON (({E} {N}, {E} {N}, {E} {N}, {E} {N}))", "collapsed"),
        (shapely.box(E, N, E + 4e-5, N + 4e-5), "collapsed"),
        (shapely.box(E, N, E + 4e-5, N + 1000), "collapsed"),
    ],
    ids=["a line", "a point", "in line", "one point", "below the grid", "a hair"],
)
def test_what_is_no_polygon_is_set_aside_with_its_bounds_as_delivered(
    source_of: Make, unsound: object, reason: str
) -> None:
    source = source_of(unsound, SQUARE)
    result = normalise(source, TARGET)
    assert aside(result) == [(1, reason)]
    (row,) = result.quarantined
    assert row.wkb == source.rows.column("geometry")[0].as_py()
    assert row.bounds == shapely.from_wkb(row.wkb).bounds
    assert issues(result, "repaired") == []


def test_a_polygon_in_a_layer_of_lines_is_set_aside(source_of: Make) -> None:
    line = shapely.LineString([(E, N), (E + 5, N)])
    assert aside(normalise(source_of(line, SQUARE), target("line"))) == [(2, "wrong_dimension")]


def test_an_exact_twin_is_set_aside_and_the_first_one_kept(source_of: Make) -> None:
    result = normalise(source_of(SQUARE, OTHER, SQUARE, BSM=["1", "2", "1"]), TARGET)
    assert aside(result) == [(3, "duplicate")]
    assert result.quarantined[0].bounds == SQUARE.bounds
    assert [issue.detail for issue in result.issues] == ["an exact twin of row 1"]
    assert result.features.num_rows == 2


def test_a_twin_drawn_from_another_corner_and_round_the_other_way_is_one(source_of: Make) -> None:
    turned = shapely.Polygon([(E, N), (E, N + 100), (E + 100, N + 100), (E + 100, N)])
    assert list(turned.exterior.coords) != list(SQUARE.exterior.coords)
    assert turned.equals(SQUARE)
    assert aside(normalise(source_of(SQUARE, turned), TARGET)) == [(2, "duplicate")]


def test_a_twin_with_a_corner_drawn_twice_is_one(source_of: Make) -> None:
    corners = list(SQUARE.exterior.coords)
    for at in range(4):
        doubled = shapely.Polygon([*corners[: at + 1], *corners[at:]])
        assert aside(normalise(source_of(SQUARE, doubled), TARGET)) == [(2, "duplicate")]


def test_equal_shapes_with_other_attributes_are_no_twins(source_of: Make) -> None:
    assert normalise(source_of(SQUARE, SQUARE, BSM=["1", "2"]), TARGET).quarantined == ()


def test_a_delivery_of_which_nothing_can_be_kept_is_refused(source_of: Make) -> None:
    with pytest.raises(NothingToKeep, match="none of its 2 features"):
        normalise(source_of(None, "POLYGON EMPTY"), TARGET)


# the place


def test_a_feature_outside_the_city_is_flagged_and_kept(source_of: Make) -> None:
    result = normalise(source_of(SQUARE, translate(SQUARE, 100_000)), TARGET)
    assert issues(result, "flagged") == [(2, "out_of_city")]
    assert "710000, 2700000" in result.issues[0].detail
    assert result.features.num_rows == 2


def test_a_feature_on_the_edge_of_the_frame_is_in_the_city(source_of: Make) -> None:
    over = shapely.box(CITY[0] - 50, N, CITY[0], N + 50)
    assert normalise(source_of(over), TARGET).issues == ()


@pytest.mark.parametrize(
    ("shape", "crs"),
    [
        (translate(SQUARE, 39_000_000), "EPSG:4548"),
        (SQUARE, "EPSG:4549"),
        (shapely.box(N, E, N + 100, E + 100), "EPSG:4548"),
        (SQUARE, "EPSG:4490"),
        (shapely.box(24.4, 118.09, 24.401, 118.091), "EPSG:4490"),
    ],
    ids=["zone prefix", "next zone", "axes swapped", "metres as degrees", "latitude first"],
)
def test_a_delivery_in_the_wrong_place_is_refused_with_the_crs_it_was_read_in(
    source_of: Make, shape: BaseGeometry, crs: str
) -> None:
    with pytest.raises(WrongPlace, match=rf"when read as {crs} .*would fit"):
        normalise(source_of(shape, crs=crs), TARGET)


def test_a_coordinate_without_image_in_the_city_is_set_aside(source_of: Make) -> None:
    here = shapely.box(118.09, 24.4, 118.091, 24.401)
    result = normalise(source_of(here, SQUARE, crs="EPSG:4490"), TARGET)
    assert aside(result) == [(2, "not_transformable")]


def test_a_delivery_without_crs_is_refused_with_the_remedy(source_of: Make) -> None:
    with pytest.raises(MissingCrs, match="--crs EPSG:4548"):
        normalise(source_of(SQUARE, crs=None), TARGET)


@pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:4610", "EPSG:2414", "EPSG:2343"])
def test_a_delivery_on_an_old_datum_is_refused(source_of: Make, crs: str) -> None:
    with pytest.raises(UnsuitableCrs, match="official parameters"):
        normalise(source_of(SQUARE, crs=crs), TARGET)


# ids and attributes


def test_the_departments_own_ids_are_taken(source_of: Make) -> None:
    source = source_of(SQUARE, OTHER, BSM=["A1", " B2 "])
    assert ids(normalise(source, target(id_field="BSM"))) == ["A1", "B2"]


@pytest.mark.parametrize("numbers", [[0, 17], [0.0, 17.0], ["0", "17"]])
def test_a_number_is_the_same_id_in_every_type(source_of: Make, numbers: list[object]) -> None:
    result = normalise(source_of(SQUARE, OTHER, BSM=numbers), target(id_field="BSM"))
    assert ids(result) == ["0", "17"]


def test_an_id_used_twice_is_flagged_and_both_features_kept(source_of: Make) -> None:
    result = normalise(source_of(SQUARE, OTHER, BSM=["A", "A"]), target(id_field="BSM"))
    assert issues(result, "flagged") == [(1, "duplicate_id"), (2, "duplicate_id")]
    assert len(set(ids(result))) == 2
    assert all(name.startswith("A~") for name in ids(result))


def test_rows_without_an_id_get_one_from_their_content(source_of: Make) -> None:
    result = normalise(source_of(SQUARE, OTHER, BSM=["", None]), target(id_field="BSM"))
    assert len(set(ids(result))) == 2
    assert all(name.startswith("~") for name in ids(result))


@given(st.permutations(range(6)))
def test_an_id_does_not_depend_on_the_order_of_the_rows(order: list[int]) -> None:
    names = ["A", "A", "B", "", "", "C"]
    shapes = [translate(SQUARE, 200 * i) for i in range(6)]

    def by_place(rows: list[int]) -> dict[float, str]:
        source = source_with(*(shapes[i] for i in rows), BSM=[names[i] for i in rows])
        result = normalise(source, target(id_field="BSM"))
        east = shapely.bounds(geometries(result.features))[:, 0].tolist()
        return dict(zip(east, ids(result), strict=True))

    assert by_place(order) == by_place(list(range(6)))


def test_a_required_field_is_flagged_where_it_is_empty_or_once_for_a_file_without_it(
    source_of: Make,
) -> None:
    source = source_of(SQUARE, OTHER, BSM=["1", "2"], YSDM=["x", "  "], zero=[0, 0])
    names = ("BSM", "YSDM", "zero", "MJ")
    wanted = target(id_field="BSM", fields=tuple(Field(name, required=True) for name in names))
    found = [(i.row, i.feature_id, i.detail) for i in normalise(source, wanted).issues]
    assert found == [
        (0, None, "no field MJ; the file has BSM, YSDM, zero"),
        (2, "2", "required field YSDM is empty"),
    ]


def test_a_sliver_is_flagged_and_kept(source_of: Make) -> None:
    result = normalise(source_of(SQUARE, shapely.box(E, N, E + 100, N + 0.2)), TARGET)
    assert issues(result, "flagged") == [(2, "sliver")]
    assert "0.200 m mean width" in result.issues[0].detail


def test_attributes_are_trimmed_json_with_sorted_keys(source_of: Make) -> None:
    columns = {"b": [" 甲 "], "a": [float("nan")], "c": [b"\1\xff"], "d": [[1, 2]], "e": [True]}
    (text,) = normalise(source_of(SQUARE, **columns), TARGET).features.column("attributes")
    assert text.as_py() == '{"a":null,"b":"甲","c":"01ff","d":[1,2],"e":true}'


# laws

coordinates = st.integers(-20_000_000, 20_000_000).map(lambda tenth: tenth / 1e5)
rings = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8).map(
    lambda corners: shapely.Polygon([(E + x, N + y) for x, y in corners])
)


@given(st.lists(rings, min_size=1, max_size=4))
def test_what_is_kept_is_valid_on_the_grid_and_normalising_it_again_changes_nothing(
    drawn: list[BaseGeometry],
) -> None:
    once = normalise(source_with(SQUARE, *drawn), TARGET)
    kept = geometries(once.features)
    steps = shapely.get_coordinates(kept) / GRID_M
    assert shapely.is_valid(kept).all()
    assert np.abs(steps - np.round(steps)).max() < 1e-3
    again = normalise(source_with(*kept), TARGET)
    assert again.features.equals(once.features)
    assert {issue.action for issue in again.issues} <= {"flagged"}


@given(st.lists(st.sampled_from([SQUARE, OTHER, None, shapely.Point(E, N)]), max_size=8))
def test_every_row_is_either_kept_or_set_aside_with_an_issue(
    drawn: list[BaseGeometry | None],
) -> None:
    result = normalise(source_with(SQUARE, *drawn), TARGET)
    assert result.features.num_rows + len(result.quarantined) == result.read == len(drawn) + 1
    assert aside(result) == issues(result, "quarantined")


def test_equal_content_has_an_equal_hash_whatever_the_order_of_columns(source_of: Make) -> None:
    one = normalise(source_of(SQUARE, a=["1"], b=["2"]), TARGET).features
    two = normalise(source_of(SQUARE, b=["2"], a=["1"]), TARGET).features
    assert one.equals(two)
    assert json.loads(one.column("attributes")[0].as_py()) == {"a": "1", "b": "2"}


# the same as ever


@given(
    st.lists(
        st.tuples(
            st.decimals(-4_000_000, 4_000_000, places=5), st.decimals(0, 4_000_000, places=6)
        ),
        min_size=1,
        max_size=40,
    )
)
def test_coordinates_are_rounded_as_geos_rounds_them(points: list[tuple[object, object]]) -> None:
    shapes = shapely.points(np.array(points, dtype=float))
    wide = target("point", bounds=(-5e6, -5e6, 5e6, 5e6))
    kept = geometries(normalise(source_with(*shapes), wide).features)
    on_grid = shapely.set_precision(shapes, GRID_M, mode="pointwise")
    expected = {tuple(xy) for xy in shapely.get_coordinates(on_grid).tolist()}
    assert {tuple(xy) for xy in shapely.get_coordinates(kept).tolist()} == expected


def test_a_collection_is_put_on_the_grid_as_a_whole(source_of: Make) -> None:
    both = shapely.GeometryCollection([SQUARE, translate(SQUARE, 33.33333, 33.33333)])
    (kept,) = geometries(normalise(source_of(both), TARGET).features)
    corners = shapely.get_coordinates(kept)
    assert (corners == np.round(corners, 4)).all()
    assert kept.is_valid


@pytest.mark.parametrize("blank", ["\x0b", "\u3000", "\x1f", "\t"])
def test_whatever_is_blank_round_a_text_is_taken_off(source_of: Make, blank: str) -> None:
    (text,) = normalise(source_of(SQUARE, n=[f"{blank}a{blank}"]), TARGET).features.column(
        "attributes"
    )
    assert text.as_py() == '{"n":"a"}'


def test_a_nul_is_dropped_from_texts_and_ids_and_told(source_of: Make) -> None:
    source = source_of(SQUARE, OTHER, BSM=["a\0b", "c"], n=["x\0", None])
    result = normalise(source, target(id_field="BSM"))
    assert ids(result) == ["ab", "c"]
    assert result.features.column("attributes")[0].as_py() == '{"BSM":"ab","n":"x"}'
    assert [(issue.row, issue.kind, issue.feature_id) for issue in result.issues] == [
        (1, "nul_character", "ab"),
        (1, "nul_character", "ab"),
    ]


def test_a_delivery_is_the_same_however_it_falls_into_batches(
    source_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = [None, None, None, SQUARE, SQUARE, OTHER, BOW_TIE, None, None, None, OTHER]
    rows = {"BSM": [str(at % 7) for at in range(len(shapes))]}
    whole = normalise(source_of(*shapes, **rows), target(id_field="BSM"))
    monkeypatch.setattr(import_module("layers.normalise"), "_BATCH", 3)
    pieces = normalise(source_of(*shapes, **rows), target(id_field="BSM"))
    assert pieces.features.equals(whole.features)
    assert (pieces.issues, pieces.quarantined) == (whole.issues, whole.quarantined)
    assert all(batch.num_rows for batch in pieces.features.to_batches())


def test_the_ids_that_an_export_adds_make_no_feature_another_one(source_of: Make) -> None:
    plain = normalise(source_of(SQUARE, BSM=["1"]), target(id_field="BSM"))
    exported = source_of(SQUARE, BSM=["1"], feature_id=["1"])
    again = normalise(exported, target(id_field="BSM"))
    assert again.features.equals(plain.features)
    assert again.mapping == ("feature_id, which our exports add, is left out",)
    asked = normalise(exported, target(id_field="feature_id"))
    assert asked.features.column("attributes")[0].as_py() == '{"BSM":"1","feature_id":"1"}'
