"""Who sees which project and which case: the one place that decides it, for every road alike.

Input: a caller. Whoever proposes a project is its owner and sees it; approval staff and planners
see every project; a department sees a project while a case of it asks that department, or has had
an opinion of it. What is not a caller's is refused in the words of what is not there.
"""

from collections.abc import Collection

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.cases.files import CaseHead, find_case, unknown_case
from blueprint.cases.models import CaseEntryRow, CaseRow, ProjectRow
from blueprint.cases.projects import Project, find_project, unknown_project
from blueprint.errors import NotAllowed

ASKED, RELEASED, ANSWERED = "request", "release", "opinion"
"""The kinds of the steps of a case that make a department concerned, or no longer."""

_ALL_PROJECTS = frozenset({"planner", "approver", "administrator"})
_APPROVAL = frozenset({"approver", "administrator"})


def sees_all(caller: Caller) -> bool:
    """Whether a caller sees every project: approval staff, administrators, planners."""
    return caller.role in _ALL_PROJECTS


def is_approval(caller: Caller) -> bool:
    """Whether a caller is of the approval staff, from whom nothing of a case is withheld."""
    return caller.role in _APPROVAL


def require_named(caller: Caller) -> None:
    """See that a caller says who it is: nobody else can own a project.

    Raises:
        NotAllowed: it does not.
    """
    if caller.is_anonymous:
        message = "a project belongs to whoever proposes it; say who you are by a token or a key"
        raise NotAllowed(message)


def require_approval(caller: Caller, what: str) -> None:
    """See that a caller is of the approval staff.

    Raises:
        NotAllowed: it is not.
    """
    if not is_approval(caller):
        raise NotAllowed(f"{what}: is done by approval staff; ask them")


def require_department(caller: Caller, department: str) -> None:
    """See that a caller answers for a department.

    Raises:
        NotAllowed: it is not an officer of it.
    """
    if department not in _departments(caller):
        own = ", ".join(sorted(_departments(caller))) or "no department"
        raise NotAllowed(f"{department}: is answered for by its own officers; you are of {own}")


def require_project(
    connection: sa.Connection, caller: Caller, project_id: str, version: int | None = None
) -> Project:
    """A project that the caller may see, as it is said to be, or was at a version.

    Raises:
        UnknownProject: there is none of that id for this caller, or it has no such version.
    """
    project = find_project(connection, project_id, version)
    if not may_see_project(connection, caller, project):
        raise unknown_project(project_id, version)
    return project


def require_own_project(connection: sa.Connection, caller: Caller, project_id: str) -> Project:
    """A project that the caller may revise: its own, or any if it is of the approval staff.

    Raises:
        UnknownProject: there is none of that id for this caller.
        NotAllowed: it may be seen by this caller, and is another's to revise.
    """
    project = require_project(connection, caller, project_id)
    if not (is_approval(caller) or owns(caller, project)):
        raise NotAllowed(f"{project_id}: is revised by whoever proposes it, or by approval staff")
    return project


def require_case(connection: sa.Connection, caller: Caller, case_id: str) -> CaseHead:
    """A case that the caller may see.

    Raises:
        UnknownCase: there is none of that id for this caller.
    """
    case = find_case(connection, case_id)
    if not may_see_case(connection, caller, case):
        raise unknown_case(case_id)
    return case


def owns(caller: Caller, project: Project) -> bool:
    """Whether a project is the caller's own."""
    return not caller.is_anonymous and project.owner == caller.name


def may_see_project(connection: sa.Connection, caller: Caller, project: Project) -> bool:
    """Whether a caller may see a project."""
    if sees_all(caller) or owns(caller, project):
        return True
    asked = cases_asking(connection, _departments(caller))
    found = sa.select(CaseRow.id).where(CaseRow.project_id == project.id)
    return not asked.isdisjoint(connection.scalars(found))


def may_see_case(connection: sa.Connection, caller: Caller, case: CaseHead) -> bool:
    """Whether a caller may see a case: of a department's, only the one that asks it."""
    if sees_all(caller) or owns(caller, find_project(connection, case.project_id)):
        return True
    return case.id in cases_asking(connection, _departments(caller), case.id)


def visible_cases(
    connection: sa.Connection, caller: Caller, cases: Collection[CaseHead]
) -> list[CaseHead]:
    """Those of the cases that the caller may see, in their order."""
    if sees_all(caller):
        return list(cases)
    own = _own_projects(connection, caller)
    asked = cases_asking(connection, _departments(caller))
    return [case for case in cases if case.project_id in own or case.id in asked]


def visible_projects(
    connection: sa.Connection, caller: Caller, projects: Collection[Project]
) -> list[Project]:
    """Those of the projects that the caller may see, in their order."""
    if sees_all(caller):
        return list(projects)
    asked = cases_asking(connection, _departments(caller))
    query = sa.select(CaseRow.project_id).where(CaseRow.id.in_(asked))
    asking = set(connection.scalars(query)) if asked else set[str]()
    return [one for one in projects if owns(caller, one) or one.id in asking]


def cases_asking(
    connection: sa.Connection, departments: Collection[str], case_id: str | None = None
) -> set[str]:
    """The cases that concern any of these departments: it is asked, or was and has answered."""
    return {case for case, _ in _concerned(connection, departments, case_id)}


def asked_of(connection: sa.Connection, caller: Caller, case_id: str) -> list[str]:
    """The departments of an officer that a case concerns."""
    return sorted(name for _, name in _concerned(connection, _departments(caller), case_id))


def departments_by_case(connection: sa.Connection, caller: Caller) -> dict[str, tuple[str, ...]]:
    """The departments of an officer that each case concerns."""
    found: dict[str, tuple[str, ...]] = {}
    for case, name in sorted(_concerned(connection, _departments(caller), None)):
        found[case] = (*found.get(case, ()), name)
    return found


def _concerned(
    connection: sa.Connection, departments: Collection[str], case_id: str | None
) -> set[tuple[str, str]]:
    """Cases and departments."""
    if not departments:
        return set()
    row = CaseEntryRow
    query = sa.select(row.case_id, row.department, row.kind).where(
        row.department.in_(sorted(departments)), row.kind.in_((ASKED, RELEASED, ANSWERED))
    )
    if case_id is not None:
        query = query.where(row.case_id == case_id)
    answered: set[tuple[str, str]] = set()
    last: dict[tuple[str, str], str] = {}
    for case, department, kind in connection.execute(query.order_by(row.id)):
        assert department is not None
        if kind == ANSWERED:
            answered.add((case, department))
        else:
            last[case, department] = kind
    return answered | {pair for pair, kind in last.items() if kind == ASKED}


def _departments(caller: Caller) -> frozenset[str]:
    return caller.departments if caller.role == "officer" else frozenset()


def _own_projects(connection: sa.Connection, caller: Caller) -> set[str]:
    query = sa.select(ProjectRow.id).where(ProjectRow.owner == caller.name)
    return set() if caller.is_anonymous else set(connection.scalars(query))
