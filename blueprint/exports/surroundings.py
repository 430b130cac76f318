"""What lies around a checked site, read from the store for the drawings of its report."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc
import shapely
import sqlalchemy as sa

from blueprint.checks.examination import CheckedSite
from blueprint.exports.dossier import beyond, shown_layers
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.report.control_lines import control_lines
from blueprint.report.surroundings import NearLayer, Surroundings
from blueprint.service import Service
from blueprint.values import Bilingual
from layers import Geometries
from layers.attributes import id_text, parse_attributes
from layers.table import column, geometries

_AROUND_M, _OUTLINE_M = 1_500.0, 100.0


def surroundings_of(service: Service, checked: CheckedSite) -> Surroundings:
    """A site with what it meets and what lies around it, without what its reader may not see."""
    document, site = checked.document, checked.site
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, document.snapshot.id)
        hidden = hidden_layers(connection, snapshot, document.clearance)
        lines = control_lines(snapshot.catalogue, hidden)
        shown = dict.fromkeys(line.layer for line in lines)
        shown |= shown_layers(snapshot, checked, hidden)
        minx, miny, maxx, maxy = site.bounds
        reach = max(_AROUND_M, 2 * (maxx - minx), 2 * (maxy - miny))
        bounds = (minx - reach, miny - reach, maxx + reach, maxy + reach)
        pins = {name: snapshot.pins[name] for name in shown if name in snapshot.pins}
        table = service.layers.scan(connection, pins, bounds)
        boundary = snapshot.catalogue.city.boundary_layer
        outline = geometries(_whole(service, connection, snapshot, boundary, hidden))
        districts = _districts(service, connection, snapshot, hidden)
    layers = {}
    for name in pins:
        shapes = geometries(table.filter(pc.equal(table.column("layer_id"), name)))
        title = snapshot.catalogue.by_id[name].name
        layers[name] = NearLayer(Bilingual(zh=title.zh, en=title.en), shapes, shown[name])
    return Surroundings(
        site=site,
        shapes=checked.shapes,
        layers=layers,
        lines=lines,
        background=_background(snapshot, layers),
        city=_outline(outline),
        districts=districts,
        uncovered=beyond(site, outline),
    )


def _background(snapshot: Snapshot, layers: Collection[str]) -> list[str]:
    """What the city draws for orientation, without its districts, which are drawn in any case."""
    city = snapshot.catalogue.city
    districts = None if city.districts is None else city.districts.layer
    return [name for name in city.map_layers if name in layers and name != districts]


def _whole(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    layer: str,
    hidden: frozenset[str],
) -> pa.Table:
    seen = layer in snapshot.pins and layer not in hidden
    return service.layers.scan(connection, {layer: snapshot.pins[layer]} if seen else {})


def _districts(
    service: Service, connection: sa.Connection, snapshot: Snapshot, hidden: frozenset[str]
) -> list[tuple[str, shapely.Geometry]]:
    """The districts by name, in outline."""
    where = snapshot.catalogue.city.districts
    if where is None:
        return []
    table = _whole(service, connection, snapshot, where.layer, hidden)
    rows = map(parse_attributes, column(table, "attributes"))
    names = [id_text(row.get(where.field)) for row in rows]
    shapes = shapely.simplify(geometries(table), _OUTLINE_M)
    return list(zip(names, shapes, strict=True))


def _outline(shapes: Geometries) -> shapely.Geometry | None:
    return shapely.simplify(shapely.union_all(shapes), _OUTLINE_M) if len(shapes) else None
