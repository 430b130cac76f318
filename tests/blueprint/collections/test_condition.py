"""Filters in CQL2: what is none is refused, however it is written; lists may hold expressions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.collections.condition import Condition
from blueprint.errors import InvalidFilter

ROW = json.dumps({"n": 3, "name": "Town", "day": "2026-11-01"})


def takes(condition: Condition) -> bool:
    return bool(condition.fits([ROW], None)[0])


def operation(op: str, *args: Any) -> str:
    return json.dumps({"op": op, "args": args})


N = {"property": "n"}
PLACE = {"property": "geometry"}


@pytest.mark.parametrize(
    "text",
    [
        "n",
        "n + 1",
        "n = 3 AND name",
        "NOT name",
        "DATE('2026-13-45') = day",
        "TIMESTAMP('2026-11-01T25:00:00Z') = day",
        "S_INTERSECTS(geometry)",
        "S_INTERSECTS(geometry, 'POINT(1 1)')",
        "S_INTERSECTS(geometry, POLYGON((118 24, 119 25, 119 24)))",
        "S_INTERSECTS(geometry, LINESTRING(118 24))",
        "S_INTERSECTS(geometry, BBOX(118, 24, 10, 119, 25, 0))",
        *("NOT " * deep + "n > 1" for deep in (101, 200, 300, 480)),
        "(n > 1)" + "= TRUE" * 300,
        "n = 1" + " + 1" * 400,
    ],
)
def test_text_that_is_no_condition_is_refused(text: str):
    with pytest.raises(InvalidFilter, match=r"^filter: .*; (correct|write|end|give) "):
        Condition.of_text(text)


@pytest.mark.parametrize(
    "text",
    [
        *("1", "null", "[]", '"n"'),
        operation("="),
        operation(">", N, 1, 2),
        operation("between", N, 1),
        operation("and"),
        operation("or", operation("=", N, 3)),
        operation("not", {"op": "=", "args": [N, 1]}, {"op": "=", "args": [N, 2]}),
        operation("in", N, 3),
        operation("in", N, []),
        operation("s_within", PLACE, {"bbox": [1, 2, "a", 3, 4, 5]}),
        operation("s_within", PLACE, {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 1]]]]}),
    ],
)
def test_json_that_is_no_condition_is_refused(text: str):
    with pytest.raises(InvalidFilter, match=r"^filter: "):
        Condition.of_json(text)


def test_what_nests_a_hundred_steps_deep_is_answered():
    assert takes(Condition.of_text("NOT " * 90 + "n > 1"))


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("name IN (name)", True),
        ("name NOT IN (name)", False),
        ("n IN (5 - 2)", True),
        ("n IN (1, 5 - 1)", False),
        ("CASEI(name) IN ('x', CASEI('TOWN'))", True),
        ("TRUE", True),
        ("(n = 3) = TRUE", True),
        ("-n < 0", True),
    ],
)
def test_a_list_may_hold_expressions(text: str, taken: bool):
    assert takes(Condition.of_text(text)) == taken


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(0, 6))
def test_in_a_list_is_to_equal_one_of_it(values: list[int], added: int):
    literals = ", ".join(map(str, values))
    expressions = ", ".join(f"{value} + {added} - {added}" for value in values)
    for listed in (literals, expressions):
        assert takes(Condition.of_text(f"n IN ({listed})")) == (3 in values)
        assert takes(Condition.of_text(f"n NOT IN ({listed})")) == (3 not in values)
