"""The verdict of an outcome, and why it is what it is.

Input: the screening, the replies, the conditions, contradictions, and what was answered to each
finding. Output: one of four verdicts, and reasons in both languages, those that decide it first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from blueprint.cases.documents import Screening
from blueprint.cases.outcome_documents import (
    Contradiction,
    FindingAnswer,
    OutcomeCondition,
    OutcomeVerdict,
    Reply,
)
from blueprint.documents import Outcome
from blueprint.values import Bilingual

_BINDING = frozenset({"prohibited", "restricted", "no_data"})
"""Outcomes on which silence settles nothing; on one that is only to be consulted it stays told."""
_MOST = 6


@dataclass(frozen=True, slots=True)
class OutcomeGround:
    """All that a verdict rests on; `answers` by the keys of findings."""

    screening: Screening
    replies: Sequence[Reply]
    conditions: Sequence[OutcomeCondition]
    contradictions: Sequence[Contradiction]
    answers: Mapping[str, Sequence[FindingAnswer]]


def verdict_of_case(ground: OutcomeGround, severities: Mapping[str, Outcome]) -> OutcomeVerdict:
    """The verdict; `severities` has the outcome of each finding by key."""
    if next(_refusals(ground), None) is not None:
        return "negative"
    if next(_unsettled(ground, severities, {}), None) is not None:
        return "open"
    if ground.conditions or any(reply.status != "answered" for reply in ground.replies):
        return "conditional"
    return "positive"


def reasons_of(
    ground: OutcomeGround, severities: Mapping[str, Outcome], titles: Mapping[str, Bilingual]
) -> list[Bilingual]:
    """Why the verdict is what it is, and what else is to be known."""
    reasons = [*_refusals(ground), *_unsettled(ground, severities, titles), *_silences(ground)]
    if ground.conditions:
        count = len(ground.conditions)
        reasons.append(Bilingual(zh=f"共 {count} 条建设条件", en=f"{count} conditions"))
    unmet = [line for line in ground.conditions if line.met is False]
    reasons += [
        Bilingual(
            zh=f"条件 {line.number}：项目现有指标 {line.given} 不满足",
            en=f"condition {line.number}: the project's figure {line.given} does not meet it",
        )
        for line in unmet[:_MOST]
    ]
    if not reasons:
        agreed = Bilingual(zh="各部门均无不同意见", en="no department objects")
        nobody = Bilingual(zh="没有需要征求意见的检测结论", en="no finding asks for a department")
        reasons.append(agreed if ground.replies else nobody)
    return reasons


def _refusals(ground: OutcomeGround) -> Iterator[Bilingual]:
    for reply in ground.replies:
        if reply.answer == "disagree" and set(reply.findings) - set(reply.unanswered):
            name = reply.department.name
            yield Bilingual(zh=f"{name.zh}不同意", en=f"{name.en} disagrees")


def _unsettled(
    ground: OutcomeGround, severities: Mapping[str, Outcome], titles: Mapping[str, Bilingual]
) -> Iterator[Bilingual]:
    """What keeps the outcome open."""
    if not ground.screening.complete:
        yield Bilingual(
            zh="有图层未能核对，资料不全", en="something could not be looked at: data is missing"
        )
    for key, outcome in severities.items():
        given = ground.answers.get(key, ())
        if outcome == "prohibited" and not given:
            yield _about(
                key, titles, "属于禁止事项，无部门答复", "is prohibited, and nobody answered"
            )
        for one in given:
            if one.answer is None and outcome in _BINDING:
                name = one.department.name
                yield _about(
                    key, titles, f"{name.zh}未反馈，不视为同意", f"{name.en} has not answered"
                )
            elif one.answer == "not_concerned" and outcome == "prohibited" and _alone(given):
                yield _about(
                    key, titles, "属于禁止事项，无部门表示同意", "is prohibited, and nobody agreed"
                )
    for clash in ground.contradictions:
        if clash.kind == "figure":
            yield clash.text


def _alone(given: Sequence[FindingAnswer]) -> bool:
    """Whether no department says more than that it is not concerned."""
    return all(one.answer in (None, "not_concerned") for one in given)


def _silences(ground: OutcomeGround) -> Iterator[Bilingual]:
    for reply in ground.replies:
        if reply.status == "not_answered":
            name = reply.department.name
            yield Bilingual(
                zh=f"{name.zh}逾期未反馈（期限 {reply.due}）",
                en=f"{name.en} did not answer by {reply.due}",
            )


def _about(key: str, titles: Mapping[str, Bilingual], zh: str, en: str) -> Bilingual:
    title = titles.get(key, Bilingual(zh=key, en=key))
    return Bilingual(zh=f"「{title.zh}」：{zh}", en=f"{title.en}: {en}")
