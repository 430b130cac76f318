"""What the drawings of a report show: a site, what it meets, and what lies around it.

All shapes are in the city's CRS, metres, x the easting and y the northing. Nothing is in here that
the report's reader may not see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import shapely

from blueprint.documents import Outcome
from blueprint.report.control_lines import ControlLine
from blueprint.values import Bilingual
from layers import Geometries


@dataclass(frozen=True, slots=True)
class NearLayer:
    """Features of one layer around the site; `outcome` is that of its gravest finding."""

    name: Bilingual
    shapes: Geometries
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A site in its surroundings; `city` is an outline.

    `shapes` are those behind the check's findings, one for each, None where there is none to show;
    `background` are the layers that the city draws for orientation; `uncovered` is the part of the
    site on which there are no data because it lies outside the city.
    """

    site: shapely.Geometry
    shapes: Sequence[shapely.Geometry | None]
    layers: Mapping[str, NearLayer]
    lines: Sequence[ControlLine]
    background: Sequence[str] = ()
    city: shapely.Geometry | None = None
    districts: Sequence[tuple[str, shapely.Geometry]] = field(default_factory=tuple)
    uncovered: shapely.Geometry | None = None
