"""`blueprint serve`: the API, on this machine alone unless callers can say who they are."""

import os
import resource
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from ipaddress import ip_address
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from blueprint.access.api_keys import PREFIX, is_any_usable
from blueprint.access.settings import LOCAL_KEY, access_from
from blueprint.bootstrap import open_service
from blueprint.cli.options import JsonOption
from blueprint.cli.terminal import err, out, print_json
from blueprint.errors import InvalidAccess

GRACE_SECONDS = 30
"""For how long requests that are being answered are waited for when the service is stopped."""
_PATIENCE_SECONDS = 60
"""How long a worker process may say nothing: on a machine with much to do it takes long to start,
and one that is ended for it, and started anew, never gets there."""

_METERS = "PROMETHEUS_MULTIPROC_DIR"


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    proxy: Annotated[
        str | None,
        typer.Option(help="Address of the proxy in front, whose word for a caller's is taken."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the API: on loopback to this machine; elsewhere only if callers can say who they are.

    On loopback an administrator's key is told, good for as long as this server runs.
    """
    import uvicorn

    from blueprint.calendars.calendar import work_calendar
    from blueprint.clock.law_file import clock_law
    from blueprint.logs import log_config
    from blueprint.work.worker_process import WorkerProcess

    access = access_from()
    # a file that is faulty is told now, and not to whoever asks first
    work_calendar()
    clock_law()
    loopback = _is_loopback(host)
    with open_service() as service:
        on_postgis = service.database.is_postgis
        if not loopback and access.issuer is None:
            with service.database.read() as connection:
                if not is_any_usable(connection):
                    raise InvalidAccess(
                        f"{host}: not a loopback address, and nobody could say who they are; set "
                        "BLUEPRINT_OIDC_ISSUER and BLUEPRINT_OIDC_AUDIENCE, or make a key by "
                        "`blueprint keys add`, or use 127.0.0.1"
                    )
    _allow_open_files()
    key = f"{PREFIX}local_{secrets.token_hex(32)}" if loopback else None
    os.environ.pop(LOCAL_KEY, None)
    if key is not None:
        # the workers are told the hash: an environment can be read by whoever is the same user
        os.environ[LOCAL_KEY] = sha256(key.encode()).hexdigest()
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if as_json:
        print_json({"serving": address, "docs": f"{address}/docs", "administrator_key": key})
    else:
        out.print(f"页面 the page: {address}/ · 接口 the API: {address}/docs", soft_wrap=True)
    if key is not None and not as_json:
        out.print(f"administrator, until this server ends: X-Api-Key: {key}", soft_wrap=True)
    beside = WorkerProcess(quiet=as_json) if on_postgis else nullcontext()
    with _room_for_meters(workers), beside:
        uvicorn.run(
            # the HTTP room stands above this one: it is named here, not imported
            "api.app:served_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=log_config(for_people=err.is_terminal),
            access_log=False,
            proxy_headers=proxy is not None,
            forwarded_allow_ips=proxy,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_worker_healthcheck=_PATIENCE_SECONDS,
        )


def _allow_open_files() -> None:
    """Have as many files open as the system lets us: each layer that checks read is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def _room_for_meters(workers: int) -> Iterator[None]:
    """A folder by which several workers count together, if none is named."""
    if workers == 1 or os.environ.get(_METERS):
        yield
        return
    with TemporaryDirectory(prefix="blueprint-meters-") as folder:
        os.environ[_METERS] = folder
        yield


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or (ip_address(host).is_loopback and "%" not in host)
    except ValueError:
        return False
