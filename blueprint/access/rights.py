"""What is a caller's own, and what a caller may bring about: where no route alone can tell."""

from blueprint.access.caller import Caller, Scope
from blueprint.catalogue import CatalogueLayer
from blueprint.errors import NotAllowed


def owns(caller: Caller, owner: str) -> bool:
    """Whether what belongs to `owner` is this caller's: others do not learn that it is there.

    Who does not say who they are is known by the id of what is theirs, which nobody guesses.
    """
    if caller.is_anonymous:
        return owner.startswith(_NOBODY)
    return caller.name == owner


def may_list(caller: Caller) -> bool:
    """Whether what is theirs can be told from what is others' without its id."""
    return not caller.is_anonymous


def require_scope(caller: Caller, scope: Scope, what: str) -> None:
    """See that a caller may do such things.

    Raises:
        NotAllowed: they may not.
    """
    if scope not in caller.scopes:
        message = f"{what}: asks for the scope {scope}, which you have not; ask an administrator"
        raise NotAllowed(message)


def require_delivery(caller: Caller, layer: CatalogueLayer) -> None:
    """See that a caller may bring a layer's next version: its department may, and administrators.

    Raises:
        NotAllowed: they may not.
    """
    own = caller.role == "officer" and layer.department in caller.departments
    if not own and caller.role != "administrator":
        message = f"{layer.id}: is delivered by {layer.department}; hand it to that department"
        raise NotAllowed(message)


_NOBODY = Caller.anonymous("").name
