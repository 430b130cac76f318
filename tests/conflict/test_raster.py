"""A giant that is asked for often: answers come from its raster, and are those it gave before."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely
from shapely.geometry import MultiPoint

from conflict import Shapes
from conflict.kernel import APART, LEFT_WITHIN, RIGHT_WITHIN, active
from conflict.pairs import Geometries
from conflict.tree import Rows

from .conftest import ORIGIN, shapes_of

# with a lake and an island in it, of 3,000 corners, and a second part
_TURN = np.linspace(0, 2 * np.pi, 2_501)[:-1]
_WAVES = 400 + 60 * np.sin(9 * _TURN)
_OUTLINE = np.column_stack([_WAVES * np.cos(_TURN), _WAVES * np.sin(_TURN)]) + ORIGIN
_LAKE = shapely.Point(ORIGIN).buffer(150, quad_segs=120)
GIANT = shapely.MultiPolygon(
    [
        shapely.Polygon(_OUTLINE, [_LAKE.exterior.coords]),
        shapely.Point(ORIGIN).buffer(60),
        shapely.box(ORIGIN[0] + 900, ORIGIN[1], ORIGIN[0] + 1_000, ORIGIN[1] + 90),
    ]
)


def _net(step_m: float) -> Geometries:
    """Squares over the giant and beyond, some of them as large as a lake."""
    x, y = np.meshgrid(np.arange(-700, 1_200, step_m), np.arange(-700, 700, step_m))
    west, south = x.ravel() + ORIGIN[0], y.ravel() + ORIGIN[1]
    size = np.where(np.arange(x.size) % 7 == 0, 4 * step_m, step_m)
    return np.asarray(shapely.box(west, south, west + size, south + size), dtype=object)


def _measured(left: Shapes, right: Shapes, i: Rows, j: Rows) -> tuple[bytes, bytes]:
    area, kind = np.zeros(len(i)), np.zeros(len(i), dtype=np.int8)
    active.measure(left.flat, right.flat, i, j, area, kind)
    return area.tobytes(), kind.tobytes()


def _one_by_one(left: Geometries, right: Geometries, i: Rows, j: Rows) -> tuple[bytes, bytes]:
    """Each pair by views of its own, which are asked once and have no raster."""
    one = np.zeros(1, dtype=np.int64)
    first, second = ([shapes_of([shape]) for shape in side] for side in (left, right))
    found = [
        _measured(Shapes(first[a].arrays), Shapes(second[b].arrays), one, one)
        for a, b in zip(i, j, strict=True)
    ]
    return b"".join(area for area, _ in found), b"".join(kind for _, kind in found)


def test_a_raster_changes_no_answer_on_either_side() -> None:
    squares, giant = _net(23.0), np.array([GIANT], dtype=object)
    only, each = np.zeros(len(squares), dtype=np.int64), np.arange(len(squares))
    plain = _one_by_one(giant, squares, only, each)
    left, right = shapes_of(giant), shapes_of(squares)
    assert _measured(left, right, only, each) == plain
    assert _measured(left, right, only, each) == plain  # now from the first pair on
    kinds = np.frombuffer(plain[1], np.int8)
    assert {APART, RIGHT_WITHIN} < set(kinds.tolist())
    areas, swapped = _measured(right, left, each, only)
    assert areas == plain[0]
    turned = np.where(kinds == RIGHT_WITHIN, LEFT_WITHIN, kinds)
    assert swapped == turned.astype(np.int8).tobytes()


def test_what_it_says_is_what_geos_says() -> None:
    squares, left = _net(17.0), shapes_of([GIANT])
    only, each = np.zeros(len(squares), dtype=np.int64), np.arange(len(squares))
    area, _ = _measured(left, shapes_of(squares), only, each)
    expected = shapely.area(shapely.intersection(GIANT, squares))
    np.testing.assert_allclose(np.frombuffer(area), expected, rtol=1e-9, atol=1e-6)


def test_lines_and_points_are_inside_or_outside_of_a_raster_too() -> None:
    centres = shapely.centroid(_net(29.0))
    xy = shapely.get_coordinates(centres)
    lines = shapely.linestrings(np.stack([xy, np.add(xy, (5, 3))], axis=1))
    points = np.array([MultiPoint([p, np.add(p, (1, 1))]) for p in xy], dtype=object)
    for side in (lines, points):
        only, each = np.zeros(len(side), dtype=np.int64), np.arange(len(side))
        giant = np.array([GIANT], dtype=object)
        plain = _one_by_one(side, giant, each, only)
        assert _measured(shapes_of(side), shapes_of(giant), each, only) == plain


def test_threads_that_ask_at_once_get_the_same() -> None:
    squares, left = shapes_of(_net(11.0)), shapes_of([GIANT])
    each = np.arange(len(squares))
    parts = np.array_split(each, 64)

    def ask(part: Rows) -> tuple[bytes, bytes]:
        return _measured(left, squares, np.zeros(len(part), dtype=np.int64), part)

    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(ask, parts))
    assert first == list(map(ask, parts))


def test_an_empty_feature_shares_nothing_with_a_giant_that_has_a_raster() -> None:
    left, right = shapes_of([GIANT]), shapes_of([shapely.Polygon(), *_net(31.0)])
    only, each = np.zeros(len(right), dtype=np.int64), np.arange(len(right))
    _measured(left, right, only, each)
    _, kind = _measured(left, right, only, each)
    assert kind[0] == APART
