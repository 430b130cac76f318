"""The unified social credit code and its check character (GB 32100-2015)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.approvals.credit_code import (
    CHARACTERS,
    as_credit_code,
    check_character,
    is_credit_code,
)

WORKED = [
    # by hand: weights 1 3 9 27 19 26 16 17 20 29 25 13 8 24 10 30 28, sum mod 31, 31 - that
    ("00000000000000000", "0"),
    ("10000000000000000", "Y"),  # 1 → 30
    ("01000000000000000", "W"),  # 3 → 28
    ("00000000000000001", "3"),  # 28 → 3
    ("Y0000000000000000", "1"),  # 30 → 1
    ("91350100M000100Y4", "3"),
]


@pytest.mark.parametrize(("first", "last"), WORKED)
def test_the_check_character_is_the_one_worked_by_hand(first, last):
    assert check_character(first) == last
    assert is_credit_code(first + last)


CODES = st.text(CHARACTERS, min_size=17, max_size=17).map(lambda one: one + check_character(one))


@given(CODES, st.integers(0, 17), st.sampled_from(CHARACTERS))
def test_a_slip_in_any_one_character_is_found(code, place, other):
    slipped = code[:place] + other + code[place + 1 :]
    assert is_credit_code(slipped) == (slipped == code)


@given(CODES, st.integers(0, 16))
def test_two_characters_that_change_places_are_found(code, place):
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_credit_code(swapped) == (swapped == code)


@given(CODES)
def test_a_code_is_read_as_it_is_written_by_hand(code):
    assert as_credit_code(f" {code.lower()} ") == code


@pytest.mark.parametrize(
    "text", ["", "9135", "91350100M000100Y4I", "９１350100M000100Y43", "x" * 99]
)
def test_what_is_no_code_is_refused_with_what_one_is(text):
    assert not is_credit_code(text)
    with pytest.raises(ValueError, match="18 digits and capitals"):
        as_credit_code(text)


def test_a_code_that_does_not_fit_is_refused_as_a_slip():
    with pytest.raises(ValueError, match="91350100M000100Y44: its last character does not fit"):
        as_credit_code("91350100M000100Y44")


def test_only_seventeen_characters_have_a_check_character():
    with pytest.raises(ValueError, match="is not 17"):
        check_character("91350100M000100Y43")
