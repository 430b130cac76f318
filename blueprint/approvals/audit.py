"""What `rules audit` looks through of an approvals pack: approvals, limits, documents, fields.

Input: a pack, and the rules and the catalogue that it has to fit. Output: `AuditPart`s: whatever
cites laws, with what the pack says that leads nowhere or serves nobody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from blueprint.approvals.fit import misfits
from blueprint.approvals.pack import ApprovalsPack
from blueprint.catalogue import Catalogue
from blueprint.rules.audited import AuditFinding, AuditKind, AuditPart, Citing, Subject, Weight
from blueprint.rules.legal import Citation
from blueprint.rules.pack import RulePack
from blueprint.values import Bilingual


@dataclass(frozen=True, slots=True)
class _Cited:
    """A limit, or a document, as something that cites laws."""

    id: str
    bases: tuple[Citation, ...]


def parts_of(
    pack: ApprovalsPack, rules: RulePack | None = None, catalogue: Catalogue | None = None
) -> list[AuditPart]:
    """What is to be audited of a pack; what it has to fit is looked at where it is given."""
    own = [_misfit(one.what, one.id, one.text) for one in misfits(pack, catalogue, rules)]

    def part(what: Subject, citing: Iterable[Citing], said: Iterable[AuditFinding]) -> AuditPart:
        findings = [*(one for one in own if one.what == what), *said]
        return AuditPart(what, pack.id, pack.version, pack.laws, list(citing), findings)

    limits = (
        _Cited(f"{approval.id}.{name}", limit.bases)
        for approval in pack.approvals
        for name, limit in (("statutory", approval.statutory), ("promised", approval.promised))
        if limit is not None and limit.bases
    )
    documents = (_Cited(name, kind.bases) for name, kind in pack.documents.items() if kind.bases)
    return [
        part("approval", pack.approvals, _of_approvals(pack)),
        part("limit", limits, ()),
        part("document", documents, _of_documents(pack)),
        part("field", (), _of_fields(pack)),
    ]


def _misfit(what: Subject, name: str, text: str) -> AuditFinding:
    message = Bilingual(zh=f"所引名称不存在，条件或部门无从判定（{text}）", en=text)
    return _finding("misfit", "problem", what, [name], message)


def _of_approvals(pack: ApprovalsPack) -> Iterator[AuditFinding]:
    endless = [one.id for one in pack.approvals if one.statutory is None and one.promised is None]
    if endless:
        message = Bilingual(
            zh="既无法定时限，也无承诺时限，无从督办；请补充",
            en="no limit is set by law and none is promised, so that none can be kept; add one",
        )
        yield _finding("no_limit", "remark", "approval", endless, message)


def _of_documents(pack: ApprovalsPack) -> Iterator[AuditFinding]:
    asked = {document.id for approval in pack.approvals for document in approval.documents}
    unused = [name for name in pack.documents if name not in asked and name not in pack.givers]
    if unused:
        message = Bilingual(
            zh="没有事项要求该材料，也没有事项产生它；请删去",
            en="no approval asks for it, and it comes out of none; take it out",
        )
        yield _finding("unused", "remark", "document", unused, message)
    groundless = [
        name
        for name, kind in pack.documents.items()
        if name in asked and name not in pack.givers and not kind.bases
    ]
    if groundless:
        message = Bilingual(
            zh="要求该材料的依据未载明，仅随其事项；请对照办事指南核实",
            en="cites no basis of its own and is asked for on its approvals' alone; compare it "
            "with the guide of each",
        )
        yield _finding("no_basis", "remark", "document", groundless, message)


def _of_fields(pack: ApprovalsPack) -> Iterator[AuditFinding]:
    asked = {one.id for approval in pack.approvals for one in approval.fields}
    for approval in pack.approvals:
        for need in approval.needs():
            asked.update(pack.deciding_fields(need))
    unused = [name for name in pack.fields if name not in asked]
    if unused:
        message = Bilingual(
            zh="没有事项要求该字段，也没有条件取决于它；请删去",
            en="no approval asks for it, and no condition hangs on it; take it out",
        )
        yield _finding("unused", "remark", "field", unused, message)


def _finding(
    kind: AuditKind, weight: Weight, what: Subject, about: list[str], message: Bilingual
) -> AuditFinding:
    return AuditFinding(kind=kind, weight=weight, what=what, about=about, message=message)
