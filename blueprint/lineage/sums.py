"""Whether the parts of a whole add up: site area, floor area and investment.

Phases and splits take from their parent: together no more than it has. A merger has what the merged
had: neither more nor less. What is not stated is unknown, never nought: a sum that exceeds the
whole without it is broken all the same, one that does not is undecided.

Tolerance: each figure may be rounded, areas as 公顷 with four digits, by half a square metre,
investment as 万元 with two, by 0.005.
"""

from collections.abc import Sequence

from blueprint.lineage.documents import (
    CheckId,
    ConservationCheck,
    Kept,
    Portion,
    Quantity,
    Relation,
    Sum,
)
from blueprint.values import Bilingual

ROUNDING: dict[Quantity, float] = {
    "site_area_m2": 0.5,
    "floor_area_m2": 0.5,
    "investment_wan": 0.005,
}
_CHECKS: dict[Quantity, CheckId] = {
    "site_area_m2": "site_area",
    "floor_area_m2": "floor_area",
    "investment_wan": "investment",
}
_NAMES: dict[Quantity, Bilingual] = {
    "site_area_m2": Bilingual(zh="用地面积", en="site area"),
    "floor_area_m2": Bilingual(zh="建筑面积", en="floor area"),
    "investment_wan": Bilingual(zh="总投资", en="investment"),
}
_UNITS: dict[Quantity, Bilingual] = {
    "site_area_m2": Bilingual(zh="平方米", en="m²"),
    "floor_area_m2": Bilingual(zh="平方米", en="m²"),
    "investment_wan": Bilingual(zh="万元", en="×10,000 yuan"),
}
_PARTS: dict[Relation, Bilingual] = {
    "division": Bilingual(zh="分期、拆分项目", en="phases and splits"),
    "merger": Bilingual(zh="被合并项目", en="merged projects"),
}
_WHOLE: dict[Relation, Bilingual] = {
    "division": Bilingual(zh="上级项目", en="parent"),
    "merger": Bilingual(zh="合并后的项目", en="merger"),
}
_DIGITS = 4
_TOLD = 5
_EXACT = 1e-9
"""Of the sum: what adding floats may come to."""


def check_sum(
    relation: Relation, whole: Portion, parts: Sequence[Portion], quantity: Quantity
) -> ConservationCheck:
    """Hold the parts of a whole against it; parts in the order in which they were linked."""
    total = _add_up(whole.value, parts, quantity)
    outcome = _outcome(relation, total)
    return ConservationCheck(
        id=_CHECKS[quantity],
        relation=relation,
        project_id=whole.project_id,
        outcome=outcome,
        message=_message(relation, total, outcome),
        sum=total,
    )


def _add_up(whole: float | None, parts: Sequence[Portion], quantity: Quantity) -> Sum:
    counted = [part for part in parts if not part.withdrawn]
    known = [part for part in counted if part.value is not None]
    tolerance = ROUNDING[quantity] * (len(known) + 1)
    stated, first_over = 0.0, None
    for part in known:
        stated += part.value or 0.0
        if first_over is None and whole is not None and stated - whole > _slack(whole, tolerance):
            first_over = part.project_id
    rest = None if whole is None else whole - stated
    return Sum(
        quantity=quantity,
        whole=whole,
        parts=list(parts),
        stated=round(stated, _DIGITS),
        unstated=len(counted) - len(known),
        tolerance=tolerance,
        over=None if rest is None or first_over is None else round(-rest, _DIGITS),
        first_over=first_over,
        left=None if rest is None or first_over is not None else round(max(rest, 0.0), _DIGITS),
    )


def _slack(whole: float, tolerance: float) -> float:
    return tolerance + _EXACT * whole


def _outcome(relation: Relation, total: Sum) -> Kept:
    if total.whole is None:
        return "undecided"
    if total.over is not None:
        return "broken"
    if total.unstated:
        return "undecided"
    lacking = total.left or 0.0
    if relation == "merger" and lacking > _slack(total.whole, total.tolerance):
        return "broken"
    return "held"


def _message(relation: Relation, total: Sum, outcome: Kept) -> Bilingual:
    if outcome == "undecided":
        return _why_undecided(relation, total)
    name, parts, stated = _NAMES[total.quantity], _PARTS[relation], _said(total.stated, total)
    whole, left = _said(total.whole or 0.0, total), _said(total.left or 0.0, total)
    zh = f"{parts.zh}{name.zh}合计 {stated.zh}，"
    en = f"{name.en} of the {parts.en} is {stated.en}, "
    if total.over is not None:
        over = _said(total.over, total)
        zh += f"较 {whole.zh}超出 {over.zh}，自 {total.first_over} 起超出"
        en += f"{over.en} more than {whole.en}, from {total.first_over} on"
    elif outcome == "broken":
        zh += f"比合并后的 {whole.zh} 少 {left.zh}"
        en += f"{left.en} less than the {whole.en} of the merger"
    elif relation == "merger":
        zh += f"与合并后的 {whole.zh} 相符"
        en += f"as the {whole.en} of the merger"
    else:
        zh += f"不超过 {whole.zh}，余 {left.zh}"
        en += f"of {whole.en}, {left.en} left"
    return Bilingual(zh=zh, en=en)


def _why_undecided(relation: Relation, total: Sum) -> Bilingual:
    name, stated = _NAMES[total.quantity], _said(total.stated, total)
    silent = [part for part in total.parts if part.value is None and not part.withdrawn]
    ids = [part.project_id for part in silent[:_TOLD]]
    if len(silent) > _TOLD:
        ids.append("…")
    if total.whole is None:
        whole = _WHOLE[relation]
        zh, en = f"{whole.zh}未填报{name.zh}", f"the {whole.en} states no {name.en}"
    else:
        zh, en = f"{'、'.join(ids)} 未填报{name.zh}", f"{', '.join(ids)} states no {name.en}"
    zh, en = f"{zh}，无法判断", f"{en}: undecided"
    if any(part.value is not None and not part.withdrawn for part in total.parts):
        zh += f"；{_PARTS[relation].zh}已填报合计 {stated.zh}"
        en += f"; the {_PARTS[relation].en} state {stated.en}"
    return Bilingual(zh=zh, en=en)


def _said(value: float, total: Sum) -> Bilingual:
    number, unit = _number(value), _UNITS[total.quantity]
    return Bilingual(zh=f"{number} {unit.zh}", en=f"{number} {unit.en}")


def _number(value: float) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".")
