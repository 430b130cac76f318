"""The queue of an embedded store: the table of jobs itself, looked at by a thread of the server.

Of all processes that have the store open one works at a time: the one that holds the lock of a file
beside it. The lock goes with the process; another one has it then, and what was left unfinished
waits again.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import sqlalchemy as sa

from blueprint.jobs.record import put_all_back, waiting
from blueprint.queues import Do
from layers import Database, StoreUnavailable

_LOOK_SECONDS = 1.0
"""Another process may have put a job there."""
_TURN_SECONDS = 0.5
_MEND_SECONDS = 5.0
_log = logging.getLogger(__name__)


class LocalQueue:
    """One worker beside the servers; what it left unfinished waits again at the next start."""

    def __init__(self, database: Database) -> None:
        self._database, self._news = database, Event()

    def put(self, connection: sa.Connection, job_id: str) -> None:
        """The row of the job is all that is needed."""

    def wake(self) -> None:
        """Have the worker look."""
        self._news.set()

    def work(self, do: Do, stop: Event, *, drain: bool = False) -> None:
        """Do jobs one after the other until told to stop, or until none is left."""
        try:
            with self._turn(stop):
                self._work(do, stop, drain=drain)
        except OSError:
            _log.exception("jobs are not done: no file can be made beside the store")

    @contextmanager
    def _turn(self, stop: Event) -> Iterator[None]:
        """Wait until nobody else works on this store, or until told to stop."""
        file = os.open(
            f"{self._database.name}.worker", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            while not stop.is_set():
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    stop.wait(_TURN_SECONDS)
            yield
        finally:
            os.close(file)

    def _work(self, do: Do, stop: Event, *, drain: bool) -> None:
        begun = False
        while not stop.is_set():
            self._news.clear()
            try:
                if not begun:
                    with self._database.write() as connection:
                        put_all_back(connection)
                begun = True
                found = self._waiting()
                for job_id in found:
                    if not stop.is_set():
                        do(job_id)
            except Exception as problem:  # noqa: BLE001 the only worker there is goes on
                if not isinstance(problem, StoreUnavailable):
                    _log.exception("jobs are not done for a while")
                # what was at work then waits again as well
                begun = False
                stop.wait(_MEND_SECONDS)
            else:
                if drain and not found:
                    return
                if not found:
                    self._news.wait(_LOOK_SECONDS)

    def _waiting(self) -> list[str]:
        with self._database.read() as connection:
            return waiting(connection)
