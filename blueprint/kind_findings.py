"""What rules of kind `distance`, `height` and `attribute` come to on a site, as findings.

Input: a rule, the features of its layers around the site, the desk, the project's figures. Output:
`Answer`: the findings with their shapes, and the worst that what is not known could hide.
An attribute, an answer or an overlap that is missing is told and counts; it never clears.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from blueprint.documents import (
    Band,
    DepartmentRef,
    FigureLine,
    Finding,
    Headroom,
    Outcome,
)
from blueprint.filters import decide
from blueprint.findings import WITHHELD, Desk, without_numerical
from blueprint.judge import THEORETICAL, band_of, milder, sliver_note
from blueprint.kinds.attribute import Comparison, compare
from blueprint.kinds.base import BaseRule
from blueprint.kinds.distance import InZone, in_zones, widths
from blueprint.kinds.figures import ProjectFigures
from blueprint.kinds.height import Limit, limits_over
from blueprint.kinds.models import AttributeRule, DistanceRule, HeightRule
from blueprint.values import Bilingual
from conflict import mean_width_m, overlay_site
from conflict.buffers import zones
from conflict.errors import OverlayError
from layers import Geometries
from layers.attributes import is_missing, parse_attributes

KindRule = DistanceRule | HeightRule | AttributeRule

_ASSUMED = Bilingual(
    zh="要素缺少决定宽度的属性，按可能的最大宽度计算",
    en="the attribute that decides the width is missing: taken at the widest that could apply",
)
_DRAWN = Bilingual(zh="已公布的保护范围", en="a zone that is legally drawn")
_UNDECIDED = Bilingual(
    zh="要素缺少规则所需的属性，或其值不是单一数值，无法判断",
    en="a feature lacks the attribute that the rule asks for, or it is no single number",
)
_UNCOMPUTED = Bilingual(
    zh="与地块的重叠无法可靠计算，请人工核对",
    en="its overlap with the site cannot be computed: check it by hand",
)
FIGURES: dict[str, Bilingual] = {
    "floor_area_ratio": Bilingual(zh="容积率", en="floor area ratio"),
    "height_m": Bilingual(zh="建筑高度（米）", en="building height, m"),
    "building_density": Bilingual(zh="建筑密度", en="building density"),
    "green_ratio": Bilingual(zh="绿地率", en="green ratio"),
    "setback_m": Bilingual(zh="退线（米）", en="setback, m"),
    "use": Bilingual(zh="用地性质", en="use"),
}
_RELATIONS: dict[str, Bilingual] = {
    "at_most": Bilingual(zh="不得大于", en="at most"),
    "at_least": Bilingual(zh="不得小于", en="at least"),
    "one_of": Bilingual(zh="应为", en="one of"),
}


@dataclass(frozen=True, slots=True)
class LayerFeatures:
    """The features of one layer around the site; equally long."""

    shapes: Geometries
    ids: Sequence[str]
    attributes: list[str]


@dataclass(slots=True)
class Answer:
    """What one rule came to; `met` are the layers of what was met."""

    rule: KindRule
    found: list[tuple[Finding, BaseGeometry | None]] = field(default_factory=list)
    hidden: list[Outcome] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    undecided: bool = False

    def add(self, finding: Finding, shape: BaseGeometry | None = None) -> None:
        """One more finding; what is withheld has no shape."""
        self.found.append((finding, None if finding.withheld else shape))

    def doubt(self, layer: str, reason: Bilingual, desk: Desk) -> None:
        """Something that could not be known: told, and as grave as it could be."""
        self.undecided = True
        self.hidden.append(worst_of_kind(self.rule))
        self.add(finding_of_kind(self.rule, layer, "no_data", desk, notes=[reason]))


def answer_of_kind(
    rule: KindRule,
    ground: Mapping[str, LayerFeatures],
    drawn: bool,  # noqa: FBT001 whether the layer of drawn zones has data
    desk: Desk,
    project: ProjectFigures,
) -> Answer:
    """Apply one rule; an overlap that cannot be computed leaves it undecided."""
    answer = Answer(rule)
    try:
        if isinstance(rule, DistanceRule):
            _distance(rule, ground, answer, desk, drawn=drawn)
        elif isinstance(rule, HeightRule):
            _height(rule, ground[rule.layer], answer, desk, project)
        else:
            _attribute(rule, ground[rule.layer], answer, desk, project)
    except (OverlayError, GEOSException):
        answer.doubt(rule.layer, _UNCOMPUTED, desk)
    return answer


def worst_of_kind(rule: KindRule) -> Outcome:
    """The worst that a rule can come to."""
    if isinstance(rule, DistanceRule) and rule.zone_layer is None:
        return milder(rule.severity)
    return rule.severity


def finding_of_kind(
    rule: KindRule, layer: str, outcome: Outcome, desk: Desk, **details: object
) -> Finding:
    """A finding of a rule on one of its layers; details are left out above the clearance."""
    snapshot = desk.snapshot
    notes = list(details.pop("notes", ()))  # type: ignore[call-overload]
    shown = desk.visible(layer) or outcome == "no_data"
    fields = {
        "rule": rule.id,
        "layer": layer,
        "title": rule.title,
        "outcome": outcome,
        "message": rule.message,
        "department": DepartmentRef(
            id=rule.department, name=snapshot.catalogue.department_names[rule.department]
        ),
        "legal_bases": snapshot.rule_pack.bases_in_force(rule, desk.day),
        "approximate": desk.approximation(layer),
        "notes": [*(notes if shown else [WITHHELD]), *desk.approximate_notes(layer)],
        "withheld": not shown,
    }
    return Finding.model_validate(fields | (details if shown else {}))


def _distance(
    rule: DistanceRule,
    ground: Mapping[str, LayerFeatures],
    answer: Answer,
    desk: Desk,
    *,
    drawn: bool,
) -> None:
    lines = ground[rule.layer]
    zone_layer = rule.zone_layer if drawn else None
    announced = ground[zone_layer] if zone_layer is not None else None
    for zone in in_zones(
        rule,
        desk.site.geometry,
        lines.shapes,
        lines.attributes,
        None if announced is None else announced.shapes,
        None if announced is None else announced.attributes,
    ):
        if zone.theoretical or announced is None or zone_layer is None:
            wide = widths(rule, lines.attributes).metres[zone.rows]
            _in_zone(zone, rule.layer, lines, zones(lines.shapes[zone.rows], wide), answer, desk)
        else:
            sides = announced.shapes[zone.rows]
            _in_zone(zone, zone_layer, announced, sides, answer, desk)


def _in_zone(
    zone: InZone,
    layer: str,
    features: LayerFeatures,
    sides: Geometries,
    answer: Answer,
    desk: Desk,
) -> None:
    rule = answer.rule
    assert isinstance(rule, DistanceRule)
    shape, _ = without_numerical(zone.shape, forgive=rule.forgive_slivers)
    if shape.is_empty:
        return
    answer.met.add(layer)
    measures = desk.measure(shape)
    width = float(measures.width_m[0])
    band = _band(layer, width, sides, desk)
    outcome: Outcome = milder(rule.severity) if zone.theoretical else rule.severity
    notes = [THEORETICAL if zone.theoretical else _DRAWN]
    if zone.assumed and zone.theoretical:
        notes.append(_ASSUMED)
    if band == "suspected_error" and desk.visible(layer):
        notes.append(sliver_note(width, forgiven=rule.forgive_slivers))
        outcome = "notice" if rule.forgive_slivers else outcome
    area = desk.area(measures)
    finding = finding_of_kind(
        rule,
        layer,
        outcome,
        desk,
        notes=notes,
        feature_ids=sorted({features.ids[row] for row in zone.rows.tolist()}),
        area=area,
        share=round(min(1.0, area.deciding_m2 / desk.site_area.deciding_m2), 6),
        width_m=round(width, 4),
        band=band,
        buffer_m=zone.metres,
        zone="theoretical" if zone.theoretical else "drawn",
    )
    answer.add(finding, shape)


def _band(layer: str, width_m: float, sides: Geometries, desk: Desk) -> Band:
    """The band of what a site shares with polygons."""
    narrowest = mean_width_m(np.array([desk.site.geometry, *sides], dtype=object)).min()
    return band_of(width_m, desk.snapshot.catalogue.by_id[layer].accuracy_m, float(narrowest))


def _height(
    rule: HeightRule,
    runways: LayerFeatures,
    answer: Answer,
    desk: Desk,
    project: ProjectFigures,
) -> None:
    limits: list[tuple[Limit, str]] = []
    for row, taken in enumerate(decide(rule.where, runways.attributes)):
        if taken is False:
            continue
        elevation = _number(runways.attributes[row], rule.elevation_field)
        over = limits_over(rule.surfaces, runways.shapes[row], elevation or 0.0, desk.site.geometry)
        if not over:
            continue
        answer.met.add(rule.layer)
        if taken is None or elevation is None:
            answer.doubt(rule.layer, _UNDECIDED, desk)
        else:
            limits += [(limit, runways.ids[row]) for limit in over]
    if limits:
        lowest, runway = min(limits, key=lambda pair: pair[0].elevation_m)
        answer.add(_under(rule, lowest, runway, desk, project))


def _under(
    rule: HeightRule, limit: Limit, runway: str, desk: Desk, project: ProjectFigures
) -> Finding:
    """The finding of a site under surfaces: the lowest decides."""
    ground, height = project.ground_m, project.height_m
    room = None
    if ground is not None and height is not None:
        room = limit.headroom_m(ground, height)
    at = f"{limit.elevation_m:.2f} m ({limit.surface})"
    if room is None:
        note = Bilingual(
            zh=f"限高面最低高程 {at}；未提供建筑高度或地面高程，按最不利情形处理",
            en=f"the lowest surface is at {at}; building height or ground elevation is not given: "
            "taken at its gravest",
        )
    elif room < 0:
        note = Bilingual(
            zh=f"限高面最低高程 {at}，建筑超高 {-room:.2f} m",
            en=f"the lowest surface is at {at}: the building stands out by {-room:.2f} m",
        )
    else:
        note = Bilingual(
            zh=f"限高面最低高程 {at}，净空余量 {room:.2f} m",
            en=f"the lowest surface is at {at}: {room:.2f} m of headroom",
        )
    headroom = Headroom(
        surface=limit.surface,
        limit_m=round(limit.elevation_m, 3),
        x=round(limit.x, 3),
        y=round(limit.y, 3),
        ground_m=ground,
        height_m=height,
        headroom_m=None if room is None else round(room, 3),
    )
    outcome = rule.beneath if room is not None and room >= 0 else rule.severity
    return finding_of_kind(
        rule, rule.layer, outcome, desk, notes=[note], feature_ids=[runway], headroom=headroom
    )


def _number(attributes: str, name: str) -> float | None:
    value = parse_attributes(attributes).get(name)
    if is_missing(value) or isinstance(value, bool):
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _attribute(
    rule: AttributeRule,
    plan: LayerFeatures,
    answer: Answer,
    desk: Desk,
    project: ProjectFigures,
) -> None:
    at, met = overlay_site(desk.site.geometry, plan.shapes)
    rows, shapes = [], []
    for row, shared in zip(at.tolist(), met, strict=True):
        shape, _ = without_numerical(shared, forgive=True)
        if not shape.is_empty:
            rows.append(row)
            shapes.append(shape)
    compared = compare(rule, [plan.attributes[row] for row in rows], project)
    if any(one.result == "undecided" for one in compared):
        answer.met.add(rule.layer)
        answer.doubt(rule.layer, _UNDECIDED, desk)
    for result in ("exceeded", "unanswered"):
        of_result = [one for one in compared if one.result == result]
        if not of_result:
            continue
        answer.met.add(rule.layer)
        shape = shapely.union_all([shapes[one.row] for one in of_result])
        width = float(desk.measure(shape).width_m[0])
        sides = plan.shapes[[rows[one.row] for one in of_result]]
        outcome: Outcome = rule.severity
        if result == "unanswered":
            outcome = rule.unanswered or rule.severity
        elif _band(rule.layer, width, sides, desk) == "suspected_error":
            outcome = "notice"
        ids = sorted({plan.ids[rows[one.row]] for one in of_result})
        answer.add(_compared(rule, of_result, ids, outcome, desk, project), shape)


def _compared(
    rule: AttributeRule,
    compared: list[Comparison],
    ids: list[str],
    outcome: Outcome,
    desk: Desk,
    project: ProjectFigures,
) -> Finding:
    """The finding of the parcels that were compared: the strictest limit stands for them."""
    given = project.of(rule.figure)
    strictest = _strictest(rule, compared)
    limit = strictest.limit
    said = "、".join(limit) if isinstance(limit, tuple) else f"{limit:g}"
    name, relation = FIGURES[rule.figure], _RELATIONS[rule.relation]
    stated = (
        Bilingual(zh="项目未提供该指标", en="the project's figure is not given")
        if given is None
        else Bilingual(zh=f"项目为 {given}", en=f"the project has {given}")
    )
    note = Bilingual(
        zh=f"{name.zh}{relation.zh} {said}；{stated.zh}",
        en=f"{name.en}: {relation.en} {said}; {stated.en}",
    )
    line = FigureLine(
        figure=rule.figure,
        relation=rule.relation,
        limit=list(limit) if isinstance(limit, tuple) else limit,
        given=given,
        excess=None if strictest.excess is None else round(strictest.excess, 6),
    )
    return finding_of_kind(
        rule, rule.layer, outcome, desk, notes=[note], feature_ids=ids, compared=line
    )


def _strictest(rule: AttributeRule, compared: list[Comparison]) -> Comparison:
    numbers = [one for one in compared if isinstance(one.limit, float)]
    if not numbers:
        return compared[0]
    pick = min if rule.relation == "at_most" else max
    return pick(numbers, key=lambda one: one.limit)  # type: ignore[arg-type, return-value]


def rules_of_kinds(rules: Sequence[BaseRule]) -> list[KindRule]:
    """Those among rules that are applied here."""
    return [rule for rule in rules if isinstance(rule, KindRule)]
