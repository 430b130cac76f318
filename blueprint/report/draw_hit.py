"""One finding on the ground: the site, the layer that it meets, and where they meet.

A place that is small beside the site is drawn large, with a small map of the whole site that shows
which part of it is seen.
"""

from collections.abc import Sequence
from itertools import starmap

import numpy as np
import shapely

from blueprint.documents import Finding
from blueprint.report.document import Drawing, Tongue
from blueprint.report.labels import tag_overlaps
from blueprint.report.lettering import Lettering
from blueprint.report.page import DOT, INK, PALE, Box, Look
from blueprint.report.plot import BESIDE, SITE_LOOK, WIDE, Entry, Plot, dimension_of, many
from blueprint.report.signs import OverlapSign
from blueprint.report.surroundings import Surroundings
from blueprint.report.view import View
from blueprint.words import COLOURS, HATCHES

_LAYER = Look("#E6EBEF", "#5B6770", 0.8)
_SMALL, _INSET = 0.25, 46.0
_SUGGESTED = Look("#D3EBD3", "#1B7837", 1.8)


def draw_hit(
    letters: Lettering,
    around: Surroundings,
    sign: OverlapSign,
    say: Tongue,
) -> Drawing:
    """The place where a site meets a layer; the sign's shape is in the city's CRS."""
    finding, shape = sign.finding, sign.shape
    near = around.layers.get(finding.layer)
    entries = [Entry(SITE_LOOK, say("用地范围", "Site"))]
    if near is not None:
        entries.append(Entry(_LAYER, say.of(near.name), dimension_of(near.shapes)))
    meets = say("涉及范围", "Where they meet")
    entries.append(Entry(sign.look(sign.dimension), meets, sign.dimension))
    plot = Plot(letters, (BESIDE, 178.0), entries, say)
    whole = _is_large(shape, around.site)
    if whole:
        minx, miny, maxx, maxy = shapely.bounds(around.site)
        plot.look_at(around.site, max(30.0, 0.3 * max(maxx - minx, maxy - miny)))
    else:
        minx, miny, maxx, maxy = shapely.bounds(shape)
        plot.look_at(shape, max(15.0, 1.2 * max(maxx - minx, maxy - miny)))
    if near is not None:
        plot.layer(near.shapes, _LAYER)
    shown = plot.view.one_on_page(shape)
    signed = OverlapSign(sign.number, finding, shown)
    parts = np.asarray(shapely.get_parts(shown), dtype=object)
    for dimension in (2, 1):
        plot.sheet.draw_parts(parts, dimension, signed.look(dimension), plot.frame)
    site = plot.outline(around.site)
    if signed.is_thin:
        edge = np.asarray(shapely.boundary(parts), dtype=object)
        plot.sheet.draw(edge, Look("none", "white", 4.0), plot.frame)
        plot.sheet.draw(edge, Look("none", signed.colour, 2.2), plot.frame)
    plot.sheet.draw_parts(parts, 0, Look(signed.colour, "white", 1.0), plot.frame)
    inset = () if whole else (_inset(plot, around.site),)
    taken = [*inset, *plot.furnish(shapely.union_all([site, *starmap(shapely.box, inset)]))]
    tag_overlaps(plot.sheet, [signed], site, taken, frame=plot.frame, say=say)
    return plot.done()


def draw_change(
    letters: Lettering,
    around: Surroundings,
    changed: shapely.Geometry,
    findings: Sequence[tuple[Finding, shapely.Geometry]],
    say: Tongue,
) -> Drawing:
    """A suggested outline beside the site as it is, with what the site meets."""
    gravest = COLOURS["prohibited"]
    entries = [
        Entry(Look("none", INK, 1.4, dashed=True), say("原用地范围", "Site as drawn")),
        Entry(_SUGGESTED, say("建议范围", "Suggested outline")),
        Entry(Look("none", gravest, 0, HATCHES["prohibited"]), say("涉及范围", "What it meets")),
    ]
    plot = Plot(letters, (WIDE, 230.0), entries, say)
    both = shapely.box(*shapely.total_bounds(np.array([around.site, changed], dtype=object)))
    minx, miny, maxx, maxy = shapely.bounds(both)
    plot.look_at(both, max(30.0, 0.15 * max(maxx - minx, maxy - miny)))
    plot.layer(many(changed), Look(_SUGGESTED.fill))
    for finding, shape in reversed(findings):
        sign = OverlapSign(1, finding, plot.view.one_on_page(shape))
        parts = np.asarray(shapely.get_parts(sign.shape), dtype=object)
        plot.sheet.draw_parts(parts, 2, sign.look(2), plot.frame)
        plot.sheet.draw_parts(parts, 1, sign.look(1), plot.frame)
    before = plot.outline(around.site, Look("none", INK, 1.4, dashed=True))
    plot.furnish(shapely.union(before, plot.outline(changed, _SUGGESTED)))
    return plot.done()


def _is_large(shape: shapely.Geometry, site: shapely.Geometry) -> bool:
    """Whether the place can be seen well beside the whole site."""
    minx, miny, maxx, maxy = shapely.bounds(shape)
    left, bottom, right, top = shapely.bounds(site)
    return bool(max(maxx - minx, maxy - miny) > _SMALL * max(right - left, top - bottom))


def _inset(plot: Plot, site: shapely.Geometry) -> Box:
    """A small map of the whole site, with the part that is shown; the box that it takes."""
    left, _, _, top = plot.frame
    box: Box = (left + 5, top - 5 - _INSET, left + 5 + _INSET, top - 5)
    sheet, inner = plot.sheet, (box[0] + 5, box[1] + 5, box[2] - 5, box[3] - 5)
    sheet.draw(shapely.box(*box), Look("white", PALE, 0.8))
    minx, miny, maxx, maxy = shapely.bounds(site)
    small = View.with_room(site, 0.05 * max(maxx - minx, maxy - miny), inner)
    sheet.draw(small.one_on_page(site), Look("#E6EBEF", INK, 0.8), box)
    part = small.one_on_page(shapely.box(*plot.view.bounds))
    sheet.draw(part, Look("none", "#A50026", 1.1), box)
    middle = shapely.centroid(part)
    if shapely.area(part) < 4 * DOT**2:
        sheet.draw(shapely.boundary(middle.buffer(4)), Look("none", "#A50026", 1.1), box)
    return box
