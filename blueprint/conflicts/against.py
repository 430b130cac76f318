"""A search for conflicts held against an earlier snapshot's.

The earlier search is the one that is kept; a snapshot that was never searched, or only for less
clearance, is searched first, for the same day.
"""

from collections.abc import Callable

from blueprint.clearance import Clearance
from blueprint.conflicts.difference import ConflictDifference, difference
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.kept_runs import choose_run, run_of
from blueprint.errors import NotSearched
from blueprint.registry import load_snapshot
from blueprint.service import Service

Search = Callable[[str], FoundConflicts]
"""Search the snapshot of an id, and keep what is found."""


def earlier_run(service: Service, snapshot_id: str, clearance: Clearance, search: Search) -> str:
    """The id of the kept search of a snapshot, or of one made now.

    Raises:
        UnknownSnapshot: there is no such snapshot.
    """
    try:
        with service.database.read() as connection:
            snapshot = load_snapshot(connection, snapshot_id)
            return choose_run(connection, snapshot, clearance).run_id
    except NotSearched:
        return search(snapshot_id).head.run_id


def changes_since(
    service: Service, then: str, now: FoundConflicts, clearance: Clearance
) -> ConflictDifference:
    """What became of the conflicts of an earlier search in one that was just kept."""
    with service.database.read() as connection:
        return difference(
            run_of(connection, then, clearance),
            run_of(connection, now.head.run_id, clearance),
        )
