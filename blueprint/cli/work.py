"""The command of worker processes: `blueprint work`, on a PostGIS store as many as there are."""

import logging
import os
import signal
import sys
from functools import partial
from logging.config import dictConfig
from threading import Event
from typing import Annotated

import typer

from blueprint.bootstrap import open_service
from blueprint.cli.options import JsonOption
from blueprint.cli.terminal import err, out, print_json
from blueprint.errors import PlanningError


def work(
    drain: Annotated[
        bool, typer.Option("--drain", help="End when no job is left that is not over.")
    ] = False,
    beside_server: Annotated[
        bool, typer.Option("--beside-server", hidden=True, help="End when stdin is closed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Do the jobs that callers of the API asked for, until told to stop (Ctrl-C, SIGTERM).

    On a PostGIS store any number of processes may work. `blueprint serve` starts one. On a
    GeoPackage the server itself works, and no other process may.
    """
    from blueprint.logs import log_config
    from blueprint.work.worker import work as do_jobs
    from blueprint.work.worker_process import stop_when_closed

    stop = Event()
    with open_service() as service:
        if not service.database.is_postgis:
            message = (
                f"{service.database.name}: an embedded store's jobs are done by `blueprint serve` "
                "itself; start that"
            )
            raise PlanningError(message)
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        if beside_server:
            # not through sys.stdin, whose lock a thread would hold when the program ends
            stop_when_closed(stop, partial(os.read, 0, 1))
        level = "warning" if as_json else "info"
        dictConfig(log_config(level, for_people=err.is_terminal))
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        if as_json:
            print_json({"working": service.database.name})
        else:
            out.print(f"working on {service.database.name}", markup=False)
            sys.stdout.flush()
        do_jobs(service, stop, drain=drain)
