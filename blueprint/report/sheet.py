"""A white sheet, in points from its lower left corner, that becomes a drawing in a report: SVG.

Input: shapes and lines of text in points, by the verbs of `page.Page`. Output: `Drawing`, SVG whose
letters stay letters, and every text that is in it, so that a font can be cut that has them all.
Shapes are shapely's, each call one path. Nothing is rasterised here: a PDF takes the drawing as it
is, and what takes pictures alone gets one that `typeset.pictures` makes of it.
"""

from html import escape

import numpy as np
import shapely

from blueprint.report.document import Drawing, Lettered
from blueprint.report.lettering import Lettering, Script
from blueprint.report.page import DOT, Align, Box, Look, Shapes, Spot
from layers import Geometries

FONT = "blueprint-report"
"""What stands for the family of the font, which is known when a report is set."""
_BASELINE = 0.36
"""How far the middle of a line of letters lies above its baseline, of their size."""
_HATCHES = {
    "x": "M0 0L5 5M0 5L5 0",
    "/": "M-1 1L1 -1M0 5L5 0M4 6L6 4",
    "\\": "M-1 4L1 6M0 0L5 5M4 -1L6 1",
    ".": "M1 1.6h.9M3.5 4.1h.9",
    "-": "M0 2.5H5",
}


class Sheet:
    """A white sheet; `letters` has every character that is written on it."""

    def __init__(self, letters: Lettering, width: float, height: float) -> None:
        self.letters, self.width, self.height = letters, width, height
        self._parts: list[str] = []
        self._definitions: dict[str, str] = {}
        self._lines: list[Lettered] = []

    def draw(self, shapes: Shapes, look: Look, inside: Box | None = None) -> None:
        """Draw polygons and lines, one on top of the other; what lies outside `inside` is cut."""
        path = self._path(shapes)
        if not path:
            return
        clip = "" if inside is None else f' clip-path="url(#{self._clip(inside)})"'
        fill = f'fill="{look.fill}"'
        if look.opacity < 1:
            fill += f' fill-opacity="{look.opacity:g}"'
        stroke = ""
        if look.width > 0 and look.edge != "none":
            stroke = f' stroke="{look.edge}" stroke-width="{look.width:g}" stroke-linejoin="round"'
            if look.dashed:
                stroke += f' stroke-dasharray="{4 * look.width:g} {2.5 * look.width:g}"'
        if look.hatch is None:
            self._parts.append(f'<path d="{path}" {fill}{stroke}{clip}/>')
            return
        hatch = f'fill="url(#{self._hatch(look.hatch, look.edge)})"'
        self._parts.append(f'<path d="{path}" {fill}{clip}/>')
        self._parts.append(f'<path d="{path}" {hatch}{stroke}{clip}/>')

    def draw_parts(
        self, parts: Geometries, dimension: int, look: Look, inside: Box | None = None
    ) -> None:
        """Draw those parts that have the dimension; points as discs."""
        same = parts[shapely.get_dimensions(parts) == dimension]
        self.draw(same if dimension else shapely.buffer(same, DOT), look, inside)

    def plate(self, box: Box, look: Look, radius: float = 2.5) -> None:
        """Draw a box with rounded corners."""
        self.draw(shapely.box(*box).buffer(-radius).buffer(radius), look)

    def write(
        self, at: Spot, text: str, script: Script, align: Align = "left", *, upright: bool = False
    ) -> None:
        """Write one line; `at` is the middle of its height, at its left end unless aligned."""
        x, y = at[0], self.height - at[1]
        down, runs = _BASELINE * script.size, self.letters.width(text, script.size)
        # by its own measure: what places it need not know how wide it runs
        back = {"left": 0.0, "center": runs / 2, "right": runs}[align]
        x, y = (x + down, y + back) if upright else (x - back, y + down)
        colour = _colour(script.colour)
        line = Lettered(x, y, text, script.size, colour, script.bold, upright)
        self._lines.append(line)
        self._parts.append(_written(line, halo=script.halo))

    def disc(self, centre: Spot, number: int, colour: str) -> None:
        """Write a number in a disc."""
        self.draw(shapely.Point(centre).buffer(6), Look(colour, "#FFFFFF", 0.8))
        self.write(centre, f"{number}", Script(6.8, "#FFFFFF", bold=True), "center")

    def done(self) -> Drawing:
        """The drawing."""
        head = (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}pt" height="{self.height:g}pt" font-family="{FONT}">'
        )
        definitions = f"<defs>{''.join(self._definitions.values())}</defs>"
        svg = "".join([head, definitions, *self._parts, "</svg>"])
        shapes = (part for part in self._parts if not part.startswith("<text"))
        bare = "".join([head, definitions, *shapes, "</svg>"])
        text = "".join(sorted(set("".join(line.text for line in self._lines))))
        return Drawing(self.width, self.height, svg, text, bare, tuple(self._lines))

    def _clip(self, inside: Box) -> str:
        minx, miny, maxx, maxy = inside
        name = f"c{minx:g}_{miny:g}_{maxx:g}_{maxy:g}"
        self._definitions[name] = (
            f'<clipPath id="{name}"><rect x="{minx:g}" y="{self.height - maxy:g}" '
            f'width="{maxx - minx:g}" height="{maxy - miny:g}"/></clipPath>'
        )
        return name

    def _hatch(self, hatch: str, colour: str) -> str:
        sign = hatch[0]
        name = f"h{ord(sign)}{_colour(colour).removeprefix('#')}"
        self._definitions[name] = (
            f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse">'
            f'<path d="{_HATCHES[sign]}" fill="none" stroke="{_colour(colour)}" '
            'stroke-width=".6"/></pattern>'
        )
        return name

    def _path(self, shapes: Shapes) -> str:
        """One path of all rings and lines of `shapes`; points have none."""
        parts = shapely.get_parts(shapely.get_parts(shapes))
        kinds = shapely.get_type_id(parts)
        # holes run against their shells, or they would be filled
        rings = shapely.get_rings(shapely.orient_polygons(parts[kinds == 3]))
        strokes = np.concatenate([rings, parts[kinds == 1]])
        points, stroke = shapely.get_coordinates(strokes, return_index=True)
        points[:, 1] = self.height - points[:, 1]
        ends = np.flatnonzero(np.diff(stroke)) + 1
        drawn = []
        for number, run in enumerate(np.split(points, ends) if len(points) else ()):
            corners = "L".join(f"{x:.2f} {y:.2f}" for x, y in run.tolist())
            drawn.append(f"M{corners}{'Z' if number < len(rings) else ''}")
        return "".join(drawn)


def _written(line: Lettered, *, halo: bool) -> str:
    """A line of text as SVG has it; a halo lies under its letters."""
    edge = ""
    if halo:
        edge = ' stroke="#FFFFFF" stroke-width="2" stroke-linejoin="round" paint-order="stroke"'
    elif line.bold:  # there is one weight only: thicken it
        edge = f' stroke="{line.colour}" stroke-width="{line.size / 26:.2f}"'
    place = f'x="{line.x:.2f}" y="{line.y:.2f}"'
    if line.upright:
        place = f'transform="translate({line.x:.2f} {line.y:.2f}) rotate(-90)"'
    look = f'font-size="{line.size:g}" fill="{line.colour}"{edge}'
    return f"<text {place} {look}>{escape(line.text)}</text>"


def _colour(name: str) -> str:
    return {"white": "#FFFFFF", "black": "#000000"}.get(name, name)
