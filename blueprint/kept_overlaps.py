"""Overlaps of earlier searches, kept so that the next one looks only at what has changed.

A file holds the overlaps of two sides as one search found them (`conflict.tasks.SCHEMA`), and what
tells each feature of either side from all others and from what it was. It is named by what was
asked: the layers, the filters, the limits, and the versions of whatever computes; the newest search
replaces it. A later search of other versions of the same layers starts from it (`conflict.again`).

Files are a cache and nothing rests on them: one that is missing, damaged, or cannot be written
costs a search of everything. The folder is its owner's alone.
"""

import logging
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import shapely

from blueprint.values import text_hash
from conflict import Asked
from layers.table import canonical_json

FORMAT = 2
"""Raised whenever the same features would come to other overlaps, or be written otherwise."""
_SUM = 32
_IDENTITY = pa.schema([("identity", pa.large_string())])

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a search found: its overlaps, and an identity for each row of either side."""

    overlaps: pa.Table
    left: pa.Array
    right: pa.Array


class KeptOverlaps:
    """The overlaps of one store's searches; `folder` None: nowhere to keep them."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, name: str) -> Earlier | None:
        """What the last search of that name found."""
        if self._folder is None:
            return None
        path = self._folder / name
        try:
            with pa.memory_map(str(path)) as file:
                whole = file.read_buffer()
        except OSError:
            return None
        if whole.size < _SUM or whole.slice(0, _SUM).to_pybytes() != _sum(whole.slice(_SUM)):
            _log.warning("%s: is damaged; everything is searched", path)
            return None
        parts = pa.BufferReader(whole.slice(_SUM))
        overlaps, left, right = (pa.ipc.open_stream(parts).read_all() for _ in range(3))
        return Earlier(overlaps, *(side.column(0).combine_chunks() for side in (left, right)))

    def keep(self, name: str, found: Earlier) -> None:
        """Put what a search found in the place of what the last one did."""
        if self._folder is None:
            return
        half = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, half = tempfile.mkstemp(dir=self._folder, prefix=".")
            with os.fdopen(number, "wb") as file:
                file.write(bytes(_SUM))
                for table in (found.overlaps, _listed(found.left), _listed(found.right)):
                    with pa.ipc.new_stream(file, table.schema) as stream:
                        stream.write_table(table)
                file.flush()
                with pa.memory_map(half) as written:
                    total = _sum(written.read_buffer().slice(_SUM))
                file.seek(0)
                file.write(total)
                file.flush()
                os.fsync(file.fileno())
            Path(half).replace(self._folder / name)
        except OSError as error:
            why = error.strerror or error
            _log.warning("%s: overlaps are not kept there: %s", self._folder, why)
            if half is not None:
                with suppress(OSError):
                    Path(half).unlink(missing_ok=True)


def name_of(left: Sequence[object], right: Sequence[object], asked: Asked) -> str:
    """The name of a search: sides as layer, filter and classes, what is asked, who computes."""
    engine = [FORMAT, shapely.__version__, shapely.geos_version_string]
    limits = [asked.crs, asked.min_area_m2, asked.min_width_m, asked.fights]
    return text_hash(canonical_json({"sides": [left, right], "asked": limits, "engine": engine}))


def _listed(identities: pa.Array) -> pa.Table:
    return pa.table([identities.cast(pa.large_string())], schema=_IDENTITY)


def _sum(content: pa.Buffer) -> bytes:
    return blake2b(content, digest_size=_SUM).digest()
