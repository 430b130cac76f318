"""Sub-areas that add up to the whole (面积平差): the largest-remainder rule.

Input: the parts of an area, whatever their unit, and the whole as it is told. Output: the parts
rounded to a step so that they add up to the whole rounded to the same step, each less than a step
off. What is left over after all are rounded down goes, a step each, to the parts with the largest
remainders, the first of equals first.
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

STEP_M2 = Decimal("0.01")


def balanced(parts: Sequence[float], whole: float, step: Decimal = STEP_M2) -> list[float]:
    """The parts, rounded to `step`, adding up to `whole` rounded to it; shape (n,).

    Raises:
        ValueError: they make up another whole, by more than rounding can explain.
    """
    # by their decimal form: what is told is what is added up
    exact = [Decimal(repr(part)) / step for part in parts]
    steps = [one.to_integral_value(ROUND_FLOOR) for one in exact]
    target = (Decimal(repr(whole)) / step).to_integral_value(ROUND_HALF_EVEN)
    short = int(target - sum(steps))
    if not 0 <= short <= len(parts):
        message = f"parts of {sum(parts)} do not make up {whole}; give all parts of the whole"
        raise ValueError(message)
    by_remainder = sorted(range(len(parts)), key=lambda row: (steps[row] - exact[row], row))
    for row in by_remainder[:short]:
        steps[row] += 1
    return [float(one * step) for one in steps]
