"""A table on disk while it is worked on: written batch by batch, read back by memory mapping.

A delivery may be larger than the memory that it is given. Its rows wait in an unnamed temporary
file, which is gone when nobody reads it any more, however the process ends.
"""

import mmap
import os
import tempfile
from pathlib import Path
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
        self._descriptor, path = tempfile.mkstemp(prefix="blueprint-spool-")
        self._sink = pa.OSFile(path, "wb")
        Path(path).unlink()  # nothing is left behind, whatever becomes of us
        self._writer = pa.ipc.new_file(self._sink, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch of the spool's schema."""
        if batch.num_rows:
            self._writer.write_batch(batch)

    def table(self) -> pa.Table:
        """Everything written, on disk still; to be called once, inside the `with` block."""
        self._writer.close()
        self._sink.close()
        return mapped_table(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sink.close()
        os.close(self._descriptor)  # what is mapped stays readable
