"""OGC API - Processes, the processes: what can be asked for, and asking for it."""

import json
import re
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CallerDep, PlainText, ServiceDep
from api.doors import Doors
from api.jobs import RESULT, StatusInfo, base_of, result_of, status_info
from api.links import Link
from api.openapi30 import as_value_schema
from api.problems import problem, problems
from api.referred import value_of
from api.wanted import AtMost
from blueprint.access.caller import Caller
from blueprint.access.rights import require_scope
from blueprint.errors import InvalidInputs
from blueprint.service import Service
from blueprint.work.processes import PROCESSES, Process, process_of
from blueprint.work.uploads import content_of, find_upload
from blueprint.work.worker import ask_for_job, do_at_once

router = APIRouter(prefix="/processes", tags=["processes"])
_LARGEST_BODY = 10 << 20
_MOST_AT_ONCE = 20
_QUALIFIED = {"value", "mediaType", "encoding", "schema"}
_EXECUTE = "http://www.opengis.net/def/rel/ogc/1.0/execute"
_ASYNC = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", re.IGNORECASE)
JobControl = Literal["sync-execute", "async-execute", "dismiss"]
PreferHeader = Annotated[
    str | None,
    Header(description="`respond-async`: answer with a job at once, and do the work meanwhile"),
]


class ProcessSummary(BaseModel):
    """One process in short."""

    id: str
    version: str = "1.0.0"
    title: str
    title_en: str
    description: str
    description_en: str
    job_control_options: list[JobControl] = Field(serialization_alias="jobControlOptions")
    output_transmission: list[Literal["value"]] = Field(
        default=["value"], serialization_alias="outputTransmission"
    )
    links: list[Link]


class ProcessList(BaseModel):
    """Every process there is."""

    processes: list[ProcessSummary]
    links: list[Link]


class InputDescription(BaseModel):
    """One input: a JSON Schema says what it may be."""

    model_config = ConfigDict(populate_by_name=True)
    title: str
    description: str
    value: dict[str, Any] = Field(serialization_alias="schema")
    min_occurs: int = Field(serialization_alias="minOccurs")
    max_occurs: int = Field(default=1, serialization_alias="maxOccurs")


class OutputDescription(BaseModel):
    """One output."""

    title: str
    value: dict[str, Any] = Field(serialization_alias="schema")


class ProcessDescription(ProcessSummary):
    """One process with its inputs and outputs."""

    inputs: dict[str, InputDescription]
    outputs: dict[str, OutputDescription]


class Execute(BaseModel):
    """What is asked of a process."""

    model_config = ConfigDict(extra="forbid")
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] | None = None
    response: Literal["raw", "document"] = "raw"


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Execute.model_json_schema()}},
    }
}


@router.get("", responses=problems())
def list_processes(
    request: Request,
    limit: Annotated[int, Query(ge=1), AtMost(1000)] = 100,
    after: Annotated[PlainText | None, Query(description="those after this id")] = None,
) -> ProcessList:
    """What takes long and can be asked for as a job."""
    base, ids = base_of(request), sorted(PROCESSES)
    rest = [name for name in ids if after is None or name > after]
    links = [Link(href=str(request.url), rel="self", title="Processes")]
    if len(rest) > limit:
        asked = urlencode({"limit": limit, "after": rest[limit - 1]})
        links.append(Link(href=f"{base}/processes?{asked}", rel="next", title="Next page"))
    return ProcessList(
        processes=[_summary(base, PROCESSES[name]) for name in rest[:limit]], links=links
    )


@router.get("/{process_id}", responses=problems(HTTPStatus.NOT_FOUND))
def describe_process(request: Request, process_id: PlainText) -> ProcessDescription:
    """One process: its inputs and its output, by JSON Schema."""
    process = process_of(process_id)
    schema = as_value_schema(process.inputs.model_json_schema())
    needed = schema.get("required", [])
    return ProcessDescription(
        **dict(_summary(base_of(request), process)),
        inputs={
            name: InputDescription(
                title=name,
                description=one.get("description", name),
                value=one,
                min_occurs=int(name in needed),
            )
            for name, one in schema["properties"].items()
        },
        outputs={
            process.output: OutputDescription(
                title=process.output,
                value=as_value_schema(process.result.model_json_schema(mode="serialization")),
            )
        },
    )


@router.post(
    "/{process_id}/execution",
    openapi_extra=_BODY,
    responses={
        200: {
            "description": "what it came to, where it was done at once: the output, or, where "
            "`document` was asked for, outputs by name",
            "content": {"application/json": {"schema": RESULT}},
        },
        201: {
            "model": StatusInfo,
            "description": "the job; Location is where it stands",
            "headers": {"Location": {"schema": {"type": "string"}}},
        },
        **problems(
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.TOO_MANY_REQUESTS,
        ),
    },
)
async def execute_process(
    request: Request,
    service: ServiceDep,
    caller: CallerDep,
    process_id: PlainText,
    prefer: PreferHeader = None,
) -> Response:
    """Ask for a process: at once where it can be and nobody prefers otherwise, else as a job."""
    process = process_of(process_id)
    require_scope(caller, process.scope, process.id)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            detail = "the body is over 10 MiB; ask in parts"
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestTooLarge", detail)
    asked = _asked(bytes(body), process)
    at_once = process.at_once and not _ASYNC.search(prefer or "")
    do = _do_at_once if at_once else _do_later

    def resolve_and_do() -> Response:
        found = _by_value(asked, process, base_of(request), service, caller)
        # many small sites tell where a withheld layer begins, whether they come singly or together
        doors: Doors = request.app.state.doors
        doors.limits.charge(caller, _features_in(found.inputs) - 1)
        return do(request, service, process, found, caller)

    return await run_in_threadpool(resolve_and_do)


def _do_at_once(
    request: Request, service: Service, process: Process, asked: Execute, caller: Caller
) -> Response:
    del request
    _refuse_many(asked)
    outcome = do_at_once(service, process, asked.inputs, caller)
    with service.database.read() as connection:
        result = process.show(connection, outcome, caller.clearance)
    return result_of(process, result, asked.response)


def _do_later(
    request: Request, service: Service, process: Process, asked: Execute, caller: Caller
) -> Response:
    job = ask_for_job(service, process, asked.inputs, caller, asked.response)
    info = status_info(base_of(request), job)
    headers = {
        "Location": f"{base_of(request)}/jobs/{job.id}",
        "Preference-Applied": "respond-async",
    }
    content = info.model_dump(mode="json", by_alias=True, exclude_none=True)
    return JSONResponse(content, HTTPStatus.CREATED, headers)


def _refuse_many(asked: Execute) -> None:
    sites = asked.inputs.get("sites")
    features = sites.get("features") if isinstance(sites, dict) else None
    if isinstance(features, list) and len(features) > _MOST_AT_ONCE:
        message = f"sites: {len(features)} features are too many to wait for; send the header"
        raise InvalidInputs(f"{message} Prefer: respond-async")


def _asked(body: bytes, process: Process) -> Execute:
    try:
        said = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
        asked = Execute.model_validate(said)
    except (ValueError, RecursionError):
        message = 'body: is no execute request; send JSON such as {"inputs": {...}}'
        raise InvalidInputs(message) from None
    for name, output in (asked.outputs or {}).items():
        if name != process.output:
            raise InvalidInputs(f"outputs: {name[:60]!a}: there is {process.output} alone")
        if output.get("transmissionMode", "value") != "value":
            raise InvalidInputs(f"outputs: {name}: is given by value alone")
    return asked


def _refuse_constant(text: str) -> float:
    raise ValueError(text)


def _by_value(
    asked: Execute, process: Process, base: str, service: Service, caller: Caller
) -> Execute:
    """The same with every input as such, whether it came plain, marked as a value, or by a link.

    Raises:
        InvalidInputs, UnknownUpload: a link leads to nothing that is the caller's.
    """

    def read(name: str, upload_id: str, most: int) -> bytes | str:
        with service.database.read() as connection:
            upload = find_upload(connection, upload_id, caller)
            return upload.id if name in process.files else content_of(connection, upload, most)

    def plain(name: str, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "href" in value:
            return value_of(value, name, f"{base}/uploads", partial(read, name))
        return value["value"] if "value" in value and value.keys() <= _QUALIFIED else value

    inputs = {name: plain(name, value) for name, value in asked.inputs.items()}
    return asked.model_copy(update={"inputs": inputs})


def _features_in(inputs: Mapping[str, Any]) -> int:
    """How many features are asked about, at least one."""
    drawn = [value["features"] for value in inputs.values() if _is_collection(value)]
    return max(1, sum(map(len, drawn)))


def _is_collection(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("features"), list)


def _summary(base: str, process: Process) -> ProcessSummary:
    here = f"{base}/processes/{process.id}"
    controls: list[JobControl] = ["async-execute", "dismiss"]
    return ProcessSummary(
        id=process.id,
        title=process.title.zh,
        title_en=process.title.en,
        description=process.description.zh,
        description_en=process.description.en,
        job_control_options=["sync-execute", *controls] if process.at_once else controls,
        links=[
            Link(href=here, rel="self", title=process.title.zh),
            Link(href=f"{here}/execution", rel=_EXECUTE, title=process.title.zh),
        ],
    )
