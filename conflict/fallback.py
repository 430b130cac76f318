"""The fallback chain for one pair: floating point, then a grid, then repaired sides.

All of it near the origin: doubles lie a thousand times closer together there than where a city has
its coordinates. GEOS' floating-point overlay, which is off for a few pairs with edges that hardly
part, is right when both sides are moved there, and moving them by whole metres rounds nothing.
Each result is held against boxes, sizes and the law of areas from both sides. The first that stands
is taken. One that stands against the area that was expected is taken last, and disputed: GEOS is
the judge, whatever the expectation.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from conflict.casefile import Try
from conflict.credible import agrees, broken_laws, within_boxes
from conflict.parts import only_dimension

GRID_M = 1e-4
"""The grid of the second method, metres: that on which what is compared was stored."""
_COLLECTION = 7


class Method(IntEnum):
    """How a result came about."""

    FLOAT = 0
    SNAPPED = 1
    REPAIRED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What the chain came to: `geometry` None where it failed, `tries` what each method said."""

    geometry: BaseGeometry | None
    method: Method
    tries: tuple[Try, ...]
    disputed: bool = False


def solve(left: BaseGeometry, right: BaseGeometry, dimension: int, expected_m2: float) -> Found:
    """The fallback chain for one pair; `expected_m2` NaN where unknown."""
    tries: list[Try] = []
    stands: tuple[BaseGeometry, Method] | None = None
    for method in (Method.FLOAT, Method.SNAPPED, Method.REPAIRED):
        name = method.name.lower()
        try:
            with np.errstate(all="ignore"):
                met, said = _attempt(method, left, right, dimension)
        except (GEOSException, ValueError, TypeError) as problem:
            tries.append(Try(name, f"{type(problem).__name__}: {problem}"))
            continue
        if said:
            tries.append(Try(name, said))
            continue
        # an area expected of broken sides says nothing of the repaired ones
        held = np.nan if method is Method.REPAIRED else expected_m2
        if not agrees(met, left, right, held, GRID_M if method is Method.SNAPPED else 0.0):
            tries.append(Try(name, f"an area of {met.area} m², expected {expected_m2} m²"))
            stands = stands or (met, method)
            continue
        if stands is not None and agrees(met, left, right, stands[0].area, GRID_M):
            break  # the grid cannot tell the two areas apart: floating point is the more exact
        return Found(met, method, (*tries, Try(name, "")))
    if stands is not None:
        return Found(*stands, tuple(tries), disputed=True)
    return Found(None, Method.FAILED, tuple(tries))


def _attempt(
    method: Method, left: BaseGeometry, right: BaseGeometry, dimension: int
) -> tuple[BaseGeometry, str]:
    """A result and what speaks against it, "" if nothing."""
    grid = GRID_M if method is Method.SNAPPED else None
    origin = _corner(left)
    sides: list[Any] = [shapely.transform(side, lambda xy: xy - origin) for side in (left, right)]
    if method is Method.REPAIRED:
        sides = [_repaired(side) for side in sides]
    # a result keeps the grid that it was computed on; what follows is in floating point
    raw = shapely.set_precision(shapely.intersection(sides[0], sides[1], grid_size=grid), 0)
    a, b, met = (np.array([shape], dtype=object) for shape in (*sides, raw))
    met = only_dimension(met, dimension)
    if shapely.is_missing(met)[0]:
        return met[0], "a side is missing"
    back = shapely.transform(met[0], lambda xy: xy + origin)
    if not np.isfinite(shapely.get_coordinates([*sides, *met])).all():
        return back, "a coordinate is not finite"
    if not met[0].is_empty and not within_boxes(met, a, b)[0]:
        return back, "beyond the boxes of its sides"
    return back, "; ".join(broken_laws(met, a, b, dimension, grid or 0.0))


def _corner(side: BaseGeometry | None) -> npt.NDArray[np.float64]:
    """Whole metres near the lower left corner: to subtract them rounds nothing nearby."""
    low = np.floor(shapely.bounds(side)[:2])
    return np.where(np.isfinite(low), low, 0.0)


def _repaired(side: BaseGeometry | None) -> BaseGeometry | None:
    """Valid, as deliveries are repaired: ground that parts of it share belongs to it once."""
    if side is None:
        return None
    sound = shapely.make_valid(side, method="structure", keep_collapsed=False)
    whole = shapely.get_type_id(sound) != _COLLECTION
    return sound if whole else shapely.union_all(shapely.get_parts(sound))


def reason(found: Found, left: BaseGeometry | None, right: BaseGeometry | None) -> str:
    """Why the chain failed, without a word of where: that may be secret."""
    if left is None or right is None:
        return "a side is missing"
    if not np.isfinite(shapely.get_coordinates([left, right])).all():
        return "a coordinate is not finite"
    return "no method gave a credible intersection: " + ", ".join(one.method for one in found.tries)
