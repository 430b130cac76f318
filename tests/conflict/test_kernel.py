"""Areas without geometry: both kernels, held against GEOS and against exact arithmetic."""

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, Polygon, box
from shapely.geometry.base import BaseGeometry

from conflict import Classes, Shapes, Wanted, kernel, overlay, shared_geometry
from conflict.kernel import APART, CROSSING, LEFT_WITHIN, RIGHT_WITHIN, Name
from conflict.overlay import candidates

from .nasty import EAST, GRID, NORTH, exact_shared_m2, giant_ring, moved, nasty_pairs
from .test_overlay import array, layers

KERNELS: tuple[Name, ...] = ("compiled", "shapely")


@pytest.fixture(params=KERNELS)
def each_kernel(request: pytest.FixtureRequest) -> Iterator[Name]:
    with kernel.using(request.param):
        yield request.param


def shapes(*geometries: BaseGeometry) -> Shapes:
    return Shapes.from_geometries(array(*geometries))


def measured(left: BaseGeometry, right: BaseGeometry) -> tuple[float, int]:
    """What the kernel itself says of one pair, before GEOS is asked."""
    area, kind = np.zeros(1), np.zeros(1, dtype=np.int8)
    row = np.zeros(1, dtype=np.int64)
    kernel.active.measure(shapes(left).flat, shapes(right).flat, row, row, area, kind)
    return float(area[0]), int(kind[0])


def test_the_compiled_kernel_is_there() -> None:
    # a machine without a compiler works on the plain one; the tests need both
    assert kernel.name == "compiled", "apt-get install gcc python3-dev && make setup"


SQUARE, LAKE = box(0, 0, 10, 10), box(0, 0, 10, 10) - box(3, 3, 7, 7)


@pytest.mark.parametrize(
    ("left", "right", "area", "kind"),
    [
        (SQUARE, box(20, 0, 30, 10), 0, APART),
        (SQUARE, box(10, 0, 20, 10), 0, APART),
        (SQUARE, box(10, 10, 20, 20), 0, APART),
        (SQUARE, box(10, 2, 20, 8), 0, APART),
        (box(4, 4, 6, 6), SQUARE, 4, LEFT_WITHIN),
        (SQUARE, box(4, 4, 6, 6), 4, RIGHT_WITHIN),
        (box(4, 4, 6, 6), LAKE, 0, APART),
        (box(3, 3, 7, 7), LAKE, 0, APART),
        (box(2, 2, 8, 8), LAKE, 20, CROSSING),
        (SQUARE, SQUARE, 100, CROSSING),
        (SQUARE, box(5, -5, 15, 5), 25, CROSSING),
        (box(0, 0, 5, 10), SQUARE, 50, CROSSING),
    ],
    ids=[
        "far", "edge to edge", "corner to corner", "part of an edge", "within", "around",
        "in the lake", "filling the lake", "over the lake", "equal", "across a corner",
        "within, along the edge",
    ],
)  # fmt: skip
def test_a_pair_is_of_its_kind(
    each_kernel: Name, left: Polygon, right: Polygon, area: float, kind: int
) -> None:
    said, of_kind = measured(left, right)
    # what only touches may be left to GEOS, which then finds nothing
    assert said == pytest.approx(area, abs=1e-9)
    assert len(overlay(shapes(left), shapes(right))) == (kind != APART)
    assert of_kind == kind or area == 0


@settings(max_examples=150)
@given(nasty_pairs())
def test_an_area_is_what_exact_arithmetic_says(pair: tuple[BaseGeometry, BaseGeometry]) -> None:
    exact = float(exact_shared_m2(*pair))
    found = overlay(shapes(pair[0]), shapes(pair[1]))
    assert float(found.area_m2.sum()) == pytest.approx(exact, rel=1e-9, abs=1e-6)


@settings(max_examples=100)
@given(nasty_pairs(jitters=(0.0, GRID)))
def test_both_kernels_name_the_same_pairs_with_the_same_areas_and_shapes(
    pair: tuple[BaseGeometry, BaseGeometry],
) -> None:
    found = {}
    for name in KERNELS:
        with kernel.using(name):
            left, right = shapes(pair[0]), shapes(pair[1])
            overlaps = overlay(left, right)
            found[name] = overlaps, shared_geometry(left, right, overlaps)[0]
    (one, drawn), (other, drawn_too) = found["compiled"], found["shapely"]
    assert len(one) == len(other)
    outline = 4 * pair[0].length * np.spacing(1e7)  # the plain one has the rounding of GEOS
    assert one.area_m2 == pytest.approx(other.area_m2, rel=1e-8, abs=1e-6 + outline)
    assert shapely.area(drawn) == pytest.approx(shapely.area(drawn_too), rel=1e-8, abs=1e-6)


@given(layers, layers, st.integers(1, 4), st.integers(1, 4))
def test_tiles_find_every_pair_once_and_threads_change_nothing(
    left: np.ndarray, right: np.ndarray, across: int, up: int
) -> None:
    a, b = Shapes.from_geometries(left), Shapes.from_geometries(right)
    xs = [-np.inf, *(EAST + 137.5 * k for k in range(1, across)), np.inf]
    ys = [-np.inf, *(NORTH - 91.25 * k for k in range(up - 1, 0, -1)), np.inf]
    tiles = [
        overlay(a, b, Wanted(owned=(xs[i], ys[j], xs[i + 1], ys[j + 1])))
        for i in range(across)
        for j in range(up)
    ]
    rows = sorted(
        row
        for t in tiles
        for row in zip(t.left.tolist(), t.right.tolist(), t.area_m2.tolist(), strict=True)
    )
    for whole in (overlay(a, b), overlay(a, b, threads=3)):
        assert rows == list(
            zip(whole.left.tolist(), whole.right.tolist(), whole.area_m2.tolist(), strict=True)
        )


def test_a_matrix_forms_the_pairs_of_classes_that_fight(each_kernel: Name) -> None:
    left, right = shapes(SQUARE, SQUARE), shapes(SQUARE, box(1, 1, 2, 2))
    fights = np.array([[False, True], [True, False]])
    classes = Classes(np.array([0, 1], np.int32), np.array([0, 1], np.int32), fights)
    i, j = candidates(left, right, Wanted(classes=classes))
    assert list(zip(i.tolist(), j.tolist(), strict=True)) == [(0, 1), (1, 0)]
    unknown = Classes(np.array([0, 2], np.int32), classes.right, fights)
    with pytest.raises(ValueError, match="from 0 to 1"):
        overlay(left, right, Wanted(classes=unknown))


def test_rows_restrict_either_side(each_kernel: Name) -> None:
    left, right = shapes(SQUARE, SQUARE), shapes(SQUARE, SQUARE)
    wanted = Wanted(left_rows=np.array([1]), right_rows=np.array([0]))
    found = overlay(left, right, wanted)
    assert (found.left.tolist(), found.right.tolist()) == ([1], [0])


def test_a_giant_is_cut_to_each_pair_and_draws_as_the_whole_one_does() -> None:
    giant = moved(giant_ring(), EAST, NORTH)
    steps = np.linspace(0, 1, 25)
    spots = shapely.line_interpolate_point(giant.exterior, steps, normalized=True)
    plots = shapely.buffer(spots, 40.0, quad_segs=2)
    large, small = shapes(giant), Shapes.from_geometries(plots)
    found = overlay(large, small)
    drawn, failures = shared_geometry(large, small, found)
    assert failures == []
    assert found.right.tolist() == list(range(len(plots)))
    whole = shapely.intersection(giant, plots)
    assert shapely.area(drawn) == pytest.approx(shapely.area(whole), rel=1e-9, abs=1e-6)
    assert found.area_m2 == pytest.approx(shapely.area(whole), rel=1e-9, abs=1e-6)
    corners = shapely.get_num_coordinates
    assert corners(drawn).tolist() == corners(whole).tolist()
    # and what was intersected was a small part of it
    window = np.array([[*shapely.bounds(plots[3])]])
    assert corners(large.geometries(np.zeros(1, np.int64), window))[0] < corners(giant) / 10


@pytest.mark.parametrize(
    "geometry",
    [
        box(0, 0, 1, 1), LAKE, shapely.MultiPolygon([LAKE, box(20, 0, 21, 1)]),
        LineString([(0, 0), (3, 4)]), shapely.MultiLineString([[(0, 0), (3, 4)], [(9, 9), (9, 8)]]),
        MultiPoint([(0, 0), (1, 1)]), shapely.Point(5, 5), Polygon(), MultiPoint(),
    ],
    ids=lambda geometry: geometry.geom_type,
)  # fmt: skip
def test_geometries_come_out_as_they_went_in(each_kernel: Name, geometry: BaseGeometry) -> None:
    mixed = shapes(box(100, 100, 101, 101), geometry, LineString([(50, 50), (60, 60)]))
    (back,) = mixed.geometries(np.array([1]))
    assert back.equals(geometry) or (back.is_empty and geometry.is_empty)
    parts = shapely.get_num_geometries(back)
    size = {0: parts, 1: geometry.length, 2: geometry.area}[int(mixed.dimension[1])]
    assert mixed.sizes[1] == size
    if not geometry.is_empty:
        assert mixed.boxes[1].tolist() == list(geometry.bounds)
        assert 1 in mixed.search(geometry.bounds)
    assert len(mixed.search((-1e9, -1e9, 1e9, 1e9))) == 3 - geometry.is_empty


def test_both_kernels_describe_the_same() -> None:
    geometries = array(LAKE, LineString([(0, 0), (3, 4)]), moved(giant_ring(), EAST, NORTH))
    found = {}
    for name in KERNELS:
        with kernel.using(name):
            found[name] = Shapes.from_geometries(geometries).arrays
    for name, array_ in found["compiled"].items():
        assert np.array_equal(array_, found["shapely"][name]), name


@pytest.mark.parametrize(
    "blob",
    [b"", b"\x01", shapely.to_wkb(LAKE)[:-3], b"\x01\x07\x00\x00\x00\x00\x00\x00\x00"],
    ids=["nothing", "one byte", "cut short", "a collection"],
)
def test_what_is_no_wkb_of_a_feature_is_refused(each_kernel: Name, blob: bytes) -> None:
    import pyarrow as pa

    with pytest.raises(ValueError, match="WKB"):
        Shapes.from_wkb(pa.array([shapely.to_wkb(LAKE), blob], pa.binary()))


@pytest.mark.parametrize(
    ("east", "north", "scale"),
    [(0, 0, 0.97), (4_000, 1_000, 1.0), (300, -9_500, 0.8), (0, 0, 0.3), (30_000, 0, 1.0)],
    ids=["round each other", "half over", "at a corner", "one in the other", "far apart"],
)
def test_two_giants_share_what_geos_says(east: float, north: float, scale: float) -> None:
    lake = shapely.affinity.scale(giant_ring(3_000), 0.5, 0.5)
    giant = moved(giant_ring(20_000).difference(lake), EAST, NORTH)
    other = shapely.affinity.scale(giant_ring(30_000, waves=700), scale, scale)
    other = moved(other, EAST + east, NORTH + north)
    sides = shapes(giant), shapes(other)
    expected = giant.intersection(other).area
    found = overlay(*sides)
    assert len(found) == (expected > 0)
    assert found.area_m2.sum() == pytest.approx(expected, rel=1e-9, abs=1e-6)
    back = overlay(*sides[::-1])
    assert back.area_m2.sum() == pytest.approx(found.area_m2.sum(), rel=1e-12)


def test_a_giant_shares_all_of_itself_with_itself_and_nothing_with_its_hole() -> None:
    hole = shapely.affinity.scale(giant_ring(3_000), 0.5, 0.5)
    giant = moved(giant_ring(20_000).difference(hole), EAST, NORTH)
    whole = shapes(giant)
    itself = overlay(whole, whole)
    assert itself.area_m2.tolist() == pytest.approx([giant.area], rel=1e-9)
    assert len(overlay(whole, shapes(moved(hole, EAST, NORTH)))) == 0


def test_a_feature_of_many_parts_shares_what_its_parts_do(each_kernel: Name) -> None:
    # rings that hold a place as a whole, that lie above, below and beside it, of 5 to 2,000 corners
    wide = giant_ring(2_000).difference(shapely.affinity.scale(giant_ring(900), 0.8, 0.8))
    minx, miny, maxx, maxy = wide.bounds
    places = np.linspace(0.1, 0.9, 9)
    rounds = [
        shapely.Point(minx + a * (maxx - minx), miny + b * (maxy - miny)).buffer(2.0, quad_segs=n)
        for n, a in zip((1, 2, 9, 60, 3, 8, 200, 1, 5), places, strict=True)
        for b in places
    ]
    parts = [wide, *(one for one in rounds if one.disjoint(wide))]
    together = moved(shapely.MultiPolygon(parts), EAST, NORTH)
    squares = [moved(one.envelope, EAST + off, NORTH + 0.5) for one in rounds for off in (1.0, 8.0)]
    found = overlay(shapes(together), shapes(*squares))
    expected = shapely.area(shapely.intersection(together, array(*squares)))
    assert found.right.tolist() == np.flatnonzero(expected > 0).tolist()
    assert found.area_m2 == pytest.approx(expected[expected > 0], rel=1e-9, abs=1e-6)
    assert len(parts) > 20
    assert 0 < len(found) < len(squares)


@pytest.mark.parametrize("count", [1, 5, 63, 64, 65, 2_000])
def test_pairs_come_by_row_however_many_there_are(each_kernel: Name, count: int) -> None:
    rows = np.random.default_rng(count).permutation(2_000)
    squares = [box(x, 0, x + 0.5, 1) for x in rows.tolist()]
    left, right = shapes(box(0, 0, count - 0.5, 1), box(3_000, 0, 3_001, 1)), shapes(*squares)
    i, j = candidates(left, right)
    assert i.tolist() == [0] * count
    assert j.tolist() == np.flatnonzero(rows < count).tolist()
