"""What an audit of legal bases is made of: whatever cites laws, and what is said of it.

A rule, an approval, a time limit, a ground on which a clock stops: each has an id and cites its
bases, and is audited alike. Whoever keeps such things gives an `AuditPart`; what its own pack has
to say beside the law, such as names that lead nowhere, comes with it as `own`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from blueprint.rules.legal import Citation, Law, LegalBasis
from blueprint.values import Bilingual, Value

Subject = Literal["rule", "approval", "limit", "document", "field", "clock"]
SUBJECTS: dict[Subject, Bilingual] = {
    "rule": Bilingual(zh="规则", en="rule"),
    "approval": Bilingual(zh="事项", en="approval"),
    "limit": Bilingual(zh="时限", en="limit"),
    "document": Bilingual(zh="材料", en="document"),
    "field": Bilingual(zh="字段", en="field"),
    "clock": Bilingual(zh="计时依据", en="ground of the clock"),
}
"""What may cite laws, and what one is called."""

AuditKind = Literal[
    "not_in_force",
    "lapsed",
    "pilot_only",
    "departs",
    "superseded",
    "unverified_law",
    "no_basis",
    "misfit",
    "unused",
    "no_limit",
]
Weight = Literal["problem", "remark"]


class Citing(Protocol):
    """Something that cites legal bases."""

    @property
    def id(self) -> str:
        """What it is called by."""

    @property
    def bases(self) -> Sequence[Citation]:
        """What it rests on."""


class AuditFinding(Value):
    """One line of an audit: what it is about, by ids, which law, what of it, what to do.

    `what` is null where things of several kinds are meant.
    """

    kind: AuditKind
    weight: Weight
    what: Subject | None
    about: list[str]
    law: LegalBasis | None = None
    other: LegalBasis | None = None
    message: Bilingual


@dataclass(frozen=True, slots=True)
class AuditPart:
    """Things of one kind that cite the laws of one pack."""

    what: Subject
    pack: str
    version: str
    laws: Mapping[str, Law]
    citing: Sequence[Citing]
    own: Sequence[AuditFinding] = ()
