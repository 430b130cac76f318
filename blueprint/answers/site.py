"""What a rule of kind `site` comes to on a site, as an `Answer`.

Input: the rule, the features of its layer, and what the site shares with them. Output: a finding
for what was met, one for what only touches, and one for each thing that is not known.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.around import Features
from blueprint.availability import INCOMPLETE_HERE
from blueprint.desk import Answer, Desk
from blueprint.documents import Band
from blueprint.encounters import Encounter, near
from blueprint.filters import decide
from blueprint.judge import THEORETICAL, outcome_of, reach_of, sliver_note, without_numerical
from blueprint.parts import parts_of
from blueprint.rules import SiteRule
from blueprint.shared_documents import Area
from blueprint.values import Bilingual
from conflict import mean_width_m, union_of
from conflict.buffers import zones
from conflict.measure import Numbers
from conflict.pairs import Geometries, Indices

_UNDECIDED = Bilingual(
    zh="相交要素缺少规则所需的属性，无法判断",
    en="a feature on the site lacks the attribute that the rule asks for",
)
_TOUCHES = Bilingual(
    zh="仅与地块边界相接，不占用地块",
    en="shares the site's boundary alone, none of its ground",
)


@dataclass(frozen=True, slots=True)
class _Hit:
    """Where the site meets what a rule is about: united, with the rows that it rests on."""

    shape: BaseGeometry
    rows: Indices
    shared: Geometries
    band: Band | None


def answer_of_site(rule: SiteRule, features: Features, met: Encounter, desk: Desk) -> Answer:
    """Apply one rule to what the site shares with the features of its layer."""
    answer = Answer(rule)
    decisions = decide(rule.where, features.attributes_of(met.rows))
    answer.undecided = any(decision is None for decision in decisions)
    taken = np.array([decision is True for decision in decisions], dtype=bool)
    answer.uncomputed = int((taken & met.failed).sum())
    hit, answer.numerical_overlaps = _hit(rule, features, met.take(taken & ~met.failed), desk)
    if hit is not None:
        answer.met.add(rule.layer)
        _add_hit(answer, rule, features, hit, desk)
    if rule.touches:
        kept = np.empty(0, dtype=np.intp) if hit is None else hit.rows
        known = np.concatenate([kept, met.rows[met.failed]])
        touching, unsure = _touching(rule, features, known, desk)
        answer.undecided |= unsure
        if touching:
            answer.met.add(rule.layer)
            _add_touch(answer, rule, touching, desk)
    if answer.undecided:
        answer.doubt(desk, rule.layer, _UNDECIDED)
    if answer.uncomputed:
        # that its data is at fault here would tell where it lies
        told = desk.visible(rule.layer)
        note = uncomputed_note(answer.uncomputed) if told else INCOMPLETE_HERE
        answer.doubt(desk, rule.layer, note)
    return answer


def _hit(rule: SiteRule, features: Features, met: Encounter, desk: Desk) -> tuple[_Hit | None, int]:
    """What is shared in all, and how many parts of it were rounding."""
    if len(met.rows) == 0:
        return None, 0
    united = union_of(met.shared)
    shape, numerical = without_numerical(united, forgive=rule.forgive_slivers)
    if shape.is_empty:
        return None, numerical
    there = shapely.intersects(met.shared, shape)
    rows = met.rows[there]
    band = None
    if shapely.get_dimensions(shape) == 2:
        band = desk.band(rule.layer, shape, _widths(rule, features, rows))
    return _Hit(shape, rows, met.shared[there], band), numerical


def _widths(rule: SiteRule, features: Features, rows: Indices) -> Numbers:
    """How wide the features, or their zones, are; m, shape (k,)."""
    if rule.buffer_m is None:
        return features.shapes.width_m[rows]
    return mean_width_m(zones(features.shapes.geometries(rows), rule.buffer_m))


def _add_hit(answer: Answer, rule: SiteRule, features: Features, hit: _Hit, desk: Desk) -> None:
    # the band of what may not be seen would tell its width
    outcome = outcome_of(rule, hit.band if desk.visible(rule.layer) else None)
    measures = desk.measure(hit.shape)
    width = float(measures.width_m[0])
    dimension = shapely.get_dimensions(hit.shape)
    area = desk.area(measures) if dimension == 2 else None
    ids = features.ids_of(hit.rows)
    crs = desk.snapshot.catalogue.city.crs
    thin = hit.band == "suspected_error"
    finding = desk.finding(
        rule,
        rule.layer,
        outcome,
        open_notes=[] if rule.buffer_m is None else [THEORETICAL],
        notes=[sliver_note(width, forgiven=rule.forgive_slivers)] if thin else [],
        relation="overlaps",
        feature_ids=sorted(ids),
        area=area,
        parts=[] if area is None else parts_of(ids, hit.shared, hit.shape, area, crs),
        share=None if area is None else desk.share(area),
        length_m=round(float(measures.length_m[0]), 3) if dimension == 1 else None,
        count=int(measures.count[0]) if dimension == 0 else None,
        width_m=round(width, 4) if dimension == 2 else None,
        band=hit.band,
    )
    answer.add(finding, hit.shape)


def _add_touch(answer: Answer, rule: SiteRule, touching: list[str], desk: Desk) -> None:
    kind = desk.snapshot.catalogue.by_id[rule.layer].geometry
    nothing = Area.of(0.0, 0.0, desk.snapshot.catalogue.city.deciding_area)
    finding = desk.finding(
        rule,
        rule.layer,
        outcome_of(rule, None),
        notes=[_TOUCHES],
        relation="touches",
        feature_ids=touching,
        area=nothing if kind == "polygon" else None,
        share=0.0 if kind == "polygon" else None,
        length_m=0.0 if kind == "line" else None,
    )
    answer.add(finding)


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


def uncomputed_note(count: int) -> Bilingual:
    """What is said of features whose overlap with the site no method gave."""
    return Bilingual(
        zh=f"{count} 个要素与地块的重叠无法可靠计算，请人工核对",
        en=f"the overlap of {count} features with the site cannot be computed: check them by hand",
    )
