"""Rules of any kind applied to a site, and what their layers' silence might hide."""

from collections.abc import Mapping, Sequence

from shapely.errors import GEOSException

from blueprint.around import DrawnFeatures, Ground, grown
from blueprint.availability import (
    Availability,
    Evidence,
    availability,
    believed,
    without_details,
)
from blueprint.checks.answers.attribute import answer_attribute
from blueprint.checks.answers.distance import answer_distance
from blueprint.checks.answers.height import answer_height
from blueprint.checks.answers.project import answer_project
from blueprint.checks.answers.site import answers_of_sites
from blueprint.checks.desk import Answer, Desk
from blueprint.checks.encounters import Ask, Encounter
from blueprint.checks.questions import with_question
from blueprint.judge import reach_of
from blueprint.numerical import NUMERICAL_WIDTH_M
from blueprint.rules.kinds.models import DistanceRule, HeightRule
from blueprint.rules.kinds.project_rule import ProjectRule
from blueprint.rules.pack import SiteCheckRule, SiteRule
from blueprint.values import Bilingual
from conflict import OverlayError

_UNCOMPUTED = Bilingual(
    zh="与地块的重叠无法可靠计算，请人工核对",
    en="its overlap with the site cannot be computed: check it by hand",
)


def answers_of(
    rules: Sequence[SiteCheckRule],
    ground: Ground,
    met: Mapping[Ask, Encounter],
    evidence: Evidence,
    desk: Desk,
    *,
    in_full: bool = True,
) -> list[Answer]:
    """What each rule comes to, and what its layers' silence might hide; in the rules' order.

    `in_full` False: which features are met, which part of an area each
    has, and what share of the site it is, is not asked.
    """
    of_sites = [rule for rule in rules if isinstance(rule, SiteRule)]
    together = answers_of_sites(of_sites, ground.features, met, desk, in_full=in_full)
    by_rule = {answer.rule.id: answer for answer in together}
    answers = []
    for rule in rules:
        answer = by_rule.get(rule.id) or _answer_of_kind(rule, ground, desk)
        for layer in believed(rule, evidence.versions):
            if layer in evidence.sound:
                continue
            reason = availability_for(desk, rule, layer, evidence).reason
            if reason is not None:
                answer.doubt(desk, layer, reason)
        if isinstance(rule, SiteRule) and rule.ask is not None:
            pack = desk.snapshot.rule_pack
            answer.found = [
                (with_question(finding, rule, pack, desk.project), shape)
                for finding, shape in answer.found
            ]
        answers.append(answer)
    return answers


def _answer_of_kind(rule: SiteCheckRule, ground: Ground, desk: Desk) -> Answer:
    """A rule that looks at features near the site; what cannot be computed leaves it undecided."""
    answer = Answer(rule)
    bounds = grown(desk.site.bounds, reach_of(rule) + NUMERICAL_WIDTH_M)
    near: dict[str, DrawnFeatures] = {
        layer: ground.features[layer].within(bounds)
        for layer in rule.asked_layers()
        if layer in ground.versions or layer == rule.layer
    }
    try:
        if isinstance(rule, DistanceRule):
            answer_distance(answer, rule, near, desk)
        elif isinstance(rule, HeightRule):
            answer_height(answer, rule, near[rule.layer], desk)
        elif isinstance(rule, ProjectRule):
            answer_project(answer, rule, near[rule.layer], desk)
        elif not isinstance(rule, SiteRule):
            answer_attribute(answer, rule, near[rule.layer], desk)
    except (OverlayError, GEOSException):
        answer.undecided = True
        answer.doubt(desk, rule.layer, _UNCOMPUTED)
    return answer


def availability_for(
    desk: Desk, rule: SiteCheckRule, layer: str, evidence: Evidence
) -> Availability:
    """What a layer's silence is worth to a rule, as the reader may know it."""
    catalogue = desk.snapshot.catalogue
    boundary = catalogue.by_id[catalogue.city.boundary_layer]
    known = availability(catalogue.by_id[layer], boundary, evidence, reach_of(rule))
    return known if desk.visible(layer) else without_details(known)
