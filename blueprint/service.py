"""What every verb of the planning domain works on: one database and its layer store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from blueprint.kept_overlaps import KeptOverlaps
from blueprint.packed_layers import PackedLayers
from blueprint.queues import Queue
from blueprint.shelf import Shelf
from conflict.casefile import Case, CaseFolder
from layers import Database, LayerStore, UnreadableSource


@dataclass(frozen=True, slots=True)
class Service:
    """An open store, closed at the end of a `with` block; made by `blueprint.bootstrap` alone."""

    database: Database
    layers: LayerStore
    packed: PackedLayers
    overlaps: KeptOverlaps
    drawers: ThreadPoolExecutor
    """The few threads that draw tiles: in memory that a thread has had before it is faster."""
    reckoners: ThreadPoolExecutor
    """The few threads that judge sites, so that what a thread needs for it is made but once."""
    readers: ThreadPoolExecutor
    """The few threads that wait for sites' files to be read, so that no file holds up a judge."""
    tiles: Shelf[bytes]
    sources: Shelf[Any]
    """What `tiles` and `listed` of `blueprint.collections` have made, by digest."""
    pinned: Shelf[Any]
    """What the store says of versions that snapshots pin (`blueprint.around`)."""
    standing: Shelf[Any]
    """What is so for every site on a snapshot, by day and reader (`blueprint.checks.standing`)."""
    cases: CaseFolder | None
    """Where pairs without a credible overlay are kept; None: nowhere."""
    queue: Queue
    """What hands jobs to workers."""

    def close(self) -> None:
        """Give the database back."""
        self.drawers.shutdown(wait=False)
        self.reckoners.shutdown(wait=False)
        self.readers.shutdown(wait=False)
        self.database.close()

    def keep_case(self, case: Case) -> None:
        """Keep a pair that the overlay had trouble with; of public layers alone.

        A case is made to be passed on to whoever mends the engine.
        """
        if self.cases is not None:
            self.cases.keep(case)

    def refuse_own_file(self, file: Path) -> None:
        """See that a file to be read is not the store: GDAL would take our locks on it away.

        Raises:
            UnreadableSource: it is.
        """
        store = Path(self.database.name)
        if store.exists() and file.exists() and file.samefile(store):
            message = f"{file.name}: is the store itself; export the layer to a file of its own"
            raise UnreadableSource(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
