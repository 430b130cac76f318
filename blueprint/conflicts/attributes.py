"""A conflict as a table of attributes: what a planner reads of it in a GIS or a spreadsheet."""

from blueprint.conflicts.documents import Conflict, ConflictRule, ConflictRun
from blueprint.conflicts.life import STATES, Standing
from blueprint.words import WORDS

_BANDS = {"suspected_error": "疑似误差", "real": "确实", "by_design": "开天窗"}


def conflict_attributes(
    conflict: Conflict, rule: ConflictRule, run: ConflictRun
) -> dict[str, object]:
    """What a planner reads of one conflict in a table of attributes: names first, ids last."""
    names = {department.id: department.name.zh for department in rule.departments}
    bases = [f"《{basis.title.zh}》{basis.article or ''}" for basis in rule.legal_bases]
    kind = conflict.kind
    title = rule.title if kind is None else kind.title
    return {
        "title": title.zh,
        "title_en": title.en,
        "outcome": WORDS[conflict.severity].zh,
        "band": _BANDS[conflict.band],
        "left_name": rule.left_name.zh,
        "right_name": rule.right_name.zh,
        "left_class": None if kind is None else kind.left_class.zh,
        "right_class": None if kind is None else kind.right_class.zh,
        "left_department": names[conflict.left.department],
        "right_department": names[conflict.right.department],
        "bases": "、".join(bases),
        "projected_m2": conflict.area.projected_m2,
        "ellipsoidal_m2": conflict.area.ellipsoidal_m2,
        "hectares": conflict.area.hectares,
        "mu": conflict.area.mu,
        "width_m": conflict.width_m,
        "rule": conflict.rule,
        "difference": None if kind is None else kind.difference,
        "severity": conflict.severity,
        "band_id": conflict.band,
        "left_layer": conflict.left.layer,
        "left_feature": conflict.left.feature_id,
        "right_layer": conflict.right.layer,
        "right_feature": conflict.right.feature_id,
        "snapshot": run.snapshot.id,
    }


def standing_attributes(standing: Standing) -> dict[str, object]:
    """Where a conflict stands, as a table of attributes has it; dates as text."""
    return {
        "state": STATES[standing.state].zh,
        "state_id": standing.state,
        "in_charge": "" if standing.department is None else standing.department.name.zh,
        "due": "" if standing.due is None else standing.due.isoformat(),
        "overdue": standing.overdue,
        "exempt_until": "" if standing.until is None else standing.until.isoformat(),
    }
