"""Run a command beside a private PostGIS that is gone when the command ends.

Usage: python tests/postgis_cluster.py -- pytest ...

The command finds the database's URL in BLUEPRINT_TEST_POSTGIS; where that is set already, the
command runs on that database and no cluster is made. Debian's PostgreSQL and PostGIS are installed
if they are missing. The cluster listens on a free port of 127.0.0.1 and in a socket folder that its
owner alone can enter, and asks for a password on both. The URL's role is no superuser; it owns the
database and may create others, in which PostGIS is ready too.

A keeper process owns the server and its folder, and removes both when its standard input closes,
which happens on our death too, whatever killed us.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn

VARIABLE = "BLUEPRINT_TEST_POSTGIS"
NAME = "blueprint"  # of the role and of its database
PACKAGES = ("postgresql", "postgresql-postgis")
INSTALL = f"apt-get install --no-install-recommends {' '.join(PACKAGES)}"
START_SECONDS = 60
STOP_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
# Nothing of the caller's PG* variables or language reaches the server and its tools.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    # Nothing outlives the run, so nothing has to reach the disk.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A worker of it in a test's database would keep the test from dropping that.
    "autovacuum": "off",
    # Compiling a query takes longer than running it on test data.
    "jit": "off",
}

# Debian makes and starts a cluster for the first server it installs, unless told not to.
INSTALLER = """
set -e
export DEBIAN_FRONTEND=noninteractive
folder=/etc/postgresql-common/createcluster.d
mkdir -p "$folder"
trap 'rm -f "$folder/no-cluster.conf"; rmdir "$folder" 2>/dev/null || :' EXIT
echo 'create_main_cluster = false' >"$folder/no-cluster.conf"
apt-get update -q || :
apt-get install -y -q --no-install-recommends --no-upgrade -o DPkg::Lock::Timeout=300 "$@"
"""

# $1 the folder, $2 the server's programs, then the server's options.
KEEPER = """
folder=$1 programs=$2
shift 2
cd "$folder"
trap 'cd / && rm -rf "$folder"' EXIT
exec 3<&0 </dev/null
"$programs/initdb" --pgdata=data --username=postgres --pwfile=password \\
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null || exit
"$programs/postgres" -D data "$@" 3<&- &
server=$!
# Again and again, for a server that is just starting ignores it.
{ read -r _ <&3; while kill -QUIT "$server"; do sleep 0.1; done; } 2>/dev/null &
reader=$!
wait "$server"
kill "$reader" 2>/dev/null
"""

# Whatever a test creates from the template has PostGIS, which only a superuser could add.
PREPARE = """
create extension postgis;
create role {name} login createdb password '{password}';
create database {name} owner {name};
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: where its programs are, its port, and the superuser's password."""

    programs: Path
    port: int
    password: str

    def accepts(self) -> bool:
        """Tell whether the server lets clients in yet."""
        command = [str(self.programs / "pg_isready"), "--quiet", *self._address()]
        return subprocess.run(command, env=ENVIRONMENT, check=False).returncode == 0

    def execute(self, statements: str) -> None:
        """Run SQL in the template database, as the superuser."""
        command = [str(self.programs / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        ran = subprocess.run(
            [*command, *self._address(), "--username=postgres", "template1"],
            env=ENVIRONMENT | {"PGPASSWORD": self.password},
            input=statements,
            text=True,
            check=False,
        )
        if ran.returncode:
            fail("the database could not be made, as told above")

    def _address(self) -> list[str]:
        return ["--host=127.0.0.1", f"--port={self.port}"]


def main() -> NoReturn:
    """Run the command, and exit as it does."""
    command = sys.argv[2:] if sys.argv[1:2] == ["--"] else []
    if not command:
        fail("usage: python tests/postgis_cluster.py -- COMMAND ...")
    if not shutil.which(command[0]):
        fail(f"{command[0]} is not a command")
    if os.environ.get(VARIABLE):
        os.execvp(command[0], command)
    for number in STOP_SIGNALS:
        signal.signal(number, leave)
    programs = find_programs() or install_programs()
    with run_cluster(programs) as cluster:
        status = run_command(command, os.environ | {VARIABLE: create_database(cluster)})
    sys.exit(status)


def fail(message: str) -> NoReturn:
    """Say in one line what is wrong, and exit with 1."""
    sys.exit(f"postgis_cluster: {message}")


def leave(number: int, _frame: FrameType | None) -> NoReturn:
    """Unwind, and exit as one killed by the signal."""
    sys.exit(128 + number)


def find_programs() -> Path | None:
    """Find the programs of the newest server that has PostGIS."""
    servers = [server for server in Path("/usr/lib/postgresql").glob("*") if has_postgis(server)]
    newest = max(servers, key=lambda server: float(server.name), default=None)
    return newest and newest / "bin"


def has_postgis(server: Path) -> bool:
    """Tell whether a server is whole: its programs, PostGIS's library, and the SQL around it."""
    control = Path("/usr/share/postgresql", server.name, "extension", "postgis.control")
    library = next((server / "lib").glob("postgis-[0-9]*.so"), None)
    return (server / "bin" / "initdb").exists() and library is not None and control.exists()


def install_programs() -> Path:
    """Install Debian's packages, and no cluster with them."""
    installer = [*become_root(), "sh", "-c", INSTALLER, "sh", *PACKAGES]
    print(f"Installing {' and '.join(PACKAGES)}", flush=True)
    ran = subprocess.run(
        installer,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    programs = find_programs()
    if programs is None:
        print(ran.stdout, file=sys.stderr)
        fail(f"PostGIS could not be installed, as told above; as root: {INSTALL}")
    return programs


def become_root() -> list[str]:
    """Give the words before a command that needs root: none, or sudo's if it asks no password."""
    if not shutil.which("apt-get"):
        fail(f"PostGIS is missing; install it, or set {VARIABLE} to a database's URL")
    if os.geteuid() == 0:
        return []
    sudo = ["sudo", "-n"]
    asks = (
        not shutil.which("sudo")
        or subprocess.run([*sudo, "true"], stderr=subprocess.DEVNULL, check=False).returncode
    )
    if asks:
        fail(f"PostGIS is missing; as root: {INSTALL} (or set {VARIABLE} to a database's URL)")
    return sudo


@contextlib.contextmanager
def run_cluster(programs: Path) -> Iterator[Cluster]:
    """Start a server in a folder of its own; stop it and remove the folder on the way out."""
    cluster = Cluster(programs, free_port(), secrets.token_hex(16))
    # Not TMPDIR: a socket's path is short, and the server's user must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="postgis-", dir="/tmp"))
    with tempfile.TemporaryFile("w+") as log:
        keeper = None
        try:
            keeper = start_keeper(cluster, folder, log)
            wait_until_ready(cluster, keeper, log)
            yield cluster
        finally:
            if keeper is not None:
                stop_keeper(keeper)
            shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Find a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_keeper(cluster: Cluster, folder: Path, log: IO[str]) -> subprocess.Popen[bytes]:
    """Start the keeper as a user who isn't root, for PostgreSQL refuses to run as root."""
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(cluster.password)
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        for path in (password, folder):
            os.chown(path, account.pw_uid, account.pw_gid)
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    settings = SETTINGS | {"port": str(cluster.port), "unix_socket_directories": str(folder)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    return subprocess.Popen(
        ["sh", "-c", KEEPER, "keeper", folder, cluster.programs, *options],
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        start_new_session=True,  # a terminal's ^C stops the command, not the server under it
        **user,
    )


def wait_until_ready(cluster: Cluster, keeper: subprocess.Popen[bytes], log: IO[str]) -> None:
    """Return as soon as the server accepts clients; fail with its log if it won't."""
    deadline = time.monotonic() + START_SECONDS
    while not cluster.accepts():
        if keeper.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            print(log.read(), file=sys.stderr)
            fail("PostgreSQL did not start, as told above")
        time.sleep(0.05)


def stop_keeper(keeper: subprocess.Popen[bytes]) -> None:
    """Have the keeper take the server down and remove the folder; see that it did."""
    if keeper.stdin:
        keeper.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        keeper.wait(timeout=30)
    if keeper.returncode is None or keeper.returncode < 0:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(keeper.pid, signal.SIGQUIT)


def create_database(cluster: Cluster) -> str:
    """Create the tests' role and its database with PostGIS; give its URL."""
    password = secrets.token_hex(16)
    cluster.execute(PREPARE.format(name=NAME, password=password))
    return f"postgresql+psycopg://{NAME}:{password}@127.0.0.1:{cluster.port}/{NAME}"


def run_command(command: list[str], environment: dict[str, str]) -> int:
    """Run the command to its end, hand on signals to it, and give its exit status."""
    with subprocess.Popen(command, env=environment) as process:

        def hand_on(number: int, _frame: FrameType | None) -> None:
            # A terminal has sent its ^C to the command already.
            if number != signal.SIGINT or not sys.stdin.isatty():
                process.send_signal(number)

        for number in STOP_SIGNALS:
            signal.signal(number, hand_on)
        status = process.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    main()
