"""Where in the city the site lies (区位): the city's outline with a mark, where room is left.

Input: the city's area and the site, in the city's CRS, and the room between findings and legend.
Output: a small drawing on the page, or nothing where there is too little room.
"""

import numpy as np
import shapely

from blueprint.report.page import GREY, HEADING, PALE, Box, Look
from blueprint.report.surface import Surface
from blueprint.report.view import View

_LEAST, _MOST = 90.0, 150.0
"""How high the drawing may be, points."""
_MARK = "#A50026"


def write_locator(
    page: Surface, city: shapely.Geometry, site: shapely.Geometry, room: Box
) -> Box | None:
    """Draw the city with the site's place at the bottom of `room`; the box drawn in, if any."""
    left, bottom, right, top = room
    height = min(top - bottom - 18, _MOST)
    if height < _LEAST:
        return None
    frame = (left, bottom, right, bottom + height)
    minx, miny, maxx, maxy = shapely.bounds(city)
    scale = min((right - left) / (maxx - minx), height / (maxy - miny))
    outline = View(frame, minx, miny, scale).on_page(np.array([city], dtype=object))
    centre = shapely.centroid(site)
    at = shapely.Point(left + (centre.x - minx) * scale, bottom + (centre.y - miny) * scale)
    page.write((left, bottom + height + 10), "区位 Location", HEADING)
    page.draw(outline, Look(PALE, GREY, 0.6))
    page.draw(at.buffer(7), Look("none", _MARK, 1.4))
    page.draw(at.buffer(2), Look(_MARK))
    return frame
