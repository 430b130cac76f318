"""The table of abstract tests: by which tests of ours each is tried, and what came of it.

Input: what came of tests, by their names, and why some do not apply. Output: Markdown. For our own
service `docs/conformance.md` is the table in which everything holds that does not say why it does
not apply: the suite fails where that is not so.
"""

from collections.abc import Mapping
from importlib import import_module
from itertools import groupby
from pathlib import Path

from tests.conformance.classes import ABSTRACT_TESTS, AbstractTest
from tests.conformance.registry import COVERED, NOT_HERE

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
HOLDS, UNKNOWN = "holds", "was not tried"
_INTRODUCTION = """\
# What is kept of the OGC standards

Written by `python -m tests.conformance --write`; a test fails where it is not as the suite has it.

`tests/conformance` has a test, or several, for each abstract test of every conformance class that
`/conformance` declares. They are our own words and code; the ids are the standards'. `make test`
runs them over HTTP against the sample city on both stores. What does not apply says why, and is
tried too: a test fails where it would apply.

`python -m tests.conformance URL` asks any other service the same (`-H 'Name: value'` sends a header
with each request). Of a service that is not ours only the classes that it declares are asked for.
"""


def load_tests() -> None:
    """Have every test of the suite say what it stands for."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        import_module(f"tests.conformance.{file.stem}")


def page() -> str:
    """The page about our own service."""
    load_tests()
    results = {one: f"does not apply: {NOT_HERE[one]}" if one in NOT_HERE else HOLDS
               for one in ABSTRACT_TESTS}  # fmt: skip
    held = sum(result == HOLDS for result in results.values())
    count = (
        f"{len(results)} abstract tests of {len({one.declared for one in results})} classes: "
        f"{held} hold, {len(results) - held} do not apply.\n"
    )
    return f"{_INTRODUCTION}\n{count}\n{written(results)}"


def written(results: Mapping[AbstractTest, str]) -> str:
    """A table for each class: abstract test, tests, result."""
    parts = []
    for declared, group in groupby(results, key=lambda one: one.declared):
        rows = [f"| `{one.id}` | {_tests(one)} | {results[one]} |" for one in group]
        head = ["| abstract test | test | result |", "|---|---|---|"]
        parts.append("\n".join([f"## {declared}", "", *head, *rows, ""]))
    return "\n".join(parts)


def _tests(one: AbstractTest) -> str:
    names = (name.removeprefix("test_").replace("_", " ") for name in COVERED.get(one, {}))
    return "; ".join(names) or "none"


def result_of(
    one: AbstractTest, failures: Mapping[str, str], passed: set[str], reasons: Mapping[str, str]
) -> str:
    """What came of an abstract test, by what came of the tests that stand for it."""
    names = COVERED.get(one, {})
    for name in names:
        if name in failures:
            return f"FAILS: {failures[name]}"
    untold = [reasons[name] for name in names if name in reasons]
    if untold and len(untold) == len(names):
        return f"does not apply: {untold[0]}"
    return HOLDS if passed & names.keys() else UNKNOWN
