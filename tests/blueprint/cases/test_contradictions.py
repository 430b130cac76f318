"""Conditions that exclude each other, and answers that part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.cases.contradictions import (
    exclude_each_other,
    excluding_conditions,
    is_met,
    parted_answers,
)
from blueprint.cases.documents import Condition
from blueprint.cases.outcome_documents import FindingAnswer, OutcomeCondition
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Bilingual

NUMBERS = st.integers(-5, 5)
RELATIONS = st.sampled_from(["at_most", "at_least", "equals"])
TITLES = {"a": Bilingual(zh="甲", en="A")}


def department(name: str) -> DepartmentRef:
    return DepartmentRef(id=name, name=Bilingual(zh=name, en=name))


def condition(relation: str, limit: float | None = None, *options: str) -> Condition:
    return Condition.model_validate(
        {"text": "x", "basis": None, "findings": [], "figure": "height_m", "relation": relation,
         "limit": limit, "options": list(options)}
    )  # fmt: skip


def lines(*conditions: Condition) -> list[OutcomeCondition]:
    return [
        OutcomeCondition(number=n, department=department(f"d{n}"), condition=one)
        for n, one in enumerate(conditions, 1)
    ]


bounds = st.builds(condition, RELATIONS, NUMBERS)
options = st.lists(st.sampled_from("012345"), min_size=1, max_size=3, unique=True).map(
    lambda given: condition("one_of", None, *given)
)


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        (condition("at_most", 24), condition("at_least", 30), True),
        (condition("at_most", 24), condition("at_least", 24), False),
        (condition("equals", 24), condition("at_most", 23.9), True),
        (condition("one_of", None, "A", "B"), condition("one_of", None, "C"), True),
        (condition("one_of", None, "A", "B"), condition("one_of", None, "B"), False),
        (condition("one_of", None, "12", "18"), condition("at_least", 20), True),
        (condition("one_of", None, "about 12"), condition("at_least", 20), False),
    ],
)
def test_two_conditions_exclude_each_other(one: Condition, other: Condition, excluded: bool):
    assert exclude_each_other(one, other) == exclude_each_other(other, one) == excluded


def test_conditions_on_different_figures_or_on_none_never_do():
    other = condition("at_least", 30).model_copy(update={"figure": "setback_m"})
    words = condition("at_least", 30).model_copy(update={"figure": None, "relation": None})
    assert not exclude_each_other(condition("at_most", 24), other)
    assert not exclude_each_other(condition("at_most", 24), words)


def values(given: list[Condition]) -> list[str]:
    """Halves of the integers that limits are of: an interval that has a point has one of them."""
    steps = [str(n / 2) if n % 2 else str(n // 2) for n in range(-12, 13)]
    return [text for text in steps if all(is_met(one, text) for one in given)]


@given(st.lists(st.one_of(bounds, options), min_size=1, max_size=4))
def test_a_contradiction_is_found_exactly_where_no_value_meets_all(given: list[Condition]):
    assert bool(excluding_conditions(lines(*given))) == (not values(given))


@given(bounds, bounds)
def test_bounds_exclude_each_other_exactly_where_nothing_meets_both(one, other):
    assert exclude_each_other(one, other) == (not values([one, other]))


def test_what_holds_in_pairs_and_not_altogether_is_told_as_one():
    three = lines(condition("one_of", None, "1", "5"), condition("at_least", 2),
                  condition("at_most", 4))  # fmt: skip
    (clash,) = excluding_conditions(three)
    assert clash.conditions == [1, 2, 3]
    assert [one.id for one in clash.departments] == ["d1", "d2", "d3"]
    assert "1 / 5" in clash.text.zh
    assert "≥ 2" in clash.text.zh


@pytest.mark.parametrize(
    ("answers", "parted"),
    [
        (["agree", "disagree"], True),
        (["agree_with_conditions", "disagree", None], True),
        (["agree", "not_concerned"], False),
        (["disagree", "not_concerned"], False),
        (["agree", None], False),
        (["disagree", "disagree"], False),
    ],
)
def test_answers_part_where_one_agrees_and_another_does_not(answers, parted):
    given = [FindingAnswer(department=department(f"d{n}"), answer=a) for n, a in enumerate(answers)]
    assert bool(parted_answers({"a": given}, TITLES)) == parted


@pytest.mark.parametrize(
    ("one", "given", "met"),
    [
        (condition("at_most", 24), 24, True),
        (condition("at_most", 24), 24.1, False),
        (condition("at_least", 24), None, None),
        (condition("one_of", None, "工业用地"), "工业用地", True),
        (condition("one_of", None, "工业用地"), "居住用地", False),
        (condition("at_least", 24), "unknown", None),
    ],
)
def test_a_projects_figure_is_held_against_a_condition(one: Condition, given, met):
    assert is_met(one, given) is met
