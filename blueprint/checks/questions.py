"""Questions to the applicant: what the answers make of a rule, and how a finding tells of it."""

from blueprint.documents import Asked, Finding
from blueprint.rules.kinds.conditions import condition
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.rules.pack import RulePack, SiteRule
from blueprint.values import Bilingual


def settled(rule: SiteRule, project: ProjectFigures) -> SiteRule:
    """The rule with the severity that the applicant's answers make of it."""
    found = condition(rule, project)
    return rule if found is None else rule.model_copy(update={"severity": found.severity})


def with_question(
    finding: Finding, rule: SiteRule, pack: RulePack, project: ProjectFigures
) -> Finding:
    """A finding of a rule with the question that it asks, if any, and the answer."""
    found = condition(rule, project)
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
