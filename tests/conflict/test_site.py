"""One site with many layers of every dimension."""

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

from conflict import Shapes, Site, kernel
from conflict.kernel import CROSSING, LEFT_WITHIN, RIGHT_WITHIN, Name

from .test_kernel import KERNELS
from .test_overlay import array, layers, polygons

SITE = box(0, 0, 10, 10)


@pytest.fixture(params=KERNELS, autouse=True)
def each_kernel(request: pytest.FixtureRequest) -> Iterator[Name]:
    with kernel.using(request.param):
        yield request.param


def layer(*geometries: object) -> Shapes:
    return Shapes.from_geometries(array(*geometries))


def test_every_layer_is_met_in_its_own_measure() -> None:
    found = Site(SITE).meet(
        [
            layer(box(8, 8, 20, 20), box(50, 50, 60, 60), box(2, 2, 3, 3), box(-9, -9, 99, 99)),
            layer(),
            layer(LineString([(-5, 5), (5, 5)]), LineString([(1, 1), (1, 4)])),
            layer(MultiPoint([(1, 1), (2, 2), (50, 50)]), Point(10, 5), Point(11, 5)),
        ]
    )
    assert found.layer.tolist() == [0, 0, 0, 2, 2, 3, 3]
    assert found.row.tolist() == [0, 2, 3, 0, 1, 0, 1]
    assert found.measure.tolist() == pytest.approx([4, 1, 100, 5, 3, 2, 1])
    expected = [CROSSING, LEFT_WITHIN, RIGHT_WITHIN, CROSSING, LEFT_WITHIN, CROSSING, LEFT_WITHIN]
    assert found.kind.tolist() == expected


def test_what_is_shared_is_drawn_in_the_dimension_of_the_feature() -> None:
    sides = [
        layer(box(8, 8, 20, 20), box(-9, -9, 99, 99)),
        layer(LineString([(-5, 5), (5, 5)])),
        layer(MultiPoint([(1, 1), (2, 2), (50, 50)])),
    ]
    site = Site(SITE)
    drawn, failures = site.shared(sides, site.meet(sides))
    assert failures == []
    expected = [box(8, 8, 10, 10), SITE, LineString([(0, 5), (5, 5)]), MultiPoint([(1, 1), (2, 2)])]
    assert [shape.equals(wanted) for shape, wanted in zip(drawn, expected, strict=True)] == [
        True
    ] * 4


@pytest.mark.parametrize(
    "feature",
    [box(10, 0, 20, 10), LineString([(10, 5), (20, 5)]), LineString([(5, 15), (15, 5)])],
    ids=["an edge", "a line's end", "a line at a corner"],
)
def test_what_only_touches_is_not_met(feature: object) -> None:
    assert len(Site(SITE).meet([layer(feature)])) == 0


def test_a_line_along_the_boundary_shares_its_length() -> None:
    found = Site(SITE).meet([layer(LineString([(10, 2), (10, 8)]))])
    assert found.measure.tolist() == pytest.approx([6])


@given(polygons(), layers)
def test_a_site_meets_what_intersecting_each_feature_gives(
    site: Polygon, features: np.ndarray
) -> None:
    found = Site(site).meet([Shapes.from_geometries(features)])
    areas = shapely.area(shapely.intersection(site, features))
    assert found.row.tolist() == np.flatnonzero(areas > 0).tolist()
    assert found.measure == pytest.approx(areas[areas > 0], rel=1e-9, abs=1e-6)


def test_a_feature_that_cannot_be_drawn_is_kept_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(*_sides: object, **_options: object) -> object:
        message = "TopologyException: side location conflict"
        raise shapely.errors.GEOSException(message)

    # the second one runs along the site's boundary: the kernel leaves it to GEOS
    sides = [layer(box(2, 2, 3, 3)), layer(box(8, 0, 20, 10))]
    site = Site(SITE)
    monkeypatch.setattr(shapely, "intersection", torn)
    found = site.meet(sides)
    drawn, failures = site.shared(sides, found)
    assert found.layer.tolist() == [0, 1]
    assert [failure.pair for failure in failures] == [1]
    assert shapely.is_missing(drawn).tolist() == [False, True]
