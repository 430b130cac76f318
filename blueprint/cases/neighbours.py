"""Projects by place: which others a project's site lies on, and what a changed layer comes near.

Input: the projects of the library, kept in `LiveSites` by their ids and renewed by their versions:
only what has changed is read. Output: overlaps with the area of each, by the overlay engine.
Withdrawn projects take no ground. Sites that only touch do not overlap.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from blueprint.cases.documents import ProjectOverlap
from blueprint.cases.models import ProjectVersionRow
from blueprint.cases.projects import Project, projects_by_id
from blueprint.catalogue import City
from blueprint.checks.live_sites import LiveSites
from blueprint.registry import current_catalogue
from blueprint.service import Service
from blueprint.shared_documents import Area
from conflict import measure, overlay_site, union_of

_SHELF = ("project sites",)


@dataclass(slots=True)
class ProjectSites:
    """The sites of the projects that are not withdrawn, as they are at the newest version."""

    sites: LiveSites = field(default_factory=LiveSites)
    shapes: dict[str, BaseGeometry] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    nbytes: int = 0
    """Nothing: it is of few sites, and is kept while the service is open."""

    def renew(self, connection: sa.Connection) -> None:
        """Read what was said since the last time; of a connection that writes nothing."""
        row = ProjectVersionRow
        newest = sa.select(row.project_id, sa.func.max(row.version)).group_by(row.project_id)
        with self._lock:
            versions = {name: version for name, version in connection.execute(newest)}  # noqa: C416 rows are no pairs to dict
            changed = {name for name, version in versions.items() if self._is_new(name, version)}
            for name, project in projects_by_id(connection, changed).items():
                self._put(name, project)

    def _is_new(self, name: str, version: int) -> bool:
        return self._versions.get(name) != version

    def _put(self, name: str, project: Project) -> None:
        site = project.facts.site
        if site is None or project.facts.state == "withdrawn":
            self.sites.remove(name)
            self.shapes.pop(name, None)
        else:
            self.shapes[name] = shapely.from_geojson(json.dumps(site.geometry))
            self.sites.put(name, self.shapes[name])
        self._versions[name] = project.version


def project_sites(service: Service) -> ProjectSites:
    """The sites of today's projects."""
    kept: ProjectSites = service.sources.get(_SHELF, ProjectSites)
    with service.database.read() as connection:
        kept.renew(connection)
    return kept


def overlapping_projects(service: Service, project: Project) -> list[ProjectOverlap]:
    """The other projects on a project's site, the largest overlap first.

    Raises:
        OverlayError: an overlap cannot be computed.
    """
    if project.facts.site is None:
        return []
    kept = project_sites(service)
    site = shapely.from_geojson(json.dumps(project.facts.site.geometry))
    near = [name for name in kept.sites.touching(site) if name != project.id]
    if not near:
        return []
    with service.database.read() as connection:
        city = current_catalogue(connection)[1].city
        others = projects_by_id(connection, near)
    shapes = {name: kept.shapes[name] for name in near if name in others and name in kept.shapes}
    shared = _shared(site, shapes)
    areas = {name: _area(shape, city) for name, shape in shared.items()}
    whole = _area(site, city).deciding_m2
    lines = []
    for name, area in areas.items():
        facts = others[name].facts
        line = ProjectOverlap(
            project_id=name,
            name=facts.name,
            code=facts.code,
            state=facts.state,
            area=area,
            share=round(min(1.0, area.deciding_m2 / whole), 6),
        )
        lines.append(line)
    return sorted(lines, key=lambda line: (-line.area.deciding_m2, line.project_id))


def _shared(site: BaseGeometry, shapes: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """What each shape shares with the site; shapes that only touch it are left out."""
    names = list(shapes)
    drawn = np.empty(len(names), dtype=object)
    drawn[:] = [shapes[name] for name in names]
    at, met = overlay_site(site, drawn)
    found: dict[str, list[BaseGeometry]] = {}
    for row, shape in zip(at.tolist(), met, strict=True):
        if shapely.area(shape) > 0:
            found.setdefault(names[row], []).append(shape)
    return {name: union_of(parts) for name, parts in found.items()}


def _area(shape: BaseGeometry, city: City) -> Area:
    measures = measure(np.array([shape], dtype=object), city.crs)
    projected, ellipsoidal = float(measures.projected_m2[0]), float(measures.ellipsoidal_m2[0])
    return Area.of(projected, ellipsoidal, city.deciding_area)
