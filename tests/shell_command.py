"""One command in a process that was forked for it; run by `shell`, which gives the names below."""

import os
import sys
from typing import Any

from blueprint.cli import terminal
from blueprint.cli.app import main


def command(words: list[str], environment: dict[str, str], folder: str, streams: list[Any]) -> None:
    """Be what the shell would have started."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream.detach(), number)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for console in (terminal.out, terminal.err):
        console.width = int(environment["COLUMNS"])
    sys.argv = words
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__command__":
    command(*given)  # type: ignore[name-defined]  # noqa: F821
