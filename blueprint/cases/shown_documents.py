"""What a reader is shown of a case: lines of lists, the file of one, copies, opinions."""

from datetime import date, datetime

from pydantic import Field

from blueprint.cases.consultations import Consultation
from blueprint.cases.documents import Changes, FrozenFindings, Opinion, ProjectOverlap
from blueprint.cases.files import CaseHead
from blueprint.cases.standing import CaseStanding, FindingsState
from blueprint.documents import Verdict
from blueprint.shared_documents import RulePackRef, SnapshotRef
from blueprint.values import Value


class ProjectInShort(Value):
    """Of which project a case is."""

    id: str
    version: int
    name: str
    proposer: str
    code: str | None


class ScreeningLine(Value):
    """One screening, as a reader may know of it; `verdict` null: of a department alone."""

    screening: int
    day: date
    project_version: int
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    check_id: str
    verdict: Verdict | None
    complete: bool | None
    valid_until: date
    validity_verified: bool
    overlaps: list[ProjectOverlap] = Field(description="other projects there; for staff alone")


class LedgerLine(Value):
    """One step of the ledger; `who` and `sha256` null: not for this reader, or what it is over."""

    number: int
    at: datetime
    day: date
    kind: str
    department: str | None
    who: str | None
    sha256: str | None


class CaseLine(CaseHead):
    """A case with where it stands; of the consultations, a department sees its own."""

    project: ProjectInShort
    standing: CaseStanding
    consultations: list[Consultation]


class CaseFile(CaseLine):
    """All that a reader may know of a case."""

    screenings: list[ScreeningLine]
    flag: Changes | None = Field(description="how a newer snapshot differs; for staff alone")
    ledger: list[LedgerLine]


class KeptFindings(Value):
    """A copy as it was frozen; `sha256` is over its canonical JSON text."""

    number: int
    day: date
    sha256: str
    findings: FrozenFindings


class CaseFindings(Value):
    """What was found, in the copies that are the reader's, and whether it holds on the day."""

    case_id: str
    day: date
    state: FindingsState
    valid_until: date | None
    copies: list[KeptFindings]


class OpinionLine(Value):
    """An opinion as it was given; `stands`: no later one took its place."""

    number: int
    day: date
    signed_by: str | None = Field(description="null: not for this reader")
    sha256: str
    stands: bool
    opinion: Opinion
