"""The queue of an embedded store: the table of jobs itself, looked at by a thread of the server."""

import logging
from threading import Event

import sqlalchemy as sa

from blueprint.jobs.record import put_all_back, waiting
from blueprint.queues import Do
from layers import Database, StoreUnavailable

_LOOK_SECONDS = 5.0
_MEND_SECONDS = 5.0
_log = logging.getLogger(__name__)


class LocalQueue:
    """One worker beside the server; what it left unfinished waits again at the next start."""

    def __init__(self, database: Database) -> None:
        self._database, self._news = database, Event()

    def put(self, connection: sa.Connection, job_id: str) -> None:
        """The row of the job is all that is needed."""

    def wake(self) -> None:
        """Have the worker look."""
        self._news.set()

    def work(self, do: Do, stop: Event, *, drain: bool = False) -> None:
        """Do jobs one after the other until told to stop, or until none is left."""
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
