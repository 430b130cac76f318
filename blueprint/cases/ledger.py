"""A case as its ledger has it: every step read once, sorted by what it says.

Input: the steps of cases, without the copies of findings, which are long and read one by one.
Output: `Ledger`, from which all else is told: where the case stands on a day, who is asked, and
what was answered.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

import sqlalchemy as sa

from blueprint.cases.documents import Audience, Flag, Opinion, Release, Request, Screening
from blueprint.cases.files import Step
from blueprint.cases.models import CaseEntryRow
from blueprint.cases.outcome_documents import CaseOutcome
from blueprint.values import Value

SCREENING, REQUEST, RELEASE, OPINION = "screening", "request", "release", "opinion"
OUTCOME, PUBLIC_OUTCOME, FLAG = "outcome", "outcome.applicant", "flag"
_TOLD = (SCREENING, REQUEST, RELEASE, OPINION, OUTCOME, FLAG)
_AT_ONCE = 500

SaidT = TypeVar("SaidT", bound=Value)


def findings_kind(audience: Audience) -> str:
    """The kind of the step that keeps an audience's copy."""
    return f"findings.{audience}"


@dataclass(frozen=True, slots=True)
class Told(Generic[SaidT]):
    """A step, and what its document says."""

    step: Step
    said: SaidT


@dataclass(slots=True)
class Ledger:
    """The steps of one case, oldest first, by what they are."""

    steps: list[Step] = field(default_factory=list)
    screenings: list[Told[Screening]] = field(default_factory=list)
    requests: list[Told[Request]] = field(default_factory=list)
    releases: list[Told[Release]] = field(default_factory=list)
    opinions: list[Told[Opinion]] = field(default_factory=list)
    outcomes: list[Told[CaseOutcome]] = field(default_factory=list)
    flags: list[Told[Flag]] = field(default_factory=list)

    @property
    def screening(self) -> Told[Screening] | None:
        """The newest screening; None: there was none."""
        return self.screenings[-1] if self.screenings else None

    @property
    def outcome(self) -> Told[CaseOutcome] | None:
        """The newest outcome; None: none was issued."""
        return self.outcomes[-1] if self.outcomes else None

    @property
    def departments(self) -> list[str]:
        """Every department that was ever asked, in the order in which they were."""
        return list(dict.fromkeys(one.said.department.id for one in self.requests))

    @property
    def last_day(self) -> date | None:
        """The day of the newest step."""
        return max((step.day for step in self.steps), default=None)

    def until(self, day: date) -> "Ledger":
        """The ledger as it was at the end of a day."""
        return Ledger(
            [step for step in self.steps if step.day <= day],
            _until(self.screenings, day),
            _until(self.requests, day),
            _until(self.releases, day),
            _until(self.opinions, day),
            _until(self.outcomes, day),
            _until(self.flags, day),
        )

    def add(self, step: Step) -> None:
        """One more step; a kind that is none of these is left out."""
        self.steps.append(step)
        match step.kind:
            case "screening":
                self.screenings.append(Told(step, _read(step, Screening)))
            case "request":
                self.requests.append(Told(step, _read(step, Request)))
            case "release":
                self.releases.append(Told(step, _read(step, Release)))
            case "opinion":
                self.opinions.append(Told(step, _read(step, Opinion)))
            case "outcome":
                self.outcomes.append(Told(step, _read(step, CaseOutcome)))
            case "flag":
                self.flags.append(Told(step, _read(step, Flag)))


def ledger_of(connection: sa.Connection, case_id: str) -> Ledger:
    """The ledger of one case; empty: nothing was done yet."""
    return ledgers_of(connection, [case_id]).get(case_id, Ledger())


def ledgers_of(connection: sa.Connection, case_ids: Iterable[str]) -> dict[str, Ledger]:
    """The ledgers of cases that have any step, by id."""
    ids, row = sorted(set(case_ids)), CaseEntryRow
    found: dict[str, Ledger] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = sa.select(
            row.case_id,
            row.id.label("number"),
            *(row.at, row.day, row.who, row.kind, row.department, row.document, row.sha256),
        ).where(row.case_id.in_(ids[start : start + _AT_ONCE]), row.kind.in_(_TOLD))
        for one in connection.execute(query.order_by(row.id)).mappings():
            said = dict(one)
            found.setdefault(said.pop("case_id"), Ledger()).add(Step.model_validate(said))
    return found


def _read(step: Step, model: type[SaidT]) -> SaidT:
    return model.model_validate_json(step.document, extra="ignore")


def _until(told: list[Told[SaidT]], day: date) -> list[Told[SaidT]]:
    return [one for one in told if one.step.day <= day]
