"""The outcome of a case (策划生成意见) as a document, with its list of conditions (建设条件清单).

It holds all that is needed to show it years later: the project as it was said to be, its site, each
finding with what departments answered, every condition with its basis, contradictions between
departments, and what could not be looked at.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.cases.documents import Answer, Basis, Condition
from blueprint.cases.facts import ProjectFacts
from blueprint.cases.files import CaseHead
from blueprint.documents import Finding, LayerLine, SiteRef, Verdict
from blueprint.shared_documents import DepartmentRef, RulePackRef, SnapshotRef
from blueprint.values import Bilingual, Value

ReplyStatus = Literal["awaited", "answered", "not_answered", "released"]
REPLIES: dict[ReplyStatus, Bilingual] = {
    "awaited": Bilingual(zh="待反馈", en="awaited"),
    "answered": Bilingual(zh="已反馈", en="answered"),
    "not_answered": Bilingual(zh="逾期未反馈", en="not answered"),
    "released": Bilingual(zh="不再涉及", en="released"),
}

OutcomeVerdict = Literal["positive", "conditional", "negative", "open"]
OUTCOME_VERDICTS: dict[OutcomeVerdict, Bilingual] = {
    "positive": Bilingual(zh="同意", en="agreed"),
    "conditional": Bilingual(zh="有条件同意", en="agreed on conditions"),
    "negative": Bilingual(zh="不同意", en="not agreed"),
    "open": Bilingual(zh="尚不能作出结论", en="not settled"),
}


class Reply(Value):
    """What became of asking one department."""

    department: DepartmentRef
    status: ReplyStatus
    asked_on: date
    due: date
    due_estimated: bool
    findings: list[str] = Field(description="keys of what it was asked about")
    unanswered: list[str] = Field(description="keys of what no opinion of it covers")
    answer: Answer | None = None
    version: int | None = None
    answered_on: date | None = None
    late: bool = False
    signed_by: str | None = Field(default=None, description="null in the applicant's copy")
    basis: list[Basis] = Field(default_factory=list)
    note: str | None = Field(default=None, description="null in the applicant's copy")


class FindingAnswer(Value):
    """What one department said to one finding; `answer` null: nothing."""

    department: DepartmentRef
    answer: Answer | None


class OutcomeFinding(Value):
    """A finding with what was said to it."""

    key: str
    finding: Finding
    answers: list[FindingAnswer]


class OutcomeCondition(Value):
    """One line of the list of conditions; `met` null: no figure of the project tells."""

    number: int
    department: DepartmentRef
    condition: Condition
    given: float | str | None = Field(default=None, description="the project's own figure")
    met: bool | None = None


class Contradiction(Value):
    """What departments say that cannot hold together."""

    kind: Literal["answers", "figure"]
    departments: list[DepartmentRef]
    finding: str | None = None
    figure: str | None = None
    conditions: list[int] = Field(default_factory=list, description="their numbers")
    text: Bilingual


class CaseOutcome(Value):
    """What a case came to, on the day it was issued."""

    outcome_id: str
    audience: Literal["approval", "applicant"]
    case: CaseHead
    project_id: str
    project_version: int
    facts: ProjectFacts
    issued_on: date
    issued_by: str | None = Field(description="null in the applicant's copy")
    supersedes: str | None = Field(description="the outcome that was issued before")
    screening: int
    check_id: str
    check_verdict: Verdict
    complete: bool = Field(description="false: something could not be looked at")
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    application_date: date
    valid_until: date
    validity_verified: bool
    site: SiteRef
    verdict: OutcomeVerdict
    reasons: list[Bilingual]
    findings: list[OutcomeFinding]
    replies: list[Reply]
    conditions: list[OutcomeCondition]
    contradictions: list[Contradiction]
    not_checked: list[LayerLine]
    notice: Bilingual | None = Field(description="of the city, where its data is not for planning")
