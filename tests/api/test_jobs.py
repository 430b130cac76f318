"""OGC API - Processes over both stores: what is asked for, how far it is, what it comes to."""

from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from blueprint.jobs import record as jobs
from blueprint.models import ConflictRunRow, SiteCheckRow
from blueprint.progress import Step
from blueprint.service_models import JobRow, UploadRow
from blueprint.work import processes, worker
from tests.blueprint.conftest import DAY, FAR, SITE

from .desk import KEEPER, OTHER, PLANNER, PUBLIC, Desk, feature, sites


def test_a_search_is_a_job_from_being_asked_for_to_its_result(desk: Desk):
    job = desk.ask("blueprint-conflicts", {"date": str(DAY)})
    here = f"/jobs/{job['jobID']}"
    assert (job["status"], job["progress"]) == ("accepted", 0)
    early = desk.get(f"{here}/results", 404)
    assert early["type"].endswith("/result-not-ready")
    desk.work()
    done = desk.get(here)
    assert (done["status"], done["progress"]) == ("successful", 100)
    assert done["created"] <= done["started"] <= done["finished"]
    result = desk.get(f"{here}/results")
    assert result["conflicts"] == desk.get("/conflicts")["matched"] == 1
    assert [one["jobID"] for one in desk.get("/jobs")["jobs"]] == [job["jobID"]]
    assert desk.get("/jobs?status=failed,running")["jobs"] == []


def test_who_asks_for_too_many_jobs_is_told_when_to_come_again(desk: Desk, monkeypatch):
    monkeypatch.setattr(worker, "MOST_OPEN_OF_ONE", 1)
    path, asked = "/processes/blueprint-conflicts/execution", {"inputs": {"date": str(DAY)}}
    desk.ask("blueprint-conflicts", {"date": str(DAY)})
    refused = desk.client.post(path, json=asked, headers={"Prefer": "respond-async"})
    assert refused.status_code == 429
    assert refused.json()["type"].endswith("/TooManyJobs")
    assert int(refused.headers["retry-after"]) > 0


def test_every_process_describes_itself_page_by_page(desk: Desk):
    page, found = desk.get("/processes?limit=2"), []
    while True:
        found += page["processes"]
        onward = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not onward:
            break
        page = desk.get(onward[0].removeprefix("http://testserver"))
    assert [one["id"] for one in found] == ["blueprint-conflicts", "ingest", "site-check"]
    for one in found:
        whole = desk.get(f"/processes/{one['id']}")
        assert whole.items() >= one.items()
        needed = {name for name, put in whole["inputs"].items() if put["minOccurs"]}
        assert needed == {"ingest": {"layer", "file"}, "site-check": {"sites"}}.get(
            one["id"], set()
        )
        assert all(put["schema"] for put in [*whole["inputs"].values(), *whole["outputs"].values()])
    at_once = {one["id"] for one in found if "sync-execute" in one["jobControlOptions"]}
    assert at_once == {"site-check"}


def test_a_batch_names_each_site_that_cannot_be_checked_and_checks_the_others(desk: Desk):
    line = {"type": "Feature", "properties": {}, "geometry": None}
    asked = sites(feature(SITE, name="甲"), line, feature(FAR, name="乙"), "rubbish")
    job = desk.ask("site-check", asked, response="document")
    desk.work()
    found = desk.get(f"/jobs/{job['jobID']}/results")["checks"]["value"]
    assert (found["checked"], found["failed"]) == (2, 2)
    assert [one["name"] for one in found["sites"]] == ["甲", "site 1", "乙", "site 3"]
    assert found["sites"][0]["verdict"] == "restricted"
    assert "site 3" in found["sites"][3]["error"]["detail"]
    at_once = desk.client.post("/processes/site-check/execution", json={"inputs": asked})
    assert at_once.status_code == 200
    assert [one["verdict"] for one in at_once.json()["sites"]] == [
        one["verdict"] for one in found["sites"]
    ]
    assert desk.made(SiteCheckRow) == 4
    assert desk.made(JobRow) == 1


def test_a_delivery_comes_by_an_upload_and_becomes_a_version_once(desk: Desk):
    content = desk.town.draw(FAR).read_bytes()
    sent = desk.client.post("/uploads?name=plan.gpkg", content=content)
    assert sent.status_code == 201, sent.text
    asked = {"layer": "plan", "file": sent.json()["id"], "effective": str(DAY)}
    job = desk.ask("ingest", asked)
    again = desk.ask("ingest", asked)
    desk.work()
    report = desk.get(f"/jobs/{job['jobID']}/results")
    assert (report["status"], report["version"], report["file"]) == ("taken", 1, "plan.gpkg")
    gone = desk.get(f"/jobs/{again['jobID']}/results", 404)
    assert gone["type"] == "about:blueprint/UnknownUpload"
    assert desk.made(UploadRow) == 0


def test_a_file_that_is_refused_may_be_asked_for_again(desk: Desk):
    sent = desk.client.post("/uploads?name=plan.gpkg", content=b"no such thing")
    asked = {"layer": "plan", "file": sent.json()["id"], "effective": str(DAY)}
    job = desk.ask("ingest", asked)
    desk.work()
    assert desk.get(f"/jobs/{job['jobID']}/results")["status"] == "refused"
    assert desk.get(f"/uploads/{sent.json()['id']}")["size"] == len(b"no such thing")


def test_what_is_delivered_is_for_keepers_and_leads_to_no_other_file(desk: Desk):
    desk.ask("ingest", {"layer": "plan", "file": "/etc/passwd"}, 404)
    desk.ask("ingest", {"layer": "plan", "file": {"href": "http://127.0.0.1/x"}}, 400)
    for name in ("../x.gpkg", "/etc/x", ".x", "a\\b.gpkg", "x.", "x" * 150):
        refused = desk.client.post("/uploads", params={"name": name}, content=b"x")
        assert refused.status_code == 400, name
    assert desk.client.post("/uploads?name=x.gpkg", content=b"").status_code == 400
    long = desk.client.post(f"/uploads?name={'红' * 96}.gpkg", content=b"x")
    assert "no plain file name" in long.json()["detail"], "no file system takes its 293 bytes"
    desk.caller = PUBLIC
    desk.ask("ingest", {"layer": "plan", "file": "up_1"}, 403)
    desk.ask("blueprint-conflicts", {}, 403)
    assert desk.client.post("/uploads?name=x.gpkg", content=b"x").status_code == 401
    desk.caller = PLANNER
    mine = desk.client.post("/uploads?name=x.gpkg", content=b"x").json()["id"]
    refused = desk.ask("ingest", {"layer": "plan", "file": mine}, 403)
    assert "planning" in refused["detail"]
    desk.caller = replace(PLANNER, role="officer", departments=frozenset({"planning"}))
    desk.ask("ingest", {"layer": "plan", "file": mine})


def test_a_job_is_its_callers_alone(desk: Desk):
    job = desk.ask("site-check", sites(feature(SITE)))
    theirs, desk.caller = f"/jobs/{job['jobID']}", OTHER
    assert desk.get("/jobs")["jobs"] == []
    for answer in (desk.client.get(theirs), desk.client.delete(theirs)):
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/no-such-job")
    desk.get(f"{theirs}/results", 404)
    desk.caller = KEEPER
    assert desk.get(theirs)["status"] == "accepted"


def test_who_does_not_say_who_they_are_has_a_job_by_its_id_and_no_list(desk: Desk):
    desk.caller = PUBLIC
    job = desk.ask("site-check", sites(feature(SITE)))["jobID"]
    assert desk.get("/jobs")["jobs"] == []
    assert desk.get(f"/jobs/{job}")["status"] == "accepted"
    desk.caller = KEEPER
    desk.get(f"/jobs/{job}", 404)


def test_a_dismissed_job_is_stopped_between_its_parts_and_leaves_nothing(desk: Desk, monkeypatch):
    monkeypatch.setattr(worker, "_REPORT_SECONDS", 0.0)
    job = desk.ask("site-check", sites(feature(SITE), feature(FAR)))
    here, tell, seen = f"/jobs/{job['jobID']}", worker._Follower.tell, []

    def dismissed_at_the_second(self: Any, step: Step) -> None:
        seen.append(step.done)
        if step.done == 1:
            assert desk.client.delete(here).json()["status"] == "dismissed"
        tell(self, step)

    monkeypatch.setattr(worker._Follower, "tell", dismissed_at_the_second)
    desk.work()
    assert seen == [0, 1]
    assert desk.get(here)["status"] == "dismissed"
    desk.get(f"{here}/results", 410)
    assert desk.made(SiteCheckRow) == 0


def test_a_search_that_was_dismissed_at_its_last_step_is_not_kept(desk: Desk, monkeypatch):
    job = desk.ask("blueprint-conflicts", {"date": str(DAY)})
    keep = processes.find_conflicts

    def dismissed_before_the_end(*args: Any, **options: Any) -> Any:
        desk.client.delete(f"/jobs/{job['jobID']}")
        return keep(*args, **options)

    monkeypatch.setattr(processes, "find_conflicts", dismissed_before_the_end)
    monkeypatch.setattr(worker._Follower, "tell", lambda *_: None)
    desk.work()
    assert desk.made(ConflictRunRow) == 0
    assert desk.get(f"/jobs/{job['jobID']}")["status"] == "dismissed"


def test_a_finished_job_that_is_dismissed_forgets_its_result(desk: Desk):
    job = desk.ask("site-check", sites(feature(SITE)))
    desk.work()
    here = f"/jobs/{job['jobID']}"
    assert desk.client.delete(here).json()["status"] == "dismissed"
    desk.get(f"{here}/results", 410)
    assert desk.made(SiteCheckRow) == 1


def test_a_worker_that_stops_puts_its_job_back_for_the_next_one(desk: Desk, monkeypatch):
    job = desk.ask("site-check", sites(feature(SITE), feature(FAR)))
    stop, tell = Event(), worker._Follower.tell

    def stopped(self: Any, step: Step) -> None:
        if step.done == 1:
            stop.set()
        tell(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(worker._Follower, "tell", stopped)
        worker.work(desk.town.service, stop)
    assert desk.get(f"/jobs/{job['jobID']}")["status"] == "accepted"
    assert desk.made(SiteCheckRow) == 0
    desk.work()
    assert desk.get(f"/jobs/{job['jobID']}")["status"] == "successful"
    assert desk.made(SiteCheckRow) == 2


def test_a_job_that_ended_its_workers_is_failed_and_not_tried_for_ever(desk: Desk):
    job = desk.ask("site-check", sites(feature(SITE)))["jobID"]
    with desk.town.service.database.write() as connection:
        for _ in range(jobs.MOST_ATTEMPTS):
            assert jobs.take_up(connection, job) is not None
        assert jobs.take_up(connection, job) is None
    assert desk.get(f"/jobs/{job}")["status"] == "failed"
    assert desk.get(f"/jobs/{job}/results", 500)["type"] == "about:blueprint/WorkerLost"


def test_a_worker_thought_dead_cannot_finish_what_another_has_taken_up(desk: Desk):
    job = desk.ask("site-check", sites(feature(SITE)))["jobID"]
    database = desk.town.service.database
    with database.write() as connection:
        slow = jobs.take_up(connection, job)
    with database.write() as connection:
        other = jobs.take_up(connection, job)
    with pytest.raises(jobs.JobIsOver), database.write() as connection:
        jobs.finish(connection, slow, {"sites": []})
    with database.write() as connection:
        jobs.finish(connection, other, {"snapshot": "s", "sites": []})
    assert desk.get(f"/jobs/{job}")["status"] == "successful"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"inputs": []}', b'{"inputs": {"sites": NaN}}', b"\xff\xfe", b"1" * 9000,
     b"[" * 200_000, b'{"inputs": {}, "subscriber": {"successUri": "http://127.0.0.1/"}}',
     b'{"inputs": {}, "response": "xml"}', b'{"inputs": {}, "outputs": {"none": {}}}',
     b'{"inputs": {}, "outputs": {"checks": {"transmissionMode": "reference"}}}'],
)  # fmt: skip
def test_rubbish_is_refused_in_one_line(desk: Desk, body: bytes):
    answer = desk.client.post("/processes/site-check/execution", content=body)
    assert answer.status_code == 400, answer.text
    assert "\n" not in answer.json()["detail"]


def test_too_much_is_refused_and_more_than_one_waits_for_goes_into_a_job(desk: Desk):
    here = "/processes/site-check/execution"
    assert desk.client.post(here, content=b" " * (11 << 20)).status_code == 413
    many = desk.client.post(here, json={"inputs": sites(*[0] * 21)})
    assert "respond-async" in many.json()["detail"]
    strange = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[["HUGE"]]]}}
    job = desk.ask("site-check", sites(*[0] * 40, strange))
    desk.work()
    assert desk.get(f"/jobs/{job['jobID']}/results")["failed"] == 41


@pytest.mark.parametrize(
    ("process", "inputs", "status", "says"),
    [
        ("none", {}, 404, "no such process"),
        ("site-check", {}, 400, "sites"),
        ("site-check", {"sites": {"type": "Feature"}}, 400, "FeatureCollection"),
        ("site-check", {"sites": {"type": "FeatureCollection", "features": []}}, 400, "1 to 500"),
        ("site-check", {"sites": {"type": "FeatureCollection", "features": [0] * 501}}, 400, "501"),
        ("blueprint-conflicts", {"snapshot": "2020-01-01.1"}, 404, "no such snapshot"),
        ("blueprint-conflicts", {"afresh": "maybe"}, 400, "afresh"),
        ("blueprint-conflicts", {"workers": 9}, 400, "workers"),
        ("blueprint-conflicts", {"snapshot": "a\x00"}, 400, "snapshot"),
        ("blueprint-conflicts", {"snapshot": "\ud800"}, 400, "snapshot"),
        ("site-check", {"sites": {"type": "FeatureCollection", "features": {}}}, 400, "sites"),
        ("ingest", {"layer": "nowhere", "file": "up_1"}, 404, "up_1"),
    ],
)
def test_what_could_not_be_done_is_refused_at_once(desk: Desk, process, inputs, status, says):
    assert says in desk.ask(process, inputs, status)["detail"]
    assert desk.made(JobRow) == 0
