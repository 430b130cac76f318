"""A folder for what a search for conflicts finds, however much it is.

Input: overlaps as workers find them, in any order. Output: those of each search in the order of the
features on either side, so that the answer does not tell who worked on it; mapped, not loaded.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from blueprint.overlaps import ROWS, Overlaps
from conflict import SCHEMA as OVERLAPS


class Spool:
    """A folder that takes what is found as it comes, in any order, and gives it back in one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pa.ipc.RecordBatchFileWriter] = {}

    def add(self, search: str, found: pa.Table) -> None:
        """Take some overlaps of a search, as `conflict.tasks` has them.

        Raises:
            OSError: the folder's disk is full.
        """
        if search not in self._writers:
            self._writers[search] = pa.ipc.new_file(self._folder / f"{search}.raw", OVERLAPS)
        self._writers[search].write_table(found)

    def overlaps(self, search: str, known: Overlaps) -> Overlaps:
        """Those known and those found by a search, by left and right row; mapped into memory."""
        if search in self._writers:
            self._writers.pop(search).close()
            known = known.and_found(_mapped(self._folder / f"{search}.raw"))
        return known.with_rows(self.put(f"{search}.rows", ROWS, known.in_order()))

    def put(self, name: str, schema: pa.Schema, pieces: Iterable[pa.Table]) -> pa.Table:
        """A table that comes piece by piece, mapped into memory."""
        path = self._folder / f"{name}.arrow"
        with pa.ipc.new_file(path, schema) as out:
            for piece in pieces:
                out.write_table(piece)
        return _mapped(path)

    def split(
        self, names: tuple[str, str], schema: pa.Schema, pieces: Iterable[tuple[pa.Table, pa.Table]]
    ) -> tuple[pa.Table, pa.Table]:
        """Two tables that come together, piece by piece, mapped into memory."""
        one, other = (self._folder / f"{name}.arrow" for name in names)
        with pa.ipc.new_file(one, schema) as first, pa.ipc.new_file(other, schema) as second:
            for pair in pieces:
                first.write_table(pair[0])
                second.write_table(pair[1])
        return _mapped(one), _mapped(other)


def slices(table: pa.Table, at_once: int = 10_000) -> Iterator[pa.Table]:
    """A table some thousand rows at a time."""
    for start in range(0, table.num_rows, at_once):
        yield table.slice(start, at_once)


def _mapped(path: Path) -> pa.Table:
    """A table as it lies on disk; it holds the file open, so its name may go."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
