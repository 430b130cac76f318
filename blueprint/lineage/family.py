"""The family of a project, as somebody may see it.

Input: a project's id, and which projects the reader may see. Output: `Lineage`. A project that may
not be seen is not there, nor is any link to it: its id, its figures and that it exists are told to
nobody, and who is linked to the asked one through it alone is left out with it (decision 48).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.cases.projects import Project, projects_by_id, unknown_project
from blueprint.cases.rights import sees_all, visible_projects
from blueprint.catalogue import City
from blueprint.lineage.conservation import check_conservation
from blueprint.lineage.documents import Lineage, LineageProject, Scope
from blueprint.lineage.graph import Family
from blueprint.lineage.links import ProjectLink, links_around, standing
from blueprint.registry import current_catalogue

Sight = Callable[[Collection[Project]], Collection[Project]]
"""Those of some projects that the reader may see."""


def sight_of(connection: sa.Connection, caller: Caller) -> Sight | None:
    """Which projects a caller may see; None: every one."""
    return None if sees_all(caller) else partial(visible_projects, connection, caller)


@dataclass(frozen=True, slots=True)
class FamilyView:
    """A project's family: who of it may be seen, parents first, and the links between these."""

    project: Project
    projects: dict[str, Project]
    generations: dict[str, int]
    family: Family
    links: list[ProjectLink]
    scope: Scope


def view_family(
    connection: sa.Connection, project_id: str, sight: Sight | None = None
) -> FamilyView:
    """The family of a project; `sight` None: every project may be seen.

    Raises:
        UnknownProject: there is none of that id, or it may not be seen.
    """
    links = links_around(connection, [project_id]) if project_id.isprintable() else []
    ids = {project_id, *(end for link in links for end in (link.parent_id, link.child_id))}
    found = projects_by_id(connection, ids) if project_id.isprintable() else {}
    seen = found if sight is None else {one.id: one for one in sight(found.values())}
    if project_id not in seen:
        raise unknown_project(project_id)
    links = [link for link in links if {link.parent_id, link.child_id} <= seen.keys()]
    family = Family(standing(links))
    generations = family.generations(project_id)
    undone = {
        end
        for link in links
        if link.undone is not None and project_id in (link.parent_id, link.child_id)
        for end in (link.parent_id, link.child_id)
    }
    near = generations.keys() | undone
    return FamilyView(
        seen[project_id],
        {name: seen[name] for name in generations},
        generations,
        family,
        [link for link in links if link.parent_id in near and link.child_id in near],
        "all" if sight is None else "visible",
    )


def lineage_of(connection: sa.Connection, project_id: str, sight: Sight | None = None) -> Lineage:
    """Who comes from whom around a project, and whether that adds up.

    Raises:
        UnknownProject: there is none of that id, or it may not be seen.
        NothingPublished: no catalogue is loaded: the city is not known.
    """
    view = view_family(connection, project_id, sight)
    _, catalogue = current_catalogue(connection)
    return lineage_document(view, catalogue.city)


def lineage_document(view: FamilyView, city: City) -> Lineage:
    """A family as it is told."""
    family, asked = view.family, view.project.id
    order = list(view.generations)
    facts = {name: one.facts for name, one in view.projects.items()}
    place = {name: number for number, name in enumerate(order)}
    return Lineage(
        project_id=asked,
        scope=view.scope,
        projects=[_line(view.projects[name], view.generations[name]) for name in order],
        links=[link for link in view.links if link.undone is None],
        undone=[link for link in view.links if link.undone is not None],
        ancestors=sorted(family.ancestors(asked), key=place.__getitem__),
        descendants=sorted(family.descendants(asked), key=place.__getitem__),
        doubts=[doubt for name in order for doubt in family.doubts(name)],
        conservation=check_conservation(family, facts, order, city),
    )


def _line(project: Project, generation: int) -> LineageProject:
    facts = project.facts
    return LineageProject(
        id=project.id,
        name=facts.name,
        code=facts.code,
        owner=project.owner,
        state=facts.state,
        generation=generation,
        site_area_m2=facts.site_area_m2,
        floor_area_m2=facts.floor_area_m2,
        investment_wan=facts.investment_wan,
    )
