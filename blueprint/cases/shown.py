"""A case as one reader sees it: file, findings, consultations, opinions, outcome.

Input: a case and a reader (`blueprint.cases.readers`). Output: documents that hold no more than is
the reader's: approval staff see all; planners and the applicant see whom is asked, and what was
answered without its words; a department sees what is asked of it, and its own answer. A copy that
shows a layer which has been made more sensitive since is not given out any more.
"""

from datetime import date

import sqlalchemy as sa

from blueprint.cases.attached import ATTACHED
from blueprint.cases.consultations import Consultation, consultations
from blueprint.cases.documents import Changes, Opinion, Screening
from blueprint.cases.files import CaseHead, StepHead, step_heads
from blueprint.cases.ledger import Ledger, Told, ledger_of
from blueprint.cases.outcome import KeptOutcome, kept_outcome
from blueprint.cases.projects import Project, find_project
from blueprint.cases.readers import Reader
from blueprint.cases.screen import frozen_findings
from blueprint.cases.shown_documents import (
    CaseFile,
    CaseFindings,
    CaseLine,
    KeptFindings,
    LedgerLine,
    OpinionLine,
    ProjectInShort,
    ScreeningLine,
)
from blueprint.cases.standing import CaseStanding, findings_state, standing_of
from blueprint.checks.kept import shown_in
from blueprint.clearance import PUBLIC, Clearance
from blueprint.documents import SiteCheck
from blueprint.errors import AnswerClosed, UnknownOutcome
from blueprint.registry import current_catalogue


def case_line(
    case: CaseHead, project: Project, ledger: Ledger, reader: Reader, day: date
) -> CaseLine:
    """A case in one line."""
    return CaseLine(**_line(case, project, ledger, reader, day))


def case_file(connection: sa.Connection, case: CaseHead, reader: Reader, day: date) -> CaseFile:
    """All that a reader may know of a case at the end of a day."""
    project, ledger = find_project(connection, case.project_id), ledger_of(connection, case.id)
    until = ledger.until(day)
    flag = until.flags[-1].said if reader.is_staff and until.flags else None
    return CaseFile(
        **_line(case, project, ledger, reader, day),
        screenings=[_screening(one, reader) for one in until.screenings],
        flag=None if flag is None else Changes(**dict(flag)),
        ledger=[
            _ledger_line(step, reader)
            for step in step_heads(connection, case.id)
            if step.day <= day and _is_shown(step, reader)
        ],
    )


def case_findings(
    connection: sa.Connection, case: CaseHead, reader: Reader, day: date
) -> CaseFindings:
    """What was found, as it was frozen for the reader.

    Raises:
        AnswerClosed: it shows a layer that the reader may no longer see.
    """
    project, ledger = find_project(connection, case.project_id), ledger_of(connection, case.id)
    copies = []
    for audience, department, clearance in reader.copies():
        found = frozen_findings(connection, case.id, audience, department)
        if found is not None:
            step, findings = found
            refuse_closed(connection, findings.check, clearance, case.id)
            copy = KeptFindings(
                number=step.number, day=step.day, sha256=step.sha256, findings=findings
            )
            copies.append(copy)
    screening = ledger.screening
    return CaseFindings(
        case_id=case.id,
        day=day,
        state=findings_state(ledger, project, day),
        valid_until=None if screening is None else screening.said.valid_until,
        copies=copies,
    )


def case_consultations(
    connection: sa.Connection, case: CaseHead, reader: Reader, day: date
) -> list[Consultation]:
    """Who is asked, as the reader may know of it."""
    return _asking(ledger_of(connection, case.id), reader, day)


def case_opinions(connection: sa.Connection, case: CaseHead, reader: Reader) -> list[OpinionLine]:
    """What was answered, oldest first, as the reader may know of it."""
    ledger = ledger_of(connection, case.id)
    last = {one.said.department.id: one.step.number for one in ledger.opinions}
    return [
        _opinion(one, reader, stands=last[one.said.department.id] == one.step.number)
        for one in ledger.opinions
        if reader.sees_whole or reader.is_of(one.said.department.id)
    ]


def case_outcome(
    connection: sa.Connection, case: CaseHead, reader: Reader, day: date
) -> KeptOutcome:
    """The outcome of a case, as it was issued for the reader.

    Raises:
        UnknownOutcome: none was issued yet.
        AnswerClosed: it shows a layer that the reader may no longer see.
    """
    found = kept_outcome(connection, case.id, public=not reader.is_approval)
    if found is None:
        message = f"{case.id}: has no outcome yet; one is issued when departments have answered"
        raise UnknownOutcome(message)
    step, outcome = found
    if not reader.is_approval:
        copy = frozen_findings(connection, case.id, "applicant")
        assert copy is not None
        refuse_closed(connection, copy[1].check, PUBLIC, case.id)
    project, ledger = find_project(connection, case.project_id), ledger_of(connection, case.id)
    stands = standing_of(ledger, project, day).outcome_stands
    return KeptOutcome(
        number=step.number,
        day=step.day,
        sha256=step.sha256,
        stands=bool(stands),
        outcome=outcome,
    )


def refuse_closed(
    connection: sa.Connection, check: SiteCheck, clearance: Clearance, case_id: str
) -> None:
    """See that a copy shows no layer that is above the clearance by today's catalogue.

    Raises:
        AnswerClosed: it does.
    """
    _, today = current_catalogue(connection)
    if today.hidden_from(clearance) & shown_in(check, today):
        message = f"{case_id}: rests on a layer that may not be shown any more; have it screened"
        raise AnswerClosed(f"{message} again")


def _line(
    case: CaseHead, project: Project, ledger: Ledger, reader: Reader, day: date
) -> dict[str, object]:
    asking, standing = _asking(ledger, reader, day), standing_of(ledger, project, day)
    if not reader.sees_whole:
        standing = _own_standing(standing, asking)
    if not reader.is_staff:
        standing = standing.model_copy(update={"flagged": False, "to_ask": False})
    facts = project.facts
    short = ProjectInShort(
        id=project.id,
        version=project.version,
        name=facts.name,
        proposer=facts.proposer,
        code=facts.code,
    )
    return {**dict(case), "project": short, "standing": standing, "consultations": asking}


def _own_standing(standing: CaseStanding, asking: list[Consultation]) -> CaseStanding:
    """Where a case stands for a department: by what is asked of it alone."""
    asked = [one for one in asking if one.status != "released"]
    return standing.model_copy(
        update={
            "asked": len(asked),
            "answered": sum(one.status == "answered" for one in asked),
            "overdue": sum(one.status == "not_answered" for one in asked),
            "due": min((one.due for one in asked if one.status == "awaited"), default=None),
        }
    )


def _asking(ledger: Ledger, reader: Reader, day: date) -> list[Consultation]:
    return [
        one if reader.is_of(one.department.id) else one.in_short()
        for one in consultations(ledger, day)
        if reader.sees_whole or reader.is_of(one.department.id)
    ]


def _opinion(one: Told[Opinion], reader: Reader, *, stands: bool) -> OpinionLine:
    own = reader.is_of(one.said.department.id)
    return OpinionLine(
        number=one.step.number,
        day=one.step.day,
        signed_by=one.step.who if own else None,
        sha256=one.step.sha256,
        stands=stands,
        opinion=one.said if own else one.said.shown_without_words(),
    )


def _screening(one: Told[Screening], reader: Reader) -> ScreeningLine:
    said = one.said
    return ScreeningLine(
        screening=said.screening,
        day=one.step.day,
        project_version=said.project_version,
        snapshot=said.snapshot,
        rule_pack=said.rule_pack,
        check_id=said.public_check_id if reader.audience == "applicant" else said.check_id,
        verdict=said.verdicts.get(reader.audience),
        complete=said.complete if reader.sees_whole else None,
        valid_until=said.valid_until,
        validity_verified=said.validity_verified,
        overlaps=said.overlaps if reader.is_staff else [],
    )


def _is_shown(step: StepHead, reader: Reader) -> bool:
    """Whether a reader may know of a step: of a department's, only those who see the whole."""
    if reader.is_approval or (step.department is not None and reader.is_of(step.department)):
        return True
    if step.kind.startswith("findings."):
        return step.kind == f"findings.{reader.audience}" and step.department is None
    if step.kind == ATTACHED:
        # whether it may be seen is up to each check
        return False
    if step.kind in ("outcome", "flag"):
        return reader.is_staff and step.kind == "flag"
    return reader.sees_whole or step.department is None


def _ledger_line(step: StepHead, reader: Reader) -> LedgerLine:
    own = step.department is not None and reader.is_of(step.department)
    return LedgerLine(
        number=step.number,
        at=step.at,
        day=step.day,
        kind=step.kind,
        department=step.department,
        who=step.who if reader.is_approval or own else None,
        # the hash of what may not be read could be tried against guesses
        sha256=step.sha256 if reader.is_approval or own or _is_open(step) else None,
    )


def _is_open(step: StepHead) -> bool:
    """Whether whoever may know of a step may read its document too."""
    return step.department is None and step.kind not in ("screening", "flag")
