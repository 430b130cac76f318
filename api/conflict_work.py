"""Working on conflicts: what they add up to, and the steps by which one is settled."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import AsOfQuery, ClearanceDep, Day, PlainText, ServiceDep, SnapshotQuery
from api.problems import problems
from blueprint.conflicts.ledger import ConflictFile, Wish, take_step
from blueprint.conflicts.life import State
from blueprint.conflicts.register import totals_of_snapshot
from blueprint.conflicts.totals import ConflictTotals

router = APIRouter(tags=["conflicts"])


class StepWanted(BaseModel):
    """What is to become of a conflict, by which office; a state asks for what it needs."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[State, Field(description="the state that the step leads to")]
    by: Annotated[PlainText, Field(description="the office or role that takes it")]
    note: PlainText | None = None
    department: Annotated[
        PlainText | None, Field(description="assigned: to which department, its id")
    ] = None
    due: Annotated[Day | None, Field(description="assigned: by when it is due")] = None
    law: Annotated[PlainText | None, Field(description="exempted: on which law, its id")] = None
    article: PlainText | None = None
    until: Annotated[Day | None, Field(description="exempted: its last day")] = None

    def wish(self) -> Wish:
        """The same as the domain has it."""
        due: date | None = self.due
        return Wish(
            self.after,
            self.by,
            self.note,
            department=self.department,
            due=due,
            law=self.law,
            article=self.article,
            until=self.until,
        )


@router.get("/conflict-totals", responses=problems(HTTPStatus.NOT_FOUND))
def show_conflict_totals(
    service: ServiceDep,
    clearance: ClearanceDep,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> ConflictTotals:
    """What the conflicts of a search add up to: by rule, by pair of departments, by district."""
    return totals_of_snapshot(service, clearance, snapshot, as_of)


@router.post(
    "/conflicts/{conflict_id}/steps",
    status_code=HTTPStatus.CREATED,
    responses=problems(HTTPStatus.NOT_FOUND),
)
def take_conflict_step(
    service: ServiceDep, clearance: ClearanceDep, conflict_id: PlainText, wanted: StepWanted
) -> ConflictFile:
    """Assign a conflict, propose how to settle it, accept, exempt, or open it again."""
    return take_step(service, conflict_id, wanted.wish(), clearance)
