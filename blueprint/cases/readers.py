"""Who reads a case: as approval staff, a planner, the applicant, or a department (or several).

Input: a caller, or a clearance of the command line. Output: `Reader`. It says which copy of what
was frozen is shown, and which departments' own matters are; rights alone say whether a case is
shown at all.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.cases.copies import CLEARANCES, department_clearance
from blueprint.cases.documents import Audience
from blueprint.cases.files import CaseHead
from blueprint.cases.projects import find_project
from blueprint.cases.rights import asked_of, is_approval, owns, require_case, sees_all
from blueprint.clearance import INTERNAL, RESTRICTED, Clearance, covers, own_departments


@dataclass(frozen=True, slots=True)
class Reader:
    """As what a case is read; `department` is the audience of those who are nothing else."""

    audience: Audience
    departments: tuple[str, ...] = ()

    @property
    def is_approval(self) -> bool:
        """Whether nothing is withheld."""
        return self.audience == "approval"

    @property
    def is_staff(self) -> bool:
        """Whether it is read as staff that sees all cases."""
        return self.audience in ("approval", "planning")

    @property
    def sees_whole(self) -> bool:
        """Whether it is read as more than the departments' own part."""
        return self.audience != "department"

    def copies(self) -> list[tuple[Audience, str | None, Clearance]]:
        """The copies that are shown: audience, department, whose eyes they are for."""
        found: list[tuple[Audience, str | None, Clearance]] = []
        if self.audience != "department":
            found.append((self.audience, None, CLEARANCES[self.audience]))
        found += [("department", name, department_clearance(name)) for name in self.departments]
        return found

    def is_of(self, department: str) -> bool:
        """Whether a department's own matters are this reader's."""
        return self.is_approval or department in self.departments


def reader_of(connection: sa.Connection, caller: Caller, case_id: str) -> tuple[CaseHead, Reader]:
    """A case that a caller may see, and as what.

    Raises:
        UnknownCase: there is none of that id for this caller.
    """
    case = require_case(connection, caller, case_id)
    if is_approval(caller):
        return case, Reader("approval")
    if sees_all(caller):
        return case, Reader("planning")
    asked = tuple(asked_of(connection, caller, case_id))
    own = owns(caller, find_project(connection, case.project_id))
    return case, Reader("applicant" if own else "department", asked)


def reader_for(clearance: Clearance) -> Reader:
    """As what the command line reads, by the clearance that it is given."""
    departments = tuple(sorted(own_departments(clearance)))
    if covers(clearance, RESTRICTED):
        return Reader("approval")
    if covers(clearance, INTERNAL):
        return Reader("planning", departments)
    return Reader("department" if departments else "applicant", departments)
