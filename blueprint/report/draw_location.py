"""Where the site lies (区位图): in the city, with its districts, and among what is near."""

import math
from collections.abc import Sequence

import numpy as np
import shapely

from blueprint.report.document import Drawing, Tongue
from blueprint.report.draw_lines import line_look
from blueprint.report.labels import Label, place_labels
from blueprint.report.lettering import Lettering, Script
from blueprint.report.page import GREY, INK, Box, Look, middle_of
from blueprint.report.plot import HALF, LEGEND, SITE_LOOK, WIDE, Entry, Plot, edges_of, many
from blueprint.report.surroundings import Surroundings
from layers import Geometries

_SIZE = (HALF, 205.0)
_MARK = "#A50026"
_LAND = Look("#EEF2F0", "#8A97A1", 0.7)
_WAY = Look("none", "#7C868F", 0.9)
_NAME = Script(6.6, GREY, halo=True)
_SIDE = Script(6, GREY)
_MOST_SIDES = 24
_NEAR_M = 800.0
_MOST_WAYS = 8


def draw_city(letters: Lettering, around: Surroundings, say: Tongue) -> Drawing:
    """The city with its districts, and a mark where the site is."""
    assert around.city is not None
    entries = [Entry(Look(_MARK, "white", 0.8), say("用地位置", "Site"), 0)]
    plot = Plot(letters, _SIZE, entries, say)
    minx, miny, maxx, maxy = shapely.bounds(around.city)
    plot.look_at(around.city, 0.04 * max(maxx - minx, maxy - miny))
    districts = [shape for _, shape in around.districts]
    land = plot.layer(np.array(districts, dtype=object) if districts else many(around.city), _LAND)
    centre = shapely.centroid(around.site)
    at = next(iter(plot.view.on_page(many(shapely.buffer(centre, 1)))))
    at = shapely.centroid(at)
    taken = plot.furnish(shapely.union_all(land))
    taken.append((at.x - 11, at.y - 11, at.x + 11, at.y + 11))
    for name, shape in around.districts:
        taken += plot.name(plot.view.on_page(many(shape)), name, _NAME, taken)
    sheet = plot.sheet
    sheet.draw(shapely.boundary(at.buffer(8)), Look("none", "white", 3.0), plot.frame)
    sheet.draw(shapely.boundary(at.buffer(8)), Look("none", _MARK, 1.3), plot.frame)
    sheet.draw(at.buffer(2.4), Look(_MARK, "white", 0.6), plot.frame)
    return plot.done()


def draw_vicinity(letters: Lettering, around: Surroundings, say: Tongue) -> Drawing:
    """The site among roads, lines and what the city draws for orientation."""
    kinds = {line.layer: line.kind for line in around.lines}
    boxed = shapely.box(*shapely.bounds(around.site)).buffer(_NEAR_M)
    areas = [
        name
        for name in around.background
        if name in kinds and _is_seen(around.layers[name].shapes, line_look(kinds[name]), boxed)
    ]
    ways = [
        name
        for name, layer in around.layers.items()
        if name not in kinds
        and len(layer.shapes)
        and set(shapely.get_dimensions(layer.shapes).tolist()) == {1}
        and shapely.intersects(layer.shapes, boxed).any()
    ][:_MOST_WAYS]
    entries = [Entry(SITE_LOOK, say("用地范围", "Site"))]
    entries += [Entry(line_look(kinds[name]), say.of(around.layers[name].name)) for name in areas]
    plot = Plot(letters, _SIZE, entries, say)
    plot.look_at(around.site, _NEAR_M)
    if around.city is not None:
        plot.layer(many(around.city), Look("#F6F8F7", "#8A97A1", 0.7))
    for name in areas:
        plot.layer(around.layers[name].shapes, line_look(kinds[name]))
    drawn = {name: plot.layer(around.layers[name].shapes, _WAY, _WAY) for name in ways}
    for _, shape in around.districts:
        edge = plot.view.on_page(many(shape))
        plot.sheet.draw(edge, Look("none", "#8A97A1", 0.7, dashed=True), plot.frame)
    site = plot.outline(around.site)
    taken = [*plot.furnish(site), *edges_of(site)]
    for name, parts in drawn.items():
        taken += plot.name(parts, say.of(around.layers[name].name), _NAME, taken)
    for name, shape in around.districts:
        taken += plot.name(plot.view.on_page(many(shape)), name, _NAME, taken)
    return plot.done()


def draw_points(
    letters: Lettering,
    around: Surroundings,
    points: list[tuple[str, float, float]],
    say: Tongue,
) -> Drawing:
    """The site with its boundary points (界址点图), numbered where there is room.

    `points` are numbers with eastings and northings.
    """
    plot = Plot(letters, (WIDE, 250.0), [], say)
    minx, miny, maxx, maxy = shapely.bounds(around.site)
    plot.look_at(around.site, max(8.0, 0.16 * max(maxx - minx, maxy - miny)))
    shape = shapely.union_all(plot.view.one_on_page(around.site))
    plot.sheet.draw(shape, Look("#EAF1F8", INK, 1.1), plot.frame)
    dots = [
        shapely.Point(shapely.get_coordinates(plot.view.one_on_page(shapely.Point(x, y)))[0])
        for _, x, y in points
    ]
    taken = plot.furnish(shape)
    taken += [(dot.x - 2, dot.y - 2, dot.x + 2, dot.y + 2) for dot in dots]
    taken += edges_of(shape)
    labels, middle = [], shapely.centroid(shape)
    for (number, _, _), dot in zip(points, dots, strict=True):
        width = letters.width(number, LEGEND.size) + 2
        outward = math.atan2(dot.y - middle.y, dot.x - middle.x)
        spots = [
            (dot.x + far * math.cos(outward + turn), dot.y + far * math.sin(outward + turn))
            for far in (9, 12, 16, 21)
            for turn in (0, 0.5, -0.5, 1, -1, 1.6, -1.6)
        ]
        labels.append(Label(width, 8.5, spots))
    boxes = place_labels(labels, plot.frame, taken)
    taken += [box for box in boxes if box is not None]
    if len(points) <= _MOST_SIDES:
        _write_sides(plot, around.site, taken)
    for dot in dots:
        plot.sheet.draw(dot.buffer(1.7), Look(_MARK, "white", 0.5))
    for (number, _, _), box in zip(points, boxes, strict=True):
        if box is not None:
            plot.sheet.write(middle_of(box), number, Script(LEGEND.size, INK), "center")
    return plot.done()


def _write_sides(plot: Plot, site: shapely.Geometry, taken: Sequence[Box]) -> None:
    """How long each side is, inside the site, where there is room."""
    letters, labels, texts = plot.sheet.letters, [], []
    for ring in shapely.get_rings(shapely.get_parts(site)):
        corners = shapely.get_coordinates(ring)
        shown = shapely.get_coordinates(plot.view.on_page(many(shapely.LineString(corners)))[0])
        if len(shown) != len(corners):
            continue  # so short sides that they do not show
        for at in range(len(corners) - 1):
            length = float(np.hypot(*(corners[at + 1] - corners[at])))
            (x, y), (dx, dy) = (shown[at] + shown[at + 1]) / 2, shown[at + 1] - shown[at]
            far = math.hypot(dx, dy) or 1.0
            text = f"{length:.2f}"
            width = letters.width(text, _SIDE.size) + 2
            if far < width + 4:
                continue
            spots = [
                (x + side * by * -dy / far, y + side * by * dx / far)
                for by in (8, 13, 18)
                for side in (1, -1)
            ]
            texts.append(text)
            labels.append(Label(width, 8, spots))
    for text, box in zip(texts, place_labels(labels, plot.frame, taken), strict=True):
        if box is not None:
            plot.sheet.write(middle_of(box), text, _SIDE, "center")


def _is_seen(shapes: Geometries, look: Look, where: shapely.Geometry) -> bool:
    """Whether anything of a line can be seen: its ground, or its edge where it has no fill."""
    near = shapes[shapely.intersects(shapes, where)]
    edges = shapely.boundary(near) if look.fill == "none" else near
    return bool(shapely.intersects(edges, where).any())
