"""The next version of a layer, as a department delivers it once a conflict is settled."""

from __future__ import annotations

import shapely

from city.drawing import Drawing, Drawn
from city.plans import REDLINE_GAP_M
from city.shapes import GRID_M, single_parts

SETTLED = 2


def next_redline(drawing: Drawing) -> Drawn:
    """The red line; the features that overlapped the development boundary most have drawn back."""
    red = drawing["eco_redline"]
    dev = drawing["development_boundary"].union()
    shapes = list(red.shapes)
    overlap = shapely.area(shapely.intersection(shapes, dev))
    away = dev.buffer(REDLINE_GAP_M, join_style="mitre")
    for i in overlap.argsort()[-SETTLED:]:
        left = max(single_parts(shapes[i].difference(away)), key=lambda p: p.area)
        shapes[i] = shapely.set_precision(left, GRID_M)
    return Drawn(shapes, red.fields)
