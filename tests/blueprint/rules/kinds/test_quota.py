import numpy as np
import pytest
import shapely
from pydantic import ValidationError

from blueprint.rules.kinds.quota import Ground, Total, totals

from .conftest import golden, rule_of


def km(texts: list[str]) -> np.ndarray:
    shapes = []
    for text in texts:
        sign, *numbers = text.split()
        x, y, *size = (float(number) * 1000 for number in numbers)
        width, height = size if sign == "R" else (size[0], size[0])
        shapes.append(shapely.box(x, y, x + width, y + height))
    return np.array(shapes, dtype=object)


def words_of(total: Total) -> str:
    """A total as the golden cases say it."""
    size = "-" if total.km2 is None else f"{total.km2:g}"
    words = f"{total.kind} {total.name or '-'} {size}"
    if total.holds is None:
        return f"{words} unknown"
    if total.holds:
        return f"{words} holds"
    if total.short_km2:
        return f"{words} short {total.short_km2:g}"
    return f"{words} over {total.over_km2:g}"


@pytest.mark.parametrize("case", golden("totals"))
def test_totals_hold_or_miss_their_targets_as_the_case_tells(case):
    districts = case.get("districts")
    named = [(name, one) for name, list_ in (districts or {}).items() for one in list_]
    ground = Ground(
        layer=km(case["layer"]),
        parts={name: km(list_) for name, list_ in case.get("parts", {}).items()},
        base=km(case["base"]) if "base" in case else None,
        districts=None
        if districts is None
        else ([name for name, _ in named], km([one for _, one in named])),
    )
    found = totals(rule_of("quota", **case["rule"]), ground, shapely.area)
    assert [words_of(total) for total in found] == case["totals"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "sets no total"),
        ({"city": {}}, "names no size"),
        ({"city": {"at_least_km2": 5, "at_most_km2": 4}}, "is more than"),
        ({"sum_of": ["line"]}, "its own layer"),
    ],
)
def test_a_quota_that_cannot_be_meant_is_refused(fields, says):
    with pytest.raises(ValidationError, match=says):
        rule_of("quota", layer="line", **fields)
