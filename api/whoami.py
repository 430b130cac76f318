"""Who the caller is, as the service has understood it."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import CallerDep
from api.problems import problems
from blueprint.access.caller import TITLES, Role, Scope
from blueprint.clearance import ClearanceText
from blueprint.values import Bilingual

router = APIRouter(tags=["service"])


class CallerShown(BaseModel):
    """The name in the audit log, role and rights; `anonymous`: nobody said who he is."""

    name: str
    anonymous: bool
    role: Role
    title: Bilingual
    departments: list[str]
    scopes: list[Scope]
    clearance: ClearanceText


@router.get("/caller", responses=problems())
def show_caller(caller: CallerDep) -> CallerShown:
    """Who calls, and what it may do: for whoever holds a key and wonders what it is good for."""
    return CallerShown(
        # where nobody has said who he is, the name is an address, which is his and no news
        name="anonymous" if caller.is_anonymous else caller.name,
        anonymous=caller.is_anonymous,
        role=caller.role,
        title=TITLES[caller.role],
        departments=sorted(caller.departments),
        scopes=sorted(caller.scopes),
        clearance=caller.clearance,
    )
