"""The project library (项目库): projects, and what was said of them, version by version.

Input: facts, and who says them. Output: `Project`. A project has an id of its own here, which is
no project code: that is issued by the central platform alone, and kept as it was issued.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from blueprint.cases.facts import ProjectFacts
from blueprint.cases.models import ProjectRow, ProjectVersionRow
from blueprint.errors import InvalidCase, UnknownProject
from blueprint.registry import audit, now
from blueprint.values import Value, document_text
from layers.models import SettingRow

_AT_ONCE = 500


class Project(Value):
    """A project as it was said to be at one version, the newest one unless another is asked for."""

    id: str
    owner: str
    created_at: datetime
    version: int
    changed_at: datetime
    changed_by: str
    facts: ProjectFacts


def add_project(connection: sa.Connection, facts: ProjectFacts, owner: str) -> Project:
    """Take a project into the library; whoever proposes it is its owner."""
    # to the microsecond: they are listed in the order in which they came
    id_, moment = f"pj_{uuid4().hex[:20]}", datetime.now(UTC)
    row = {"id": id_, "created_at": moment, "owner": owner}
    connection.execute(sa.insert(ProjectRow).values(row))
    _add_version(connection, id_, 1, facts, owner)
    audit(connection, "project add", id_, facts.name)
    return find_project(connection, id_)


def revise_project(
    connection: sa.Connection,
    project_id: str,
    facts: ProjectFacts,
    who: str,
    based_on: int | None = None,
) -> Project:
    """Say a project's facts anew; what was said before stays readable. The same facts: no version.

    `based_on` is the version that whoever says so has read.

    Raises:
        UnknownProject: there is none of that id.
        InvalidCase: a newer version was said meanwhile.
    """
    # two at once would both make the same version: the second one waits here
    connection.execute(sa.select(SettingRow).with_for_update())
    before = find_project(connection, project_id)
    if based_on not in (None, before.version):
        message = f"{project_id}: version {before.version} was said meanwhile, and this is based on"
        raise InvalidCase(f"{message} {based_on}; read it and say again what is to change")
    if before.facts == facts:
        return before
    _add_version(connection, project_id, before.version + 1, facts, who)
    audit(connection, "project revise", project_id, f"version {before.version + 1}")
    return find_project(connection, project_id)


def find_project(connection: sa.Connection, project_id: str, version: int | None = None) -> Project:
    """One project, as it is said to be, or was at a version.

    Raises:
        UnknownProject: there is none of that id, or it has no such version.
    """
    query = _projects().where(ProjectRow.id == project_id)
    query = query.where(_is_newest() if version is None else ProjectVersionRow.version == version)
    row = connection.execute(query).first() if project_id.isprintable() else None
    if row is None:
        raise unknown_project(project_id, version)
    return _project(row)


def unknown_project(project_id: str, version: int | None = None) -> UnknownProject:
    """The same words for a project that is not there and for one that is not the caller's."""
    which = "" if version is None else f", version {version}"
    return UnknownProject(f"{project_id}{which}: no such project; `blueprint project list` has all")


def list_projects(connection: sa.Connection, owner: str | None = None) -> list[Project]:
    """Every project, or those of one owner, the newest first."""
    query = _projects().where(_is_newest())
    if owner is not None:
        query = query.where(ProjectRow.owner == owner)
    query = query.order_by(ProjectRow.created_at.desc(), ProjectRow.id)
    return [_project(row) for row in connection.execute(query)]


def projects_by_id(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Project]:
    """Projects of these ids as they are said to be now; ids that no project has are left out."""
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = ProjectRow.id.in_(wanted[start : start + _AT_ONCE])
        for row in connection.execute(_projects().where(_is_newest(), some)):
            found[row.id] = _project(row)
    return found


def versions_of(connection: sa.Connection, project_id: str) -> list[Project]:
    """All that was said of a project, oldest first.

    Raises:
        UnknownProject: there is none of that id.
    """
    find_project(connection, project_id)
    query = _projects().where(ProjectRow.id == project_id).order_by(ProjectVersionRow.version)
    return [_project(row) for row in connection.execute(query)]


def _add_version(
    connection: sa.Connection, project_id: str, version: int, facts: ProjectFacts, who: str
) -> None:
    row = {
        "project_id": project_id,
        "version": version,
        "at": now(),
        "who": who,
        "document": document_text(facts),
    }
    connection.execute(sa.insert(ProjectVersionRow).values(row))


def _projects() -> sa.Select[*tuple[Any, ...]]:
    one, said = ProjectRow, ProjectVersionRow
    return sa.select(
        one.id, one.owner, one.created_at, said.version, said.at, said.who, said.document
    ).join(said, said.project_id == one.id)


def _is_newest() -> sa.ColumnElement[bool]:
    other = sa.alias(ProjectVersionRow.__table__)
    later = sa.exists().where(
        other.c.project_id == ProjectVersionRow.project_id,
        other.c.version > ProjectVersionRow.version,
    )
    return ~later


def _project(row: sa.Row[*tuple[Any, ...]]) -> Project:
    id_, owner, created_at, version, at, who, document = row
    return Project(
        id=id_,
        owner=owner,
        created_at=created_at,
        version=version,
        changed_at=at,
        changed_by=who,
        facts=ProjectFacts.model_validate_json(document, extra="ignore"),
    )
