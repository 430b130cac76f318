"""One rule, one layer, one site: what it comes to, as a `Finding` with the shape behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import Sensitivity
from blueprint.coordinates import approximate_note
from blueprint.documents import Area, Band, DepartmentRef, Finding, Outcome
from blueprint.filters import decide
from blueprint.judge import (
    NUMERICAL_WIDTH_M,
    THEORETICAL,
    band_of,
    is_numerical,
    outcome_of,
    sliver_note,
)
from blueprint.registry import Snapshot
from blueprint.rules import SiteRule
from blueprint.site import Site
from blueprint.values import Bilingual
from conflict import Measures, mean_width_m, measure, overlay_site
from conflict.buffers import within_distance, zones
from layers import Geometries

_UNDECIDED = Bilingual(
    zh="相交要素缺少规则所需的属性，无法判断",
    en="a feature on the site lacks the attribute that the rule asks for",
)
WITHHELD = Bilingual(zh="位置和面积不予公开", en="place and size are not disclosed")


@dataclass(frozen=True, slots=True)
class Features:
    """The features of one layer around the site; equally long."""

    shapes: Geometries
    ids: list[str]
    attributes: list[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """Where the site meets what a rule is about: united, with the features that it rests on."""

    shape: BaseGeometry
    feature_ids: list[str]
    band: Band | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule came to: `hit` None when nothing was met; `undecided` when a filter failed."""

    rule: SiteRule
    hit: Hit | None
    undecided: bool
    numerical_overlaps: int


@dataclass(frozen=True)
class Desk:
    """What findings are written with: the snapshot, the site, the day and who will read them.

    `approximate` has the layers that were delivered in a web map's coordinates, and in which.
    """

    snapshot: Snapshot
    site: Site
    day: date
    clearance: Sensitivity
    hidden: frozenset[str]
    approximate: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def site_area(self) -> Area:
        """The site's own area."""
        return self.area(self.measure(self.site.geometry))

    def measure(self, shape: BaseGeometry) -> Measures:
        """Measure one shape in the city's CRS; arrays of length 1."""
        return measure(np.array([shape], dtype=object), self.snapshot.catalogue.city.crs)

    def area(self, measures: Measures) -> Area:
        """The first area among `measures`, by both calibres."""
        projected, ellipsoidal = measures.projected_m2[0], measures.ellipsoidal_m2[0]
        decided_by = self.snapshot.catalogue.city.deciding_area
        return Area.of(float(projected), float(ellipsoidal), decided_by)

    def visible(self, layer: str) -> bool:
        """Whether the reader may see the layer's features, then and now."""
        return layer not in self.hidden

    def approximation(self, layer: str) -> str | None:
        """The web maps whose coordinates an answer about the layer rests on."""
        maps = (self.approximate.get(layer), self.site.approximate)
        return ", ".join(dict.fromkeys(name for name in maps if name)) or None

    def approximate_notes(self, *layers: str) -> list[Bilingual]:
        """What an answer that rests on the layers says of that, for them and for the site."""
        notes = []
        for layer in layers:
            if layer in self.approximate:
                name = self.snapshot.catalogue.by_id[layer].name
                title = Bilingual(zh=name.zh, en=name.en)
                notes.append(approximate_note(self.approximate[layer], title))
        if self.site.approximate is not None:
            notes.append(approximate_note(self.site.approximate))
        return notes


def rule_on_site(rule: SiteRule, features: Features, desk: Desk) -> Ruling:
    """Apply one rule to the features of its layer.

    Raises:
        OverlayError: a feature has no credible intersection with the site.
    """
    at, met = _meet(rule, features.shapes, desk.site.geometry)
    decisions = decide(rule.where, [features.attributes[row] for row in at])
    undecided = any(decision is None for decision in decisions)
    taken = np.array([decision is True for decision in decisions], dtype=bool)
    at, met = at[taken], met[taken]
    shape, numerical = without_numerical(shapely.union_all(met), forgive=rule.forgive_slivers)
    if shape.is_empty:
        return Ruling(rule, None, undecided, numerical)
    kept = at[shapely.intersects(met, shape)]
    ids = sorted(features.ids[row] for row in kept)
    band = _band(rule, shape, features.shapes[kept], desk)
    return Ruling(rule, Hit(shape, ids, band), undecided, numerical)


def _meet(
    rule: SiteRule, shapes: Geometries, site: BaseGeometry
) -> tuple[npt.NDArray[np.intp], Geometries]:
    """Which features, or their zones, meet the site, and what they share with it."""
    if rule.buffer_m is None:
        return overlay_site(site, shapes)
    near = within_distance(site, shapes, rule.buffer_m)
    at, met = overlay_site(site, zones(shapes[near], rule.buffer_m))
    return near[at], met


def without_numerical(shape: BaseGeometry, *, forgive: bool) -> tuple[BaseGeometry, int]:
    """The parts of an overlap that are more than rounding, and how many are not."""
    parts = shapely.get_parts(shape)
    dimension = shapely.get_dimensions(parts)
    noise = np.where(
        dimension == 2,
        is_numerical(shapely.area(parts), mean_width_m(parts), forgive=forgive),
        (dimension == 1) & (shapely.length(parts) < NUMERICAL_WIDTH_M),
    )
    return shapely.union_all(parts[~noise]), int(noise.sum())


def _band(rule: SiteRule, shape: BaseGeometry, features: Geometries, desk: Desk) -> Band | None:
    """The band of what a site shares with features; None for lines and points."""
    if shapely.get_dimensions(shape) < 2:
        return None
    around = zones(features, rule.buffer_m or 0.0)
    sides = mean_width_m(np.array([desk.site.geometry, *around], dtype=object))
    accuracy = desk.snapshot.catalogue.by_id[rule.layer].accuracy_m
    return band_of(float(desk.measure(shape).width_m[0]), accuracy, float(sides.min()))


def finding_of_hit(ruling: Ruling, desk: Desk) -> Finding:
    """The finding of a rule that was met; place and size are left out above the clearance."""
    rule, hit = ruling.rule, ruling.hit
    assert hit is not None
    # the band of what may not be seen would tell its width
    outcome = outcome_of(rule, hit.band if desk.visible(rule.layer) else None)
    notes = [THEORETICAL] if rule.buffer_m is not None else []
    if not desk.visible(rule.layer):
        return _finding(rule, outcome, desk, notes=[*notes, WITHHELD], withheld=True)
    measures = desk.measure(hit.shape)
    width = float(measures.width_m[0])
    dimension = shapely.get_dimensions(hit.shape)
    if hit.band == "suspected_error":
        notes = [*notes, sliver_note(width, forgiven=rule.forgive_slivers)]
    area = desk.area(measures) if dimension == 2 else None
    # both shapes passed through floating-point overlays: the last digits may exceed the whole
    share = min(1.0, area.deciding_m2 / desk.site_area.deciding_m2) if area else None
    return _finding(
        rule,
        outcome,
        desk,
        notes=notes,
        feature_ids=hit.feature_ids,
        area=area,
        share=None if share is None else round(share, 6),
        length_m=round(float(measures.length_m[0]), 3) if dimension == 1 else None,
        count=int(measures.count[0]) if dimension == 0 else None,
        width_m=round(width, 4) if dimension == 2 else None,
        band=hit.band,
    )


def finding_without_data(rule: SiteRule, reason: Bilingual, desk: Desk) -> Finding:
    """The finding of a rule whose layer cannot be believed when it is silent."""
    return _finding(rule, "no_data", desk, notes=[reason])


def finding_undecided(rule: SiteRule, desk: Desk) -> Finding:
    """The finding of a rule whose filter an attribute is missing for."""
    return _finding(rule, "no_data", desk, notes=[_UNDECIDED])


def _finding(rule: SiteRule, outcome: Outcome, desk: Desk, **details: object) -> Finding:
    snapshot = desk.snapshot
    department = DepartmentRef(
        id=rule.department, name=snapshot.catalogue.department_names[rule.department]
    )
    fields = {
        "rule": rule.id,
        "layer": rule.layer,
        "title": rule.title,
        "outcome": outcome,
        "message": rule.message,
        "department": department,
        "legal_bases": snapshot.rule_pack.bases_in_force(rule, desk.day),
        "buffer_m": rule.buffer_m,
        "approximate": desk.approximation(rule.layer),
    }
    finding = Finding.model_validate(fields | details)
    return finding.model_copy(
        update={"notes": [*finding.notes, *desk.approximate_notes(rule.layer)]}
    )
