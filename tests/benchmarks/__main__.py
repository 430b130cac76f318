"""Time the stores against the best tools for the same jobs: `make bench` (docs/benchmarks.md)."""

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.measure import Failed, run_job
from tests.benchmarks.race import Race
from tests.benchmarks.report import document, show
from tests.postgis_cluster import INSTALLER, STOP_SIGNALS, VARIABLE, become_root, leave

_PACKAGE = "gdal-bin"
_WIDTH = 110  # of the tables where no terminal says its own


def main() -> None:
    """Run the benchmark and say what came of it."""
    arguments = _arguments()
    for number in STOP_SIGNALS:
        signal.signal(number, leave)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    progress = Console(stderr=True, highlight=False)
    _install_ogr2ogr(progress)
    server = os.environ[VARIABLE].replace("postgresql+psycopg:", "postgresql:")
    with TemporaryDirectory(prefix="blueprint-bench-") as folder:
        race = Race(Path(folder), server, arguments.size, progress.print)
        try:
            outcome = race.run(arguments.rounds)
        except (Disagreement, Failed) as error:
            sys.exit(f"bench: {error}")
    said = run_job("server", server).told
    tools = {name: said[name] for name in ("postgresql", "postgis")}
    found = document(outcome, arguments.size, tools | {"ogr2ogr": _version_of_ogr2ogr()})
    show(found, console)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="polygons")
    parser.add_argument("--rounds", type=int, default=3, help="timed runs of each job")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    return parser.parse_args()


def _install_ogr2ogr(progress: Console) -> None:
    if which("ogr2ogr"):
        return
    progress.print(f"Installing {_PACKAGE}")
    command = [*become_root(), "sh", "-c", INSTALLER, "sh", _PACKAGE]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if not which("ogr2ogr"):
        sys.exit(f"bench: {_PACKAGE} could not be installed: {ran.stderr[-500:]}")


def _version_of_ogr2ogr() -> str:
    said = subprocess.run(["ogr2ogr", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split(",")[0].removeprefix("GDAL ")


if __name__ == "__main__":
    main()
