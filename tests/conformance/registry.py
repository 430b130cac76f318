"""Which tests of ours stand for which abstract tests, and what came of them.

A test says by `stands_for` what it stands for. Where what an abstract test speaks of is not there,
the test raises `NotApplicable` with the reason: that is noted and counts as passed, for nothing was
there to be wrong. Of our own service `NOT_HERE` says beforehand what is not there, and a test that
finds it there, or misses something else, fails.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from tests.conformance.api import Api, NotApplicable
from tests.conformance.classes import (
    CQL2,
    FEATURES,
    FILTER,
    PROCESSES,
    AbstractTest,
    abstract_tests,
)

COVERED: dict[AbstractTest, dict[str, str]] = {}
"""Abstract test → the names of the tests that stand for it, each with its module."""
REASONS: dict[str, str] = {}
"""Name of a test → why it does not apply to the service that was asked."""


def stands_for(standard: str, *ids: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The decorator of a test that stands for abstract tests; it takes `api` among its fixtures."""
    tests = abstract_tests(standard, *ids)

    def marked(test: Callable[..., None]) -> Callable[..., None]:
        for one in tests:
            module = test.__module__.rpartition(".")[2]
            COVERED.setdefault(one, {})[test.__name__] = module

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


_MISSING: dict[tuple[str, str], str] = {
    ("features do not say when they were given", FEATURES): "/conf/core/fc-timeStamp",
    ("no class of functions is declared", FILTER): "/conf/filter/get-functions",
    ("the features are a city's own, not the data set of the standard", CQL2): """
        /conf/basic-cql2/test-data /conf/advanced-comparison-operators/test-data
        /conf/basic-spatial-functions/test-data
        """,
    ("no input is of several kinds", PROCESSES): """
        /conf/ogc-process-description/input-mixed-type
        /conf/core/process-execute-input-inline-mixed
        """,
    ("no output is of several kinds", PROCESSES): """
        /conf/ogc-process-description/output-mixed-type
        """,
    ("no input may come more than once", PROCESSES): "/conf/core/process-execute-input-array",
    ("no input is binary; files are brought by POST /uploads", PROCESSES): """
        /conf/core/process-execute-input-inline-binary
        """,
    ("no input is a box", PROCESSES): "/conf/core/process-execute-input-inline-bbox",
    ("no process has more than one output", PROCESSES): """
        /conf/core/process-execute-sync-raw-value-multi
        /conf/core/process-execute-sync-raw-mixed-multi
        /conf/core/job-results-async-raw-value-multi
        /conf/core/job-results-async-raw-mixed-multi
        """,
    ("no process gives an output by reference", PROCESSES): """
        /conf/core/process-execute-sync-raw-ref /conf/core/job-results-async-raw-ref
        """,
    ("what is done at once leaves no job", PROCESSES): "/conf/core/job-results-sync",
}
NOT_HERE: dict[AbstractTest, str] = {
    one: reason
    for (reason, standard), ids in _MISSING.items()
    for one in abstract_tests(standard, *ids.split())
}
"""Abstract tests that do not apply to our own service, and why."""
