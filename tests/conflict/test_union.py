"""A union has the area that it should, also where GEOS loses some of it without a word."""

from pathlib import Path

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conflict import union_of, unions_of

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


def parcels(rng: np.random.Generator, across: int = 6) -> np.ndarray:
    """Parcels edge to edge, their corners on the grid of 0.1 mm, cut by a site across them."""
    x, y = np.meshgrid(np.arange(across + 1) * 50.0, np.arange(across + 1) * 50.0, indexing="ij")
    corners = np.dstack([x, y]) + rng.uniform(-15, 15, (across + 1, across + 1, 2)).round(4)
    corners += np.array(ORIGIN)
    rows = [
        shapely.Polygon(
            [corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]]
        )
        for i in range(across)
        for j in range(across)
    ]
    site = shapely.Point(corners[across // 2, across // 2]).buffer(across * 20.0, quad_segs=3)
    cut = shapely.intersection(array(rows), site)
    return cut[~shapely.is_empty(cut)]


def same(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return bool(shapely.normalize(one) == shapely.normalize(other))


@pytest.mark.parametrize("seed", range(5))
def test_parcels_that_lie_edge_to_edge_become_what_geos_makes_of_them(seed):
    shapes = parcels(np.random.default_rng(seed))
    assert len(shapes) > 16
    assert same(union_of(shapes), shapely.union_all(shapes))


@pytest.mark.parametrize("moved", [1e-10, 1e-7, 1e-4, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_parcels_that_hardly_lie_edge_to_edge_are_one_ground_without_a_seam(seed, moved):
    rng = np.random.default_rng(seed)
    shapes = parcels(rng)
    for row in rng.permutation(len(shapes))[:5]:
        shapes[row] = shapely.transform(shapes[row], lambda xy: xy + rng.uniform(-moved, moved, 2))
    joined = union_of(shapes)
    assert joined.is_valid
    assert joined.area == pytest.approx(shapely.union_all(shapes, grid_size=1e-6).area, abs=1e-2)
    assert joined.area <= shapely.area(shapes).sum() + 1e-3
    assert shapely.area(shapely.difference(shapes, joined)).sum() < 1e-3


def test_a_corner_on_a_neighbours_edge_leaves_no_seam():
    column = [shapely.box(0, 10 * n, 10, 10 * (n + 1)) for n in range(9)]
    beside = [shapely.box(10, 15 * n, 20, 15 * (n + 1)) for n in range(6)]
    joined = union_of(array([*column, *beside]))
    assert joined.geom_type == "Polygon"
    assert same(shapely.simplify(joined, 0), shapely.box(0, 0, 20, 90))


@given(groups=st.lists(crowds(), max_size=6))
def test_groups_are_united_together_as_each_alone(groups):
    together = unions_of(groups)
    assert [shape.wkb for shape in together] == [union_of(group).wkb for group in groups]
