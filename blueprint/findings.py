"""One rule, one layer, one site: what it comes to, as a `Finding` with the shape behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.around import Features
from blueprint.availability import INCOMPLETE_HERE
from blueprint.catalogue import Sensitivity
from blueprint.coordinates import approximate_note
from blueprint.documents import Area, Band, DepartmentRef, Finding, Outcome
from blueprint.encounters import Encounter, near
from blueprint.filters import decide
from blueprint.judge import (
    NUMERICAL_WIDTH_M,
    THEORETICAL,
    band_of,
    is_numerical,
    outcome_of,
    reach_of,
    sliver_note,
)
from blueprint.registry import Snapshot
from blueprint.rules import SiteRule
from blueprint.site import Site
from blueprint.values import Bilingual
from conflict import Measures, mean_width_m, measure
from conflict.buffers import zones
from conflict.pairs import Indices

_UNDECIDED = Bilingual(
    zh="相交要素缺少规则所需的属性，无法判断",
    en="a feature on the site lacks the attribute that the rule asks for",
)
_TOUCHES = Bilingual(
    zh="仅与地块边界相接，不占用地块",
    en="shares the site's boundary alone, none of its ground",
)
WITHHELD = Bilingual(zh="位置和面积不予公开", en="place and size are not disclosed")


@dataclass(frozen=True, slots=True)
class Hit:
    """Where the site meets what a rule is about: united, with the features that it rests on."""

    shape: BaseGeometry
    feature_ids: list[str]
    band: Band | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule came to: `hit` None when nothing was met; `undecided` when a filter failed.

    `touching` are the ids of features that share the site's boundary and no ground, where the rule
    asks for them. `uncomputed` is the number of features whose overlap no method gave.
    """

    rule: SiteRule
    hit: Hit | None
    touching: list[str]
    undecided: bool
    uncomputed: int
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

    @cached_property
    def site_width_m(self) -> float:
        """The mean width of the site's widest part."""
        return float(mean_width_m(np.array([self.site.geometry], dtype=object))[0])

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


def rule_on_site(rule: SiteRule, features: Features, met: Encounter, desk: Desk) -> Ruling:
    """Apply one rule to what the site shares with the features of its layer."""
    decisions = decide(rule.where, features.attributes_of(met.rows))
    undecided = any(decision is None for decision in decisions)
    taken = np.array([decision is True for decision in decisions], dtype=bool)
    uncomputed = int((taken & met.failed).sum())
    taken &= ~met.failed
    hit, kept, numerical = _hit(rule, features, met.take(taken), desk)
    touching: list[str] = []
    if rule.touches:
        known = np.concatenate([kept, met.rows[met.failed]])
        touching, unsure = _touching(rule, features, known, desk)
        undecided |= unsure
    return Ruling(rule, hit, touching, undecided, uncomputed, numerical)


def _hit(
    rule: SiteRule, features: Features, met: Encounter, desk: Desk
) -> tuple[Hit | None, Indices, int]:
    """What is shared in all, the rows that it rests on, and how many parts were rounding."""
    if len(met.rows) == 0:
        return None, met.rows, 0
    united = shapely.union_all(met.shared)
    shape, numerical = without_numerical(united, forgive=rule.forgive_slivers)
    if shape.is_empty:
        return None, met.rows[:0], numerical
    kept = met.rows[shapely.intersects(met.shared, shape)]
    band = _band(rule, shape, features, kept, desk)
    return Hit(shape, sorted(features.ids_of(kept)), band), kept, numerical


def _touching(
    rule: SiteRule, features: Features, known: Indices, desk: Desk
) -> tuple[list[str], bool]:
    """The features that touch the site, without those `known` otherwise; is a filter undecided?

    A gap and an overlap below the coordinates' resolution are touching.
    """
    rows, _ = near(desk.site.geometry, features, reach_of(rule))
    rows = rows[~np.isin(rows, known)]
    decisions = decide(rule.where, features.attributes_of(rows))
    taken = np.array([decision is True for decision in decisions], dtype=bool)
    return sorted(features.ids_of(rows[taken])), None in decisions


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


def _band(
    rule: SiteRule, shape: BaseGeometry, features: Features, rows: Indices, desk: Desk
) -> Band | None:
    """The band of what a site shares with features; None for lines and points."""
    if shapely.get_dimensions(shape) < 2:
        return None
    if rule.buffer_m is None:
        widths = features.shapes.width_m[rows]
    else:
        widths = mean_width_m(zones(features.shapes.geometries(rows), rule.buffer_m))
    narrowest = min(desk.site_width_m, float(widths.min()))
    accuracy = desk.snapshot.catalogue.by_id[rule.layer].accuracy_m
    return band_of(float(desk.measure(shape).width_m[0]), accuracy, narrowest)


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
        relation="overlaps",
        feature_ids=hit.feature_ids,
        area=area,
        share=None if share is None else round(share, 6),
        length_m=round(float(measures.length_m[0]), 3) if dimension == 1 else None,
        count=int(measures.count[0]) if dimension == 0 else None,
        width_m=round(width, 4) if dimension == 2 else None,
        band=hit.band,
    )


def finding_of_touch(ruling: Ruling, desk: Desk) -> Finding:
    """The finding of features that touch the site; that they only touch it tells where they lie."""
    rule = ruling.rule
    outcome = outcome_of(rule, None)
    if not desk.visible(rule.layer):
        return _finding(rule, outcome, desk, notes=[WITHHELD], withheld=True)
    kind = desk.snapshot.catalogue.by_id[rule.layer].geometry
    nothing = Area.of(0.0, 0.0, desk.snapshot.catalogue.city.deciding_area)
    return _finding(
        rule,
        outcome,
        desk,
        notes=[_TOUCHES],
        relation="touches",
        feature_ids=ruling.touching,
        area=nothing if kind == "polygon" else None,
        share=0.0 if kind == "polygon" else None,
        length_m=0.0 if kind == "line" else None,
    )


def finding_without_data(rule: SiteRule, reason: Bilingual, desk: Desk) -> Finding:
    """The finding of a rule whose layer cannot be believed when it is silent."""
    return _finding(rule, "no_data", desk, notes=[reason])


def finding_undecided(rule: SiteRule, desk: Desk) -> Finding:
    """The finding of a rule whose filter an attribute is missing for."""
    return _finding(rule, "no_data", desk, notes=[_UNDECIDED])


def finding_uncomputed(ruling: Ruling, desk: Desk) -> Finding:
    """The finding of a rule where the overlap of a feature could not be computed: never clear."""
    told = desk.visible(ruling.rule.layer)
    note = uncomputed_note(ruling.uncomputed) if told else INCOMPLETE_HERE
    return _finding(ruling.rule, "no_data", desk, notes=[note])


def uncomputed_note(count: int) -> Bilingual:
    """What is said of features whose overlap with the site no method gave."""
    return Bilingual(
        zh=f"{count} 个要素与地块的重叠无法可靠计算，请人工核对",
        en=f"the overlap of {count} features with the site cannot be computed: check them by hand",
    )


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
