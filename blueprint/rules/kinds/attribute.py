"""Numeric limits of a plan against the project's figures (规划条件指标核对).

Input: an `attribute` rule, the attributes (JSON texts) of the plan's features that a site meets,
and the project's figures. Output: one `Comparison` for each feature. A limit that is missing or no
number is `undecided`, a figure that is not given `unanswered`: neither is `kept`.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

from blueprint.rules.filters import decide
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.rules.kinds.models import AttributeRule
from layers.attributes import is_missing, parse_attributes

Result = Literal["kept", "exceeded", "undecided", "unanswered"]
_EPSILON = 1e-9
"""Far below any figure that a plan states: rounding of the scale alone."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one feature's limit makes of the figure.

    `row` is that of the feature; `limit` a number in the figure's unit, or the uses that are
    allowed; `excess` by how much the figure misses it, 0 where it is kept.
    """

    row: int
    result: Result
    limit: float | tuple[str, ...] | None
    excess: float | None = None


def compare(
    rule: AttributeRule, attributes: list[str], project: ProjectFigures
) -> list[Comparison]:
    """Hold the project's figure against each feature that the rule takes."""
    figure = project.of(rule.figure)
    found = []
    for row, taken in enumerate(decide(rule.where, attributes)):
        if taken is None:
            found.append(Comparison(row, "undecided", None))
        elif taken:
            value = parse_attributes(attributes[row]).get(rule.field)
            compare_one = _use if rule.relation == "one_of" else _number
            found.append(compare_one(rule, row, value, figure))
    return found


def _number(rule: AttributeRule, row: int, value: object, figure: float | str | None) -> Comparison:
    limit = _limit(value, rule.scale)
    if limit is None:
        return Comparison(row, "undecided", None)
    if figure is None:
        return Comparison(row, "unanswered", limit)
    over = float(figure) - limit if rule.relation == "at_most" else limit - float(figure)
    slack = rule.tolerance + _EPSILON * max(1.0, abs(limit))
    if over <= slack:
        return Comparison(row, "kept", limit, 0.0)
    return Comparison(row, "exceeded", limit, over)


def _limit(value: object, scale: float) -> float | None:
    """A plan's number in the figure's unit; None: it is none, or a range that says two."""
    if is_missing(value) or isinstance(value, bool):
        return None
    try:
        number = float(str(value).strip()) * scale
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _use(rule: AttributeRule, row: int, value: object, figure: float | str | None) -> Comparison:
    del rule
    if is_missing(value):
        return Comparison(row, "undecided", None)
    allowed = tuple(part for part in re.split(r"[\s、，,;；/|]+", str(value)) if part)
    if not allowed:
        return Comparison(row, "undecided", None)
    if figure is None:
        return Comparison(row, "unanswered", allowed)
    return Comparison(row, "kept" if str(figure).strip() in allowed else "exceeded", allowed)
