"""Asking a service to run its processes: inputs made up from what it says of them, and answers."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from tests.conformance.api import Api, NotApplicable
from tests.conformance.shapes import QUALIFIED, is_shaped

ASYNC = {"Prefer": "respond-async"}
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
_SIMPLE: dict[str, Any] = {"string": "text", "number": 1.0, "integer": 1, "boolean": True}


def made_up(schema: dict[str, Any]) -> Any:
    """A value that a schema allows: its example, its default, or the plainest of its type."""
    for name in ("example", "default"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    for name in ("oneOf", "anyOf", "allOf"):
        if schema.get(name):
            return made_up(schema[name][0])
    kind = schema.get("type")
    if kind == "array":
        return [made_up(schema.get("items", {}))] * schema.get("minItems", 1)
    if kind == "object":
        needed = schema.get("required", [])
        return {name: made_up(schema.get("properties", {}).get(name, {})) for name in needed}
    return _SIMPLE.get(kind or "string", "text")


def inputs_of(api: Api, process: str) -> dict[str, Any]:
    """Inputs that a process can be run on: those that it must have."""
    if process in api.inputs:
        return api.inputs[process]()
    described = api.processes[process].get("inputs", {})
    return {
        name: qualified(made_up(one["schema"]))
        for name, one in described.items()
        if one.get("minOccurs", 1)
    }


def qualified(value: Any) -> Any:
    """A value as an execute request has it: an object has to be marked as a value."""
    return {"value": value} if isinstance(value, dict) else value


def controls(api: Api, process: str) -> list[str]:
    """How a process can be run."""
    return api.processes[process].get("jobControlOptions", ["sync-execute"])


def run_by(api: Api, control: str) -> list[str]:
    """The processes that can be run that way."""
    found = [name for name in api.processes if control in controls(api, name)]
    if not found:
        raise NotApplicable(f"no process is run by {control}")
    return found


def execute(
    api: Api, process: str, inputs: dict[str, Any], *, later: bool = False, **more: Any
) -> httpx2.Response:
    """The answer to a request to run a process."""
    path = f"/processes/{quote(process)}/execution"
    headers = ASYNC if later else {}
    return api.ask(path, "POST", json={"inputs": inputs, **more}, headers=headers)


def job_of(api: Api, process: str, **more: Any) -> str:
    """The id of a job that was asked for just now."""
    answer = execute(api, process, inputs_of(api, process), later=True, **more)
    assert answer.status_code == 201, answer.text
    return job_in(answer)


def job_in(answer: httpx2.Response) -> str:
    """The id of the job that an answer tells of."""
    there: str = urlsplit(answer.headers["location"]).path
    return there.rstrip("/").rpartition("/")[2]


def succeeded(api: Api, process: str, answer: httpx2.Response) -> Any:
    """What a run came to, whether at once or by a job; the job's results are got by one output."""
    if answer.status_code == 201:
        job = job_in(answer)
        status = api.finished(job)
        assert status["status"] == "successful", status
        return api.json(f"/jobs/{job}/results")
    assert answer.status_code == 200, (process, answer.text)
    return answer.json()


def runs(api: Api, process: str, inputs: dict[str, Any] | None = None) -> Any:
    """What a process comes to, by whichever way it is run when nobody says."""
    given = inputs_of(api, process) if inputs is None else inputs
    return succeeded(api, process, execute(api, process, given))


def inputs_like(api: Api, wanted: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Process, input and schema of every input of a kind: object, bbox, binary, array, several."""
    for process, described in api.processes.items():
        for name, one in described.get("inputs", {}).items():
            if kind_of_input(one) == wanted:
                yield process, name, one["schema"]


def kind_of_input(described: dict[str, Any]) -> str:
    """What an input is, as the standard tells them apart."""
    schema = described["schema"]
    if described.get("maxOccurs", 1) not in (0, 1):
        return "array"
    if "oneOf" in schema:
        return "several"
    if schema.get("contentEncoding") in ("base64", "binary") or schema.get("format") == "byte":
        return "binary"
    if schema.get("format") == "ogc-bbox" or "bbox" in schema.get("properties", {}):
        return "bbox"
    return "object" if schema.get("type") == "object" else "plain"


def is_document(document: dict[str, Any], outputs: set[str]) -> None:
    """A document has those outputs, an object among them marked as a value."""
    assert set(document) == outputs
    for value in document.values():
        if isinstance(value, dict) and "href" not in value and "bbox" not in value:
            is_shaped(value, QUALIFIED)
