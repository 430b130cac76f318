"""The command as a user at a shell runs it, in a process of its own, without the second of a start.

A server that has loaded the program once forks for each command. Its process has the environment,
the folder, the standard streams and the exit code that the shell would give and be given; what is
not tried is the loading itself, for which `anew` starts the program as the shell does.
"""

import multiprocessing
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.reduction import DupFd
from pathlib import Path

_PROGRAM = Path(sys.executable).with_name("blueprint")
_LOADED = [
    "blueprint.cli.app",
    "blueprint.checks.check",
    "blueprint.conflicts.search",
    "blueprint.deliveries.ingest",
    "blueprint.snapshots",
    "blueprint.cli.tables",
    "blueprint.copy",
    "blueprint.diff",
    "blueprint.exports.shapes",
    "blueprint.exports.dossier",
    "blueprint.cli.demo",
]
_COMMAND = Path(__file__).with_name("shell_command.py")
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_LOADED)

Ran = subprocess.CompletedProcess[str]


def run(words: tuple[str, ...], environment: Mapping[str, str], folder: Path | None = None) -> Ran:
    """What `blueprint` and these words say and exit with."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        streams = [DupFd(file.fileno()) for file in (out, err)]
        given = ([str(_PROGRAM), *words], dict(environment), str(folder or Path.cwd()), streams)
        # run by its path: this package is not there for other programs to import
        child = _context.Process(
            target=runpy.run_path, args=(str(_COMMAND), {"given": given}, "__command__")
        )
        child.start()
        child.join()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    assert child.exitcode is not None
    return Ran([str(_PROGRAM), *words], child.exitcode, *said)


def anew(words: tuple[str, ...], environment: Mapping[str, str], folder: Path | None = None) -> Ran:
    """The same by a start of the program from nothing."""
    command = [_PROGRAM, *words]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
