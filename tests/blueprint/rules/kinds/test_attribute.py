import pytest
from pydantic import ValidationError

from blueprint.rules.kinds.attribute import compare
from blueprint.rules.kinds.figures import ProjectFigures

from .conftest import golden, rule_of, texts_of


@pytest.mark.parametrize("case", golden("limits"))
def test_a_figure_is_held_against_the_plan_as_the_case_tells(case):
    rule = rule_of("attribute", **case["rule"])
    figures = ProjectFigures.model_validate(case["figures"])
    found = compare(rule, texts_of(case["plan"]), figures)
    told = [f"{one.result} {one.excess:g}" if one.excess else one.result for one in found]
    assert told == case["results"]


@pytest.mark.parametrize(("figure", "relation"), [("use", "at_most"), ("height_m", "one_of")])
def test_a_comparison_that_makes_no_sense_is_refused(figure, relation):
    with pytest.raises(ValidationError, match="cannot be"):
        rule_of("attribute", layer="plan", figure=figure, relation=relation, field="A")


@pytest.mark.parametrize(
    "figures",
    [
        {"green_ratio": 35},
        {"height_m": -1},
        {"height_m": float("nan")},
        {"floor_area_ratio": float("inf")},
        {"answers": {"discharges": "maybe"}},
        {"use": ""},
        {"storeys": 3},
    ],
)
def test_a_figure_that_cannot_be_is_refused(figures):
    with pytest.raises(ValidationError):
        ProjectFigures.model_validate(figures)
