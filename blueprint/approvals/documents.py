"""What is answered about approvals and documents; the same for the command line and the API.

Days are days of the application; a reason tells which finding, which layer or which figure it is.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.approvals.kinds import Limit
from blueprint.cases.stages import Stage
from blueprint.documents import Outcome
from blueprint.legal import LegalBasis
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


class ApprovalLine(Value):
    """An approval that is needed, or may be, with why, its bases in force and its limits."""

    id: str
    title: Bilingual
    stage: Stage
    parallel: bool
    department: DepartmentRef
    why: list[Why]
    legal_bases: list[LegalBasis]
    statutory: Limit | None
    promised: Limit | None


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
