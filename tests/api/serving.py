"""The service as it is really run, and a PostGIS of one's own that may be taken down."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import shapely

from layers.crs import to_lonlat
from tests import postgis_cluster
from tests.blueprint.conftest import placed


@dataclass
class Served:
    """A running service: its address, its process, what it says at its start, and its log."""

    address: str
    process: subprocess.Popen[bytes]
    said: Path
    log: Path

    def answer(self, path: str) -> Any:
        """The JSON at a path."""
        answer = httpx2.get(f"{self.address}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def listens(self) -> bool:
        """Whether somebody who comes now is let in."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", int(self.address.rsplit(":", 1)[1]))) == 0


@contextlib.contextmanager
def served(store: str, folder: Path, *words: str) -> Iterator[Served]:
    """`blueprint serve` on a free port of loopback, ready to answer."""
    port = postgis_cluster.free_port()
    program = Path(sys.executable).with_name("blueprint")
    command = [program, "serve", "--port", str(port), *words]
    said, log = folder / f"serve-{port}.said", folder / f"serve-{port}.log"
    with said.open("wb") as out, log.open("wb") as err, subprocess.Popen(
        command, env=os.environ | {"BLUEPRINT_STORE": store}, stdout=out, stderr=err
    ) as process:  # fmt: skip
        service = Served(f"http://127.0.0.1:{port}", process, said, log)
        try:
            while not service.listens():
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield service
        finally:
            process.terminate()


def lonlat(wkt: str) -> dict[str, Any]:
    """A site of the town as a GeoJSON geometry."""
    (shape,) = to_lonlat(shapely.from_wkt([shapely.to_wkt(placed(wkt))]), "EPSG:4548")
    return shapely.geometry.mapping(shape)


@dataclass
class OwnServer:
    """A PostgreSQL server that a test may kill and start again."""

    folder: Path
    programs: Path
    port: int = field(default_factory=postgis_cluster.free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The database's URL."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        """Start one of PostgreSQL's programs as a user who isn't root."""
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return subprocess.Popen(
            [self.programs / program, *words], cwd="/", env=postgis_cluster.ENVIRONMENT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
        )  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it lets clients in."""
        # what it has confirmed outlives it, unlike on the cluster of the other tests
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        self.process = self.run("postgres", "-D", str(self.folder / "data"), *options)
        while True:
            assert self.process.poll() is None
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url):
                return
            time.sleep(0.05)

    def kill(self) -> None:
        """Take the server down at once; those who are connected are thrown out."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()


@contextlib.contextmanager
def own_server() -> Iterator[OwnServer]:
    """A server with PostGIS, gone after the block."""
    programs = postgis_cluster.find_programs()
    assert programs is not None
    # a socket's path is short, and the server's user must be able to enter
    with tempfile.TemporaryDirectory(prefix="postgis-", dir="/tmp") as folder:
        server = OwnServer(Path(folder), programs)
        made = server.run(
            "initdb", f"--pgdata={folder}/data", "--username=postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        assert made.wait() == 0
        try:
            server.start()
            yield server
        finally:
            server.kill()
