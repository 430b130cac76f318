"""The view of a map: room round the site, and nothing that cannot be seen."""

import numpy as np
import pytest
from shapely import LineString, Point, Polygon, box

from blueprint.report.page import Box
from blueprint.report.view import View

FRAME: Box = (0, 0, 100, 80)
SITES = {
    "square": box(456300, 2708800, 456500, 2709000),
    "small": box(456300, 2708800, 456302, 2708801),
    "long": box(456300, 2708800, 459300, 2708810),
}


@pytest.mark.parametrize("site", SITES.values(), ids=SITES.keys())
def test_view_leaves_half_the_site_or_60_m_on_every_side(site: Polygon) -> None:
    view = View.around(site, FRAME)
    on_page = view.one_on_page(site)
    minx, miny, maxx, maxy = site.bounds
    room = max(60, (maxx - minx) / 2, (maxy - miny) / 2) * view.scale
    left, bottom, right, top = on_page.bounds
    assert left >= room - 1e-6
    assert bottom >= room - 1e-6
    assert right <= 100 - room + 1e-6
    assert top <= 80 - room + 1e-6
    assert on_page.area == pytest.approx(site.area * view.scale**2, rel=1e-6)


def test_view_drops_what_is_far_and_cuts_what_is_vast() -> None:
    site = SITES["square"]
    view = View.around(site, FRAME)
    far = [site.buffer(1e6), Point(0, 0), LineString([(0, 0), (1e7, 1e7)])]
    parts = view.on_page(np.array(far, dtype=object))
    assert {part.geom_type for part in parts} <= {"Polygon", "LineString"}
    assert all(box(-21, -21, 121, 101).covers(part) for part in parts)
