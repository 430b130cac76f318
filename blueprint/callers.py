"""Who asks: what is theirs, and what they may ask for. One place that decides."""

from dataclasses import dataclass

from blueprint.catalogue import Sensitivity
from blueprint.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who asks for jobs: by what name, cleared for what.

    `keeper`: whether they may bring deliveries into the store.
    """

    name: str
    clearance: Sensitivity
    keeper: bool = False


PUBLIC = Caller("public", "public")
"""Whoever does not say who they are."""


def owns(caller: Caller, owner: str) -> bool:
    """Whether what belongs to `owner` is this caller's: others do not learn that it is there."""
    return caller.name == owner


def require_keeper(caller: Caller, what: str) -> None:
    """See that someone may bring data into the store.

    Raises:
        NotAllowed: they may not.
    """
    if not caller.keeper:
        message = f"{what}: is for those who keep the blueprint's layers; ask its administrator"
        raise NotAllowed(message)
