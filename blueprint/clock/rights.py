"""Who sees the clock of which case, and who notes what on it.

Input: a caller. Whoever sees a case as approval staff, planner or applicant sees the clock of all
its items; a department sees its own items, of cases that ask it and of those in which an item of
its own has events. Approval staff note events of any item, a department those of its own. What is
not a caller's is refused in the words of what is not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.cases.files import CaseHead, find_case, unknown_case
from blueprint.cases.projects import find_project
from blueprint.cases.rights import is_approval, may_see_case, owns, sees_all
from blueprint.clock.desk import departments_of
from blueprint.clock.store import events_of
from blueprint.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class ClockReader:
    """As what the clock of a case is read; `departments` None: all its items are seen.

    `own` are the departments whose notes are the reader's; approval staff read all.
    """

    case: CaseHead
    departments: frozenset[str] | None
    own: frozenset[str]
    is_approval: bool

    def reads_notes_of(self, department: str | None) -> bool:
        """Whether who noted an event of a department, and what beside, is for this reader."""
        return self.is_approval or department in self.own


def clock_reader(connection: sa.Connection, caller: Caller, case_id: str) -> ClockReader:
    """A case whose clock a caller may see, and as what.

    Raises:
        UnknownCase: there is none of that id for this caller.
    """
    case = find_case(connection, case_id)
    own = own_departments(caller)
    if sees_all(caller) or owns(caller, find_project(connection, case.project_id)):
        return ClockReader(case, None, own, is_approval(caller))
    if may_see_case(connection, caller, case) or _handles(connection, case_id, own):
        return ClockReader(case, own, own, is_approval=False)
    raise unknown_case(case_id)


def require_noting(
    connection: sa.Connection, caller: Caller, case_id: str, items: Iterable[str]
) -> None:
    """See that a caller may note events of these items of a case.

    Raises:
        UnknownCase: there is no case of that id for this caller.
        NotAllowed: an item is another department's to note.
    """
    clock_reader(connection, caller, case_id)
    if is_approval(caller):
        return
    own = own_departments(caller)
    for item, department in departments_of(connection, case_id, items).items():
        if department not in own:
            message = f"{item}: is noted by its own department, or by approval staff; ask them"
            raise NotAllowed(message)


def supervised_departments(caller: Caller) -> frozenset[str] | None:
    """The departments whose items a caller supervises; None: all.

    Raises:
        NotAllowed: it supervises none.
    """
    if sees_all(caller):
        return None
    if not (own := own_departments(caller)):
        raise NotAllowed("the clock is supervised by planners, departments and approval staff")
    return own


def own_departments(caller: Caller) -> frozenset[str]:
    """The departments that a caller is an officer of."""
    return caller.departments if caller.role == "officer" else frozenset()


def _handles(connection: sa.Connection, case_id: str, departments: frozenset[str]) -> bool:
    """Whether an item of one of these departments has events in a case."""
    if not departments:
        return False
    items = {event.item for event in events_of(connection, case_id)}
    return not departments.isdisjoint(departments_of(connection, case_id, items).values())
