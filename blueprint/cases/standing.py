"""Where a case stands on a day, read from its ledger and from what is said of its project.

Input: ledger, project, day. Output: `CaseStanding`. What was found is superseded when the project's
site or figures are not those that were checked, and expired after the days that a finding holds.
"""

from datetime import date
from typing import Literal

import sqlalchemy as sa
from pydantic import Field

from blueprint.cases.consultations import consultations, pending
from blueprint.cases.documents import Screening
from blueprint.cases.files import find_case
from blueprint.cases.ledger import Ledger
from blueprint.cases.outcome_documents import OutcomeVerdict
from blueprint.cases.projects import Project, find_project
from blueprint.errors import InvalidCase
from blueprint.values import Bilingual, Value

CaseState = Literal["opened", "screened", "asked", "answered", "concluded"]
CASE_STATES: dict[CaseState, Bilingual] = {
    "opened": Bilingual(zh="已建案", en="opened"),
    "screened": Bilingual(zh="已预审", en="screened"),
    "asked": Bilingual(zh="征求意见中", en="departments asked"),
    "answered": Bilingual(zh="意见已齐", en="all answered"),
    "concluded": Bilingual(zh="已出具意见", en="outcome issued"),
}
FindingsState = Literal["none", "current", "superseded", "expired"]
FINDINGS_STATES: dict[FindingsState, Bilingual] = {
    "none": Bilingual(zh="未预审", en="not screened"),
    "current": Bilingual(zh="有效", en="current"),
    "superseded": Bilingual(zh="已被替代（用地或指标已变更）", en="superseded"),
    "expired": Bilingual(zh="已过有效期", en="expired"),
}


class CaseStanding(Value):
    """Where a case stands at the end of a day."""

    day: date
    state: CaseState
    findings: FindingsState
    screening: int | None
    valid_until: date | None
    asked: int = Field(description="departments that are asked, those released left out")
    answered: int
    overdue: int = Field(description="departments that did not answer in time")
    due: date | None = Field(description="the next day by which an answer is due")
    to_ask: bool = Field(description="the newest screening concerns somebody who was not asked")
    flagged: bool = Field(description="a newer snapshot would answer it differently")
    outcome: OutcomeVerdict | None
    outcome_stands: bool | None = Field(description="false: it rests on what holds no more")


def known_case_state(text: str | None) -> CaseState | None:
    """A state by its name; None: none is named.

    Raises:
        InvalidCase: there is none of that name.
    """
    if text is None:
        return None
    for state in CASE_STATES:
        if state == text:
            return state
    raise InvalidCase(f"--state {text}: a case is {', '.join(CASE_STATES)}; name one of them")


def standing_of(ledger: Ledger, project: Project, day: date) -> CaseStanding:
    """Where a case stands at the end of a day; what is said of its project is taken as given."""
    until = ledger.until(day)
    asking = consultations(ledger, day)
    asked = [one for one in asking if one.status != "released"]
    answered = sum(one.status == "answered" for one in asked)
    screening = until.screening
    found = findings_state(until, project, day)
    outcome = until.outcome
    to_ask = False
    if screening is not None:
        left = pending(until, screening.said)
        to_ask = bool(left.asked or left.again or left.released)
    stands = None
    if outcome is not None and screening is not None:
        newest = outcome.said.screening == screening.said.screening
        stands = newest and found == "current"
    return CaseStanding(
        day=day,
        state=_state(until, asked=len(asked), answered=answered),
        findings=found,
        screening=None if screening is None else screening.said.screening,
        valid_until=None if screening is None else screening.said.valid_until,
        asked=len(asked),
        answered=answered,
        overdue=sum(one.status == "not_answered" for one in asked),
        due=min((one.due for one in asked if one.status == "awaited"), default=None),
        to_ask=to_ask,
        flagged=_is_flagged(until),
        outcome=None if outcome is None else outcome.said.verdict,
        outcome_stands=stands,
    )


def findings_state(ledger: Ledger, project: Project, day: date) -> FindingsState:
    """Whether what was found last still holds."""
    if ledger.screening is None:
        return "none"
    screening = ledger.screening.said
    site = project.facts.site
    same_site = site is not None and site.geometry_hash == screening.geometry_hash
    if not same_site or project.facts.said() != screening.figures:
        return "superseded"
    return "expired" if day > screening.valid_until else "current"


def require_current(
    connection: sa.Connection, case_id: str, ledger: Ledger, day: date, what: str
) -> Screening:
    """The newest screening, if what it found holds on a day.

    Raises:
        UnknownCase: there is no such case.
        InvalidCase: there is no screening, or it is superseded or expired.
    """
    project = find_project(connection, find_case(connection, case_id).project_id)
    state = findings_state(ledger, project, day)
    if ledger.screening is None:
        raise InvalidCase(f"{case_id}: is not screened yet; screen it, then {what}")
    if state == "superseded":
        why = "the project's site or figures have changed since it was screened"
        raise InvalidCase(f"{case_id}: {why}; screen it again, then {what}")
    if state == "expired":
        until = ledger.screening.said.valid_until
        raise InvalidCase(f"{case_id}: findings held until {until}; screen it again, then {what}")
    return ledger.screening.said


def _state(ledger: Ledger, *, asked: int, answered: int) -> CaseState:
    screening, outcome = ledger.screening, ledger.outcome
    if screening is None:
        return "opened"
    if outcome is not None and outcome.said.screening == screening.said.screening:
        return "concluded"
    if not ledger.requests:
        return "screened"
    return "answered" if answered == asked else "asked"


def _is_flagged(ledger: Ledger) -> bool:
    """Whether the last word on the newest screening is that another snapshot would differ."""
    if ledger.screening is None or not ledger.flags:
        return False
    last = ledger.flags[-1].said
    return last.screening == ledger.screening.said.screening and last.differs
