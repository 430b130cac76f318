"""Control lines around a site (控制线套合图): the three together, and each line alone."""

from collections.abc import Sequence

import shapely

from blueprint.report.control_lines import ControlLine, Kind
from blueprint.report.document import Drawing, Tongue
from blueprint.report.lettering import Lettering, Script
from blueprint.report.page import Look
from blueprint.report.plot import HALF, SITE_LOOK, WIDE, Entry, Plot, edges_of
from blueprint.report.surroundings import Surroundings

_LOOKS: dict[Kind, Look] = {
    "farmland": Look("#FBF0B8", "#8C7A00", 0.9),
    "redline": Look("#D3EBD3", "#1B7837", 1.2),
    "boundary": Look("none", "#7A3E9D", 1.6, dashed=True),
    "purple": Look("#E9DCF2", "#6A3D9A", 1.0),
    "green": Look("#D9EED5", "#2C7A2C", 1.0),
    "blue": Look("#D9E8F6", "#1F5FA8", 1.0),
    "yellow": Look("#FBEBC0", "#A87400", 1.0),
    "other": Look("#E8F0DC", "#5B7F2B", 0.9),
}
_LEAST_ROOM_M = 500.0


def line_look(kind: Kind) -> Look:
    """How a control line is drawn, the same in every drawing."""
    return _LOOKS[kind]


def room_of(site: shapely.Geometry) -> float:
    """How much is shown around a site, metres on every side at the least."""
    minx, miny, maxx, maxy = shapely.bounds(site)
    return float(max(_LEAST_ROOM_M, 1.5 * max(maxx - minx, maxy - miny)))


def lines_near(around: Surroundings) -> list[ControlLine]:
    """The control lines of which something can be seen around the site."""
    seen = shapely.box(*shapely.bounds(around.site)).buffer(
        room_of(around.site), join_style="mitre"
    )
    return [
        line
        for line in around.lines
        if line.layer in around.layers
        and shapely.intersects(around.layers[line.layer].shapes, seen).any()
    ]


def draw_lines(
    letters: Lettering, around: Surroundings, lines: Sequence[ControlLine], say: Tongue
) -> Drawing:
    """The site with these control lines, named where there is room."""
    size = (HALF, 185.0) if len(lines) == 1 else (WIDE, 262.0)
    entries = [Entry(SITE_LOOK, say("用地范围", "Site"))]
    entries += [Entry(line_look(line.kind), say.of(line.name)) for line in lines]
    plot = Plot(letters, size, entries, say)
    plot.look_at(around.site, room_of(around.site))
    # what is filled lies under what has an edge alone
    order = sorted(lines, key=lambda line: line_look(line.kind).fill == "none")
    drawn = [(line, plot.layer(around.layers[line.layer].shapes, line_look(line.kind)))
             for line in order]  # fmt: skip
    site = plot.outline(around.site)
    taken = [*plot.furnish(site), *edges_of(site)]
    for line, parts in drawn:
        script = Script(6.8, line_look(line.kind).edge, halo=True)
        taken += plot.name(parts, say.of(line.name), script, taken)
    return plot.done()
