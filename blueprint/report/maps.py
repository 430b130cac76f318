"""The map of one site check: the site, what it meets, what lies around it, and what was found.

Input: a `Scene` in the city's CRS. Output: a PNG of 1600 x 1200 pixels. Map coordinates become
points before anything is drawn; what is drawn later lies on top. Colour never speaks alone:
outcomes have words and hatches, overlaps have numbers, layers have names.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely

from blueprint.documents import Finding, Outcome, SiteCheck
from blueprint.report.furniture import furnish
from blueprint.report.labels import along_edges, name_layers, tag_overlaps
from blueprint.report.locator import write_locator
from blueprint.report.page import INK, MAP, Look, Page
from blueprint.report.panel import (
    COLUMN,
    RIGHT,
    write_findings,
    write_footer,
    write_legend,
    write_title,
)
from blueprint.report.signs import LayerSign, OverlapSign, is_narrow
from blueprint.report.view import View
from blueprint.report.words import characters, gravest_first
from blueprint.values import Bilingual
from layers import Geometries

_MAP = shapely.box(*MAP)
_FILLS = ("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00")
"""Paul Tol's light scheme, which the colour-blind can tell apart; without its grey."""


@dataclass(frozen=True, slots=True)
class ContextLayer:
    """Features around the site; `outcome` is that of the worst finding on this layer."""

    name: Bilingual
    geometries: Geometries
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a map shows; geometries in the city's CRS, metres."""

    check: SiteCheck
    site: shapely.Geometry
    overlaps: Sequence[tuple[Finding, shapely.Geometry]]
    context: Sequence[ContextLayer]
    city: shapely.Geometry | None = None


def draw_site_map(scene: Scene, path: Path) -> None:
    """Draw the scene as PNG, 1600 x 1200 pixels, into `path`."""
    check = scene.check
    page = Page(characters(check, [layer.name for layer in scene.context]))
    view = View.around(scene.site, MAP)
    site = shapely.union_all(view.one_on_page(scene.site))
    overlaps = _overlaps_on_page(scene, view)
    layers = _layers_on_page(scene, view)
    _draw_shapes(page, site, overlaps, layers)
    taken = furnish(page, view)
    taken += tag_overlaps(page, overlaps, site, taken)
    for shape in (site, *(overlap.shape for overlap in overlaps)):
        taken += along_edges(shape)
    name_layers(page, layers, site, taken)
    write_title(page, check)
    floor = write_legend(page, check, overlaps, layers)
    ceiling = write_findings(page, check, overlaps, floor)
    if scene.city is not None:
        write_locator(page, scene.city, scene.site, (COLUMN, floor, RIGHT, ceiling))
    write_footer(page, check)
    page.save(path)


def _overlaps_on_page(scene: Scene, view: View) -> list[OverlapSign]:
    """The overlaps that show, numbered from the gravest."""
    shapes = {finding.rule: view.one_on_page(shape) for finding, shape in scene.overlaps}
    shown = [finding for finding, _ in scene.overlaps if not shapes[finding.rule].is_empty]
    return [
        OverlapSign(number, finding, shapes[finding.rule])
        for number, finding in enumerate(gravest_first(shown), 1)
    ]


def _layers_on_page(scene: Scene, view: View) -> list[LayerSign]:
    """The layers that show, the most extensive first, each in the colour that its name picks."""
    shown: list[tuple[float, LayerSign]] = []
    free = list(_FILLS)
    for layer in sorted(scene.context, key=lambda layer: layer.name.zh):
        parts = view.on_page(layer.geometries)
        if shapely.intersects(parts, _MAP).any():
            free = free or list(_FILLS)
            wish = _FILLS[zlib.crc32(layer.name.zh.encode()) % len(_FILLS)]
            fill = wish if wish in free else free[0]
            free.remove(fill)
            extent = float(shapely.area(parts).sum())
            wide = extent > _MAP.area / 2
            shown.append((extent, LayerSign(layer.name.zh, layer.outcome, parts, fill, wide)))
    return [sign for _, sign in sorted(shown, key=lambda ranked: -ranked[0])]


def _draw_shapes(
    page: Page,
    site: shapely.Geometry,
    overlaps: Sequence[OverlapSign],
    layers: Sequence[LayerSign],
) -> None:
    """Layers at the bottom, then overlaps; the site's edge over areas and under lines."""
    page.draw(_MAP, Look("#FAFAF7"))
    for dimension in (2, 1, 0):
        for layer in layers:
            page.draw_parts(layer.parts, dimension, layer.look(dimension))
    _draw_overlaps(page, overlaps, 2)
    bold = 1.2 if is_narrow(site, 8) else 2.4  # a site that is a road keeps its inside
    page.draw(site, Look("none", "white", bold + 2), MAP)
    page.draw(site, Look("none", INK, bold), MAP)
    for dimension in (1, 0):
        _draw_overlaps(page, overlaps, dimension)


def _draw_overlaps(page: Page, overlaps: Sequence[OverlapSign], dimension: int) -> None:
    """Draw the overlaps of one dimension, the gravest on top; thin areas count as lines too."""
    for overlap in reversed(overlaps):
        parts = shapely.get_parts(overlap.shape)
        if dimension == 1:
            parts = shapely.boundary(parts) if overlap.is_thin else parts
            page.draw_parts(parts, 1, Look("none", "white", 4.4))
        page.draw_parts(parts, dimension, overlap.look(dimension))
