"""What a run came to: a table for people, a document for the next run to be compared with."""

import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.contests import GOALS, GROWTH, MEMORY_MB, READERS, WRITERS, Goal
from tests.benchmarks.measure import Measured
from tests.benchmarks.race import Outcome

_MB = 1 << 20
_PACKAGES = ("geopandas", "psycopg", "pyarrow", "pyogrio", "shapely", "sqlalchemy")


def document(outcome: Outcome, size: int, tools: dict[str, str]) -> dict[str, Any]:
    """Everything that was measured and what it means, as JSON takes it."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "tools": tools | {name: version(name) for name in _PACKAGES},
        "features": size,
        "coordinates": outcome.coordinates,
        "goals": [_goal(goal, outcome) for goal in GOALS],
        "memory": [_memory(name, outcome) for name in ("ingest", "ingest_gpkg")],
        "redelivery": [
            asdict(again)
            | {
                "growth": again.second / again.first - 1,
                "rewritten_growth": again.rewritten / again.second - 1,
                "at_most": GROWTH,
                "met": again.second / again.first - 1 < GROWTH,
            }
            for again in outcome.redeliveries
        ],
        "jobs": {
            job.name: {
                "title": job.title,
                "kind": job.kind,
                "median_s": _median(outcome.runs[job.name]),
                "runs": [
                    {key: value for key, value in asdict(run).items() if key != "told"}
                    for run in outcome.runs[job.name]
                ],
            }
            for job in (*WRITERS, *READERS)
        },
    }


def show(found: dict[str, Any], console: Console) -> None:
    """The document's figures as tables."""
    title = f"{found['features']:,} polygons, {found['coordinates']:,} coordinates"
    jobs = Table("job", "on", "s", "from–to", "MB", title=title)
    for job in found["jobs"].values():
        seconds = [run["seconds"] for run in job["runs"]]
        reach = f"{min(seconds):.2f}–{max(seconds):.2f}" if len(seconds) > 1 else "once"
        held = max(run["resident_mb"] for run in job["runs"])
        jobs.add_row(job["title"], job["kind"], f"{job['median_s']:.2f}", reach, f"{held:,.0f}")
    goals = Table("goal", "ours", "at most", "", title="Against the goals")
    for goal in found["goals"]:
        ratio, most = f"{goal['ratio']:.2f} × {goal['peer']}", f"{goal['at_most']:g} ×"
        goals.add_row(goal["title"], ratio, most, _verdict(met=goal["met"]))
    for memory in found["memory"]:
        held, most = f"{memory['resident_mb']:,.0f} MB", f"{memory['at_most_mb']:,} MB"
        goals.add_row(
            f"Memory of ingest, {memory['kind']}", held, most, _verdict(met=memory["met"])
        )
    for again in found["redelivery"]:
        what = f"The same {again['features']:,} again, {again['kind']}"
        growth = f"{again['growth']:+.2%} in {again['second_s']:.1f} s"
        goals.add_row(what, growth, f"{again['at_most']:.0%}", _verdict(met=again["met"]))
        what = f"The same in another file, {again['kind']}"
        goals.add_row(what, f"{again['rewritten_growth']:+.2%}", "", "the file itself is kept")
    console.print(jobs, goals)


def _goal(goal: Goal, outcome: Outcome) -> dict[str, Any]:
    titles = {job.name: job.title for job in (*WRITERS, *READERS)}
    ours, peer = (_median(outcome.runs[name]) for name in (goal.ours, goal.peer))
    return {
        "title": goal.title,
        "ours_s": ours,
        "peer": titles[goal.peer],
        "peer_s": peer,
        "ratio": ours / peer,
        "at_most": goal.at_most,
        "met": ours / peer <= goal.at_most,
    }


def _memory(name: str, outcome: Outcome) -> dict[str, Any]:
    kinds = {writer.name: writer.kind for writer in WRITERS}
    runs = outcome.runs[name]
    held = max(run.resident_mb for run in runs)
    return {
        "kind": kinds[name],
        "resident_mb": held,
        "own_mb": max(run.own_mb for run in runs),
        "largest_mb": max(run.largest_mb for run in runs),
        "at_most_mb": MEMORY_MB,
        "met": held < MEMORY_MB,
    }


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _MB / 1024
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def _median(runs: list[Measured]) -> float:
    return median(run.seconds for run in runs)


def _verdict(*, met: bool) -> str:
    return "[green]met[/]" if met else "[red]not met[/]"
