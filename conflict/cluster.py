"""A Dask cluster of many machines: a scheduler that is there already, and the workers it has.

Input: the scheduler's address. Dask is an optional extra and imported only here, only when asked
for. A task is a few hundred bytes and says where its features are, so that each worker opens them
by itself; what it finds comes straight back. A worker that dies loses its tasks to the others:
Dask sees to that, and gives a task up when it has taken several workers with it.
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from socket import create_connection
from time import monotonic, sleep
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import pyarrow as pa

from conflict.errors import ExecutionError
from conflict.execution import Done
from conflict.processes import stream_of
from conflict.tasks import Task, run_task

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_S = 10
_LOOK_S = 2.0
_PATIENCE_S = 60.0
"""How long a cluster may be without any worker: new ones are on their way, perhaps."""
_EACH = 2
"""Tasks on their way for each thread of the cluster: one at work, one waiting at its door."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The workers of one scheduler, `tcp://host:port`; TLS as Dask's own configuration says."""

    scheduler: str

    def run(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Do the tasks.

        Raises:
            ExecutionError: Dask is not installed, its scheduler cannot be reached or was lost, it
                has no worker, or a task took several workers with it.
        """
        with _client(self.scheduler) as client:
            yield from _Run(client, self.scheduler).run(tasks)


class _Run:
    """One run on a cluster; workers may come and go meanwhile."""

    def __init__(self, client: "Client", scheduler: str) -> None:
        self.client, self.scheduler = client, scheduler
        self.running: dict[Future, Task] = {}
        self.room, self.looked = 0, -_PATIENCE_S

    def run(self, tasks: Sequence[Task]) -> Iterator[Done]:
        # the key says which task it is to those who watch the cluster, and nothing of what it holds
        run, waiting = token_hex(8), deque(enumerate(tasks))
        alone_since = monotonic()
        while waiting or self.running:
            self._look()
            alone_since = monotonic() if self.room else alone_since
            if monotonic() - alone_since > _PATIENCE_S:
                message = (
                    f"{self.scheduler}: has no worker; start one: dask worker {self.scheduler}"
                )
                raise ExecutionError(message)
            while waiting and len(self.running) < self.room:
                number, task = waiting.popleft()
                key = f"conflicts-{run}-{number}"
                self.running[self.client.submit(_stream, task, key=key, pure=False)] = task
            for future in self._finished():
                task = self.running.pop(future)
                table = self._table(future, task)
                future.release()
                yield task, table

    def _look(self) -> None:
        """See now and then how many workers there are."""
        if monotonic() - self.looked > _LOOK_S:
            try:
                threads = self.client.nthreads()
            except (OSError, TimeoutError) as error:
                self._lost(error)
            self.room, self.looked = _EACH * sum(threads.values()), monotonic()

    def _finished(self) -> list["Future"]:
        from distributed import CancelledError, wait

        if not self.running:
            sleep(_LOOK_S / 10)
            return []
        try:
            with self.client.as_current():
                found = wait(list(self.running), _LOOK_S, return_when="FIRST_COMPLETED")
            return list(found.done)
        except TimeoutError:
            return []
        except (OSError, CancelledError) as error:
            self._lost(error)

    def _table(self, future: "Future", task: Task) -> pa.Table:
        from distributed import CancelledError, KilledWorker

        try:
            sent = future.result()
        except CancelledError as error:
            self._lost(error)
        except KilledWorker:
            message = (
                f"{task.search}, part {task.number}: took every worker with it that tried; if "
                "memory ran short, give the workers more"
            )
            raise ExecutionError(message) from None
        except ModuleNotFoundError as error:
            message = (
                f"{self.scheduler}: a worker lacks {error.name}; install this program there, of "
                "the same version"
            )
            raise ExecutionError(message) from None
        return pa.ipc.open_stream(pa.py_buffer(sent)).read_all()

    def _lost(self, error: Exception) -> NoReturn:
        message = (
            f"{self.scheduler}: the scheduler was lost in the middle ({_reason(error)}); start it "
            "again, then this search"
        )
        raise ExecutionError(message) from None


def _stream(task: Task) -> bytes:
    """What a worker sends back."""
    sent: bytes = stream_of(run_task(task)).to_pybytes()
    return sent


@contextmanager
def _client(scheduler: str) -> Iterator["Client"]:
    try:
        from distributed import Client
    except ImportError as error:
        message = f"--scheduler needs {error.name}; install it: pip install 'blueprint[dask]'"
        raise ExecutionError(message) from None
    with _quiet():
        _knock(scheduler)
        try:
            client = Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
            raise ExecutionError(_unreachable(scheduler, error)) from None
        try:
            yield client
        finally:
            client.close(timeout=_CONNECT_S)


def _knock(scheduler: str) -> None:
    """See that somebody listens there: Dask itself would try for long, and loudly."""
    import asyncio  # a worker that needs no cluster does without

    try:
        at = urlsplit(scheduler)
        place = (at.hostname, at.port) if at.scheme in {"tcp", "tls"} else None
    except ValueError:
        place = None
    if place is None or None in place:
        message = f"{scheduler}: not the address of a scheduler; give tcp://host:8786, or tls://"
        raise ExecutionError(message)
    try:
        create_connection(place, _CONNECT_S).close()
        asyncio.run(_greet(scheduler))
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise ExecutionError(_unreachable(scheduler, error)) from None


async def _greet(scheduler: str) -> None:
    """Shake hands as Dask does: another kind of server would keep a client waiting for ever."""
    import asyncio

    from distributed import Security
    from distributed.comm import connect

    security = Security().get_connection_args("client")
    comm = await asyncio.wait_for(connect(scheduler, timeout=_CONNECT_S, **security), _CONNECT_S)
    comm.abort()


def _unreachable(scheduler: str, error: Exception) -> str:
    remedy = "start one with `dask scheduler`"
    if scheduler.startswith("tls:"):
        remedy = "set up Dask's certificates (distributed.comm.tls)"
    return f"{scheduler}: no Dask scheduler answers there ({_reason(error)}); {remedy}"


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs of lost connections is ours to say, in one line."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _reason(error: BaseException) -> str:
    said = str(error).strip()
    return said.splitlines()[0] if said else type(error).__name__
