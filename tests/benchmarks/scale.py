"""How a search for conflicts grows with the city and with who works on it.

`make bench BENCH=scale FACTOR=0.3` draws the two land-use plans of the benchmark's city, packs
them, and overlays them in parts: in one thread, in processes, and on a Dask cluster on loopback.
Every way must give the same number of overlaps and the same sum of areas. It prints what
docs/scale.md reckons with: seconds, bytes on disk and on the wire, memory of master and worker.
"""

import argparse
import math
import multiprocessing
import pickle
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from conflict import (
    Asked,
    Cluster,
    PackedFile,
    Processes,
    Serial,
    Shapes,
    Task,
    Workforce,
    plan_tasks,
    write_packed,
)
from conflict.processes import stream_of
from tests.benchmarks.overlay.city import EARLIER, LATER, City, make_city
from tests.dask_cluster import dask_cluster

ASKED = Asked("EPSG:4548", min_area_m2=0.01, min_width_m=0.001)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=float, default=0.3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_city(folder, options.factor, 1)
        city = City.open(folder)
        sides = [_pack(city, layer, folder / f"side{layer}") for layer in (EARLIER, LATER)]
        start = time.perf_counter()
        tasks = plan_tasks("plans", *sides, ASKED)
        sent = sum(len(pickle.dumps(task)) for task in tasks)
        _say("parts", len(tasks), "")
        _say("planned", time.perf_counter() - start, "s")
        _say("sent for each part", sent / len(tasks), "bytes")
        _run("one thread", Serial(), tasks)
        for count in range(1, options.workers + 1):
            _run(f"{count} processes", Processes(count), tasks)
        with dask_cluster(folder, options.workers) as cluster:
            _run(f"Dask, {options.workers} workers", Cluster(cluster.address), tasks)


def _pack(city: City, layer: int, path: Path) -> PackedFile:
    rows = city.rows(layer)
    count = rows.stop - rows.start
    start = time.perf_counter()
    write_packed(path, Shapes.from_wkb(city.wkb[rows.start : rows.stop]), {})
    took, size = time.perf_counter() - start, path.stat().st_size
    _say(f"layer {layer}: features", count, "")
    _say(f"layer {layer}: packed", took / count * 1e6, "s a million")
    _say(f"layer {layer}: on disk", size / count, "bytes a feature")
    return PackedFile(path)


def _run(name: str, force: Workforce, tasks: list[Task]) -> None:
    start = time.perf_counter()
    rows, size, areas, memory = 0, 0, [], 0.0
    for _, table in force.run(tasks):
        rows += table.num_rows
        size += stream_of(table).size
        memory = max([memory, *map(_peak_mb, multiprocessing.active_children())])
        areas.append(math.fsum(table.column("area_m2").to_pylist()))
    took = time.perf_counter() - start
    _say(f"{name}: overlaps", rows, f"of {math.fsum(areas) / 1e4:,.2f} ha")
    _say(f"{name}: took", took, "s")
    _say(f"{name}: sent back", size / max(rows, 1), "bytes an overlap")
    if memory:
        _say(f"{name}: most memory of one", memory, "MB")


def _peak_mb(process: BaseProcess) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _say(what: str, figure: float, unit: str) -> None:
    sys.stdout.write(f"{what:<32} {figure:>14,.2f} {unit}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
