"""Processes of this machine: each opens the packed files by itself and maps the same pages.

They are spawned, never forked: a fork of a process with threads may hang. Each talks to us over a
pipe of its own, whose end tells at once which worker died and what it was at; and a worker whose
master died reads that from its own end, and leaves.
"""

import pickle
import signal
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import pyarrow as pa

from conflict.errors import ExecutionError
from conflict.execution import Done
from conflict.tasks import Task, run_task

_ATTEMPTS = 3
_LEAVE_S = 5.0


@dataclass(eq=False, slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    task: Task | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Processes:
    """So many spawned processes."""

    count: int

    def run(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Do the tasks.

        Raises:
            ExecutionError: a task's worker died three times.
        """
        waiting, lost = deque(tasks), Counter[tuple[str, int]]()
        workers: list[_Worker] = []
        try:
            workers += [_hire() for _ in range(min(self.count, len(waiting)))]
            for worker in workers:
                _give(worker, waiting)
            while busy := [worker for worker in workers if worker.task]:
                ready = wait([worker.pipe for worker in busy])
                for worker in [worker for worker in busy if worker.pipe in ready]:
                    task, table = _answer(worker)
                    if table is None:
                        lost[task.search, task.number] += 1
                        if lost[task.search, task.number] == _ATTEMPTS:
                            raise ExecutionError(_dying(worker, task))
                        waiting.appendleft(task)
                        _replace(worker)
                    _give(worker, waiting)
                    if table is not None:
                        yield task, table
        finally:
            for worker in workers:
                _dismiss(worker)


def _hire() -> _Worker:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # only the worker holds its end: when it dies, ours says so
    return _Worker(process, ours)


def _give(worker: _Worker, waiting: deque[Task]) -> None:
    """Give the worker the next task, if there is one; it needs not wait for us to look at it."""
    worker.task = waiting.popleft() if waiting else None
    if worker.task is None:
        return
    try:
        worker.pipe.send(worker.task)
    except OSError:  # it died since: its end of the pipe will tell
        return


def _answer(worker: _Worker) -> tuple[Task, pa.Table | None]:
    """The worker's task and what it sent; None: it is dead.

    Raises:
        Exception: what the task raised there.
    """
    task = worker.task
    assert task is not None
    try:
        failed = worker.pipe.recv()
        sent = worker.pipe.recv_bytes()
    except (EOFError, OSError):
        return task, None
    if failed:
        raise pickle.loads(sent)  # noqa: S301 from a process of our own
    return task, pa.ipc.open_stream(pa.py_buffer(sent)).read_all()


def _replace(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.join()
    new = _hire()
    worker.process, worker.pipe = new.process, new.pipe


def _dismiss(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.join(0 if worker.task else _LEAVE_S)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _dying(worker: _Worker, task: Task) -> str:
    worker.process.join(_LEAVE_S)
    code = worker.process.exitcode
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"left with {code}"
    return (
        f"{task.search}, part {task.number}: its worker {how}, {_ATTEMPTS} times over; if memory "
        "ran short, use fewer --workers"
    )


def _work(pipe: Connection) -> None:
    """What a worker does until its master hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's ^C is the master's to handle
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        failed, answer = _attempt(task)
        try:
            pipe.send(failed)
            pipe.send_bytes(answer)
        except OSError:
            return


def _attempt(task: Task) -> tuple[bool, bytes | pa.Buffer]:
    """Whether the task failed; its table as an Arrow stream, or the error."""
    try:
        return False, stream_of(run_task(task))
    except Exception as error:  # noqa: BLE001 it is the master's to judge
        return True, _pickled(error)


def stream_of(table: pa.Table) -> pa.Buffer:
    """A table as the bytes of an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _pickled(error: Exception) -> bytes:
    try:
        sent = pickle.dumps(error)
        pickle.loads(sent)  # noqa: S301 our own; some errors can be sent and not be read
    except Exception:  # noqa: BLE001 whatever it is that keeps it from being sent
        return pickle.dumps(ExecutionError(f"{type(error).__name__}: {error}"))
    return sent
