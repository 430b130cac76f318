"""Projects as features: each site with what is said of its project, those that a caller may see.

Input: a caller. Output: features by the project's id, in the plane of the city. A project whose
site is not drawn yet is none of them; how many there are of that kind is told with the collection.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.around import Features
from blueprint.cases.library import ProjectFile, ProjectsAsked, find_projects
from blueprint.catalogue import City
from blueprint.values import Bilingual, text_hash
from conflict import Shapes
from layers.crs import to_crs

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class ProjectSource:
    """The projects that a caller sees, by id; `digest` is over all that they are and say."""

    projects: Sequence[ProjectFile]
    undrawn: int

    @property
    def digest(self) -> str:
        """Of one version of each, at one stage, in one state, with so many cases."""
        said = [
            [one.id, one.version, one.stage, one.state, len(one.cases)] for one in self.projects
        ]
        return text_hash(json.dumps(["projects", said]))

    @property
    def notice(self) -> Bilingual | None:
        """How many are not drawn; None: all are."""
        if not self.undrawn:
            return None
        return Bilingual(
            zh=f"另有 {self.undrawn} 个项目尚无用地范围",
            en=f"{self.undrawn} more have no site yet",
        )


def project_source(connection: sa.Connection, caller: Caller | None) -> ProjectSource | None:
    """What a caller sees; None: it does not say who it is, and owns nothing."""
    if caller is None or caller.is_anonymous:
        return None
    found = find_projects(connection, caller, ProjectsAsked(limit=_ALL)).projects
    drawn = sorted((one for one in found if one.facts.site), key=lambda one: one.id)
    return ProjectSource(drawn, len(found) - len(drawn))


def project_features(source: ProjectSource, city: City) -> Features:
    """The sites of projects with what is said of them."""
    shapes, texts = [], []
    for one in source.projects:
        site = one.facts.site
        assert site is not None
        shape = shapely.from_geojson(json.dumps(site.geometry))
        if site.crs != city.crs:
            shape = to_crs(np.array([shape], dtype=object), site.crs, city.crs)[0]
        shapes.append(shape)
        texts.append(json.dumps(_attributes(one), ensure_ascii=False))
    drawn = np.empty(len(shapes), dtype=object)
    drawn[:] = shapes
    names = pa.array([one.id for one in source.projects], pa.string())
    return Features(Shapes.from_geometries(drawn), names, pa.array(texts, pa.string()), names)


def _attributes(one: ProjectFile) -> dict[str, object]:
    facts, site = one.facts, one.facts.site
    area = None if site is None else site.area
    return {
        "name": facts.name,
        "proposer": facts.proposer,
        "code": facts.code,
        "purpose": facts.purpose,
        "type": facts.type,
        "stage": one.stage,
        "state": one.state,
        "version": one.version,
        "created_at": one.created_at.isoformat(),
        "cases": len(one.cases),
        "investment_wan": facts.investment_wan,
        "floor_area_m2": facts.floor_area_m2,
        "projected_m2": None if area is None else area.projected_m2,
        "ellipsoidal_m2": None if area is None else area.ellipsoidal_m2,
    }
