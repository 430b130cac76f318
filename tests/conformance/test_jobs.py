"""OGC API - Processes, Part 1: the list of jobs with its filters, and stopping a job."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conformance.api import Api, kind_of, links_of
from tests.conformance.classes import PROCESSES
from tests.conformance.registry import stands_for
from tests.conformance.running import job_of, run_by
from tests.conformance.shapes import JOB_LIST, STATUS, is_shaped

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
OVER = ("successful", "failed", "dismissed")


def some_jobs(api: Api) -> list[dict[str, Any]]:
    """The list of jobs, with one of each process in it that is over."""
    wanted = set(run_by(api, "async-execute"))
    there = {one["processID"] for one in api.json("/jobs")["jobs"] if one["status"] in OVER}
    for process in sorted(wanted - there):
        api.finished(job_of(api, process))
    jobs = api.json("/jobs")["jobs"]
    assert wanted <= {one["processID"] for one in jobs}
    return jobs


def found(api: Api, **asked: Any) -> set[str]:
    """The ids of the jobs that are listed with these parameters."""
    return {one["jobID"] for one in api.json("/jobs", **asked)["jobs"]}


def is_a_list_of(api: Api, name: str, kind: str) -> None:
    """A parameter of the list of jobs is no must, and a list of such values."""
    described = api.parameter("/jobs", name)
    assert not described.get("required", False)
    assert described["schema"]["type"] == "array"
    assert described["schema"]["items"]["type"] == kind


@stands_for(PROCESSES, "/conf/job-list/job-list-op")
def test_the_jobs_are_listed_at_their_fixed_place(api: Api):
    assert kind_of(api.get("/jobs", accept="application/json")) == "application/json"


@stands_for(PROCESSES, "/conf/job-list/job-list-success", "/conf/job-list/processID-mandatory")
def test_the_list_of_jobs_is_what_its_schema_says_and_names_each_process(api: Api):
    some_jobs(api)
    document = api.json("/jobs")
    is_shaped(document, JOB_LIST)
    assert {one["processID"] for one in document["jobs"]} <= set(api.processes)


@stands_for(PROCESSES, "/conf/job-list/links")
def test_the_list_of_jobs_leads_to_itself_and_its_other_forms(api: Api):
    document = api.json("/jobs")
    assert links_of(document, "self")
    if api.declares(f"{PROCESSES}/conf/html"):
        assert links_of(document, "alternate")


@stands_for(PROCESSES, "/conf/job-list/type-definition")
def test_the_type_of_jobs_is_described_as_a_list_of_texts(api: Api):
    is_a_list_of(api, "type", "string")


@stands_for(PROCESSES, "/conf/job-list/processID-definition")
def test_the_process_of_jobs_is_described_as_a_list_of_texts(api: Api):
    is_a_list_of(api, "processID", "string")


@stands_for(PROCESSES, "/conf/job-list/status-definition")
def test_the_status_of_jobs_is_described_as_a_list_of_texts(api: Api):
    is_a_list_of(api, "status", "string")


@stands_for(PROCESSES, "/conf/job-list/duration-definition")
def test_the_duration_of_jobs_is_described_as_a_list_of_numbers(api: Api):
    for name in ("minDuration", "maxDuration"):
        is_a_list_of(api, name, "integer")


@stands_for(PROCESSES, "/conf/job-list/datetime-definition")
def test_the_time_of_jobs_is_described_as_a_text(api: Api):
    described = api.parameter("/jobs", "datetime")
    assert not described.get("required", False)
    assert described["schema"]["type"] == "string"


@stands_for(PROCESSES, "/conf/job-list/limit-definition")
def test_the_limit_of_the_list_of_jobs_is_described_as_a_whole_number(api: Api):
    described = api.parameter("/jobs", "limit")
    assert not described.get("required", False)
    assert described["schema"]["type"] == "integer"


@stands_for(PROCESSES, "/conf/job-list/type-response")
def test_jobs_of_processes_are_listed_by_their_type(api: Api):
    there = {one["jobID"] for one in some_jobs(api)}
    assert found(api, type="process") == there
    assert {one["type"] for one in api.json("/jobs")["jobs"]} == {"process"}


@stands_for(PROCESSES, "/conf/job-list/processID-response")
def test_jobs_are_listed_by_their_processes(api: Api):
    jobs = some_jobs(api)
    by_process = {name: {one["jobID"] for one in jobs if one["processID"] == name}
                  for name in sorted({one["processID"] for one in jobs})}  # fmt: skip
    for name, ids in by_process.items():
        assert found(api, processID=name) == ids
    first, *rest = by_process
    for other in rest:
        assert found(api, processID=f"{first},{other}") == by_process[first] | by_process[other]


@stands_for(PROCESSES, "/conf/job-list/status-response")
def test_jobs_are_listed_by_their_statuses(api: Api):
    jobs = some_jobs(api)
    for statuses in (("successful",), ("failed", "dismissed"), OVER):
        meant = {one["jobID"] for one in jobs if one["status"] in statuses}
        assert found(api, status=",".join(statuses)) == meant


@stands_for(PROCESSES, "/conf/job-list/datetime-response")
def test_jobs_are_listed_by_when_they_were_asked_for(api: Api):
    jobs = some_jobs(api)
    times = sorted(datetime.fromisoformat(one["created"]) for one in jobs)
    hour = timedelta(hours=1)
    soon, before = ((moment + step).astimezone(UTC).strftime(_MOMENT)
                    for moment, step in ((times[-1], hour), (times[0], -hour)))  # fmt: skip
    everything = {one["jobID"] for one in jobs}
    assert found(api, datetime=f"{before}/{soon}") == everything
    assert found(api, datetime=f"{before}/..") == everything
    assert found(api, datetime=f"../{soon}") == everything
    assert found(api, datetime=f"/{before}") == set()
    assert found(api, datetime=f"{soon}/") == set()
    assert found(api, datetime=before) == set()
    between = times[len(times) // 2].replace(microsecond=0)
    since = {one["jobID"] for one in jobs if datetime.fromisoformat(one["created"]) >= between}
    assert found(api, datetime=f"{between.astimezone(UTC).strftime(_MOMENT)}/..") == since


@stands_for(PROCESSES, "/conf/job-list/duration-response")
def test_jobs_are_listed_by_how_long_they_took(api: Api):
    took = {one["jobID"]: seconds_of(one) for one in some_jobs(api) if one.get("finished")}
    assert took
    for low, high in ((0, None), (None, 3600), (0, 3600), (3600, None), (1, 2)):
        asked = {"minDuration": low, "maxDuration": high}
        listed = found(api, **{name: n for name, n in asked.items() if n is not None})
        for job in listed:
            assert (low or 0) <= took[job] <= (3600 if high is None else high)
        if (low or 0, high or 3600) == (0, 3600):
            assert listed == set(took)


def seconds_of(job: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(job[name]) for name in ("started", "finished"))
    return (end - start).total_seconds()


@stands_for(PROCESSES, "/conf/job-list/limit-response")
def test_no_page_of_jobs_is_longer_than_its_limit_and_the_pages_have_all(api: Api):
    everything = {one["jobID"] for one in some_jobs(api)}
    page, ids = api.json("/jobs", limit=2), []
    while True:
        assert len(page["jobs"]) <= 2
        ids += [one["jobID"] for one in page["jobs"]]
        onward = links_of(page, "next")
        if not onward:
            break
        page = api.json(api.at(onward[0]["href"], "/jobs"))
    assert len(ids) == len(set(ids))
    assert set(ids) == everything
    most = api.parameter("/jobs", "limit")["schema"].get("maximum")
    assert most is None or len(api.json("/jobs", limit=most)["jobs"]) <= most


@stands_for(PROCESSES, "/conf/dismiss/job-dismiss-op", "/conf/dismiss/job-dismiss-success")
def test_a_job_is_dismissed_by_delete(api: Api):
    for process in run_by(api, "async-execute"):
        job = job_of(api, process)
        answer = api.ask(f"/jobs/{job}", "DELETE", accept="application/json")
        assert answer.status_code == 200
        is_shaped(answer.json(), STATUS)
        assert (answer.json()["jobID"], answer.json()["status"]) == (job, "dismissed")
