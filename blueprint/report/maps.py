"""The map of one site check: the site, what it meets, what lies around it, and what was found.

Input: a `Scene` in the city's CRS. Output: a PNG of 1600 x 1200 pixels. Map coordinates become
points before anything is drawn; what is drawn later lies on top. Colour never speaks alone:
outcomes have words and hatches, overlaps have numbers, layers have names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely

from blueprint.documents import Finding, Outcome, SiteCheck
from blueprint.report.findings import Findings
from blueprint.report.furniture import furnish
from blueprint.report.labels import along_edges, label_uncovered, name_layers, tag_overlaps
from blueprint.report.legend import Signs, write_legend
from blueprint.report.locator import write_locator
from blueprint.report.page import INK, MAP, Look, Page
from blueprint.report.panel import COLUMN, RIGHT, write_footer, write_title
from blueprint.report.signs import (
    UNCOVERED,
    LayerSign,
    OverlapSign,
    edge_of,
    fill_of,
    is_narrow,
    sign_layers,
)
from blueprint.report.view import View
from blueprint.values import Bilingual
from blueprint.words import characters, gravest_first
from layers import Geometries

_MAP = shapely.box(*MAP)


@dataclass(frozen=True, slots=True)
class ContextLayer:
    """Features around the site; `outcome` is that of the worst finding on this layer."""

    name: Bilingual
    geometries: Geometries
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a map shows; geometries in the city's CRS, metres.

    `city` is for orientation and may be an outline; `uncovered` is the part of the site on which
    there are no data because it lies outside the city.
    """

    check: SiteCheck
    site: shapely.Geometry
    overlaps: Sequence[tuple[Finding, shapely.Geometry]]
    context: Sequence[ContextLayer]
    city: shapely.Geometry | None = None
    uncovered: shapely.Geometry | None = None


def draw_site_map(scene: Scene, path: Path) -> None:
    """Draw the scene as PNG, 1600 x 1200 pixels, into `path`."""
    check = scene.check
    page = Page(characters(check, [layer.name for layer in scene.context]))
    view = View.around(scene.site, MAP)
    site = shapely.union_all(view.one_on_page(scene.site))
    overlaps = _overlaps_on_page(scene, view)
    layers = _layers_on_page(scene, view)
    uncovered = view.one_on_page(scene.uncovered or shapely.Point())
    _draw_shapes(page, site, uncovered, overlaps, layers)
    taken = furnish(page, view)
    taken += label_uncovered(page, uncovered, taken)
    taken += tag_overlaps(page, overlaps, site, taken)
    for shape in (site, *(overlap.shape for overlap in overlaps)):
        taken += along_edges(shape)
    name_layers(page, layers, site, taken)
    write_title(page, check)
    findings = Findings(page, check, overlaps)
    floor = write_legend(
        page, check, Signs(overlaps, layers, not uncovered.is_empty), findings.floor
    )
    ceiling = findings.write(floor)
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
    """The layers that show, the most extensive first."""
    layers = [(one.name.zh, one.outcome, view.on_page(one.geometries)) for one in scene.context]
    return sign_layers((one for one in layers if shapely.intersects(one[2], _MAP).any()), _MAP)


def _draw_shapes(
    page: Page,
    site: shapely.Geometry,
    uncovered: shapely.Geometry,
    overlaps: Sequence[OverlapSign],
    layers: Sequence[LayerSign],
) -> None:
    """Layers at the bottom, then overlaps; the site's edge over areas and under lines."""
    page.draw(_MAP, Look("#FAFAF7"))
    for reduce in (fill_of, edge_of):
        for layer in layers:
            page.draw_parts(layer.parts, 2, reduce(layer.look(2)))
    page.draw(uncovered, UNCOVERED, MAP)
    for reduce in (fill_of, edge_of):
        for overlap in reversed(overlaps):
            page.draw_parts(shapely.get_parts(overlap.shape), 2, reduce(overlap.look(2)))
    for dimension in (1, 0):
        for layer in layers:
            page.draw_parts(layer.parts, dimension, layer.look(dimension))
    bold = 1.2 if is_narrow(site, 8) else 2.4  # a site that is a road keeps its inside
    page.draw(site, Look("none", "white", bold + 2), MAP)
    page.draw(site, Look("none", INK, bold), MAP)
    for dimension in (1, 0):
        _draw_overlaps(page, overlaps, dimension)


def _draw_overlaps(page: Page, overlaps: Sequence[OverlapSign], dimension: int) -> None:
    """Draw the overlaps' lines or points, the gravest on top; thin areas count as lines too."""
    for overlap in reversed(overlaps):
        parts = shapely.get_parts(overlap.shape)
        if dimension == 1:
            parts = shapely.boundary(parts) if overlap.is_thin else parts
            page.draw_parts(parts, 1, Look("none", "white", 4.4))
        page.draw_parts(parts, dimension, overlap.look(dimension))
