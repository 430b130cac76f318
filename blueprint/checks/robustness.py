"""Robust or not (结论是否稳定): the verdict with every layer off by its stated accuracy.

Input: a check and the site as it was examined. Output: the check with its `Robustness`, and a
`Margin` for each finding that could turn. All that is graver with the site drawn out gives the
gravest verdict, all that is milder with it drawn in the mildest (`variation`).
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import shapely

from blueprint.checks.desk import Answer
from blueprint.checks.robust_words import robust_text
from blueprint.checks.variation import Again, Examined, judged_again, known, worst
from blueprint.documents import Decider, Finding, Margin, NearMiss, Robustness, SiteCheck, Verdict
from blueprint.judge import outcome_rank, verdict_of

_MOST_CORNERS = 20_000


def with_robustness(check: SiteCheck, examined: Examined) -> SiteCheck:
    """The check with its robustness, and the margins of its findings.

    Of a site with very many corners it is not asked: to draw it in and out would take seconds.
    """
    if shapely.get_num_coordinates(examined.desk.site.geometry) > _MOST_CORNERS:
        return check
    again = list(judged_again(examined))
    by_rule = {one.was.rule.id: one for one in again}
    least = [_of(by_rule, answer, "least") for answer in examined.answers]
    most = [_of(by_rule, answer, "most") for answer in examined.answers]
    # drawn out, what only touched may become a sliver that is forgiven: milder
    verdicts = [check.verdict, _verdict(examined, least), _verdict(examined, most)]
    mildest, gravest = min(verdicts, key=_weight), max(verdicts, key=_weight)
    deciders = [
        *_deciders(again, check.verdict, mildest, "milder"),
        *_deciders(again, check.verdict, gravest, "graver"),
    ]
    told: set[str] = set()
    findings = [_with_margin(finding, by_rule, told) for finding in check.findings]
    robustness = Robustness(
        robust=mildest == check.verdict == gravest,
        mildest=mildest,
        gravest=gravest,
        decided_by=deciders,
        near_misses=[miss for one in again for miss in _near_misses(one, examined)],
        text=robust_text(check.verdict, mildest, gravest, deciders),
    )
    return check.model_copy(update={"findings": findings, "robustness": robustness})


def _of(by_rule: Mapping[str, Again], answer: Answer, which: str) -> Answer:
    one = by_rule.get(answer.rule.id)
    found: Answer = answer if one is None else getattr(one, which)
    return found


def _verdict(examined: Examined, answers: list[Answer]) -> Verdict:
    findings = (finding for answer in answers for finding, _ in answer.found)
    return verdict_of(findings, examined.hidden_by(answers))


def _deciders(
    again: list[Again], verdict: Verdict, other: Verdict, towards: Literal["milder", "graver"]
) -> Iterable[Decider]:
    """The rules by which the verdict becomes the other one."""
    if verdict == other:
        return
    for one in again:
        was, outcomes = worst(one.was), [worst(one.least), worst(one.most)]
        then = (min if towards == "milder" else max)(outcomes, key=outcome_rank)
        decides = was == verdict if towards == "milder" else then == other
        # what is not known of a feature that comes into reach decides too
        unsure = "incomplete" in (verdict, other) and one.was.hidden != one.most.hidden
        if (was != then and decides) or unsure:
            rule = one.was.rule
            yield Decider(rule=rule.id, title=rule.title, towards=towards, outcome=then)


def _weight(verdict: Verdict) -> float:
    """For comparing verdicts; incomplete: what is known is milder than what may be hidden."""
    if verdict == "incomplete":
        return 0.5
    return 0 if verdict == "pass" else outcome_rank(verdict)


def _with_margin(finding: Finding, by_rule: Mapping[str, Again], told: set[str]) -> Finding:
    """A rule's gravest finding with its margin."""
    one = by_rule.get(finding.rule)
    if one is None or finding.outcome == "no_data" or finding.rule in told:
        return finding
    told.add(finding.rule)
    areas = [
        next((f.area for f in known(answer) if f.area is not None), None)
        for answer in (one.least, one.most)
    ]
    margin = Margin(
        accuracy_m=one.accuracy_m,
        least=worst(one.least),
        most=worst(one.most),
        least_area=areas[0],
        most_area=areas[1],
    )
    return finding.model_copy(update={"margin": margin})


def _near_misses(one: Again, examined: Examined) -> Iterable[NearMiss]:
    """What the rule would meet, if it meets nothing as it is."""
    if known(one.was):
        return
    site = examined.desk.site.geometry
    for finding, shape in one.most.found:
        if finding.outcome != "no_data":
            distance = None if shape is None else round(float(shapely.distance(site, shape)), 3)
            yield NearMiss(
                rule=finding.rule,
                layer=finding.layer,
                title=finding.title,
                outcome=finding.outcome,
                accuracy_m=one.accuracy_m,
                distance_m=distance,
            )
            return
