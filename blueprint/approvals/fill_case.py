"""Filling in the form of a case: its project is said anew, and its applicant's file.

Input: a case, its reader, the values by field. Output: `FormFilled`: the form as it is then, what
was changed, and what a screening would now tell that differs. Facts and file are kept together or
not at all. Findings stay as they were frozen until the case is screened again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from pydantic import Field

from blueprint.approvals.credit_code import is_credit_code
from blueprint.approvals.documents import Span
from blueprint.approvals.filled import Filled, fill_form
from blueprint.approvals.of_case import CaseForm, CaseView, case_form, case_view, form_knowledge
from blueprint.approvals.profiles import ApplicantProfile, ProfileVersion, save_profile
from blueprint.cases.files import CaseHead
from blueprint.cases.ledger import ledger_of
from blueprint.cases.projects import revise_project
from blueprint.cases.readers import Reader
from blueprint.cases.review import CaseChanges, changes_of
from blueprint.errors import InvalidForm
from blueprint.registry import now
from blueprint.service import Service
from blueprint.values import Value


class FormFilled(Value):
    """A form that was filled in: what was changed by it, and what that changes."""

    form: CaseForm
    changed: list[str] = Field(description="the fields whose values are others now")
    changes: list[CaseChanges] = Field(
        description="what a screening would tell that differs; none if there was none"
    )


@dataclass(frozen=True, slots=True)
class Filling:
    """What is filled in: values by field, null takes one back; of which span, on which day."""

    values: Mapping[str, object]
    span: Span | None
    day: date
    based_on: int | None = None
    """The version of the project that was read; refused if there is a newer one."""


def fill_case_form(
    service: Service, case: CaseHead, reader: Reader, filling: Filling, who: str
) -> FormFilled:
    """Fill in the form of a case.

    Raises:
        InvalidForm: a field is not asked, or a value of one cannot be.
        InvalidCase: a newer version of the project was said meanwhile.
    """
    with service.database.write() as connection:
        view = case_view(connection, case, reader, filling.day)
        before = case_form(view, filling.span, filling.day)
        done = _filled(view, filling)
        if done.profile is not None and done.profile != _profile(view):
            save_profile(connection, _file_of(view, who), done.profile, who)
        revise_project(connection, view.project.id, done.facts, who, filling.based_on)
        view = case_view(connection, case, reader, filling.day)
        after = case_form(view, filling.span, filling.day)
        screened = ledger_of(connection, case.id).screening is not None
    changes: list[CaseChanges] = []
    if screened and view.project.facts.site is not None:
        changes = [one for one in changes_of(service, case.id, reader) if one.is_any]
    changed = [
        name
        for name in filling.values
        if before.values.get(name) != after.values.get(name) or name not in after.values
    ]
    return FormFilled(form=after, changed=changed, changes=changes)


def _filled(view: CaseView, filling: Filling) -> Filled:
    """What the values say, those first that the form asks: some fields are asked only after others.

    Raises:
        InvalidForm: a field is not asked whatever the others say, or a value cannot be.
    """
    left, done = dict(filling.values), Filled(view.known.facts, None)
    while left:
        form = case_form(view, filling.span, filling.day)
        asked = {name: left[name] for name in left if name in form.json_schema["properties"]}
        one = fill_form(form, form_knowledge(view), asked or left)
        done = Filled(one.facts, one.profile or done.profile)
        known = replace(view.known, facts=one.facts, profile=_then(view, one.profile))
        view = replace(view, known=known)
        left = {name: value for name, value in left.items() if name not in asked}
    return done


def _then(view: CaseView, profile: ApplicantProfile | None) -> ProfileVersion | None:
    """The applicant's file with what was just said of it, which is not kept yet."""
    before = view.known.profile
    if profile is None:
        return before
    number = 1 if before is None else before.version + 1
    return ProfileVersion(
        applicant=view.applicant, version=number, at=now(), who="", profile=profile
    )


def _profile(view: CaseView) -> ApplicantProfile | None:
    return None if view.known.profile is None else view.known.profile.profile


def _file_of(view: CaseView, who: str) -> str:
    """Whose file what is said of the applicant goes into.

    Raises:
        InvalidForm: staff entered the project, and it does not say whose it is.
    """
    if view.known.profile is not None:
        return view.known.profile.applicant
    if not view.reader.is_staff or view.project.owner != who:
        return view.project.owner
    code = view.project.facts.proposer_code
    if code is None or not is_credit_code(code):
        message = "the applicant's file is not known; say the credit code first, then the rest"
        raise InvalidForm(message)
    return code
