"""What a site check says to a question that a condition asks: met, not met, or not known.

Input: the check as its reader may see it, or none. Output: `Answer`. Only a check that speaks of a
rule or a layer can say no; what is missing, withheld as unknown, thinner than the data can tell or
not in force leaves the question open. Nothing is read but the document, so that nobody learns more
from an approval than the findings tell.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from blueprint.approvals.documents import Why
from blueprint.documents import Finding, LayerLine, SiteCheck
from blueprint.rules.kinds.base import Severity
from blueprint.values import Bilingual
from blueprint.words import WORDS

_SILENT = ("clear", "no_data")


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, no, or None: not known; with the reasons for a yes, or for not knowing."""

    holds: bool | None
    why: tuple[Why, ...] = ()


NO = Answer(holds=False)
NOT_CHECKED = Answer(
    None,
    (
        Why(
            kind="no_site_check",
            text=Bilingual(zh="用地尚未预检", en="no site of the project was checked"),
        ),
    ),
)


@dataclass(frozen=True)
class Seen:
    """A site check, asked by rule, layer, theme and outcome."""

    check: SiteCheck | None

    @cached_property
    def _lines(self) -> dict[str, list[LayerLine]]:
        """Layer lines by the rules that asked for them."""
        found: dict[str, list[LayerLine]] = {}
        for line in self.check.layers if self.check else ():
            for rule in line.rules:
                found.setdefault(rule, []).append(line)
        return found

    def rule(self, rule: str, outcomes: Collection[Severity] = ()) -> Answer:
        """Whether a rule is among the findings."""
        if self.check is None:
            return NOT_CHECKED
        if rule in self.check.rules_not_in_force:
            text = Bilingual(zh=f"规则 {rule} 当日无依据", en=f"{rule} is not in force on the day")
            return Answer(None, (Why(kind="rule_not_in_force", rule=rule, text=text),))
        lines = self._lines.get(rule, [])
        if not lines:
            text = Bilingual(zh=f"预检未核对规则 {rule}", en=f"the check did not ask {rule}")
            return Answer(None, (Why(kind="not_checked", rule=rule, text=text),))
        findings = [one for one in self.check.findings if one.rule == rule]
        return _among(findings, lines, outcomes)

    def layer(self, layer: str, outcomes: Collection[Severity] = ()) -> Answer:
        """Whether a layer is among the findings."""
        return self._layers(lambda name: name == layer, layer, outcomes)

    def theme(
        self, theme: str, layers: Collection[str], outcomes: Collection[Severity] = ()
    ) -> Answer:
        """Whether any of a theme's layers is among the findings."""
        return self._layers(lambda name: name in layers, theme, outcomes)

    def outcome(self, outcomes: Collection[Severity]) -> Answer:
        """Whether any finding comes to one of these."""
        return self._layers(lambda _name: True, "*", outcomes)

    def _layers(
        self, is_one: Callable[[str], bool], name: str, outcomes: Collection[Severity]
    ) -> Answer:
        if self.check is None:
            return NOT_CHECKED
        lines = [line for line in self.check.layers if is_one(line.layer)]
        if not lines:
            text = Bilingual(zh=f"预检未核对 {name}", en=f"the check did not ask for {name}")
            return Answer(None, (Why(kind="not_checked", layer=name, text=text),))
        findings = [one for one in self.check.findings if is_one(one.layer)]
        return _among(findings, lines, outcomes)


def _among(
    findings: Sequence[Finding], lines: Iterable[LayerLine], outcomes: Collection[Severity]
) -> Answer:
    """Yes if a finding is met for certain; not known if one may be; else no."""
    met = [one for one in findings if one.outcome not in _SILENT]
    certain = [
        one
        for one in met
        if not _is_thin(one) and not _touches(one) and (not outcomes or one.outcome in outcomes)
    ]
    if certain:
        return Answer(holds=True, why=tuple(_met(one) for one in certain))
    open_ = [_thin(one) for one in met if _is_thin(one)]
    open_ += [_touching(one) for one in met if _touches(one) and not _is_thin(one)]
    open_ += [_no_data(one.layer, one.rule) for one in findings if one.outcome == "no_data"]
    told = {why.layer for why in open_ if why.kind == "no_data"}
    open_ += [
        _no_data(line.layer)
        for line in lines
        if line.status in ("no_data", "error") and line.layer not in told
    ]
    return Answer(None, tuple(open_)) if open_ else NO


def _is_thin(finding: Finding) -> bool:
    """Whether an overlap may be an error of the data, and no more."""
    return finding.band == "suspected_error"


def _touches(finding: Finding) -> bool:
    return finding.relation == "touches"


def _met(finding: Finding) -> Why:
    size = ""
    if finding.area is not None:
        size = f" {finding.area.deciding_m2:,.0f} m²"
    word = WORDS[finding.outcome]
    text = Bilingual(
        zh=f"预检：{finding.title.zh}（{word.zh}）{size}",
        en=f"found: {finding.title.en} ({word.en}){size}",
    )
    return _of(finding, "finding", text)


def _thin(finding: Finding) -> Why:
    text = Bilingual(
        zh=f"{finding.title.zh}：重叠窄于数据精度，可能为误差",
        en=f"{finding.title.en}: thinner than the data can tell, perhaps an error",
    )
    return _of(finding, "thin", text)


def _touching(finding: Finding) -> Why:
    text = Bilingual(
        zh=f"{finding.title.zh}：仅边界相接",
        en=f"{finding.title.en}: the boundary is touched, and no ground shared",
    )
    return _of(finding, "touches", text)


def _of(finding: Finding, kind: str, text: Bilingual) -> Why:
    return Why.model_validate(
        {
            "kind": kind,
            "text": text,
            "rule": finding.rule,
            "layer": finding.layer,
            "outcome": finding.outcome,
        }
    )


def _no_data(layer: str, rule: str | None = None) -> Why:
    text = Bilingual(zh=f"图层 {layer} 资料不全", en=f"layer {layer} has no data here")
    return Why(kind="no_data", layer=layer, rule=rule, text=text)
