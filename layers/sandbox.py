"""Read a stranger's file in a process that can do nothing else, and take over the rows it found.

Input: a path, or a document in memory. Output: `Source`, whose rows lie in a file without a name,
mapped into memory: a million polygons cost this process no memory of its own.
Algorithm: `confined` runs beside this process from the first read on and makes a confined copy of
itself for each file. We hand the copy a socket and an open file, wait for its answer no longer than
the limits say, end it, and look at what it wrote as untrusted too.
"""

import atexit
import errno
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import pyarrow as pa

from layers import errors
from layers.errors import DataError, UnreadableSource
from layers.plain_files import require_plain_files
from layers.source import GEOMETRY, Source
from layers.spool import mapped_table

__all__ = ["Limits", "Sandbox", "sandbox"]

_READY = b"ready"
_LAUNCH = """
import sys, types
folder = sys.argv.pop(1)
sys.path.append(folder)
sys.modules["layers"] = package = types.ModuleType("layers")
package.__path__ = [folder + "/layers"]
sys.modules["geopandas"] = None
from layers.confined import main
main(*sys.argv[1:])
"""  # the package as such would load the store, and pyogrio all of pandas: a second, and not used
_LARGEST_ANSWER = 16 << 20
_AT_ONCE = 8
_LONGEST_TEXT = 1000
_MIB = 1 << 20
_PASSED_ON = ("GDAL_DATA", "LD_LIBRARY_PATH", "PATH", "PROJ_DATA", "PROJ_LIB", "TMPDIR", "TZ")
_ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # others reserve memory by the gigabyte
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_CONFIG_FILE": "",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OMP_NUM_THREADS": "1",  # a process with threads can't be copied safely
    "OPENBLAS_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "SHAPE_RESTORE_SHX": "NO",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take; a million polygons of 22 coordinates need a tenth of it."""

    memory_bytes: int = 2048 * _MIB
    cpu_seconds: int = 600
    file_bytes: int = 8192 * _MIB
    wall_seconds: float = 900.0

    def __str__(self) -> str:
        return (
            f"{self.memory_bytes // _MIB} MiB of memory, {self.cpu_seconds} s of computing, "
            f"{self.wall_seconds:g} s in all, {self.file_bytes // _MIB} MiB on disk"
        )


OVER_THE_WIRE = Limits(512 * _MIB, 30, 256 * _MIB, 60.0)
"""For a document of at most some megabytes, for whose answer somebody waits."""


class _Gone(Exception):
    """The process that makes the copies is not there any more."""


@dataclass(frozen=True, slots=True, eq=False)
class _Zygote:
    """The process of `confined`, the socket to it and the folder that it works in."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    folder: str

    def is_gone(self) -> bool:
        """Whether it ended: its socket closes before the copies end with it, and before a wait."""
        end = select.poll()
        end.register(self.control, 0)
        return bool(end.poll(0))

    def stop(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def forget(self) -> None:
        """In a fork of the service: the process is not ours to stop or to wait for."""
        self.control.close()
        self.process.returncode = 0


class Sandbox:
    """Reads files in confined processes; of threads and forks of this process any may ask.

    `readers` is the name of the module whose `read_file` and `read_document` are called there.
    """

    def __init__(self, readers: str = "layers.readers") -> None:
        self._readers = readers
        self._after_fork()
        _all.add(self)

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._zygote: _Zygote | None = None

    def forget(self) -> None:
        """Leave the process of our parent alone after a fork, and start our own when needed."""
        if self._zygote is not None:
            self._zygote.forget()
        self._after_fork()

    def close(self) -> None:
        """End the process; the next read starts a new one."""
        with self._lock:
            if self._zygote is not None:
                self._zygote.stop()
            self._zygote = None

    def start(self) -> None:
        """Start the process without waiting for it: it takes as long as a command's own imports."""

        def begin() -> None:
            with suppress(UnreadableSource):  # the first read says so
                self._started("")

        threading.Thread(target=begin, daemon=True).start()

    def read_file(
        self,
        path: Path,
        layer: str | None = None,
        encoding: str | None = None,
        limits: Limits | None = None,
    ) -> Source:
        """Read one layer of the file or folder at `path`, its companions included.

        Raises:
            UnreadableSource: refused by its reader, beyond the limits, or holding a link.
            AmbiguousSource: several layers and none named, or no layer of that name.
        """
        request = {
            "path": str(path.absolute()),
            "paths": [str(p) for p in require_plain_files(path.absolute())],
            "layer": layer,
            "encoding": encoding,
        }
        return self._read(path.name, request, b"", limits or Limits())

    def read_document(self, document: bytes, name: str, limits: Limits | None = None) -> Source:
        """Read GeoJSON that is in memory; `name` is for messages.

        Raises:
            UnreadableSource: refused by its reader, or beyond the limits.
        """
        request: dict[str, Any] = {"path": None, "paths": [], "name": name}
        return self._read(name, request, document, limits or OVER_THE_WIRE)

    def _read(self, name: str, request: dict[str, Any], document: bytes, limits: Limits) -> Source:
        for _ in range(2):
            zygote = self._started(name)
            try:
                with self._turn:
                    return _ask(zygote, name, request, document, limits)
            except _Gone:
                self._stopped(zygote)
        message = f"{name}: the process that reads files was ended twice; try again"
        raise UnreadableSource(message)

    def _started(self, name: str) -> _Zygote:
        with self._lock:
            if self._zygote is None:
                try:
                    self._zygote = _start(self._readers)
                except (OSError, _Gone) as error:
                    message = f"{name}: no process to read it could be started ({error})"
                    raise UnreadableSource(message) from None
            return self._zygote

    def _stopped(self, zygote: _Zygote) -> None:
        with self._lock:
            if self._zygote is zygote:
                zygote.stop()
                self._zygote = None


_all: weakref.WeakSet[Sandbox] = weakref.WeakSet()
sandbox = Sandbox()
"""The one that the house reads with."""


@atexit.register
def _close_all() -> None:
    for one in list(_all):
        one.close()


def _forget_all() -> None:
    for one in list(_all):
        one.forget()


os.register_at_fork(after_in_child=_forget_all)


def _start(readers: str) -> _Zygote:
    folder = tempfile.mkdtemp(prefix="blueprint-read-")
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    with theirs:
        process = subprocess.Popen(  # noqa: S603  our own module, with nothing of a file's
            [
                sys.executable,
                "-P",
                "-c",
                _LAUNCH,
                str(Path(__file__).parents[1]),
                str(theirs.fileno()),
                readers,
                folder,
            ],
            cwd="/",
            env=environment | _ENVIRONMENT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    zygote = _Zygote(process, control, folder)
    said = control.recv(1000)
    if said != _READY:
        zygote.stop()
        raise _Gone(said.decode() or "it ended at once")
    return zygote


def _ask(
    zygote: _Zygote, name: str, request: dict[str, Any], document: bytes, limits: Limits
) -> Source:
    try:
        folder = tempfile.mkdtemp(dir=zygote.folder)
    except FileNotFoundError:  # the process removes its folder when it ends
        raise _Gone from None
    with tempfile.TemporaryFile() as output:
        try:
            head = json.dumps({**request, "folder": folder, **asdict(limits)}).encode()
            answer = _answer(zygote, output, head + b"\n" + document, limits.wall_seconds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if "read" not in answer:
            _refuse(name, answer, limits)
        try:
            return _source(answer["read"], output)
        except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
            reason = one_line(f"{type(error).__name__}: {error}")
            message = f"{name}: its rows did not arrive whole ({reason}); deliver it again"
            raise UnreadableSource(message) from None


def _answer(zygote: _Zygote, output: BinaryIO, request: bytes, seconds: float) -> dict[str, Any]:
    """What the copy that is made for this request says; it is gone when this returns."""
    deadline = time.monotonic() + seconds
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            try:
                socket.send_fds(zygote.control, [b"r"], [theirs.fileno(), output.fileno()])
            except OSError:
                raise _Gone from None
        ours.settimeout(seconds)
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        if not fds:
            raise _Gone
        (pidfd,) = fds
        try:
            with suppress(BrokenPipeError):  # ended before it had read all: what it says tells why
                ours.sendall(request)
                ours.shutdown(socket.SHUT_WR)
            said = _received(ours, deadline)
        except TimeoutError:
            return {"limit": "time"}
        finally:
            _end(pidfd)
    if not said:
        if zygote.is_gone():
            raise _Gone
        # the copy has an alarm of its own, and we may be woken after it
        return {"limit": "time"} if time.monotonic() >= deadline else {"died": True}
    answer = json.loads(said)
    return answer if isinstance(answer, dict) else {"died": True}


def _received(connection: socket.socket, deadline: float) -> bytes:
    said = bytearray()
    while len(said) <= _LARGEST_ANSWER:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            part = connection.recv(1 << 16)
        except ConnectionResetError:
            break
        if not part:
            return bytes(said)
        said += part
    return b""


def _end(pidfd: int) -> None:
    """End the copy and wait until it is gone: nobody may change the rows under our eyes."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    ended = select.poll()  # not select(): a service has more files open than that can name
    ended.register(pidfd, select.POLLIN)
    ended.poll()
    os.close(pidfd)


def _refuse(name: str, answer: dict[str, Any], limits: Limits) -> NoReturn:
    match answer:
        case {"refused": [str(kind), str(text)]} if kind in errors.__dict__:
            error: type[DataError] = getattr(errors, kind)
            raise error(one_line(text))
        case {"limit": "disk"}:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), tempfile.gettempdir())
        case {"limit": str(which)}:
            message = (
                f"{name}: could not be read within the limits of memory, time or size ({which} ran "
                f"out; {limits}); deliver it in parts"
            )
        case {"failed": str(reason)}:
            message = (
                f"{name}: its reader failed ({one_line(reason)}); check the file, and tell whoever "
                "runs this service"
            )
        case _:
            message = (
                f"{name}: could not be read within the limits of memory, time or size, or it is "
                f"damaged: its reader was ended ({limits}); check it or deliver it in parts"
            )
    raise UnreadableSource(message)


def one_line(text: str) -> str:
    """A text from beyond as one line that a terminal and a page can show."""
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_TEXT])
    short = " ".join(plain.split())
    return short if len(short) <= _LONGEST_TEXT else short[:_LONGEST_TEXT] + "..."


def _source(said: dict[str, Any], output: BinaryIO) -> Source:
    """The rows as the copy wrote them, none believed unseen, and what it said of the file."""
    rows = mapped_table(output.fileno())
    rows.validate(full=True)
    if not pa.types.is_binary(rows.schema.field(GEOMETRY).type):
        message = "no column of geometries"
        raise TypeError(message)
    texts = {key: said[key] for key in ("name", "format", "layer", "crs", "encoding")}
    if not all(text is None or isinstance(text, str) for text in texts.values()):
        message = "a description that is none"
        raise TypeError(message)
    notes, preview = (tuple(str(text) for text in said[key]) for key in ("notes", "preview"))
    return Source(**texts, rows=rows, notes=notes, preview=preview)
