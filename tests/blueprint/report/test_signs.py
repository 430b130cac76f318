"""Signs: what is too thin to be seen, and how a layer says what was found on it."""

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from blueprint.report.signs import LayerSign, OverlapSign, alike, is_narrow, sign_layers
from blueprint.words import COLOURS
from tests.blueprint.report.conftest import finding


@pytest.mark.parametrize(
    ("wkt", "narrow"),
    [
        ("POLYGON ((0 0, 100 0, 100 0.2, 0 0.2, 0 0))", True),
        ("POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))", True),
        ("POLYGON ((0 0, 100 0, 100 50, 0 50, 0 0))", False),
        ("LINESTRING (0 0, 100 0)", False),
        ("POINT (0 0)", False),
    ],
    ids=["strip", "speck", "field", "line", "point"],
)
def test_only_polygons_are_narrow(wkt: str, narrow: bool) -> None:
    assert is_narrow(shapely.from_wkt(wkt), 3) is narrow


def test_layer_is_drawn_by_its_highest_dimension_and_names_no_outcome() -> None:
    parts = np.array([Point(0, 0), box(0, 0, 1, 1)], dtype=object)
    sign = LayerSign("林地", "restricted", parts, "#44BB99")
    assert (sign.name, sign.dimension) == ("林地", 2)
    assert sign.look(2).edge == COLOURS["restricted"]
    assert sign.look(2).opacity == 1


VIEW = box(0, 0, 100, 100)


def areas(**shapes: Polygon) -> list[LayerSign]:
    layers = [(name, None, np.array([shape], dtype=object)) for name, shape in shapes.items()]
    return sign_layers(layers, VIEW)


def test_layer_that_covers_the_view_is_an_outline() -> None:
    signs = {sign.name: sign for sign in areas(all=box(-5, 0, 95, 100), part=box(0, 0, 50, 100))}
    assert signs["all"].everywhere
    assert signs["all"].look(2).fill == "none"
    assert not signs["part"].everywhere
    assert signs["part"].look(2).fill != "none"


def test_fill_that_would_be_hidden_is_left_out() -> None:
    signs = areas(a=box(0, 0, 50, 50), b=box(0, 0, 50, 51), c=box(0, 0, 50, 80))
    assert [(sign.name, sign.filled) for sign in signs] == [("c", True), ("b", False), ("a", True)]


def test_of_layers_of_one_shape_the_gravest_is_filled() -> None:
    parts = np.array([box(0, 0, 50, 50)], dtype=object)
    layers = [("a", "restricted", parts), ("b", "prohibited", parts), ("c", None, parts)]
    signs = sign_layers(layers, VIEW)
    assert [sign.name for sign in signs if sign.filled] == ["b"]
    assert signs[-1].name == "b"


def test_layers_of_one_view_have_colours_of_their_own() -> None:
    twelve = {f"layer{number}": box(number, 0, number + 1, 1) for number in range(12)}
    assert len({sign.fill for sign in areas(**twelve)}) == 12
    few = areas(layer3=twelve["layer3"])
    assert few[0].fill == areas(layer3=box(0, 0, 60, 60))[0].fill


def overlap(number: int, shape: shapely.Geometry) -> OverlapSign:
    one = finding(f"f{number}", "consult", shape)
    return OverlapSign(number, one, shapely.GeometryCollection([shape]))


def test_overlaps_of_almost_equal_shape_are_alike() -> None:
    line = LineString([(0, 0), (50, 0)])
    overlaps = [
        overlap(1, box(0, 0, 50, 50)),
        overlap(2, line),
        overlap(3, box(0, 0, 50, 49)),
        overlap(4, box(0, 0, 50, 40)),
        overlap(5, shapely.segmentize(line, 10)),
        overlap(6, box(0, 0, 50, 0.2)),
        overlap(7, Point(0, 0)),
    ]
    groups = [[sign.number for sign in group] for group in alike(overlaps)]
    assert groups == [[1, 3], [2, 5], [4], [6], [7]]
