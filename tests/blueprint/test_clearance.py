"""Whose eyes an answer is for: what a clearance sees, and which one covers which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.access.caller import ROLES, Caller
from blueprint.clearance import (
    INTERNAL,
    PUBLIC,
    RESTRICTED,
    clearance_of,
    covers,
    own_departments,
    parse_clearance,
    sees,
    sees_all,
)

LEVELS = ("public", "internal", "restricted")
DEPARTMENTS = ("nrp", "water", "forestry")
clearances = st.builds(clearance_of, st.sampled_from(LEVELS), st.sets(st.sampled_from(DEPARTMENTS)))


@given(clearances, clearances, st.sampled_from(LEVELS), st.sampled_from(DEPARTMENTS))
def test_whoever_covers_another_sees_every_layer_that_the_other_sees(
    one, other, sensitivity, department
):
    if covers(one, other) and sees(other, sensitivity, department):
        assert sees(one, sensitivity, department)


@given(clearances)
def test_a_clearance_covers_itself_and_nothing_is_above_the_highest(clearance):
    assert covers(clearance, clearance)
    assert covers(RESTRICTED, clearance)
    assert covers(clearance, PUBLIC)
    assert sees_all(clearance) == covers(clearance, RESTRICTED)


@given(clearances)
def test_a_clearance_reads_as_it_is_written(clearance):
    assert parse_clearance(clearance) == clearance
    level, own = str(clearance).partition("+")[0], own_departments(clearance)
    assert clearance_of(level, own) == clearance


def test_departments_are_written_once_each_and_in_order():
    assert clearance_of("public", ["water", "nrp", "water"]) == "public+nrp,water"
    assert parse_clearance("internal+water,nrp") == "internal+nrp,water"
    assert clearance_of("restricted", ["nrp"]) == "restricted"


@pytest.mark.parametrize(
    "text",
    ["", "secret", "public+", "public+nrp,", "public+NRP", "public nrp", "public+nrp\n", "+nrp"],
)
def test_what_is_no_clearance_is_refused(text: str):
    with pytest.raises(ValueError, match="give public, internal or restricted"):
        parse_clearance(text)


@pytest.mark.parametrize(
    ("role", "clearance"),
    [
        ("applicant", PUBLIC),
        ("planner", INTERNAL),
        ("officer", "public+water"),
        ("approver", RESTRICTED),
        ("administrator", RESTRICTED),
    ],
)
def test_a_role_has_its_clearance_and_only_an_officer_has_layers_of_his_own(role, clearance):
    caller = Caller("someone", role, frozenset({"water"}))
    assert caller.clearance == clearance


def test_an_officer_of_no_department_sees_what_everybody_sees():
    assert Caller("someone", "officer").clearance == PUBLIC
    assert [role for role in ROLES if Caller("x", role).is_public] == ["applicant", "officer"]
