"""Whose file is read and written: an applicant its own, approval staff everybody's.

Input: a caller, and the applicant that it names. What is not a caller's is refused in the words of
what is not there.
"""

from blueprint.access.caller import Caller
from blueprint.approvals.profiles import unknown_applicant
from blueprint.cases.rights import is_approval
from blueprint.errors import NotAllowed

SELF = "me"
"""By this name callers speak of their own file."""


def require_file(caller: Caller, applicant: str) -> str:
    """The applicant whose file the caller may read.

    Raises:
        UnknownApplicant: it is somebody else's.
    """
    own = caller.name if not caller.is_anonymous else None
    if applicant in (SELF, own) and own is not None:
        return own
    if not is_approval(caller):
        raise unknown_applicant(applicant)
    return applicant


def require_holding(caller: Caller, applicant: str) -> str:
    """The applicant of whom the caller may enter what is held.

    Raises:
        UnknownApplicant: it is somebody else.
        NotAllowed: it is the caller: nobody's own word makes a document held.
    """
    whose = require_file(caller, applicant)
    if not is_approval(caller):
        raise NotAllowed(f"{applicant}: what is held is entered by approval staff; hand it in")
    return whose
