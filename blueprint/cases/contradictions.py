"""Contradictions between departments: answers that part, and conditions that exclude each other.

Input: what departments answered to the findings, and their conditions. Output: `Contradiction`s.
Algorithm: on a finding that several departments are asked about, one agreeing while another
disagrees. On a figure, each condition is an interval or a set of options. Intervals that have no
point in common always have two among them that have none (Helly's theorem on the line), so pairs
are enough; with options among them any two may hold and not all, so all are also taken together.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from blueprint.cases.documents import Condition
from blueprint.cases.outcome_documents import Contradiction, FindingAnswer, OutcomeCondition
from blueprint.rules.kinds.figure_names import figure_name
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Bilingual

_YES = frozenset({"agree", "agree_with_conditions"})


def parted_answers(
    answers: Mapping[str, Sequence[FindingAnswer]], titles: Mapping[str, Bilingual]
) -> list[Contradiction]:
    """Findings to which one department agrees and another disagrees; by their keys."""
    found = []
    for key, given in answers.items():
        yes = [one.department for one in given if one.answer in _YES]
        no = [one.department for one in given if one.answer == "disagree"]
        if yes and no:
            title = titles[key]
            found.append(
                Contradiction(
                    kind="answers",
                    finding=key,
                    departments=[*yes, *no],
                    text=Bilingual(
                        zh=f"「{title.zh}」：{_zh(yes)}同意，{_zh(no)}不同意",
                        en=f"{title.en}: {_en(yes)} agree, {_en(no)} disagree",
                    ),
                )
            )
    return found


def excluding_conditions(conditions: Sequence[OutcomeCondition]) -> list[Contradiction]:
    """Conditions on one figure that no value of it meets."""
    found = []
    by_figure: dict[str, list[OutcomeCondition]] = {}
    for one in conditions:
        if one.condition.figure is not None:
            by_figure.setdefault(one.condition.figure, []).append(one)
    for figure, given in by_figure.items():
        pairs = [
            (one, other)
            for one, other in combinations(given, 2)
            if exclude_each_other(one.condition, other.condition)
        ]
        found += [_clash(figure, pair) for pair in pairs]
        if not pairs and not _can_hold(one.condition for one in given):
            found.append(_clash(figure, given))
    return found


def exclude_each_other(one: Condition, other: Condition) -> bool:
    """Whether no value of a figure meets both conditions."""
    if one.figure is None or one.figure != other.figure:
        return False
    if one.relation == other.relation == "one_of":
        return set(one.options).isdisjoint(other.options)
    if "one_of" in (one.relation, other.relation):
        options, bound = (one, other) if one.relation == "one_of" else (other, one)
        low, high = _interval(bound)
        numbers = [_number(text) for text in options.options]
        return not any(number is None or low <= number <= high for number in numbers)
    (low, high), (least, most) = _interval(one), _interval(other)
    return max(low, least) > min(high, most)


def is_met(condition: Condition, given: float | str | None) -> bool | None:
    """Whether a project's figure meets a condition; None: it is not given, or no figure is."""
    if condition.relation is None or given is None:
        return None
    if condition.relation == "one_of":
        return str(given) in condition.options
    number = given if isinstance(given, int | float) else _number(given)
    if number is None:
        return None
    low, high = _interval(condition)
    return low <= number <= high


def _can_hold(conditions: Iterable[Condition]) -> bool:
    """Whether some value meets conditions of which any two can hold together."""
    given = list(conditions)
    options = [set(one.options) for one in given if one.relation == "one_of"]
    if not options:
        return True
    both = set.intersection(*options)
    return any(all(is_met(one, text) is not False for one in given) for text in both)


def _interval(condition: Condition) -> tuple[float, float]:
    limit = condition.limit
    assert limit is not None
    low = -math.inf if condition.relation == "at_most" else limit
    high = math.inf if condition.relation == "at_least" else limit
    return low, high


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _clash(figure: str, given: Iterable[OutcomeCondition]) -> Contradiction:
    lines, name = list(given), figure_name(figure)
    departments = {one.department.id: one.department for one in lines}
    zh = "，".join(f"{one.department.name.zh}要求{_told(one.condition)}" for one in lines)
    en = ", ".join(f"{one.department.name.en} asks for {_told(one.condition)}" for one in lines)
    return Contradiction(
        kind="figure",
        figure=figure,
        departments=list(departments.values()),
        conditions=[one.number for one in lines],
        text=Bilingual(
            zh=f"{name.zh}：{zh}，不能同时满足",
            en=f"{name.en}: {en}: no value meets all of them",
        ),
    )


def _told(condition: Condition) -> str:
    if condition.relation == "one_of":
        return " / ".join(condition.options)
    sign = {"at_most": "≤", "at_least": "≥", "equals": "="}[condition.relation or "equals"]
    return f"{sign} {condition.limit:g}"


def _zh(departments: Iterable[DepartmentRef]) -> str:
    return "、".join(one.name.zh for one in departments)


def _en(departments: Iterable[DepartmentRef]) -> str:
    return ", ".join(one.name.en for one in departments)
