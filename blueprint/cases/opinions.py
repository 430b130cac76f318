"""Opinions of departments (部门意见): formal answers, signed by user and department, by versions.

Input: what a department says to what it was asked last. Output: `Opinion`, a step of the ledger.
An opinion covers every finding of the request. A later one takes the place of an earlier one; one
that comes after the deadline is taken and marked late. An agreement on a prohibited finding needs
its basis, as a disagreement does: nobody lets a prohibition go without saying on what ground.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from pydantic import ValidationError

from blueprint.cases.consultations import last_request, opinions_of
from blueprint.cases.contradictions import exclude_each_other
from blueprint.cases.copies import department_clearance
from blueprint.cases.documents import (
    Basis,
    BasisSaid,
    Condition,
    ConditionSaid,
    Opinion,
    OpinionSaid,
    Request,
)
from blueprint.cases.files import By, add_step, find_case
from blueprint.cases.ledger import OPINION, Ledger, Told, ledger_of
from blueprint.cases.screen import refuse_earlier
from blueprint.errors import InvalidCase, InvalidOpinion
from blueprint.registry import Snapshot, load_snapshot
from blueprint.rules.legal import Citation
from blueprint.service import Service
from blueprint.values import Value


class KeptOpinion(Value):
    """An opinion as the ledger has it; `signed_by` null: not for this reader."""

    number: int
    day: date
    signed_by: str | None
    sha256: str
    opinion: Opinion


@dataclass(frozen=True, slots=True)
class _Ground:
    """What opinions are checked against: the rules that the case was screened by."""

    snapshot: Snapshot
    request: Request


def said_opinion(said: object) -> OpinionSaid:
    """What a department says, from a mapping.

    Raises:
        InvalidOpinion: something of it cannot be.
    """
    try:
        return OpinionSaid.model_validate(said)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "opinion"
        raise InvalidOpinion(f"{where}: {first['msg']}; correct it") from None


def give_opinion(
    service: Service, case_id: str, department: str, said: OpinionSaid, by: By
) -> Opinion:
    """Keep what a department says, as the next version of its opinion.

    Raises:
        UnknownCase: there is none of that id.
        InvalidCase: the department is not asked, or was asked anew meanwhile.
        InvalidOpinion: a basis or conditions are missing, or cannot be.
    """
    with service.database.write() as connection:
        find_case(connection, case_id)
        ledger = ledger_of(connection, case_id)
        refuse_earlier(ledger, by.day)
        asked = _asked(ledger, case_id, department, said)
        ground = _Ground(_screened_on(connection, ledger, asked), asked.said)
        opinion = _opinion(ledger, asked, ground, said, by)
        add_step(connection, case_id, OPINION, opinion, by, department)
    return opinion


def _asked(ledger: Ledger, case_id: str, department: str, said: OpinionSaid) -> Told[Request]:
    asked = last_request(ledger, department)
    if asked is None:
        message = f"{case_id}: does not ask {department}; only who is asked answers"
        raise InvalidCase(message)
    if said.request not in (None, asked.step.number):
        message = (
            f"{case_id}: {department} was asked anew in step {asked.step.number}, and this answers "
            f"step {said.request}; read what is asked now"
        )
        raise InvalidCase(message)
    return asked


def _screened_on(connection: sa.Connection, ledger: Ledger, asked: Told[Request]) -> Snapshot:
    number = asked.said.screening
    screening = next(one.said for one in ledger.screenings if one.said.screening == number)
    return load_snapshot(connection, screening.snapshot.id)


def _opinion(
    ledger: Ledger, asked: Told[Request], ground: _Ground, said: OpinionSaid, by: By
) -> Opinion:
    request = asked.said
    screening = next(
        one.said for one in ledger.screenings if one.said.screening == request.screening
    )
    day = screening.application_date
    basis = [_basis(ground, one, day) for one in said.basis]
    if said.prefilled:
        legal = {b.model_dump_json(): b for q in request.questions for b in q.legal_bases}
        basis += [Basis(legal=one) for one in legal.values()]
    _refuse_bare(request, said, basis)
    conditions = [_condition(ground, one, day) for one in said.conditions]
    _refuse_impossible(conditions)
    name = request.department.id
    return Opinion(
        department=request.department,
        version=len(opinions_of(ledger, name)) + 1,
        request=asked.step.number,
        screening=request.screening,
        answer=said.answer,
        findings={question.finding: question.content for question in request.questions},
        basis=basis,
        conditions=conditions,
        note=said.note,
        late=by.day > request.due,
        clearance=department_clearance(name),
    )


def _refuse_bare(request: Request, said: OpinionSaid, basis: list[Basis]) -> None:
    """See that an answer says what it has to say."""
    if said.answer == "agree_with_conditions" and not said.conditions:
        raise InvalidOpinion("conditions: agreeing with conditions needs some; say which")
    if said.answer != "agree_with_conditions" and said.conditions:
        message = f"conditions: go with agree_with_conditions, not with {said.answer}; change one"
        raise InvalidOpinion(message)
    if basis:
        return
    if said.answer == "disagree":
        message = "basis: disagreeing needs one; give a text or a law, or take those prefilled"
        raise InvalidOpinion(message)
    prohibited = [q.finding for q in request.questions if q.outcome == "prohibited"]
    if prohibited:
        message = f"basis: {prohibited[0]} is prohibited, so that any answer to it needs a basis"
        raise InvalidOpinion(f"{message}; give a text or a law, or take those prefilled")


def _refuse_impossible(conditions: Iterable[Condition]) -> None:
    kept = list(conditions)
    for i, one in enumerate(kept):
        for other in kept[:i]:
            if exclude_each_other(one, other):
                message = f"conditions: {one.text!r} and {other.text!r} cannot both be met"
                raise InvalidOpinion(f"{message}; correct one of them")


def _basis(ground: _Ground, said: BasisSaid, day: date) -> Basis:
    if said.law is None:
        return Basis(text=said.text)
    laws = ground.snapshot.rule_pack.laws
    law = laws.get(said.law)
    pack = ground.snapshot.rule_pack_ref
    if law is None:
        message = f"basis: {said.law} is no law of the rule pack {pack.id} {pack.version}"
        raise InvalidOpinion(f"{message}; name one of it, or give the basis as a text")
    if not law.in_force_on(day):
        message = f"basis: {said.law} is not in force on {day}, the application date"
        raise InvalidOpinion(f"{message}; name a law that is")
    cited = Citation(law=said.law, article=said.article)
    return Basis(text=said.text, legal=ground.snapshot.rule_pack.basis(cited))


def _condition(ground: _Ground, said: ConditionSaid, day: date) -> Condition:
    known = [question.finding for question in ground.request.questions]
    for key in said.findings:
        if key not in known:
            message = f"conditions: {key} is not what the department is asked about"
            raise InvalidOpinion(f"{message}; there is {', '.join(known)}")
    return Condition(
        text=said.text,
        basis=None if said.basis is None else _basis(ground, said.basis, day),
        findings=said.findings or known,
        figure=said.figure,
        relation=said.relation,
        limit=said.limit,
        options=said.options,
    )
