"""Overlaps of earlier searches, kept so that the next one looks only at what has changed.

A file holds the overlaps of two sides as one search found them (`overlaps`), and what tells each
feature of either side from all others and from what it was. It is named by what was asked: the
rule, the layers, the filters, the limits, and the versions of whatever computes. A later search of
other versions of the same layers starts from it (`conflict.again`), and adds what is new to it: the
newest rows, which say where the shapes lie, and the shapes that were not there. Once a file has
grown to twice what it was, it is written anew.

The file: parts, each an Arrow stream at a multiple of 64 bytes; then a JSON object that says where
they begin, the length of that in 8 bytes (little-endian), and in 4 the CRC-32 of all before it.

Files are a cache and nothing rests on them: one that is missing, damaged, or cannot be written
costs a search of everything. The folder is its owner's alone.
"""

import fcntl
import json
import logging
import mmap
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase, RawIOBase
from pathlib import Path
from typing import Any
from zlib import crc32

import pyarrow as pa
import shapely

from blueprint.overlaps import ROWS, SHAPES, Overlaps
from blueprint.values import text_hash
from conflict import Asked
from layers.table import canonical_json

FORMAT = 3
"""Raised whenever the same features would come to other overlaps, or be written otherwise."""
_SUM = 4
_LENGTH = 8
_STEP = 64
_MOST_GROWN = 2
_IDENTITY = pa.schema([("identity", pa.large_string())])

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a search found: its run, its overlaps, and an identity for each row of either side.

    What was judged by another `judgement` may be other conflicts.
    """

    run_id: str
    judgement: str | None
    overlaps: Overlaps
    left: pa.Array
    right: pa.Array


@dataclass(frozen=True, slots=True)
class _Place:
    """The file that something was found in; it can be added to while it is still as it was."""

    inode: int
    size: int
    sum: int
    head: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept(Earlier):
    """What was found in a file."""

    place: _Place


class KeptOverlaps:
    """The overlaps of one store's searches; `folder` None: nowhere to keep them."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, name: str) -> Kept | None:
        """What the last search of that name found."""
        if self._folder is None:
            return None
        path = self._folder / name
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)  # nobody adds to it meanwhile
                try:
                    return _read(file)
                finally:  # closing would not do: what is mapped holds the file open
                    fcntl.flock(file, fcntl.LOCK_UN)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError):
            _log.warning("%s: is damaged; everything is searched", path)
            return None

    def keep(self, name: str, found: Earlier, before: Kept | None = None) -> None:
        """Put what a search found in the place of what the last one did, `before`."""
        if self._folder is None:
            return
        path = self._folder / name
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if before is None or not _add(path, found, before):
                _write(path, found)
        except OSError as error:
            why = error.strerror or error
            _log.warning("%s: overlaps are not kept there: %s", self._folder, why)


def name_of(rule: str, left: Sequence[object], right: Sequence[object], asked: Asked) -> str:
    """The name of a search: rule; layer, filter, classes of either side; what is asked; by whom."""
    engine = [FORMAT, shapely.__version__, shapely.geos_version_string]
    limits = [asked.crs, asked.min_area_m2, asked.min_width_m, asked.fights]
    content = {"rule": rule, "sides": [left, right], "asked": limits, "engine": engine}
    return text_hash(canonical_json(content))


def _read(file: BufferedIOBase) -> Kept:
    """The newest that a file has.

    Raises:
        ValueError, KeyError, TypeError: it is not what was written.
    """
    status = os.fstat(file.fileno())
    if status.st_size < _SUM + _LENGTH:
        raise ValueError("cut short")
    whole = pa.py_buffer(mmap.mmap(file.fileno(), status.st_size, access=mmap.ACCESS_READ))
    end = whole.size - _SUM
    # against what disks do: nobody else may write here
    summed = crc32(whole.slice(0, end))
    if _in_bytes(summed) != whole.slice(end).to_pybytes():
        raise ValueError("not what was written")
    summed = crc32(whole.slice(end), summed)
    length = int.from_bytes(whole.slice(end - _LENGTH, _LENGTH).to_pybytes(), "little")
    head = json.loads(whole.slice(end - _LENGTH - length, length).to_pybytes())

    def part(at: int) -> pa.Table:
        return pa.ipc.open_stream(pa.BufferReader(whole.slice(at))).read_all()

    chunks = [c for at in head["shapes"] for c in part(at).column(0).chunks]
    shapes = pa.chunked_array(chunks, pa.large_binary())
    left, right = (part(head[side]).column(0).combine_chunks() for side in ("left", "right"))
    place = _Place(status.st_ino, status.st_size, summed, head)
    overlaps = Overlaps(part(head["rows"]), shapes)
    return Kept(head["run"], head["judgement"], overlaps, left, right, place)


class _Sink(RawIOBase):
    """What is written to a file, summed up as it passes."""

    def __init__(self, file: BufferedIOBase, at: int = 0, so_far: int = 0) -> None:
        super().__init__()
        self._file, self._at, self._sum = file, at, so_far

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._sum = crc32(data, self._sum)
        self._file.write(data)
        size = memoryview(data).nbytes
        self._at += size
        return size

    def part(self, schema: pa.Schema, tables: Any) -> int:
        """Write a part; where it begins."""
        self.write(bytes(-self._at % _STEP))
        at = self._at
        with pa.ipc.new_stream(self, schema) as stream:
            for table in tables:
                stream.write_table(table)
        return at

    def end(self, found: Earlier, rows: pa.Table, head: dict[str, Any]) -> None:
        """Write all that is no shape and not there yet, and the end."""
        parts = {"rows": self.part(ROWS, [rows])}
        for side, identities in (("left", found.left), ("right", found.right)):
            if side not in head:
                parts[side] = self.part(_IDENTITY, [_listed(identities)])
        self.close_with({"whole": self._at} | head | _told(found) | parts)

    def close_with(self, head: dict[str, Any]) -> None:
        """Write where everything is, and the end."""
        text = json.dumps(head).encode()
        self.write(text + len(text).to_bytes(_LENGTH, "little"))
        self.write(_in_bytes(self._sum))


def _add(path: Path, found: Earlier, before: Kept) -> bool:
    """Add what is new to the file; not if it is another by now, or has grown too much."""
    place = before.place
    if place.size > _MOST_GROWN * place.head["whole"]:
        return False
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        status = os.fstat(file.fileno())
        same = (status.st_ino, status.st_size) == (place.inode, place.size)
        if not same or path.stat().st_ino != place.inode:
            return False
        try:
            file.seek(place.size)
            sink = _Sink(file, place.size, place.sum)
            if found.overlaps is before.overlaps:  # nothing has changed but the run
                sink.close_with(place.head | _told(found))
            else:
                new = found.overlaps.shapes[len(before.overlaps.shapes) :]
                at = [sink.part(SHAPES, [pa.table([new], schema=SHAPES)])] if len(new) else []
                head = place.head | {"shapes": [*place.head["shapes"], *at]}
                for side in ("left", "right"):
                    if not getattr(found, side).equals(getattr(before, side)):
                        del head[side]
                sink.end(found, found.overlaps.rows, head)
            file.flush()
        except BaseException:
            with suppress(OSError):
                os.ftruncate(file.fileno(), place.size)
            raise
    return True


def _write(path: Path, found: Earlier) -> None:
    """Write a file of its own, with no shape that is nobody's."""
    number, half = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(number, "wb") as file:
            sink = _Sink(file)
            shapes = (pa.table([some], schema=SHAPES) for some in found.overlaps.wkb_in_place())
            at = sink.part(SHAPES, shapes)
            sink.end(found, found.overlaps.in_place.rows, {"shapes": [at]})
            file.flush()
        Path(half).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(half).unlink(missing_ok=True)
        raise


def _told(found: Earlier) -> dict[str, str | None]:
    return {"run": found.run_id, "judgement": found.judgement}


def _in_bytes(total: int) -> bytes:
    return total.to_bytes(_SUM, "little")


def _listed(identities: pa.Array) -> pa.Table:
    return pa.table([identities.cast(pa.large_string())], schema=_IDENTITY)
