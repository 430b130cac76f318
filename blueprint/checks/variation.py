"""A site drawn in and out by its layers' accuracy, and what the rules come to then.

Input: a site as it was examined. Output: `Again`, for each rule that the accuracy could turn. A
layer may lie `accuracy_m` farther in or out than it is drawn; for what it shares with a site that
is the same as to draw the site out or in by that much, so no layer is touched.

Algorithm:
    1. the site drawn out and drawn in meets the layers, once for each accuracy;
    2. a rule is settled where both meet the same features and share with each a piece far wider
       than the accuracy: nothing about it can turn. Rules whose layers have nothing near are too;
    3. the other rules are judged again on either site. What drawing in would lose, but stays on the
       site where its features lie deeper than the accuracy, is kept: a road narrower than the
       accuracy is not gone for it.
What could not be known stays so. Heights of surfaces and figures of plans are taken as they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.around import Ground, grown
from blueprint.availability import Evidence
from blueprint.checks.answers.rule import answers_of
from blueprint.checks.desk import Answer, Desk
from blueprint.checks.encounters import NOTHING, Ask, Encounter, encounters, near
from blueprint.checks.standing import Standing
from blueprint.documents import Finding, Outcome
from blueprint.judge import outcome_rank, reach_of
from blueprint.rules.kinds.distance import widths
from blueprint.rules.kinds.models import AttributeRule, DistanceRule, HeightRule
from blueprint.rules.kinds.project_rule import ProjectRule
from blueprint.rules.pack import SiteCheckRule, SiteRule
from blueprint.values import Bilingual
from conflict import mean_width_m

_FAR = 10
"""A piece wider than so many times the accuracy stays a real overlap, however the edge moves."""
_SEGMENTS = 8


@dataclass(frozen=True, slots=True)
class Examined:
    """A site as it was examined: what every rule came to, and all that this rests on.

    `hidden` is what the pack itself leaves open on the day; `notes` say so.
    """

    desk: Desk
    standing: Standing
    ground: Ground
    met: Mapping[Ask, Encounter]
    evidence: Evidence
    answers: list[Answer]
    hidden: list[Outcome]
    notes: list[Bilingual]

    def hidden_by(self, answers: Iterable[Answer]) -> list[Outcome]:
        """The worst that each thing not known could be."""
        return [*self.hidden, *(outcome for answer in answers for outcome in answer.hidden)]


@dataclass(frozen=True, slots=True)
class Again:
    """One rule judged again: as it was, with the site drawn in, and drawn out."""

    was: Answer
    least: Answer
    most: Answer
    accuracy_m: float


def judged_again(examined: Examined) -> Iterable[Again]:
    """The rules that the layers' accuracy could turn, judged either way."""
    of_accuracy: dict[float, list[Answer]] = {}
    for answer in examined.answers:
        accuracy = examined.standing.accuracy_m.get(answer.rule.id)
        if accuracy is not None:
            of_accuracy.setdefault(accuracy, []).append(answer)
    for accuracy, answers in sorted(of_accuracy.items()):
        yield from _Variation(examined, accuracy, answers).judged_again()


class _Variation:
    """A site drawn in and out by one accuracy, and what it meets then."""

    def __init__(self, examined: Examined, accuracy_m: float, answers: list[Answer]) -> None:
        self.examined, self.accuracy_m, self.answers = examined, accuracy_m, answers
        site = examined.desk.site.geometry
        self.inner = shapely.buffer(site, -accuracy_m, quad_segs=_SEGMENTS)
        self.outer = shapely.buffer(site, accuracy_m, quad_segs=_SEGMENTS)
        asks = list(dict.fromkeys(ask for a in answers if (ask := _ask_of(a.rule)) is not None))
        self.most = self._meet(self.outer, asks)
        met = [ask for ask in asks if len(self.most[ask].rows)]
        # a site narrower than the accuracy is not gone for it
        self.least = {} if self.inner.is_empty else self._meet(self.inner, met)

    def _meet(self, site: BaseGeometry, asks: list[Ask]) -> dict[Ask, Encounter]:
        return encounters(site, self.examined.ground.features, asks, None, ())

    def judged_again(self) -> Iterable[Again]:
        """The rules that are not settled."""
        settled = self._settled()
        again = [answer for answer in self.answers if not settled(answer)]
        both = zip(self._least(again), self._most(again), strict=True)
        for was, (least, most) in zip(again, both, strict=True):
            yield Again(was, least, most, self.accuracy_m)

    def _settled(self) -> Callable[[Answer], bool]:
        """Whether an answer is settled; what is shared is measured for all of them at once."""
        same = [
            (ask, most.sound)
            for ask, most in self.most.items()
            if ask in self.least and np.array_equal(most.rows, self.least[ask].rows)
        ]
        shared = np.concatenate([NOTHING.shared, *(sound for _, sound in same)])
        owner = np.repeat(np.arange(len(same)), [len(sound) for _, sound in same])
        areas = shapely.get_dimensions(shared) == 2
        thin = mean_width_m(shared[areas]) < _FAR * self.accuracy_m
        turning = set(owner[areas][thin].tolist())
        wide = {ask for k, (ask, _) in enumerate(same) if k not in turning}

        def is_settled(answer: Answer) -> bool:
            rule, ask = answer.rule, _ask_of(answer.rule)
            if ask is not None:
                return ask in wide or len(self.most[ask].rows) == 0
            if isinstance(rule, HeightRule):
                # without a height the gravest holds, wherever the surface is lowest
                rooms = [finding.headroom for finding, _ in answer.found if finding.headroom]
                return any(room.headroom_m is None for room in rooms)
            return isinstance(rule, DistanceRule) and self._is_far_from_edges(rule)

        return is_settled

    def _is_far_from_edges(self, rule: DistanceRule) -> bool:
        """Whether the site lies deep in every zone that it lies in, and off all others."""
        site, features = self.examined.desk.site.geometry, self.examined.ground.features
        if rule.zone_layer is not None:
            rows, _ = near(site, features[rule.zone_layer], self.accuracy_m)
            if len(rows):
                return False
        rows, shapes = near(site, features[rule.layer], reach_of(rule) + self.accuracy_m)
        metres = widths(rule, features[rule.layer].attributes_of(rows)).metres
        deep = metres - shapely.distance(site, shapes)
        off = (metres == 0) | (deep < -self.accuracy_m)
        return bool((off | (deep >= _FAR * self.accuracy_m)).all())

    def _most(self, answers: list[Answer]) -> list[Answer]:
        return self._judge([answer.rule for answer in answers], self.outer, self.most)

    def _least(self, answers: list[Answer]) -> list[Answer]:
        found = answers
        if not self.inner.is_empty:
            asks = (_ask_of(answer.rule) for answer in answers)
            met = {ask: NOTHING for ask in asks if ask is not None} | self.least
            found = self._judge([answer.rule for answer in answers], self.inner, met)
        lost = [
            k
            for k, answer in enumerate(answers)
            if isinstance(answer.rule, SiteRule)
            and answer.rule.buffer_m is None
            and (self.inner.is_empty or worst(found[k]) != worst(answer))
        ]
        rules = [_inside(answers[k].rule) for k in lost]
        deep = self._deep([(rule.layer, None) for rule in rules])
        kept = list(found)
        site = self.examined.desk.site.geometry
        for k, one in zip(lost, self._judge(rules, site, deep), strict=True):
            if self.inner.is_empty or _graver(one, found[k]):
                kept[k] = one
        return kept

    def _deep(self, asks: Iterable[Ask]) -> dict[Ask, Encounter]:
        """What of the features lies on the site and deeper than the accuracy within them."""
        site = self.examined.desk.site
        # what the window cuts off lies farther from the site than the edge is moved
        window = shapely.box(*grown(site.bounds, 3 * self.accuracy_m))
        deep = {}
        for ask in dict.fromkeys(asks):
            rows = self.examined.met[ask].rows
            shapes = self.examined.ground.features[ask[0]].shapes.geometries(rows)
            try:
                kept = shapely.intersection(shapes, window)
                areas = shapely.get_dimensions(kept) == 2
                kept[areas] = shapely.buffer(kept[areas], -self.accuracy_m, quad_segs=_SEGMENTS)
                shared = shapely.intersection(kept, site.geometry)
            except shapely.GEOSException:  # what cannot be told to stay may be lost
                deep[ask] = NOTHING
                continue
            there = np.flatnonzero(~shapely.is_empty(shared))
            deep[ask] = Encounter(rows[there], shared[there])
        return deep

    def _judge(
        self, rules: Sequence[SiteCheckRule], site: BaseGeometry, met: Mapping[Ask, Encounter]
    ) -> list[Answer]:
        """Rules on a site of this shape; what could not be known stays as it was."""
        if not rules:
            return []
        examined = self.examined
        desk = replace(examined.desk, site=replace(examined.desk.site, geometry=site))
        return answers_of(rules, examined.ground, met, examined.evidence, desk, in_full=False)


def _inside(rule: SiteCheckRule) -> SiteRule:
    """A rule on what lies on a site and not beside it."""
    assert isinstance(rule, SiteRule)
    return rule.model_copy(update={"touches": False})


def _ask_of(rule: SiteCheckRule) -> Ask | None:
    """What a rule meets by its features alone; None: it looks at them otherwise."""
    if isinstance(rule, SiteRule):
        return rule.layer, rule.buffer_m
    return (rule.layer, None) if isinstance(rule, AttributeRule | ProjectRule) else None


def known(answer: Answer) -> list[Finding]:
    """Its findings but those without data."""
    return [finding for finding, _ in answer.found if finding.outcome != "no_data"]


def worst(answer: Answer) -> Outcome:
    """The gravest that is known of it; clear: nothing is met."""
    outcomes: list[Outcome] = [finding.outcome for finding in known(answer)]
    return max(outcomes, key=outcome_rank, default="clear")


def _graver(one: Answer, other: Answer) -> bool:
    return outcome_rank(worst(one)) > outcome_rank(worst(other))
