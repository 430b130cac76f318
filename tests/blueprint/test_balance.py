"""Sub-areas add up to the whole, and none is a whole step off."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.balance import balanced


@given(st.lists(st.decimals(0, 10**7, places=4), min_size=1, max_size=30))
def test_rounded_parts_add_up_to_the_rounded_whole_and_none_is_a_step_off(parts) -> None:
    given_, whole = [float(part) for part in parts], sum(parts)
    found = [Decimal(repr(one)) for one in balanced(given_, float(whole))]
    assert sum(found) == whole.quantize(Decimal("0.01"))
    assert all(abs(one - part) < Decimal("0.01") for one, part in zip(found, parts, strict=True))


def test_the_largest_remainders_are_rounded_up() -> None:
    assert balanced([1.004, 1.004, 1.004], 3.012) == [1.01, 1.0, 1.0]
    assert balanced([0.333, 0.333, 0.334], 1.0) == [0.33, 0.33, 0.34]
    assert balanced([], 0.0) == []


@pytest.mark.parametrize("whole", [2.9, 3.2])
def test_parts_that_are_not_all_of_the_whole_are_refused(whole: float) -> None:
    with pytest.raises(ValueError, match="do not make up"):
        balanced([1.0, 1.0, 1.0], whole)
