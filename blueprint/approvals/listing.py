"""The approvals of the pack that counts, listed and shown one by one (办事指南).

Input: a pack, a catalogue, a day. Output: `ApprovalsList`, `ApprovalFile`: bases and limits as they
stand on the day, documents and fields with their titles, and the condition as the pack has it.
"""

from datetime import date
from typing import Any

from pydantic import Field

from blueprint.approvals.documents import LimitLine, PackRef
from blueprint.approvals.fields import FieldType
from blueprint.approvals.kinds import Approval
from blueprint.approvals.needed import department_ref
from blueprint.approvals.pack import ApprovalsPack
from blueprint.cases.stages import Stage
from blueprint.catalogue import Catalogue
from blueprint.errors import UnknownApproval
from blueprint.rules.legal import LegalBasis
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Bilingual, Value


class ApprovalSummary(Value):
    """An approval in one line; `in_force`: any of its legal bases stands on the day."""

    id: str
    title: Bilingual
    stage: Stage
    parallel: bool
    department: DepartmentRef
    in_force: bool
    statutory: LimitLine | None
    promised: LimitLine | None
    documents: int


class ApprovalsList(Value):
    """All approvals of the pack that counts, in its order."""

    pack: PackRef
    name: Bilingual
    day: date
    approvals: list[ApprovalSummary]


class DocumentAsked(Value):
    """A document that an approval asks for, and on which condition of its own."""

    id: str
    title: Bilingual
    when: Any = Field(description="a condition, as docs/approvals.md has it")
    licence: str | None
    comes_from: str | None = Field(description="the approval that it comes out of")


class FieldAsked(Value):
    """A field of the form that an approval asks for."""

    id: str
    title: Bilingual
    type: FieldType
    unit: str | None
    optional: bool


class ApprovalFile(Value):
    """All that the pack says of an approval."""

    pack: PackRef
    day: date
    approval: ApprovalSummary
    needed_when: Any = Field(description="a condition, as docs/approvals.md has it")
    legal_bases: list[LegalBasis] = Field(description="those in force on the day")
    documents: list[DocumentAsked]
    fields: list[FieldAsked]
    gives: list[str]
    note: str | None


def list_approvals(
    pack: ApprovalsPack, catalogue: Catalogue, day: date, stage: Stage | None = None
) -> ApprovalsList:
    """The approvals of a pack, or those of one stage."""
    return ApprovalsList(
        pack=pack.ref,
        name=pack.name,
        day=day,
        approvals=[
            _summary(pack, one, catalogue, day)
            for one in pack.approvals
            if stage in (None, one.stage)
        ],
    )


def approval_file(
    pack: ApprovalsPack, catalogue: Catalogue, approval_id: str, day: date
) -> ApprovalFile:
    """All that a pack says of one approval.

    Raises:
        UnknownApproval: it has none of that id.
    """
    approval = pack.by_id.get(approval_id)
    if approval is None:
        message = f"{approval_id}: no such approval; `blueprint approvals list` has them"
        raise UnknownApproval(message)
    documents = [
        DocumentAsked(
            id=asked.id,
            title=pack.documents[asked.id].title,
            when=asked.model_dump(mode="json", exclude_defaults=True).get("when", "always"),
            licence=pack.documents[asked.id].licence,
            comes_from=giver.id if (giver := pack.givers.get(asked.id)) else None,
        )
        for asked in approval.documents
    ]
    fields = [
        FieldAsked(
            id=asked.id,
            title=pack.fields[asked.id].title,
            type=pack.fields[asked.id].type,
            unit=pack.fields[asked.id].unit,
            optional=asked.optional,
        )
        for asked in approval.fields
    ]
    return ApprovalFile(
        pack=pack.ref,
        day=day,
        approval=_summary(pack, approval, catalogue, day),
        needed_when=approval.model_dump(mode="json", exclude_defaults=True)["needed_when"],
        legal_bases=pack.bases_in_force(approval, day),
        documents=documents,
        fields=fields,
        gives=list(approval.gives),
        note=approval.note,
    )


def _summary(
    pack: ApprovalsPack, approval: Approval, catalogue: Catalogue, day: date
) -> ApprovalSummary:
    return ApprovalSummary(
        id=approval.id,
        title=approval.title,
        stage=approval.stage,
        parallel=approval.parallel,
        department=department_ref(catalogue, approval.department),
        in_force=bool(pack.bases_in_force(approval, day)),
        statutory=pack.limit_on(approval.statutory, day),
        promised=pack.limit_on(approval.promised, day),
        documents=len(approval.documents),
    )
