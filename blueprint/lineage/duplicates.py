"""What looks like the same project: by its code, by its name, and by where it lies.

Input: a project or the facts of one that is not in the library yet, and which projects the reader
may see. Output: `Duplicates`, the most telling first, each with its evidence. Codes are compared by
their digits in either form; names as `names` says; sites by the overlay engine, among those whose
box an R-tree finds (`LiveSites`). What could not be compared is said.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import shapely
import sqlalchemy as sa
from pydantic import Field
from shapely.geometry.base import BaseGeometry

from blueprint.cases.facts import ProjectFacts, ProjectState
from blueprint.cases.projects import Project, list_projects, unknown_project
from blueprint.catalogue import City
from blueprint.checks.live_sites import LiveSites
from blueprint.codes import plain_code
from blueprint.lineage.conservation import site_geometry
from blueprint.lineage.documents import GroundLine, Scope
from blueprint.lineage.family import Sight
from blueprint.lineage.graph import Family
from blueprint.lineage.ground import Surveyor
from blueprint.lineage.kinds import KIND_NAMES
from blueprint.lineage.links import links_around, standing
from blueprint.lineage.names import Likeness, alike_names
from blueprint.registry import current_catalogue
from blueprint.values import Bilingual, Value
from conflict import ellipsoidal_area_m2, overlay_site

Reason = Literal["code", "name", "site"]


class SharedSite(Value):
    """Ground that both take, and which share of either that is, 0 to 1."""

    ground: GroundLine
    share: float
    share_of_other: float


class Duplicate(Value):
    """A project that may be the same, and why; `related`: it is of the same family anyway."""

    project_id: str
    name: str
    code: str | None
    proposer: str
    state: ProjectState
    reasons: list[Reason]
    same_code: str | None = Field(description="the digits that both have")
    likeness: Likeness | None
    site: SharedSite | None
    related: Bilingual | None
    explained: list[Bilingual]


class Duplicates(Value):
    """What was found, among how many projects; `project_id` null: of facts not in the library."""

    project_id: str | None
    scope: Scope
    compared: int
    duplicates: list[Duplicate]
    notes: list[Bilingual] = Field(description="what could not be compared")


def duplicates_of(
    connection: sa.Connection, project_id: str, sight: Sight | None = None
) -> Duplicates:
    """What looks the same as a project of the library.

    Raises:
        UnknownProject: there is none of that id, or it may not be seen.
        NothingPublished: no catalogue is loaded: the city is not known.
        OverlayError: two sites have no credible intersection.
    """
    projects = _seen(connection, sight)
    mine = next((one for one in projects if one.id == project_id), None)
    if mine is None:
        raise unknown_project(project_id)
    others = [one for one in projects if one.id != project_id]
    related = _relations(connection, project_id)
    found = _found(mine.facts, others, related, _city(connection))
    return _document(project_id, mine.facts, others, found, sight)


def find_duplicates(
    connection: sa.Connection, facts: ProjectFacts, sight: Sight | None = None
) -> Duplicates:
    """What looks the same as a project that is not in the library yet.

    Raises:
        NothingPublished: no catalogue is loaded: the city is not known.
        OverlayError: two sites have no credible intersection.
    """
    others = _seen(connection, sight)
    found = _found(facts, others, {}, _city(connection))
    return _document(None, facts, others, found, sight)


def _seen(connection: sa.Connection, sight: Sight | None) -> list[Project]:
    projects = list_projects(connection)
    return projects if sight is None else list(sight(projects))


def _city(connection: sa.Connection) -> City:
    _, catalogue = current_catalogue(connection)
    return catalogue.city


def _document(
    project_id: str | None,
    facts: ProjectFacts,
    others: Sequence[Project],
    found: list[Duplicate],
    sight: Sight | None,
) -> Duplicates:
    return Duplicates(
        project_id=project_id,
        scope="all" if sight is None else "visible",
        compared=len(others),
        duplicates=found,
        notes=_notes(facts, others),
    )


def _found(
    facts: ProjectFacts, others: Sequence[Project], related: Mapping[str, Bilingual], city: City
) -> list[Duplicate]:
    code = None if facts.code is None else plain_code(facts.code)
    names = alike_names(facts.name, [other.facts.name for other in others])
    said = {other.id: other.facts for other in others}
    sites = _shared_sites(facts, said, Surveyor(city))
    found = []
    for place, other in enumerate(others):
        theirs = other.facts.code
        same = code if theirs is not None and plain_code(theirs) == code else None
        name, site = names.get(place), sites.get(other.id)
        if same is not None or name is not None or site is not None:
            found.append(_duplicate(other, same, name, site, related.get(other.id)))
    return sorted(found, key=_weight)


def _weight(one: Duplicate) -> tuple[object, ...]:
    """The most telling first: a code, then the larger share of a site, then the nearer name."""
    share = 0.0 if one.site is None else max(one.site.share, one.site.share_of_other)
    score = 0.0 if one.likeness is None else one.likeness.score
    return (one.same_code is None, -share, -score, one.project_id)


def _duplicate(
    other: Project,
    same: str | None,
    name: Likeness | None,
    site: SharedSite | None,
    related: Bilingual | None,
) -> Duplicate:
    evidence: dict[Reason, Bilingual] = {}
    if same is not None:
        evidence["code"] = Bilingual(zh=f"项目代码相同：{same}", en=f"the same code: {same}")
    if site is not None:
        evidence["site"] = _site_words(site)
    if name is not None:
        evidence["name"] = name.explained
    return Duplicate(
        project_id=other.id,
        name=other.facts.name,
        code=other.facts.code,
        proposer=other.facts.proposer,
        state=other.facts.state,
        reasons=list(evidence),
        same_code=same,
        likeness=name,
        site=site,
        related=related,
        explained=[*evidence.values(), *([] if related is None else [related])],
    )


def _shared_sites(
    facts: ProjectFacts, others: Mapping[str, ProjectFacts], surveyor: Surveyor
) -> dict[str, SharedSite]:
    mine = site_geometry(facts)
    if mine is None:
        return {}
    sites = {name: site_geometry(said) for name, said in others.items()}
    drawn = {name: site for name, site in sites.items() if site is not None}
    near = LiveSites(drawn.items()).touching(mine)
    theirs = np.empty(len(near), dtype=object)
    theirs[:] = [drawn[name] for name in near]
    at, shared = overlay_site(mine, theirs)
    found = {}
    for row, shape in zip(at.tolist(), shared, strict=True):
        other = theirs[row]
        line = surveyor.line(shape, [mine, other], near[row], None)
        if line is not None:
            share, share_of_other = (_share(line, whole, surveyor.city) for whole in (mine, other))
            found[near[row]] = SharedSite(ground=line, share=share, share_of_other=share_of_other)
    return found


def _share(line: GroundLine, whole: BaseGeometry, city: City) -> float:
    if city.deciding_area == "projected":
        area = float(shapely.area(whole))
    else:
        area = float(ellipsoidal_area_m2(np.array([whole], dtype=object), city.crs)[0])
    return round(min(1.0, line.area.deciding_m2 / area), 6)


def _site_words(site: SharedSite) -> Bilingual:
    area = site.ground.area
    zh = (
        f"用地重叠 {area.ellipsoidal_m2:,.2f} m²（椭球）、{area.projected_m2:,.2f} m²（投影），"
        f"占本项目 {site.share:.2%}、对方 {site.share_of_other:.2%}"
    )
    en = (
        f"sites share {area.ellipsoidal_m2:,.2f} m² on the ellipsoid, {area.projected_m2:,.2f} in "
        f"the plane: {site.share:.2%} of this one, {site.share_of_other:.2%} of the other"
    )
    if site.ground.band == "suspected_error":
        zh += "；窄于界址点精度所能分辨，疑似误差"
        en += "; narrower than boundary points are accurate, perhaps an error"
    return Bilingual(zh=zh, en=en)


def _relations(connection: sa.Connection, project_id: str) -> dict[str, Bilingual]:
    """How others of the family are related to a project."""
    links = standing(links_around(connection, [project_id]))
    family = Family(links)
    found = {}
    below, above = family.descendants(project_id), family.ancestors(project_id)
    kinds = {(link.parent_id, link.child_id): KIND_NAMES[link.kind] for link in links}
    for other in family.members(project_id) - {project_id}:
        kind = kinds.get((project_id, other)) or kinds.get((other, project_id))
        if kind is not None:
            zh, en = (kind.zh, kind.en)
        elif other in below:
            zh, en = "后代项目", "descends from this project"
        elif other in above:
            zh, en = "上级项目", "this project descends from it"
        else:
            zh, en = "同源项目", "of the same family"
        found[other] = Bilingual(zh=f"已登记谱系关系：{zh}", en=f"linked already: {en}")
    return found


def _notes(facts: ProjectFacts, others: Sequence[Project]) -> list[Bilingual]:
    notes = []
    if facts.code is None:
        notes.append(
            Bilingual(
                zh="本项目没有项目代码，未按代码比对",
                en="the project has no code: not compared by code",
            )
        )
    if facts.site is None:
        notes.append(
            Bilingual(
                zh="本项目没有用地范围，未按用地比对",
                en="the project has no site: not compared by site",
            )
        )
    without = sum(other.facts.site is None for other in others)
    if facts.site is not None and without:
        notes.append(
            Bilingual(
                zh=f"{without} 个项目没有用地范围，未按用地比对",
                en=f"{without} projects have no site: not compared by site",
            )
        )
    return notes
