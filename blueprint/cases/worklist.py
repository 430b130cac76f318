"""Lists of cases: for a department what is asked of it and due when, for staff where each stands.

Input: a caller, what is asked for, a day. Output: `CasePage` of the cases that the caller may see.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.cases.files import CaseHead, list_cases
from blueprint.cases.ledger import Ledger, ledgers_of
from blueprint.cases.outcome_documents import ReplyStatus
from blueprint.cases.projects import Project, projects_by_id
from blueprint.cases.readers import Reader
from blueprint.cases.rights import departments_by_case, is_approval, owns, sees_all, visible_cases
from blueprint.cases.shown import case_line
from blueprint.cases.shown_documents import CaseLine
from blueprint.cases.stages import Stage
from blueprint.cases.standing import CaseState, FindingsState
from blueprint.values import Value


class CasePage(Value):
    """Cases, the newest first; `matched` counts those of every page."""

    day: date
    matched: int
    cases: list[CaseLine]
    more_after: bool


@dataclass(frozen=True, slots=True)
class CasesAsked:
    """What is asked for; None: all. `reply` is of `department`, or of any that the caller sees."""

    project_id: str | None = None
    stage: Stage | None = None
    state: CaseState | None = None
    findings: FindingsState | None = None
    department: str | None = None
    reply: ReplyStatus | None = None
    overdue: bool | None = None
    flagged: bool | None = None
    after: str | None = None
    limit: int = 100


def find_cases(connection: sa.Connection, caller: Caller, asked: CasesAsked, day: date) -> CasePage:
    """The cases that a caller may see and asks for, the newest first."""
    heads = list_cases(connection, asked.project_id)
    seen = [
        case
        for case in visible_cases(connection, caller, heads)
        if asked.stage in (None, case.stage)
    ]
    lines = [line for line in _lines(connection, caller, seen, day) if _fits(line, asked)]
    ids = [line.id for line in lines]
    start = ids.index(asked.after) + 1 if asked.after in ids else 0
    page = lines[start : start + asked.limit]
    return CasePage(
        day=day, matched=len(lines), cases=page, more_after=start + len(page) < len(lines)
    )


def _lines(
    connection: sa.Connection, caller: Caller, cases: list[CaseHead], day: date
) -> list[CaseLine]:
    ledgers = ledgers_of(connection, (case.id for case in cases))
    projects = projects_by_id(connection, (case.project_id for case in cases))
    own = departments_by_case(connection, caller)
    return [
        case_line(
            case,
            projects[case.project_id],
            ledgers.get(case.id, Ledger()),
            _reader(caller, projects[case.project_id], own.get(case.id, ())),
            day,
        )
        for case in cases
    ]


def _reader(caller: Caller, project: Project, own: tuple[str, ...]) -> Reader:
    if is_approval(caller):
        return Reader("approval")
    if sees_all(caller):
        return Reader("planning")
    return Reader("applicant" if owns(caller, project) else "department", own)


def _fits(line: CaseLine, asked: CasesAsked) -> bool:
    standing = line.standing
    return (
        asked.state in (None, standing.state)
        and asked.findings in (None, standing.findings)
        and asked.overdue in (None, standing.overdue > 0)
        and asked.flagged in (None, standing.flagged)
        and _asks(line, asked)
    )


def _asks(line: CaseLine, asked: CasesAsked) -> bool:
    """Whether a department is asked, and stands so, among those that the reader may know of."""
    if asked.department is None and asked.reply is None:
        return True
    return any(
        asked.department in (None, one.department.id) and asked.reply in (None, one.status)
        for one in line.consultations
    )
