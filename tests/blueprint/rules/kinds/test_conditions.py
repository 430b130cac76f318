import pytest
from pydantic import ValidationError

from blueprint.rules.kinds.conditions import condition
from blueprint.rules.kinds.figures import NOTHING_SAID, ProjectFigures

from .conftest import golden, rule_of


@pytest.mark.parametrize("case", golden("conditions"))
def test_an_answer_makes_of_a_rule_what_the_case_tells(case):
    rule = rule_of("site", **case["rule"])
    found = condition(rule, ProjectFigures(answers=case["answers"]))
    assert found.question == "discharges"
    assert (found.severity, found.answer) == (case["severity"], case["answer"])


def test_a_rule_that_asks_nothing_has_no_condition():
    assert condition(rule_of("site", layer="zone"), NOTHING_SAID) is None


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"answers": {"no": "notice"}}, "asks nothing"),
        ({"ask": "discharges"}, "no answer changes anything"),
        ({"ask": "discharges", "answers": {"no": "clear"}}, "notice"),
        ({"ask": "discharges", "answers": {"perhaps": "notice"}}, "yes"),
    ],
)
def test_no_rule_can_be_written_that_an_answer_clears(fields, says):
    with pytest.raises(ValidationError, match=says):
        rule_of("site", layer="zone", **fields)
