"""All findings of a check on one map (检测结果总图), each under its number, among their layers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import shapely

from blueprint.documents import Outcome
from blueprint.report.document import Drawing, Tongue
from blueprint.report.labels import label_uncovered, name_layers, tag_overlaps
from blueprint.report.lettering import Lettering
from blueprint.report.page import Look
from blueprint.report.plot import SITE_LOOK, WIDE, Entry, Plot, dimension_of, edges_of
from blueprint.report.signs import UNCOVERED, LayerSign, OverlapSign, edge_of, fill_of, sign_layers
from blueprint.report.surroundings import Surroundings
from blueprint.values import Bilingual
from blueprint.words import NO_DATA
from layers import Geometries

_Near = tuple[Bilingual, Outcome | None, Geometries]
_MOST_LAYERS = 14
_HEIGHT = 330.0


def draw_overview(
    letters: Lettering, around: Surroundings, signs: Sequence[OverlapSign], say: Tongue
) -> Drawing:
    """The site with everything it meets; the signs' shapes are in the city's CRS."""
    minx, miny, maxx, maxy = shapely.bounds(around.site)
    room = max(60.0, 0.45 * max(maxx - minx, maxy - miny))
    near = _near(around, signs, room)
    plot = Plot(letters, (WIDE, _HEIGHT), list(_entries(around, signs, near, say)), say)
    view = plot.look_at(around.site, room)
    on_page = [(name.zh, outcome, view.on_page(shapes)) for name, outcome, shapes in near]
    found = sign_layers((one for one in on_page if len(one[2])), shapely.box(*plot.frame))
    # coloured by its Chinese name, a layer has one colour in both languages
    called = {name.zh: say.of(name) for name, _, _ in near}
    layers = [replace(layer, name=called[layer.name]) for layer in found]
    for layer in layers:
        plot.explain(layer.name, layer.look(layer.dimension))
    shown = [OverlapSign(one.number, one.finding, view.one_on_page(one.shape)) for one in signs]
    overlaps = [sign for sign in shown if not sign.shape.is_empty]
    uncovered = view.one_on_page(around.uncovered or shapely.Point())
    _draw_areas(plot, layers, overlaps, uncovered)
    site = plot.outline(around.site)
    for dimension in (1, 0):
        for sign in reversed(overlaps):
            parts = np.asarray(shapely.get_parts(sign.shape), dtype=object)
            if dimension == 1 and sign.is_thin:
                parts = np.asarray(shapely.boundary(parts), dtype=object)
            plot.sheet.draw_parts(parts, dimension, sign.look(dimension), plot.frame)
    sheet, frame = plot.sheet, plot.frame
    taken = plot.furnish(site)
    taken += label_uncovered(sheet, uncovered, taken, frame=frame, words=say.of(NO_DATA))
    taken += tag_overlaps(sheet, overlaps, site, taken, frame=frame, say=say)
    taken += edges_of(site)
    name_layers(sheet, layers, site, taken, frame)
    return plot.done()


def _near(around: Surroundings, signs: Sequence[OverlapSign], room: float) -> list[_Near]:
    """The layers that the site meets, and those for orientation that are seen."""
    seen = shapely.box(*shapely.bounds(around.site)).buffer(room, join_style="mitre")
    met = {sign.finding.layer for sign in signs}
    return [
        (layer.name, layer.outcome, layer.shapes)
        for name, layer in around.layers.items()
        if name in met or (name in around.background and _shows(layer.shapes, seen))
    ][:_MOST_LAYERS]


def _entries(
    around: Surroundings, signs: Sequence[OverlapSign], near: Sequence[_Near], say: Tongue
) -> Iterator[Entry]:
    """What the legend has: the site, the findings by their numbers, the layers."""
    yield Entry(SITE_LOOK, say("用地范围", "Site"))
    if around.uncovered is not None:
        yield Entry(UNCOVERED, say.of(NO_DATA))
    for sign in signs:
        text = f"{sign.number} {say.of(sign.finding.title)}"
        yield Entry(sign.look(sign.dimension), text, sign.dimension)
    for name, _, shapes in near:
        yield Entry(Look(), say.of(name), dimension_of(shapes))


def _draw_areas(
    plot: Plot,
    layers: Sequence[LayerSign],
    overlaps: Sequence[OverlapSign],
    uncovered: shapely.Geometry,
) -> None:
    """Layers at the bottom, then what the site meets; lines and points of layers on top."""
    sheet, frame = plot.sheet, plot.frame
    for reduce in (fill_of, edge_of):
        for layer in layers:
            sheet.draw_parts(layer.parts, 2, reduce(layer.look(2)), frame)
    sheet.draw(uncovered, UNCOVERED, frame)
    for reduce in (fill_of, edge_of):
        for sign in reversed(overlaps):
            parts = np.asarray(shapely.get_parts(sign.shape), dtype=object)
            sheet.draw_parts(parts, 2, reduce(sign.look(2)), frame)
    for dimension in (1, 0):
        for layer in layers:
            sheet.draw_parts(layer.parts, dimension, layer.look(dimension), frame)


def _shows(shapes: Geometries, seen: shapely.Geometry) -> bool:
    """Whether something of a layer is seen, and does not lie everywhere."""
    near = shapes[shapely.intersects(shapes, seen)]
    return bool(len(near)) and not shapely.covers(shapely.union_all(near), seen)
