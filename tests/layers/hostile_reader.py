"""A reader that does what a stranger's file made it do: `layer` names the deed, `encoding` its aim.

It stands in for readers whose checks have a hole, inside the process that `layers.sandbox` starts.
"""

import ctypes
import os
import re
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import fiona
import pyarrow as pa
import pyogrio

from layers.description import Description, Sink
from layers.errors import AmbiguousSource

SQUARE = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))"


def read_document(document: bytes, name: str, sink: Sink) -> Description:
    sink(_batch("document"))
    return Description(name, "hostile", None, None, None)


def read_file(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    said = DEEDS[layer or "rows"](encoding or "", path, sink)
    sink(_batch(str(said)))
    return Description(path.name, "hostile", layer, None, None, (str(said),))


def _batch(text: str) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"said": [text], "geometry": [b"wkb"]})


def rows(aim: str, path: Path, sink: Sink) -> object:
    return aim


def open_with_pyogrio(aim: str, path: Path, sink: Sink) -> object:
    return pyogrio.read_arrow(aim or path)[1].to_pylist()


def open_with_fiona(aim: str, path: Path, sink: Sink) -> object:
    with fiona.open(aim or path) as layer:
        return [dict(feature["properties"]) for feature in layer]


def connect(aim: str, path: Path, sink: Sink) -> object:
    url = urlsplit(aim)
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return connection.recv(100)


def look(aim: str, path: Path, sink: Sink) -> object:
    return Path(aim).read_text()


def write(aim: str, path: Path, sink: Sink) -> object:
    return Path(aim).write_text("overwritten")


def keep_for_later(aim: str, path: Path, sink: Sink) -> object:
    Path(aim).write_text("left behind")
    return [file.name for file in Path().iterdir()]


def kill(aim: str, path: Path, sink: Sink) -> object:
    os.kill(int(aim), 9)
    return "killed"


def start_a_program(aim: str, path: Path, sink: Sink) -> object:
    os.execv("/bin/sh", ["sh", "-c", aim])  # noqa: S606


def multiply(aim: str, path: Path, sink: Sink) -> object:
    return os.fork()


def take_memory(aim: str, path: Path, sink: Sink) -> object:
    taken = []
    while True:
        taken.append(bytes(16 << 20))


def think_forever(aim: str, path: Path, sink: Sink) -> object:
    return re.match(r"(a+)+$", "a" * 64 + "b")


def sleep_forever(aim: str, path: Path, sink: Sink) -> object:
    time.sleep(1e6)
    return "awake"


def write_forever(aim: str, path: Path, sink: Sink) -> object:
    while True:
        sink(_batch("x" * (1 << 20)))


def crash(aim: str, path: Path, sink: Sink) -> object:
    return ctypes.string_at(0)


def give_up(aim: str, path: Path, sink: Sink) -> object:
    os._exit(int(aim))


def stumble(aim: str, path: Path, sink: Sink) -> object:
    raise KeyError(aim)


def refuse(aim: str, path: Path, sink: Sink) -> object:
    raise AmbiguousSource(aim)


def shout(aim: str, path: Path, sink: Sink) -> object:
    os.write(1, aim.encode())
    os.write(2, aim.encode())
    return aim


def send_no_geometry(aim: str, path: Path, sink: Sink) -> object:
    sink(pa.RecordBatch.from_pydict({"said": [aim]}))
    os._exit(0)


def who(aim: str, path: Path, sink: Sink) -> object:
    return os.getppid()


def wait_for_word(aim: str, path: Path, sink: Sink) -> object:
    while path.read_text() != "go":
        time.sleep(0.01)
    return "went"


DEEDS = {
    deed.__name__: deed
    for deed in (
        rows, open_with_pyogrio, open_with_fiona, connect, look, write, keep_for_later, kill,
        start_a_program, multiply, take_memory, think_forever, sleep_forever, write_forever, crash,
        give_up, stumble, refuse, shout, send_no_geometry, who, wait_for_word,
    )
}  # fmt: skip
