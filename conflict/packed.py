r"""The packed form of a layer version: one file of plain arrays, mapped into memory as it is.

The file: the magic `BLUEPRINT PACKED 1\n`, the length of the head as 8 bytes (little-endian), the
head as JSON, then the arrays, each at a multiple of 64 bytes from the start.
The head names every array
with its kind, its number of rows and columns, and where it begins. `Shapes` says what the arrays
are; `columns` are texts, each an array of UTF-8 bytes and one of offsets.

Opening reads the head alone. The system brings pages as they are asked for and keeps one copy for
all processes. A file is written beside its place and renamed: it is whole or absent, and what lies
under its name never changes.
"""

import json
import mmap
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from conflict.errors import UnusablePack
from conflict.shapes import ARRAYS, Shapes

_MAGIC = b"BLUEPRINT PACKED 1\n"
_STEP = 64


@dataclass(frozen=True, slots=True)
class Packed:
    """An opened layer version: its shapes and its texts, row by row."""

    shapes: Shapes
    arrays: Mapping[str, npt.NDArray[Any]]

    def column(self, name: str) -> pa.Array:
        """A column of texts, without a copy; rows as those of the shapes."""
        offsets, text = self.arrays[f"{name}.offsets"], self.arrays[f"{name}.text"]
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
        return pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)


def write_packed(path: Path, shapes: Shapes, columns: Mapping[str, pa.Array]) -> None:
    """Write a layer version; `columns` are texts as long as the shapes, without a null.

    Raises:
        OSError: the folder cannot be written, or its disk is full; nothing is left behind.
    """
    arrays: dict[str, npt.NDArray[Any]] = {name: shapes.arrays[name] for name in ARRAYS}
    arrays["widths"] = shapes.width_m
    for name, column in columns.items():
        wide = column.cast(pa.large_string())
        if isinstance(wide, pa.ChunkedArray):
            wide = pa.concat_arrays(wide.chunks) if wide.num_chunks else pa.array([], wide.type)
        _, offsets, text = wide.buffers()
        at = np.frombuffer(offsets, np.int64)[wide.offset : wide.offset + len(wide) + 1]
        first, last = (int(at[0]), int(at[-1])) if len(wide) else (0, 0)
        arrays[f"{name}.offsets"] = at - first if len(wide) else np.zeros(1, dtype=np.int64)
        arrays[f"{name}.text"] = np.frombuffer(text or b"", np.uint8)[first:last]
    head, places = _head(arrays)
    number, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(_MAGIC + len(head).to_bytes(8, "little") + head)
            for name, array in arrays.items():
                file.seek(places[name])
                file.write(np.ascontiguousarray(array).data)
            file.flush()
            os.fsync(file.fileno())
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def open_packed(path: Path) -> Packed:
    """Map a packed layer version.

    Raises:
        UnusablePack: it is missing, of another kind, or cut short; delete it and it is made anew.
    """
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        start = len(_MAGIC) + 8
        if data[: len(_MAGIC)] != _MAGIC:
            raise UnusablePack(f"{path.name}: is no packed layer; delete it")
        length = int.from_bytes(data[len(_MAGIC) : start], "little")
        head = json.loads(data[start : start + length])
        arrays = {name: _array(data, *place) for name, place in head.items()}
        shapes = Shapes({name: arrays[name] for name in ARRAYS}, arrays["widths"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path.name}: cannot be used ({error}); delete it, it is made anew"
        raise UnusablePack(message) from None
    return Packed(shapes, arrays)


def _head(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[bytes, dict[str, int]]:
    """The head and where each array begins: its length depends on the places, so it is padded."""
    at: dict[str, int] = {}
    room = -(-(200 + 120 * len(arrays)) // _STEP) * _STEP
    place = room
    for name, array in arrays.items():
        at[name] = place
        place += -(-array.nbytes // _STEP) * _STEP
    listed = {name: [a.dtype.str, list(a.shape), at[name]] for name, a in arrays.items()}
    text = json.dumps(listed, separators=(",", ":")).encode()
    return text.ljust(room - len(_MAGIC) - 8), at


def _array(data: mmap.mmap, kind: str, shape: list[int], at: int) -> npt.NDArray[Any]:
    count = int(np.prod(shape))
    return np.frombuffer(data, np.dtype(kind), count, at).reshape(shape)
