"""The audit of legal bases (规则审计): do rules, and what else cites laws, stand on good law?

Input: a pack of rules, a day, and whatever else cites laws (`audited`). Output: `RuleAudit`: every
rule or other thing whose basis lapsed, and what took its place; whose only basis is a pilot
measure; whose basis departs from one of a higher level that is in force (local reform running ahead
of higher law); every cited law that nobody has verified.

A finding is a `problem` where something does not hold on the day or might be struck down, and a
`remark` where somebody has to look. Only problems make the command fail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from blueprint.rules.audited import (
    SUBJECTS,
    AuditFinding,
    AuditKind,
    AuditPart,
    Citing,
    Subject,
    Weight,
)
from blueprint.rules.legal import Citation, Law, LegalBasis, bases_standing, basis_of, is_higher
from blueprint.rules.pack import RulePack
from blueprint.values import Bilingual, Value


class PartAudit(Value):
    """What an audit counted of one kind of things: how many, how many in force, how many problems.

    `unread` are those in force none of whose articles in force was compared with a source.
    """

    what: Subject
    pack: str
    version: str
    count: int
    in_force: int
    problems: int
    unread: list[str]


class RuleAudit(Value):
    """What is to be said of packs on a day, problems first; `parts` has the rules first."""

    pack: str
    version: str
    day: date
    rules: int
    in_force: int
    problems: int
    unread: list[str]
    parts: list[PartAudit]
    findings: list[AuditFinding]


def audit_rules(pack: RulePack, day: date, beside: Sequence[AuditPart] = ()) -> RuleAudit:
    """Look through the legal bases of every rule, and of whatever is beside, as they stand."""
    rules = AuditPart("rule", pack.id, pack.version, pack.laws, pack.rules)
    parts = [rules, *beside]
    found = [one for part in parts for one in _of_part(part, day)]
    findings = [*found, *_of_laws(parts, day)]
    order: dict[Weight, int] = {"problem": 0, "remark": 1}
    findings.sort(key=lambda finding: order[finding.weight])
    told = [_told(part, found, day) for part in parts]
    return RuleAudit(
        pack=pack.id,
        version=pack.version,
        day=day,
        rules=told[0].count,
        in_force=told[0].in_force,
        problems=sum(finding.weight == "problem" for finding in findings),
        unread=told[0].unread,
        parts=told,
        findings=findings,
    )


def _told(part: AuditPart, found: Sequence[AuditFinding], day: date) -> PartAudit:
    standing = {one.id: bases_standing(part.laws, one.bases, day) for one in part.citing}
    return PartAudit(
        what=part.what,
        pack=part.pack,
        version=part.version,
        count=len(part.citing),
        in_force=sum(bool(bases) for bases in standing.values()),
        problems=sum(one.weight == "problem" and one.what == part.what for one in found),
        unread=[
            name
            for name, bases in standing.items()
            if bases and not any(basis.verified for basis in bases)
        ],
    )


def _of_part(part: AuditPart, day: date) -> Iterator[AuditFinding]:
    yield from part.own
    for it in part.citing:
        yield from _of(_Item(part, it), day)


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing that cites laws, and where it belongs."""

    part: AuditPart
    it: Citing

    @property
    def noun(self) -> Bilingual:
        return SUBJECTS[self.part.what]


def _of(item: _Item, day: date) -> Iterator[AuditFinding]:
    if not item.it.bases:
        noun = item.noun
        message = Bilingual(
            zh=f"未载明任何依据；请补充依据或删去{noun.zh}",
            en=f"cites no basis at all; cite one, or drop the {noun.en}",
        )
        yield _finding("no_basis", "problem", item, message)
        return
    standing = [one for one in item.it.bases if item.part.laws[one.law].in_force_on(day)]
    if not standing:
        yield _not_in_force(item, day)
    for citation in item.it.bases:
        if _ended(item.part.laws[citation.law], day):
            yield from _lapsed(item, citation, day, carried=bool(standing))
    if standing and all(item.part.laws[one.law].level == "pilot" for one in standing):
        basis = basis_of(item.part.laws, standing[0])
        message = Bilingual(
            zh=f"仅有试点依据《{basis.title.zh}》，试点期满或未获授权即失去依据；请补充正式依据",
            en=f"rests on the pilot measure “{basis.title.en}” alone and falls with it; "
            "add a basis that is not on trial",
        )
        yield _finding("pilot_only", "problem", item, message, basis)
    for citation in standing:
        yield from _departures(item, citation, day)


def _not_in_force(item: _Item, day: date) -> AuditFinding:
    noun = item.noun
    laws = [item.part.laws[citation.law] for citation in item.it.bases]
    to_come = [law.in_force_from for law in laws if law.in_force_from > day]
    if to_come:
        begins = min(to_come)
        message = Bilingual(
            zh=f"{day} 没有有效依据，{noun.zh}不适用；最早自 {begins} 起有依据",
            en=f"no basis in force on {day}: not applied; the first one begins on {begins}",
        )
    else:
        message = Bilingual(
            zh=f"{day} 没有有效依据，{noun.zh}不适用；请补充现行依据或删去{noun.zh}",
            en=f"no basis in force on {day}: not applied; cite what is in force, or drop the "
            f"{noun.en}",
        )
    return _finding("not_in_force", "problem", item, message)


def _lapsed(item: _Item, citation: Citation, day: date, *, carried: bool) -> Iterator[AuditFinding]:
    """A basis that has ended: by what superseded, and whether that is cited."""
    noun = item.noun
    old = basis_of(item.part.laws, citation)
    heir = _heir(item.part.laws, citation.law, day)
    cited = [one for one in item.it.bases if one.law == heir]
    until = old.in_force_until
    if heir is None:
        message = Bilingual(
            zh=f"《{old.title.zh}》已于 {until} 失效，未载明替代的法规；请查明",
            en=f"“{old.title.en}” ended on {until}, by what superseded is not stated; find out",
        )
    else:
        by = item.part.laws[heir].title
        what = (
            Bilingual(zh=f"{noun.zh}已引用新法", en=f"which the {noun.en} cites")
            if cited
            else Bilingual(
                zh=f"{noun.zh}尚未引用，请补上", en=f"which the {noun.en} does not cite; add it"
            )
        )
        message = Bilingual(
            zh=f"《{old.title.zh}》已于 {until} 失效，由《{by.zh}》替代；{what.zh}",
            en=f"“{old.title.en}” ended on {until}, superseded by “{by.en}”, {what.en}",
        )
    sound = carried and (heir is None or bool(cited))
    other = None
    if heir is not None:
        other = basis_of(item.part.laws, cited[0] if cited else Citation(law=heir))
    yield _finding("lapsed", "remark" if sound else "problem", item, message, old, other)


def _heir(laws: Mapping[str, Law], name: str, day: date) -> str | None:
    """The law that stands in a law's place on `day`; the last one named if none is in force."""
    heir, seen = laws[name].superseded_by, {name}
    while heir is not None and heir not in seen:
        seen.add(heir)
        following = laws[heir].superseded_by
        if laws[heir].in_force_on(day) or following is None:
            return heir
        heir = following
    return heir


def _departures(item: _Item, citation: Citation, day: date) -> Iterator[AuditFinding]:
    """A basis in force that departs from, or conflicts with, a higher law in force."""
    noun = item.noun
    law = item.part.laws[citation.law]
    against = [Citation(law=name) for name in law.conflicts_with]
    against += [
        Citation(law=name)
        for name, other in item.part.laws.items()
        if citation.law in other.conflicts_with and name not in law.conflicts_with
    ]
    if citation.departs_from is not None:
        departs_from = citation.departs_from
        against = [one for one in against if one.law != departs_from.law]
        against.append(Citation(law=departs_from.law, article=departs_from.article))
    for other in against:
        above = item.part.laws[other.law]
        if above.in_force_on(day) and is_higher(above.level, law.level):
            low, high = basis_of(item.part.laws, citation), basis_of(item.part.laws, other)
            message = Bilingual(
                zh=f"{_cite_zh(low)}与上位法{_cite_zh(high)}不一致；"
                f"除有变通或授权依据外，以上位法为准，请补充授权依据或修改{noun.zh}",
                en=f"{_cite_en(low)} departs from {_cite_en(high)}, which is higher, in force and "
                "holds unless a power to depart was given; cite the power, or change the "
                f"{noun.en}",
            )
            yield _finding("departs", "problem", item, message, low, high)


def _of_laws(parts: Sequence[AuditPart], day: date) -> Iterator[AuditFinding]:
    """What is to be said of a law once, however many things of however many packs cite it."""
    citing: dict[tuple[str, Law], list[tuple[Subject, str]]] = {}
    of_law: dict[tuple[str, Law], Mapping[str, Law]] = {}
    for part in parts:
        for name, law in part.laws.items():
            of_law.setdefault((name, law), part.laws)
            cited = [one.id for one in part.citing if any(b.law == name for b in one.bases)]
            citing.setdefault((name, law), []).extend((part.what, one) for one in cited)
    for (name, law), by in citing.items():
        if not by or not law.in_force_on(day):
            continue
        whats = {what for what, _ in by}
        about = {"what": min(whats) if len(whats) == 1 else None, "about": [one for _, one in by]}
        laws = of_law[name, law]
        basis = basis_of(laws, Citation(law=name))
        heir = None if law.superseded_by is None else laws[law.superseded_by]
        if heir is not None and law.in_force_until is None and heir.in_force_from <= day:
            message = Bilingual(
                zh=f"《{law.title.zh}》已由《{heir.title.zh}》替代，却未载明失效日期；请补上",
                en=f"“{law.title.en}” is superseded by “{heir.title.en}” and has no last "
                "day; add it",
            )
            yield AuditFinding.model_validate(
                {"kind": "superseded", "weight": "remark", "law": basis, "message": message} | about
            )
        if not law.verified:
            message = Bilingual(
                zh=f"《{law.title.zh}》的施行日期未经核实；引用前请对照公报",
                en=f"the date of “{law.title.en}” is not verified; compare it with the gazette "
                "before it is quoted",
            )
            yield AuditFinding.model_validate(
                {"kind": "unverified_law", "weight": "remark", "law": basis, "message": message}
                | about
            )


def _finding(
    kind: AuditKind,
    weight: Weight,
    item: _Item,
    message: Bilingual,
    law: LegalBasis | None = None,
    other: LegalBasis | None = None,
) -> AuditFinding:
    return AuditFinding(
        kind=kind,
        weight=weight,
        what=item.part.what,
        about=[item.it.id],
        law=law,
        other=other,
        message=message,
    )


def _ended(law: Law, day: date) -> bool:
    return law.in_force_until is not None and law.in_force_until < day


def _cite_zh(basis: LegalBasis) -> str:
    return f"《{basis.title.zh}》{basis.article or ''}"


def _cite_en(basis: LegalBasis) -> str:
    return f"“{basis.title.en}”" + (f" {basis.article}" if basis.article else "")
