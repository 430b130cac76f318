"""Site checks over HTTP by 1, 16 and 64 clients: `make bench BENCH=load`.

The city of the overlay's benchmark, 275 layers and at factor 1 a million features, is loaded into
PostGIS and published with a rule for each layer; `blueprint serve` answers with two workers. wrk
asks, on the same cores. Before and after the runs, and by one more client during them, each site's
answer is held against the one that it was given when nobody else asked.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from tests import debian
from tests.benchmarks.drawn_city import load_city
from tests.benchmarks.overlay.city import LAYERS, make_city
from tests.conftest import temporary_database
from tests.postgis_cluster import VARIABLE, free_port

CLIENTS = (1, 16, 64)
_WRK = Path("/usr/bin/wrk")
_OWN = {"check_id", "checked_at"}
_PEER = (
    "pyramid_oereb, as published and as seen by others: one extract over 17 themes in 113 to "
    "152 ms; 65 requests/s by 16 users on 16 cores"
)


def main() -> None:
    """Load, compare, time and print."""
    parser = argparse.ArgumentParser(prog="make bench BENCH=load", description=__doc__)
    parser.add_argument("--factor", type=float, default=1.0, help="size of the city; 1: a million")
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=20, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    debian.require(_WRK, "wrk")
    console = Console(width=100)
    url = sa.make_url(os.environ[VARIABLE].replace("postgresql+psycopg:", "postgresql:"))
    with TemporaryDirectory(prefix="blueprint-bench-") as name, temporary_database(url) as store:
        folder = Path(name)
        os.environ["BLUEPRINT_CACHE"] = str(folder / "cache")
        told = make_city(folder, options.factor, options.sites)
        bodies = load_city(folder, store)
        with _served(store, folder, options.workers) as (port, key):
            alone = [_asked(port, key, body) for body in bodies]
            runs = [
                (clients, _run(folder, port, key, clients, options.seconds, (bodies, alone)))
                for _ in range(options.rounds)
                for clients in CLIENTS
            ]
            _agree(alone, [_asked(port, key, body) for body in bodies])
    _show(
        runs, f"{told['features']:,} features, {LAYERS} layers, {options.workers} workers", console
    )


@contextmanager
def _served(store: str, folder: Path, workers: int) -> Iterator[tuple[int, str]]:
    port = free_port()
    program = [Path(sys.executable).with_name("blueprint"), "serve", "--json"]
    with (folder / "serve.log").open("wb") as log, subprocess.Popen(
        [*program, "--port", str(port), "--workers", str(workers)],
        env=os.environ | {"BLUEPRINT_STORE": store, "BLUEPRINT_LIMITS": "off"},
        stdout=subprocess.PIPE, stderr=log,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            told = b""
            while not told.rstrip().endswith(b"}"):
                line = process.stdout.readline()
                if not line:
                    sys.exit(f"bench: the service ended: {(folder / 'serve.log').read_text()}")
                told += line
            _wait(port)
            yield port, json.loads(told)["administrator_key"]
        except SystemExit:
            lines = (folder / "serve.log").read_text().splitlines()
            sys.stderr.writelines(f"{line}\n" for line in lines if '"level": "error"' in line)
            raise
        finally:
            process.terminate()


def _wait(port: int) -> None:
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            continue
        finally:
            connection.close()


def _asked(port: int, key: str, body: bytes) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"X-Api-Key": key, "Content-Type": "application/geo+json"}
    connection.request("POST", "/site-checks", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status != 201:
        sys.exit(f"bench: {answer.status} {said[:300]!r}")
    return {name: value for name, value in json.loads(said).items() if name not in _OWN}


def _agree(alone: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    differ = sum(one != other for one, other in zip(alone, others, strict=True))
    if differ:
        sys.exit(f"bench: {differ} of {len(alone)} sites are answered otherwise under load")


def _run(
    folder: Path, port: int, key: str, clients: int, seconds: int,
    known: tuple[list[bytes], list[dict[str, Any]]],
) -> dict[str, float]:  # fmt: skip
    bodies, alone = known
    file = folder / "bodies"
    file.write_bytes(b"\n".join(bodies))
    over = threading.Event()
    during: list[dict[str, Any]] = []

    def ask_too() -> None:
        while not over.is_set():
            during.append(_asked(port, key, bodies[len(during) % len(bodies)]))

    command = [_WRK, f"-t{min(clients, 2)}", f"-c{clients}", f"-d{seconds}s", "--timeout", "60s"]
    command += ["-s", Path(__file__).with_name("load.lua"), f"http://127.0.0.1:{port}"]
    one_more = threading.Thread(target=ask_too)
    if clients > 1:
        one_more.start()
    ran = subprocess.run(
        command,
        env=os.environ | {"BENCH_BODIES": str(file), "BENCH_KEY": key},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    over.set()
    if clients > 1:
        one_more.join()
        _agree([alone[n % len(alone)] for n in range(len(during))], during)
    figures: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return figures


def _show(runs: list[tuple[int, dict[str, float]]], what: str, console: Console) -> None:
    table = Table("clients", title=f"POST /site-checks: {what}; medians of the runs", caption=_PEER)
    for name in ("checks/s", "p50, ms", "p95, ms", "longest, ms", "failed", "checks"):
        table.add_column(name, justify="right")
    for clients in CLIENTS:
        mine = [figures for number, figures in runs if number == clients]
        rate = np.median([one["requests"] / one["seconds"] for one in mine])
        p50, p95 = (np.median([one[name] for one in mine]) for name in ("p50", "p95"))
        table.add_row(
            str(clients), f"{rate:.0f}", f"{p50:.0f}", f"{p95:.0f}",
            f"{max(one['max'] for one in mine):.0f}", f"{sum(one['failed'] for one in mine):.0f}",
            f"{sum(one['requests'] for one in mine):.0f}",
        )  # fmt: skip
    console.print(table)


if __name__ == "__main__":
    main()
