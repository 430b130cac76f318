"""Whether one layer is the partition that it has to be (空隙、重叠、重号、缺码).

Input: a `coverage` rule, the polygons of its layer with ids and attributes (JSON texts), and the
outline that they have to fill, if there is one. Output: `Partition`. What holds no circle as wide
as the rule's `min_width_m` is rounding: counted, not listed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from blueprint.rules.filters import decide
from blueprint.rules.kinds.plan_models import CoverageRule
from conflict.coverage import check_coverage, everywhere_thinner
from layers import Geometries
from layers.attributes import is_missing, parse_attributes


@dataclass(frozen=True, slots=True)
class Spot:
    """An overlap or a gap: its shape, area and mean width; `ids` of the features that overlap."""

    shape: BaseGeometry
    area_m2: float
    width_m: float
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partition:
    """What is wrong with a partition; `undecided`: features that the filter could not decide on."""

    overlaps: tuple[Spot, ...]
    gaps: tuple[Spot, ...]
    numerical: int
    duplicates: dict[str, tuple[str, ...]]
    missing: dict[str, tuple[str, ...]]
    undecided: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; what could not be decided is not sound."""
        return not any((self.overlaps, self.gaps, self.duplicates, self.missing, self.undecided))


def partition(
    rule: CoverageRule,
    shapes: Geometries,
    ids: Sequence[str],
    attributes: list[str],
    outline: BaseGeometry | None = None,
) -> Partition:
    """Look for what a partition must not have.

    Raises:
        OverlayError: two polygons have no credible intersection, or no union is credible.
    """
    decisions = decide(rule.where, attributes)
    rows = np.flatnonzero([decision is True for decision in decisions])
    found = check_coverage(shapes[rows], outline)
    wide = ~everywhere_thinner(found.overlaps, rule.min_width_m)
    open_ = ~everywhere_thinner(found.gaps, rule.min_width_m)
    named = [ids[row] for row in rows.tolist()]
    return Partition(
        overlaps=tuple(
            Spot(
                found.overlaps[k],
                float(found.overlap_m2[k]),
                float(found.overlap_width_m[k]),
                (named[found.left[k]], named[found.right[k]]),
            )
            for k in np.flatnonzero(wide)
        ),
        gaps=tuple(
            Spot(found.gaps[k], float(found.gap_m2[k]), float(found.gap_width_m[k]))
            for k in np.flatnonzero(open_)
        ),
        numerical=int((~wide).sum() + (~open_).sum()),
        **_codes(rule, named, [attributes[row] for row in rows.tolist()]),
        undecided=tuple(ids[row] for row, taken in enumerate(decisions) if taken is None),
    )


def _codes(
    rule: CoverageRule, ids: Sequence[str], attributes: Sequence[str]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Values of the id field that stand twice, and features without a required value."""
    values = [parse_attributes(text) for text in attributes]
    numbers: list[str | None] = []
    if rule.id_field is not None:
        given = [row.get(rule.id_field) for row in values]
        numbers = [None if is_missing(value) else str(value) for value in given]
    uses = Counter(number for number in numbers if number is not None)
    duplicates = {
        number: tuple(ids[row] for row, one in enumerate(numbers) if one == number)
        for number, count in uses.items()
        if count > 1
    }
    asked = dict.fromkeys([*([rule.id_field] if rule.id_field else []), *rule.required])
    missing = {
        name: tuple(ids[row] for row, one in enumerate(values) if is_missing(one.get(name)))
        for name in asked
    }
    return {"duplicates": duplicates, "missing": {n: rows for n, rows in missing.items() if rows}}
