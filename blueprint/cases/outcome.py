"""The outcome of a case: composed from what was found and answered, and issued once it may be.

Input: a case and a day. Output: `CaseOutcome`, kept whole for approval staff, and once more as the
applicant may see it. Algorithm: open while anything that could forbid is not settled (data missing,
a prohibited or restricted finding without an answer, conditions that cannot all be met); negative
if a department disagrees; conditional if there are conditions, or if somebody who is only to be
consulted did not answer in time; positive otherwise. Silence is never agreement.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import date
from uuid import uuid4

import sqlalchemy as sa
from pydantic import Field

from blueprint.cases.consult import refuse_unasked_departments
from blueprint.cases.consultations import Consultation, consultations, opinions_of
from blueprint.cases.contradictions import excluding_conditions, is_met, parted_answers
from blueprint.cases.documents import Basis, Opinion, Screening
from blueprint.cases.files import By, CaseHead, Step, add_step, find_case, last_step
from blueprint.cases.ledger import OUTCOME, PUBLIC_OUTCOME, Ledger, Told, ledger_of
from blueprint.cases.outcome_documents import (
    CaseOutcome,
    Contradiction,
    FindingAnswer,
    OutcomeCondition,
    OutcomeFinding,
    OutcomeVerdict,
    Reply,
)
from blueprint.cases.projects import Project, find_project
from blueprint.cases.questions import keyed
from blueprint.cases.screen import frozen_findings, refuse_earlier, take_turn
from blueprint.cases.standing import require_current
from blueprint.cases.verdict import OutcomeGround, reasons_of, verdict_of_case
from blueprint.documents import LayerLine, SiteCheck
from blueprint.errors import InvalidCase
from blueprint.service import Service
from blueprint.values import Value


class KeptOutcome(Value):
    """An outcome as the ledger has it; `sha256` is over its canonical JSON text.

    A draft is not in the ledger: `number` and `sha256` are null.
    """

    number: int | None
    day: date
    sha256: str | None
    stands: bool = Field(description="false: a draft, or what it rests on holds no more")
    outcome: CaseOutcome


def issue_outcome(service: Service, case_id: str, by: By) -> KeptOutcome:
    """Issue the outcome of a case: keep it for approval staff and for the applicant.

    Raises:
        UnknownCase: there is none of that id.
        InvalidCase: what was found holds no more, somebody was not asked, or may still answer.
    """
    with service.database.write() as connection:
        take_turn(connection)
        case, ledger = find_case(connection, case_id), ledger_of(connection, case_id)
        refuse_earlier(ledger, by.day)
        screening = require_current(connection, case_id, ledger, by.day, "issue its outcome")
        refuse_unasked_departments(ledger, screening, case_id)
        _refuse_early(ledger, case_id, by.day)
        whole, public = _outcomes(connection, case, ledger, screening, by)
        add_step(connection, case_id, PUBLIC_OUTCOME, public, by)
        step = add_step(connection, case_id, OUTCOME, whole, by)
    return KeptOutcome(
        number=step.number, day=step.day, sha256=step.sha256, stands=True, outcome=whole
    )


def draft_outcome(service: Service, case_id: str, by: By) -> KeptOutcome:
    """What the outcome would be today, for approval staff; nothing is kept.

    Raises:
        UnknownCase: there is none of that id.
        InvalidCase: what was found holds no more.
    """
    with service.database.read() as connection:
        case, ledger = find_case(connection, case_id), ledger_of(connection, case_id)
        screening = require_current(connection, case_id, ledger, by.day, "draft its outcome")
        draft = _outcomes(connection, case, ledger, screening, by)[0]
    return KeptOutcome(number=None, day=by.day, sha256=None, stands=False, outcome=draft)


def kept_outcome(
    connection: sa.Connection, case_id: str, *, public: bool
) -> tuple[Step, CaseOutcome] | None:
    """The newest outcome of a case, as it was issued; None: there is none."""
    step = last_step(connection, case_id, PUBLIC_OUTCOME if public else OUTCOME)
    if step is None:
        return None
    return step, CaseOutcome.model_validate_json(step.document, extra="ignore")


def _refuse_early(ledger: Ledger, case_id: str, day: date) -> None:
    awaited = [one for one in consultations(ledger, day) if one.status == "awaited"]
    if awaited:
        names = ", ".join(one.department.id for one in awaited)
        last = max(one.due for one in awaited)
        message = f"{case_id}: {names} may answer until {last}; issue the outcome after that"
        raise InvalidCase(message)


def _outcomes(
    connection: sa.Connection, case: CaseHead, ledger: Ledger, screening: Screening, by: By
) -> tuple[CaseOutcome, CaseOutcome]:
    """The whole outcome, and the applicant's copy of it."""
    asking = [one for one in consultations(ledger, by.day) if one.status != "released"]
    opinions = {one.department.id: _standing_opinion(ledger, one) for one in asking}
    replies = [_reply(one, opinions[one.department.id]) for one in asking]
    project = find_project(connection, case.project_id, screening.project_version)
    conditions = _conditions(replies, opinions, project)
    checks = {}
    for audience in ("approval", "applicant"):
        found = frozen_findings(connection, case.id, audience)
        assert found is not None
        checks[audience] = found[1].check
    answers = _answers(checks["approval"], asking, opinions)
    titles = {key: one.title for key, one in keyed(checks["approval"].findings).items()}
    contradictions = [*parted_answers(answers, titles), *excluding_conditions(conditions)]
    ground = OutcomeGround(screening, replies, conditions, contradictions, answers)
    severities = {key: one.outcome for key, one in keyed(checks["approval"].findings).items()}
    verdict = verdict_of_case(ground, severities)
    before = ledger.outcome
    whole = CaseOutcome(
        outcome_id=f"oc_{uuid4().hex[:20]}",
        audience="approval",
        case=case,
        project_id=project.id,
        project_version=project.version,
        facts=project.facts,
        issued_on=by.day,
        issued_by=by.who,
        supersedes=None if before is None else before.said.outcome_id,
        screening=screening.screening,
        check_id=screening.check_id,
        check_verdict=screening.verdict,
        complete=screening.complete,
        snapshot=screening.snapshot,
        rule_pack=screening.rule_pack,
        application_date=screening.application_date,
        valid_until=screening.valid_until,
        validity_verified=screening.validity_verified,
        site=checks["approval"].site,
        verdict=verdict,
        reasons=reasons_of(ground, severities, titles),
        findings=_findings(checks["approval"], answers),
        replies=replies,
        conditions=conditions,
        contradictions=contradictions,
        not_checked=_not_checked(checks["approval"]),
        notice=checks["approval"].city_notice,
    )
    return whole, _for_applicant(whole, screening, checks["applicant"], answers)


def _for_applicant(
    whole: CaseOutcome,
    screening: Screening,
    check: SiteCheck,
    answers: Mapping[str, Sequence[FindingAnswer]],
) -> CaseOutcome:
    """The same with the findings as the public may see them, and without who signed what."""
    withheld = {key for key, one in keyed(check.findings).items() if one.withheld}
    secret = {reply.department.id for reply in whole.replies if withheld & set(reply.findings)}
    replies = [_open_reply(reply, secret) for reply in whole.replies]
    conditions = [_open_condition(line, secret) for line in whole.conditions]
    return whole.model_copy(
        update={
            "audience": "applicant",
            "issued_by": None,
            "check_id": screening.public_check_id,
            "check_verdict": check.verdict,
            "findings": _findings(check, answers),
            "replies": replies,
            "conditions": conditions,
            "not_checked": _not_checked(check),
        }
    )


def _open_reply(reply: Reply, secret: Container[str]) -> Reply:
    """A reply for the applicant: of who was asked about what is withheld, articles alone."""
    basis = reply.basis
    if reply.department.id in secret:
        basis = [Basis(legal=one.legal) for one in basis if one.legal is not None]
    return reply.model_copy(update={"signed_by": None, "note": None, "basis": basis})


def _open_condition(line: OutcomeCondition, secret: Container[str]) -> OutcomeCondition:
    """A condition for the applicant, who has to meet it: its words stay."""
    basis = line.condition.basis
    if basis is None or line.department.id not in secret:
        return line
    bare = None if basis.legal is None else Basis(legal=basis.legal)
    condition = line.condition.model_copy(update={"basis": bare})
    return line.model_copy(update={"condition": condition})


def _not_checked(check: SiteCheck) -> list[LayerLine]:
    return [line for line in check.layers if line.status in ("no_data", "error")]


def _standing_opinion(ledger: Ledger, one: Consultation) -> Told[Opinion] | None:
    given = opinions_of(ledger, one.department.id)
    return given[-1] if given else None


def _reply(one: Consultation, given: Told[Opinion] | None) -> Reply:
    opinion = None if given is None else given.said
    return Reply(
        department=one.department,
        status=one.status,
        asked_on=one.asked_on,
        due=one.due,
        due_estimated=one.due_estimated,
        findings=one.findings,
        unanswered=one.unanswered,
        answer=None if opinion is None else opinion.answer,
        version=None if opinion is None else opinion.version,
        answered_on=one.answered_on,
        late=one.late,
        signed_by=None if given is None else given.step.who,
        basis=[] if opinion is None else opinion.basis,
        note=None if opinion is None else opinion.note,
    )


def _conditions(
    replies: Sequence[Reply], opinions: Mapping[str, Told[Opinion] | None], project: Project
) -> list[OutcomeCondition]:
    """Every condition of every opinion that stands, numbered."""
    lines: list[OutcomeCondition] = []
    for reply in replies:
        given = opinions[reply.department.id]
        for condition in [] if given is None else given.said.conditions:
            figure = condition.figure
            value = None if figure is None else _figure(project, figure)
            line = OutcomeCondition(
                number=len(lines) + 1,
                department=reply.department,
                condition=condition,
                given=value,
                met=is_met(condition, value),
            )
            lines.append(line)
    return lines


def _figure(project: Project, figure: str) -> float | str | None:
    """What a project says of a figure, by its name; None: nothing."""
    for said in (project.facts.figures, project.facts):
        value: object = getattr(said, figure, None)
        if isinstance(value, int | float | str):
            return value
    return None


def _answers(
    check: SiteCheck,
    asking: Sequence[Consultation],
    opinions: Mapping[str, Told[Opinion] | None],
) -> dict[str, list[FindingAnswer]]:
    """What each department that is asked about a finding said to it as it is now."""
    answers: dict[str, list[FindingAnswer]] = {key: [] for key in keyed(check.findings)}
    for one in asking:
        given = opinions[one.department.id]
        for key in one.findings:
            said = None if given is None or key in one.unanswered else given.said.answer
            answer = FindingAnswer(department=one.department, answer=said)
            answers.setdefault(key, []).append(answer)
    return answers


def _findings(
    check: SiteCheck, answers: Mapping[str, Sequence[FindingAnswer]]
) -> list[OutcomeFinding]:
    return [
        OutcomeFinding(key=key, finding=finding, answers=list(answers.get(key, ())))
        for key, finding in keyed(check.findings).items()
    ]


__all__ = [
    "CaseOutcome",
    "Contradiction",
    "KeptOutcome",
    "OutcomeVerdict",
    "draft_outcome",
    "issue_outcome",
    "kept_outcome",
]
