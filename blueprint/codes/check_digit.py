"""How a check digit (校验码) is proved, by whoever knows that.

GB/T 40058-2021 has a check digit, but its algorithm was found in no public source, and none is
guessed here: off unless BLUEPRINT_CHECK_DIGIT names one. That is the name of an entry point of the
group `blueprint.check_digits` in any installed package; what it loads is called without arguments
and gives a `CheckDigit`.
"""

import os
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Protocol

from blueprint.errors import InvalidSetting

GROUP = "blueprint.check_digits"
SETTING = "BLUEPRINT_CHECK_DIGIT"


class CheckDigit(Protocol):
    """An algorithm, and where it is published."""

    source: str

    def digit(self, body: str) -> str:
        """The check digit that belongs to the nineteen digits before it."""
        ...


def check_digit_from(environment: Mapping[str, str] = os.environ) -> CheckDigit | None:
    """The algorithm that the environment names; None: it names none, and nothing is checked.

    Raises:
        InvalidSetting: no installed package has one of that name.
    """
    name = environment.get(SETTING)
    if not name:
        return None
    found = entry_points(group=GROUP, name=name)
    if not found:
        message = (
            f"{SETTING} {name}: no installed package has an entry point of that name in "
            f"{GROUP}; install it, or unset the variable"
        )
        raise InvalidSetting(message)
    made: CheckDigit = next(iter(found)).load()()
    return made
