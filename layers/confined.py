"""The process that reads strangers' files: started once, then one confined copy of it per file.

`main(FD, READERS, FOLDER)`: FD is a socket to the service; each message on it brings two file
descriptors: a socket for one request, and the file that takes the rows. READERS is the module with
`read_file` and `read_document`. FOLDER holds a private folder per request.

Loading the drivers takes a second, a copy of a process that has them takes milliseconds. So:
1. Learn in a throw-away copy which drivers GDAL has; name all but `DRIVERS` in GDAL_SKIP.
2. Load GDAL, see that no other driver is there, and say so to the service.
3. For each request fork. The copy confines itself (`confinement`), reads, writes the rows as an
   Arrow file, answers in one line of JSON and ends.
4. End when the service ends, and remove FOLDER.
"""

import ctypes
import errno
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sysconfig
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from layers import confinement
from layers.description import Description
from layers.errors import DataError

DRIVERS = frozenset(
    {"DXF", "ESRI Shapefile", "FlatGeobuf", "GPKG", "GeoJSON", "GeoJSONSeq", "OpenFileGDB"}
)
"""The GDAL drivers that may be loaded: none reads what another file or a server holds."""

_READY = b"ready"
_WARM_UP = b'{"type": "Point", "coordinates": [0, 0]}'
_LIMITS: dict[int | None, str] = {
    errno.ENOMEM: "memory", errno.EFBIG: "file size", errno.ENOSPC: "disk", errno.EDQUOT: "disk",
}  # fmt: skip


def main(control_fd: str, readers: str, folder: str) -> None:
    """Serve requests until the service at the other end of the socket is gone."""
    confinement.cut_off_network()
    service = os.pidfd_open(os.getppid())
    try:
        with socket.socket(fileno=int(control_fd)) as control:
            _start(control, service, readers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(control: socket.socket, service: int, readers: str) -> None:
    try:
        load_drivers()
        module = importlib.import_module(readers)
        # what the first read loads and opens is then there for every copy
        module.read_document(_WARM_UP, "warm-up", lambda _: None)
    except Exception as error:  # noqa: BLE001  whatever it is, the service must learn of it
        control.sendall(f"{type(error).__name__}: {error}".encode()[:1000])
        return
    # nobody asks how a copy ended: the service sees it by the socket
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    control.sendall(_READY)
    _serve(control, service, module, _own_paths(module))


def _serve(control: socket.socket, service: int, module: Any, own: list[Path]) -> None:
    watched = select.poll()  # not select(): both may have numbers that it cannot name
    watched.register(control, select.POLLIN)
    watched.register(service, select.POLLIN)
    while True:
        ready = {number for number, _ in watched.poll()}
        if service in ready:  # a fork of the service may still hold the socket
            return
        message, fds, _, _ = socket.recv_fds(control, 16, 2)
        if not message:
            return
        try:
            if os.fork() == 0:
                control.close()  # by which others' requests come
                os.close(service)
                _copy(fds, module, own)
        except OSError:  # no process to be had; the service sees the socket close
            pass
        finally:
            for fd in fds:
                os.close(fd)


def _copy(fds: list[int], module: Any, own: list[Path]) -> None:
    """The copy's life; it never returns."""
    try:
        with socket.socket(fileno=fds[0]) as connection:
            answer_request(connection, fds[1], module, own)
    finally:
        os._exit(0)


def answer_request(connection: socket.socket, output: int, module: Any, own: list[Path]) -> None:
    """Read one request, confine this process, read the file, write its rows, answer.

    The request is a line of JSON; a document follows it where there is no path.
    """
    confinement.end_with_parent()
    pidfd = os.pidfd_open(os.getpid())  # by which the service can end us, and see us end
    socket.send_fds(connection, [b"p"], [pidfd])
    os.close(pidfd)
    head, _, document = _received(connection).partition(b"\n")
    request = json.loads(head)
    folder = Path(request["folder"])
    os.chdir(folder)
    tempfile.tempdir = os.environ["CPL_TMPDIR"] = str(folder)
    signal.setitimer(signal.ITIMER_REAL, request["wall_seconds"])
    confinement.limit(request["memory_bytes"], request["cpu_seconds"], request["file_bytes"])
    readable = [*map(Path, request["paths"]), *own]
    confinement.shut_in(readable, [folder, Path(os.devnull)])

    def read(sink: Callable[[pa.RecordBatch], None]) -> Description:
        if request["path"] is None:
            description = module.read_document(document, request["name"], sink)
        else:
            path = Path(request["path"])
            description = module.read_file(path, request["layer"], request["encoding"], sink)
        return description  # type: ignore[no-any-return]

    answer = _answer(read, output)
    connection.sendall(json.dumps(answer).encode())


def _received(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def _answer(
    read: Callable[[Callable[[pa.RecordBatch], None]], Description], output: int
) -> dict[str, object]:
    try:
        with os.fdopen(os.dup(output), "wb") as file:
            rows = _Rows(file)
            description = read(rows)
            rows.close()
    except DataError as error:
        return {"refused": [type(error).__name__, str(error)]}
    except Exception as error:  # noqa: BLE001  a reader's mistake is a refusal, not an outage
        return _why(error)
    return {"read": asdict(description)}


def _why(error: Exception) -> dict[str, object]:
    if isinstance(error, MemoryError):
        return {"limit": "memory"}
    number = error.errno if isinstance(error, OSError) else None
    if number in _LIMITS:
        return {"limit": _LIMITS[number]}
    return {"failed": f"{type(error).__name__}: {error}"}


class _Rows:
    """A sink that writes an Arrow file."""

    def __init__(self, file: Any) -> None:
        self._file = pa.PythonFile(file, "w")
        self._writer: pa.ipc.RecordBatchFileWriter | None = None

    def __call__(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._file, batch.schema)
        self._writer.write_batch(batch)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file.flush()


def load_drivers() -> None:
    """Load GDAL with the drivers in `DRIVERS` and no other.

    Raises:
        RuntimeError: GDAL loaded another one all the same.
    """
    unwanted = _in_a_copy(_drivers) - DRIVERS
    os.environ["GDAL_SKIP"] = ",".join(sorted(unwanted))
    if extra := _drivers() - DRIVERS:
        message = f"GDAL would not leave out its drivers {', '.join(sorted(extra))}"
        raise RuntimeError(message)


def _drivers() -> set[str]:
    """The drivers that GDAL registers, in each of the GDALs that our packages bring."""
    import fiona
    import pyogrio

    with fiona.Env() as environment:
        names = set(environment.drivers())
    names |= set(pyogrio.list_drivers())
    for path in _gdal_libraries():  # they list their vector drivers only, and not all
        library = ctypes.CDLL(path)
        library.GDALGetDriver.restype = ctypes.c_void_p
        library.GDALGetDriverShortName.argtypes = [ctypes.c_void_p]
        library.GDALGetDriverShortName.restype = ctypes.c_char_p
        for at in range(library.GDALGetDriverCount()):
            names.add(library.GDALGetDriverShortName(library.GDALGetDriver(at)).decode())
    return names


def _gdal_libraries() -> Iterable[str]:
    maps = Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    paths = {line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) == 6}
    return sorted(path for path in paths if Path(path).name.startswith("libgdal"))


def _in_a_copy(ask: Callable[[], set[str]]) -> set[str]:
    """What `ask` returns in a fork, which leaves nothing loaded in this process."""
    receiver, sender = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(sender, json.dumps(sorted(ask())).encode())  # well under a pipe's 64 KiB
        finally:
            os._exit(0)
    os.close(sender)
    with os.fdopen(receiver, "rb") as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return set(json.loads(text))


def _own_paths(module: Any) -> list[Path]:
    """Where Python, its packages and their data are: what a reader may still have to load."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    libraries = [sysconfig.get_path(name) for name in names]
    ours = [str(Path(__file__).parent), str(module.__file__)]
    data = [
        os.environ[name] for name in ("GDAL_DATA", "PROJ_DATA", "PROJ_LIB") if name in os.environ
    ]
    system = ["/usr/lib", "/lib", "/lib64"]
    return [Path(path) for path in dict.fromkeys([*libraries, *ours, *data, *system])]
