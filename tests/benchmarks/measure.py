"""Run a command to its end: how long it took, and how much memory it and its children held.

Memory is looked at every 20 ms over the whole tree of processes, from /proc: resident pages, and
of those the ones that are no file's (a memory-mapped Arrow file counts as resident, yet the system
may take it back at any moment). `largest` is the kernel's own maximum of any one process.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EVERY_SECONDS = 0.02
_MB = 1024  # of what /proc counts, kB


@dataclass(slots=True)
class Measured:
    """One run: `seconds` is the job's own clock where it has one, else the whole process."""

    seconds: float
    process_s: float
    resident_mb: float
    own_mb: float
    largest_mb: float
    told: dict[str, Any] = field(default_factory=dict)


class Failed(Exception):
    """A command ended badly."""


def run_command(
    command: list[str], environment: dict[str, str], limit_s: float | None = None
) -> Measured:
    """Run a command, timed as a whole; end it after `limit_s`.

    Raises:
        Failed: with what it wrote, or that it took too long.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=out, stderr=err, text=True
        )
        watch = _Watch(process.pid)
        watch.start()
        limit = threading.Timer(limit_s or threading.TIMEOUT_MAX, process.kill)
        limit.daemon = True
        limit.start()
        try:
            # not Popen.wait: this one tells the memory of the process and of those it waited for
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            limit.cancel()
        seconds = time.perf_counter() - start
        watch.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode == -signal.SIGKILL and limit_s and seconds >= limit_s:
            raise Failed(f"took longer than {limit_s:g} s")
        if process.returncode:
            raise Failed(f"{' '.join(command[:4])}: {process.returncode}: {err.read()[-2000:]}")
        said = out.read()
    told = _last_document(said)
    return Measured(
        told.get("seconds", seconds),
        seconds,
        watch.resident / _MB,
        watch.own / _MB,
        usage.ru_maxrss / _MB,
        told,
    )


def run_job(
    name: str,
    store: str,
    module: str = "tests.benchmarks.jobs",
    limit_s: float | None = None,
    **arguments: object,
) -> Measured:
    """Run one of a module's jobs on the store or database in a process of its own."""
    command = [sys.executable, "-m", module, name, json.dumps(arguments)]
    return run_command(command, {"BLUEPRINT_STORE": store}, limit_s)


def _last_document(said: str) -> dict[str, Any]:
    try:
        told = json.loads(said)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


class _Watch(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self.resident = self.own = 0

    def run(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            pages = [_memory(pid) for pid in _tree(self._pid)]
            self.resident = max(self.resident, sum(resident for resident, _ in pages))
            self.own = max(self.own, sum(own for _, own in pages))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _tree(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        with suppress(OSError):  # it has just ended
            for task in Path(f"/proc/{found[-1]}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return found


def _memory(pid: int) -> tuple[int, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has just ended
        return 0, 0
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
    resident, own = (int(sizes.get(name, 0)) for name in ("VmRSS", "RssAnon"))
    return resident, own
