"""Why a verdict is what it is, and what would change it (结论依据与可变因素).

Input: the document of a check, and its rules. Output: `reasons`, what makes the verdict, and
`Change`s: questions that are not answered, figures that are not given, layers that are not known,
findings that decide and the layers' accuracy. Each says what the verdict would be where that can be
told; nothing is judged anew.
"""

from collections.abc import Iterable, Iterator, Sequence

from blueprint.documents import Change, Finding, LayerLine, Outcome, SiteCheck, Verdict
from blueprint.judge import outcome_of, outcome_rank, verdict_of
from blueprint.rules.pack import RulePack, SiteRule
from blueprint.values import Bilingual
from blueprint.words import WORDS

_NAMED = 3


def with_changes(check: SiteCheck, pack: RulePack, hidden: Sequence[Outcome]) -> SiteCheck:
    """The check with its reasons and what would change it; `hidden` is what is not known."""
    deciding = _deciding(check)
    changes = [
        *_answers(check, pack, hidden),
        *_figures(check),
        *_layers(check),
        *_findings(check, deciding, hidden),
        *_accuracy(check),
    ]
    reasons = list(_reasons(check, deciding))
    return check.model_copy(update={"reasons": reasons, "what_would_change_it": changes})


def _deciding(check: SiteCheck) -> list[Finding]:
    """The findings that are as grave as the verdict; where it is incomplete, as any that is known.

    Where there are none, nothing was met.
    """
    known = [f for f in check.findings if f.outcome not in ("no_data", "clear")]
    if check.verdict == "incomplete":
        worst = max((outcome_rank(finding.outcome) for finding in known), default=0)
        return [finding for finding in known if outcome_rank(finding.outcome) == worst]
    return [finding for finding in known if finding.outcome == check.verdict]


def _reasons(check: SiteCheck, deciding: Sequence[Finding]) -> Iterator[Bilingual]:
    if check.verdict == "incomplete":
        yield Bilingual(
            zh="有资料缺失或无法判断，可能掩盖更严重的结论",
            en="something is missing or not known that could be graver than what was found",
        )
        yield from check.notes
    if check.verdict == "pass":
        yield Bilingual(
            zh=f"核对的 {len(check.layers)} 个图层均无涉",
            en=f"none of the {len(check.layers)} layers that were looked at is met",
        )
    for finding in deciding:
        word = WORDS[finding.outcome]
        yield Bilingual(zh=f"{finding.title.zh}：{word.zh}", en=f"{finding.title.en}: {word.en}")


def _answers(check: SiteCheck, pack: RulePack, hidden: Sequence[Outcome]) -> Iterator[Change]:
    """Questions that are open, and what the mildest answer to each would make of the verdict."""
    rules = {rule.id: rule for rule in pack.site_rules}
    open_: dict[str, list[Finding]] = {}
    for finding in check.findings:
        known = finding.outcome != "no_data"
        if known and finding.asked is not None and finding.asked.answer is None:
            open_.setdefault(finding.asked.question, []).append(finding)
    for question, findings in open_.items():
        about = {finding.rule for finding in findings}
        answers = sorted({answer for rule in about for answer in rules[rule].answers})
        would = {
            answer: verdict_of(_answered(check.findings, rules, question, answer), hidden)
            for answer in answers
        }
        answer = min(would, key=lambda one: (_rank(would[one]), one))
        text = pack.questions[question].text
        yield Change(
            kind="answer",
            rules=sorted(about),
            question=question,
            answer=answer,
            verdict=would[answer],
            text=Bilingual(
                zh=f"回答“{text.zh}”：若为{'是' if answer == 'yes' else '否'}，"
                f"结论为“{WORDS[would[answer]].zh}”",
                en=f"answer “{text.en}”: if {answer}, the verdict is {WORDS[would[answer]].en}",
            ),
        )


def _answered(
    findings: Iterable[Finding], rules: dict[str, SiteRule], question: str, answer: str
) -> Iterator[Finding]:
    """The findings as an answer would leave them."""
    for finding in findings:
        asked = finding.asked is not None and finding.asked.question == question
        if not asked or finding.outcome == "no_data":
            yield finding
            continue
        rule = rules[finding.rule]
        severity = next((s for a, s in rule.answers.items() if a == answer), rule.severity)
        outcome = outcome_of(rule.model_copy(update={"severity": severity}), finding.band)
        yield finding.model_copy(update={"outcome": outcome})


def _figures(check: SiteCheck) -> Iterator[Change]:
    """Figures of the project that a rule needs and that are not given."""
    for finding in check.findings:
        room, compared = finding.headroom, finding.compared
        if room is not None and room.headroom_m is None:
            zh, en = "建筑高度与地面高程", "building height and ground elevation"
        elif compared is not None and compared.given is None:
            zh, en = "项目指标", "the project's figure"
        else:
            continue
        yield Change(
            kind="figure",
            rules=[finding.rule],
            text=Bilingual(zh=f"补充{zh}：{finding.title.zh}", en=f"give {en}: {finding.title.en}"),
        )


def _layers(check: SiteCheck) -> Iterator[Change]:
    """Layers that could not be believed, by reason."""
    by_reason: dict[tuple[str, str], list[LayerLine]] = {}
    for line in check.layers:
        if line.reason is not None:
            by_reason.setdefault((line.reason.zh, line.reason.en), []).append(line)
    for (zh, en), lines in by_reason.items():
        more = len(lines) - _NAMED
        named = lines[:_NAMED]
        yield Change(
            kind="layer",
            rules=sorted({rule for line in lines for rule in line.rules}),
            layers=[line.layer for line in lines],
            text=Bilingual(
                zh=f"补充或更新 {len(lines)} 个图层（{'、'.join(x.name.zh for x in named)}"
                f"{'等' if more > 0 else ''}）：{zh}",
                en=f"deliver or renew {len(lines)} layers ({', '.join(x.name.en for x in named)}"
                f"{', …' if more > 0 else ''}): {en}",
            ),
        )


def _findings(
    check: SiteCheck, deciding: Sequence[Finding], hidden: Sequence[Outcome]
) -> Iterator[Change]:
    """What the verdict would be if the site met none of what decides it."""
    if not deciding or check.verdict == "incomplete":
        return
    about = {finding.rule for finding in deciding}
    verdict = verdict_of((f for f in check.findings if f.rule not in about), hidden)
    named = list({finding.rule: finding.title for finding in deciding}.values())
    more = len(named) - _NAMED
    yield Change(
        kind="finding",
        rules=sorted(about),
        verdict=verdict,
        text=Bilingual(
            zh=f"避开 {len(named)} 项（{'、'.join(x.zh for x in named[:_NAMED])}"
            f"{'等' if more > 0 else ''}），结论为“{WORDS[verdict].zh}”",
            en=f"keep clear of {len(named)} ({', '.join(x.en for x in named[:_NAMED])}"
            f"{', …' if more > 0 else ''}): the verdict is {WORDS[verdict].en}",
        ),
    )


def _accuracy(check: SiteCheck) -> Iterator[Change]:
    """Boundaries that a survey could move far enough."""
    if check.robustness is not None and not check.robustness.robust:
        rules = sorted({decider.rule for decider in check.robustness.decided_by})
        text = check.robustness.text
        yield Change(
            kind="accuracy",
            rules=rules,
            text=Bilingual(zh=f"实测核对界线：{text.zh}", en=f"survey the boundary: {text.en}"),
        )


def _rank(verdict: Verdict) -> int:
    """For choosing the mildest; what is not known last."""
    if verdict == "incomplete":
        return 9
    return 0 if verdict == "pass" else outcome_rank(verdict)
