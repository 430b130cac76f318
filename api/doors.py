"""What the gate needs of a running service: who calls, how much it may ask, where it is noted."""

from dataclasses import dataclass

from api.identity import Identity
from api.limits import Limits
from blueprint.access.settings import Access
from blueprint.audit_writer import AuditWriter
from blueprint.service import Service


@dataclass(frozen=True, slots=True)
class Doors:
    """Of one service, as long as it is open."""

    identity: Identity
    limits: Limits
    audit: AuditWriter
    largest_body: int

    @classmethod
    def of(cls, service: Service, access: Access) -> "Doors":
        """The doors to a service, as the environment wants them."""
        identity, limits = Identity(service, access), Limits(access.limits)
        return cls(identity, limits, AuditWriter(service.database), access.largest_body)

    def close(self) -> None:
        """Write what is still to be noted."""
        self.audit.close()
