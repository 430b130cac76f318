"""The audit of a rule pack (规则审计): do its rules still stand on good law on a given day?

Input: a pack and a day. Output: `RuleAudit`: every rule whose basis lapsed, and what took its
place; whose only basis is a pilot measure; whose basis departs from one of a higher level that is
in force (local reform running ahead of higher law); every cited law that nobody has verified.

A finding is a `problem` where a rule does not hold on the day or might be struck down, and a
`remark` where somebody has to look. Only problems make the command fail.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from blueprint.kinds.base import BaseRule
from blueprint.legal import Citation, Law, LegalBasis, is_higher
from blueprint.rules import RulePack
from blueprint.values import Bilingual, Value

AuditKind = Literal[
    "not_in_force", "lapsed", "pilot_only", "departs", "superseded", "unverified_law"
]
Weight = Literal["problem", "remark"]


class AuditFinding(Value):
    """One line of an audit: which rules, which law, what about it, what to do."""

    kind: AuditKind
    weight: Weight
    rules: list[str]
    law: LegalBasis | None = None
    other: LegalBasis | None = None
    message: Bilingual


class RuleAudit(Value):
    """What is to be said of a pack on a day, problems first.

    `unread` are the rules in force none of whose articles in force was compared with a source.
    """

    pack: str
    version: str
    day: date
    rules: int
    in_force: int
    problems: int
    unread: list[str]
    findings: list[AuditFinding]


def audit_rules(pack: RulePack, day: date) -> RuleAudit:
    """Look through every rule's legal bases as they stand on `day`."""
    findings = [finding for rule in pack.rules for finding in _of_rule(pack, rule, day)]
    findings += _of_laws(pack, day)
    order: dict[Weight, int] = {"problem": 0, "remark": 1}
    findings.sort(key=lambda finding: order[finding.weight])
    return RuleAudit(
        pack=pack.id,
        version=pack.version,
        day=day,
        rules=len(pack.rules),
        in_force=sum(bool(pack.bases_in_force(rule, day)) for rule in pack.rules),
        problems=sum(finding.weight == "problem" for finding in findings),
        unread=[rule.id for rule in pack.rules if _is_unread(pack, rule, day)],
        findings=findings,
    )


def _is_unread(pack: RulePack, rule: BaseRule, day: date) -> bool:
    bases = pack.bases_in_force(rule, day)
    return bool(bases) and not any(basis.verified for basis in bases)


def _of_rule(pack: RulePack, rule: BaseRule, day: date) -> Iterator[AuditFinding]:
    standing = [one for one in rule.bases if pack.laws[one.law].in_force_on(day)]
    if not standing:
        yield _not_in_force(pack, rule, day)
    for citation in rule.bases:
        if _ended(pack.laws[citation.law], day):
            yield from _lapsed(pack, rule, citation, day, carried=bool(standing))
    if standing and all(pack.laws[one.law].level == "pilot" for one in standing):
        basis = pack.basis(standing[0])
        message = Bilingual(
            zh=f"仅有试点依据《{basis.title.zh}》，试点期满或未获授权即失去依据；请补充正式依据",
            en=f"rests on the pilot measure “{basis.title.en}” alone and falls with it; "
            "add a basis that is not on trial",
        )
        yield _finding("pilot_only", "problem", rule, message, basis)
    for citation in standing:
        yield from _departures(pack, rule, citation, day)


def _not_in_force(pack: RulePack, rule: BaseRule, day: date) -> AuditFinding:
    laws = [pack.laws[citation.law] for citation in rule.bases]
    to_come = [law.in_force_from for law in laws if law.in_force_from > day]
    if to_come:
        begins = min(to_come)
        message = Bilingual(
            zh=f"{day} 没有有效依据，规则不适用；最早自 {begins} 起有依据",
            en=f"no basis in force on {day}: not applied; the first one begins on {begins}",
        )
    else:
        message = Bilingual(
            zh=f"{day} 没有有效依据，规则不适用；请补充现行依据或删去规则",
            en=f"no basis in force on {day}: not applied; cite what is in force, or drop the rule",
        )
    return _finding("not_in_force", "problem", rule, message)


def _lapsed(
    pack: RulePack, rule: BaseRule, citation: Citation, day: date, *, carried: bool
) -> Iterator[AuditFinding]:
    """A basis that has ended: by what superseded, and whether the rule cites that."""
    old = pack.basis(citation)
    heir = _heir(pack, citation.law, day)
    cited = [one for one in rule.bases if one.law == heir]
    until = old.in_force_until
    if heir is None:
        message = Bilingual(
            zh=f"《{old.title.zh}》已于 {until} 失效，未载明替代的法规；请查明",
            en=f"“{old.title.en}” ended on {until}, by what superseded is not stated; find out",
        )
    else:
        by = pack.laws[heir].title
        what = (
            Bilingual(zh="规则已引用新法", en="which the rule cites")
            if cited
            else Bilingual(zh="规则尚未引用，请补上", en="which the rule does not cite; add it")
        )
        message = Bilingual(
            zh=f"《{old.title.zh}》已于 {until} 失效，由《{by.zh}》替代；{what.zh}",
            en=f"“{old.title.en}” ended on {until}, superseded by “{by.en}”, {what.en}",
        )
    sound = carried and (heir is None or bool(cited))
    other = None if heir is None else pack.basis(cited[0] if cited else Citation(law=heir))
    yield _finding("lapsed", "remark" if sound else "problem", rule, message, old, other)


def _heir(pack: RulePack, name: str, day: date) -> str | None:
    """The law that stands in a law's place on `day`; the last one named if none is in force."""
    heir, seen = pack.laws[name].superseded_by, {name}
    while heir is not None and heir not in seen:
        seen.add(heir)
        following = pack.laws[heir].superseded_by
        if pack.laws[heir].in_force_on(day) or following is None:
            return heir
        heir = following
    return heir


def _departures(
    pack: RulePack, rule: BaseRule, citation: Citation, day: date
) -> Iterator[AuditFinding]:
    """A basis in force that departs from, or conflicts with, a higher law in force."""
    law = pack.laws[citation.law]
    against = [Citation(law=name) for name in law.conflicts_with]
    against += [
        Citation(law=name)
        for name, other in pack.laws.items()
        if citation.law in other.conflicts_with and name not in law.conflicts_with
    ]
    if citation.departs_from is not None:
        departs_from = citation.departs_from
        against = [one for one in against if one.law != departs_from.law]
        against.append(Citation(law=departs_from.law, article=departs_from.article))
    for other in against:
        above = pack.laws[other.law]
        if above.in_force_on(day) and is_higher(above.level, law.level):
            low, high = pack.basis(citation), pack.basis(other)
            message = Bilingual(
                zh=f"{_cite_zh(low)}与上位法{_cite_zh(high)}不一致；"
                "除有变通或授权依据外，以上位法为准，请补充授权依据或修改规则",
                en=f"{_cite_en(low)} departs from {_cite_en(high)}, which is higher, in force and "
                "holds unless a power to depart was given; cite the power, or change the rule",
            )
            yield _finding("departs", "problem", rule, message, low, high)


def _of_laws(pack: RulePack, day: date) -> Iterator[AuditFinding]:
    """What is to be said of a law once, however many rules cite it."""
    for name, law in pack.laws.items():
        citing = [rule.id for rule in pack.rules if any(b.law == name for b in rule.bases)]
        if not citing or not law.in_force_on(day):
            continue
        basis = pack.basis(Citation(law=name))
        heir = None if law.superseded_by is None else pack.laws[law.superseded_by]
        if heir is not None and law.in_force_until is None and heir.in_force_from <= day:
            message = Bilingual(
                zh=f"《{law.title.zh}》已由《{heir.title.zh}》替代，却未载明失效日期；请补上",
                en=f"“{law.title.en}” is superseded by “{heir.title.en}” and has no last "
                "day; add it",
            )
            yield AuditFinding(
                kind="superseded", weight="remark", rules=citing, law=basis, message=message
            )
        if not law.verified:
            message = Bilingual(
                zh=f"《{law.title.zh}》的施行日期未经核实；引用前请对照公报",
                en=f"the date of “{law.title.en}” is not verified; compare it with the gazette "
                "before it is quoted",
            )
            yield AuditFinding(
                kind="unverified_law", weight="remark", rules=citing, law=basis, message=message
            )


def _finding(
    kind: AuditKind,
    weight: Weight,
    rule: BaseRule,
    message: Bilingual,
    law: LegalBasis | None = None,
    other: LegalBasis | None = None,
) -> AuditFinding:
    return AuditFinding(
        kind=kind, weight=weight, rules=[rule.id], law=law, other=other, message=message
    )


def _ended(law: Law, day: date) -> bool:
    return law.in_force_until is not None and law.in_force_until < day


def _cite_zh(basis: LegalBasis) -> str:
    return f"《{basis.title.zh}》{basis.article or ''}"


def _cite_en(basis: LegalBasis) -> str:
    return f"“{basis.title.en}”" + (f" {basis.article}" if basis.article else "")
