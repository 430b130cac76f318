"""Entries of the audit log that many threads have at once, written together by one.

Input: entries. `keep` gives a future that is done once its entry is committed, `put` a word that it
will be written soon. One thread writes what has come meanwhile in one transaction, so that entries
wait for one commit, not for each other's. Under a flood of `put`s what does not fit is counted, and
the number entered: the log says that something is missing.
"""

import logging
from concurrent.futures import Future
from queue import Empty, Full, Queue
from threading import Lock, Thread

from blueprint.audit_log import Entry, enter
from blueprint.registry import now
from layers import Database, StoreUnavailable

_AT_ONCE = 500
_WAITING = 10_000

_Waiting = tuple[Entry, Future[None] | None]
_log = logging.getLogger(__name__)


class AuditWriter:
    """Writes entries to one database until it is closed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: Queue[_Waiting | None] = Queue(_WAITING)
        self._lost = 0
        self._closing, self._is_closed = Lock(), False
        self._thread = Thread(target=self._write, name="audit", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Have an entry written soon; where too many wait, it is only counted."""
        try:
            self._queue.put_nowait((entry, None))
        except Full:
            self._lost += 1

    def keep(self, entry: Entry) -> Future[None]:
        """Have an entry written; the future fails with StoreUnavailable where it could not be."""
        done: Future[None] = Future()
        with self._closing:
            if self._is_closed:
                message = f"{self._database.name}: the audit log is closed"
                done.set_exception(StoreUnavailable(message))
                return done
            try:
                self._queue.put_nowait((entry, done))
            except Full:
                message = f"{self._database.name}: too many entries wait for the audit log"
                done.set_exception(StoreUnavailable(message))
        return done

    def close(self) -> None:
        """Write what waits, and stop; what comes later fails at once."""
        with self._closing:
            self._is_closed = True
        self._queue.put(None)
        self._thread.join()

    def _write(self) -> None:
        open_ = True
        while open_:
            first = self._queue.get()
            batch = [] if first is None else [first]
            open_ = first is not None
            while open_ and len(batch) < _AT_ONCE:
                try:
                    one = self._queue.get_nowait()
                except Empty:
                    break
                open_ = one is not None
                if one is not None:
                    batch.append(one)
            if batch:
                self._commit(batch)

    def _commit(self, batch: list[_Waiting]) -> None:
        entries = [entry for entry, _ in batch]
        lost, self._lost = self._lost, 0
        if lost:
            entries.append(Entry(now(), "service", "audit overrun", "audit", f"{lost} not entered"))
        error: Exception | None = None
        try:
            with self._database.write() as connection:
                enter(connection, entries)
        except Exception as problem:  # noqa: BLE001 the thread has to live, whatever the store does
            _log.exception("%d entries of the audit log were not written", len(entries))
            error = problem
            self._lost += lost + sum(1 for _, done in batch if done is None)
        for _, done in batch:
            if done is not None and not done.cancelled():
                done.set_exception(error) if error else done.set_result(None)
