"""Whose verdict a new snapshot changes is found out by a job, asked for as it is published.

Kept checks are judged if anybody wants to be told, cases always: those that differ are flagged.
"""

import sqlalchemy as sa

from blueprint.cases.models import CaseEntryRow
from blueprint.clearance import RESTRICTED
from blueprint.jobs import record as jobs
from blueprint.models import SnapshotRow
from blueprint.outbox import is_wanted
from blueprint.service import Service

SERVICE = "blueprint:service"
"""Whose jobs those are that nobody asked for."""

PROCESS = "verdicts"


def watch_verdicts(service: Service, connection: sa.Connection, snapshot_id: str) -> None:
    """Ask for the job, within the transaction that publishes, if there is anything to find out."""
    earlier = sa.select(SnapshotRow.id).where(SnapshotRow.id != snapshot_id)
    before = connection.scalar(earlier.order_by(SnapshotRow.ordinal.desc()).limit(1))
    wanted = is_wanted(connection, "verdict-would-differ") or has_cases(connection)
    if before is not None and wanted:
        asked = {"before": before, "after": snapshot_id}
        job = jobs.accept(connection, PROCESS, asked, SERVICE, RESTRICTED)
        service.queue.put(connection, job.id)


def has_cases(connection: sa.Connection) -> bool:
    """Whether any case was screened."""
    screened = sa.select(CaseEntryRow.id).where(CaseEntryRow.kind == "screening").limit(1)
    return connection.scalar(screened) is not None
