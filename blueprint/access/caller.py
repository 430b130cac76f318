"""Who asks (调用者): a role, the departments that it is taken in, and what may be asked for.

Output: `Caller`, with the clearance that every answer to it is made for. How a caller proves who
it is belongs to whoever hears it.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from blueprint.clearance import PUBLIC, RESTRICTED, Clearance, Sensitivity, clearance_of
from blueprint.values import Bilingual

Role = Literal["applicant", "planner", "officer", "approver", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the one that may do least to the one that may do most."""

Scope = Literal["read", "check", "change", "observe", "manage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""read: layers, conflicts, what is published; check: make and read site checks; change: what is
kept, and long work; observe: how the service fares; manage: who is told and let in."""

TITLES: dict[Role, Bilingual] = {
    "applicant": Bilingual(zh="公众申请人", en="public applicant"),
    "planner": Bilingual(zh="规划编制人员", en="planner"),
    "officer": Bilingual(zh="部门人员", en="department officer"),
    "approver": Bilingual(zh="审批人员", en="approval staff"),
    "administrator": Bilingual(zh="管理员", en="administrator"),
}

MAY: dict[Role, frozenset[Scope]] = {
    "applicant": frozenset({"read", "check"}),
    "planner": frozenset({"read", "check", "change"}),
    "officer": frozenset({"read", "check", "change"}),
    "approver": frozenset({"read", "check", "change"}),
    "administrator": frozenset(SCOPES),
}
"""The scopes that a role may have; a key may be given fewer."""

_LEVELS: dict[Role, Sensitivity] = {
    "applicant": "public",
    "planner": "internal",
    "officer": "public",
    "approver": "restricted",
    "administrator": "restricted",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; `name` is what the audit log calls it, `departments` are an officer's own."""

    name: str
    role: Role = "applicant"
    departments: frozenset[str] = frozenset()
    scopes: frozenset[Scope] = MAY["applicant"]
    is_anonymous: bool = False
    address: str = ""

    @classmethod
    def anonymous(cls, address: str) -> "Caller":
        """The public, of which no more is known than where it calls from."""
        return cls(f"anonymous {address}".rstrip(), is_anonymous=True, address=address)

    @property
    def clearance(self) -> Clearance:
        """Whose eyes its answers are for; an officer's own layers are seen whatever they are."""
        level = _LEVELS[self.role]
        own = self.departments if self.role == "officer" else frozenset[str]()
        return RESTRICTED if level == RESTRICTED else clearance_of(level, own)

    @property
    def is_public(self) -> bool:
        """Whether it sees what everybody sees."""
        return self.clearance == PUBLIC
