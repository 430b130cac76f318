"""What a rule of kind `distance` comes to on a site: drawn zones first, else theoretical ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from blueprint.around import DrawnFeatures
from blueprint.checks.desk import Answer, Desk
from blueprint.documents import Outcome
from blueprint.judge import THEORETICAL, milder, sliver_note
from blueprint.numerical import without_numerical
from blueprint.rules.kinds.distance import InZone, in_zones, widths
from blueprint.rules.kinds.models import DistanceRule
from blueprint.values import Bilingual
from conflict import mean_width_m
from conflict.buffers import zones
from layers import Geometries

_ASSUMED = Bilingual(
    zh="要素缺少决定宽度的属性，按可能的最大宽度计算",
    en="the attribute that decides the width is missing: taken at the widest that could apply",
)
_DRAWN = Bilingual(zh="已公布的保护范围", en="a zone that is legally drawn")


def answer_distance(
    answer: Answer, rule: DistanceRule, near: Mapping[str, DrawnFeatures], desk: Desk
) -> None:
    """Add what the rule comes to; `near` lacks the zone layer where it has no data.

    Raises:
        OverlayError, GEOSException: an overlap cannot be computed.
    """
    lines = near[rule.layer]
    announced = None if rule.zone_layer is None else near.get(rule.zone_layer)
    for zone in in_zones(
        rule,
        desk.site.geometry,
        lines.shapes,
        lines.attributes,
        None if announced is None else announced.shapes,
        None if announced is None else announced.attributes,
    ):
        if zone.theoretical or announced is None or rule.zone_layer is None:
            wide = widths(rule, lines.attributes).metres[zone.rows]
            source = _Source(rule.layer, lines, zones(lines.shapes[zone.rows], wide))
        else:
            source = _Source(rule.zone_layer, announced, announced.shapes[zone.rows])
        _in_zone(answer, rule, zone, source, desk)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a zone comes from: a layer, its features, and the polygons that make up the zone."""

    layer: str
    features: DrawnFeatures
    sides: Geometries


def _in_zone(answer: Answer, rule: DistanceRule, zone: InZone, source: _Source, desk: Desk) -> None:
    shape, _ = without_numerical(zone.shape, forgive=rule.forgive_slivers)
    if shape.is_empty:
        return
    layer = source.layer
    answer.met.add(layer)
    measures = desk.measure_one(shape)
    width = float(measures.width_m[0])
    band = desk.band(layer, shape, mean_width_m(source.sides))
    outcome: Outcome = milder(rule.severity) if zone.theoretical else rule.severity
    notes = [THEORETICAL if zone.theoretical else _DRAWN]
    if zone.assumed and zone.theoretical:
        notes.append(_ASSUMED)
    if band == "suspected_error" and desk.sees(rule):
        notes.append(sliver_note(width, forgiven=rule.forgive_slivers))
        outcome = "notice" if rule.forgive_slivers else outcome
    area = desk.area(measures)
    finding = desk.finding(
        rule,
        layer,
        outcome,
        notes=notes,
        feature_ids=sorted({source.features.ids[row] for row in zone.rows.tolist()}),
        area=area,
        share=desk.share(area),
        width_m=round(width, 4),
        band=band,
        buffer_m=zone.metres,
        zone="theoretical" if zone.theoretical else "drawn",
    )
    answer.add(finding, shape)
