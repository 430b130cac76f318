"""Workers: a job is done once, whatever becomes of those who do it."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from blueprint.access.caller import SCOPES, Caller
from blueprint.bootstrap import open_service
from blueprint.cli.app import app
from blueprint.errors import PlanningError, TooManyJobs
from blueprint.jobs import record as jobs
from blueprint.jobs.postgres import Patience, PostgresQueue
from blueprint.jobs.record import Job, find_job
from blueprint.keeping import keeping
from blueprint.models import AuditRow, ConflictRunRow
from blueprint.registry import now
from blueprint.service_models import JobRow
from blueprint.work import worker
from blueprint.work.processes import process_of
from layers import StoreUnavailable
from tests.blueprint.conftest import DAY, HALF, Town, exclusive_rule

KEEPER = Caller("keeper", "administrator", scopes=frozenset(SCOPES))
STUCK = Path(__file__).with_name("stuck_worker.py")


def ready(town: Town) -> Town:
    town.deliver("farmland", HALF)
    town.deliver("zone", HALF)
    town.publish(exclusive_rule("farmland", "zone"))
    return town


def ask(town: Town, **inputs: str) -> Job:
    process = process_of("blueprint-conflicts")
    return worker.ask_for_job(town.service, process, {"date": str(DAY), **inputs}, KEEPER)


def found(town: Town, job: Job) -> Job:
    with town.service.database.read() as connection:
        return find_job(connection, job.id, KEEPER)


def searches(town: Town) -> int:
    with town.service.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(ConflictRunRow)) or 0


def hasty(town: Town):
    """The town's service with a queue that gives a silent worker up after a second."""
    queue = PostgresQueue(town.service.database, Patience(0.2, 1.0, 0.2))
    return replace(town.service, queue=queue)


def test_a_job_whose_worker_was_killed_is_done_by_the_next_and_once(town_on_postgis: Town):
    town = ready(town_on_postgis)
    job = ask(town)
    store = town.service.database.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, STUCK, store], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        assert found(town, job).status == "running"
        process.kill()
    worker.work(hasty(town), Event(), drain=True)
    done = found(town, job)
    assert (done.status, done.attempt) == ("successful", 2)
    assert searches(town) == 1


def test_a_job_that_the_queue_lost_sight_of_is_handed_over_again(town_on_postgis: Town):
    town = ready(town_on_postgis)
    job = ask(town)
    with town.service.database.write() as connection:
        connection.execute(sa.text("DELETE FROM blueprint_queue.procrastinate_jobs"))
    worker.work(hasty(town), Event(), drain=True)
    assert found(town, job).status == "successful"


def test_a_job_left_running_by_a_server_that_is_gone_is_done_at_the_next_start(
    town_on_either: Town,
):
    town = ready(town_on_either)
    job = ask(town)
    with town.service.database.write() as connection:
        jobs.take_up(connection, job.id)
    worker.work(town.service, Event(), drain=True)
    done = found(town, job)
    assert (done.status, done.attempt, searches(town)) == ("successful", 2, 1)
    with town.service.database.read() as connection:
        searched = sa.select(AuditRow.actor).where(AuditRow.action == "conflicts")
        assert connection.scalars(searched).all() == [KEEPER.name]
    # the clock was set back meanwhile: nothing is kept for ever, and nothing forgotten too soon
    with town.service.database.write() as connection:
        jobs.forget_old(connection, timedelta(hours=1))
    assert found(town, job).status == "successful"
    with town.service.database.write() as connection:
        old = now() - timedelta(hours=2)
        connection.execute(sa.update(JobRow).values(finished_at=old))
        jobs.forget_old(connection, timedelta(hours=1))
        assert connection.scalar(sa.select(sa.func.count()).select_from(JobRow)) == 0


def test_of_two_workers_that_take_a_job_up_at_once_one_has_it(town_on_either: Town):
    town = ready(town_on_either)
    job, barrier = ask(town), Barrier(2)

    def turn(_: int) -> None:
        barrier.wait()
        worker.do_job(town.service, job.id, Event())

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(turn, range(2)))
    assert found(town, job).status == "successful"
    assert searches(town) == 1


def test_of_several_workers_on_an_embedded_store_one_works_and_then_another(town: Town):
    town = ready(town)
    asked = [ask(town) for _ in range(6)]
    stops = [Event(), Event(), Event()]

    def turn(stop: Event) -> None:
        with open_service(town.service.database.name) as service:
            worker.work(service, stop)

    def all_over(some: list[Job]) -> None:
        while any(found(town, job).status in jobs.OPEN for job in some):
            time.sleep(0.05)

    with ThreadPoolExecutor(3) as threads:
        turns = [threads.submit(turn, stop) for stop in stops]
        all_over(asked)
        for stop in stops[:2]:
            stop.set()
        asked.append(ask(town))
        all_over(asked)
        stops[2].set()
        for one in turns:
            one.result()
    ended = [found(town, job) for job in asked]
    assert {(job.status, job.attempt) for job in ended} == {("successful", 1)}
    assert searches(town) == len(asked)


def test_a_job_whose_snapshot_is_gone_fails_in_one_line(town: Town, monkeypatch):
    ready(town)
    monkeypatch.setattr("blueprint.work.processes._look_for_snapshot", lambda *_: None)
    job = worker.ask_for_job(
        town.service,
        replace(process_of("blueprint-conflicts"), look=lambda *_: None),
        {"snapshot": "2020-01-01.1"},
        KEEPER,
    )
    worker.work(town.service, Event(), drain=True)
    failed = found(town, job)
    assert failed.status == "failed"
    assert failed.outcome["kind"] == "UnknownSnapshot"
    assert "\n" not in failed.outcome["detail"]


def test_a_fault_fails_its_job_and_the_next_one_is_done(town: Town, monkeypatch):
    ready(town)
    first, second = ask(town), ask(town)
    search = worker._run

    def faulty(service, job: Job, stop: Event) -> None:
        if job.id == first.id:
            raise ZeroDivisionError
        search(service, job, stop)

    monkeypatch.setattr(worker, "_run", faulty)
    worker.work(town.service, Event(), drain=True)
    assert found(town, first).outcome["kind"] == "Fault"
    assert found(town, second).status == "successful"


def test_a_job_of_a_store_that_cannot_be_written_is_put_off_and_then_failed(
    town_on_either: Town, monkeypatch
):
    town, tried = ready(town_on_either), []
    job = ask(town)

    def full(_service, job: Job, _stop: Event) -> None:
        tried.append(job.attempt)
        raise StoreUnavailable("/srv/secret/path.gpkg: database or disk is full; make room")

    monkeypatch.setattr(worker, "_run", full)
    monkeypatch.setattr("blueprint.jobs.local._MEND_SECONDS", 0.0)
    service = hasty(town) if town.service.database.is_postgis else town.service
    worker.work(service, Event(), drain=True)
    assert tried == [1, 2, 3]
    failed = found(town, job)
    assert failed.status == "failed"
    assert "secret" not in failed.outcome["detail"]


def test_nobody_fills_the_queue_for_others(town: Town, monkeypatch):
    ready(town)
    monkeypatch.setattr(worker, "MOST_OPEN_OF_ONE", 1)
    ask(town)
    with pytest.raises(TooManyJobs, match="dismiss some"):
        ask(town)


def test_an_embedded_store_has_no_other_worker(town: Town, monkeypatch):
    monkeypatch.setenv("BLUEPRINT_STORE", town.service.database.name)
    ran = CliRunner().invoke(app, ["work"])
    assert isinstance(ran.exception, PlanningError)
    assert "blueprint serve" in str(ran.exception)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "9" * 30])
def test_what_is_kept_for_no_number_of_hours_is_refused(text: str, monkeypatch):
    monkeypatch.setenv("BLUEPRINT_KEEP_JOBS_HOURS", text)
    with pytest.raises(PlanningError, match="BLUEPRINT_KEEP_JOBS_HOURS"):
        keeping()
