"""Doing jobs: one is taken up, done step by step, and finished, failed or put back.

A job is looked at between two of its steps: whether it was dismissed, and whether the worker has to
stop. What it brought about is kept with the end of the job, in one transaction.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from blueprint.access.caller import Caller
from blueprint.access.rights import require_scope
from blueprint.audit_log import Actor, acting
from blueprint.errors import JobIsOver, PlanningError, TooManyJobs
from blueprint.events.postman import send_until
from blueprint.jobs import record as jobs
from blueprint.jobs.record import Job
from blueprint.keeping import keeping
from blueprint.progress import Step
from blueprint.service import Service
from blueprint.values import Value
from blueprint.work.processes import Process, Work, process_of
from blueprint.work.uploads import forget_old_uploads
from blueprint.work.verdict_changes import VERDICTS
from conflict.errors import OverlayError
from layers import StoreUnavailable
from layers.errors import DataError

MOST_OPEN = 1000
MOST_OPEN_OF_ONE = 100
_REPORT_SECONDS = 0.5
_log = logging.getLogger(__name__)


class _Stopping(Exception):
    """The worker has to stop; the job is another's."""


def ask_for_job(
    service: Service,
    process: Process,
    given: Mapping[str, Any],
    caller: Caller,
    response: str = "raw",
) -> Job:
    """Enter a job and hand it to whoever works.

    Raises:
        InvalidInputs, NotAllowed, UnknownSnapshot, UnknownUpload, ...: it could not be done.
        TooManyJobs: so many wait already.
    """
    inputs = _looked_at(service, process, given, caller)
    with service.database.write() as connection:
        jobs.forget_old(connection, keeping().jobs)
        forget_old_uploads(connection, keeping().uploads)
        mine, all_ = jobs.count_open(connection, caller.name), jobs.count_open(connection)
        if mine >= MOST_OPEN_OF_ONE or all_ >= MOST_OPEN:
            message = f"{process.id}: {mine} jobs of yours and {all_} in all are not over yet"
            raise TooManyJobs(f"{message}; wait, or dismiss some")
        inputs_text = inputs.model_dump(mode="json")
        job = jobs.accept(
            connection, process.id, inputs_text, caller.name, caller.clearance, response
        )
        service.queue.put(connection, job.id)
    service.queue.wake()
    return job


def do_at_once(
    service: Service, process: Process, given: Mapping[str, Any], caller: Caller
) -> Mapping[str, Any]:
    """Do what is asked while the caller waits, and return what it came to; no job is kept.

    Raises:
        InvalidInputs, UnknownSnapshot, ...: it could not be done.
    """
    inputs = _looked_at(service, process, given, caller)
    kept: list[Mapping[str, Any]] = []
    hand_over = Work(service, caller.clearance, lambda _: None, lambda _, done: kept.append(done))
    process.run(hand_over, inputs)
    return kept[0]


def _looked_at(
    service: Service, process: Process, given: Mapping[str, Any], caller: Caller
) -> Value:
    require_scope(caller, process.scope, process.id)
    inputs = process.inputs_of(given)
    process.look(service, caller, inputs)
    return inputs


def do_job(service: Service, job_id: str, stop: Event) -> None:
    """Do a job, if it is still to be done.

    Raises:
        StoreUnavailable: the store went away; the job is taken up again when it is back.
    """
    with service.database.write() as connection:
        job = jobs.take_up(connection, job_id)
    if job is None:
        return
    _log.info("%s: %s begins, attempt %d", job.id, job.process, job.attempt)
    try:
        _run(service, job, stop)
    except JobIsOver:
        _log.info("%s: stopped, nothing is kept", job.id)
        return
    except _Stopping:
        _end(service, job, None)
        return
    except StoreUnavailable as problem:
        if job.attempt < jobs.MOST_ATTEMPTS:
            raise
        _end(service, job, problem)
    except (PlanningError, DataError, OverlayError) as problem:
        _end(service, job, problem)
    except Exception as problem:  # noqa: BLE001 whatever it is, no job may run for ever
        _log.exception("%s: %s made a fault", job.id, job.process)
        _end(service, job, problem)


def _run(service: Service, job: Job, stop: Event) -> None:
    process = VERDICTS if job.process == VERDICTS.id else process_of(job.process)
    follower = _Follower(service, job, stop)
    # what was asked for is done by the rights of whoever asked, as they were then
    work = Work(service, job.clearance, follower.tell, lambda c, end: jobs.finish(c, job, end))
    with acting(Actor(job.owner)):
        process.run(work, process.inputs_of(job.inputs))


def _end(service: Service, job: Job, problem: Exception | None) -> None:
    """Put a job back, or fail it, unless it is another's by now."""
    known = isinstance(problem, PlanningError | DataError | OverlayError)
    try:
        with service.database.write() as connection:
            if problem is None:
                jobs.put_back(connection, job)
                service.queue.put(connection, job.id)
            elif known and not isinstance(problem, StoreUnavailable):
                jobs.fail(connection, job, type(problem).__name__, " ".join(str(problem).split()))
            else:
                detail = "the service made a fault; report it with the job's id"
                if isinstance(problem, StoreUnavailable | OSError):
                    # the text names the store's path or server: the log has it
                    detail = "the store could not be written; its administrator's log tells why"
                jobs.fail(connection, job, "Fault", detail)
    except JobIsOver:
        _log.info("%s: is over already", job.id)


@dataclass(slots=True)
class _Follower:
    """Tells the store how far a job is, now and then, and the job that it has to stop."""

    service: Service
    job: Job
    stop: Event
    percent: int = 0
    told: float = field(default=float("-inf"))

    def tell(self, step: Step) -> None:
        """One step further.

        Raises:
            JobIsOver: the job was dismissed.
            _Stopping: the worker has to stop.
        """
        if self.stop.is_set():
            raise _Stopping
        if step.total:
            self.percent = max(self.percent, min(99, 100 * step.done // step.total))
        moment = time.monotonic()
        if moment - self.told < _REPORT_SECONDS:
            return
        with self.service.database.write() as connection:
            jobs.report(connection, self.job, self.percent, step.what)
        self.told = moment


class Worker:
    """Threads that do a service's jobs and tell its events until they are stopped."""

    def __init__(self, service: Service) -> None:
        self._service, self._stop = service, Event()
        self._thread = Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: float | None = None) -> None:
        """Stop at the next step of the job at hand, which waits for the next start."""
        self._stop.set()
        self._service.queue.wake()
        if self._thread.is_alive():
            self._thread.join(patience)

    def _work(self) -> None:
        work(self._service, self._stop)


def work(service: Service, stop: Event, *, drain: bool = False) -> None:
    """Do jobs until told to stop, or, to drain, until none is open."""

    def do(job_id: str) -> None:
        try:
            do_job(service, job_id, stop)
        except StoreUnavailable as problem:
            _log.warning("%s: put off: %s", job_id, problem)
            raise

    ended = Event()
    # it sends as long as there is somebody to work
    postman = Thread(target=send_until, args=(service, ended, stop), name="postman", daemon=True)
    if not drain:
        postman.start()
    try:
        service.queue.work(do, stop, drain=drain)
    finally:
        ended.set()
        if not drain:
            postman.join()
