"""What rules of kind `site` come to on a site, as an `Answer` each.

Input: the rules, the features of their layers, and what the site shares with them. Output: a
finding for what was met, one for what only touches, and one for each thing that is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.around import Features
from blueprint.availability import INCOMPLETE_HERE
from blueprint.checks.desk import Answer, Desk
from blueprint.checks.encounters import Ask, Encounter, near
from blueprint.checks.parts import Whole, parts_of_each
from blueprint.judge import THEORETICAL, outcome_of, reach_of, sliver_note
from blueprint.numerical import NUMERICAL_AREA_M2, NUMERICAL_WIDTH_M, each_without_numerical
from blueprint.rules.filters import decide
from blueprint.rules.pack import SiteRule
from blueprint.shared_documents import Area
from blueprint.values import Bilingual
from conflict import mean_width_m, unions_of
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
_NO_ROWS: Indices = np.empty(0, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one rule takes of what the site shares with the features of its layer."""

    answer: Answer
    rule: SiteRule
    features: Features
    met: Encounter


@dataclass(frozen=True, slots=True)
class _Hit:
    """Where the site meets what a rule is about: united, with the rows that it rests on."""

    of: _Taken
    shape: BaseGeometry
    rows: Indices
    shared: Geometries


def answers_of_sites(
    rules: Sequence[SiteRule],
    features: Mapping[str, Features],
    met: Mapping[Ask, Encounter],
    desk: Desk,
    *,
    in_full: bool = True,
) -> list[Answer]:
    """Apply rules to what the site shares with the features of their layers; one answer each.

    All shapes are united and measured at once. `in_full` False: which features are met, which
    part of an area each has, and what share of the site it is, is not asked.
    """
    answers = [Answer(rule) for rule in rules]
    taken = [
        _take(answer, rule, features[rule.layer], met[rule.layer, rule.buffer_m])
        for answer, rule in zip(answers, rules, strict=True)
    ]
    hits = _hits([one for one in taken if len(one.met.rows)])
    _add_hits(hits, desk, in_full=in_full)
    rows = {hit.of.rule.id: hit.rows for hit in hits}
    for one in taken:
        _add_the_rest(one, met[one.rule.layer, one.rule.buffer_m], rows.get(one.rule.id), desk)
    return answers


def _take(answer: Answer, rule: SiteRule, features: Features, met: Encounter) -> _Taken:
    """What the rule's filter takes of what was met and could be computed."""
    if len(met.rows) == 0:
        return _Taken(answer, rule, features, met)
    taken = np.ones(len(met.rows), dtype=bool)
    if rule.where is not None:
        decisions = decide(rule.where, features.attributes_of(met.rows))
        answer.undecided = None in decisions
        taken = np.array([decision is True for decision in decisions], dtype=bool)
    failed = met.failed
    answer.uncomputed = int((taken & failed).sum())
    kept = taken & ~failed
    return _Taken(answer, rule, features, met if kept.all() else met.take(kept))


def _hits(taken: Sequence[_Taken]) -> list[_Hit]:
    """What is shared in all with each; how many parts of it were rounding is noted."""
    if not taken:
        return []
    united = unions_of([one.met.shared for one in taken])
    forgive = np.array([one.rule.forgive_slivers for one in taken], dtype=bool)
    shapes, numerical = each_without_numerical(united, forgive)
    count = [len(one.met.rows) for one in taken]
    shared = np.concatenate([one.met.shared for one in taken])
    # what is no rounding itself is in the union, as long as nothing was taken out of that
    dimension = shapely.get_dimensions(shared)
    large = np.where(
        dimension == 2,
        shapely.area(shared) > NUMERICAL_AREA_M2,
        (dimension == 0) | (shapely.length(shared) > NUMERICAL_WIDTH_M),
    )
    sure = np.repeat(numerical == 0, count) & large
    there = sure.copy()
    there[~sure] = shapely.intersects(shared[~sure], np.repeat(shapes, count)[~sure])
    hits = []
    for one, shape, dropped, at in zip(
        taken, shapes, numerical.tolist(), np.split(there, np.cumsum(count)[:-1]), strict=True
    ):
        one.answer.numerical_overlaps = dropped
        if not shape.is_empty:
            hits.append(_Hit(one, shape, one.met.rows[at], one.met.shared[at]))
    return hits


def _add_hits(hits: Sequence[_Hit], desk: Desk, *, in_full: bool) -> None:
    """A finding for each, with its size and its parts."""
    if not hits:
        return
    shapes = np.empty(len(hits), dtype=object)
    shapes[:] = [hit.shape for hit in hits]
    measures, dimension = desk.measure(shapes), shapely.get_dimensions(shapes)
    areas = [desk.area(measures, k) if dimension[k] == 2 else None for k in range(len(hits))]
    ids = [hit.of.features.ids_of(hit.rows) if in_full else [] for hit in hits]
    crs = desk.snapshot.catalogue.city.crs
    wholes = [
        Whole(names, hit.shared, hit.shape, area, hit.of.answer.numerical_overlaps == 0)
        for hit, names, area in zip(hits, ids, areas, strict=True)
        if area is not None
    ]
    parts = iter(parts_of_each(wholes, crs))
    for k, (hit, area) in enumerate(zip(hits, areas, strict=True)):
        rule, answer = hit.of.rule, hit.of.answer
        width = float(measures.width_m[k])
        band = None
        if area is not None:
            band = desk.band_of(rule.layer, width, _widths(rule, hit.of.features, hit.rows))
        # the band of what may not be seen would tell its width
        outcome = outcome_of(rule, band if desk.visible(rule.layer) else None)
        thin = band == "suspected_error"
        finding = desk.finding(
            rule,
            rule.layer,
            outcome,
            open_notes=[] if rule.buffer_m is None else [THEORETICAL],
            notes=[sliver_note(width, forgiven=rule.forgive_slivers)] if thin else [],
            relation="overlaps",
            feature_ids=sorted(ids[k]),
            area=area,
            parts=[] if area is None else next(parts),
            share=desk.share(area) if area is not None and in_full else None,
            length_m=round(float(measures.length_m[k]), 3) if dimension[k] == 1 else None,
            count=int(measures.count[k]) if dimension[k] == 0 else None,
            width_m=round(width, 4) if area is not None else None,
            band=band,
        )
        answer.met.add(rule.layer)
        answer.add(finding, hit.shape)


def _widths(rule: SiteRule, features: Features, rows: Indices) -> Numbers:
    """How wide the features, or their zones, are; m, shape (k,)."""
    if rule.buffer_m is None:
        return features.shapes.width_m[rows]
    return mean_width_m(zones(features.shapes.geometries(rows), rule.buffer_m))


def _add_the_rest(taken: _Taken, met: Encounter, hit: Indices | None, desk: Desk) -> None:
    """What only touches, and what is not known; `hit`: the rows that are told of already."""
    answer, rule = taken.answer, taken.rule
    if rule.touches:
        known = np.concatenate([_NO_ROWS if hit is None else hit, met.rows[met.failed]])
        touching, unsure = _touching(rule, taken.features, known, desk)
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
