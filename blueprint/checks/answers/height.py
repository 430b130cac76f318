"""What a rule of kind `height` comes to on a site: headroom under an airport's surfaces."""

import numpy as np

from blueprint.around import DrawnFeatures
from blueprint.checks.desk import UNTOLD, Answer, Desk
from blueprint.documents import Finding, Headroom
from blueprint.rules.filters import decide
from blueprint.rules.kinds.figures import NOTHING_SAID
from blueprint.rules.kinds.height import Limit, limits_over
from blueprint.rules.kinds.models import HeightRule
from blueprint.values import Bilingual
from layers.attributes import is_missing, parse_attributes


def answer_height(answer: Answer, rule: HeightRule, runways: DrawnFeatures, desk: Desk) -> None:
    """Add what the rule comes to.

    Raises:
        GEOSException: where the site lies under a surface cannot be computed.
    """
    limits: list[tuple[Limit, str]] = []
    for row, taken in enumerate(decide(rule.where, runways.attributes)):
        if taken is False:
            continue
        elevation = _number(runways.attributes[row], rule.elevation_field)
        over = limits_over(rule.surfaces, runways.shapes[row], elevation or 0.0, desk.site.geometry)
        if not over:
            continue
        answer.met.add(rule.layer)
        if taken is None or elevation is None:
            answer.undecided = True
            answer.doubt(desk, rule.layer, UNTOLD)
        else:
            limits += [(limit, runways.ids[row]) for limit in over]
    if limits:
        lowest, runway = min(limits, key=lambda pair: pair[0].elevation_m)
        answer.add(_under(rule, lowest, runway, desk))


def _under(rule: HeightRule, limit: Limit, runway: str, desk: Desk) -> Finding:
    """The finding of a site under surfaces: the lowest decides."""
    # what is said of one height after another would tell the surface
    project = desk.project if desk.sees(rule) else NOTHING_SAID
    ground, height = project.ground_m, project.height_m
    room = None
    if ground is not None and height is not None:
        room = limit.headroom_m(ground, height)
    at = f"{limit.elevation_m:.2f} m ({limit.surface})"
    if room is None:
        note = Bilingual(
            zh=f"限高面最低高程 {at}；未提供建筑高度或地面高程，按最不利情形处理",
            en=f"the lowest surface is at {at}; building height or ground elevation is not given: "
            "taken at its gravest",
        )
    elif room < 0:
        note = Bilingual(
            zh=f"限高面最低高程 {at}，建筑超高 {-room:.2f} m",
            en=f"the lowest surface is at {at}: the building stands out by {-room:.2f} m",
        )
    else:
        note = Bilingual(
            zh=f"限高面最低高程 {at}，净空余量 {room:.2f} m",
            en=f"the lowest surface is at {at}: {room:.2f} m of headroom",
        )
    headroom = Headroom(
        surface=limit.surface,
        limit_m=round(limit.elevation_m, 3),
        x=round(limit.x, 3),
        y=round(limit.y, 3),
        ground_m=ground,
        height_m=height,
        headroom_m=None if room is None else round(room, 3),
    )
    outcome = rule.beneath if room is not None and room >= 0 else rule.severity
    return desk.finding(
        rule, rule.layer, outcome, notes=[note], feature_ids=[runway], headroom=headroom
    )


def _number(attributes: str, name: str) -> float | None:
    value = parse_attributes(attributes).get(name)
    if is_missing(value) or isinstance(value, bool):
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if np.isfinite(number) else None
