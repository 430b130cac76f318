"""OGC API - Processes, the jobs: how far they are, what they came to, stopping them."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.deps import CallerDep, PlainText, ServiceDep, invalid
from api.errors import failed_as
from api.links import Link
from api.problems import problems
from api.wanted import AtMost, list_of, moments_of
from blueprint.errors import PlanningError, ResultIsGone, ResultNotReady
from blueprint.jobs.record import STATUSES, Job, JobsAsked, Status, dismiss, find_job, list_jobs
from blueprint.work.processes import Process, process_of
from layers.errors import UnknownDelivery

RESULT = {"type": "object", "description": "as /processes/{process_id} says of the output"}
"""The schema of what any process comes to."""

router = APIRouter(prefix="/jobs", tags=["processes"])
_SECONDS = list_of({"type": "integer", "minimum": 0}, minItems=1, maxItems=1)
"""A duration: to the standard a list, in which only one number has a meaning."""
_RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"


class StatusInfo(BaseModel):
    """How far a job is; `progress` in %."""

    job_id: str = Field(serialization_alias="jobID")
    process_id: str = Field(serialization_alias="processID")
    type: Literal["process"] = "process"
    status: Status
    message: str
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    updated: datetime
    progress: int
    links: list[Link]


class JobList(BaseModel):
    """The caller's jobs, the newest first."""

    jobs: list[StatusInfo]
    links: list[Link]


@router.get("", responses=problems(), response_model_exclude_none=True)
def list_my_jobs(
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    kind: Annotated[
        PlainText | None,
        list_of({"type": "string", "enum": ["process"]}, minItems=1),
        Query(alias="type", description="types of jobs; there is one"),
    ] = None,
    process: Annotated[
        PlainText | None,
        list_of({"type": "string"}, minItems=1),
        Query(alias="processID", description="ids, parted by commas"),
    ] = None,
    status: Annotated[
        PlainText | None,
        list_of({"type": "string", "enum": list(STATUSES)}, minItems=1),
        Query(description="statuses, parted by commas"),
    ] = None,
    datetime: Annotated[
        PlainText | None,
        Query(
            description="a time or an interval such as 2026-01-01/..: jobs that were asked for then"
        ),
    ] = None,
    min_duration: Annotated[
        int | None, _SECONDS, Query(alias="minDuration", ge=0, le=10**9, description="seconds")
    ] = None,
    max_duration: Annotated[
        int | None, _SECONDS, Query(alias="maxDuration", ge=0, le=10**9, description="seconds")
    ] = None,
    limit: Annotated[int, Query(ge=1), AtMost(1000)] = 100,
    before: Annotated[
        int | None, Query(ge=1, le=2**31, description="those older than a page's last")
    ] = None,
) -> JobList:
    """Your jobs, the newest first; nobody else's."""
    statuses = tuple(status.split(",")) if status else ()
    if not set(statuses) <= set(STATUSES):
        raise invalid("query", "status", f"there are {', '.join(STATUSES)}")
    if kind is not None and set(kind.split(",")) != {"process"}:
        raise invalid("query", "type", "there is process")
    asked = JobsAsked(
        processes=tuple(process.split(",")) if process else (),
        statuses=statuses,
        moments=moments_of(datetime),
        seconds=(min_duration, max_duration),
        limit=limit,
        before=before,
    )
    with service.database.read() as connection:
        found = list_jobs(connection, caller, asked)
    base, given = base_of(request), dict(request.query_params)
    shown = found[:limit]
    links = [_link(f"{base}/jobs", given, "self", "This page")]
    if len(found) > limit:
        links.append(_link(f"{base}/jobs", given | {"before": shown[-1].number}, "next", "Next"))
    return JobList(jobs=[status_info(base, job) for job in shown], links=links)


@router.get("/{job_id}", responses=problems(HTTPStatus.NOT_FOUND), response_model_exclude_none=True)
def show_job(
    request: Request, service: ServiceDep, caller: CallerDep, job_id: PlainText
) -> StatusInfo:
    """How far a job is."""
    with service.database.read() as connection:
        return status_info(base_of(request), find_job(connection, job_id, caller))


@router.delete(
    "/{job_id}", responses=problems(HTTPStatus.NOT_FOUND), response_model_exclude_none=True
)
def dismiss_job(
    request: Request, service: ServiceDep, caller: CallerDep, job_id: PlainText
) -> StatusInfo:
    """Stop a job: nothing of it is kept. Of one that is over, the result is forgotten."""
    with service.database.write() as connection:
        return status_info(base_of(request), dismiss(connection, job_id, caller))


@router.get(
    "/{job_id}/results",
    responses={
        200: {
            "description": "the output, or, where `document` was asked for, outputs by name",
            "content": {"application/json": {"schema": RESULT}},
        },
        **problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE),
    },
)
def show_results(service: ServiceDep, caller: CallerDep, job_id: PlainText) -> Response:
    """What a job came to; of one that failed, the problem that it failed by."""
    with service.database.read() as connection:
        job = find_job(connection, job_id, caller)
        if job.status == "dismissed":
            raise ResultIsGone(f"{job.id}: was dismissed; ask for it anew")
        if job.outcome is None:
            raise ResultNotReady(f"{job.id}: is {job.status}, {job.progress} %; ask again later")
        if job.status == "failed":
            return failed_as(job.outcome["kind"], job.outcome["detail"])
        process = process_of(job.process)
        try:
            result = process.show(connection, job.outcome, caller.clearance)
        except (PlanningError, UnknownDelivery) as problem:
            message = f"{job.id}: what it came to cannot be shown to you now: {problem}"
            raise ResultIsGone(message) from problem
    return result_of(process, result, job.response)


def result_of(process: Process, result: BaseModel, response: str) -> Response:
    """A process's one output as such, or by its name in a document, where it is marked as a value.

    Source: OGC 18-062r2, results.yaml: an object in a document would be taken for a link.
    """
    value: Any = result.model_dump(mode="json")
    whole = {process.output: {"value": value, "mediaType": "application/json"}}
    return JSONResponse(whole if response == "document" else value)


def status_info(base: str, job: Job) -> StatusInfo:
    """How far a job is, with the way to its result."""
    here = f"{base}/jobs/{job.id}"
    links = [
        Link(href=here, rel="self", title="Status"),
        Link(href=f"{base}/processes/{job.process}", rel="describedby", title=job.process),
    ]
    if job.status in ("successful", "failed"):
        links.append(Link(href=f"{here}/results", rel=_RESULTS, title="Results"))
    message = job.message
    if job.status == "failed" and job.outcome is not None:
        message = job.outcome["detail"]
    return StatusInfo(
        job_id=job.id,
        process_id=job.process,
        status=job.status,
        message=message,
        created=job.created_at,
        started=job.started_at,
        finished=job.finished_at,
        updated=job.updated_at,
        progress=job.progress,
        links=links,
    )


def base_of(request: Request) -> str:
    """Where the API lies."""
    return str(request.base_url).rstrip("/")


def _link(path: str, asked: dict[str, Any], rel: str, title: str) -> Link:
    return Link(href=f"{path}?{urlencode(asked)}" if asked else path, rel=rel, title=title)
