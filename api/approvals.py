"""Approvals (审批事项): which there are, and all that one asks for."""

from http import HTTPStatus

from fastapi import APIRouter

from api.deps import PlainText, ServiceDep
from api.materials import DayQuery
from api.problems import problems
from blueprint.approvals.kept import current_approvals
from blueprint.approvals.listing import ApprovalFile, ApprovalsList, approval_file, list_approvals
from blueprint.cases.stages import Stage
from blueprint.registry import current_catalogue

router = APIRouter(prefix="/approvals", tags=["approvals"])


@router.get("", responses=problems())
def list_all_approvals(
    service: ServiceDep, stage: Stage | None = None, day: DayQuery = None
) -> ApprovalsList:
    """The approvals of the pack that counts, with their limits as they stand on the day."""
    with service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
        on = day or catalogue.city.today()
        return list_approvals(current_approvals(connection), catalogue, on, stage)


@router.get("/{approval_id}", responses=problems(HTTPStatus.NOT_FOUND))
def show_approval(
    approval_id: PlainText, service: ServiceDep, day: DayQuery = None
) -> ApprovalFile:
    """One approval: when it is needed, on which law, which documents and fields it asks for."""
    with service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
        on = day or catalogue.city.today()
        return approval_file(current_approvals(connection), catalogue, approval_id, on)
