"""The drawings in the report on a site check: which there are, and each one drawn.

Input: a check, what lies around its site, a language. Output: `Drawing`s by name: the location, the
boundary points, the control lines together and each alone, all findings on one map, each finding
where it is, and what is suggested. Which there are is known before one of them is drawn, so that
the report can be put together first, and one font be cut for all its texts.
"""

import json
from collections.abc import Iterator, Mapping

import shapely

from blueprint.documents import SiteCheck
from blueprint.report.boundary_points import boundary_points
from blueprint.report.control_lines import ControlLine
from blueprint.report.document import Drawing, Lang, Tongue
from blueprint.report.draw_hit import draw_change, draw_hit
from blueprint.report.draw_lines import draw_lines, lines_near
from blueprint.report.draw_location import draw_city, draw_points, draw_vicinity
from blueprint.report.draw_overview import draw_overview
from blueprint.report.lettering import Lettering
from blueprint.report.names import (
    CITY,
    OVERVIEW,
    POINTS,
    THREE,
    VICINITY,
    change_name,
    hit_name,
    line_name,
)
from blueprint.report.signs import OverlapSign
from blueprint.report.surroundings import Surroundings
from blueprint.report.words import gravest_first

_FIXED = "用地位置范围北无资料原建议涉及宽约公顷 NhawidestonmSgruldAbMWyp0123456789.,…"
_MOST_POINTS = 200
"""Numbers on the drawing; more would hide the site."""


class SiteDrawings:
    """Every drawing of one report."""

    def __init__(self, check: SiteCheck, around: Surroundings, lang: Lang) -> None:
        """See which there are."""
        self._check, self._around, self._say = check, around, Tongue(lang)
        self.signs = dict(_signs(check, around))
        self.near = lines_near(around)
        self.names = frozenset(self._names())

    @property
    def three(self) -> list[ControlLine]:
        """Those of the three control lines that are near."""
        return [line for line in self.near if line.group == "three"]

    def draw(self, text: str) -> Mapping[str, Drawing]:
        """Draw them all; `text` is what else the report says, for the one font that both take.

        Raises:
            MissingGlyphs: the font has not every character of them.
        """
        around, say, near = self._around, self._say, self._around.layers
        names = [layer.name.zh + layer.name.en for layer in near.values()]
        names += [name for name, _ in around.districts]
        letters = Lettering("".join([text, _FIXED, *names]), shipped=True)
        made: dict[str, Drawing] = {}
        if CITY in self.names:
            made[CITY] = draw_city(letters, around, say)
        made[VICINITY] = draw_vicinity(letters, around, say)
        corners = boundary_points(around.site)
        points = [(p.number, p.y_east, p.x_north) for p in corners if p.side_m is not None]
        made[POINTS] = draw_points(letters, around, points[:_MOST_POINTS], say)
        if THREE in self.names:
            made[THREE] = draw_lines(letters, around, self.three, say)
        for line in self.near:
            made[line_name(line.layer)] = draw_lines(letters, around, [line], say)
        if OVERVIEW in self.names:
            made[OVERVIEW] = draw_overview(letters, around, list(self.signs.values()), say)
        for position, sign in self.signs.items():
            made[hit_name(position)] = draw_hit(letters, around, sign, say)
        met = [(sign.finding, sign.shape) for sign in self.signs.values()]
        for position, shape in self._suggested():
            made[change_name(position)] = draw_change(letters, around, shape, met, say)
        return made

    def _names(self) -> Iterator[str]:
        yield from (VICINITY, POINTS)
        if self._around.city is not None:
            yield CITY
        if len(self.three) > 1:
            yield THREE
        yield from (line_name(line.layer) for line in self.near)
        if len(self.signs) > 1 or self._around.uncovered is not None:
            yield OVERVIEW
        yield from map(hit_name, self.signs)
        yield from (change_name(position) for position, _ in self._suggested())

    def _suggested(self) -> Iterator[tuple[int, shapely.Geometry]]:
        for position, one in enumerate(self._check.suggestions or ()):
            if one.geometry is not None:
                yield position, shapely.from_geojson(json.dumps(one.geometry))


def _signs(check: SiteCheck, around: Surroundings) -> Iterator[tuple[int, OverlapSign]]:
    """What has a shape, numbered from the gravest, by its place among the check's findings."""
    shapes = {
        id(finding): (position, shape)
        for position, (finding, shape) in enumerate(zip(check.findings, around.shapes, strict=True))
        if shape is not None and not shapely.is_empty(shape)
    }
    found = (finding for finding in gravest_first(check.findings) if id(finding) in shapes)
    for number, finding in enumerate(found, 1):
        position, shape = shapes[id(finding)]
        yield position, OverlapSign(number, finding, shapely.GeometryCollection([shape]))
