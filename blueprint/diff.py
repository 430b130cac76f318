"""What a department changed between two versions of a layer, counted and measured.

Polygons are measured by area, both calibres; lines by length, m; points are counted. What differs
between two geometries is their symmetric difference: all that only one of them covers. How features
are recognised is `layers.diff`'s to say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np
import pyarrow as pa
import shapely
import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer, City
from blueprint.clearance import PUBLIC, Clearance
from blueprint.models import CatalogueRow, SnapshotLayerRow, SnapshotRow
from blueprint.registry import catalogue_of, current_catalogue
from blueprint.service import Service
from blueprint.shared_documents import Area
from blueprint.values import Bilingual, Value
from conflict import ellipsoidal_area_m2
from layers import Geometries, LayerVersion, UnknownLayer
from layers.attributes import parse_attributes
from layers.diff import Diff, diff_versions
from layers.shapes import to_multi
from layers.table import canonical_json, column, geometries
from layers.versions import summarise

Measure = Area | float | int
"""A polygon's area, a line's length in metres, or a number of points."""


class VersionLine(Value):
    """One of the two versions; `size` is of all its features: m², m or points."""

    version: int
    delivered_at: datetime
    effective: date
    features: int
    size: float


class FeatureLine(Value):
    """A feature that only one of the versions has."""

    feature_id: str
    size: Measure


class GeometryChange(Value):
    """A feature with another geometry; `moved_m` is the furthest that a point has gone."""

    feature_id: str
    id_after: str
    before: Measure
    after: Measure
    difference: Measure
    moved_m: float | None


class FieldChange(Value):
    """One attribute of a feature with another value; one that is not there at all has none."""

    feature_id: str
    id_after: str
    field: str
    change: Literal["set", "removed", "changed"]
    before: object
    after: object


class Counts(Value):
    """Features, each once: `changed` are those of which either geometry or attributes changed."""

    added: int
    removed: int
    changed: int
    geometry_changed: int
    attributes_changed: int


class LayerDiff(Value):
    """What must be done to one version to come to the other."""

    layer: str
    name: Bilingual
    geometry: Literal["polygon", "line", "point"]
    before: VersionLine
    after: VersionLine
    counts: Counts
    added: list[FeatureLine]
    removed: list[FeatureLine]
    geometry_changed: list[GeometryChange]
    attributes_changed: list[FieldChange]


@dataclass(frozen=True, slots=True)
class FoundDiff:
    """The document and the features behind it; `redrawn` are the pairs with another geometry.

    `differences` are the symmetric differences of those, in their order.
    """

    document: LayerDiff
    features: Diff
    redrawn: tuple[pa.Table, pa.Table]
    differences: Geometries
    crs: str


def diff_layer(
    service: Service, layer_id: str, before: int, after: int, clearance: Clearance = PUBLIC
) -> FoundDiff:
    """Compare two versions of a layer, in either order.

    Raises:
        UnknownLayer: there is no such layer that this clearance may see.
        UnknownVersion: it has no such version.
    """
    with service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
        layer = catalogue.by_id.get(layer_id)
        if layer is None or not _may_see(connection, layer, {before, after}, clearance):
            message = (
                f"{layer_id}: no such layer for this clearance; `blueprint catalogue show` lists "
                "all, --clearance asks for more"
            )
            raise UnknownLayer(message)
        versions = [service.layers.version(connection, layer_id, n) for n in (before, after)]
        lines = [_version_line(service, connection, layer, version) for version in versions]
        features = diff_versions(service.layers, connection, layer_id, before, after)
    return _found(layer, catalogue.city, lines, features)


def _may_see(
    connection: sa.Connection, layer: CatalogueLayer, numbers: set[int], clearance: Clearance
) -> bool:
    """Whether the layer is open today, and each version was in one snapshot at least that has it.

    A version that was only ever published under a higher sensitivity keeps it, as its snapshots do;
    one that was never published is as sensitive as the layer is today.
    """
    if not layer.visible_to(clearance):
        return False
    query = (
        sa.select(SnapshotLayerRow.version, CatalogueRow.document)
        .distinct()
        .join(SnapshotRow, SnapshotRow.id == SnapshotLayerRow.snapshot_id)
        .join(CatalogueRow, CatalogueRow.sha256 == SnapshotRow.catalogue_sha256)
        .where(SnapshotLayerRow.layer_id == layer.id, SnapshotLayerRow.version.in_(numbers))
    )
    shown: dict[int, bool] = {}
    for number, document in connection.execute(query):
        visible = catalogue_of(document).by_id[layer.id].visible_to(clearance)
        shown[number] = shown.get(number, False) or visible
    return all(shown.values())


def _version_line(
    service: Service, connection: sa.Connection, layer: CatalogueLayer, version: LayerVersion
) -> VersionLine:
    size = version.size
    if size is None:  # delivered before sizes were kept
        whole = service.layers.scan(connection, {layer.id: version.version})
        size = summarise(whole, layer.geometry).size
    return VersionLine(
        version=version.version,
        delivered_at=version.delivered_at,
        effective=version.effective,
        features=version.feature_count,
        size=size,
    )


def _found(
    layer: CatalogueLayer, city: City, versions: Sequence[VersionLine], features: Diff
) -> FoundDiff:
    drawn = zip(features.before["geometry"], features.after["geometry"], strict=True)
    apart = pa.array([old != new for old, new in drawn], pa.bool_())
    redrawn = features.before.filter(apart), features.after.filter(apart)
    old, new = geometries(redrawn[0]), geometries(redrawn[1])
    differences = to_multi(shapely.symmetric_difference(old, new))
    fields = list(_field_changes(features))
    moved = _moved(layer, old, new)
    rows = zip(
        column(redrawn[0], "feature_id"),
        column(redrawn[1], "feature_id"),
        *(_measures(layer, city, shapes) for shapes in (old, new, differences)),
        moved,
        strict=True,
    )
    names = ("feature_id", "id_after", "before", "after", "difference", "moved_m")
    document = LayerDiff(
        layer=layer.id,
        name=Bilingual(zh=layer.name.zh, en=layer.name.en),
        geometry=layer.geometry,
        before=versions[0],
        after=versions[1],
        counts=Counts(
            added=features.added.num_rows,
            removed=features.removed.num_rows,
            changed=features.before.num_rows,
            geometry_changed=len(differences),
            attributes_changed=len({change.feature_id for change in fields}),
        ),
        added=_lines(layer, city, features.added),
        removed=_lines(layer, city, features.removed),
        geometry_changed=[GeometryChange(**dict(zip(names, row, strict=True))) for row in rows],
        attributes_changed=fields,
    )
    return FoundDiff(document, features, redrawn, differences, city.crs)


def _lines(layer: CatalogueLayer, city: City, table: pa.Table) -> list[FeatureLine]:
    sizes = _measures(layer, city, geometries(table))
    pairs = zip(column(table, "feature_id"), sizes, strict=True)
    return [FeatureLine(feature_id=name, size=size) for name, size in pairs]


def _measures(layer: CatalogueLayer, city: City, shapes: Geometries) -> Sequence[Measure]:
    if layer.geometry == "line":
        return [round(float(length), 4) for length in shapely.length(shapes)]
    if layer.geometry == "point":
        return [int(count) for count in shapely.get_num_coordinates(shapes)]
    pairs = zip(shapely.area(shapes), ellipsoidal_area_m2(shapes, city.crs), strict=True)
    return [Area.of(float(plane), float(globe), city.deciding_area) for plane, globe in pairs]


def _moved(layer: CatalogueLayer, old: Geometries, new: Geometries) -> Sequence[float | None]:
    if layer.geometry != "point":
        return [None] * len(old)
    # between sets of points: the furthest that any of them is from the other set
    return [round(float(far), 4) for far in np.atleast_1d(shapely.hausdorff_distance(old, new))]


def _field_changes(features: Diff) -> Iterator[FieldChange]:
    rows = zip(
        *(
            column(table, name)
            for name in ("feature_id", "attributes")
            for table in (features.before, features.after)
        ),
        strict=True,
    )
    for feature_id, id_after, old_text, new_text in rows:
        if old_text == new_text:
            continue
        old, new = parse_attributes(old_text), parse_attributes(new_text)
        for field in sorted(old.keys() | new.keys()):
            # as texts: 1, 1.0 and true are equal to Python
            texts = [
                canonical_json([side[field]]) if field in side else None for side in (old, new)
            ]
            if texts[0] == texts[1]:
                continue
            change = "set" if field not in old else "removed" if field not in new else "changed"
            yield FieldChange(
                feature_id=feature_id,
                id_after=id_after,
                field=field,
                change=change,
                before=old.get(field),
                after=new.get(field),
            )
