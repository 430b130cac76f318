import pytest

from blueprint.rules.kinds.containment import outside

from .conftest import golden, rule_of, shapes_of


@pytest.mark.parametrize("case", golden("containment"))
@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "within", "layer": "inner", "inside": "outer"},
        {"kind": "contains", "layer": "outer", "contained": "inner"},
    ],
    ids=["within", "contains"],
)
def test_what_lies_outside_is_told_with_its_area(fields, case):
    rule = rule_of(**fields, **case["rule"])
    assert (rule.inner[0], rule.outer[0]) == ("inner", "outer")
    ids = [f"f{row}" for row in range(len(case["inner"]))]
    found = outside(rule, shapes_of(case["inner"]), ids, shapes_of(case["outer"]))
    told = [f"{o.feature_id} {o.area_m2:.4g}{' whole' if o.whole else ''}" for o in found.outside]
    assert (told, found.numerical) == (case["outside"], case["numerical"])
