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
from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import CONTESTS
from tests.benchmarks.overlay.contestants import MODULES, Contestant, tool_class
from tests.benchmarks.overlay.net import Floats

Job = Callable[..., dict[str, Any]]
JOBS: dict[str, Job] = {}
_WARM = 3  # sites that are checked before the clock starts
_TURNS, _LONG_S = 5, 2.0


class Turn(NamedTuple):
    """One answer to everything: how long it took, what it was, and seconds by site."""

    seconds: float
    answers: Answers
    each: Floats


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
    tool = None if who.tool == "geos" else tool_class(who)(city, who.threads)
    if tool is not None and who.tool != "sedonadb":
        for number in range(min(_WARM, count)):
            tool.site(number)

    def once() -> Turn:
        if tool is None:
            seconds, answers, by_site = _loop(city, who)
            return Turn(seconds, answers, np.array([by_site.get(k, 0.0) for k in range(count)]))
        if who.tool == "sedonadb":
            start = time.perf_counter()
            answers = tool.sites()
            return Turn(time.perf_counter() - start, answers, np.empty(0))
        return _check_all(tool, who, count)

    turn = _median_turn(once)
    if out:
        turn.answers.write(Path(out))
    return {"seconds": turn.seconds, "each_ms": (turn.each * 1000).round(4).tolist()}


def _median_turn(once: Callable[[], Turn]) -> Turn:
    """The median of up to five turns; who takes long has one.

    What a system does once for a process, pages that it hands out and files that it maps, makes
    more of a turn of some milliseconds than of one of many seconds.
    """
    turns = [once()]
    while len(turns) < _TURNS and sum(turn.seconds for turn in turns) < _LONG_S:
        turns.append(once())
    return sorted(turns, key=lambda turn: turn.seconds)[(len(turns) - 1) // 2]


def _loop(city: City, who: Contestant) -> tuple[float, Answers, dict[int, float]]:
    """The loop in C over one file of pairs."""
    from tests.benchmarks.overlay import geos

    program, file = city.folder / "geos_loop", city.folder / f"{who.what}.pairs"
    return geos.run_loop(program, file, who.threads)


def _check_all(tool: Any, who: Contestant, count: int) -> Turn:
    found: list[Any] = [None] * count
    each = np.zeros(count)

    def check(number: int) -> None:
        start = time.perf_counter()
        found[number] = tool.site(number)
        each[number] = time.perf_counter() - start

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
    answers = Answers.of(numbers, rows, np.concatenate([some for _, some in found]))
    return Turn(seconds, answers, each)


@job
def conflicts(folder: str, contestant: dict[str, Any], out: str | None) -> dict[str, Any]:
    """All pairs of one contest."""
    who, city = Contestant(**contestant), City.open(Path(folder))
    _confine(who.threads)
    contest = CONTESTS[who.contest]
    tool = None if who.tool == "geos" else tool_class(who)(city, who.threads)

    def once() -> Turn:
        if tool is None:
            seconds, answers, _ = _loop(city, who)
            return Turn(seconds, answers, np.empty(0))
        loaded = tool.load(contest, who.every)
        start = time.perf_counter()
        answers = tool.pairs(contest, loaded, who.every)
        return Turn(time.perf_counter() - start, answers, np.empty(0))

    turn = _median_turn(once)
    if out:
        turn.answers.write(Path(out))
    return {"seconds": turn.seconds, "pairs": len(turn.answers.left)}


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
