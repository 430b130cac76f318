"""Whether one layer lies inside another (位于、包含): what of it lies outside.

Input: a `within` or `contains` rule; the polygons of the layer that has to lie inside, with ids,
and those that have to hold it, both already filtered. Output: one `Outside` for each feature that
does not lie inside whole. What is only rounding is counted apart, as it is for overlaps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from blueprint.numerical import is_numerical
from blueprint.rules.kinds.plan_models import ContainsRule, WithinRule
from conflict import mean_width_m, union_of
from conflict.errors import OverlayError
from layers import Geometries


@dataclass(frozen=True, slots=True)
class Outside:
    """What of one feature lies outside; `whole` if nothing of it lies inside."""

    feature_id: str
    shape: BaseGeometry
    area_m2: float
    width_m: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Containment:
    """Features that do not lie inside, and how many parts outside are only rounding."""

    outside: tuple[Outside, ...]
    numerical: int


def outside(
    rule: WithinRule | ContainsRule,
    inner: Geometries,
    ids: Sequence[str],
    outer: Geometries,
) -> Containment:
    """What of the inner polygons the outer ones leave out; shapes (n,), (n,), (m,).

    Raises:
        OverlayError: what lies outside cannot be computed.
    """
    try:
        return _outside(rule, inner, ids, outer)
    except GEOSException as problem:
        message = (
            f"{rule.inner[0]}: what lies outside {rule.outer[0]} cannot be computed: {problem}"
        )
        raise OverlayError(message) from None


def _outside(
    rule: WithinRule | ContainsRule, inner: Geometries, ids: Sequence[str], outer: Geometries
) -> Containment:
    around = union_of(outer)
    shapely.prepare(around)
    beyond = ~np.asarray(shapely.covers(around, inner), dtype=bool)
    found, numerical = [], 0
    for row in np.flatnonzero(beyond).tolist():
        rest = shapely.difference(inner[row], around)
        parts = shapely.get_parts(rest)
        parts = parts[shapely.get_dimensions(parts) == 2]
        noise = is_numerical(shapely.area(parts), mean_width_m(parts), forgive=rule.forgive_slivers)
        numerical += int(noise.sum())
        kept = union_of(parts[~noise])
        if kept.is_empty:
            continue
        width = float(mean_width_m(np.array([kept], dtype=object))[0])
        whole = not shapely.relate_pattern(inner[row], around, "T********")
        found.append(Outside(ids[row], kept, float(kept.area), width, whole))
    return Containment(tuple(found), numerical)
