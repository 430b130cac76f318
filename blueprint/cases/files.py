"""Cases (案卷): one application of a project for one stage, and the ledger of its steps.

Output: `CaseHead`, and `Step`s as they were added. What a step's document says belongs to whoever
adds it; a step is never changed or taken away.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from pydantic import BaseModel, Field

from blueprint.cases.models import CaseEntryRow, CaseRow
from blueprint.cases.projects import find_project
from blueprint.cases.stages import Stage
from blueprint.errors import NothingPublished, UnknownCase
from blueprint.registry import audit, current_catalogue, now
from blueprint.values import Value, document_text, text_hash


class CaseHead(Value):
    """Which project applies for what, since when."""

    id: str
    project_id: str
    stage: Stage
    application_date: date = Field(description="whose law the case is judged by")
    opened_at: datetime
    opened_by: str


class StepHead(Value):
    """One step of a case without what it says."""

    number: int
    at: datetime
    day: date
    who: str
    kind: str
    department: str | None
    sha256: str


class Step(StepHead):
    """One step of a case; `document` is the JSON text that `sha256` is over."""

    document: str


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step, on which day of the city's."""

    who: str
    day: date


def open_case(
    connection: sa.Connection, project_id: str, stage: Stage, who: str, day: date | None = None
) -> CaseHead:
    """Open a case of a project, for an application date, today's unless given.

    Raises:
        UnknownProject: there is none of that id.
    """
    find_project(connection, project_id)
    row = {
        "id": f"cs_{uuid4().hex[:20]}",
        "project_id": project_id,
        "stage": stage,
        "application_date": day or city_day(connection),
        # to the microsecond: they are listed in the order in which they came
        "opened_at": datetime.now(UTC),
        "opened_by": who,
    }
    connection.execute(sa.insert(CaseRow).values(row))
    audit(connection, "case open", str(row["id"]), f"{project_id}: {stage}")
    return CaseHead.model_validate(row)


def city_day(connection: sa.Connection) -> date:
    """The day it is in the city; in UTC while no catalogue says which city it is."""
    try:
        return current_catalogue(connection)[1].city.today()
    except NothingPublished:
        return now().date()


def find_case(connection: sa.Connection, case_id: str) -> CaseHead:
    """One case.

    Raises:
        UnknownCase: there is none of that id.
    """
    query = sa.select(CaseRow.__table__).where(CaseRow.id == case_id)
    row = connection.execute(query).mappings().first() if case_id.isprintable() else None
    if row is None:
        raise unknown_case(case_id)
    return CaseHead.model_validate(dict(row))


def unknown_case(case_id: str) -> UnknownCase:
    """The same words for a case that is not there and for one that is not the caller's."""
    return UnknownCase(f"{case_id}: no such case; `blueprint case list` has all")


def list_cases(connection: sa.Connection, project_id: str | None = None) -> list[CaseHead]:
    """Every case, or those of one project, the newest first."""
    query = sa.select(CaseRow.__table__).order_by(CaseRow.opened_at.desc(), CaseRow.id)
    if project_id is not None:
        query = query.where(CaseRow.project_id == project_id)
    return [CaseHead.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def add_step(
    connection: sa.Connection,
    case_id: str,
    kind: str,
    document: BaseModel,
    by: By,
    department: str | None = None,
) -> Step:
    """Add a step to a case, within the caller's transaction."""
    text = document_text(document)
    row = {
        "case_id": case_id,
        "at": now(),
        "day": by.day,
        "who": by.who,
        "kind": kind,
        "department": department,
        "document": text,
        "sha256": text_hash(text),
    }
    made = connection.execute(sa.insert(CaseEntryRow).values(row))
    number = made.inserted_primary_key
    assert number is not None
    # the log is a chain: by it the ledger's documents are sealed too
    audit(connection, f"case {kind}", case_id, f"{department or ''} sha256 {row['sha256']}".strip())
    del row["case_id"]
    return Step.model_validate({"number": number[0], **row})


def last_step(
    connection: sa.Connection, case_id: str, kind: str, department: str | None = None
) -> Step | None:
    """The newest step of a kind, of a department if one is named; None: there is none."""
    row = CaseEntryRow
    query = _steps().where(row.case_id == case_id, row.kind == kind)
    if department is not None:
        query = query.where(row.department == department)
    found = connection.execute(query.order_by(row.id.desc()).limit(1)).mappings().first()
    return None if found is None else Step.model_validate(dict(found))


def steps_of(connection: sa.Connection, case_id: str, *kinds: str) -> list[Step]:
    """The steps of a case, oldest first; of these kinds alone, if any are named."""
    row = CaseEntryRow
    query = _steps().where(row.case_id == case_id).order_by(row.id)
    if kinds:
        query = query.where(row.kind.in_(kinds))
    return [Step.model_validate(dict(found)) for found in connection.execute(query).mappings()]


def step_heads(connection: sa.Connection, case_id: str) -> list[StepHead]:
    """Every step of a case without what it says, oldest first: copies of findings are long."""
    row = CaseEntryRow
    columns = (row.at, row.day, row.who, row.kind, row.department, row.sha256)
    query = sa.select(row.id.label("number"), *columns).where(row.case_id == case_id)
    rows = connection.execute(query.order_by(row.id)).mappings()
    return [StepHead.model_validate(dict(found)) for found in rows]


def _steps() -> sa.Select[*tuple[Any, ...]]:
    row = CaseEntryRow
    return sa.select(
        row.id.label("number"),
        *(row.at, row.day, row.who, row.kind, row.department, row.document, row.sha256),
    )
