"""The overlay engine: which geometries overlap, where, and how much. It knows geometry alone.

Input: `Shapes`, geometries as flat arrays in one projected CRS, valid and on the store's grid, from
WKB, from shapely objects, or mapped from a packed file. Output: arrays: rows of both sides,
measures, and shapes of those that are asked for.
No rule, no layer and no store is known here; `blueprint`
hands one room's arrays to the other.

Algorithm: a packed tree gives the pairs whose boxes touch (`tree`); a compiled kernel measures what
they share without a geometry and tells which pairs GEOS has to draw (`_kernel.c`, `kernel`); GEOS
intersects these in floating point, giants cut down to the pair's surroundings (`overlay`, `site`);
each result is held against the kernel's area and falls back to a snapped and then a repaired
overlay (`intersect`).
"""

from conflict.errors import OverlayError
from conflict.intersect import Failure, Intersections, intersect
from conflict.measure import Measures, ellipsoidal_area_m2, mean_width_m, measure
from conflict.overlay import Classes, Overlaps, overlay, shared_geometry
from conflict.pairs import candidate_pairs
from conflict.shapes import Shapes
from conflict.site import Site, SiteOverlaps, overlay_site

__all__ = [
    "Classes",
    "Failure",
    "Intersections",
    "Measures",
    "Overlaps",
    "OverlayError",
    "Shapes",
    "Site",
    "SiteOverlaps",
    "candidate_pairs",
    "ellipsoidal_area_m2",
    "intersect",
    "mean_width_m",
    "measure",
    "overlay",
    "overlay_site",
    "shared_geometry",
]
