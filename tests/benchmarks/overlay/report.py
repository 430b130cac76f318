"""What a run came to: the machine-made part of docs/benchmarks.md."""

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import shapely

from tests.benchmarks.overlay.contest import CONTESTS
from tests.benchmarks.overlay.goals import Goal

BEGIN = "<!-- written by make bench: from here -->"
END = "<!-- written by make bench: to here -->"
_PACKAGES = ("numpy", "shapely", "geopandas", "duckdb", "sedonadb", "pyarrow")


def _rounds(count: int) -> str:
    return "one round" if count == 1 else f"{count} rounds"


def circumstances(tools: dict[str, str]) -> dict[str, Any]:
    """When, on what machine, with which versions."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "load": round(os.getloadavg()[0], 1),
        "versions": {"Python": platform.python_version(), "GEOS": shapely.geos_version_string}
        | versions
        | tools,
    }


def markdown(found: dict[str, Any], goals: list[Goal], picture: str | None) -> str:
    """The whole part, without its two marks."""
    city = found["city"]
    told = found["circumstances"]
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    lines = [
        (
            f"{told['at'][:10]}, {told['cores']} cores, {told['memory_gb']} GB, {told['system']},"
            f" load {told['load']} at the end. {_rounds(found['rounds'])}. {versions}."
        ),
        "",
        (
            f"The city of factor {city['factor']:g}: {city['features']:,} features,"
            f" {city['coordinates']:,} coordinates, {city['layers']} layers; {city['sites']} sites,"
            f" {_hits(city)} hits a site."
        ),
        "",
        *_missing(city),
        *_agreement(city),
        *_goal_table(goals),
        *_sites(city),
        *_conflicts(city),
        *_readiness(city),
        *_growth(found["growth"], picture),
    ]
    return "\n".join(lines).rstrip() + "\n"


def write_into(document: Path, part: str) -> None:
    """Put the part between its marks."""
    text = document.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest:
        sys.exit(f"bench: {document} has no line {BEGIN!r}")
    document.write_text(f"{before}{BEGIN}\n\n{part}\n{END}{after}")


def _hits(city: dict[str, Any]) -> str:
    runs = [run for run in city["results"]["sites"].values() if run["tool"] != "geos"]
    return f"{max(run['pairs'] for run in runs) / city['sites']:.0f}" if runs else "no"


def _missing(city: dict[str, Any]) -> list[str]:
    if not city["lost"]:
        return []
    return ["Not taking part:", "", *(f"- {who}: {why}" for who, why in city["lost"].items()), ""]


def _agreement(city: dict[str, Any]) -> list[str]:
    rows = city["agreement"]
    exempt = sum(row["exempt"] for row in rows)
    worst = max((row["worst"] for row in rows), default=0.0)
    return [
        (
            f"All agree: {len(rows)} comparisons over {sum(row['pairs'] for row in rows):,}"
            f" pairs. The largest difference of a measure is {worst:.1e} (m² or m); {exempt} pairs"
            " that only one of two found were exempt, for they share less than 1e-6 m²."
        ),
        "",
    ]


def _goal_table(goals: list[Goal]) -> list[str]:
    lines = ["#### Goals", "", "| | goal | reached | |", "|---|---|---|---|"]
    group = ""
    for goal in goals:
        if goal.group != group:
            group = goal.group
            lines.append(f"| **{group}** | | | |")
        bound = f"{'≥' if goal.at_least else '≤'} {_number(goal.bound, goal.unit)}"
        verdict = {True: "met", False: "**not met**", None: "not measured"}[goal.met]
        reached = "" if goal.value is None else _number(goal.value, goal.unit)
        note = f" ({goal.note})" if goal.note else ""
        lines.append(f"| {goal.title}{note} | {bound} | {reached} | {verdict} |")
    return [*lines, ""]


def _number(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value * 100:.3g} %"
    return f"{value:.3g} {unit}"


def _sites(city: dict[str, Any]) -> list[str]:
    lines = [
        "#### A site against all layers",
        "",
        "| | sites/s | median ms | p95 ms | MB |",
        "|---|---|---|---|---|",
    ]
    runs = city["results"]["sites"].values()
    for run in sorted(runs, key=lambda run: run["median_s"]):
        each = ("", "")
        if "median_ms" in run:
            each = (f"{run['median_ms']:.1f}", f"{run['p95_ms']:.1f}")
        speed = city["sites"] / run["median_s"]
        lines.append(
            f"| {run['title']} | {speed:.1f} | {each[0]} | {each[1]} | {run['resident_mb']:,.0f} |"
        )
    if "hits" in city:
        median, p95 = city["hits"]
        lines += [
            "",
            (
                f"Sites differ: the median one has {median:,.0f} hits, one in twenty has"
                f" {p95:,.0f} or more ({p95 / median:.3g} ×), and time follows hits."
            ),
        ]
    told = city["prepared"].get("geos", {}).get("told") or {}
    if "sites" in told:
        lines += [
            "",
            (
                f"Of the hits, {told['sites']['needed']:,} need an intersection,"
                f" {told['sites']['giants']} of them with a giant."
            ),
        ]
    return [*lines, ""]


def _conflicts(city: dict[str, Any]) -> list[str]:
    lines = ["#### Whole-blueprint conflicts", ""]
    told = city["prepared"].get("geos", {}).get("told") or {}
    for name, contest in CONTESTS.items():
        counts = told.get(name)
        said = ""
        if counts:
            said = ", ".join(f"{number:,} {scope}" for scope, number in counts.items())
            said = f" ({said})"
        lines += [f"{contest.title}{said}:", "", "| | s | from–to | MB |", "|---|---|---|---|"]
        runs = city["results"].get(name, {}).values()
        for run in sorted(runs, key=lambda run: run["whole_s"]):
            reach = f"{min(run['seconds']):.2f}–{max(run['seconds']):.2f}"
            if len(run["seconds"]) == 1:
                reach = "once"
            seconds = f"{run['whole_s']:.3g}"
            if run["every"] > 1:
                seconds += f" (× {run['every']})"
                reach += f", one parcel in {run['every']}"
            lines.append(f"| {run['title']} | {seconds} | {reach} | {run['resident_mb']:,.0f} |")
        lines.append("")
    return lines


def _readiness(city: dict[str, Any]) -> list[str]:
    started, change = city.get("startup", {}), city.get("change")
    if not started:
        return []
    lines = ["#### Ready, and ready again", "", "| | ready, s | first worker, MB | second adds |"]
    lines.append("|---|---|---|---|")
    for who, told in started.items():
        lines.append(
            f"| {who} | {told['ready_s']:.2f} | {told['first_mb']:,.0f} |"
            f" {told['second_adds']:.0%} |"
        )
    for told, what in (
        (change, "the areas of all conflicts"),
        (city.get("search"), "a search of the whole blueprint, out of the store and kept in it,"),
    ):
        if not told:
            continue
        same = "identical" if told["identical"] else "**not identical**"
        lines += [
            "",
            (
                f"After {told['changed']:,} parcels of the later plan moved, {what} took"
                f" {told['part_s']:.3f} s instead of {told['full_s']:.2f} s;"
                f" the result is {same}."
            ),
        ]
    return [*lines, ""]


def _growth(cities: list[dict[str, Any]], picture: str | None) -> list[str]:
    if len(cities) < 2:
        return []
    shown = (
        ("sites", "ours", "site, ours, ms"),
        ("sites", "shapely", "site, Shapely by hand, ms"),
        ("plans", "ours2", "plans, ours, areas, 2 threads, s"),
        ("plans", "ours_geometry2", "plans, ours, geometry, 2 threads, s"),
        ("plans", "geos_crossing2", "plans, pure GEOS, crossing, 2 threads, s"),
        ("parcels", "ours2", "parcels, ours, areas, 2 threads, s"),
        ("parcels", "geos_crossing2", "parcels, pure GEOS, crossing, 2 threads, s"),
    )
    heads = " | ".join(f"factor {city['factor']:g}" for city in cities)
    lines = ["#### How the cost grows", ""]
    if picture:
        lines += [f"![Cost by the size of the city]({picture})", ""]
    lines += [f"| | {heads} |", "|---" * (len(cities) + 1) + "|"]
    features = " | ".join(f"{city['features']:,}" for city in cities)
    lines.append(f"| features | {features} |")
    for contest, name, title in shown:
        cells = []
        for city in cities:
            run = city["results"].get(contest, {}).get(name)
            scale = 1000 / city["sites"] if contest == "sites" else 1
            cells.append(f"{run['whole_s'] * scale:.3g}" if run else "")
        if any(cells):
            lines.append(f"| {title} | {' | '.join(cells)} |")
    return [*lines, ""]
