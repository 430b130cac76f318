"""Signs: what is too thin to be seen, and how a layer says what was found on it."""

import numpy as np
import pytest
import shapely
from shapely import Point, box

from blueprint.report.signs import LayerSign, is_narrow


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


def test_layer_says_what_was_found_on_it_and_is_drawn_by_its_highest_dimension() -> None:
    parts = np.array([Point(0, 0), box(0, 0, 1, 1)], dtype=object)
    sign = LayerSign("林地", "restricted", parts, "#44BB99", wide=False)
    assert (sign.title, sign.dimension) == ("林地（限制）", 2)
    assert LayerSign("林地", None, parts, "#44BB99", wide=False).title == "林地"
