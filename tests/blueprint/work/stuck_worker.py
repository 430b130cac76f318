"""A worker process that says when it has a job at hand, and gets no further: STORE."""

import sys
from dataclasses import replace
from threading import Event

from blueprint.bootstrap import open_service
from blueprint.jobs.postgres import Patience, PostgresQueue
from blueprint.work import worker


def _stay(*_: object) -> None:
    print("at work", flush=True)  # noqa: T201
    Event().wait()


def main(store: str) -> None:
    worker._Follower.tell = _stay
    with open_service(store) as service:
        queue = PostgresQueue(service.database, Patience(0.2, 1.0, 0.2))
        worker.work(replace(service, queue=queue), Event())


if __name__ == "__main__":
    main(sys.argv[1])
