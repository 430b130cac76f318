"""Rules beyond kind `site` in a site check: their layers looked up, applied, and put to the rest.

Input: an open connection, the desk, the project's figures. Output: `Further`: findings with their
shapes, the lines of the layers that were asked, what may be hidden, rules without a basis on the
day. `blueprint.check` adds it to its own answer. Questions to the applicant are settled here too:
`settled` gives each `site` rule the severity that the answers make of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from blueprint.around import Features, features_around
from blueprint.availability import (
    Availability,
    Evidence,
    availability,
    covered_share,
    without_details,
)
from blueprint.coordinates import approximations
from blueprint.documents import Asked, Finding, LayerLine, LayerStatus, Outcome
from blueprint.encounters import grown
from blueprint.findings import Desk
from blueprint.kind_findings import (
    Answer,
    KindRule,
    LayerFeatures,
    answer_of_kind,
    rules_of_kinds,
)
from blueprint.kinds.conditions import condition
from blueprint.kinds.figures import ProjectFigures
from blueprint.kinds.models import DistanceRule, HeightRule
from blueprint.rules import RulePack, SiteRule
from blueprint.service import Service
from blueprint.values import Bilingual
from layers import Bounds


@dataclass(frozen=True, slots=True)
class Further:
    """What the rules of other kinds add to a site check."""

    found: list[tuple[Finding, BaseGeometry | None]]
    hidden: list[Outcome]
    lines: list[LayerLine]
    not_in_force: list[str]

    @property
    def applied(self) -> bool:
        """Whether any rule was applied."""
        return bool(self.lines)


def look_further(
    service: Service, connection: sa.Connection, desk: Desk, project: ProjectFigures
) -> Further:
    """Apply the rules of kind `distance`, `height` and `attribute` that are in force."""
    pack = desk.snapshot.rule_pack
    every = rules_of_kinds(pack.rules)
    rules = [rule for rule in every if pack.bases_in_force(rule, desk.day)]
    not_in_force = [rule.id for rule in every if rule not in rules]
    if not rules:
        return Further([], [], [], not_in_force)
    ground, evidence = _look_around(service, connection, desk, rules)
    desk = replace(desk, approximate=approximations(evidence.versions))
    answers, available = [], _availabilities(desk, rules, evidence)
    for rule in rules:
        drawn = isinstance(rule, DistanceRule) and rule.zone_layer in evidence.versions
        answer = answer_of_kind(rule, ground, drawn, desk, project)
        for layer in _believed(rule, evidence):
            reason = available[layer].reason
            if reason is not None:
                answer.doubt(layer, reason, desk)
        answers.append(answer)
    return Further(
        found=[pair for answer in answers for pair in answer.found],
        hidden=[outcome for answer in answers for outcome in answer.hidden],
        lines=_lines(desk, answers, evidence, available),
        not_in_force=not_in_force,
    )


def _believed(rule: KindRule, evidence: Evidence) -> list[str]:
    """The layers whose silence counts: drawn zones that were never delivered are not drawn."""
    return [
        layer
        for layer in dict.fromkeys(rule.asked_layers())
        if layer in evidence.versions or layer == rule.layer
    ]


def reach_m(pack: RulePack, layer: str) -> float:
    """How far from a site the pack's rules of these kinds look for features of a layer."""
    rules = rules_of_kinds(pack.rules)
    return max((_reach(rule) for rule in rules if layer in rule.asked_layers()), default=0.0)


def _reach(rule: KindRule) -> float:
    if isinstance(rule, DistanceRule):
        return rule.reach_m
    return rule.surfaces.reach_m if isinstance(rule, HeightRule) else 0.0


def _look_around(
    service: Service, connection: sa.Connection, desk: Desk, rules: Sequence[KindRule]
) -> tuple[dict[str, LayerFeatures], Evidence]:
    """The features of every asked layer within its rules' reach, and what is known of them."""
    catalogue, site = desk.snapshot.catalogue, desk.site
    boundary = catalogue.city.boundary_layer
    reach: dict[str, float] = {boundary: 0.0}
    for rule in rules:
        for layer in rule.asked_layers():
            reach[layer] = max(reach.get(layer, 0.0), _reach(rule))
    pins = {layer: number for layer, number in desk.snapshot.pins.items() if layer in reach}
    versions = service.layers.pinned(connection, pins)
    ground = {}
    # one look for each reach: an airport's surfaces go 18 km, and roads there concern nobody here
    for far in sorted(set(reach.values())):
        layers = [layer for layer, one in reach.items() if one == far]
        bounds = grown(site.bounds, far)
        asked = {layer: versions[layer] for layer in layers if layer in versions}
        found = features_around(service, connection, asked, bounds)
        for layer in layers:
            ground[layer] = _within(found.get(layer, Features.none()), bounds)
    covering = {n for n in reach if catalogue.by_id[n].coverage == "own"} | {boundary}
    evidence = Evidence(
        site=site.geometry,
        day=desk.day,
        versions=versions,
        quarantined=service.layers.quarantined(connection, pins),
        shares={n: covered_share(site.geometry, ground[n].shapes) for n in sorted(covering)},
    )
    return ground, evidence


def _within(features: Features, bounds: Bounds) -> LayerFeatures:
    rows = features.shapes.search(bounds).astype(np.intp)
    shapes = features.shapes.geometries(rows)
    return LayerFeatures(shapes, features.ids_of(rows), features.attributes_of(rows))


def _availabilities(
    desk: Desk, rules: Sequence[KindRule], evidence: Evidence
) -> dict[str, Availability]:
    catalogue = desk.snapshot.catalogue
    boundary = catalogue.by_id[catalogue.city.boundary_layer]
    found: dict[str, Availability] = {}
    for layer in dict.fromkeys(name for rule in rules for name in rule.asked_layers()):
        reach = reach_m(desk.snapshot.rule_pack, layer)
        known = availability(catalogue.by_id[layer], boundary, evidence, reach)
        found[layer] = known if desk.visible(layer) else without_details(known)
    return found


def _lines(
    desk: Desk,
    answers: Sequence[Answer],
    evidence: Evidence,
    available: Mapping[str, Availability],
) -> list[LayerLine]:
    lines = []
    for layer in desk.snapshot.catalogue.layers():
        of_layer = [one for one in answers if layer.id in _believed(one.rule, evidence)]
        if not of_layer:
            continue
        version = evidence.versions.get(layer.id)
        visible = desk.visible(layer.id)
        known = available[layer.id]
        lines.append(
            LayerLine(
                layer=layer.id,
                name=Bilingual(zh=layer.name.zh, en=layer.name.en),
                status=_status(layer.id, of_layer, known),
                reason=known.reason,
                version=version.version if version and visible else None,
                effective=version.effective if version and visible else None,
                approximate=desk.approximation(layer.id),
                covered_share=round(known.covered_share, 6),
                rules=[one.rule.id for one in of_layer],
            )
        )
    return lines


def _status(layer: str, answers: Sequence[Answer], available: Availability) -> LayerStatus:
    if any(layer in answer.met for answer in answers):
        return "hit"
    silent = available.reason is None and not any(answer.undecided for answer in answers)
    return "clear" if silent else "no_data"


def merged_lines(
    desk: Desk, lines: Sequence[LayerLine], further: Sequence[LayerLine]
) -> list[LayerLine]:
    """One line a layer, in the catalogue's order; of two, what is graver holds."""
    grave = {"clear": 0, "no_data": 1, "error": 2, "hit": 3}
    merged = {line.layer: line for line in lines}
    for line in further:
        known = merged.get(line.layer)
        if known is None:
            merged[line.layer] = line
        else:
            status = max(known.status, line.status, key=lambda status: grave[status])
            update = {
                "status": status,
                "reason": known.reason or line.reason,
                "rules": [*known.rules, *line.rules],
            }
            merged[line.layer] = known.model_copy(update=update)
    order = {layer.id: n for n, layer in enumerate(desk.snapshot.catalogue.layers())}
    return sorted(merged.values(), key=lambda line: order[line.layer])


def settled(rule: SiteRule, project: ProjectFigures) -> SiteRule:
    """The rule with the severity that the applicant's answers make of it."""
    found = condition(rule, project)
    return rule if found is None else rule.model_copy(update={"severity": found.severity})


def with_question(finding: Finding, pack: RulePack, project: ProjectFigures) -> Finding:
    """The finding of a rule that asks, with the question and its answer."""
    rule = next((one for one in pack.site_rules if one.id == finding.rule), None)
    found = None if rule is None else condition(rule, project)
    if found is None:
        return finding
    text = pack.questions[found.question].text
    if found.answer is None:
        note = Bilingual(
            zh=f"未回答“{text.zh}”，按最不利情形处理",
            en=f"“{text.en}” is not answered: taken at its gravest",
        )
    else:
        word = Bilingual(zh="是" if found.answer == "yes" else "否", en=found.answer)
        note = Bilingual(zh=f"{text.zh} {word.zh}", en=f"{text.en} {word.en}")
    asked = Asked(question=found.question, text=text, answer=found.answer)
    return finding.model_copy(update={"asked": asked, "notes": [*finding.notes, note]})
