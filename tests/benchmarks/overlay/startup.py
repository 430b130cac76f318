"""How soon a worker is ready, and what a second one beside it costs in memory.

Memory is proportional set size: a page that two processes share counts half for each, so the sum
over the workers is what the machine really holds.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MB = 1024  # of what /proc counts, kB


@dataclass(slots=True)
class Worker:
    """A process that has opened the city, checked every site once, and waits."""

    process: subprocess.Popen[str]
    ready_s: float

    @classmethod
    def start(cls, folder: Path, contestant: dict[str, Any]) -> "Worker":
        """Start one and wait until it is ready."""
        told = json.dumps({"folder": str(folder), "contestant": contestant})
        module = "tests.benchmarks.overlay.jobs"
        process = subprocess.Popen(
            [sys.executable, "-m", module, "hold", told],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said:
            raise RuntimeError(f"the worker ended with {process.wait()}")
        return cls(process, json.loads(said)["ready_s"])

    def pss_mb(self) -> float:
        """What it holds, its part of shared pages included."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        (kb,) = (line.split()[1] for line in lines if line.startswith("Pss:"))
        return int(kb) / _MB

    def stop(self) -> None:
        """End it."""
        self.process.communicate()


def measure_startup(folder: Path, contestant: dict[str, Any], runs: int = 3) -> dict[str, float]:
    """Seconds until ready, median; MB of the first worker, and of both together."""
    workers: list[Worker] = []
    times = []
    try:
        for _ in range(max(0, runs - 2)):
            early = Worker.start(folder, contestant)
            early.stop()
            times.append(early.ready_s)
        workers.append(Worker.start(folder, contestant))
        first = workers[0].pss_mb()
        workers.append(Worker.start(folder, contestant))
        both = sum(worker.pss_mb() for worker in workers)
    finally:
        for worker in workers:
            worker.stop()
    times = sorted([*times, *(worker.ready_s for worker in workers)])
    return {
        "ready_s": times[len(times) // 2],
        "first_mb": first,
        "both_mb": both,
        "second_adds": both / first - 1,
        "cores": len(os.sched_getaffinity(0)),
    }
