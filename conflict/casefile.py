"""Case files: a pair of geometries that the overlay had trouble with, kept to be tried again.

Input: a `Case`. Output: one JSON text file named by the hash of what was asked: both geometries,
exactly, each method that was tried with what it said, the versions. `load_case` reads it back; the
tests replay every one under tests/cases/overlay, where the geometries may be WKT instead of WKB.

A case file holds geometry, perhaps of a restricted layer: files can be read by their owner alone, a
folder made here likewise, and where nothing may be kept there is no `CaseFolder` at all. Nothing
that goes wrong here is more than a number in `unkept`: keeping a case never stops an overlay.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock

import shapely
from shapely.geometry.base import BaseGeometry

_FORMAT = 1
_MOST_FILES = 1_000
_MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Try:
    """One method of the fallback chain and why its result was not taken; "" where it was."""

    method: str
    said: str


@dataclass(frozen=True, slots=True)
class Case:
    """What was asked of one pair; `expected_m2` is the area by other means, None if unknown."""

    left: BaseGeometry
    right: BaseGeometry
    dimension: int
    expected_m2: float | None = None
    tries: tuple[Try, ...] = ()
    operation: str = "intersection"

    @property
    def name(self) -> str:
        """The hash of the question: the same pair asked again is the same case."""
        digest = sha256(f"{self.operation} {self.dimension} ".encode())
        for side in (self.left, self.right):
            digest.update(shapely.to_wkb(side, byte_order=1))
        return digest.hexdigest()[:32]


def case_text(case: Case) -> str:
    """The case as the JSON text of its file."""
    document = {
        "format": _FORMAT,
        "operation": case.operation,
        "dimension": case.dimension,
        "expected_m2": case.expected_m2,
        "tries": [{"method": one.method, "said": one.said} for one in case.tries],
        "shapely": shapely.__version__,
        "geos": shapely.geos_version_string,
        "left": shapely.to_wkb(case.left, hex=True, byte_order=1),
        "right": shapely.to_wkb(case.right, hex=True, byte_order=1),
    }
    return json.dumps(document, indent=1) + "\n"


def load_case(path: Path) -> Case:
    """The case that a file holds.

    Raises:
        ValueError: the file is none, or of a format that is not known here.
    """
    document = json.loads(path.read_text("utf-8"))
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        message = f"{path.name}: is no case file of format {_FORMAT}"
        raise ValueError(message)
    return Case(
        left=_geometry(document["left"]),
        right=_geometry(document["right"]),
        dimension=int(document["dimension"]),
        expected_m2=document.get("expected_m2"),
        tries=tuple(Try(one["method"], one["said"]) for one in document.get("tries", [])),
        operation=document.get("operation", "intersection"),
    )


def _geometry(text: str) -> BaseGeometry:
    # hexadecimal WKB begins with its byte order, 00 or 01; WKT with a word
    return shapely.from_wkb(text) if text.startswith("0") else shapely.from_wkt(text)


@dataclass(slots=True)
class CaseFolder:
    """A folder that cases are kept in, up to a number of files and of bytes.

    Safe for threads; several processes may share one, and together exceed its bounds by one file
    each. A folder that is there already keeps its mode.
    """

    path: Path
    most_files: int = _MOST_FILES
    most_bytes: int = _MOST_BYTES
    unkept: int = field(default=0, init=False)
    _full: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def keep(self, case: Case) -> Path | None:
        """Keep a case and return its file; None: there is no room, or it cannot be written."""
        with self._lock:
            try:
                kept = None if self._full else self._keep(case)
            except (OSError, ValueError, TypeError, shapely.errors.ShapelyError):
                kept = None
            self.unkept += kept is None
            return kept

    def _keep(self, case: Case) -> Path | None:
        file = self.path / f"{case.name}.json"
        if file.exists():
            return file
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = case_text(case).encode()
        sizes = [entry.stat().st_size for entry in os.scandir(self.path)]
        if len(sizes) >= self.most_files:
            self._full = True  # looked for no more: a run may have many cases
            return None
        if sum(sizes) + len(text) > self.most_bytes:
            return None
        _write(file, text)
        return file


def _write(file: Path, text: bytes) -> None:
    """Whole or not at all, and for the owner's eyes from the first byte on."""
    half = file.with_name(f".{file.stem}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(half, flags, 0o600), "wb") as stream:
            stream.write(text)
        half.replace(file)
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
