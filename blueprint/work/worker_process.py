"""The worker process beside a server on PostGIS: started, started again when it ends, stopped.

It hangs on a pipe of ours: when this process ends, however it does, the worker finds its standard
input closed and stops.
"""

import logging
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Self

_PATIENCE_SECONDS = 25.0
_AGAIN_SECONDS = 2.0
_log = logging.getLogger(__name__)


class WorkerProcess:
    """One `blueprint work` on the store that BLUEPRINT_STORE names, as long as the block lasts."""

    def __init__(self, *, quiet: bool = False) -> None:
        words = ["work", "--beside-server", *(["--json"] if quiet else [])]
        self._command = [sys.executable, "-m", "blueprint.cli.app", *words]
        self._output = subprocess.DEVNULL if quiet else None
        self._stop = Event()
        self._process = self._begin()
        self._thread = Thread(target=self._watch, name="worker watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._end()
        self._thread.join()
        # unless one was just started again
        self._end()

    def _end(self) -> None:
        process = self._process
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            # its job is taken up again at the next start
            process.kill()
            process.wait()

    def _begin(self) -> "subprocess.Popen[bytes]":
        # a group of its own: Ctrl-C is for the server, which then stops it in order
        return subprocess.Popen(  # noqa: S603 this program
            self._command, stdin=subprocess.PIPE, stdout=self._output, process_group=0
        )

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._process.wait()
            if self._stop.wait(_AGAIN_SECONDS):
                return
            _log.warning("the worker ended (%s); it is started again", self._process.returncode)
            self._process = self._begin()


def stop_when_closed(stop: Event, closed: Callable[[], object]) -> None:
    """Set `stop` when `closed`, which blocks until then, returns."""

    def wait() -> None:
        closed()
        stop.set()

    Thread(target=wait, name="parent watch", daemon=True).start()
