"""Checks attached to a case (附检): made elsewhere, set beside what its screenings have frozen.

Input: the id of a kept check, which an applicant brings or which was made for another outline.
Output: a step of the case's ledger that says who attached it, when and why. The check stays where
it is kept: whoever reads the case sees it only where his clearance covers the one that it was made
for, so that an attachment opens nothing. It changes neither findings nor where the case stands.
"""

from datetime import date, datetime
from typing import Annotated

import sqlalchemy as sa
from pydantic import Field, StringConstraints

from blueprint.cases.documents import Text
from blueprint.cases.files import By, CaseHead, Step, add_step, find_case, steps_of
from blueprint.cases.ledger import Ledger, ledger_of
from blueprint.cases.readers import Reader
from blueprint.cases.screen import refuse_earlier, take_turn
from blueprint.checks.kept import kept_text
from blueprint.checks.shown import check_shown
from blueprint.clearance import Clearance
from blueprint.documents import SiteCheck, Verdict
from blueprint.errors import InvalidCase, UnknownCheck
from blueprint.service import Service
from blueprint.shared_documents import Area, RulePackRef, SnapshotRef
from blueprint.values import LONGEST_LINE, Value, text_hash

ATTACHED = "check"
"""The kind of the step."""
MOST = 50
"""So many checks may be attached to a case."""

CheckId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LINE)
]


class AttachmentSaid(Value):
    """Which check is to be attached, and why."""

    check_id: CheckId = Field(description="of a kept check", examples=["chk_0123456789abcdef"])
    note: Text | None = Field(default=None, description="for approval staff, not for the applicant")


class Attachment(AttachmentSaid):
    """An attachment as the ledger keeps it."""

    check_sha256: str = Field(description="of the check's canonical JSON text, as it was answered")


class AttachedCheck(Value):
    """A check beside the findings of a case, in short; `GET /site-checks/{check_id}` has all of it.

    `who` and `note` null: not for this reader, or nothing was said.
    """

    number: int = Field(description="of the step")
    day: date
    at: datetime
    who: str | None
    note: str | None
    check_id: str
    check_sha256: str
    checked_at: datetime
    snapshot: SnapshotRef
    rule_pack: RulePackRef
    verdict: Verdict
    complete: bool
    site: str = Field(description="what the site is called")
    area: Area
    same_site: bool | None = Field(
        description="whether it is of the outline that was screened last; null: none was"
    )


def attach_check(
    service: Service, case_id: str, said: AttachmentSaid, by: By, clearance: Clearance
) -> AttachedCheck:
    """Attach a kept check to a case; `clearance` is that of whoever attaches it.

    Raises:
        UnknownCase: there is no case of that id.
        UnknownCheck: there is no check that whoever attaches it may see whole.
        InvalidCase: the check belongs to the case already, or too many do.
    """
    with service.database.write() as connection:
        take_turn(connection)
        find_case(connection, case_id)
        check = check_shown(connection, said.check_id, clearance)
        ledger = ledger_of(connection, case_id)
        refuse_earlier(ledger, by.day)
        _refuse_known(connection, case_id, check, ledger)
        text = kept_text(connection, check.check_id, check.clearance) or ""
        kept = Attachment(**dict(said), check_sha256=text_hash(text))
        step = add_step(connection, case_id, ATTACHED, kept, by)
        return _line(step, kept, check, ledger, words=True)


def attached_checks(
    connection: sa.Connection, case: CaseHead, reader: Reader, clearance: Clearance
) -> list[AttachedCheck]:
    """The checks attached to a case that a reader of this clearance may see whole, oldest first."""
    ledger, found = ledger_of(connection, case.id), []
    for step, kept in _attachments(connection, case.id):
        try:
            check = check_shown(connection, kept.check_id, clearance)
        except UnknownCheck:
            # made for more than this reader may see, or of a layer that is hidden by now
            continue
        found.append(_line(step, kept, check, ledger, words=reader.is_approval))
    return found


def _refuse_known(
    connection: sa.Connection, case_id: str, check: SiteCheck, ledger: Ledger
) -> None:
    attached = [kept.check_id for _, kept in _attachments(connection, case_id)]
    screened = {(one.said.check_id, one.said.public_check_id) for one in ledger.screenings}
    if any(check.check_id in both for both in screened):
        raise InvalidCase(f"{check.check_id}: is a screening of this case; attach another check")
    if check.check_id in attached:
        raise InvalidCase(f"{check.check_id}: is attached already; attach another check")
    if len(attached) >= MOST:
        message = f"{case_id}: has {MOST} checks attached, which is the most; screen it again"
        raise InvalidCase(message)


def _attachments(connection: sa.Connection, case_id: str) -> list[tuple[Step, Attachment]]:
    steps = steps_of(connection, case_id, ATTACHED)
    return [(step, Attachment.model_validate_json(step.document, extra="ignore")) for step in steps]


def _line(
    step: Step, kept: Attachment, check: SiteCheck, ledger: Ledger, *, words: bool
) -> AttachedCheck:
    screening = ledger.screening
    last = None if screening is None else screening.said.geometry_hash
    return AttachedCheck(
        number=step.number,
        day=step.day,
        at=step.at,
        who=step.who if words else None,
        note=kept.note if words else None,
        check_id=check.check_id,
        check_sha256=kept.check_sha256,
        checked_at=check.checked_at,
        snapshot=check.snapshot,
        rule_pack=check.rule_pack,
        verdict=check.verdict,
        complete=check.complete,
        site=check.site.name,
        area=check.site.area,
        same_site=None if last is None else last == check.site.geometry_hash,
    )
