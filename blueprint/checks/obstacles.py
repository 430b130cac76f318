"""The ground that rules take around a site: where a site would have to end, or to keep off.

Input: a rule as the applicant's answers leave it, what is known of the layers around
(`blueprint.around`), the desk. Output: `Taken`, shapes with the outcome that a site comes to
which meets them. Zones are whole, as checks apply them. An airport's surfaces take no ground:
they bound the building.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from blueprint.around import DrawnFeatures, Ground, grown
from blueprint.availability import covered_share
from blueprint.checks.desk import Desk
from blueprint.documents import Outcome
from blueprint.judge import milder, outcome_of, reach_of
from blueprint.rules.filters import Decision, decide
from blueprint.rules.kinds.attribute import compare
from blueprint.rules.kinds.distance import all_zones
from blueprint.rules.kinds.models import AttributeRule, DistanceRule
from blueprint.rules.kinds.project import standings
from blueprint.rules.kinds.project_rule import ProjectRule
from blueprint.rules.pack import SiteCheckRule, SiteRule
from conflict.buffers import zones
from conflict.gridded import less, united
from layers import Bounds, Geometries


@dataclass(frozen=True, slots=True)
class Taken:
    """Shapes (n,) of any dimension, and what a site comes to that meets them; `no_data`: unsure."""

    rule: str
    outcome: Outcome
    shapes: Geometries


def taken_by(rule: SiteCheckRule, ground: Ground, window: Bounds, desk: Desk) -> Iterator[Taken]:
    """What a rule takes of a window.

    Raises:
        GEOSException: a zone cannot be made.
    """
    area = grown(window, reach_of(rule))
    if isinstance(rule, SiteRule):
        yield from _by_site_rule(rule, ground.features[rule.layer].within(area))
    elif isinstance(rule, DistanceRule):
        yield from _by_distance(rule, ground, area)
    elif isinstance(rule, AttributeRule):
        yield from _by_attribute(rule, ground.features[rule.layer].within(area), desk)
    elif isinstance(rule, ProjectRule):
        yield from _by_project(rule, ground.features[rule.layer].within(area), desk)


def _by_site_rule(rule: SiteRule, near: DrawnFeatures) -> Iterator[Taken]:
    decisions = decide(rule.where, near.attributes)
    far = rule.buffer_m or 0.0
    taken: dict[Decision, Outcome] = {True: outcome_of(rule, None), None: "no_data"}
    for decision, outcome in taken.items():
        those = near.shapes[np.array([one is decision for one in decisions], dtype=bool)]
        yield Taken(rule.id, outcome, zones(those, far))


def _by_distance(rule: DistanceRule, ground: Ground, area: Bounds) -> Iterator[Taken]:
    lines = ground.features[rule.layer].within(area)
    drawn = None
    if rule.zone_layer is not None and rule.zone_layer in ground.versions:
        drawn = ground.features[rule.zone_layer].within(area)
    announced, theoretical = all_zones(
        rule,
        lines.shapes,
        lines.attributes,
        None if drawn is None else drawn.shapes,
        None if drawn is None else drawn.attributes,
    )
    yield Taken(rule.id, rule.severity, announced)
    yield Taken(rule.id, milder(rule.severity), theoretical)


def _by_attribute(rule: AttributeRule, plan: DrawnFeatures, desk: Desk) -> Iterator[Taken]:
    outcomes: dict[str, Outcome] = {
        "exceeded": rule.severity,
        "unanswered": rule.unanswered or rule.severity,
        "undecided": "no_data",
    }
    compared = compare(rule, plan.attributes, desk.project)
    for result, outcome in outcomes.items():
        rows = np.array([one.row for one in compared if one.result == result], dtype=np.intp)
        yield Taken(rule.id, outcome, plan.shapes[rows])


def _by_project(rule: ProjectRule, near: DrawnFeatures, desk: Desk) -> Iterator[Taken]:
    taken: dict[Decision, Outcome] = {True: rule.severity, None: "no_data"}
    found = standings(rule, near.attributes, desk.day, desk.project.code)
    for counts, outcome in taken.items():
        mask = np.array([one.counts is counts for one in found], dtype=bool)
        yield Taken(rule.id, outcome, near.shapes[mask])


def unknown_around(
    rules: Iterable[SiteCheckRule], ground: Ground, window: Bounds, desk: Desk
) -> Iterator[Geometries]:
    """Where layers would not be believed: around quarantined rows, and beyond what they cover.

    Shapes (n,) for each. A layer that does not cover the site where it stands bounds no move.
    """
    catalogue, frame = desk.snapshot.catalogue, shapely.box(*window)
    covering = {catalogue.city.boundary_layer}
    for rule in rules:
        for layer in rule.asked_layers():
            boxes = [box for box in ground.quarantined.get(layer, []) if box is not None]
            yield zones(np.array([shapely.box(*box) for box in boxes]), reach_of(rule))
            covering |= {layer} if catalogue.by_id[layer].coverage == "own" else set()
    for layer in sorted(covering):
        cover = ground.features[layer].within(window).shapes
        if covered_share(desk.site.geometry, cover) == 1:
            yield np.array([less(frame, united(cover))], dtype=object)
