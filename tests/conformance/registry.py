"""Which tests of ours stand for which abstract tests, and what came of them.

A test says by `stands_for` what it stands for. Where what an abstract test speaks of is not there,
the test raises `NotApplicable` with the reason: that is noted and counts as passed, for nothing was
there to be wrong. Of our own service `NOT_HERE` says beforehand what is not there, and a test that
finds it there, or misses something else, fails.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from tests.conformance.api import Api
from tests.conformance.classes import AbstractTest, abstract_tests

COVERED: dict[AbstractTest, list[str]] = {}
"""Abstract test → the names of the tests that stand for it."""
REASONS: dict[str, str] = {}
"""Name of a test → why it does not apply to the service that was asked."""


class NotApplicable(Exception):
    """What an abstract test speaks of is not there; the text says what."""


def stands_for(standard: str, *ids: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The decorator of a test that stands for abstract tests; it takes `api` among its fixtures."""
    tests = abstract_tests(standard, *ids)

    def marked(test: Callable[..., None]) -> Callable[..., None]:
        for one in tests:
            COVERED.setdefault(one, []).append(test.__name__)

        @wraps(test)
        def tried(*args: Any, api: Api, **fixtures: Any) -> None:
            missing = sorted({one.declared for one in tests} - api.declared)
            reason = f"{missing[0]} is not declared" if missing else None
            try:
                if not missing:
                    test(*args, api=api, **fixtures)
            except NotApplicable as told:
                reason = str(told)
            if reason is not None:
                REASONS[test.__name__] = reason
            if api.is_ours:
                expected = {NOT_HERE.get(one) for one in tests}
                assert {reason} == expected, f"found {reason}, expected {expected}"

        return tried

    return marked


def _not_here() -> dict[AbstractTest, str]:
    return {}


NOT_HERE: dict[AbstractTest, str] = _not_here()
"""Abstract tests that do not apply to our own service, and why."""
