"""What a rule of kind `attribute` comes to on a site: a plan's limits and the project's figures."""

from blueprint.around import DrawnFeatures
from blueprint.checks.desk import UNTOLD, Answer, Desk
from blueprint.documents import FigureLine, Finding, Outcome
from blueprint.numerical import without_numerical
from blueprint.rules.kinds.attribute import Comparison, compare
from blueprint.rules.kinds.figures import NOTHING_SAID
from blueprint.rules.kinds.models import AttributeRule
from blueprint.values import Bilingual
from blueprint.words import RELATIONS
from conflict import mean_width_m, overlay_site, union_of

FIGURES: dict[str, Bilingual] = {
    "floor_area_ratio": Bilingual(zh="容积率", en="floor area ratio"),
    "height_m": Bilingual(zh="建筑高度（米）", en="building height, m"),
    "building_density": Bilingual(zh="建筑密度", en="building density"),
    "green_ratio": Bilingual(zh="绿地率", en="green ratio"),
    "setback_m": Bilingual(zh="退线（米）", en="setback, m"),
    "use": Bilingual(zh="用地性质", en="use"),
}


def answer_attribute(answer: Answer, rule: AttributeRule, plan: DrawnFeatures, desk: Desk) -> None:
    """Add what the rule comes to.

    Raises:
        OverlayError, GEOSException: an overlap cannot be computed.
    """
    at, met = overlay_site(desk.site.geometry, plan.shapes)
    rows, shapes = [], []
    for row, shared in zip(at.tolist(), met, strict=True):
        shape, _ = without_numerical(shared, forgive=True)
        if not shape.is_empty:
            rows.append(row)
            shapes.append(shape)
    # what is said of a limit for one figure after another would tell the limit
    seen = desk.sees(rule)
    project = desk.project if seen else NOTHING_SAID
    compared = compare(rule, [plan.attributes[row] for row in rows], project)
    if any(one.result == "undecided" for one in compared):
        answer.met.add(rule.layer)
        answer.undecided = True
        answer.doubt(desk, rule.layer, UNTOLD)
    for result in ("exceeded", "unanswered"):
        of_result = [one for one in compared if one.result == result]
        if not of_result:
            continue
        answer.met.add(rule.layer)
        shape = union_of([shapes[one.row] for one in of_result])
        sides = mean_width_m(plan.shapes[[rows[one.row] for one in of_result]])
        outcome: Outcome = rule.severity
        if result == "unanswered" and seen:
            outcome = rule.unanswered or rule.severity
        elif seen and desk.band(rule.layer, shape, sides) == "suspected_error":
            outcome = "notice"
        ids = sorted({plan.ids[rows[one.row]] for one in of_result})
        answer.add(_compared(rule, of_result, ids, outcome, desk), shape)


def _compared(
    rule: AttributeRule,
    compared: list[Comparison],
    ids: list[str],
    outcome: Outcome,
    desk: Desk,
) -> Finding:
    """The finding of the parcels that were compared: the strictest limit stands for them."""
    given = desk.project.of(rule.figure)
    strictest = _strictest(rule, compared)
    limit = strictest.limit
    said = "、".join(limit) if isinstance(limit, tuple) else f"{limit:g}"
    name, relation = FIGURES[rule.figure], RELATIONS[rule.relation]
    stated = (
        Bilingual(zh="项目未提供该指标", en="the project's figure is not given")
        if given is None
        else Bilingual(zh=f"项目为 {given}", en=f"the project has {given}")
    )
    note = Bilingual(
        zh=f"{name.zh}{relation.zh} {said}；{stated.zh}",
        en=f"{name.en}: {relation.en} {said}; {stated.en}",
    )
    line = FigureLine(
        figure=rule.figure,
        relation=rule.relation,
        limit=list(limit) if isinstance(limit, tuple) else limit,
        given=given,
        excess=None if strictest.excess is None else round(strictest.excess, 6),
    )
    return desk.finding(rule, rule.layer, outcome, notes=[note], feature_ids=ids, compared=line)


def _strictest(rule: AttributeRule, compared: list[Comparison]) -> Comparison:
    numbers = [one for one in compared if isinstance(one.limit, float)]
    if not numbers:
        return compared[0]
    pick = min if rule.relation == "at_most" else max
    return pick(numbers, key=lambda one: one.limit)  # type: ignore[arg-type, return-value]
