"""Jobs: what takes long, from being accepted to what came of it.

    accepted → running → successful | failed
    accepted, running → dismissed, at once; whoever works on it finds out at its next step

A worker takes a job up with a number, `attempt`, and writes to it only as long as the job runs by
that number: one that was thought dead, or whose job was dismissed, can neither report nor finish.
What a job brings about is kept in the transaction that finishes it, so that it is there once or not
at all. Every function takes an open connection.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Literal
from uuid import uuid4

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.access.rights import may_list, owns
from blueprint.clearance import Clearance
from blueprint.errors import JobIsOver, UnknownJob
from blueprint.registry import now
from blueprint.service_models import JobRow

Status = Literal["accepted", "running", "successful", "failed", "dismissed"]
STATUSES: tuple[Status, ...] = ("accepted", "running", "successful", "failed", "dismissed")
OPEN: tuple[Status, ...] = ("accepted", "running")
MOST_ATTEMPTS = 3
_LONGEST_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands; `outcome` is what it came to, or the error that it failed by."""

    number: int
    id: str
    process: str
    owner: str
    clearance: Clearance
    inputs: Mapping[str, Any]
    response: Literal["raw", "document"]
    status: Status
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime
    progress: int
    message: str
    attempt: int
    outcome: Mapping[str, Any] | None


def accept(
    connection: sa.Connection,
    process: str,
    inputs: Mapping[str, Any],
    owner: str,
    clearance: Clearance,
    response: str = "raw",
) -> Job:
    """Enter a job; the queue has to be told of it in the same transaction."""
    moment = now()
    values = {
        "id": f"job_{uuid4().hex}",
        "process": process,
        "owner": owner,
        "clearance": clearance,
        "inputs": json.dumps(inputs),
        "response": response,
        "status": "accepted",
        "created_at": moment,
        "updated_at": moment,
        "progress": 0,
        "message": "",
        "attempt": 0,
    }
    row = connection.execute(sa.insert(JobRow).values(values).returning(JobRow.__table__)).one()
    return _job(row)


def find_job(connection: sa.Connection, job_id: str, caller: Caller) -> Job:
    """A caller's job.

    Raises:
        UnknownJob: there is none of that id that is theirs.
    """
    job = _find(connection, job_id)
    if job is None or not owns(caller, job.owner):
        raise UnknownJob(f"{job_id}: no such job; GET /jobs lists yours")
    return job


@dataclass(frozen=True, slots=True)
class JobsAsked:
    """Which jobs are asked for: of any of the processes and states, none named for all.

    `moments`: the first and the last of their being asked for; `seconds`: they have run for at
    least and at most so long.
    """

    processes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    moments: tuple[datetime, datetime] | None = None
    seconds: tuple[int | None, int | None] = (None, None)
    limit: int = 100
    before: int | None = None


def list_jobs(connection: sa.Connection, caller: Caller, asked: JobsAsked) -> list[Job]:
    """A caller's jobs, the newest first; one more than asked for tells that there are more."""
    if not may_list(caller):
        return []
    query = sa.select(JobRow.__table__).where(JobRow.owner == caller.name)
    if asked.processes:
        query = query.where(JobRow.process.in_(asked.processes))
    if asked.statuses:
        query = query.where(JobRow.status.in_(asked.statuses))
    if asked.before is not None:
        query = query.where(JobRow.number < asked.before)
    found = map(_job, connection.execute(query.order_by(JobRow.number.desc())))
    return list(islice((job for job in found if _is_asked(job, asked)), asked.limit + 1))


def _is_asked(job: Job, asked: JobsAsked) -> bool:
    if asked.moments is not None and not asked.moments[0] <= job.created_at <= asked.moments[1]:
        return False
    least, most = asked.seconds
    if least is None and most is None:
        return True
    if job.started_at is None:
        return False
    ran = ((job.finished_at or now()) - job.started_at).total_seconds()
    return (least is None or ran >= least) and (most is None or ran <= most)


def waiting(connection: sa.Connection) -> list[str]:
    """The ids of the jobs that no worker has taken up, the oldest first."""
    query = sa.select(JobRow.id).where(JobRow.status == "accepted").order_by(JobRow.number)
    return list(connection.scalars(query))


def count_open(connection: sa.Connection, owner: str | None = None) -> int:
    """How many jobs are not over: of one owner, or of all."""
    query = sa.select(sa.func.count()).where(JobRow.status.in_(OPEN))
    if owner is not None:
        query = query.where(JobRow.owner == owner)
    return connection.scalar(query) or 0


def take_up(connection: sa.Connection, job_id: str) -> Job | None:
    """Begin with a job, or go on where a worker was lost; None: there is nothing to do.

    A job that has cost several workers their life is failed instead.
    """
    job = _find(connection, job_id)
    if job is None or job.status not in OPEN:
        return None
    if job.attempt >= MOST_ATTEMPTS:
        detail = f"its worker ended {job.attempt} times before it was done; ask in smaller parts"
        _end(connection, job, "failed", {"kind": "WorkerLost", "detail": detail})
        return None
    moment = now()
    values = {
        "status": "running",
        "attempt": job.attempt + 1,
        "started_at": job.started_at or moment,
        "updated_at": moment,
    }
    # two that take it up at once: the number of the first is not the second's any more
    change = sa.update(JobRow).where(JobRow.id == job_id, JobRow.attempt == job.attempt)
    change = change.where(JobRow.status.in_(OPEN)).values(values)
    row = connection.execute(change.returning(JobRow.__table__)).first()
    return None if row is None else _job(row)


def report(connection: sa.Connection, job: Job, progress: int, message: str) -> None:
    """Say how far a job is, 0 to 99.

    Raises:
        JobIsOver: it was dismissed, or another worker has it.
    """
    values = {"progress": progress, "message": message[:_LONGEST_MESSAGE], "updated_at": now()}
    _write(connection, job, values)


def finish(connection: sa.Connection, job: Job, outcome: Mapping[str, Any]) -> None:
    """Keep what a job came to, in the transaction that keeps what it brought about.

    Raises:
        JobIsOver: it was dismissed, or another worker has it: nothing may be kept.
    """
    _end(connection, job, "successful", outcome)


def fail(connection: sa.Connection, job: Job, kind: str, detail: str) -> None:
    """Keep why a job could not be done.

    Raises:
        JobIsOver: it was dismissed, or another worker has it.
    """
    _end(connection, job, "failed", {"kind": kind, "detail": detail})


def put_back(connection: sa.Connection, job: Job) -> None:
    """Let another worker do a job: this one stops, which is not the job's fault.

    Raises:
        JobIsOver: it was dismissed, or another worker has it.
    """
    values = {"status": "accepted", "attempt": job.attempt - 1, "updated_at": now()}
    _write(connection, job, values)


def put_all_back(connection: sa.Connection) -> None:
    """Whatever runs was begun by a process that is no more: it waits again, and it counts."""
    running = sa.update(JobRow).where(JobRow.status == "running")
    connection.execute(running.values(status="accepted", updated_at=now()))


def dismiss(connection: sa.Connection, job_id: str, caller: Caller) -> Job:
    """Stop a job that is not over, or forget what one that is over came to.

    Raises:
        UnknownJob: there is none of that id that is the caller's.
    """
    job = find_job(connection, job_id, caller)
    moment = now()
    values = {
        "status": "dismissed",
        "outcome": None,
        "inputs": "{}",
        "updated_at": moment,
        "finished_at": job.finished_at or moment,
    }
    change = sa.update(JobRow).where(JobRow.id == job_id).values(values)
    return _job(connection.execute(change.returning(JobRow.__table__)).one())


def forget_old(connection: sa.Connection, keep: timedelta) -> None:
    """Remove jobs that have been over for longer than `keep`."""
    over = sa.delete(JobRow).where(JobRow.status.not_in(OPEN))
    connection.execute(over.where(JobRow.finished_at < datetime.now(UTC) - keep))


def _find(connection: sa.Connection, job_id: str) -> Job | None:
    if not job_id.isprintable():  # half a character, which no store could be asked for
        return None
    query = sa.select(JobRow.__table__).where(JobRow.id == job_id)
    row = connection.execute(query).first()
    return None if row is None else _job(row)


def _end(connection: sa.Connection, job: Job, status: Status, outcome: Mapping[str, Any]) -> None:
    moment = now()
    values: dict[str, Any] = {
        "status": status,
        "outcome": json.dumps(outcome),
        "inputs": "{}",  # they may be large, and nobody asks for them any more
        "updated_at": moment,
        "finished_at": moment,
    }
    if status == "successful":
        values |= {"progress": 100, "message": ""}
    _write(connection, job, values)


def _write(connection: sa.Connection, job: Job, values: Mapping[str, Any]) -> None:
    ours = sa.update(JobRow).where(JobRow.id == job.id, JobRow.attempt == job.attempt)
    written = connection.execute(ours.where(JobRow.status.in_(OPEN)).values(**values))
    if written.rowcount == 0:
        raise JobIsOver(f"{job.id}: was dismissed, or another worker has it; nothing is kept")


def _job(row: Any) -> Job:
    fields = dict(row._mapping)  # noqa: SLF001 its public name, with an underscore lest it clash
    fields["inputs"] = json.loads(fields["inputs"])
    fields["outcome"] = None if fields["outcome"] is None else json.loads(fields["outcome"])
    return Job(**fields)
