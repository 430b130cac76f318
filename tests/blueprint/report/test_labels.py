"""Room on a map: labels that never meet, each at the best spot that is free."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from blueprint.report.labels import Label, place_labels, spots_around, spots_on, tag_overlaps
from blueprint.report.lettering import Lettering
from blueprint.report.page import Box
from blueprint.report.signs import OverlapSign
from layers import Geometries
from tests.blueprint.report.conftest import finding

FRAME: Box = (0, 0, 100, 80)
PLACES = st.floats(-20, 120, allow_nan=False)
SIZES = st.floats(0.5, 40, allow_nan=False)
LABELS = st.lists(
    st.builds(Label, SIZES, SIZES, st.lists(st.tuples(PLACES, PLACES), max_size=6).map(tuple)),
    max_size=25,
)


def shapes(*given_shapes: shapely.Geometry) -> Geometries:
    return np.array(given_shapes, dtype=object)


@given(labels=LABELS, taken=LABELS)
def test_labels_never_overlap_and_never_leave_the_frame(
    labels: list[Label], taken: list[Label]
) -> None:
    obstacles = [label.at(spot) for label in taken for spot in label.spots[:1]]
    placed = place_labels(labels, FRAME, obstacles)
    assert len(placed) == len(labels)
    boxes = [box(*found) for found in placed if found is not None]
    for index, one in enumerate(boxes):
        assert box(*FRAME).covers(one)
        assert not any(one.intersects(other) for other in boxes[index + 1 :])
        assert not any(one.intersects(box(*other)) for other in obstacles)


@given(labels=LABELS)
def test_label_is_left_out_only_when_every_spot_is_taken(labels: list[Label]) -> None:
    placed = place_labels(labels, FRAME)
    for index, (label, found) in enumerate(zip(labels, placed, strict=True)):
        if found is None:
            before = [box(*other) for other in placed[:index] if other is not None]
            for spot in label.spots:
                here = box(*label.at(spot))
                blocked = any(here.intersects(other) for other in before)
                assert blocked or not box(*FRAME).covers(here)


def test_first_free_spot_is_taken() -> None:
    label = Label(10, 4, ((50, 40), (50, 60)))
    assert place_labels([label, label, label], FRAME) == [
        (45, 38, 55, 42),
        (45, 58, 55, 62),
        None,
    ]


def test_spots_around_start_in_the_wanted_direction_and_go_outwards() -> None:
    spots = list(spots_around((0, 0), (10, 20), start=math.pi / 2))
    assert spots[0] == pytest.approx((0, 10))
    distances = [math.hypot(*spot) for spot in spots]
    assert distances == pytest.approx([10] * 8 + [20] * 8)


def test_polygon_is_named_deep_inside() -> None:
    ring = Polygon([(0, 0), (90, 0), (90, 60), (0, 60)], [[(5, 5), (50, 5), (50, 55), (5, 55)]])
    spots = spots_on(shapes(ring), 10, 8)
    assert all(ring.contains(Point(spot)) for spot in spots)
    assert 60 < spots[0][0] < 80


def test_line_is_named_along_it_and_a_point_beside_it() -> None:
    line = LineString([(0, 0), (60, 0)])
    assert spots_on(shapes(line, LineString([(0, 9), (5, 9)])), 10, 8)[0] == (30, 0)
    beside = spots_on(shapes(Point(10, 10)), 10, 8)
    assert all(not box(*Label(10, 8, ()).at(spot)).covers(Point(10, 10)) for spot in beside)


def test_nothing_to_name_has_no_spots() -> None:
    assert list(spots_on(shapes(), 10, 8)) == []


class Sheet:
    """Remembers discs and arrows."""

    def __init__(self) -> None:
        self.letters = Lettering("宽约 0123456789.,m²公顷")
        self.discs, self.arrows = [], 0

    def draw(self, shapes, look, inside=None):
        self.arrows += shapes.geom_type == "Polygon"

    def disc(self, centre, number, colour):
        self.discs.append((centre, number))

    def plate(self, *_, **__): ...

    def write(self, *_, **__): ...


def tagged(*given_shapes: shapely.Geometry) -> tuple[Sheet, list[Box]]:
    sheet = Sheet()
    overlaps = [
        OverlapSign(
            number, finding(f"f{number}", "consult", one), shapely.GeometryCollection([one])
        )
        for number, one in enumerate(given_shapes, 1)
    ]
    return sheet, tag_overlaps(sheet, overlaps, box(100, 100, 400, 400), [])


def test_overlaps_of_one_shape_share_a_row_of_numbers_without_arrows() -> None:
    shape = box(100, 100, 300, 300)
    sheet, boxes = tagged(shape, shape, box(100, 100, 300, 298), box(300, 100, 400, 300))
    assert len(boxes) == 2
    assert [number for _, number in sheet.discs] == [1, 2, 3, 4]
    xs, ys = zip(*(centre for centre, _ in sheet.discs[:3]), strict=True)
    assert len(set(ys)) == 1
    assert all(shape.contains(Point(x, y)) for x, y in zip(xs, ys, strict=True))
    assert list(xs) == sorted(xs)
    assert sheet.arrows == 0


def test_number_beside_its_overlap_has_an_arrow() -> None:
    assert tagged(box(100, 100, 300, 100.5))[0].arrows == 1
    assert tagged(Point(200, 200))[0].arrows == 1


def test_of_many_overlaps_the_gravest_twelve_are_tagged() -> None:
    places = [(x, y) for x in (110, 190, 270, 350) for y in (110, 180, 250, 320, 390)]
    sheet, _ = tagged(*(Point(place) for place in places))
    assert sorted(number for _, number in sheet.discs) == list(range(1, 13))
