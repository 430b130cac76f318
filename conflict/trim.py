"""What is left of a shape when others take theirs: its largest sound part.

Input: a polygon, geometries of any dimension that take ground from it, both valid and in one
projected CRS, and how narrow may be what is left, m. Output: a polygon or multipolygon.

Algorithm: what is taken is grown by a margin and cut off. Of what is left, everything narrower than
`neck_m` goes: it is made smaller by half of that and larger again (an opening, with sharp corners),
and what the opening reaches is kept as it was. So edges and corners stay those of the original,
save corners on a straight line, and all lie on the store's grid. Of each parcel its largest part is
kept: a site never falls into more pieces than it had.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from conflict.gridded import GRID_M, common, cut_to, less, united
from conflict.pairs import Geometries
from conflict.shift import MARGIN_M

_SHARPEST = 10.0
"""How far, in halves of the neck, a corner may stand out: sharper than 11° counts as a spike."""
_ROUNDING_M = 1e-6
"""Far below the store's grid: original corners stay as they are."""


def largest_part(
    site: BaseGeometry, taken: Geometries, neck_m: float, margin_m: float = MARGIN_M
) -> BaseGeometry:
    """What of a polygon lies `margin_m` off all that is taken, shape (n,); empty: nothing.

    Nothing of it is narrower than `neck_m`, but where the polygon itself comes to a point.
    """
    minx, miny, maxx, maxy = site.bounds
    room = 1.0 + 10 * margin_m
    near = cut_to(taken, (minx - room, miny - room, maxx + room, maxy + room))
    gone = united(shapely.buffer(near, margin_m, join_style="mitre"))
    kept = []
    for parcel in shapely.get_parts(site):
        rest = less(parcel, gone)
        parts = shapely.get_parts(_without_necks(rest, neck_m))
        parts = parts[shapely.get_dimensions(parts) == 2]
        if len(parts):
            kept.append(parts[int(np.argmax(shapely.area(parts)))])
    return shapely.simplify(united(np.array(kept, dtype=object)), GRID_M)


def _without_necks(shape: BaseGeometry, neck_m: float) -> BaseGeometry:
    half = neck_m / 2
    core = shape.buffer(-half, join_style="mitre", mitre_limit=_SHARPEST)
    wide: BaseGeometry = core.buffer(half + _ROUNDING_M, join_style="mitre", mitre_limit=_SHARPEST)
    # a mitred outline may cross itself
    if not wide.is_valid:
        wide = shapely.make_valid(wide, method="structure", keep_collapsed=False)
    return common(shape, wide)
