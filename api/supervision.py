"""Whole layers held against the rules on them: control totals, partitions, containment."""

from http import HTTPStatus

from fastapi import APIRouter

from api.catalogue import DayQuery
from api.deps import AsOfQuery, ClearanceDep, ServiceDep, SnapshotQuery
from api.problems import problems
from blueprint.supervise import supervise
from blueprint.supervision import Supervision

router = APIRouter(tags=["blueprint"])


@router.get("/supervision", responses=problems(HTTPStatus.NOT_FOUND))
def show_supervision(
    service: ServiceDep,
    clearance: ClearanceDep,
    day: DayQuery = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> Supervision:
    """What every rule on whole layers comes to; reckoned now, which takes a second or more."""
    return supervise(service, day=day, snapshot_id=snapshot, as_of=as_of, clearance=clearance)
