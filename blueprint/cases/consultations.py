"""Where asking each department stands on a day: awaited, answered, not answered, released.

Input: a case's ledger and a day. Output: a `Consultation` for each department that was ever asked.
An opinion covers the findings that it was given about, by their content: after another screening it
stands on what has not changed. Silence after the deadline is "not answered", never agreement.
"""

from datetime import date

from pydantic import Field

from blueprint.cases.documents import Answer, Opinion, Question, Request, Screening
from blueprint.cases.ledger import Ledger, Told
from blueprint.cases.outcome_documents import ReplyStatus
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Value


class Consultation(Value):
    """What a department is asked, until when, and what has become of it.

    `questions` are told to that department and to approval staff.
    """

    department: DepartmentRef
    status: ReplyStatus
    screening: int
    request: int = Field(description="number of the step that asks")
    again: bool = Field(description="it was asked before, about other findings")
    asked_on: date
    due: date
    due_estimated: bool
    findings: list[str] = Field(description="keys of what it is asked about")
    unanswered: list[str] = Field(description="keys of what no opinion of it covers")
    answer: Answer | None
    version: int | None = Field(description="of the opinion that stands")
    answered_on: date | None
    late: bool
    questions: list[Question]

    @property
    def open(self) -> bool:
        """Whether something is not answered."""
        return self.status in ("awaited", "not_answered")

    def in_short(self) -> "Consultation":
        """The same without what is asked in which words."""
        return self.model_copy(update={"questions": []})


class Asked(Value):
    """What asking came to, by departments: asked, asked again, left alone, released."""

    screening: int
    asked: list[str]
    again: list[str]
    unchanged: list[str]
    released: list[str]


def consultations(ledger: Ledger, day: date) -> list[Consultation]:
    """Where asking each department stands at the end of a day, in the order of their asking."""
    until = ledger.until(day)
    return [_consultation(until, department, day) for department in until.departments]


def pending(ledger: Ledger, screening: Screening) -> Asked:
    """What asking would come to now."""
    asked, again, unchanged = [], [], []
    for one in screening.departments:
        before = last_request(ledger, one.department.id)
        if before is None:
            asked.append(one.department.id)
        elif before.said.content != one.content:
            again.append(one.department.id)
        else:
            unchanged.append(one.department.id)
    concerned = {one.department.id for one in screening.departments}
    released = [
        name
        for name in ledger.departments
        if name not in concerned and last_request(ledger, name) is not None
    ]
    return Asked(
        screening=screening.screening,
        asked=asked,
        again=again,
        unchanged=unchanged,
        released=released,
    )


def last_request(ledger: Ledger, department: str) -> Told[Request] | None:
    """The last time that a department was asked; None: never, or it was released since."""
    asked = [one for one in ledger.requests if one.said.department.id == department]
    released = [one for one in ledger.releases if one.said.department.id == department]
    if not asked or (released and released[-1].step.number > asked[-1].step.number):
        return None
    return asked[-1]


def opinions_of(ledger: Ledger, department: str) -> list[Told[Opinion]]:
    """Every version of a department's opinion, oldest first."""
    return [one for one in ledger.opinions if one.said.department.id == department]


def uncovered(request: Request, opinion: Opinion | None) -> list[str]:
    """The keys of what is asked and no opinion answers as it is now."""
    covered = {} if opinion is None else opinion.findings
    return [q.finding for q in request.questions if covered.get(q.finding) != q.content]


def _consultation(ledger: Ledger, department: str, day: date) -> Consultation:
    asked = last_request(ledger, department)
    shown = asked or [one for one in ledger.requests if one.said.department.id == department][-1]
    request, given = shown.said, opinions_of(ledger, department)
    last = given[-1] if given else None
    open_keys = uncovered(request, None if last is None else last.said)
    opinion = None if last is None else last.said
    return Consultation(
        department=request.department,
        status="released" if asked is None else _status(shown, last, open_keys, day),
        screening=request.screening,
        request=shown.step.number,
        again=request.again,
        asked_on=shown.step.day,
        due=request.due,
        due_estimated=request.due_estimated,
        findings=[question.finding for question in request.questions],
        unanswered=open_keys,
        answer=None if opinion is None else opinion.answer,
        version=None if opinion is None else opinion.version,
        answered_on=None if last is None else last.step.day,
        late=opinion is not None and opinion.late,
        questions=request.questions,
    )


def _status(
    asked: Told[Request], last: Told[Opinion] | None, open_keys: list[str], day: date
) -> ReplyStatus:
    """Of a department that is asked still."""
    if last is not None and last.said.request == asked.step.number:
        return "answered"
    if day <= asked.said.due:
        return "awaited"
    # what was answered before stands where nothing new is asked; silence answers nothing
    return "not_answered" if open_keys else "answered"
