"""Run the suite and print its table.

Usage: python -m tests.conformance [URL] [-H 'Name: value'] [--collections N] [--write]

Without a URL the service is ours over the sample city, in a GeoPackage, and in PostGIS too where
BLUEPRINT_TEST_POSTGIS names one. Ends with 1 where an abstract test fails. `--write` runs nothing
and writes docs/conformance.md.
"""

import argparse
import json
import os
import sys
from pathlib import Path

import pytest

from tests.conformance import table
from tests.conformance.classes import ABSTRACT_TESTS
from tests.conformance.registry import REASONS

_MANY = "100000"


class Results:
    """What came of each test, by its name."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}
        self.passed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one test's end, or a fault before it."""
        name = report.nodeid.partition("::")[2].partition("[")[0]
        if report.failed:
            lines = [line[1:].strip() for line in report.longreprtext.splitlines()
                     if line.startswith("E ")]  # fmt: skip
            said = (lines or [report.longreprtext.strip().splitlines()[-1]])[0]
            self.failures.setdefault(name, said.replace("|", "/")[:200])
        elif report.when == "call":
            self.passed.add(name)


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    parser.add_argument("url", nargs="?", help="where the landing page is")
    parser.add_argument("-H", "--header", action="append", default=[], help="'Name: value'")
    parser.add_argument("--collections", default=_MANY, help="how many are asked; all if not given")
    parser.add_argument("--write", action="store_true", help="write docs/conformance.md")
    given = parser.parse_args()
    if given.write:
        table.PAGE.write_text(table.page(), "utf-8")
        return 0
    os.environ["BLUEPRINT_CONFORMANCE_COLLECTIONS"] = given.collections
    folder, more = Path(__file__).parent, []
    if given.url:
        headers = dict(one.split(": ", 1) for one in given.header)
        os.environ["BLUEPRINT_CONFORMANCE_URL"] = given.url.rstrip("/")
        os.environ["BLUEPRINT_CONFORMANCE_HEADERS"] = json.dumps(headers)
        more = ["--ignore", str(folder / "test_suite.py")]
    elif "BLUEPRINT_TEST_POSTGIS" not in os.environ:
        more = ["-k", "not postgis"]
    results = Results()
    quiet = ["-q", "--no-header", "--tb=short", "--no-summary", "-p", "no:cacheprovider"]
    pytest.main([str(folder), *quiet, *more], plugins=[results])
    told = {
        one: table.result_of(one, results.failures, results.passed, REASONS)
        for one in ABSTRACT_TESTS
    }
    sys.stdout.write("\n" + table.written(told))
    endings = ("FAILS", table.HOLDS, "does not apply", table.UNKNOWN)
    counts = {word: sum(one.startswith(word) for one in told.values()) for word in endings}
    sys.stdout.write(
        f"\n{counts[table.HOLDS]} hold, {counts['FAILS']} fail, "
        f"{counts['does not apply']} do not apply, {counts[table.UNKNOWN]} were not tried\n"
    )
    return int(counts["FAILS"] > 0)


if __name__ == "__main__":
    sys.exit(main())
