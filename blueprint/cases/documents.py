"""The documents of a case: what was found, who is asked what, what departments answer.

The same models serve the ledger, the API and the command line. A finding is named within a case by
its key, `rule@layer`, which stays the same from one screening to the next; its content is told by a
hash, so that a department is asked again only about what has changed.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from blueprint.clearance import ClearanceText
from blueprint.documents import Outcome, SiteCheck, Verdict
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.rules.legal import LegalBasis
from blueprint.shared_documents import Area, DepartmentRef, RulePackRef, SnapshotRef
from blueprint.values import Bilingual, Slug, Value

LONGEST_TEXT = 1_000
"""Characters of a basis, a condition or a note."""

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
]
Audience = Literal["approval", "planning", "applicant", "department"]
Answer = Literal["agree", "agree_with_conditions", "disagree", "not_concerned"]
ANSWERS: dict[Answer, Bilingual] = {
    "agree": Bilingual(zh="同意", en="agree"),
    "agree_with_conditions": Bilingual(zh="有条件同意", en="agree with conditions"),
    "disagree": Bilingual(zh="不同意", en="disagree"),
    "not_concerned": Bilingual(zh="不涉及", en="not concerned"),
}
Relation = Literal["at_most", "at_least", "equals", "one_of"]


class Question(Value):
    """What a department is asked about one finding, with the articles in force on the day."""

    finding: str = Field(description="its key within the case")
    rule: str
    layer: str
    title: Bilingual
    outcome: Outcome
    text: Bilingual
    legal_bases: list[LegalBasis] = Field(description="in force on the application date")
    missing_layer: Bilingual | None = Field(
        default=None, description="the layer that could not be looked at, where that is why"
    )
    content: str = Field(description="hash of the finding as this department sees it")
    changed: bool = Field(default=True, description="false: as it was when it was asked before")


class DepartmentQuestions(Value):
    """Whom a screening finds to be asked, and what; `content` is over all that it is asked."""

    department: DepartmentRef
    content: str
    questions: list[Question]


class ProjectOverlap(Value):
    """Another project of the library on the same ground."""

    project_id: str
    name: str
    code: str | None
    state: str
    area: Area
    share: float = Field(ge=0, le=1, description="of the site's area")


class Screening(Value):
    """One screening of a case: what was checked, by which rules, and whom its findings concern."""

    screening: int = Field(description="1 for the first one of the case")
    project_version: int
    geometry_hash: str
    figures: ProjectFigures
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    application_date: date
    check_id: str = Field(description="of the kept check for approval staff")
    public_check_id: str = Field(description="of the kept check for the applicant")
    verdict: Verdict
    verdicts: dict[Audience, Verdict] = Field(description="as each audience's copy has it")
    complete: bool
    valid_until: date
    validity_verified: bool = Field(description="false: the number of days is a default")
    departments: list[DepartmentQuestions]
    overlaps: list[ProjectOverlap]


class FrozenFindings(Value):
    """A copy of a check as one audience may see it, as it was on the day of a screening.

    A department's copy has its own findings and the layers that they rest on, and nothing else.
    """

    screening: int
    audience: Audience
    department: DepartmentRef | None = None
    check: SiteCheck


class Request(Value):
    """A department is asked, until a day; its earlier opinion stands on what has not changed."""

    screening: int
    department: DepartmentRef
    content: str
    questions: list[Question]
    again: bool = Field(description="true: it was asked before, about other findings")
    due: date
    due_estimated: bool
    workdays: int
    workdays_verified: bool = Field(description="false: the number of days is a default")
    due_why: Bilingual


class Release(Value):
    """A department that was asked is not concerned any more."""

    screening: int
    department: DepartmentRef
    reason: Bilingual


class BasisSaid(Value):
    """What an answer rests on: a text, a law of the rule pack, or both."""

    text: Text | None = None
    law: Slug | None = None
    article: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.law is None:
            raise ValueError("says nothing; give a text, or a law of the rule pack")
        if self.article is not None and self.law is None:
            raise ValueError(f"article {self.article} is of no law; give the law too")
        return self


class ConditionSaid(Value):
    """A condition: a text, and where it can be told as a number, the figure and its limit."""

    text: Text
    basis: BasisSaid | None = None
    findings: list[str] = Field(default_factory=list, description="keys; empty: of them all")
    figure: Slug | None = Field(default=None, examples=["height_m"])
    relation: Relation | None = None
    limit: float | None = Field(default=None, allow_inf_nan=False)
    options: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(
        default_factory=list, max_length=50, description="of one_of"
    )

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if (self.figure is None) != (self.relation is None):
            raise ValueError("figure and relation belong together; give both, or neither")
        wants_options = self.relation == "one_of"
        if bool(self.options) != wants_options:
            raise ValueError("options are of the relation one_of, and it needs some")
        wants_limit = self.relation is not None and not wants_options
        if (self.limit is not None) != wants_limit:
            raise ValueError("limit is of at_most, at_least and equals, and they need it")
        return self


class OpinionSaid(Value):
    """What a department says: the answer, on what it rests, under which conditions.

    `prefilled` takes the articles that the request cites as its basis. `request` is the number of
    the step that is answered; it is refused if the department was asked anew meanwhile.
    """

    answer: Answer
    basis: list[BasisSaid] = Field(default_factory=list, max_length=50)
    prefilled: bool = False
    conditions: list[ConditionSaid] = Field(default_factory=list, max_length=100)
    note: Text | None = Field(default=None, description="for approval staff, not for the applicant")
    request: int | None = Field(default=None, ge=1)


class Basis(Value):
    """On what an answer or a condition rests; `legal` was in force on the application date."""

    text: str | None = None
    legal: LegalBasis | None = None


class Condition(Value):
    """A condition as it was laid down."""

    text: str
    basis: Basis | None
    findings: list[str]
    figure: str | None = None
    relation: Relation | None = None
    limit: float | None = None
    options: list[str] = Field(default_factory=list)


class Opinion(Value):
    """A department's formal opinion; a later version takes the place of an earlier one."""

    department: DepartmentRef
    version: int
    request: int = Field(description="number of the step that it answers")
    screening: int
    answer: Answer
    findings: dict[str, str] = Field(description="what it answers: key and content of each")
    basis: list[Basis]
    conditions: list[Condition]
    note: str | None
    late: bool = Field(description="given after the day by which it was due")
    clearance: ClearanceText = Field(description="whose eyes its words are for")
    withheld: bool = Field(default=False, description="true: its words are for others")

    def shown_without_words(self) -> "Opinion":
        """The same for whoever may know what was answered, and not in which words."""
        bare: dict[str, object] = {"basis": [], "conditions": [], "findings": {}}
        return self.model_copy(update=bare | {"note": None, "withheld": True})


class Changes(Value):
    """What a case would be told today, held against what it was told: findings by their keys."""

    screening: int
    before: str = Field(description="the snapshot that the case was screened on")
    after: str = Field(description="the newest one")
    verdict_before: Verdict
    verdict_after: Verdict
    appeared: list[str]
    gone: list[str]
    changed: list[str] = Field(description="findings whose content differs")
    layers: list[str] = Field(description="of those findings, that have another version")
    rules_changed: bool = Field(description="the rule pack is another one")

    @property
    def differs(self) -> bool:
        """Whether the verdict differs."""
        return self.verdict_before != self.verdict_after

    @property
    def is_any(self) -> bool:
        """Whether anything differs."""
        return self.differs or bool(self.appeared or self.gone or self.changed)


class Flag(Changes):
    """A case is flagged: a newer snapshot would answer it differently, or does so no more."""
