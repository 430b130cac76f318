"""Which other projects count: by state, by day, and not one's own."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blueprint.codes import plain_code
from blueprint.rules.kinds.project import standings
from blueprint.rules.kinds.project_rule import ProjectRule

from .conftest import rule_of

DAY = date(2026, 11, 23)
CODE = "2111-522323-04-01-342068"
READS = {"state_field": "XMZT", "states": ["已批"], "from_field": "KS", "until_field": "JS"}


def rule(**fields: Any) -> ProjectRule:
    found = rule_of("project", **({"layer": "zone", "code_field": "XMDM"} | READS | fields))
    assert isinstance(found, ProjectRule)
    return found


def counts(own: str | None = None, by: ProjectRule | None = None, **values: Any) -> bool | None:
    (found,) = standings(by or rule(), [json.dumps({"XMDM": CODE} | values)], DAY, own)
    return found.counts


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"XMZT": "已批"}, True),
        ({"XMZT": " 已批 "}, True),
        ({"XMZT": "已撤销"}, False),
        ({}, None),
        ({"XMZT": ""}, None),
        ({"XMZT": "已批", "KS": "2026-11-23", "JS": "2026-11-23"}, True),
        ({"XMZT": "已批", "KS": "2026-11-24"}, False),
        ({"XMZT": "已批", "JS": "2026-11-22"}, False),
        ({"XMZT": "已批", "JS": "2026/11/22"}, False),
        ({"XMZT": "已批", "KS": "2026-11-23T08:00:00"}, True),
        ({"XMZT": "已批", "JS": "next year"}, None),
        ({"XMZT": "已撤销", "JS": "next year"}, False),
    ],
)
def test_a_project_counts_in_its_states_and_on_its_days(values, expected):
    assert counts(**values) is expected


def test_without_a_state_field_every_project_counts():
    assert counts(by=rule(state_field=None, states=[])) is True


def test_a_filter_that_cannot_be_decided_leaves_a_project_undecided():
    filtered = rule(where="kind = 'road'")
    assert counts(by=filtered, XMZT="已批") is None
    assert counts(by=filtered, XMZT="已批", kind="road") is True
    assert counts(by=filtered, XMZT="已批", kind="school") is False


@pytest.mark.parametrize(
    "own",
    [CODE, "21115223230401342068", " 2111 522323 04 01 342068", "２１１１－522323—04—01—342068"],
)
def test_ones_own_project_does_not_count_however_its_code_is_written(own: str):
    assert counts(own, XMZT="已批") is False
    assert counts(own) is False
    assert counts("2111-522323-04-01-342069", XMZT="已批") is True


def test_a_project_without_a_code_is_nobodys_own():
    assert counts(CODE, XMZT="已批", XMDM=None) is True


@given(st.text(st.sampled_from("ab12-— "), max_size=12))
def test_a_code_is_compared_alike_whatever_parts_it(code: str):
    assert plain_code(code) == plain_code(code.replace("-", "").upper()) == plain_code(f" {code}-")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"states": []}, "no state of XMZT counts"),
        ({"state_field": None}, "states are of no field"),
        ({"code_field": ""}, "code_field"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_the_remedy(fields, says):
    with pytest.raises(ValidationError, match=says):
        rule(**fields)
