"""From overlaps to outcomes, and from outcomes to one verdict.

Bands: an overlap thinner than the coordinates' resolution is numerical, dropped and counted; one
thinner than twice the layer's accuracy is a suspected error, a notice unless the rule forgives
nothing; the rest is real. An overlap is never suspect for being as narrow as one of the shapes it
is cut from: a road's corridor lies in a zone, however narrow it is. A zone that is only a buffer
binds one level less than the drawn zone.

Verdict: the worst outcome, unless a layer without data could have made it worse: then the check
is incomplete. Silence never means clear.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from blueprint.documents import Band, Finding, Outcome, Verdict
from blueprint.numerical import NUMERICAL_WIDTH_M
from blueprint.rules.kinds.base import SEVERITIES, BaseRule, Severity
from blueprint.rules.kinds.models import DistanceRule, HeightRule, SiteRule
from blueprint.rules.pack import SiteCheckRule
from blueprint.values import Bilingual

_ORDER: tuple[Outcome, ...] = ("clear", *SEVERITIES)

THEORETICAL = Bilingual(
    zh="理论保护范围（未公告），降一级处理",
    en="theoretical zone, not announced: taken one level milder",
)


def band_of(width_m: float, accuracy_m: float, narrowest_side_m: float) -> Band:
    """The band of one overlap that is not numerical.

    `narrowest_side_m` is the width of the narrower of the shapes that overlap: an overlap more than
    half as wide is that shape itself rather than its edge.
    """
    width, narrowest = np.array([width_m]), np.array([narrowest_side_m])
    return "suspected_error" if are_suspect(width, accuracy_m, narrowest)[0] else "real"


def are_suspect(
    width_m: npt.NDArray[np.float64], accuracy_m: float, narrowest_side_m: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which of many overlaps are suspected errors, as `band_of` says; shapes (k,)."""
    thin = (width_m < 2 * accuracy_m) & (width_m < narrowest_side_m / 2)
    return np.asarray(thin, dtype=bool)


def outcome_of(rule: SiteRule, band: Band | None) -> Outcome:
    """What a hit of `rule` comes to."""
    if band == "suspected_error" and rule.forgive_slivers:
        return "notice"
    return milder(rule.severity) if rule.buffer_m is not None else rule.severity


def reach_of(rule: SiteCheckRule) -> float:
    """How far from a site a feature may lie and still concern it, m.

    What touches it may lie apart by rounding: coordinates of neighbours were put on the grid apart.
    """
    if isinstance(rule, DistanceRule):
        return rule.reach_m
    if isinstance(rule, HeightRule):
        return rule.surfaces.reach_m
    if isinstance(rule, SiteRule):
        return NUMERICAL_WIDTH_M if rule.touches else rule.buffer_m or 0.0
    return 0.0


def milder(severity: Severity) -> Outcome:
    """One level less, a notice staying a notice."""
    return _ORDER[max(1, _ORDER.index(severity) - 1)]


def worst_of(rule: SiteCheckRule) -> Outcome:
    """The worst that `rule` can come to: what its layer's silence might hide."""
    if isinstance(rule, SiteRule):
        return outcome_of(rule, None)
    if isinstance(rule, DistanceRule) and rule.zone_layer is None:
        return milder(rule.severity)
    return rule.severity


def verdict_of(findings: Iterable[Finding], hidden: Iterable[Outcome]) -> Verdict:
    """One verdict over all findings; `hidden` is the worst that each missing answer could be."""
    known = max((_ORDER.index(f.outcome) for f in findings if f.outcome != "no_data"), default=0)
    unknown = max((_ORDER.index(outcome) for outcome in hidden), default=0)
    if unknown > known:
        return "incomplete"
    return "pass" if known == 0 else _ORDER[known]  # type: ignore[return-value]


def sliver_note(width_m: float, *, forgiven: bool) -> Bilingual:
    """What an applicant should know of a thin overlap."""
    width = f"{width_m:.3f}"
    if forgiven:
        return Bilingual(
            zh=f"重叠平均宽度仅 {width} m，小于数据精度，疑似误差，按提示处理",
            en=f"only {width} m wide on average, less than the data can tell: taken as a notice",
        )
    return Bilingual(
        zh=f"重叠平均宽度仅 {width} m，可能为坐标转换残差；"
        "本规则不设面积豁免，请核对界址或申请误划认定",
        en=f"only {width} m wide on average, perhaps a coordinate residual; this rule forgives no "
        "area: check the boundary, or have the error confirmed",
    )


def outcome_rank(outcome: Outcome) -> int:
    """For comparing outcomes that are known, the graver one higher."""
    return _ORDER.index(outcome)


def severity_rank(rule: BaseRule) -> int:
    """For sorting, the gravest first."""
    return -_ORDER.index(rule.severity)


def gravity(finding: Finding) -> int:
    """For sorting, the gravest outcome first, what is without data last."""
    return -_ORDER.index(finding.outcome) if finding.outcome != "no_data" else 1
