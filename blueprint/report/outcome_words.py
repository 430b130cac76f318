"""Words and colours of outcomes, answers and replies, for their report."""

from blueprint.cases.documents import ANSWERS, Answer, Basis, Condition
from blueprint.cases.outcome_documents import OutcomeVerdict
from blueprint.report.document import Tongue
from blueprint.report.site_law import cited_words
from blueprint.rules.kinds.figure_names import figure_name, figure_unit
from blueprint.words import RELATIONS

VERDICT_COLOURS: dict[OutcomeVerdict, str] = {
    "positive": "#1B7837",
    "conditional": "#C65102",
    "negative": "#A50026",
    "open": "#6A51A3",
}
ANSWER_COLOURS: dict[Answer, str] = {
    "agree": "#1B7837",
    "agree_with_conditions": "#C65102",
    "disagree": "#A50026",
    "not_concerned": "#5B6770",
}
SILENT_COLOUR = "#6A51A3"


def answer_words(answer: Answer | None, say: Tongue) -> str:
    """What a department said, in a word."""
    return say("未答复", "no answer") if answer is None else say.of(ANSWERS[answer])


def basis_words(basis: Basis, say: Tongue) -> str:
    """On what an answer or a condition rests."""
    legal = None if basis.legal is None else cited_words(basis.legal, say)
    return say("，", ", ").join(filter(None, [legal, basis.text]))


def limit_words(condition: Condition, say: Tongue) -> str:
    """A condition as a number, if it is told as one: which figure, how it has to stand."""
    if condition.figure is None or condition.relation is None:
        return ""
    how = RELATIONS.get(condition.relation)
    relation = say("等于", "equal to") if how is None else say.of(how)
    if condition.relation == "one_of":
        limit = say.listed(condition.options)
    else:
        limit = "" if condition.limit is None else f"{condition.limit:g}"
    name, unit = say.of(figure_name(condition.figure)), say.of(figure_unit(condition.figure))
    return say(f"{name}{relation} {limit} {unit}", f"{name} {relation} {limit} {unit}").strip()
