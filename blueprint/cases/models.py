"""The tables of projects and cases: ledgers of documents, which refuse any change of a row.

What a project or a case is now is read from all that was added to it.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from layers.models import Base, BigKey, Moment


class ProjectRow(Base):
    """A project, by the id that it has here: a draft id, never a project code (项目代码)."""

    __tablename__ = "project"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    owner: Mapped[str] = mapped_column(sa.Text, index=True)


class ProjectVersionRow(Base):
    """What was said of a project at some time (`ProjectFacts`)."""

    __tablename__ = "project_version"
    project_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("project.id"), primary_key=True)
    version: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)


class ProjectLinkRow(Base):
    """How one project comes from another; `undoes` an earlier row: that link no longer holds."""

    __tablename__ = "project_link"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    day: Mapped[date] = mapped_column(sa.Date)
    who: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    parent_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("project.id"), index=True)
    child_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("project.id"), index=True)
    undoes: Mapped[int | None] = mapped_column(BigKey, sa.ForeignKey("project_link.id"))
    document: Mapped[str] = mapped_column(sa.Text)


class CaseRow(Base):
    """One application of a project for one stage (案卷)."""

    __tablename__ = "project_case"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    project_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("project.id"), index=True)
    stage: Mapped[str] = mapped_column(sa.Text)
    application_date: Mapped[date] = mapped_column(sa.Date)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    opened_by: Mapped[str] = mapped_column(sa.Text)


class CaseEntryRow(Base):
    """One step in the life of a case: findings frozen, a department asked, an opinion, an outcome.

    `sha256` is over `document`.
    """

    __tablename__ = "case_entry"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    case_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("project_case.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    day: Mapped[date] = mapped_column(sa.Date)
    who: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    department: Mapped[str | None] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.Text)


class CaseEventRow(Base):
    """One event of one approval item of a case, by its national status code (BLZT 1 to 15)."""

    __tablename__ = "case_event"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    case_id: Mapped[str] = mapped_column(sa.Text, sa.ForeignKey("project_case.id"), index=True)
    item: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[int] = mapped_column(sa.Integer)
    at: Mapped[datetime] = mapped_column(Moment)
    noted_at: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)


class ProfileRow(Base):
    """What is known of an applicant (一企一档, 一人一档), version by version."""

    __tablename__ = "applicant_profile"
    applicant: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    version: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)


class HeldDocumentRow(Base):
    """A document that is already held: an electronic licence, or one of an earlier case."""

    __tablename__ = "held_document"
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text, index=True)
    applicant: Mapped[str | None] = mapped_column(sa.Text, index=True)
    project_id: Mapped[str | None] = mapped_column(sa.Text, sa.ForeignKey("project.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)


class ApprovalsPackRow(Base):
    """An approvals pack as it was loaded; the last one counts."""

    __tablename__ = "approvals_pack"
    ordinal: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    who: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)
