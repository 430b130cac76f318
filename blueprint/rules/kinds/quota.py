"""Control totals (控制总量): is a layer as large as it has to be, in the city and each district?

Input: a `quota` rule; polygons of its layer, its parts, its districts and what it is a multiple of,
already filtered, in one projected CRS; the function that measures areas by the calibre that
decides. Output: one `Total` for each thing that is compared. Polygons of one layer are united
first: ground that two features claim counts once, so no total is reached by drawing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.rules.kinds.plan_models import QuotaRule, Target
from conflict import union_of
from layers import Geometries

Measure = Callable[[Geometries], Sequence[float]]
"""Areas of polygons, m², by the calibre that decides."""
TotalKind = Literal["city", "multiple", "district", "sum_of_districts", "sum_of_parts"]
_KM2 = 1e6


@dataclass(frozen=True, slots=True)
class Ground:
    """The polygons that a rule is about; a district is named once for each of its polygons.

    `districts` is None where no district layer has data: their totals are then unknown.
    """

    layer: Geometries
    parts: Mapping[str, Geometries]
    base: Geometries | None = None
    districts: tuple[Sequence[str], Geometries] | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """One size held against its target, km²; `name` of the district or the base layer.

    `short_km2` and `over_km2` are by how much it misses, 0 where it does not. `holds` is None
    where the total cannot be told: never a total that is kept.
    """

    kind: TotalKind
    name: str | None
    km2: float | None
    at_least_km2: float | None
    at_most_km2: float | None
    holds: bool | None
    short_km2: float = 0.0
    over_km2: float = 0.0


def totals(rule: QuotaRule, ground: Ground, measure: Measure) -> list[Total]:
    """Every total that the rule sets."""
    whole = union_of(ground.layer)
    size = _km2(whole, measure)
    slack = rule.tolerance_km2
    found = []
    if rule.city is not None:
        target = rule.city
        found.append(_total("city", None, size, (target.at_least_km2, target.at_most_km2), slack))
    if rule.multiple is not None:
        found.append(_multiple(rule, ground, size, measure))
    if rule.districts is not None:
        found += _districts(rule, ground, whole, size, measure)
    if rule.sum_of:
        found.append(_parts(rule, ground, size, measure))
    return found


def _multiple(rule: QuotaRule, ground: Ground, size: float, measure: Measure) -> Total:
    assert rule.multiple is not None
    name = rule.multiple.of
    if ground.base is None:
        return Total("multiple", name, size, None, None, None)
    most = rule.multiple.times * _km2(union_of(ground.base), measure)
    return _total("multiple", name, size, (None, most), rule.tolerance_km2)


def _districts(
    rule: QuotaRule, ground: Ground, whole: BaseGeometry, size: float, measure: Measure
) -> list[Total]:
    """Each district's share of the layer, and whether the shares make up the whole."""
    assert rule.districts is not None
    targets = rule.districts.targets
    if ground.districts is None:
        return [_unknown("district", name, target) for name, target in targets.items()]
    names, shapes = ground.districts
    named = np.array(names, dtype=object)
    sizes = {
        name: _km2(shapely.intersection(whole, union_of(shapes[named == name])), measure)
        for name in dict.fromkeys(names)
    }
    found = [
        _total(
            "district", name, sizes[name], (target.at_least_km2, target.at_most_km2),
            rule.tolerance_km2,
        )
        if name in sizes
        else _unknown("district", name, target)
        for name, target in targets.items()
    ]  # fmt: skip
    together = sum(sizes.values())
    return [*found, _total("sum_of_districts", None, together, (size, size), _slack(rule))]


def _parts(rule: QuotaRule, ground: Ground, size: float, measure: Measure) -> Total:
    """Whether the parts make up the whole (Σ 分区 = 行政区控制面积)."""
    missing = [name for name in rule.sum_of if name not in ground.parts]
    if missing:
        return Total("sum_of_parts", ", ".join(missing), None, size, size, None)
    together = sum(_km2(union_of(ground.parts[n]), measure) for n in rule.sum_of)
    return _total("sum_of_parts", None, together, (size, size), _slack(rule))


def _slack(rule: QuotaRule) -> float:
    """Sums of areas are never equal to the last digit: 1 m² is rounding."""
    return max(rule.tolerance_km2, 1 / _KM2)


def _total(
    kind: TotalKind,
    name: str | None,
    km2: float,
    target: tuple[float | None, float | None],
    slack: float,
) -> Total:
    low, high = target
    short = 0.0 if low is None else max(0.0, low - km2)
    over = 0.0 if high is None else max(0.0, km2 - high)
    return Total(kind, name, km2, low, high, max(short, over) <= slack, short, over)


def _unknown(kind: TotalKind, name: str, target: Target) -> Total:
    return Total(kind, name, None, target.at_least_km2, target.at_most_km2, None)


def _km2(shape: BaseGeometry, measure: Measure) -> float:
    return float(measure(np.array([shape], dtype=object))[0]) / _KM2
