"""What a rule of kind `project` comes to on a site: other projects on it, each with its share."""

from collections.abc import Iterable

from shapely.geometry.base import BaseGeometry

from blueprint.around import DrawnFeatures
from blueprint.checks.desk import UNTOLD, Answer, Desk
from blueprint.codes import plain_code
from blueprint.documents import Outcome, ProjectLine
from blueprint.judge import sliver_note
from blueprint.numerical import without_numerical
from blueprint.rules.kinds.project import Standing, standings
from blueprint.rules.kinds.project_rule import ProjectRule
from conflict import mean_width_m, overlay_site, union_of


def answer_project(answer: Answer, rule: ProjectRule, near: DrawnFeatures, desk: Desk) -> None:
    """Add what the rule comes to.

    Raises:
        OverlayError, GEOSException: an overlap cannot be computed.
    """
    # whoever may not see the projects could else try codes until the finding is gone
    own = desk.project.code if desk.visible(rule.layer) else None
    at, met = overlay_site(desk.site.geometry, near.shapes)
    rows, shapes = [], []
    for row, shared in zip(at.tolist(), met, strict=True):
        shape, numerical = without_numerical(shared, forgive=rule.forgive_slivers)
        answer.numerical_overlaps += numerical
        if not shape.is_empty:
            rows.append(row)
            shapes.append(shape)
    found = standings(rule, [near.attributes[row] for row in rows], desk.day, own)
    if any(one.counts is None for one in found):
        answer.met.add(rule.layer)
        answer.undecided = True
        answer.doubt(desk, rule.layer, UNTOLD)
    counted = [k for k, one in enumerate(found) if one.counts]
    if not counted:
        return
    answer.met.add(rule.layer)
    shape = union_of([shapes[k] for k in counted])
    measures = desk.measure_one(shape)
    width, area = float(measures.width_m[0]), desk.area(measures)
    band = desk.band(rule.layer, shape, mean_width_m(near.shapes[[rows[k] for k in counted]]))
    # the band of what may not be seen would tell its width
    thin = band == "suspected_error" and desk.visible(rule.layer)
    outcome: Outcome = "notice" if thin and rule.forgive_slivers else rule.severity
    finding = desk.finding(
        rule,
        rule.layer,
        outcome,
        notes=[sliver_note(width, forgiven=rule.forgive_slivers)] if thin else [],
        relation="overlaps",
        feature_ids=sorted({near.ids[rows[k]] for k in counted}),
        area=area,
        share=desk.share(area),
        width_m=round(width, 4),
        band=band,
        projects=_lines(desk, ((found[k], shapes[k]) for k in counted)),
    )
    answer.add(finding, shape)


def _lines(desk: Desk, met: Iterable[tuple[Standing, BaseGeometry]]) -> list[ProjectLine]:
    """One line for each project, the largest first; parts of one code are one project."""
    projects: dict[str | int, tuple[Standing, list[BaseGeometry]]] = {}
    for row, (one, shape) in enumerate(met):
        key = row if one.code is None else plain_code(one.code)
        projects.setdefault(key, (one, []))[1].append(shape)
    lines = []
    for one, shapes in projects.values():
        area = desk.area(desk.measure_one(union_of(shapes)))
        line = ProjectLine(
            code=one.code, name=one.name, state=one.state, area=area, share=desk.share(area)
        )
        lines.append(line)
    return sorted(lines, key=lambda line: (-line.area.deciding_m2, line.code or ""))
