"""The overlay engine: which geometries overlap, where, and how much. It knows geometry alone.

Input: arrays of shapely geometries in one projected CRS, valid and on the store's grid.
Output: arrays: index pairs, intersections of the wanted dimension, measures. No rule, no layer and
no file is known here; `blueprint` hands one room's arrays to the other.

Algorithm: an STRtree gives the pairs whose boxes touch, a prepared test keeps those that really
meet, GEOS intersects them in floating point (inputs were snapped when they were ingested), each
result is checked against its bounds and falls back to a snapped and then a repaired overlay.
"""

from conflict.errors import OverlayError
from conflict.measure import Measures, ellipsoidal_area_m2, mean_width_m, measure
from conflict.overlay import Overlaps, overlay, overlay_site
from conflict.pairs import candidate_pairs

__all__ = [
    "Measures",
    "Overlaps",
    "OverlayError",
    "candidate_pairs",
    "ellipsoidal_area_m2",
    "mean_width_m",
    "measure",
    "overlay",
    "overlay_site",
]
