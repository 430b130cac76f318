"""Where a task finds its features, wherever it runs.

A task says where its features are and carries none of them. It is small, and another process or
machine opens them itself: a packed file, mapped into memory and shared by all who map it.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from conflict.packed import open_packed
from conflict.shapes import Shapes


class Source(Protocol):
    """What a task carries in place of features; it can be pickled and holds no secret."""

    def open(self) -> Shapes:
        """The features, from wherever they are."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A packed layer by its path; what lies there never changes."""

    path: Path

    def open(self) -> Shapes:
        """Map it, once in a process."""
        return _mapped(self.path)


@lru_cache(maxsize=32)
def _mapped(path: Path) -> Shapes:
    return open_packed(path).shapes
