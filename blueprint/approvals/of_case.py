"""Approvals, documents and form of a case, as its reader may see them.

Input: a case, its reader (`blueprint.cases.readers`), a span and a day. Output: `CaseMaterials`,
`CaseForm`. They rest on the reader's own copy of the findings, so that nobody learns from an
approval what the findings withhold; a department is told of its own approvals alone. Findings of
another boundary count no more; those on other figures, or expired, do, and are said to be so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from blueprint.approvals.documents import ApprovalLine, ApprovalsNeeded, MaterialsList, Span
from blueprint.approvals.form import DataForm, form_of, with_rule_fields
from blueprint.approvals.held import HeldEntry, Holder, held_of
from blueprint.approvals.kept import current_approvals
from blueprint.approvals.known import Knowledge
from blueprint.approvals.materials import materials_of
from blueprint.approvals.needed import needed_approvals
from blueprint.approvals.profiles import ProfileVersion, newest_profile, profile_by_code
from blueprint.cases.files import CaseHead
from blueprint.cases.projects import Project, find_project
from blueprint.cases.readers import Reader
from blueprint.cases.shown import case_findings
from blueprint.cases.standing import FINDINGS_STATES, FindingsState
from blueprint.catalogue import Catalogue
from blueprint.documents import SiteCheck
from blueprint.errors import NothingPublished
from blueprint.registry import current_catalogue, load_snapshot
from blueprint.rules.pack import RulePack
from blueprint.values import Bilingual

_OTHER_SITE = Bilingual(
    zh="用地边界已变更，原检测结论不再使用；请重新预审",
    en="the site was redrawn since it was screened: screen it again",
)


class CaseMaterials(MaterialsList):
    """The list of a case, and what it rests on."""

    case_id: str
    project_id: str
    project_version: int
    findings: FindingsState


class CaseForm(DataForm):
    """The form of a case, and what it rests on."""

    case_id: str
    project_id: str
    project_version: int
    findings: FindingsState


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that a reader may know of a case when its approvals are asked for."""

    case: CaseHead
    project: Project
    reader: Reader
    known: Knowledge
    catalogue: Catalogue
    rules: RulePack | None
    state: FindingsState
    applicant: str

    @property
    def span(self) -> Span:
        """The stage that the case applies for; of one that is planned, the whole course."""
        return "whole" if self.case.stage == "generation" else self.case.stage

    def approvals(self, span: Span, day: date) -> ApprovalsNeeded:
        """The approvals of the case that are the reader's to know of."""
        found = needed_approvals(self.known, span, day, self.catalogue)
        return found.model_copy(
            update={
                "needed": self._own(found.needed),
                "undecided": self._own(found.undecided),
                "not_in_force": self._own(found.not_in_force),
                "not_needed": [
                    name
                    for name in found.not_needed
                    if self._is_own(self.known.pack.by_id[name].department)
                ],
                "notes": [*found.notes, *self._notes()],
            }
        )

    def _own(self, lines: list[ApprovalLine]) -> list[ApprovalLine]:
        return [line for line in lines if self._is_own(line.department.id)]

    def _is_own(self, department: str) -> bool:
        return self.reader.sees_whole or self.reader.is_of(department)

    def _notes(self) -> Iterator[Bilingual]:
        if self.known.check is None and self.state != "none":
            yield _OTHER_SITE
        elif self.state in ("superseded", "expired"):
            state = FINDINGS_STATES[self.state]
            yield Bilingual(
                zh=f"检测结论{state.zh}；请重新预审", en=f"findings are {state.en}: screen again"
            )


def case_view(connection: sa.Connection, case: CaseHead, reader: Reader, day: date) -> CaseView:
    """What is known of a case by its reader; the day is the one on which it is looked at.

    Raises:
        AnswerClosed: its findings show a layer that the reader may no longer see.
        NothingPublished: no catalogue is loaded.
    """
    found = case_findings(connection, case, reader, day)
    project = find_project(connection, case.project_id)
    check = _current(found.copies[0].findings.check if found.copies else None, project)
    catalogue, rules = _blueprint(connection, check)
    profile = _profile(connection, project, reader)
    known = Knowledge(current_approvals(connection), project.facts, check, profile)
    applicant = project.owner if profile is None else profile.applicant
    return CaseView(case, project, reader, known, catalogue, rules, found.state, applicant)


def case_materials(
    connection: sa.Connection, view: CaseView, span: Span | None, day: date
) -> CaseMaterials:
    """Which documents a case has to hand in, each once, less what is held."""
    approvals = view.approvals(span or view.span, day)
    held = held_for(connection, view)
    found = materials_of(view.known, approvals, view.catalogue, held)
    return CaseMaterials.model_validate(dict(found) | _of_case(view))


def case_form(view: CaseView, span: Span | None, day: date) -> CaseForm:
    """The one form of a case, filled in with what is known."""
    approvals = view.approvals(span or view.span, day)
    found = form_of(view.known, approvals, view.catalogue, view.rules)
    return CaseForm.model_validate(dict(found) | _of_case(view))


def form_knowledge(view: CaseView) -> Knowledge:
    """What a case's form is made of, for filling it in."""
    return with_rule_fields(view.known, view.rules)


def held_for(connection: sa.Connection, view: CaseView) -> list[HeldEntry]:
    """What is held of the case's project and of its applicant."""
    return held_of(connection, Holder(view.applicant, view.project.id))


def _of_case(view: CaseView) -> dict[str, object]:
    return {
        "case_id": view.case.id,
        "project_id": view.project.id,
        "project_version": view.project.version,
        "findings": view.state,
    }


def _current(check: SiteCheck | None, project: Project) -> SiteCheck | None:
    """The check, if it is of the site that the project has now."""
    site = project.facts.site
    if check is None or site is None or check.site.geometry_hash != site.geometry_hash:
        return None
    return check


def _blueprint(
    connection: sa.Connection, check: SiteCheck | None
) -> tuple[Catalogue, RulePack | None]:
    """Catalogue and rules: those of the check's snapshot, else of the newest one."""
    try:
        snapshot = load_snapshot(connection, None if check is None else check.snapshot.id)
    except NothingPublished:
        return current_catalogue(connection)[1], None
    return snapshot.catalogue, snapshot.rule_pack


def _profile(connection: sa.Connection, project: Project, reader: Reader) -> ProfileVersion | None:
    """The file of whoever proposes; of a project that staff entered, the one of its credit code.

    Anybody can claim a code, so that it leads to a file for staff alone.
    """
    own = newest_profile(connection, project.owner)
    code = project.facts.proposer_code
    if own is not None or code is None or not reader.is_staff:
        return own
    return profile_by_code(connection, code)
