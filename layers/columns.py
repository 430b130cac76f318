"""Whole columns in the binary forms that databases take and give, without a loop over rows.

Databases speak of rows, the house of columns. What a row would take a microsecond for in Python is
done here for all of them at once: a binary COPY of PostgreSQL, blobs of a GeoPackage, and back,
columns that a query gave as one long text with the length of each value.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from layers.spool import let_go_of_pages

Ints = npt.NDArray[np.int64]
Made = TypeVar("Made")
_EWKB_SRID = 0x20000000
_BEHIND_THE_TYPE = 5
_TO_THE_END = 1 << 30


def ahead(tasks: Iterator[Callable[[], Made]], workers: int = 1) -> Iterator[Made]:
    """What the tasks make, in their order, the next ones made while the last one is used."""
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Made]] = deque()
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > workers:
                yield waiting.popleft().result()
                let_go_of_pages()
        while waiting:
            yield waiting.popleft().result()


def lengths(values: pa.Array) -> Ints:
    """How many bytes each value has."""
    return np.asarray(pc.binary_length(values).to_numpy(zero_copy_only=False), dtype=np.int64)


def fixed(records: npt.NDArray[np.void] | npt.NDArray[np.generic]) -> pa.Array:
    """Records of a fixed size, shape (n,), as binary values."""
    size = records.dtype.itemsize
    buffers = [None, pa.py_buffer(np.ascontiguousarray(records).tobytes())]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(size), len(records), buffers).cast(
        pa.binary()
    )


def joined(*parts: pa.Array | bytes) -> pa.Array:
    """Binary values side by side, row by row; bytes stand in every row."""
    scalars = [pa.scalar(part) if isinstance(part, bytes) else part for part in parts]
    return pc.binary_join_element_wise(*scalars, pa.scalar(b""))


def run_of(values: pa.Array) -> memoryview:
    """All bytes of a binary column, one value behind the other."""
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return memoryview(data)[ends[0] : ends[-1]] if len(values) else memoryview(b"")


def column_of(data: bytes, sizes: Ints, kind: pa.DataType) -> pa.Array:
    """The column whose values lie in `data` one behind the other, of `sizes` bytes each."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int32)
    np.cumsum(sizes, out=offsets[1:])
    return pa.Array.from_buffers(
        kind, len(sizes), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def counted(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Values of a binary COPY: the length, big-endian, and the bytes."""
    data = values.cast(pa.binary())
    return fixed(lengths(data).astype(">i4")), data


def ewkb(wkb: pa.Array, srid: int) -> tuple[pa.Array, pa.Array]:
    """WKB, little-endian, with its SRID, as a value of a binary COPY."""
    types = np.frombuffer(run_of(pc.binary_slice(wkb, 1, _BEHIND_THE_TYPE)), "<u4")
    head = np.zeros(len(wkb), dtype=[("order", "u1"), ("type", "<u4"), ("srid", "<u4")])
    head["order"], head["type"], head["srid"] = 1, types | _EWKB_SRID, srid
    body = pc.binary_slice(wkb, _BEHIND_THE_TYPE, _TO_THE_END)
    sizes = lengths(wkb) + 4
    return fixed(sizes.astype(">i4")), joined(fixed(head), body)


def same(*columns: pa.Array) -> pa.Array:
    """One key a row out of text columns, equal where all of them are; no text holds a NUL."""
    return pc.binary_join_element_wise(*columns, pa.scalar("\0", columns[0].type))
