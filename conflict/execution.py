"""Who does the tasks: this thread, threads, processes here, or a Dask cluster of many machines.

Input: tasks and a way to run them. Output: each task's table, as it comes. All ways do the same
`run_task`, so that they give the same answer. No more tasks are on their way than workers can be
busy with, and results are let go of as soon as they are handed on: memory stays flat however many
there are.

A worker that dies takes nothing with it: its task is given to another, a few times over. What
cannot be gone on with is one `ExecutionError`.
"""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from conflict.tasks import Task, run_task

Done = tuple[Task, pa.Table]


class Workforce(Protocol):
    """A way to run tasks."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Do the tasks; each comes back with its table, in any order.

        Raises:
            ExecutionError: it could not be done, for a reason that lies in none of the tasks.
        """


@dataclass(frozen=True, slots=True)
class Serial:
    """One task after the other, in the caller's thread and in their order."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Do the tasks."""
        for task in tasks:
            yield task, run_task(task)


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process: the kernel and GEOS run side by side."""

    count: int = 0

    def run(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Do the tasks; a count of 0 is as many threads as there are processors for us."""
        count = self.count or usable_cpus()
        waiting = deque(tasks)
        with ThreadPoolExecutor(count) as pool:
            running: dict[Future[pa.Table], Task] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < count + 1:
                        task = waiting.popleft()
                        running[pool.submit(run_task, task)] = task
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(future), future.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def usable_cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
