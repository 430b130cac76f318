"""What was asked of the engine, judged from the medians of one run."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.overlay.contest import CONTESTS

READY_S, SECOND_WORKER, CHANGE = 5.0, 0.20, 0.05


@dataclass(frozen=True, slots=True)
class Goal:
    """`value` is None where one of the two did not take part."""

    group: str
    title: str
    value: float | None
    bound: float
    at_least: bool
    unit: str = "×"
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it is met, or None if that cannot be said."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        names = ("group", "title", "value", "bound", "at_least", "unit", "note", "met")
        return {name: getattr(self, name) for name in names}


def judge(city: dict[str, Any]) -> list[Goal]:
    """All goals, from the document of one city."""
    return [*_sites(city), *_conflicts(city), *_readiness(city)]


def _sites(city: dict[str, Any]) -> Iterator[Goal]:
    runs = city["results"].get("sites", {})
    group = "A site against all layers"
    for ours, how in (("ours", "areas"), ("ours_geometry", "with geometry")):
        for peers, title, bound in (
            (("shapely",), "Shapely STRtree by hand, one thread", 3),
            (("duckdb",), "DuckDB spatial", 5),
            (("postgis", "postgis_raw"), "PostGIS", 15),
            (("clip", "overlay"), "geopandas", 20),
        ):
            ratio, who = _faster(runs, peers, ours)
            yield Goal(group, f"{how}: faster than {title}", ratio, bound, at_least=True, note=who)
        yield Goal(
            group,
            f"{how}: two threads against one",
            _faster(runs, (ours,), f"{ours}2")[0],
            1.7,
            at_least=True,
        )
        for loop, what in (("geos", "giants whole"), ("geos_cut", "giants cut beforehand, free")):
            ratio, _ = _faster(runs, (ours,), loop)
            title = f"{how}: time against pure GEOS over the needed pairs, {what}"
            yield Goal(group, title, ratio, 1.3, at_least=False)
        spread = runs[ours]["p95_ms"] / runs[ours]["median_ms"] if ours in runs else None
        yield Goal(group, f"{how}: p95 against median", spread, 4, at_least=False)


def _conflicts(city: dict[str, Any]) -> Iterator[Goal]:
    for name, contest in CONTESTS.items():
        runs = city["results"].get(name, {})
        single = name == "giants"  # one pair: a second thread has nothing to do
        loops = {"all pairs": "candidates1" if single else "candidates2"}
        if not single:
            loops["crossing pairs"] = "crossing2"
        for what, loop in loops.items():
            ratio, _ = _faster(runs, (f"geos_{loop}",), "ours2")
            title = f"areas, two threads: faster than pure GEOS over {what}"
            yield Goal(contest.title, title, ratio, 5, at_least=True)
            ratio, _ = _faster(runs, ("ours_geometry2",), f"geos_{loop}")
            title = f"with geometry, two threads: time against pure GEOS over {what}"
            yield Goal(contest.title, title, ratio, 1.3, at_least=False)
        for peers, title, bound in (
            (("overlay",), "geopandas.overlay", 4),
            (("postgis", "postgis_raw"), "PostGIS", 2),
            (("duckdb",), "DuckDB spatial", 2),
            (("sedonadb",), "SedonaDB", 2),
        ):
            ratio, who = _faster(runs, peers, "ours_geometry2")
            what = f"with geometry, two threads: faster than {title}"
            yield Goal(contest.title, what, ratio, bound, at_least=True, note=who)


def _readiness(city: dict[str, Any]) -> Iterator[Goal]:
    started = city.get("startup", {}).get("ours", {})
    change = city.get("change") or {}
    group = "Ready, and ready again"
    yield Goal(
        group, "packed form opened, first site checked", started.get("ready_s"), READY_S, False, "s"
    )
    adds = started.get("second_adds")
    yield Goal(group, "memory that a second worker adds", adds, SECOND_WORKER, False, "%")
    for told, title in (
        (change, "areas alone"),
        (city.get("search") or {}, "with shapes, out of the store and kept"),
    ):
        share = told.get("share")
        if told and not told["identical"]:
            share = float("inf")
        what = f"1 % of a layer changed, {title}: against a full run, identical result"
        yield Goal(group, what, share, CHANGE, False, "%")


def _faster(runs: dict[str, Any], peers: tuple[str, ...], ours: str) -> tuple[float | None, str]:
    """How many times longer the fastest of the peers takes, and what to say about it."""
    there = [runs[name] for name in peers if name in runs]
    if not there or ours not in runs:
        return None, ""
    best = min(there, key=lambda run: run["whole_s"])
    scaled = f"scaled from one parcel in {best['every']}" if best["every"] > 1 else ""
    which = best["title"] if len(peers) > 1 else ""
    return best["whole_s"] / runs[ours]["whole_s"], "; ".join(filter(None, (which, scaled)))
