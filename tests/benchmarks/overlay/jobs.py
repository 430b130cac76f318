"""What runs in a process of its own: python -m tests.benchmarks.overlay.jobs NAME ARGUMENTS.

ARGUMENTS is one JSON object. The job prints one JSON object: `seconds` is what was asked for,
without the start of Python, imports, and loading the city. A database's URL comes in
BLUEPRINT_STORE, where no list of processes shows it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import CONTESTS
from tests.benchmarks.overlay.contestants import MODULES, Contestant, tool_class

Job = Callable[..., dict[str, Any]]
JOBS: dict[str, Job] = {}
_WARM = 3  # sites that are checked before the clock starts


def job(function: Job) -> Job:
    """Let the function be called by its name from the command line."""
    JOBS[function.__name__] = function
    return function


@job
def generate(folder: str, factor: float, sites: int) -> dict[str, Any]:
    from tests.benchmarks.overlay.city import make_city

    start = time.perf_counter()
    told = make_city(Path(folder), factor, sites)
    return {"seconds": time.perf_counter() - start} | told


@job
def prepare(folder: str, tool: str) -> dict[str, Any]:
    """Let a tool build its files or tables."""
    start = time.perf_counter()
    told = import_module(MODULES[tool]).prepare(City.open(Path(folder)))
    return {"seconds": time.perf_counter() - start, "told": told}


@job
def sites(folder: str, contestant: dict[str, Any], out: str | None) -> dict[str, Any]:
    """Check every site, one after the other or on threads that take the next one."""
    who, city = Contestant(**contestant), City.open(Path(folder))
    _confine(who.threads)
    count = len(city.site_wkb())
    if who.tool == "geos":
        from tests.benchmarks.overlay import geos

        program, file = city.folder / "geos_loop", city.folder / f"{who.what}.pairs"
        seconds, answers, by_site = geos.run_loop(program, file, who.threads)
        each = geos.sums_by_site(by_site, count)
    elif who.tool == "sedonadb":
        tool = tool_class(who)(city, who.threads)
        start = time.perf_counter()
        answers = tool.sites()
        seconds = time.perf_counter() - start
        each = np.empty(0)
    else:
        seconds, answers, each = _check_all(tool_class(who)(city, who.threads), who, count)
    if out:
        answers.write(Path(out))
    return {"seconds": seconds, "each_ms": (each * 1000).round(4).tolist()}


def _check_all(tool: Any, who: Contestant, count: int) -> tuple[float, Answers, Any]:
    found: list[Any] = [None] * count
    each = np.zeros(count)

    def check(number: int) -> None:
        start = time.perf_counter()
        found[number] = tool.site(number)
        each[number] = time.perf_counter() - start

    for number in range(min(_WARM, count)):
        check(number)
    threads = who.threads if who.tool in {"ours", "shapely"} else 1
    start = time.perf_counter()
    if threads == 1:
        for number in range(count):
            check(number)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(check, range(count)))
    seconds = time.perf_counter() - start
    rows = np.concatenate([rows for rows, _ in found])
    numbers = np.repeat(np.arange(count), [len(rows) for rows, _ in found])
    return seconds, Answers.of(numbers, rows, np.concatenate([some for _, some in found])), each


@job
def conflicts(folder: str, contestant: dict[str, Any], out: str | None) -> dict[str, Any]:
    """All pairs of one contest."""
    who, city = Contestant(**contestant), City.open(Path(folder))
    _confine(who.threads)
    if who.tool == "geos":
        from tests.benchmarks.overlay import geos

        program, file = city.folder / "geos_loop", city.folder / f"{who.what}.pairs"
        seconds, answers, _ = geos.run_loop(program, file, who.threads)
    else:
        contest, tool = CONTESTS[who.contest], tool_class(who)(city, who.threads)
        loaded = tool.load(contest, who.every)
        start = time.perf_counter()
        answers = tool.pairs(contest, loaded, who.every)
        seconds = time.perf_counter() - start
    if out:
        answers.write(Path(out))
    return {"seconds": seconds, "pairs": len(answers.left)}


@job
def change(folder: str, threads: int) -> dict[str, Any]:
    """One layer changed by 1 %."""
    from tests.benchmarks.overlay.change import measure_change

    told = measure_change(City.open(Path(folder)), threads)
    return {"seconds": told["part_s"]} | told


@job
def search(folder: str, threads: int) -> dict[str, Any]:
    """The same, out of the store and kept in it."""
    from tests.benchmarks.overlay.search import measure_search

    _confine(threads)
    told = measure_search(City.open(Path(folder)), threads)
    return {"seconds": told["part_s"]} | told


@job
def hold(folder: str, contestant: dict[str, Any]) -> dict[str, Any]:
    """Open the city, check all sites, say so, and wait until the input closes."""
    who, city = Contestant(**contestant), City.open(Path(folder))
    made = tool_class(who)
    start = time.perf_counter()
    tool = made(city, who.threads)
    tool.site(0)
    ready_s = time.perf_counter() - start
    for number in range(len(city.site_wkb())):
        tool.site(number)
    sys.stdout.write(json.dumps({"ready_s": ready_s}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    return {"seconds": ready_s}


def _confine(threads: int) -> None:
    """No tool may use more cores than it says; one with one thread is left where it runs."""
    if threads > 1:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(JOBS[sys.argv[1]](**json.loads(sys.argv[2]))))
