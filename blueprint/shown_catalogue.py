"""The catalogue of a snapshot as a reader of some clearance may see it (图层目录), for maps.

Input: a snapshot, a clearance, a day. Output: `ShownCatalogue`: the city with its frame in degrees,
and the tree of themes, sub-themes and layers, each with the version that is pinned and why it
cannot be relied on that day, if it cannot. What the reader may not see is not there, and is in no
count; a branch of which nothing is left is not there either. No feature is read.
"""

from datetime import date

import numpy as np
import shapely
import sqlalchemy as sa
from pydantic import Field

from blueprint.availability import untimely
from blueprint.catalogue import CatalogueLayer, City, ControlTotal, LayerTitle, UpdateCycle
from blueprint.clearance import Clearance, ClearanceText, Sensitivity
from blueprint.registry import Snapshot, hidden_layers
from blueprint.service import Service
from blueprint.shared_documents import DepartmentRef, SnapshotRef
from blueprint.values import Bilingual, Value
from layers import Bounds, LayerVersion
from layers.crs import to_lonlat


class ShownCity(Value):
    """The city: `bounds` of its frame in degrees, longitude first; `day` is today by its clock.

    `boundary_layer`, `district_layer` and `base_layers` are collections to draw a ground map of;
    null or left out where the reader may not see them or there are no data.
    """

    id: str
    name: Bilingual
    notice: Bilingual | None
    crs: str
    bounds: Bounds
    day: date
    boundary_layer: str | None
    district_layer: str | None
    district_field: str | None
    base_layers: list[str]


class ShownLayer(Value):
    """One layer; without a version there are no data of it in this snapshot.

    `doubt` says why the layer cannot be relied on that day; null: nothing speaks against it.
    """

    id: str
    name: LayerTitle
    department: str
    code: str | None
    geometry: str
    sensitivity: Sensitivity
    update_cycle: UpdateCycle
    accuracy_m: float
    control_total: ControlTotal | None
    version: int | None
    effective: date | None
    features: int | None
    quarantined: int | None
    approximate: str | None
    doubt: Bilingual | None


class ShownSubtheme(Value):
    """子专题."""

    id: str
    name: Bilingual
    layers: list[ShownLayer]


class ShownTheme(Value):
    """专题."""

    id: str
    name: Bilingual
    subthemes: list[ShownSubtheme]


class CatalogueCounts(Value):
    """How many of each the reader sees."""

    themes: int
    subthemes: int
    layers: int


class ShownCatalogue(Value):
    """The whole tree, as a reader sees it."""

    snapshot: SnapshotRef
    clearance: ClearanceText
    city: ShownCity
    counts: CatalogueCounts
    departments: list[DepartmentRef] = Field(description="those that own a layer that is shown")
    themes: list[ShownTheme]


class ShownLayers(Value):
    """Every layer that a reader sees, in the order of the tree."""

    snapshot: SnapshotRef
    clearance: ClearanceText
    layers: list[ShownLayer]


def shown_layers(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    clearance: Clearance,
    day: date | None = None,
) -> ShownLayers:
    """The layers of the tree without its branches; the rest as `shown_catalogue`."""
    found = shown_catalogue(service, connection, snapshot, clearance, day)
    subs = [sub for theme in found.themes for sub in theme.subthemes]
    layers = [layer for sub in subs for layer in sub.layers]
    return ShownLayers(snapshot=found.snapshot, clearance=clearance, layers=layers)


def shown_catalogue(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    clearance: Clearance,
    day: date | None = None,
) -> ShownCatalogue:
    """The tree of a snapshot; layers are held against the day, the city's today unless given."""
    catalogue = snapshot.catalogue
    day = day or catalogue.city.today()
    hidden = hidden_layers(connection, snapshot, clearance)
    pins = {name: pin for name, pin in snapshot.pins.items() if name not in hidden}
    versions = service.layers.pinned(connection, pins)
    themes = []
    for theme in catalogue.themes:
        subthemes = []
        for sub in theme.subthemes:
            seen = [
                _layer(one, versions.get(one.id), day) for one in sub.layers if one.id not in hidden
            ]
            if seen:
                subthemes.append(ShownSubtheme(id=sub.id, name=sub.name, layers=seen))
        if subthemes:
            themes.append(ShownTheme(id=theme.id, name=theme.name, subthemes=subthemes))
    subs = [sub for theme in themes for sub in theme.subthemes]
    layers = [layer for sub in subs for layer in sub.layers]
    owners = {layer.department for layer in layers}
    return ShownCatalogue(
        snapshot=snapshot.ref,
        clearance=clearance,
        city=_city(catalogue.city, frozenset(versions), day),
        counts=CatalogueCounts(themes=len(themes), subthemes=len(subs), layers=len(layers)),
        departments=[
            DepartmentRef(id=name, name=title)
            for name, title in catalogue.department_names.items()
            if name in owners
        ],
        themes=themes,
    )


def lonlat_box(bounds: Bounds, crs: str) -> Bounds:
    """A box of a plane as the box of degrees around it, longitude first."""
    corners = to_lonlat(np.array([shapely.box(*bounds)], dtype=object), crs)
    west, south, east, north = shapely.total_bounds(corners).tolist()
    return (west, south, east, north)


def _layer(layer: CatalogueLayer, version: LayerVersion | None, day: date) -> ShownLayer:
    return ShownLayer(
        **{
            name: getattr(layer, name)
            for name in ("id", "name", "department", "code", "geometry", "sensitivity")
        },
        update_cycle=layer.update_cycle,
        accuracy_m=layer.accuracy_m,
        control_total=layer.control_total,
        version=None if version is None else version.version,
        effective=None if version is None else version.effective,
        features=None if version is None else version.feature_count,
        quarantined=None if version is None else version.quarantined_count,
        approximate=None if version is None else version.approximate,
        doubt=untimely(layer, version, day),
    )


def _city(city: City, there: frozenset[str], day: date) -> ShownCity:
    districts = city.districts
    drawn = districts is not None and districts.layer in there
    return ShownCity(
        id=city.id,
        name=city.name,
        notice=city.notice,
        crs=city.crs,
        bounds=lonlat_box(city.bounds, city.crs),
        day=day,
        boundary_layer=city.boundary_layer if city.boundary_layer in there else None,
        district_layer=districts.layer if drawn and districts else None,
        district_field=districts.field if drawn and districts else None,
        base_layers=[name for name in city.base_layers if name in there],
    )
