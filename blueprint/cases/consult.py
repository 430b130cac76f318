"""Asking departments (并联征求意见): one acceptance, and every department is asked at once.

Input: the newest screening of a case. Output: requests and releases, all in one transaction. A
department is asked if it was not, or if what it is asked about has changed since it was; one whose
findings are as they were is left alone, and one that has none any more is released.
"""

import sqlalchemy as sa

from blueprint.cases.consultations import Asked, last_request, pending
from blueprint.cases.documents import Release, Request, Screening
from blueprint.cases.files import By, add_step
from blueprint.cases.ledger import RELEASE, REQUEST, Ledger, ledger_of
from blueprint.cases.questions import compared
from blueprint.cases.screen import refuse_earlier, take_turn
from blueprint.cases.settings import CaseSettings, case_settings, reply_deadline
from blueprint.cases.standing import require_current
from blueprint.errors import InvalidCase
from blueprint.service import Service
from blueprint.values import Bilingual

_GONE = Bilingual(
    zh="用地或数据变化后，已没有与本部门有关的检测结论",
    en="since the site or the data changed, no finding concerns the department",
)


def ask_departments(
    service: Service, case_id: str, by: By, settings: CaseSettings | None = None
) -> Asked:
    """Ask every department that the newest screening of a case concerns.

    Raises:
        UnknownCase: there is none of that id.
        InvalidCase: the case was not screened, or what was found does not hold any more.
    """
    wanted = settings or case_settings()
    with service.database.write() as connection:
        take_turn(connection)
        return ask_within(connection, case_id, by, wanted)


def ask_within(connection: sa.Connection, case_id: str, by: By, settings: CaseSettings) -> Asked:
    """The same within the caller's transaction, whose turn it is."""
    ledger = ledger_of(connection, case_id)
    refuse_earlier(ledger, by.day)
    screening = require_current(connection, case_id, ledger, by.day, "ask departments")
    done = pending(ledger, screening)
    deadline = reply_deadline(by.day, settings.reply_workdays)
    for one in screening.departments:
        name = one.department.id
        if name not in (*done.asked, *done.again):
            continue
        before = last_request(ledger, name)
        contents = {} if before is None else {q.finding: q.content for q in before.said.questions}
        request = Request(
            screening=screening.screening,
            department=one.department,
            content=one.content,
            questions=compared(one.questions, contents),
            again=name in done.again,
            due=deadline.day,
            due_estimated=deadline.estimated,
            workdays=settings.reply_workdays,
            workdays_verified=settings.reply_verified,
            due_why=deadline.why,
        )
        add_step(connection, case_id, REQUEST, request, by, name)
    for name in done.released:
        asked = last_request(ledger, name)
        assert asked is not None
        department = asked.said.department
        release = Release(screening=screening.screening, department=department, reason=_GONE)
        add_step(connection, case_id, RELEASE, release, by, name)
    return done


def refuse_unasked_departments(ledger: Ledger, screening: Screening, case_id: str) -> None:
    """See that everybody was asked whom the newest screening concerns.

    Raises:
        InvalidCase: somebody was not, or about other findings.
    """
    left = pending(ledger, screening)
    waiting = [*left.asked, *left.again]
    if waiting or left.released:
        names = ", ".join(waiting or left.released)
        message = f"{case_id}: {names} were not asked about the newest screening; ask them first"
        raise InvalidCase(message)
