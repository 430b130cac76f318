"""The same tasks by threads, processes and a Dask cluster: one answer, whoever dies meanwhile."""

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from conflict.cluster import Cluster
from conflict.drawing import Asked
from conflict.errors import ExecutionError, UnusablePack
from conflict.execution import Serial, Threads, Workforce
from conflict.packed import open_packed, write_packed
from conflict.processes import Processes
from conflict.sources import PackedFile
from conflict.tasks import Task, plan_tasks

from .conftest import ORIGIN, shapes_of

ASKED = Asked("EPSG:4548", min_area_m2=0.01, min_width_m=0.001)
DEADLY: Any = SimpleNamespace(open=partial(signal.raise_signal, signal.SIGKILL))


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> list[Task]:
    """Some dozen tasks over two packed layers of overlapping squares."""
    folder, rng = tmp_path_factory.mktemp("packed"), np.random.default_rng(4)
    for name, count in (("left", 2_000), ("right", 3_000)):
        x, y = rng.uniform(0, 3_000, (2, count))
        size = rng.uniform(1, 60, count)
        squares = shapely.box(
            *(ORIGIN + np.column_stack([x, y])).T,
            *(ORIGIN + np.column_stack([x + size, y + size])).T,
        )
        write_packed(folder / name, shapes_of(squares), {})
    left, right = (PackedFile(folder / name) for name in ("left", "right"))
    tasks = plan_tasks("squares", left, right, ASKED, most=700)
    assert len(tasks) > 30
    return tasks


@pytest.fixture(scope="module")
def expected(tasks: list[Task]) -> dict[int, pa.Table]:
    found = answers(Serial(), tasks)
    assert sum(table.num_rows for table in found.values()) > 1_000
    return found


def answers(workforce: Workforce, tasks: list[Task]) -> dict[int, pa.Table]:
    found: dict[int, pa.Table] = {}
    for task, table in workforce.run(tasks):
        assert task.number not in found
        found[task.number] = table
    return found


@pytest.mark.parametrize("workforce", [Threads(), Threads(3), Processes(2)], ids=repr)
def test_every_way_to_run_tasks_gives_what_one_after_the_other_gives(
    workforce: Workforce, tasks: list[Task], expected: dict[int, pa.Table]
):
    assert answers(workforce, tasks) == expected


@pytest.mark.parametrize("workforce", [Serial(), Threads(2), Processes(2)], ids=repr)
def test_nothing_to_do_is_done_at_once(workforce: Workforce):
    assert answers(workforce, []) == {}


def test_a_killed_process_takes_no_task_with_it(tasks: list[Task], expected: dict[int, pa.Table]):
    found = {}
    for done, (task, table) in enumerate(Processes(2).run(tasks)):
        found[task.number] = table
        if done in (3, 11):
            victim = multiprocessing.active_children()[0]
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
    assert found == expected
    assert multiprocessing.active_children() == []


def test_a_task_that_kills_its_worker_again_and_again_is_given_up(tasks: list[Task]):
    deadly = Task("squares", 999, DEADLY, DEADLY, ASKED)
    with pytest.raises(ExecutionError, match=r"part 999: .* signal 9, 3 times over; .*--workers"):
        answers(Processes(2), [*tasks[:3], deadly])
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workforce", [Serial(), Threads(2), Processes(1)], ids=repr)
def test_what_a_task_raises_is_raised_here(workforce: Workforce, tmp_path: Path):
    lost: Any = SimpleNamespace(open=partial(open_packed, tmp_path / "gone"))
    with pytest.raises(UnusablePack, match="gone"):
        answers(workforce, [Task("squares", 0, lost, lost, ASKED)])
    assert multiprocessing.active_children() == []


def test_processes_end_when_nobody_wants_more(tasks: list[Task]):
    running = Processes(2).run(tasks)
    next(running)
    running.close()
    assert multiprocessing.active_children() == []


def test_no_more_tasks_are_under_way_than_workers_need(tasks: list[Task]):
    begun: list[int] = []

    class Counted:
        def __init__(self, number: int) -> None:
            self.number = number

        def open(self):
            begun.append(self.number)
            return tasks[0].left.open()

    many: list[Task] = [
        Task("squares", n, Counted(n), tasks[0].right, ASKED, tasks[0].tile) for n in range(40)
    ]
    for done, _ in enumerate(Threads(2).run(many), start=1):
        assert len(set(begun)) <= done + 3


@pytest.fixture(scope="module")
def cluster(dask: Any) -> Iterator[Any]:
    """One scheduler with three worker processes, on loopback."""
    with dask(workers=3) as started:
        yield started


def test_a_cluster_gives_what_one_after_the_other_gives(
    cluster: Any, tasks: list[Task], expected: dict[int, pa.Table]
):
    assert answers(Cluster(cluster.address), tasks) == expected


def test_a_worker_killed_in_the_middle_changes_nothing(
    cluster: Any, tasks: list[Task], expected: dict[int, pa.Table]
):
    found = {}
    for done, (task, table) in enumerate(Cluster(cluster.address).run(tasks)):
        found[task.number] = table
        if done == 4:
            cluster.kill_a_worker()
    assert found == expected


def test_what_a_task_raises_on_a_worker_is_raised_here(cluster: Any, tmp_path: Path):
    lost: Any = SimpleNamespace(open=partial(open_packed, tmp_path / "gone"))
    with pytest.raises(UnusablePack, match="gone"):
        answers(Cluster(cluster.address), [Task("squares", 0, lost, lost, ASKED)])


def test_a_task_that_takes_workers_with_it_is_given_up(dask: Any):
    with dask(workers=1, allowed_failures=0) as cluster:
        deadly = Task("squares", 999, DEADLY, DEADLY, ASKED)
        with pytest.raises(ExecutionError, match="part 999: took every worker with it"):
            answers(Cluster(cluster.address), [deadly])


def test_a_scheduler_lost_in_the_middle_is_one_clear_line(dask: Any, tasks: list[Task]):
    with dask(workers=1) as cluster:
        running = Cluster(cluster.address).run(tasks)
        next(running)
        cluster.kill_scheduler()
        with pytest.raises(ExecutionError, match=r"scheduler was lost in the middle[^\n]*$"):
            deque(running, maxlen=0)


def test_a_cluster_without_workers_is_one_clear_line(
    dask: Any, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("conflict.cluster._PATIENCE_S", 0.5)
    with (
        dask(workers=0) as cluster,
        pytest.raises(ExecutionError, match="has no worker; start one: dask worker tcp://"),
    ):
        answers(Cluster(cluster.address), tasks)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://127.0.0.1:1", "refused.*start one with `dask scheduler`"),
        ("tls://127.0.0.1:1", "refused.*certificates"),
        ("tcp://no.such.host.invalid:8786", "no Dask scheduler answers there"),
        ("here", "not the address of a scheduler; give tcp://"),
        ("http://127.0.0.1:1", "not the address of a scheduler; give tcp://"),
        ("tcp://127.0.0.1", "not the address of a scheduler; give tcp://"),
        ("tcp://127.0.0.1:99999", "not the address of a scheduler; give tcp://"),
    ],
)
def test_a_scheduler_out_of_reach_is_one_clear_line(address: str, said: str):
    with pytest.raises(ExecutionError, match=said) as raised:
        answers(Cluster(address), [])
    assert "\n" not in str(raised.value)


def test_a_cluster_without_dask_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutionError, match=r"pip install 'blueprint\[dask\]'"):
        answers(Cluster("tcp://127.0.0.1:1"), [])
