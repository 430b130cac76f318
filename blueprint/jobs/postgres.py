"""The queue of a PostGIS store: procrastinate's tables, in a schema of their own (decision 35).

A worker tells by heartbeats that it lives. The jobs of one that went silent are handed to another;
so are jobs that the queue has lost sight of, after the database failed at the wrong moment.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from blueprint.queues import Do
from layers import Database, StoreUnavailable

if TYPE_CHECKING:
    from procrastinate import App

SCHEMA = "blueprint_queue"
_TASK, _QUEUE = "job", "jobs"
_PUT = sa.text(
    f"SELECT {SCHEMA}.procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, NULL, "
    f"jsonb_build_object('job_id', CAST(:job_id AS text)), NULL)]"
    f"::{SCHEMA}.procrastinate_job_to_defer_v1[])"
)
_LOST = sa.text(
    f"SELECT id FROM job WHERE status IN ('accepted', 'running') AND NOT EXISTS (SELECT FROM "  # noqa: S608 of ours alone
    f"{SCHEMA}.procrastinate_jobs q WHERE q.args ->> 'job_id' = job.id "
    "AND q.status IN ('todo', 'doing')) ORDER BY number FOR UPDATE OF job SKIP LOCKED"
)
_OPEN = sa.text("SELECT EXISTS (SELECT FROM job WHERE status IN ('accepted', 'running'))")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between two signs of life, until a silent worker is given up, and between looks."""

    beat: float = 5.0
    silence: float = 20.0
    look: float = 5.0


class PostgresQueue:
    """A queue that any number of processes work at."""

    def __init__(self, database: Database, patience: Patience | None = None) -> None:
        self._database, self._patience = database, patience or Patience()

    def put(self, connection: sa.Connection, job_id: str) -> None:
        """Hand a job over: it is there when the transaction commits, and no earlier."""
        connection.execute(_PUT, {"queue": _QUEUE, "task": _TASK, "job_id": job_id})

    def wake(self) -> None:
        """The database tells its workers itself."""

    def work(self, do: Do, stop: Event, *, drain: bool = False) -> None:
        """Do jobs one after the other until told to stop, or, to drain, until none is open."""
        from procrastinate.exceptions import ConnectorException

        while not stop.is_set():
            try:
                asyncio.run(self._work(do, stop, drain=drain))
            except (ConnectorException, psycopg.Error, StoreUnavailable, OSError) as problem:
                # the database is away: come back when it does
                _log.warning("the queue does not answer: %s", problem)
                stop.wait(self._patience.look)
            else:
                return

    async def _work(self, do: Do, stop: Event, *, drain: bool) -> None:
        # half a second to load: commands that only hand jobs over do without it
        from procrastinate import App, PsycopgConnector

        app = App(connector=PsycopgConnector(conninfo=self._address(), min_size=1, max_size=4))
        app.task(name=_TASK, queue=_QUEUE)(_task(do, stop))
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[_QUEUE],
                    install_signal_handlers=False,
                    update_heartbeat_interval=self._patience.beat,
                    stalled_worker_timeout=self._patience.silence,
                    fetch_job_polling_interval=self._patience.look,
                    delete_jobs="always",
                )
            )
            watch = asyncio.create_task(self._watch(app, stop, drain=drain))
            try:
                done, _ = await asyncio.wait({worker, watch}, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()
            finally:
                for one in (watch, worker):
                    one.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await one

    async def _watch(self, app: "App", stop: Event, *, drain: bool) -> None:
        """Hand on what a lost worker had; return when it is time to stop."""
        tick = min(0.2, self._patience.look)
        since = self._patience.look
        while not stop.is_set():
            if since >= self._patience.look:
                since = 0.0
                await self._recover(app)
            if drain and not await asyncio.to_thread(self._any_open):
                return
            await asyncio.sleep(tick)
            since += tick

    async def _recover(self, app: "App") -> None:
        manager = app.job_manager
        silence = self._patience.silence
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silence):
            _log.warning("job %s: its worker is gone; another one has it", job.task_kwargs)
            await manager.retry_job(job)
        await asyncio.to_thread(self._put_lost)

    def _put_lost(self) -> None:
        with self._database.write() as connection:
            for job_id in connection.scalars(_LOST).all():
                self.put(connection, job_id)

    def _any_open(self) -> bool:
        with self._database.read() as connection:
            return bool(connection.scalar(_OPEN))

    def _address(self) -> str:
        url = self._database.engine.url.set(drivername="postgresql")
        given = url.query.get("options", "")
        options = [given] if isinstance(given, str) else list(given)
        path = " ".join([*options, f"-csearch_path={SCHEMA}"]).strip()
        url = url.update_query_dict({"options": path})
        return url.render_as_string(hide_password=False)


def _task(do: Do, stop: Event) -> Do:
    def job(job_id: str) -> None:
        if not stop.is_set():
            do(job_id)

    return job
