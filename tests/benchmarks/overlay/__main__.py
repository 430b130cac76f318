"""Race the overlay engine against the best tools: `make bench` (docs/benchmarks.md)."""

import argparse
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.measure import Failed, run_job
from tests.benchmarks.overlay.contestants import SITES, Contestant
from tests.benchmarks.overlay.goals import judge
from tests.benchmarks.overlay.plot import draw_growth
from tests.benchmarks.overlay.race import CityRace
from tests.benchmarks.overlay.report import circumstances, markdown, write_into
from tests.benchmarks.overlay.startup import measure_startup
from tests.postgis_cluster import STOP_SIGNALS, VARIABLE, leave

_ROOT = Path(__file__).parents[3]
_DOCUMENT = _ROOT / "docs" / "benchmarks.md"
_PICTURE = "images/overlay_growth.png"
_THREADS = 2


def main() -> None:
    """Run the benchmark, write it down, and say what came of it."""
    arguments = _arguments()
    for number in STOP_SIGNALS:
        signal.signal(number, leave)
    progress = Console(stderr=True, highlight=False)
    try:
        found = _run(arguments, progress)
    except (Disagreement, Failed) as error:
        sys.exit(f"bench: {error}")
    goals = judge(found["city"])
    found["goals"] = [goal.document() for goal in goals]
    if arguments.json:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    picture = None
    if arguments.docs and len(found["growth"]) > 1:
        draw_growth(found["growth"], _DOCUMENT.parent / _PICTURE)
        picture = _PICTURE
    part = markdown(found, goals, picture)
    if arguments.docs:
        write_into(_DOCUMENT, part)
    Console(width=None if sys.stdout.isatty() else 130).print(Markdown(part))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--factor", type=float, default=1.0, help="size of the city; 1: a million")
    parser.add_argument("--rounds", type=int, default=3, help="timed runs of each contestant")
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--growth", default="0.1,0.3", help="other factors, for the plot; '' none")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds that a run may take")
    parser.add_argument("--tools", default="", help="only these, by name: ours,geos,shapely …")
    parser.add_argument("--quick", action="store_true", help="a small city, once, not written down")
    parser.add_argument("--no-docs", dest="docs", action="store_false", help="write no document")
    parser.add_argument("--json", type=Path, help="file to write all figures to")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.factor, arguments.rounds, arguments.sites = 0.02, 1, 30
        arguments.growth, arguments.docs = "", False
    return arguments


def _run(arguments: argparse.Namespace, progress: Console) -> dict[str, Any]:
    server = os.environ.get(VARIABLE)
    tools = set(filter(None, arguments.tools.split(",")))
    others = [float(factor) for factor in filter(None, arguments.growth.split(","))]

    def keep(who: Contestant) -> bool:
        return not tools or who.tool in tools

    def keep_few(who: Contestant) -> bool:
        return keep(who) and who.tool in {"ours", "geos", "shapely"}

    cities = []
    for factor in sorted({*others, arguments.factor}):
        with TemporaryDirectory(prefix="blueprint-bench-") as folder:
            race = CityRace(
                Path(folder), server, factor, arguments.sites, arguments.limit, progress.print
            )
            main_city = factor == arguments.factor
            # a larger city is for those alone that do it in reasonable time
            race.run(
                arguments.rounds if main_city else 1,
                keep if factor <= arguments.factor else keep_few,
            )
            city = race.document()
            if main_city:
                city |= _more(race, keep)
        cities.append(city)
    (city,) = (city for city in cities if city["factor"] == arguments.factor)
    versions: dict[str, str] = {}
    if server:
        url = server.replace("postgresql+psycopg:", "postgresql:")
        said = run_job("server", url).told
        versions = {"PostgreSQL": said["postgresql"].split(" ")[0], "PostGIS": said["postgis"]}
    return {
        "circumstances": circumstances(versions),
        "rounds": arguments.rounds,
        "city": city,
        "growth": cities,
    }


def _more(race: CityRace, keep: Any) -> dict[str, Any]:
    """Start-up, memory, and a change of 1 %."""
    started: dict[str, Any] = {}
    for who in SITES:
        if who.name in {"ours", "shapely"} and who.tool not in race.lost and keep(who):
            race.say(f"start-up: {who.title}")
            started[who.tool] = measure_startup(race.folder, asdict(who))
    more: dict[str, Any] = {"startup": started}
    if "ours" in started:
        race.say("a change of 1 %")
        more["change"] = race.job("change", threads=_THREADS).told
        more["search"] = race.job("search", threads=_THREADS).told
    return more


if __name__ == "__main__":
    main()
