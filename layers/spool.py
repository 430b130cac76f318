"""A table on disk while it is worked on: written batch by batch, read back by memory mapping.

A delivery may be larger than the memory that it is given. Its rows wait in an unnamed temporary
file, which is gone when nobody reads it any more, however the process ends.
"""

import mmap
import os
import tempfile
from types import TracebackType
from typing import Self
from weakref import WeakSet

import pyarrow as pa


class _Map(mmap.mmap):
    """A mapped file that can be remembered without being held."""


_maps: WeakSet[_Map] = WeakSet()


def mapped_table(descriptor: int) -> pa.Table:
    """The table in an open Arrow file, on disk; the file may be closed and removed meanwhile."""
    pages = _Map(descriptor, 0, prot=mmap.PROT_READ)
    _maps.add(pages)
    with pa.ipc.open_file(pa.BufferReader(pa.py_buffer(pages))) as file:
        table: pa.Table = file.read_all()
    return table


def let_go_of_pages() -> None:
    """Give back the memory that mapped tables take up for what was read of them.

    What is read again comes from the disk again, or from what the system still has of it.
    """
    for pages in tuple(_maps):
        pages.madvise(mmap.MADV_DONTNEED)


class Spool:
    """A file that takes batches of one schema and gives them back as a table."""

    def __init__(self, schema: pa.Schema) -> None:
        # without a name: nothing is left behind, whatever becomes of us
        self._file = tempfile.TemporaryFile(prefix="blueprint-spool-")  # noqa: SIM115 ours to close
        self._writer = pa.ipc.new_file(pa.PythonFile(self._file, "wb"), schema)
        self._schema = schema

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the spool's schema."""
        self._writer.write_batch(batch)

    def table(self) -> pa.Table:
        """Everything written, on disk still; to be called once, inside the `with` block."""
        self._writer.close()
        self._file.flush()
        if os.fstat(self._file.fileno()).st_size == 0:
            return self._schema.empty_table()
        return mapped_table(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()  # what is mapped stays readable
