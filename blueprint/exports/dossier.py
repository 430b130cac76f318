"""The files of one site check: the answer as JSON, its shapes as GeoJSON, and a map picture."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import shapely

from blueprint.checks.examination import CheckedSite
from blueprint.documents import Outcome
from blueprint.exports.shapes import check_geojson, write_json
from blueprint.numerical import NUMERICAL_WIDTH_M
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.report.maps import ContextLayer, Scene, draw_site_map
from blueprint.service import Service
from blueprint.values import Bilingual
from conflict import mean_width_m
from layers import Geometries
from layers.table import geometries

_AROUND_M, _OUTLINE_M = 400.0, 100.0


def write_dossier(service: Service, checked: CheckedSite, folder: Path, stem: str) -> list[Path]:
    """Write STEM.json, STEM.geojson and STEM.png to `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}{suffix}" for suffix in (".json", ".geojson", ".png")]
    write_json(checked.document.model_dump(mode="json"), paths[0])
    write_json(check_geojson(checked), paths[1])
    draw_site_map(scene_of(service, checked), paths[2])
    return paths


def scene_of(service: Service, checked: CheckedSite) -> Scene:
    """What the map shows: the site, its findings, and the public features around it."""
    document = checked.document
    site = checked.site
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, document.snapshot.id)
        hidden = hidden_layers(connection, snapshot, document.clearance)
        wanted = shown_layers(snapshot, checked, hidden)
        minx, miny, maxx, maxy = site.bounds
        reach = max(_AROUND_M, maxx - minx, maxy - miny)
        bounds = (minx - reach, miny - reach, maxx + reach, maxy + reach)
        pins = {name: snapshot.pins[name] for name in wanted if name in snapshot.pins}
        table = service.layers.scan(connection, pins, bounds)
        boundary = snapshot.catalogue.city.boundary_layer
        seen = boundary in snapshot.pins and boundary not in hidden
        whole = {boundary: snapshot.pins[boundary]} if seen else {}
        outline = geometries(service.layers.scan(connection, whole))
    city = shapely.simplify(shapely.union_all(outline), _OUTLINE_M) if len(outline) else None
    frame = shapely.box(*bounds)
    context = []
    for name in pins:
        shapes = geometries(table.filter(pc.equal(table.column("layer_id"), name)))
        if len(shapes):
            layer = snapshot.catalogue.by_id[name]
            if wanted[name] is None and shapely.covers(shapely.union_all(shapes), frame):
                continue  # it is everywhere and means nothing here: it would only hide the rest
            near = np.asarray(shapely.intersection(shapes, frame), dtype=object)
            title = Bilingual(zh=layer.name.zh, en=layer.name.en)
            context.append(ContextLayer(title, near[~shapely.is_empty(near)], wanted[name]))
    return Scene(document, site, checked.overlaps, context, city, beyond(site, outline))


def beyond(site: shapely.Geometry, boundary: Geometries) -> shapely.Geometry | None:
    """The part of the site outside the city, if there is more of it than rounding leaves."""
    if len(boundary) == 0:
        return None
    near = boundary[shapely.intersects(boundary, site)]
    beyond = shapely.difference(site, shapely.union_all(near))
    width = mean_width_m(np.array([beyond], dtype=object))[0]
    return None if width < NUMERICAL_WIDTH_M else beyond


def shown_layers(
    snapshot: Snapshot, checked: CheckedSite, hidden: frozenset[str]
) -> dict[str, Outcome | None]:
    """The layers to draw with the outcome of their gravest finding; none that is hidden."""
    document = checked.document
    outcomes: dict[str, Outcome | None] = {}
    for finding in document.findings:
        if finding.outcome != "no_data":
            outcomes.setdefault(finding.layer, finding.outcome)
    asked = {line.layer: outcomes.get(line.layer) for line in document.layers}
    background: dict[str, Outcome | None] = dict.fromkeys(snapshot.catalogue.city.map_layers)
    return {name: o for name, o in (background | asked).items() if name not in hidden}
