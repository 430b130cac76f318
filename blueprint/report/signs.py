"""What a map is about, in points, and how it is drawn: on the map and in the legend alike.

Input: an overlap or a layer with its shapes on the page. Output: a `Look` for its areas (2), lines
(1) or points (0). Outcomes have colours and hatches, overlaps have numbers, layers have names.
"""

from dataclasses import dataclass

import shapely

from blueprint.documents import Finding, Outcome
from blueprint.report.page import Look
from blueprint.report.words import COLOURS, HATCHES, WORDS
from layers import Geometries

_THIN = 3.0  # points


@dataclass(frozen=True, slots=True)
class OverlapSign:
    """One finding where it meets the site, under its number."""

    number: int
    finding: Finding
    shape: shapely.GeometryCollection

    @property
    def colour(self) -> str:
        """The colour of its outcome."""
        return COLOURS[self.finding.outcome]

    @property
    def dimension(self) -> int:
        """2 for a finding with an area, 1 with a length, 0 with a count."""
        return 2 if self.finding.area is not None else int(self.finding.length_m is not None)

    @property
    def is_thin(self) -> bool:
        """Whether it is an area that cannot be seen as one."""
        return is_narrow(self.shape, _THIN)

    def look(self, dimension: int) -> Look:
        """How its areas, lines or points are drawn."""
        area = Look(self.colour, self.colour, 1.3, HATCHES.get(self.finding.outcome), opacity=0.16)
        return (Look(self.colour, "white", 1.0), Look("none", self.colour, 2.4), area)[dimension]


@dataclass(frozen=True, slots=True)
class LayerSign:
    """One layer around the site; `wide` where it covers most of the map."""

    name: str
    outcome: Outcome | None
    parts: Geometries
    fill: str
    wide: bool

    @property
    def title(self) -> str:
        """The layer's name and what was found on it."""
        return self.name + ("" if self.outcome is None else f"（{WORDS[self.outcome].zh}）")

    @property
    def dark(self) -> str:
        """The layer's colour for lines and letters."""
        return "#" + "".join(f"{int(int(self.fill[i : i + 2], 16) * 0.55):02X}" for i in (1, 3, 5))

    @property
    def dimension(self) -> int:
        """The highest dimension of its parts."""
        return int(shapely.get_dimensions(self.parts).max())

    def look(self, dimension: int) -> Look:
        """How its areas, lines or points are drawn; what was found shows on the edge."""
        found = self.outcome
        edge, width = (self.dark, 0.5) if found is None else (COLOURS[found], 1.0)
        if dimension == 1:
            return Look("none", self.dark, 1.6)
        return Look(self.fill, edge, width, opacity=0.3 if self.wide and dimension else 0.6)


def is_narrow(shape: shapely.Geometry, width: float) -> bool:
    """Whether a polygon's mean width is less than `width`; lines and points have none."""
    polygon = shapely.get_dimensions(shape) == 2
    return bool(polygon and 2 * shapely.area(shape) < width * shapely.length(shape))
