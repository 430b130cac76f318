"""A Dask cluster of processes on loopback, for tests and benchmarks."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import distributed


@dataclass
class DaskCluster:
    """A scheduler and its workers, processes of ours on loopback."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def kill_a_worker(self) -> None:
        """As the system does when memory runs short."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    def kill_scheduler(self) -> None:
        """Take the whole cluster away."""
        self.scheduler.kill()
        self.scheduler.wait()


@contextmanager
def dask_cluster(
    folder: Path, workers: int, allowed_failures: int = 3, env: Mapping[str, str] | None = None
) -> Iterator[DaskCluster]:
    """Start a scheduler and its workers, which write to `folder`, and take them down again."""
    known = folder / "scheduler.json"
    settings = {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures),
        "DASK_TEMPORARY_DIRECTORY": str(folder),
    }
    common = ["--host", "127.0.0.1", "--no-dashboard"]
    started: list[subprocess.Popen[bytes]] = []

    def run(name: str, *options: str) -> subprocess.Popen[bytes]:
        with (folder / f"{name}{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", name, *common, *options],
                env=os.environ | settings | dict(env or {}),
                stdout=log,
                stderr=log,
            )
        started.append(process)
        return process

    try:
        scheduler = run("scheduler", "--port", "0", "--scheduler-file", str(known))
        while not known.exists() or not known.read_text().endswith("}"):
            assert scheduler.poll() is None
            time.sleep(0.05)
        address = json.loads(known.read_text())["address"]
        options = (address, "--nthreads", "1", "--no-nanny")
        hired = [run("worker", *options) for _ in range(workers)]
        if hired:
            with distributed.Client(address, set_as_default=False) as client:
                client.wait_for_workers(workers)
        yield DaskCluster(address, scheduler, hired)
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
