"""The ledger of links between projects: one is added, or undone by another entry, never changed.

Input: a wish, and who has it on which day. Output: `ProjectLink`s, those that stand and those that
were undone.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import Field, ValidationError

from blueprint.cases.facts import Line
from blueprint.cases.files import By
from blueprint.cases.models import ProjectLinkRow
from blueprint.cases.projects import find_project
from blueprint.errors import InvalidLink, UnknownLink
from blueprint.lineage.graph import Family
from blueprint.lineage.kinds import KIND_NAMES, LinkKind
from blueprint.registry import audit, now
from blueprint.values import Value, document_text
from layers.models import SettingRow

_IDS_AT_ONCE = 1_000


class LinkNote(Value):
    """What is said beside a link."""

    scope: Line | None = Field(
        default=None, description="工程范围: which part of the parent's works the child has"
    )
    reason: Line | None = Field(default=None, description="why, or by which document")


NOTHING_BESIDE = LinkNote()


class LinkWish(LinkNote):
    """A link that is asked for: the child comes from the parent."""

    kind: LinkKind
    parent_id: Line
    child_id: Line


NoteT = TypeVar("NoteT", bound=LinkNote)


class LinkUndone(Value):
    """That a link holds no more, since when, and who said so."""

    link: int
    at: datetime
    day: date
    who: str
    reason: str | None


class ProjectLink(Value):
    """One link as it was entered; `undone` if it holds no more."""

    id: int
    kind: LinkKind
    parent_id: str
    child_id: str
    at: datetime
    day: date
    who: str
    note: LinkNote
    undone: LinkUndone | None = None


def said_link(said: Mapping[str, object], model: type[NoteT]) -> NoteT:
    """A wish or a note from what somebody wrote.

    Raises:
        InvalidLink: something of it cannot be.
    """
    try:
        return model.model_validate(said)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "link"
        raise InvalidLink(f"{where}: {first['msg']}; correct it or leave it out") from None


def add_link(connection: sa.Connection, wish: LinkWish, by: By) -> ProjectLink:
    """Link two projects, within the caller's transaction.

    Raises:
        UnknownProject: one of them is not there.
        InvalidLink: it would be a circle, or contradict a link that stands; the text says which.
    """
    # two at once could close a circle between them: the second one waits here
    connection.execute(sa.select(SettingRow).with_for_update())
    for project_id in (wish.parent_id, wish.child_id):
        find_project(connection, project_id)
    around = links_around(connection, [wish.child_id, wish.parent_id])
    Family(standing(around)).refuse(wish.kind, wish.parent_id, wish.child_id)
    note = LinkNote(scope=wish.scope, reason=wish.reason)
    return _add(connection, wish, note, by, None)


def undo_link(
    connection: sa.Connection, link_id: int, by: By, note: LinkNote = NOTHING_BESIDE
) -> ProjectLink:
    """Say that a link holds no more, within the caller's transaction; it stays to be read.

    Raises:
        UnknownLink: there is no link of that number.
        InvalidLink: it was undone before.
    """
    connection.execute(sa.select(SettingRow).with_for_update())
    link = find_link(connection, link_id)
    if link.undone is not None:
        message = f"link {link_id}: was undone on {link.undone.day} by {link.undone.who} already"
        raise InvalidLink(message)
    _add(connection, link, note, by, link_id)
    return find_link(connection, link_id)


def find_link(connection: sa.Connection, link_id: int) -> ProjectLink:
    """One link, undone or not.

    Raises:
        UnknownLink: there is none of that number.
    """
    row = ProjectLinkRow
    # a number that no database has is as unknown as one that was never given
    ids = [link_id] if 0 < link_id < 2**63 else []
    found = _links(connection, sa.or_(row.id.in_(ids), row.undoes.in_(ids)))
    for link in found:
        return link
    raise unknown_link(link_id)


def unknown_link(link_id: int) -> UnknownLink:
    """The same words for a link that is not there and for one of other projects."""
    return UnknownLink(f"link {link_id}: no such link; the project's lineage lists them")


def links_around(connection: sa.Connection, projects: Iterable[str]) -> list[ProjectLink]:
    """Every link of these projects' families, undone or not, in the order of their entry.

    A family is all that standing links join; undone ones are told where they touch it.
    """
    row = ProjectLinkRow
    reached: set[str] = set()
    links: dict[int, ProjectLink] = {}
    frontier = set(projects)
    while frontier:
        reached |= frontier
        asked = sorted(frontier)
        for start in range(0, len(asked), _IDS_AT_ONCE):
            ids = asked[start : start + _IDS_AT_ONCE]
            found = _links(connection, sa.or_(row.parent_id.in_(ids), row.child_id.in_(ids)))
            links |= {link.id: link for link in found}
        ends = ((link.parent_id, link.child_id) for link in standing(links.values()))
        frontier = {end for both in ends for end in both} - reached
    return [links[number] for number in sorted(links)]


def standing(links: Iterable[ProjectLink]) -> list[ProjectLink]:
    """Those that were not undone."""
    return [link for link in links if link.undone is None]


def _add(
    connection: sa.Connection,
    ends: LinkWish | ProjectLink,
    note: LinkNote,
    by: By,
    undoes: int | None,
) -> ProjectLink:
    row = {
        "at": now(),
        "day": by.day,
        "who": by.who,
        "kind": ends.kind,
        "parent_id": ends.parent_id,
        "child_id": ends.child_id,
        "undoes": undoes,
        "document": document_text(note),
    }
    made = connection.execute(sa.insert(ProjectLinkRow).values(row)).inserted_primary_key
    assert made is not None
    what = f"{KIND_NAMES[ends.kind].en} of {ends.parent_id}"
    verb = "project link" if undoes is None else "project unlink"
    audit(connection, verb, ends.child_id, what)
    return _link({"id": made[0], **row}, None)


def _links(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Iterator[ProjectLink]:
    row = ProjectLinkRow
    query = sa.select(row.__table__).where(which).order_by(row.id)
    rows = [dict(found) for found in connection.execute(query).mappings()]
    undone = {found["undoes"]: found for found in rows if found["undoes"] is not None}
    for found in rows:
        if found["undoes"] is None:
            yield _link(found, undone.get(found["id"]))


def _link(row: dict[str, Any], undone: dict[str, Any] | None) -> ProjectLink:
    return ProjectLink(
        id=row["id"],
        kind=row["kind"],
        parent_id=row["parent_id"],
        child_id=row["child_id"],
        at=row["at"],
        day=row["day"],
        who=row["who"],
        note=_note(row),
        undone=None
        if undone is None
        else LinkUndone(
            link=row["id"],
            at=undone["at"],
            day=undone["day"],
            who=undone["who"],
            reason=_note(undone).reason,
        ),
    )


def _note(row: dict[str, Any]) -> LinkNote:
    return LinkNote.model_validate_json(row["document"], extra="ignore")
