"""The rules that a snapshot pins (管控规则): what each asks of which layers, on which law.

Rules are published and have no sensitivity: they name layers, and show nothing of their features.
"""

from datetime import date

from pydantic import Field

from blueprint.registry import Snapshot
from blueprint.rules.kinds.base import Severity
from blueprint.rules.pack import LegalBasis
from blueprint.shared_documents import DepartmentRef, RulePackRef, SnapshotRef
from blueprint.values import Bilingual, Value


class ShownRule(Value):
    """One rule; `legal_bases` are all that it cites, in force on the day or not."""

    id: str
    kind: str
    title: Bilingual
    severity: Severity
    department: DepartmentRef
    layers: list[str]
    in_force: bool
    legal_bases: list[LegalBasis]


class ShownQuestion(Value):
    """A question to the applicant, to be answered yes or no."""

    id: str
    text: Bilingual


class ShownLaw(Value):
    """A law that exemptions may rest on."""

    id: str
    title: Bilingual
    number: str | None
    in_force: bool


class ShownRules(Value):
    """The rule pack of a snapshot on a day."""

    snapshot: SnapshotRef
    rule_pack: RulePackRef
    name: Bilingual
    day: date
    rules: list[ShownRule]
    questions: list[ShownQuestion]
    laws: list[ShownLaw] = Field(description="all that the pack lists")


def shown_rules(snapshot: Snapshot, day: date | None = None) -> ShownRules:
    """The rules of a snapshot, on the city's today unless a day is given."""
    pack, names = snapshot.rule_pack, snapshot.catalogue.department_names
    day = day or snapshot.catalogue.city.today()
    return ShownRules(
        snapshot=snapshot.ref,
        rule_pack=snapshot.rule_pack_ref,
        name=pack.name,
        day=day,
        rules=[
            ShownRule(
                id=rule.id,
                kind=rule.kind,
                title=rule.title,
                severity=rule.severity,
                department=DepartmentRef(id=rule.department, name=names[rule.department]),
                layers=list(dict.fromkeys(rule.asked_layers())),
                in_force=bool(pack.bases_in_force(rule, day)),
                legal_bases=[pack.basis(citation) for citation in rule.bases],
            )
            for rule in pack.rules
        ],
        questions=[ShownQuestion(id=name, text=one.text) for name, one in pack.questions.items()],
        laws=[
            ShownLaw(id=name, title=law.title, number=law.number, in_force=law.in_force_on(day))
            for name, law in pack.laws.items()
        ],
    )
