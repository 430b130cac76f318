"""OGC API - Processes, Part 1: what can be asked for, how it is described, what it comes to."""

import base64
import json
from typing import Any

import jsonschema

from tests.conformance.api import REL, Api, NotApplicable, kind_of, links_of
from tests.conformance.classes import PROCESSES, SPEC
from tests.conformance.registry import stands_for
from tests.conformance.running import (
    EXCEPTIONS,
    execute,
    inputs_like,
    inputs_of,
    is_document,
    job_of,
    made_up,
    qualified,
    run_by,
    runs,
    succeeded,
)
from tests.conformance.shapes import (
    CONFORMANCE,
    EXCEPTION,
    INPUT,
    LANDING,
    OUTPUT,
    PROCESS,
    PROCESS_LIST,
    RESULTS,
    STATUS,
    VALUE_SCHEMA,
    is_shaped,
)

ONE_OUTPUT = "no process has more than one output"
REFERENCE = {"transmissionMode": "reference"}
NO_REFERENCE = "no process gives an output by reference"


@stands_for(PROCESSES, "/conf/core/landingpage-op")
def test_the_landing_page_of_the_processes_lies_at_the_root(api: Api):
    assert kind_of(api.get("/", accept="application/json")) == "application/json"


@stands_for(PROCESSES, "/conf/core/landingpage-success")
def test_the_landing_page_leads_to_the_declaration_and_the_processes(api: Api):
    is_shaped(api.landing, LANDING)
    assert links_of(api.landing, "service-desc", "service-doc")
    for rel, shape in (("conformance", CONFORMANCE), ("processes", PROCESS_LIST)):
        links = links_of(api.landing, f"{REL}/{rel}")
        assert links, rel
        is_shaped(api.json(api.at(links[0]["href"], "/")), shape)


@stands_for(PROCESSES, "/conf/core/api-definition-op", "/conf/core/api-definition-success")
def test_the_description_of_the_api_lies_where_it_is_told_and_tells_of_the_processes(api: Api):
    links = [one for one in links_of(api.landing, "service-desc") if "json" in one.get("type", "")]
    assert links
    # the abstract test has it at /api, its requirement wherever the landing page leads
    for path in [api.at(one["href"], "/") for one in links] + ["/api"] * api.is_ours:
        document = api.get(path, accept="application/json").json()
        assert document["openapi"].startswith("3.")
        assert document["info"]["title"]
        assert api.operation("/processes") is not None


@stands_for(PROCESSES, "/conf/core/conformance-op")
def test_the_declaration_lies_where_the_relation_of_ogc_says(api: Api):
    links = links_of(api.landing, f"{REL}/conformance")
    assert links
    for path in ("/conformance", *(api.at(link["href"], "/") for link in links)):
        assert set(api.json(path)["conformsTo"]) == api.declared


@stands_for(PROCESSES, "/conf/core/conformance-success")
def test_the_declaration_names_the_core_of_processes(api: Api):
    document = api.json("/conformance")
    is_shaped(document, CONFORMANCE)
    assert f"{SPEC}/{PROCESSES}/conf/core" in document["conformsTo"]


@stands_for(PROCESSES, "/conf/core/http")
def test_processes_are_asked_over_http_1_1(api: Api):
    for path in ("/processes", "/jobs"):
        assert api.get(path).http_version == "HTTP/1.1"


@stands_for(PROCESSES, "/conf/core/process-list")
def test_the_processes_are_listed_at_their_fixed_place(api: Api):
    assert api.json("/processes")["processes"]


@stands_for(PROCESSES, "/conf/core/process-list-success")
def test_the_list_of_processes_is_what_its_schema_says(api: Api):
    is_shaped(api.json("/processes"), PROCESS_LIST)


@stands_for(PROCESSES, "/conf/core/pl-limit-definition")
def test_the_limit_of_the_list_of_processes_is_described_as_a_whole_number(api: Api):
    described = api.parameter("/processes", "limit")
    assert not described.get("required", False)
    assert described["schema"]["type"] == "integer"
    assert described["schema"].get("minimum", 1) >= 0


@stands_for(PROCESSES, "/conf/core/pl-limit-response")
def test_no_page_of_processes_is_longer_than_its_limit(api: Api):
    for limit in (1, 2):
        assert len(api.json("/processes", limit=limit)["processes"]) <= limit
    most = api.parameter("/processes", "limit")["schema"].get("maximum")
    if most is not None:
        assert len(api.json("/processes", limit=most)["processes"]) <= most


@stands_for(PROCESSES, "/conf/core/pl-links")
def test_the_list_of_processes_leads_to_itself_and_its_other_forms(api: Api):
    document = api.json("/processes")
    assert links_of(document, "self")
    if api.declares(f"{PROCESSES}/conf/html"):
        assert links_of(document, "alternate")


@stands_for(PROCESSES, "/conf/core/process-description")
def test_every_process_has_a_description_of_its_own(api: Api):
    for name, described in api.processes.items():
        assert described["id"] == name


@stands_for(
    PROCESSES,
    "/conf/core/process-description-success",
    "/conf/ogc-process-description/json-encoding",
)
def test_a_description_is_what_its_schema_says(api: Api):
    for described in api.processes.values():
        is_shaped(described, PROCESS)


@stands_for(PROCESSES, "/conf/ogc-process-description/inputs-def")
def test_every_input_is_described_as_its_schema_says(api: Api):
    for described in api.processes.values():
        for one in described.get("inputs", {}).values():
            is_shaped(one, INPUT)


def resolves(schema: Any, whole: Any) -> None:
    """Every reference in a schema leads to something within it."""
    for part in jsonschema_parts(schema):
        if "$ref" in part:
            there = whole
            for step in part["$ref"].removeprefix("#/").split("/"):
                assert step in there, part["$ref"]
                there = there[step]


def jsonschema_parts(node: Any) -> list[dict[str, Any]]:
    """Every object in a JSON document."""
    if isinstance(node, list):
        return [part for one in node for part in jsonschema_parts(one)]
    if isinstance(node, dict):
        return [node, *(part for one in node.values() for part in jsonschema_parts(one))]
    return []


def is_a_schema(schema: Any) -> None:
    """What says what a value may be is of the kind that the standard knows, and whole."""
    is_shaped(schema, VALUE_SCHEMA)
    resolves(schema, schema)


@stands_for(PROCESSES, "/conf/ogc-process-description/input-def")
def test_what_an_input_may_be_is_told_by_a_schema_that_is_whole(api: Api):
    for described in api.processes.values():
        for one in described.get("inputs", {}).values():
            is_a_schema(one["schema"])


@stands_for(PROCESSES, "/conf/ogc-process-description/outputs-def")
def test_every_output_is_described_as_its_schema_says(api: Api):
    for described in api.processes.values():
        assert described["outputs"]
        for one in described["outputs"].values():
            is_shaped(one, OUTPUT)


@stands_for(PROCESSES, "/conf/ogc-process-description/output-def")
def test_what_an_output_may_be_is_told_by_a_schema_that_is_whole(api: Api):
    for described in api.processes.values():
        for one in described["outputs"].values():
            is_a_schema(one["schema"])


@stands_for(PROCESSES, "/conf/ogc-process-description/input-mixed-type")
def test_an_input_of_several_kinds_tells_each_by_a_schema(api: Api):
    found = [schema for _, _, schema in inputs_like(api, "several")]
    if not found:
        raise NotApplicable("no input is of several kinds")
    for schema in found:
        for one in schema["oneOf"]:
            is_a_schema(one)


@stands_for(PROCESSES, "/conf/ogc-process-description/output-mixed-type")
def test_an_output_of_several_kinds_tells_each_by_a_schema(api: Api):
    schemas = [
        one["schema"]
        for described in api.processes.values()
        for one in described["outputs"].values()
    ]
    found = [schema for schema in schemas if "oneOf" in schema]
    if not found:
        raise NotApplicable("no output is of several kinds")
    for schema in found:
        for one in schema["oneOf"]:
            is_a_schema(one)


@stands_for(PROCESSES, "/conf/core/process-exception-no-such-process")
def test_a_process_that_is_not_there_is_told_by_the_type_of_the_standard(api: Api):
    is_refused_as(api, "/processes/no-such-process", "no-such-process")


def is_refused_as(api: Api, path: str, kind: str) -> None:
    document = api.get(path, 404, accept="application/json").json()
    is_shaped(document, EXCEPTION)
    assert document["type"] == f"{EXCEPTIONS}/{kind}"


@stands_for(PROCESSES, "/conf/json/definition")
def test_what_belongs_to_processes_is_had_as_json(api: Api):
    process = next(iter(api.processes))
    job = job_of(api, run_by(api, "async-execute")[0])
    for path in ("/", "/conformance", "/processes", f"/processes/{process}", f"/jobs/{job}"):
        assert kind_of(api.get(path, accept="application/json")) == "application/json"
    api.finished(job)


@stands_for(PROCESSES, "/conf/core/process-execute-op")
def test_every_process_is_run_by_a_post_to_its_execution(api: Api):
    for process in api.processes:
        runs(api, process)


@stands_for(PROCESSES, "/conf/core/process-execute-request")
def test_an_execute_request_may_say_which_outputs_are_wanted_and_how(api: Api):
    for process, described in api.processes.items():
        outputs = {name: {"transmissionMode": "value"} for name in described["outputs"]}
        answer = execute(api, process, inputs_of(api, process), outputs=outputs, response="raw")
        succeeded(api, process, answer)


@stands_for(PROCESSES, "/conf/core/process-execute-default-execution-mode")
def test_what_can_be_done_at_once_is_if_nobody_prefers_otherwise(api: Api):
    for process in api.processes:
        answer = execute(api, process, inputs_of(api, process))
        at_once = "sync-execute" in api.processes[process]["jobControlOptions"]
        assert answer.status_code == (200 if at_once else 201), process
        succeeded(api, process, answer)


@stands_for(PROCESSES, "/conf/core/process-execute-auto-execution-mode")
def test_what_can_be_done_later_only_is_a_job_whatever_is_preferred(api: Api):
    for process, described in api.processes.items():
        answer = execute(api, process, inputs_of(api, process), later=True)
        controls = set(described["jobControlOptions"]) - {"dismiss"}
        allowed = {("sync-execute",): {200}, ("async-execute",): {201}}
        assert answer.status_code in allowed.get(tuple(sorted(controls)), {200, 201}), process
        succeeded(api, process, answer)


@stands_for(PROCESSES, "/conf/core/process-execute-success-async")
def test_a_job_s_answer_says_where_it_is_and_how_far(api: Api):
    for process in run_by(api, "async-execute"):
        answer = execute(api, process, inputs_of(api, process), later=True)
        if answer.status_code == 201:
            is_shaped(answer.json(), STATUS)
            there = api.at(answer.headers["location"], "/")
            assert api.json(there)["jobID"] == answer.json()["jobID"]
            api.finished(answer.json()["jobID"])


@stands_for(PROCESSES, "/conf/core/process-execute-default-outputs")
def test_who_names_no_output_gets_all_of_them(api: Api):
    for process, described in api.processes.items():
        answer = execute(api, process, inputs_of(api, process), response="document")
        is_document(succeeded(api, process, answer), set(described["outputs"]))


@stands_for(PROCESSES, "/conf/core/process-execute-input-inline")
def test_inputs_are_given_by_value(api: Api):
    for process in api.processes:
        assert runs(api, process) is not None


@stands_for(PROCESSES, "/conf/core/process-execute-input-ref", "/conf/core/process-execute-inputs")
def test_inputs_are_given_by_reference(api: Api):
    for process in api.processes:
        given = inputs_of(api, process)
        assert given or not api.processes[process].get("inputs") or process not in api.inputs
        referred = {name: reference_to(value) for name, value in given.items()}
        by_value = runs(api, process)
        by_reference = runs(api, process, {**given, **referred})
        assert type(by_reference) is type(by_value)


def reference_to(value: Any) -> dict[str, str]:
    """A link to a value that has it in itself (RFC 2397): nothing has to be there to be fetched."""
    plain = value["value"] if isinstance(value, dict) and "value" in value else value
    encoded = base64.b64encode(json.dumps(plain).encode()).decode()
    return {"href": f"data:application/json;base64,{encoded}", "type": "application/json"}


@stands_for(PROCESSES, "/conf/core/process-execute-input-array")
def test_an_input_that_may_come_several_times_is_given_as_a_list(api: Api):
    found = list(inputs_like(api, "array"))
    if not found:
        raise NotApplicable("no input may come more than once")
    for process, name, schema in found:
        runs(api, process, inputs_of(api, process) | {name: [qualified(made_up(schema))]})


@stands_for(PROCESSES, "/conf/core/process-execute-input-inline-object")
def test_an_input_that_is_an_object_is_given_as_a_value(api: Api):
    found = list(inputs_like(api, "object"))
    if not found:
        raise NotApplicable("no input is an object")
    for process, name, schema in found:
        whole = {"value": made_up(schema), "mediaType": "application/json", "encoding": "UTF-8"}
        runs(api, process, inputs_of(api, process) | {name: whole})


def given_as_values(api: Api, kind: str, reason: str) -> None:
    """Inputs of a kind are given as values that say what they are."""
    found = list(inputs_like(api, kind))
    if not found:
        raise NotApplicable(reason)
    for process, name, schema in found:
        runs(api, process, inputs_of(api, process) | {name: {"value": made_up(schema)}})


@stands_for(PROCESSES, "/conf/core/process-execute-input-inline-mixed")
def test_an_input_of_several_kinds_is_given_as_a_value_of_one(api: Api):
    given_as_values(api, "several", "no input is of several kinds")


@stands_for(PROCESSES, "/conf/core/process-execute-input-inline-binary")
def test_a_binary_input_is_given_in_base64(api: Api):
    given_as_values(api, "binary", "no input is binary; files are brought by POST /uploads")


@stands_for(PROCESSES, "/conf/core/process-execute-input-inline-bbox")
def test_an_input_that_is_a_box_is_given_as_one(api: Api):
    given_as_values(api, "bbox", "no input is a box")


@stands_for(PROCESSES, "/conf/core/process-execute-input-validation")
def test_an_input_that_is_not_what_its_schema_says_is_refused_by_name(api: Api):
    tried = 0
    for process, described in api.processes.items():
        for name, one in described.get("inputs", {}).items():
            kind = one["schema"].get("type")
            if kind in ("object", "boolean", "integer", "number", "string"):
                value = 12345 if kind == "string" else "no such thing"
                answer = execute(api, process, inputs_of(api, process) | {name: value})
                assert 400 <= answer.status_code < 500, (process, name)
                is_shaped(answer.json(), EXCEPTION)
                assert name in answer.json()["detail"]
                tried += 1
    assert tried


@stands_for(PROCESSES, "/conf/core/process-execute-sync-raw-value-one")
def test_one_output_that_is_wanted_raw_comes_as_such(api: Api):
    for process in run_by(api, "sync-execute"):
        (first, schema) = next(iter(api.processes[process]["outputs"].items()))
        wanted = {first: {"transmissionMode": "value"}}
        answer = execute(api, process, inputs_of(api, process), outputs=wanted, response="raw")
        assert answer.status_code == 200, answer.text
        jsonschema.Draft202012Validator(plain_schema(schema["schema"])).validate(answer.json())


def plain_schema(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: what may be null says so by its type."""
    if isinstance(schema, list):
        return [plain_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    said = {name: plain_schema(one) for name, one in schema.items() if name != "nullable"}
    return {"anyOf": [said, {"type": "null"}]} if schema.get("nullable") is True else said


def several_outputs(api: Api, control: str) -> list[str]:
    found = [name for name in run_by(api, control) if len(api.processes[name]["outputs"]) > 1]
    if not found:
        raise NotApplicable(ONE_OUTPUT)
    return found


def by_reference(api: Api, control: str) -> list[str]:
    sent = {name: one.get("outputTransmission", ["value"]) for name, one in api.processes.items()}
    found = [name for name in run_by(api, control) if "reference" in sent[name]]
    if not found:
        raise NotApplicable(NO_REFERENCE)
    return found


@stands_for(PROCESSES, "/conf/core/process-execute-sync-raw-value-multi")
def test_several_outputs_that_are_wanted_raw_come_in_parts(api: Api):
    for process in several_outputs(api, "sync-execute"):
        answer = execute(api, process, inputs_of(api, process), response="raw")
        assert answer.status_code == 200
        assert kind_of(answer).startswith("multipart/")


@stands_for(PROCESSES, "/conf/core/process-execute-sync-raw-ref")
def test_an_output_that_is_wanted_by_reference_comes_as_a_link(api: Api):
    for process in by_reference(api, "sync-execute"):
        wanted = dict.fromkeys(api.processes[process]["outputs"], REFERENCE)
        answer = execute(api, process, inputs_of(api, process), outputs=wanted, response="raw")
        assert answer.status_code == 204
        assert "link" in answer.headers


@stands_for(PROCESSES, "/conf/core/process-execute-sync-raw-mixed-multi")
def test_outputs_by_value_and_by_reference_come_in_parts(api: Api):
    processes = set(several_outputs(api, "sync-execute")) & set(by_reference(api, "sync-execute"))
    for process in processes:
        wanted = mixed(api, process)
        answer = execute(api, process, inputs_of(api, process), outputs=wanted, response="raw")
        assert kind_of(answer).startswith("multipart/")


def mixed(api: Api, process: str) -> dict[str, dict[str, str]]:
    """A wish for the outputs of a process by value and by reference in turn."""
    modes = ("value", "reference")
    return {name: {"transmissionMode": modes[at % 2]}
            for at, name in enumerate(api.processes[process]["outputs"])}  # fmt: skip


@stands_for(PROCESSES, "/conf/core/process-execute-sync-document")
def test_a_document_has_every_output_by_its_name(api: Api):
    for process in run_by(api, "sync-execute"):
        answer = execute(api, process, inputs_of(api, process), response="document")
        assert kind_of(answer) == "application/json"
        is_shaped(answer.json(), RESULTS)
        is_document(answer.json(), set(api.processes[process]["outputs"]))


@stands_for(PROCESSES, "/conf/core/job-op", "/conf/core/job-success")
def test_how_far_a_job_is_is_told_as_its_schema_says(api: Api):
    for process in run_by(api, "async-execute"):
        job = job_of(api, process)
        status = api.json(f"/jobs/{job}")
        is_shaped(status, STATUS)
        assert status["jobID"] == job
        is_shaped(api.finished(job), STATUS)


@stands_for(PROCESSES, "/conf/core/job-exception-no-such-job")
def test_a_job_that_is_not_there_is_told_by_the_type_of_the_standard(api: Api):
    is_refused_as(api, "/jobs/no-such-job", "no-such-job")


@stands_for(PROCESSES, "/conf/core/job-results-exception-no-such-job")
def test_a_result_of_no_job_is_told_by_the_type_of_the_standard(api: Api):
    is_refused_as(api, "/jobs/no-such-job/results", "no-such-job")


@stands_for(PROCESSES, "/conf/core/job-results")
def test_a_job_that_is_over_gives_its_result(api: Api):
    for process in run_by(api, "async-execute"):
        job = job_of(api, process)
        assert api.finished(job)["status"] == "successful"
        links = links_of(api.json(f"/jobs/{job}"), f"{REL}/results")
        links.sort(key=lambda one: "json" not in one.get("type", "json"))
        assert links
        assert api.json(api.at(links[0]["href"], "/")) == api.json(f"/jobs/{job}/results")


@stands_for(PROCESSES, "/conf/core/job-results-sync")
def test_what_was_done_at_once_has_a_job_only_if_it_says_so(api: Api):
    monitors = 0
    for process in run_by(api, "sync-execute"):
        answer = execute(api, process, inputs_of(api, process))
        for link in answer.links.values():
            if link.get("rel") == "monitor":
                assert api.json(link["url"])["status"] == "successful"
                monitors += 1
    if not monitors:
        raise NotApplicable("what is done at once leaves no job")


@stands_for(PROCESSES, "/conf/core/job-results-async-raw-value-one")
def test_one_output_of_a_job_that_is_wanted_raw_comes_as_such(api: Api):
    for process in run_by(api, "async-execute"):
        (first, schema) = next(iter(api.processes[process]["outputs"].items()))
        job = job_of(api, process, outputs={first: {"transmissionMode": "value"}}, response="raw")
        api.finished(job)
        result = api.json(f"/jobs/{job}/results")
        jsonschema.Draft202012Validator(plain_schema(schema["schema"])).validate(result)


@stands_for(PROCESSES, "/conf/core/job-results-async-raw-value-multi")
def test_several_outputs_of_a_job_that_are_wanted_raw_come_in_parts(api: Api):
    for process in several_outputs(api, "async-execute"):
        job = job_of(api, process, response="raw")
        api.finished(job)
        assert kind_of(api.get(f"/jobs/{job}/results")).startswith("multipart/")


@stands_for(PROCESSES, "/conf/core/job-results-async-raw-ref")
def test_an_output_of_a_job_that_is_wanted_by_reference_comes_as_a_link(api: Api):
    for process in by_reference(api, "async-execute"):
        wanted = dict.fromkeys(api.processes[process]["outputs"], REFERENCE)
        job = job_of(api, process, outputs=wanted, response="raw")
        api.finished(job)
        assert "link" in api.get(f"/jobs/{job}/results", 204).headers


@stands_for(PROCESSES, "/conf/core/job-results-async-raw-mixed-multi")
def test_outputs_of_a_job_by_value_and_by_reference_come_in_parts(api: Api):
    processes = set(several_outputs(api, "async-execute")) & set(by_reference(api, "async-execute"))
    for process in processes:
        job = job_of(api, process, outputs=mixed(api, process), response="raw")
        api.finished(job)
        assert kind_of(api.get(f"/jobs/{job}/results")).startswith("multipart/")


@stands_for(PROCESSES, "/conf/core/job-results-async-document")
def test_a_job_s_document_has_every_output_by_its_name(api: Api):
    for process in run_by(api, "async-execute"):
        job = job_of(api, process, response="document")
        api.finished(job)
        document = api.json(f"/jobs/{job}/results")
        is_shaped(document, RESULTS)
        is_document(document, set(api.processes[process]["outputs"]))


@stands_for(PROCESSES, "/conf/core/job-results-exception-results-not-ready")
def test_a_result_that_is_not_there_yet_is_told_by_the_type_of_the_standard(api: Api):
    # jobs wait for each other, so that the last of a few is not done yet
    process = run_by(api, "async-execute")[0]
    jobs = [job_of(api, process) for _ in range(4)]
    answer = api.ask(f"/jobs/{jobs[-1]}/results", accept="application/json")
    if answer.status_code == 200:
        raise NotApplicable("every job is done before its result can be asked for")
    assert answer.status_code == 404
    is_shaped(answer.json(), EXCEPTION)
    assert answer.json()["type"] == f"{EXCEPTIONS}/result-not-ready"
    for job in jobs:
        api.finished(job)


@stands_for(PROCESSES, "/conf/core/job-results-failed")
def test_the_result_of_a_job_that_failed_is_the_problem_that_it_failed_by(api: Api):
    if not api.failing:
        raise NotApplicable("nothing is known that a job would fail by")
    job = api.failing()
    assert api.finished(job)["status"] == "failed"
    answer = api.ask(f"/jobs/{job}/results", accept="application/json")
    assert 400 <= answer.status_code < 600
    is_shaped(answer.json(), EXCEPTION)
    assert answer.json()["type"].rpartition("/")[2]
