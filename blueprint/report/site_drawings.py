"""The drawings in the report on a site check: which there are, and each one drawn.

Input: a check, what lies around its site, a language. Output: `Drawing`s by name: the location, the
boundary points, the control lines together and each alone, all findings on one map, each finding
where it is, and what is suggested. Which there are is known before one of them is drawn, so that
the report can be put together first, and one font be cut for all its texts.
"""

import json
from collections.abc import Callable, Collection, Iterator
from functools import partial

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
from blueprint.words import gravest_first

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
        self.names = frozenset(name for name, _ in self._plans())

    @property
    def own(self) -> frozenset[str]:
        """Those that a report has which draws each finding where it is: one needs no overview."""
        alone = len(self.signs) < 2 and self._around.uncovered is None
        return self.names - {OVERVIEW} if alone else self.names

    @property
    def three(self) -> list[ControlLine]:
        """Those of the three control lines that are near."""
        return [line for line in self.near if line.group == "three"]

    def draw(self, text: str, names: Collection[str] | None = None) -> dict[str, Drawing]:
        """Draw those of these names, or all; `text` is what else the report says, for one font.

        Raises:
            MissingGlyphs: the font has not every character of them.
        """
        around = self._around
        called = [layer.name.zh + layer.name.en for layer in around.layers.values()]
        called += [name for name, _ in around.districts]
        letters = Lettering("".join([text, _FIXED, *called]), shipped=True)
        wanted = self.names if names is None else names
        return {name: drawn(letters) for name, drawn in self._plans() if name in wanted}

    def _plans(self) -> Iterator[tuple[str, Callable[[Lettering], Drawing]]]:
        """Each drawing by its name, still to be drawn."""
        around, say = self._around, self._say
        if around.city is not None:
            yield CITY, partial(draw_city, around=around, say=say)
        yield VICINITY, partial(draw_vicinity, around=around, say=say)
        corners = boundary_points(around.site)
        points = [(p.number, p.y_east, p.x_north) for p in corners if p.side_m is not None]
        yield POINTS, partial(draw_points, around=around, points=points[:_MOST_POINTS], say=say)
        if len(self.three) > 1:
            yield THREE, partial(draw_lines, around=around, lines=self.three, say=say)
        for line in self.near:
            drawn = partial(draw_lines, around=around, lines=[line], say=say)
            yield line_name(line.layer), drawn
        signs = list(self.signs.values())
        if signs or around.uncovered is not None:
            yield OVERVIEW, partial(draw_overview, around=around, signs=signs, say=say)
        for position, sign in self.signs.items():
            yield hit_name(position), partial(draw_hit, around=around, sign=sign, say=say)
        met = [(sign.finding, sign.shape) for sign in signs]
        for position, shape in self._suggested():
            change = partial(draw_change, around=around, changed=shape, findings=met, say=say)
            yield change_name(position), change

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
