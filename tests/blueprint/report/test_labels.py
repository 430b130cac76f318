"""Room on a map: labels that never meet, each at the best spot that is free."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from blueprint.report.labels import Label, place_labels, spots_around, spots_on
from blueprint.report.page import Box
from layers import Geometries

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
