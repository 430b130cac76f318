"""Deciding a condition with three answers: it holds, it does not, or that is not known.

Input: a condition, what is known of the project, what a site check says. Output: `Answer`. `any`
holds if one part does, whatever the others are; `all` fails if one part does. Else what is not
known decides.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from blueprint.approvals.documents import Why
from blueprint.approvals.fields import Given
from blueprint.approvals.known import Knowledge, Known
from blueprint.approvals.needs import (
    AllOf,
    AnyOf,
    Need,
    OnField,
    OnLayer,
    OnOutcome,
    OnRule,
    OnTheme,
)
from blueprint.approvals.seen import NO, Answer, Seen
from blueprint.cases.stages import STAGE_NAMES, Stage
from blueprint.values import Bilingual

LayersOfTheme = Callable[[str], Collection[str]]
"""The layers that hang in a theme of the catalogue."""


@dataclass(frozen=True, slots=True)
class Decider:
    """What conditions are decided by."""

    known: Knowledge
    layers_of: LayersOfTheme
    ignoring: str | None = None
    """A field that is taken as not given: so it is found out whether it matters."""

    @property
    def seen(self) -> Seen:
        """What the site check says."""
        return Seen(self.known.check)

    def decide(self, need: Need, stage: Stage) -> Answer:
        """Whether a condition of an approval of a stage holds."""
        if need == "always":
            return Answer(holds=True, why=(_of_stage(stage),))
        if isinstance(need, AnyOf):
            return _any([self.decide(part, stage) for part in need.any])
        if isinstance(need, AllOf):
            return _all([self.decide(part, stage) for part in need.all])
        if isinstance(need, OnField):
            return self._field(need)
        return self._finding(need)

    def depends_on(self, name: str, need: Need, stage: Stage) -> bool:
        """Whether a condition could come to another answer by a field, as all else stands."""
        without = replace(self, ignoring=name).decide(need, stage)
        return without.holds is None and any(why.field == name for why in without.why)

    def _finding(self, need: OnRule | OnLayer | OnTheme | OnOutcome) -> Answer:
        if isinstance(need, OnRule):
            return self.seen.rule(need.rule, need.outcome)
        if isinstance(need, OnLayer):
            return self.seen.layer(need.layer, need.outcome)
        if isinstance(need, OnTheme):
            return self.seen.theme(need.theme, self.layers_of(need.theme), need.outcome)
        return self.seen.outcome(need.outcome)

    def _field(self, need: OnField) -> Answer:
        title = self.known.pack.fields[need.field].title
        found = None if need.field == self.ignoring else self.known.of(need.field)
        if found is None:
            text = Bilingual(zh=f"未提供“{title.zh}”", en=f"“{title.en}” is not given")
            return Answer(None, (Why(kind="not_given", field=need.field, text=text),))
        holds = need.holds(found.value)
        drawn = self.known.drawn(need.field)
        if found.source.kind == "said" and drawn is not None and need.holds(drawn.value) != holds:
            return Answer(None, (self._differs(need, found, drawn),))
        if not holds:
            return NO
        said = self._shown(need.field, found.value)
        text = Bilingual(zh=f"{title.zh}：{said.zh}", en=f"{title.en}: {said.en}")
        return Answer(holds=True, why=(Why(kind="value", field=need.field, text=text),))

    def _differs(self, need: OnField, said: Known, drawn: Known) -> Why:
        title = self.known.pack.fields[need.field].title
        one, other = (self._shown(need.field, known.value) for known in (said, drawn))
        text = Bilingual(
            zh=f"{title.zh}：申报为 {one.zh}，蓝图量算为 {other.zh}，结论不同，请核对",
            en=f"{title.en}: stated as {one.en}, {other.en} in the blueprint, which differ here",
        )
        return Why(kind="differs", field=need.field, text=text)

    def _shown(self, name: str, value: Given) -> Bilingual:
        """A value as a person reads it."""
        field = self.known.pack.fields[name]
        if isinstance(value, bool):
            return Bilingual(zh="是" if value else "否", en="yes" if value else "no")
        for choice in field.choices:
            if choice.id == value:
                return choice.title
        text = value if isinstance(value, str) else f"{value:,.12g}"
        unit = f" {field.unit}" if field.unit else ""
        return Bilingual(zh=f"{text}{unit}", en=f"{text}{unit}")


def _of_stage(stage: Stage) -> Why:
    name = STAGE_NAMES[stage]
    text = Bilingual(zh=f"{name.zh}阶段必办", en=f"always, for {name.en}")
    return Why(kind="stage", text=text)


def _any(parts: list[Answer]) -> Answer:
    for wanted in (True, None):
        those = [part for part in parts if part.holds is wanted]
        if those:
            return _joined(those, holds=wanted)
    return NO


def _all(parts: list[Answer]) -> Answer:
    if any(part.holds is False for part in parts):
        return NO
    unknown = [part for part in parts if part.holds is None]
    return _joined(unknown or parts, holds=None if unknown else True)


def _joined(parts: list[Answer], *, holds: bool | None) -> Answer:
    """Answers of one kind with all their reasons, each once."""
    return Answer(holds, tuple(dict.fromkeys(why for part in parts for why in part.why)))
