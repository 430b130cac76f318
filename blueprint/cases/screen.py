"""Screening a case (策划生成预审): its site is checked, and what is found frozen for each audience.

Input: a case. Output: `Screening`, a step of the case's ledger, with a step for each copy of the
check. The whole check and the public one are kept checks too, links of their chain. Nobody is asked
by it: that is `ask`. It can be done again at any time, on the newest snapshot, and then goes before
the earlier ones.
"""

from datetime import date
from uuid import uuid4

import sqlalchemy as sa

from blueprint.cases.copies import (
    CLEARANCES,
    Judges,
    department_clearance,
    department_copy,
)
from blueprint.cases.documents import Audience, DepartmentQuestions, FrozenFindings, Screening
from blueprint.cases.files import By, CaseHead, Step, add_step, find_case, last_step
from blueprint.cases.ledger import SCREENING, Ledger, findings_kind, ledger_of
from blueprint.cases.neighbours import overlapping_projects
from blueprint.cases.projects import Project, find_project
from blueprint.cases.questions import asked_departments, keyed, questions_for
from blueprint.cases.settings import CaseSettings, case_settings
from blueprint.cases.sites import site_of_project
from blueprint.checks.desk import Desk
from blueprint.checks.figures import refuse_unasked
from blueprint.checks.kept import save_check
from blueprint.clearance import RESTRICTED
from blueprint.documents import SiteCheck
from blueprint.errors import InvalidCase
from blueprint.registry import Snapshot, load_snapshot
from blueprint.service import Service
from layers.models import SettingRow


def screen_case(
    service: Service, case_id: str, by: By, settings: CaseSettings | None = None
) -> Screening:
    """Check the site of a case on the newest snapshot, for its application date, and keep it all.

    Raises:
        UnknownCase: there is none of that id.
        InvalidCase: its project has no site, or is withdrawn.
        InvalidFigures: a question is answered that the rules do not ask.
        NothingPublished: there is no snapshot to check it on.
    """
    wanted = settings or case_settings()
    with service.database.read() as connection:
        case = find_case(connection, case_id)
        project = find_project(connection, case.project_id)
        _refuse_withdrawn(project)
        snapshot = load_snapshot(connection)
        desk = desk_for(snapshot, project, case)
        judges = Judges(service, connection, desk)
        full = _renamed(judges.check(RESTRICTED))
        copies = _copies(judges, full)
        departments, own = questions_of(judges, full, snapshot)
    overlaps = overlapping_projects(service, project)
    with service.database.write() as connection:
        take_turn(connection)
        ledger = ledger_of(connection, case_id)
        refuse_earlier(ledger, by.day)
        number = len(ledger.screenings) + 1
        public = copies["applicant"]
        screening = Screening(
            screening=number,
            project_version=project.version,
            geometry_hash=desk.site.geometry_hash,
            figures=desk.project,
            snapshot=snapshot.ref,
            rule_pack=snapshot.rule_pack_ref,
            application_date=case.application_date,
            check_id=full.check_id,
            public_check_id=public.check_id,
            verdict=full.verdict,
            verdicts={audience: check.verdict for audience, check in copies.items()},
            complete=full.complete,
            valid_until=wanted.valid_until(by.day),
            validity_verified=wanted.finding_verified,
            departments=departments,
            overlaps=overlaps,
        )
        save_check(connection, public)
        # the whole one last: it is the newest check of its site
        save_check(connection, full)
        for audience, check in copies.items():
            copy = FrozenFindings(screening=number, audience=audience, check=check)
            add_step(connection, case_id, findings_kind(audience), copy, by)
        for asked in departments:
            check = own[asked.department.id]
            copy = FrozenFindings(
                screening=number, audience="department", department=asked.department, check=check
            )
            kind = findings_kind("department")
            add_step(connection, case_id, kind, copy, by, asked.department.id)
        add_step(connection, case_id, SCREENING, screening, by)
    return screening


def frozen_findings(
    connection: sa.Connection, case_id: str, audience: Audience, department: str | None = None
) -> tuple[Step, FrozenFindings] | None:
    """The newest copy that was frozen for an audience; None: there is none."""
    step = last_step(connection, case_id, findings_kind(audience), department)
    if step is None:
        return None
    return step, FrozenFindings.model_validate_json(step.document, extra="ignore")


def take_turn(connection: sa.Connection) -> None:
    """Wait until nobody else takes a step that depends on the whole ledger."""
    connection.execute(sa.select(SettingRow).with_for_update())


def refuse_earlier(ledger: Ledger, day: date) -> None:
    """See that a step is not taken on a day before the last one.

    Raises:
        InvalidCase: it is.
    """
    last = ledger.last_day
    if last is not None and last > day:
        message = f"{day}: the last step of the case was on {last}; see that the clock is right"
        raise InvalidCase(message)


def _refuse_withdrawn(project: Project) -> None:
    if project.facts.state == "withdrawn":
        raise InvalidCase(f"{project.id}: is withdrawn; propose it again, then screen its case")


def desk_for(snapshot: Snapshot, project: Project, case: CaseHead) -> Desk:
    """The desk at which a case is judged, for approval staff.

    Raises:
        InvalidCase: its project has no site.
        InvalidFigures: a question is answered that the rules do not ask.
    """
    site, said = site_of_project(project.id, project.facts), project.facts.said()
    refuse_unasked(snapshot.rule_pack, said)
    day = case.application_date
    # the newest blueprint is asked, which lives on while the case does; the law stays the day's
    return Desk(snapshot, site, day, RESTRICTED, frozenset(), said, later_layers=True)


def _renamed(check: SiteCheck) -> SiteCheck:
    return check.model_copy(update={"check_id": f"chk_{uuid4().hex}"})


def _copies(judges: Judges, full: SiteCheck) -> dict[Audience, SiteCheck]:
    """The copies that are of no department; the planners' is proved by the whole check's id."""
    public = _renamed(judges.check(CLEARANCES["applicant"]))
    internal = judges.check(CLEARANCES["planning"])
    return {
        "approval": full,
        "planning": internal.model_copy(update={"check_id": full.check_id}),
        "applicant": public,
    }


def questions_of(
    judges: Judges, full: SiteCheck, snapshot: Snapshot
) -> tuple[list[DepartmentQuestions], dict[str, SiteCheck]]:
    """Whom to ask what, and each department's own copy."""
    findings = keyed(full.findings)
    public = judges.check(CLEARANCES["applicant"])
    secret = {key for key, finding in keyed(public.findings).items() if finding.withheld}
    asked, own = [], {}
    for department, keys in asked_departments(full, snapshot).items():
        seen = judges.check(department_clearance(department))
        about = {key: findings[key] for key in keys}
        questions = questions_for(department, about, seen, snapshot, secret)
        asked.append(questions)
        copy = department_copy(seen, keys, snapshot)
        own[department] = copy.model_copy(update={"check_id": full.check_id})
    return asked, own
