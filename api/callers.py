"""Who asks, as far as a request tells."""

from typing import Annotated

from fastapi import Depends

from api.deps import ClearanceDep
from blueprint.callers import PUBLIC, Caller


def caller_of(clearance: ClearanceDep) -> Caller:
    """Nobody can say who they are yet (decision 5): every caller is the public."""
    return Caller(PUBLIC.name, clearance)


CallerDep = Annotated[Caller, Depends(caller_of)]
