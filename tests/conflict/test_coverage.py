"""Overlaps and gaps within one layer: partitions by hypothesis, and spoilt ones of known area."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, box

from conflict import OverlayError
from conflict.coverage import Coverage, check_coverage, everywhere_thinner

EAST, NORTH = 610_000.0, 2_708_000.0
GRID = 1e-4


def array(*shapes: object) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def texts(*wkts: str) -> np.ndarray:
    return array(*(translate(shapely.from_wkt(wkt), EAST, NORTH) for wkt in wkts))


def grid_of_cells(columns: int, rows: int, side: float = 100.0) -> np.ndarray:
    return array(
        *(
            box(EAST + x * side, NORTH + y * side, EAST + (x + 1) * side, NORTH + (y + 1) * side)
            for x in range(columns)
            for y in range(rows)
        )
    )


def pairs(found: Coverage) -> list[tuple[int, int]]:
    return list(zip(found.left.tolist(), found.right.tolist(), strict=True))


@st.composite
def partitions(draw: st.DrawFn) -> np.ndarray:
    """Voronoi cells of 3 to 40 points in a square of 1 km, on the store's grid."""
    count = draw(st.integers(3, 40))
    spots = draw(st.sets(st.tuples(*[st.integers(0, 1000)] * 2), min_size=count, max_size=count))
    frame = box(EAST, NORTH, EAST + 1000, NORTH + 1000)
    points = shapely.multipoints([(EAST + x, NORTH + y) for x, y in spots])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    # the cells are rounded together: neighbours keep equal edges
    cells = shapely.set_precision(cells, GRID, mode="pointwise")
    cells = shapely.set_precision(cells, 0, mode="pointwise")
    return array(*cells[shapely.is_valid(cells) & (shapely.area(cells) > 0)])


squares = st.lists(
    st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 5)] * 2), min_size=1, max_size=12
)


def drawn(rows: list[tuple[int, int, int, int]]) -> np.ndarray:
    return array(*(box(EAST + x, NORTH + y, EAST + x + w, NORTH + y + h) for x, y, w, h in rows))


@given(partitions())
def test_a_partition_has_neither_overlap_nor_gap(cells: np.ndarray) -> None:
    # rounding may turn a cell of 0.1 mm over
    assume(shapely.area(cells).sum() == pytest.approx(shapely.union_all(cells).area, abs=1e-6))
    found = check_coverage(cells)
    assert pairs(found) == []
    assert found.gap_m2.sum() == pytest.approx(0, abs=1e-6)


@given(st.integers(3, 6), st.integers(3, 6), st.integers(1, 999_999))
def test_a_cell_moved_by_d_overlaps_one_neighbour_and_leaves_a_gap_as_large(
    columns: int, rows: int, steps: int
) -> None:
    cells = grid_of_cells(columns, rows)
    moved, shift = rows + 1, round(steps * GRID, 4)
    cells[moved] = translate(cells[moved], shift, 0)
    found = check_coverage(cells)
    assert pairs(found) == [(moved, moved + rows)]
    assert found.overlap_m2.sum() == pytest.approx(100 * shift, abs=1e-5)
    assert found.gap_m2.tolist() == [pytest.approx(100 * shift, abs=1e-5)]
    width = 100 * shift / (100 + shift)
    assert found.overlap_width_m[0] == pytest.approx(width, rel=1e-3)
    assert found.gap_width_m[0] == pytest.approx(width, rel=1e-3)


@given(squares)
def test_the_overlaps_are_those_of_a_loop_over_all_pairs(
    rows: list[tuple[int, int, int, int]],
) -> None:
    shapes = drawn(rows)
    expected = {
        (i, j): shapely.intersection(shapes[i], shapes[j]).area
        for i in range(len(shapes))
        for j in range(i + 1, len(shapes))
        if shapely.intersection(shapes[i], shapes[j]).area
    }
    found = check_coverage(shapes)
    assert dict(zip(pairs(found), found.overlap_m2.tolist(), strict=True)) == expected


@given(squares)
def test_gaps_are_what_filling_every_hole_adds(rows: list[tuple[int, int, int, int]]) -> None:
    shapes = drawn(rows)
    joined = shapely.union_all(shapes)
    filled = shapely.union_all(
        [shapely.polygons(ring) for ring in shapely.get_exterior_ring(shapely.get_parts(joined))]
    )
    found = check_coverage(shapes)
    assert found.gap_m2.sum() == pytest.approx(filled.area - joined.area, abs=1e-6)
    assert shapely.union_all(found.gaps).equals(shapely.difference(filled, joined)) or (
        found.gap_m2.sum() == 0
    )


@given(squares)
def test_within_an_outline_covered_and_gap_make_up_the_outline(
    rows: list[tuple[int, int, int, int]],
) -> None:
    shapes = drawn(rows)
    outline = box(EAST - 3, NORTH + 2, EAST + 9, NORTH + 20)
    covered = shapely.intersection(shapely.union_all(shapes), outline).area
    found = check_coverage(shapes, outline)
    assert covered + found.gap_m2.sum() == pytest.approx(outline.area, abs=1e-6)


@given(partitions(), st.data())
def test_any_spoilt_partition_keeps_the_area_law(cells: np.ndarray, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(cells) - 1))
    east, north = (data.draw(st.integers(-10_000, 10_000)) * 0.01 for _ in range(2))
    cells[at] = translate(cells[at], east, north)
    found = check_coverage(cells)
    others = shapely.union_all(np.delete(cells, at))
    expected = shapely.intersection(cells[at], others).area
    of_moved = (found.left == at) | (found.right == at)
    assert found.overlap_m2[of_moved].sum() == pytest.approx(expected, abs=1e-3)


CASES: dict[str, tuple[list[str], float, float]] = {
    "one within the other, no edge touching": (
        ["POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", "POLYGON ((2 2, 4 2, 4 4, 2 4, 2 2))"], 4, 0,
    ),
    "the same twice": (
        ["POLYGON ((0 0, 3 0, 3 3, 0 3, 0 0))", "POLYGON ((0 0, 3 0, 3 3, 0 3, 0 0))"], 9, 0,
    ),
    "one fills the hole of the other": (
        ["POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (3 3, 6 3, 6 6, 3 6, 3 3))",
         "POLYGON ((3 3, 6 3, 6 6, 3 6, 3 3))"], 0, 0,
    ),
    "an island in a hole, the water between a gap": (
        ["POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (2 2, 7 2, 7 7, 2 7, 2 2))",
         "POLYGON ((4 4, 5 4, 5 5, 4 5, 4 4))"], 0, 24,
    ),
    "an island with a lake and an islet in it": (
        ["POLYGON ((0 0, 19 0, 19 19, 0 19, 0 0), (2 2, 17 2, 17 17, 2 17, 2 2))",
         "POLYGON ((4 4, 14 4, 14 14, 4 14, 4 4), (6 6, 12 6, 12 12, 6 12, 6 6))",
         "POLYGON ((8 8, 9 8, 9 9, 8 9, 8 8))"], 0, 225 - 100 + 36 - 1,
    ),
    "neighbours whose corners do not match but whose edges do": (
        ["POLYGON ((0 0, 2 0, 2 4, 0 4, 0 0))", "POLYGON ((2 0, 4 0, 4 2, 2 2, 2 0))",
         "POLYGON ((2 2, 4 2, 4 4, 2 4, 2 2))"], 0, 0,
    ),
    "only a corner in common": (
        ["POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))", "POLYGON ((1 1, 2 1, 2 2, 1 2, 1 1))"], 0, 0,
    ),
    "a crossing in the middle": (
        ["POLYGON ((0 4, 9 4, 9 5, 0 5, 0 4))", "POLYGON ((4 0, 5 0, 5 9, 4 9, 4 0))"], 1, 0,
    ),
    "parts of one feature around another": (
        ["MULTIPOLYGON (((0 0, 1 0, 1 3, 0 3, 0 0)), ((2 0, 3 0, 3 3, 2 3, 2 0)))",
         "POLYGON ((1 0, 2 0, 2 3, 1 3, 1 0))"], 0, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_case_has_its_overlap_and_its_gap(case: Any) -> None:
    wkts, overlap, gap = case
    found = check_coverage(texts(*wkts))
    assert found.overlap_m2.sum() == pytest.approx(overlap, abs=1e-9)
    assert found.gap_m2.sum() == pytest.approx(gap, abs=1e-9)


def test_three_on_one_spot_are_three_pairs() -> None:
    found = check_coverage(array(*[box(EAST, NORTH, EAST + 2, NORTH + 2)] * 3))
    assert pairs(found) == [(0, 1), (0, 2), (1, 2)]
    assert found.overlap_m2.tolist() == [4, 4, 4]


def test_an_empty_layer_leaves_the_whole_outline() -> None:
    outline = box(0, 0, 3, 3)
    assert check_coverage(array(), outline).gap_m2.tolist() == [9]
    assert check_coverage(array()).gap_m2.tolist() == []


def test_a_layer_in_two_halves_within_an_outline_leaves_the_strip_between_them() -> None:
    halves = texts("POLYGON ((0 0, 4 0, 4 9, 0 9, 0 0))", "POLYGON ((5 0, 9 0, 9 9, 5 9, 5 0))")
    outline = MultiPolygon([box(EAST, NORTH, EAST + 9, NORTH + 9)])
    found = check_coverage(halves, outline)
    assert found.gap_m2.tolist() == [9]
    assert found.gap_width_m.tolist() == [pytest.approx(0.9)]
    assert check_coverage(halves).gap_m2.tolist() == []


def test_polygons_that_no_method_can_join_are_an_error() -> None:
    # the sum of the areas of a bow tie is not the area of what it covers
    bow_tie = shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")
    inside_out = shapely.from_wkt("POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (0 0, 9 0, 9 9, 0 9, 0 0))")
    with pytest.raises(OverlayError, match="deliver it again"):
        check_coverage(array(bow_tie, inside_out, box(0, 0, 10, 10)))


def test_a_square_with_a_long_thin_tail_is_not_thin_and_the_tail_alone_is() -> None:
    tail = "POLYGON ((0 0, 100000 0, 100000 0.0002, 0 0.0002, 0 0))"
    square = "POLYGON ((0 0, 100000 0, 100000 0.0002, 1 0.0002, 1 1, 0 1, 0 0))"
    assert everywhere_thinner(texts(tail, square), 0.001).tolist() == [True, False]


def test_what_is_as_wide_as_asked_is_not_thinner() -> None:
    strip = texts("POLYGON ((0 0, 10 0, 10 1, 0 1, 0 0))")
    assert everywhere_thinner(strip, 0.99).tolist() == [False]
    assert everywhere_thinner(strip, 1.01).tolist() == [True]
