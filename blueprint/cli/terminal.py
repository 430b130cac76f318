"""What the command line speaks through: answers on stdout, the rest in one line on stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from blueprint.errors import PlanningError
from blueprint.progress import Step
from conflict.errors import OverlayError
from layers.errors import DataError

out = Console()
err = Console(stderr=True, soft_wrap=True, highlight=False)

REFUSED, FAULT = 1, 70


def run(command: Callable[[], object]) -> None:
    """Run a command; what goes wrong is a line on stderr and an exit code, never a traceback.

    A rule pack with several mistakes has a line for each.
    """
    try:
        command()
    except PlanningError as error:
        for line in error.lines:
            say_error(line)
        sys.exit(REFUSED)
    except (DataError, OverlayError) as error:
        _leave("error", str(error), REFUSED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _leave("error", where + (error.strerror or str(error)), REFUSED)
    except Exception as error:
        if os.environ.get("BLUEPRINT_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}; run again with BLUEPRINT_DEBUG=1 and report it"
        _leave("fault", what, FAULT)


def say_error(text: str, kind: str = "error") -> None:
    """One line on stderr, whatever the text holds."""
    err.print(f"[bold red]{kind}[/] {escape(' '.join(text.split()))}")


def _leave(kind: str, text: str, code: int) -> None:
    say_error(text, kind)
    sys.exit(code)


def print_json(document: object) -> None:
    """One JSON document and nothing else on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on stderr, so that stdout stays clean; none where nobody watches."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as progress:
        yield progress


def follow(bar: Progress, title: str) -> Callable[[Step], None]:
    """A row of the bar that shows the steps of a piece of work."""
    row = bar.add_task(title, total=None)

    def show(step: Step) -> None:
        bar.update(
            row,
            completed=step.done,
            total=step.total or None,
            description=f"{title} {escape(step.what)}",
        )

    return show
