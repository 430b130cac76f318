"""How a worker learns that there is work: a queue, of which each kind of store has one.

The job itself lies in the store's own table (`blueprint.jobs.record`); a queue wakes workers up,
hands every job to one of them, and to another one if that was lost.
"""

from collections.abc import Callable
from threading import Event
from typing import Protocol

import sqlalchemy as sa

Do = Callable[[str], None]
"""Does the job of an id."""


class Queue(Protocol):
    """What each kind of queue does."""

    def put(self, connection: sa.Connection, job_id: str) -> None:
        """Hand a job over, in the transaction that enters it."""

    def wake(self) -> None:
        """Say that the transaction is committed."""

    def work(self, do: Do, stop: Event, *, drain: bool = False) -> None:
        """Do jobs one after the other until told to stop, or, to drain, until none is open."""
