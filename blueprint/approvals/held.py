"""Documents that are held already (已有材料): electronic licences, and those of earlier cases.

They are entered by who receives or issues them, never by the applicant's own word. An entry stays;
a wrong one is undone by another that withdraws it. Whether one counts is asked of a day: an expired
document, and one whose validity is not known although its kind expires, is not held.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import uuid4

import sqlalchemy as sa
from pydantic import Field, StringConstraints, ValidationError, model_validator

from blueprint.approvals.kinds import DocumentKind
from blueprint.approvals.pack import ApprovalsPack
from blueprint.cases.facts import Line
from blueprint.cases.files import find_case
from blueprint.cases.models import HeldDocumentRow
from blueprint.cases.projects import find_project
from blueprint.errors import InvalidDocument, UnknownDocument
from blueprint.registry import audit, now
from blueprint.values import Bilingual, Slug, Value, document_text

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class HeldDocument(Value):
    """What is said of a document that is held; no file is kept, `sha256` is the one of its file.

    Of source `licence` it stands in the library of electronic licences, of `case` it was handed in
    with or came out of that case, of `desk` it was taken in otherwise.
    """

    kind: Slug = Field(description="of the approvals pack")
    source: Literal["licence", "case", "desk"]
    number: Line | None = None
    issued_by: Line | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    case_id: Line | None = None
    sha256: Sha256 | None = None
    withdraws: Line | None = Field(default=None, description="id of an entry that counts no more")
    note: Line | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.issued_on and self.valid_until and self.valid_until < self.issued_on:
            message = f"valid_until {self.valid_until} is before issued_on {self.issued_on}"
            raise ValueError(f"{message}; correct one of the two")
        return self


class HeldEntry(Value):
    """An entry: the document, and whose it is, an applicant's or a project's."""

    id: str
    applicant: str | None
    project_id: str | None
    at: datetime
    who: str
    document: HeldDocument


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose documents: an applicant's, who is known by the name it calls by, and a project's."""

    applicant: str | None = None
    project_id: str | None = None


def read_held(said: object) -> HeldDocument:
    """A document from a mapping.

    Raises:
        InvalidDocument: something of it cannot be.
    """
    try:
        return HeldDocument.model_validate(said)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "document"
        raise InvalidDocument(f"{where}: {first['msg']}; correct it or leave it out") from None


def hold_document(
    connection: sa.Connection,
    pack: ApprovalsPack,
    document: HeldDocument,
    holder: Holder,
    who: str,
) -> HeldEntry:
    """Enter that a document is held of an applicant or of a project.

    Raises:
        InvalidDocument: the pack has no such kind, it is not of that holder, is no electronic
            licence, or names a case of another project.
        UnknownProject, UnknownCase: the project or the case is not there.
    """
    kind = pack.documents.get(document.kind)
    if kind is None:
        message = f"{document.kind}: no such kind of document; `blueprint approvals list` has them"
        raise InvalidDocument(message)
    named = holder.applicant if kind.of == "applicant" else holder.project_id
    if named is None or (holder.applicant is not None) == (holder.project_id is not None):
        raise InvalidDocument(f"{document.kind}: is held of a {kind.of}; name that alone")
    if document.source == "licence" and kind.licence is None:
        message = f"{document.kind}: is no electronic licence; name another source"
        raise InvalidDocument(message)
    if holder.project_id is not None:
        find_project(connection, holder.project_id)
    if document.case_id is not None:
        case = find_case(connection, document.case_id)
        if case.project_id != holder.project_id:
            message = f"{document.case_id}: is a case of another project; name one of this one"
            raise InvalidDocument(message)
    return _add(connection, document, holder, who)


def withdraw_document(connection: sa.Connection, held_id: str, who: str, note: str) -> HeldEntry:
    """Enter that an entry was wrong, or that its document was taken back.

    Raises:
        UnknownDocument: there is none of that id, or it counts no more already.
    """
    query = sa.select(HeldDocumentRow.applicant, HeldDocumentRow.project_id)
    row = connection.execute(query.where(HeldDocumentRow.id == held_id)).first()
    holder = Holder() if row is None else Holder(row.applicant, row.project_id)
    before = {entry.id: entry for entry in held_of(connection, holder)}
    if held_id not in before:
        raise UnknownDocument(f"{held_id}: no such document is held; list those that are")
    document = HeldDocument(
        kind=before[held_id].document.kind, source="desk", withdraws=held_id, note=note
    )
    return _add(connection, document, holder, who)


def held_of(connection: sa.Connection, holder: Holder) -> list[HeldEntry]:
    """What is held of an applicant and of a project and was not withdrawn, oldest first."""
    row = HeldDocumentRow
    whose = []
    if holder.applicant is not None:
        whose.append(sa.and_(row.applicant == holder.applicant, row.project_id.is_(None)))
    if holder.project_id is not None:
        whose.append(row.project_id == holder.project_id)
    query = sa.select(row.id, row.applicant, row.project_id, row.at, row.who, row.document)
    query = query.where(sa.or_(sa.false(), *whose)).order_by(row.at, row.id)
    entries = [
        HeldEntry(
            id=one.id,
            applicant=one.applicant,
            project_id=one.project_id,
            at=one.at,
            who=one.who,
            document=HeldDocument.model_validate_json(one.document, extra="ignore"),
        )
        for one in connection.execute(query)
    ]
    withdrawn = {entry.document.withdraws for entry in entries}
    return [e for e in entries if e.document.withdraws is None and e.id not in withdrawn]


def why_not_counted(document: HeldDocument, kind: DocumentKind, day: date) -> Bilingual | None:
    """Why a document that was entered is not held on a day; None: it is."""
    if document.issued_on is not None and document.issued_on > day:
        since = document.issued_on
        return Bilingual(zh=f"{since} 起生效，申请日尚未生效", en=f"issued only on {since}")
    last = last_day(document, kind)
    if last is None and kind.valid_months is not None:
        return Bilingual(
            zh="该材料有有效期，未载明签发日或有效期止",
            en="its kind expires, and neither its day of issue nor its last day is stated",
        )
    if last is not None and last < day:
        return Bilingual(zh=f"已于 {last} 过期", en=f"expired on {last}")
    return None


def last_day(document: HeldDocument, kind: DocumentKind) -> date | None:
    """The last day on which a document counts; None: it does not expire, or that is not known."""
    if document.valid_until is not None:
        return document.valid_until
    if document.issued_on is None or kind.valid_months is None:
        return None
    return months_after(document.issued_on, kind.valid_months)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > date.max.year:
        return date.max
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def best_of(
    entries: Iterable[HeldEntry], kind: DocumentKind, day: date
) -> tuple[HeldEntry | None, Sequence[tuple[HeldEntry, Bilingual]]]:
    """The entry that counts on a day, of several the one that lasts longest; those that do not."""
    counted, not_counted = [], []
    for entry in entries:
        why = why_not_counted(entry.document, kind, day)
        if why is None:
            counted.append(entry)
        else:
            not_counted.append((entry, why))

    def lasts(entry: HeldEntry) -> tuple[date, datetime, str]:
        return last_day(entry.document, kind) or date.max, entry.at, entry.id

    return max(counted, key=lasts, default=None), not_counted


def _add(connection: sa.Connection, document: HeldDocument, holder: Holder, who: str) -> HeldEntry:
    values = {
        "id": f"hd_{uuid4().hex[:20]}",
        "applicant": holder.applicant,
        "project_id": holder.project_id,
        "at": now(),
        "who": who,
    }
    row = {**values, "kind": document.kind, "document": document_text(document)}
    connection.execute(sa.insert(HeldDocumentRow).values(row))
    what = "withdraw" if document.withdraws else "hold"
    audit(connection, f"document {what}", str(values["id"]), document.kind)
    return HeldEntry.model_validate({**values, "document": document})
