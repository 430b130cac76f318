"""Step 2 of a search: the shapes of overlaps that are large enough, measured.

Input: the overlaps of two sides, with their areas. Output: the geometry of those that are kept, the
measures of all; what no method can draw is told apart, with the reason.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from conflict.casefile import CaseFolder
from conflict.kernel import DOUBTFUL
from conflict.measure import mean_width_m
from conflict.overlay import Classes, Overlaps, shared_geometry
from conflict.pairs import Geometries
from conflict.shapes import Numbers, Shapes
from conflict.tree import Rows

FAILED = 5
"""The kind of a pair that has no credible intersection; the other kinds are the kernel's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of overlaps: those at least so large and wide are kept, drawn and measured.

    `crs` is the projected CRS that both sides are in; `cases` the folder that pairs are kept in
    which needed more than GEOS' first answer: they hold geometry. With `fights`, sides are divided
    into classes, and only pairs whose `fights[left class][right class]` holds are asked for.
    """

    crs: str
    min_area_m2: float = 0.0
    min_width_m: float = 0.0
    cases: Path | None = None
    fights: tuple[tuple[bool, ...], ...] | None = None

    def classes(self, left: Shapes, right: Shapes) -> Classes | None:
        """Which classes fight; None: all pairs are asked for.

        Raises:
            ValueError: classes fight, and a side is not divided into any.
        """
        if self.fights is None:
            return None
        if left.classes is None or right.classes is None:
            message = "classes: both sides have to be divided where classes fight"
            raise ValueError(message)
        return Classes(left.classes, right.classes, np.array(self.fights, dtype=bool))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Overlaps, arrays of shape (k,), sorted by left and right row.

    `shapes` has None where an overlap is not kept; `failures` the reason where it failed.
    """

    left: Rows
    right: Rows
    kind: npt.NDArray[np.int8]
    area_m2: Numbers
    width_m: Numbers
    shapes: Geometries
    failures: Geometries

    @property
    def kept(self) -> Rows:
        """The overlaps that have a shape."""
        return np.flatnonzero(shapely.is_geometry(self.shapes)).astype(np.int64)


def draw(left: Shapes, right: Shapes, overlaps: Overlaps, asked: Asked) -> Drawn:
    """Draw what may be kept, measure it, and keep what is large enough."""
    k = len(overlaps)
    shapes, failures = np.full(k, None, dtype=object), np.full(k, None, dtype=object)
    area, width, kind = overlaps.area_m2.copy(), np.zeros(k), overlaps.kind.copy()
    # what GEOS could not decide has no area yet, and may have one
    wanted = np.flatnonzero((area >= asked.min_area_m2) | (kind == DOUBTFUL))
    keep = CaseFolder(asked.cases).keep if asked.cases is not None else None
    met, failed = shared_geometry(left, right, overlaps.take(wanted), keep=keep)
    drawn = ~shapely.is_missing(met)
    at = wanted[drawn]
    area[at], width[at] = shapely.area(met[drawn]), mean_width_m(met[drawn])
    large = (area[at] >= asked.min_area_m2) & (width[at] >= asked.min_width_m)
    shapes[at[large]] = met[drawn][large]
    for failure in failed:
        n = wanted[failure.pair]
        failures[n], kind[n], area[n] = failure.reason, FAILED, 0.0
    return Drawn(overlaps.left, overlaps.right, kind, area, width, shapes, failures)
