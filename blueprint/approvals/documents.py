"""What is answered about approvals and documents; the same for the command line and the API.

Days are days of the application; a reason tells which finding, which layer or which figure it is.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.cases.stages import Stage
from blueprint.documents import Outcome
from blueprint.rules.legal import LegalBasis
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Bilingual, Value

Span = Stage | Literal["whole"]
"""A stage, or the whole course from the first to the last."""

WhyKind = Literal[
    "stage",
    "finding",
    "value",
    "no_site_check",
    "no_data",
    "thin",
    "touches",
    "rule_not_in_force",
    "not_checked",
    "not_given",
    "differs",
]


class PackRef(Value):
    """Which approvals pack was asked."""

    id: str
    version: str
    sha256: str


class Why(Value):
    """Why something is needed, or why it cannot be told."""

    kind: WhyKind
    text: Bilingual
    rule: str | None = None
    layer: str | None = None
    field: str | None = None
    outcome: Outcome | None = None


class LimitLine(Value):
    """A time limit with the laws that set it and are in force on the day; none: a promise."""

    days: int
    unit: Literal["working", "calendar"]
    legal_bases: list[LegalBasis]


class ApprovalLine(Value):
    """An approval that is needed, or may be, with why, its bases in force and its limits."""

    id: str
    title: Bilingual
    stage: Stage
    parallel: bool
    department: DepartmentRef
    why: list[Why]
    legal_bases: list[LegalBasis]
    statutory: LimitLine | None = Field(
        description="null: none is set, or what set it is no longer in force"
    )
    promised: LimitLine | None


class ApprovalsNeeded(Value):
    """Which approvals a project needs on a day, and which cannot be told yet.

    `undecided` become needed or not when what their reasons name is known. Those without a legal
    basis in force on the day are told apart, and asked for by nobody.
    """

    pack: PackRef
    day: date
    span: Span
    check_id: str | None = Field(description="the site check that was looked at; null: none")
    snapshot: str | None
    needed: list[ApprovalLine]
    undecided: list[ApprovalLine]
    not_in_force: list[ApprovalLine]
    not_needed: list[str]
    notes: list[Bilingual] = Field(default_factory=list)


class AskedBy(Value):
    """An approval that asks for a document or a figure.

    It is certain where the approval is needed and its own condition holds.
    """

    approval: str
    title: Bilingual
    stage: Stage
    certain: bool
    why: list[Why] = Field(description="why it asks; of one that is not certain, what is open")


class HeldRef(Value):
    """A held document that counts on the day, or does not, and why not."""

    id: str
    source: Literal["licence", "case", "desk"]
    number: str | None
    valid_until: date | None
    not_counted: Bilingual | None = None


class DocumentLine(Value):
    """A document that is asked for, once, with all that ask for it.

    `result`: it comes out of an approval of the same course, which need not ask the applicant for
    it. `stage` is the first that asks.
    """

    id: str
    title: Bilingual
    made_by: Literal["applicant", "professional", "authority"]
    department: DepartmentRef | None
    licence: str | None
    stage: Stage
    certain: bool
    asked_by: list[AskedBy]
    status: Literal["to_hand_in", "held", "result"]
    comes_from: str | None = Field(description="the approval that it comes out of")
    held: HeldRef | None = None
    not_counted: list[HeldRef] = Field(default_factory=list)


class Counts(Value):
    """How many documents: as each approval asks, each once, and what is left to hand in."""

    asked: int = Field(description="as each approval asks its own, on paper")
    once: int = Field(description="each once")
    results: int = Field(description="of these, those that approvals of the same course give")
    held: int = Field(description="of these, those that are held already")
    to_hand_in: int


class StageCounts(Value):
    """The counts of one stage; a document counts where it is asked for first."""

    stage: Stage
    counts: Counts
    at_most: Counts


class MaterialsList(Value):
    """All documents that a project has to hand in, each once, with the counts before and after.

    `counts` are of what is certain, `at_most` takes what is undecided as needed.
    """

    approvals: ApprovalsNeeded
    documents: list[DocumentLine]
    counts: Counts
    at_most: Counts
    by_stage: list[StageCounts]
