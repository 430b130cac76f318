r"""The packed form of a layer version: one file of plain arrays, mapped into memory as it is.

The file: the magic `BLUEPRINT PACKED 2\n`, the SHA-256 of all that follows it as 32 bytes, the
length of the head as 8 bytes (little-endian), the head as JSON, then the arrays, each at a multiple
of 64 bytes from the start. The head names every array with its kind, its number of rows and
columns, and where it begins. `Shapes` says what the arrays are; `columns` are texts, each an array
of UTF-8 bytes and one of offsets.

Opening reads the head alone, unless the sum is to be compared (`whole`): arrays are trusted, a
damaged coordinate would be a wrong answer and a damaged offset worse. The system brings pages as
they are asked for and keeps one copy for all processes. A file is written beside its place and
renamed: it is whole or absent, and what lies under its name never changes.
"""

import hashlib
import json
import mmap
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from conflict.errors import UnusablePack
from conflict.shapes import ARRAYS, Shapes

_MAGIC = b"BLUEPRINT PACKED 2\n"
_SUM = 32
_HEAD_AT = len(_MAGIC) + _SUM + 8
_STEP = 64
_OFFSETS = ".offsets"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class Packed:
    """An opened layer version: its shapes and its texts, row by row; nothing is a copy."""

    shapes: Shapes
    columns: Mapping[str, pa.Array]


def write_packed(path: Path, shapes: Shapes, columns: Mapping[str, pa.Array]) -> None:
    """Write a layer version; `columns` are texts as long as the shapes, without a null.

    Raises:
        OSError: the folder cannot be written, or its disk is full; nothing is left behind.
    """
    arrays: dict[str, npt.NDArray[Any]] = {name: shapes.arrays[name] for name in ARRAYS}
    arrays["widths"] = shapes.width_m
    if shapes.classes is not None:
        arrays["classes"] = shapes.classes
    for name, column in columns.items():
        wide = column.cast(pa.large_string())
        if isinstance(wide, pa.ChunkedArray):
            wide = pa.concat_arrays(wide.chunks) if wide.num_chunks else pa.array([], wide.type)
        _, offsets, text = wide.buffers()
        at = np.frombuffer(offsets, np.int64)[wide.offset : wide.offset + len(wide) + 1]
        first, last = (int(at[0]), int(at[-1])) if len(wide) else (0, 0)
        arrays[name + _OFFSETS] = at - first if len(wide) else np.zeros(1, dtype=np.int64)
        arrays[f"{name}.text"] = np.frombuffer(text or b"", np.uint8)[first:last]
    head, places, end = _head(arrays)
    number, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w+b") as file:
            file.write(_MAGIC + bytes(_SUM) + len(head).to_bytes(8, "little") + head)
            for name, array in arrays.items():
                file.seek(places[name])
                file.write(np.ascontiguousarray(array).data)
            file.truncate(end)  # an array without a row may be the last
            found = _sum(file)
            file.seek(len(_MAGIC))
            file.write(found)
            file.flush()
            os.fsync(file.fileno())
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def open_packed(path: Path, *, whole: bool = False, private: bool = False) -> Packed:
    """Map a packed layer version.

    `whole` reads all of it once and compares the sum. `private` refuses what others may have put
    there: a link, a file of another user, one that others may write.

    Raises:
        UnusablePack: it is missing, of another kind, cut short, damaged or not ours; delete it and
            it is made anew.
    """
    try:
        with open(path, "rb", opener=_open_no_link if private else None) as file:
            if private:
                _refuse_a_strangers(os.fstat(file.fileno()))
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            if data[: len(_MAGIC)] != _MAGIC:
                raise UnusablePack(f"{path.name}: is no packed layer; delete it")
            if whole:
                _refuse_damaged(file, data[len(_MAGIC) : len(_MAGIC) + _SUM])
        length = int.from_bytes(data[_HEAD_AT - 8 : _HEAD_AT], "little")
        head = json.loads(data[_HEAD_AT : _HEAD_AT + length])
        arrays = {name: _array(data, *place) for name, place in head.items()}
        flat = {name: arrays[name] for name in ARRAYS}
        shapes = Shapes(flat, arrays["widths"], arrays.get("classes"))
        _refuse_unfit(arrays)
        texts = [name.removesuffix(_OFFSETS) for name in arrays if name.endswith(_OFFSETS)]
        columns = {name: _texts(arrays, name) for name in texts}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path.name}: cannot be used ({error}); delete it, it is made anew"
        raise UnusablePack(message) from None
    return Packed(shapes, columns)


def _texts(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> pa.Array:
    offsets, text = arrays[name + _OFFSETS], arrays[f"{name}.text"]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)


def _open_no_link(name: str, flags: int) -> int:
    return os.open(name, flags | _NO_LINK)


def _refuse_a_strangers(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is no plain file")
    if found.st_uid != os.geteuid():
        raise ValueError("it belongs to another user")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ValueError("others may write to it")


def _refuse_damaged(file: BufferedIOBase, written: bytes) -> None:
    if _sum(file) != written:
        raise ValueError("its content is not what was written")


def _sum(file: BufferedIOBase) -> bytes:
    """The SHA-256 of all that stands behind the sum; read, not mapped: it takes no memory."""
    file.seek(len(_MAGIC) + _SUM)
    return hashlib.file_digest(file, "sha256").digest()


def _refuse_unfit(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """See that the arrays fit each other: the kernel follows their offsets without a look."""
    n = len(arrays["dimension"])
    for outer, inner in (
        ("feature_start", len(arrays["part_start"]) - 1),
        ("part_start", len(arrays["ring_start"]) - 1),
        ("ring_start", len(arrays["xy"])),
        ("block_start", len(arrays["block_box"])),
        ("group_start", len(arrays["group_box"])),
        ("level_start", len(arrays["tree_box"])),
    ):
        if arrays[outer][-1] != inner:
            raise ValueError(f"{outer} ends at {arrays[outer][-1]}, not {inner}")
    wanted = {"boxes": n, "sizes": n, "widths": n, "tree_order": n, "feature_start": n + 1}
    if "classes" in arrays:
        wanted["classes"] = n
    for name, length in wanted.items():
        if len(arrays[name]) != length:
            raise ValueError(f"{name} has {len(arrays[name])} rows, not {length}")


def _head(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[bytes, dict[str, int], int]:
    """The head, where each array begins, and where the last one ends.

    The length of the head depends on the places, so it is padded.
    """
    at: dict[str, int] = {}
    room = -(-(200 + 120 * len(arrays)) // _STEP) * _STEP
    place = room
    for name, array in arrays.items():
        at[name] = place
        place += -(-array.nbytes // _STEP) * _STEP
    listed = {name: [a.dtype.str, list(a.shape), at[name]] for name, a in arrays.items()}
    text = json.dumps(listed, separators=(",", ":")).encode()
    return text.ljust(room - _HEAD_AT), at, place


def _array(data: mmap.mmap, kind: str, shape: list[int], at: int) -> npt.NDArray[Any]:
    count = int(np.prod(shape))
    return np.frombuffer(data, np.dtype(kind), count, at).reshape(shape)
