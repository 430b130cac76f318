"""What an applicant's answer makes of a rule (向申请人提问的条件).

Input: a `site` rule that asks, and the answers. Output: `Condition`. A question that is not
answered leaves the rule at its gravest, and no answer makes a rule that was met clear.
"""

from dataclasses import dataclass

from blueprint.rules.kinds.base import SEVERITIES, Severity
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.rules.kinds.models import SiteRule, YesNo


@dataclass(frozen=True, slots=True)
class Condition:
    """The severity that holds, and the answer that it rests on; None: it was not answered."""

    severity: Severity
    question: str
    answer: YesNo | None


def condition(rule: SiteRule, project: ProjectFigures) -> Condition | None:
    """What the answers make of a rule; None: it asks nothing."""
    if rule.ask is None:
        return None
    answer = project.answers.get(rule.ask)
    if answer is None:
        return Condition(gravest(rule), rule.ask, None)
    return Condition(rule.answers.get(answer, rule.severity), rule.ask, answer)


def gravest(rule: SiteRule) -> Severity:
    """The worst that any answer can make of a rule: what silence counts as."""
    return max((*rule.answers.values(), rule.severity), key=SEVERITIES.index)
