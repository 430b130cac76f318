"""The smallest move that takes a shape off others, and the largest part that others leave of it."""

import math
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity, wkt
from shapely.geometry.base import BaseGeometry

from conflict import shift as module
from conflict.gridded import GRID_M, less, united
from conflict.shift import MARGIN_M, smallest_shift
from conflict.trim import largest_part

from .conftest import CASES, ORIGIN

SITE = "POLYGON ((0 0, 100 0, 100 80, 0 80, 0 0))"


def array(*shapes: BaseGeometry) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


def placed(text: str) -> BaseGeometry:
    return affinity.translate(wkt.loads(text), *ORIGIN)


@pytest.mark.parametrize(
    ("obstacle", "move"),
    [
        pytest.param("POLYGON ((90 -50, 200 -50, 200 150, 90 150, 90 -50))", "-10.01 0", id="edge"),
        pytest.param("POINT (30 40)", "30.01 0", id="point"),
        pytest.param("LINESTRING (-300 30, 300 30)", "0 30.01", id="line"),
        pytest.param("POLYGON ((40 30, 60 30, 60 49, 40 30))", "0 49.01", id="within the site"),
        pytest.param("POLYGON ((-40 -9, 140 -9, 140 99, -40 99, -40 -9))", "0 -89.01", id="over"),
        pytest.param(
            "POLYGON ((-200 -200, 300 -200, 300 300, -200 300, -200 -200), "
            "(-10 -10, 150 -10, 150 90, -10 90, -10 -10))",
            "0 0",
            id="the site in a hole",
        ),
        pytest.param(
            "MULTIPOLYGON (((-10 -10, -5 -10, -5 90, -10 90, -10 -10)), "
            "((99 10, 120 10, 120 20, 99 20, 99 10)))",
            "-1.01 0",
            id="between two",
        ),
    ],
)  # fmt: skip
def test_the_smallest_move_is_the_one_that_a_ruler_gives(obstacle: str, move: str):
    found = smallest_shift(placed(SITE), array(placed(obstacle)), 200)
    assert found.exact
    assert found.move == pytest.approx([float(text) for text in move.split()], abs=2 * GRID_M)


def test_a_site_walled_in_has_nowhere_to_go_within_the_distance():
    wall = placed("POLYGON ((-300 -300, 400 -300, 400 460, -300 460, -300 -300))")
    assert smallest_shift(placed(SITE), array(wall), 200).move is None
    assert smallest_shift(placed(SITE), array(wall), 400).move == pytest.approx((0, -380.01))


def test_a_move_of_just_the_distance_is_found_and_one_of_a_centimetre_more_is_not():
    wall = placed("POLYGON ((-500 -500, 600 -500, 600 80, -500 80, -500 -500))")
    assert smallest_shift(placed(SITE), array(wall), 80.0101).distance_m == pytest.approx(80.01)
    assert smallest_shift(placed(SITE), array(wall), 80.0).move is None


def test_a_gap_as_wide_as_the_site_and_the_margins_is_found_and_a_narrower_one_is_not():
    left = placed("POLYGON ((-500 -500, 110 -500, 110 500, -500 500, -500 -500))")
    for width, free in ((100.03, True), (100.01, False)):
        right = affinity.translate(
            placed("POLYGON ((110 -500, 700 -500, 700 500, 110 500, 110 -500))"), width, 0
        )
        found = smallest_shift(placed(SITE), array(left, right), 200)
        assert (found.move is not None) is free


@st.composite
def blobs(draw: st.DrawFn) -> BaseGeometry:
    """A star-shaped polygon, a line or a point near the site."""
    x, y = draw(st.tuples(st.integers(-60, 160), st.integers(-60, 140)))
    radii = draw(st.lists(st.integers(3, 40), min_size=1, max_size=7))
    turn = 2 * math.pi / len(radii)
    corners = [
        (x + r * math.cos(k * turn), y + r * math.sin(k * turn)) for k, r in enumerate(radii)
    ]
    if len(corners) < 3:
        shape = shapely.Point(corners[0]) if len(corners) == 1 else shapely.LineString(corners)
    else:
        shape = shapely.Polygon(corners)
    return affinity.translate(shapely.set_precision(shape, GRID_M), *ORIGIN)


SITES = st.sampled_from(
    [
        SITE,
        "POLYGON ((0 0, 100 0, 100 30, 30 30, 30 80, 0 80, 0 0))",
        "POLYGON ((0 0, 90 0, 40 70, 0 0), (30 10, 45 10, 40 25, 30 10))",
        "MULTIPOLYGON (((0 0, 30 0, 30 30, 0 30, 0 0)), ((60 50, 90 50, 75 80, 60 50)))",
    ]
)


@settings(max_examples=60)
@given(SITES, st.lists(blobs(), min_size=1, max_size=6), st.floats(0, 2 * math.pi))
def test_a_moved_site_keeps_off_all_and_no_smaller_move_does(
    text: str, obstacles: list[BaseGeometry], towards: float
):
    site = placed(text)
    found = smallest_shift(site, array(*obstacles), 200)
    assert found.exact
    if found.move is not None:
        moved = affinity.translate(site, *found.move)
        assert found.distance_m <= 200
        assert moved.distance(shapely.union_all(obstacles)) >= MARGIN_M - 2 * GRID_M
    shortest = (200.0 if found.move is None else found.distance_m) - 3 * GRID_M
    for share in (1.0, 0.97, 0.6, 0.25):
        length = shortest * share
        elsewhere = affinity.translate(site, length * math.cos(towards), length * math.sin(towards))
        near = min(elsewhere.distance(obstacle) for obstacle in obstacles)
        assert shortest < 0 or near < MARGIN_M + 2 * GRID_M


def test_too_many_edges_are_simplified_outwards_and_the_answer_says_so(monkeypatch):
    monkeypatch.setattr(module, "_MOST_EDGES", 500)
    site = placed(SITE)
    circle = placed("POINT (100 80)").buffer(60, 64)
    found = smallest_shift(site, array(circle), 200)
    assert not found.exact
    assert affinity.translate(site, *found.move).distance(circle) >= MARGIN_M - GRID_M
    assert found.distance_m < 70


def test_what_is_left_of_half_a_site_is_the_other_half_less_the_margin():
    half = placed("POLYGON ((50 -50, 200 -50, 200 200, 50 200, 50 -50))")
    part = largest_part(placed(SITE), array(half), 1.0)
    assert part.equals_exact(
        placed("POLYGON ((0 0, 49.99 0, 49.99 80, 0 80, 0 0))"), 1e-6, normalize=True
    )


def test_a_tail_narrower_than_the_neck_goes_and_a_wider_one_stays():
    for tail, kept in ((0.9, False), (1.2, True)):
        across = placed(f"POLYGON ((50 {tail}, 200 {tail}, 200 200, 50 200, 50 {tail}))")
        part = largest_part(placed(SITE), array(across), 1.0)
        assert (part.bounds[2] - ORIGIN[0] > 51) is kept
        assert len(part.exterior.coords) == (7 if kept else 5)


def test_of_what_falls_apart_the_largest_part_stays():
    road = placed("LINESTRING (30 -10, 30 90)").buffer(5, cap_style="flat")
    part = largest_part(placed(SITE), array(road), 1.0)
    assert part.area == pytest.approx((65 - MARGIN_M) * 80)


def test_each_parcel_of_a_site_keeps_its_largest_part():
    site = placed(
        "MULTIPOLYGON (((0 0, 30 0, 30 30, 0 30, 0 0)), ((60 0, 90 0, 90 30, 60 30, 60 0)))"
    )
    taken = placed("POLYGON ((20 -10, 70 -10, 70 50, 20 50, 20 -10))")
    part = largest_part(site, array(taken), 1.0)
    assert part.area == pytest.approx(2 * 30 * (20 - MARGIN_M))
    assert shapely.get_num_geometries(part) == 2


@pytest.mark.parametrize(
    "taken",
    [
        "POLYGON ((22 16, 18 36, 22 39, 56 36, 22 16))",
        "POLYGON ((28.2 16, 18 32, 19.6 36.8, 23.2 38.8, 53 35, 28.2 16))",
    ],
)
def test_an_outline_that_crosses_itself_on_the_way_is_no_obstacle(taken: str):
    site = placed("POLYGON ((0 0, 90 0, 40 70, 0 0), (30 10, 45 10, 40 25, 30 10))")
    part = largest_part(site, array(placed(taken)), 1.0)
    assert part.is_valid
    assert site.buffer(3 * GRID_M).covers(part)
    assert part.distance(placed(taken)) >= MARGIN_M - 3 * GRID_M


def test_nothing_is_left_of_a_site_that_is_taken_whole():
    taken = placed("POLYGON ((-20 -10, 170 -10, 170 150, -20 150, -20 -10))")
    assert largest_part(placed(SITE), array(taken), 1.0).is_empty


@settings(max_examples=60)
@given(SITES, st.lists(blobs(), max_size=5))
def test_a_part_lies_within_the_site_off_what_is_taken_and_nothing_of_it_is_narrow(
    text: str, taken: list[BaseGeometry]
):
    site = placed(text)
    part = largest_part(site, array(*taken), 1.0)
    assert shapely.difference(part, site.buffer(3 * GRID_M)).area == 0
    assert shapely.get_num_geometries(part) <= shapely.get_num_geometries(site)
    if part.is_empty:
        return
    assert part.is_valid
    assert part.distance(shapely.union_all(taken)) >= MARGIN_M - 3 * GRID_M or not taken
    core = part.buffer(-0.49, join_style="mitre", mitre_limit=12)
    # a mitred outline may cross itself
    wide = shapely.make_valid(
        core.buffer(0.5, join_style="mitre", mitre_limit=12),
        method="structure",
        keep_collapsed=False,
    )
    assert less(part, wide).area < 0.05


@pytest.mark.parametrize(
    "case", yaml.safe_load((CASES / "union.yaml").read_text("utf-8")), ids=lambda case: case["id"]
)
def test_a_union_has_the_area_that_it_should(case: dict[str, Any]):
    shapes = array(*map(wkt.loads, case["shapes"]))
    assert united(shapes).area == pytest.approx(case["area"], abs=1e-3)
    for shape in shapes:
        assert shapely.difference(shape, united(shapes)).area < 1e-3
