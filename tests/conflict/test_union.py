"""A union has the area that it should, also where GEOS loses some of it without a word."""

from pathlib import Path

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conflict import union_of

from .conftest import ORIGIN, polygons

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases" / "union.yaml").read_text("utf-8"))


def array(shapes) -> np.ndarray:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_no_ground_is_lost(case):
    shapes = array([shapely.from_wkt(text) for text in case["shapes"]])
    assert union_of(shapes).area == pytest.approx(case["area"], abs=1e-4)
    for shape in shapes:
        assert shapely.difference(shape, union_of(shapes)).area < 1e-4


@st.composite
def crowds(draw: st.DrawFn) -> np.ndarray:
    """Sheared squares and triangles with whole numbers for corners, heaped upon each other."""
    whole = st.integers(-60, 60)
    points = st.tuples(whole, whole)
    shapes = []
    for at, one, other in draw(
        st.lists(st.tuples(points, points, points), min_size=1, max_size=16)
    ):
        corners = np.array([at, np.add(at, one), np.add(np.add(at, one), other), np.add(at, other)])
        shape = shapely.Polygon(corners + np.array(ORIGIN))
        if shape.is_valid and shape.area > 0:
            shapes.append(shape)
    return array(shapes)


@given(shapes=crowds())
def test_a_union_has_all_of_each_part_and_nothing_beside_them(shapes):
    joined = union_of(shapes)
    tree = shapely.STRtree(shapes)
    rest = shapely.difference(shapes, joined) if len(shapes) else shapes
    assert shapely.area(rest).sum() < 1e-3
    beyond = joined
    for shape in shapes[tree.query(joined)]:
        beyond = shapely.difference(beyond, shape)
    assert beyond.area < 1e-3
    assert joined.area <= shapely.area(shapes).sum() + 1e-3


@given(shapes=st.lists(polygons(), max_size=8), seed=st.randoms())
def test_the_order_of_the_parts_does_not_matter(shapes, seed):
    turned = list(shapes)
    seed.shuffle(turned)
    assert union_of(array(turned)).area == pytest.approx(union_of(array(shapes)).area, abs=1e-4)


def test_lines_that_lie_on_one_another_count_once_and_points_are_kept():
    lines = array([shapely.LineString([(0, 0), (4, 0)]), shapely.LineString([(2, 0), (6, 0)])])
    assert union_of(lines).length == pytest.approx(6)
    points = array([shapely.Point(0, 0), shapely.Point(1, 0), shapely.Point(0, 0)])
    assert shapely.get_num_geometries(union_of(points)) == 2


def test_nothing_takes_up_nothing():
    assert union_of(array([])).is_empty
