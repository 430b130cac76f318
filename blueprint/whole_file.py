"""A file that is there whole or not at all: written beside its place and then moved there."""

import os
from pathlib import Path

from blueprint.errors import PlanningError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file; an older one of the name is replaced.

    Raises:
        PlanningError: its folder is not there.
    """
    if not path.parent.is_dir():
        message = f"{path}: its folder does not exist; make it first"
        raise PlanningError(message)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
