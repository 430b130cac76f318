"""A project's site: from the drawing that is handed in to what is kept, and back to a site.

Input: a file as it is handed in, read as any site is (`blueprint.checks.handed_site`). Output:
`ProjectSite`, the outline in the city's CRS with its area by both calibres; or the `Site` that a
check is made of.
"""

import json

import numpy as np
import shapely

from blueprint.cases.facts import ProjectFacts, ProjectSite
from blueprint.catalogue import City
from blueprint.checks.handed_site import HandedSite, ProjectSaid
from blueprint.checks.site import Site
from blueprint.errors import InvalidCase
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.shared_documents import Area
from conflict import measure

_NOTHING_BESIDE = ProjectSaid(None, None, None)


def drawn_site(
    handed: HandedSite, city: City, crs: str | None = None, layer: str | None = None
) -> tuple[ProjectSite, ProjectFigures | None]:
    """The site that a file draws, and what the file itself says of the project, if it does.

    Raises:
        DataError: the bytes cannot be read as what they are said to be, or no such CRS.
        InvalidSite: what they draw cannot be checked.
        InvalidFigures: a figure in the file cannot be.
    """
    site, said = handed.drawn(city, crs, layer, _NOTHING_BESIDE)
    figures = None if said.project is None else said.figures()
    return kept_site(site, city), figures


def kept_site(site: Site, city: City) -> ProjectSite:
    """A site as a project keeps it."""
    measures = measure(np.array([site.geometry], dtype=object), city.crs)
    projected, ellipsoidal = float(measures.projected_m2[0]), float(measures.ellipsoidal_m2[0])
    return ProjectSite(
        crs=site.crs,
        source_crs=site.source_crs,
        crs_assumed=site.crs_assumed,
        geometry_hash=site.geometry_hash,
        geometry=json.loads(shapely.to_geojson(site.geometry)),
        area=Area.of(projected, ellipsoidal, city.deciding_area),
        approximate=site.approximate,
        notes=list(site.notes),
    )


def site_of_project(project_id: str, facts: ProjectFacts) -> Site:
    """The site of a project, to be checked under the project's name.

    Raises:
        InvalidCase: none is drawn yet.
    """
    kept = facts.site
    if kept is None:
        message = f"{project_id}: has no site yet; hand one in, then screen the case"
        raise InvalidCase(message)
    return Site(
        name=facts.name,
        geometry=shapely.from_geojson(json.dumps(kept.geometry)),
        crs=kept.crs,
        geometry_hash=kept.geometry_hash,
        source_crs=kept.source_crs,
        crs_assumed=kept.crs_assumed,
        notes=tuple(kept.notes),
        approximate=kept.approximate,
    )
