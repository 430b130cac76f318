"""Rules as data (管控规则): what a layer means for a site, how layers have to fit together.

Input: a YAML pack as docs/rules.md describes. Output: `RulePack`, whose rules answer which legal
bases are in force on a given day. A rule without a basis in force on that day is not applied.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from blueprint.catalogue import Catalogue
from blueprint.errors import InvalidRulePack
from blueprint.rules.kinds.base import BaseRule, Filter, Severity
from blueprint.rules.kinds.matrix import MatrixRule
from blueprint.rules.kinds.models import AttributeRule, DistanceRule, HeightRule, SiteRule
from blueprint.rules.kinds.plan_models import (
    ContainsRule,
    CoverageRule,
    ExclusiveRule,
    QuotaRule,
    WithinRule,
)
from blueprint.rules.kinds.project_rule import ProjectRule
from blueprint.rules.legal import Citation, Law, LegalBasis, Level, basis_of
from blueprint.rules.placed import PlacedPack
from blueprint.values import Bilingual, Slug, Value

__all__ = [
    "SHIPPED_PACK",
    "AttributeRule",
    "Citation",
    "ContainsRule",
    "CoverageRule",
    "DistanceRule",
    "ExclusiveRule",
    "Filter",
    "HeightRule",
    "Law",
    "LegalBasis",
    "Level",
    "MatrixRule",
    "Mistake",
    "OverlayRule",
    "ProjectRule",
    "Question",
    "QuotaRule",
    "Rule",
    "RulePack",
    "Severity",
    "SiteCheckRule",
    "SiteRule",
    "WithinRule",
    "mistakes_of",
]

SHIPPED_PACK = Path(__file__).parent.parent / "packs" / "xiamen.yaml"
"""The rule pack that comes with the service."""

Rule = Annotated[
    SiteRule
    | ExclusiveRule
    | DistanceRule
    | HeightRule
    | AttributeRule
    | ProjectRule
    | QuotaRule
    | CoverageRule
    | WithinRule
    | ContainsRule
    | MatrixRule,
    Field(discriminator="kind"),
]

OverlayRule = ExclusiveRule | MatrixRule
"""A rule that a search for conflicts applies."""

SiteCheckRule = SiteRule | DistanceRule | HeightRule | AttributeRule | ProjectRule
"""A rule that a site check applies."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a pack and what to do, in one line.

    `at` is the path of what it is about; `unknown` the name that is listed nowhere, if that is it.
    """

    at: tuple[str | int, ...]
    text: str
    unknown: str | None = None


class Question(Value):
    """What is asked of the applicant, to be answered yes or no."""

    text: Bilingual


class RulePack(PlacedPack):
    """A versioned set of rules with the laws they rest on and the questions they ask.

    `applies_from` is the earliest application date that the pack was compiled for: before it, a
    rule without a basis in force may only mean that the older law was not entered.
    """

    id: Slug
    version: str
    name: Bilingual
    applies_from: date = date.min
    laws: dict[Slug, Law]
    questions: dict[Slug, Question] = Field(default_factory=dict)
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for mistake in mistakes_of(self):
            raise ValueError(mistake.text)
        return self

    @cached_property
    def layers(self) -> frozenset[str]:
        """Every layer that a rule asks for."""
        return frozenset(layer for rule in self.rules for layer in rule.asked_layers())

    @cached_property
    def site_rules(self) -> tuple[SiteRule, ...]:
        """The rules of kind `site`."""
        return tuple(rule for rule in self.rules if isinstance(rule, SiteRule))

    @cached_property
    def check_rules(self) -> tuple[SiteCheckRule, ...]:
        """The rules that a site check applies, those of kind `site` first."""
        others = (rule for rule in self.rules if not isinstance(rule, SiteRule))
        return (*self.site_rules, *(r for r in others if isinstance(r, SiteCheckRule)))

    @cached_property
    def exclusive_rules(self) -> tuple[ExclusiveRule, ...]:
        """The rules of kind `exclusive`."""
        return tuple(rule for rule in self.rules if isinstance(rule, ExclusiveRule))

    @cached_property
    def overlay_rules(self) -> tuple[OverlayRule, ...]:
        """The rules that a search for conflicts applies."""
        return tuple(rule for rule in self.rules if isinstance(rule, OverlayRule))

    def bases_in_force(self, rule: BaseRule, day: date) -> list[LegalBasis]:
        """The legal bases that carry the rule on `day`; none: the rule is not in force."""
        laws = self.laws
        return [self.basis(one) for one in rule.bases if laws[one.law].in_force_on(day)]

    def is_in_force(self, rule: BaseRule, day: date) -> bool:
        """Whether a law carries the rule on `day`."""
        return any(self.laws[citation.law].in_force_on(day) for citation in rule.bases)

    def basis(self, citation: Citation) -> LegalBasis:
        """A citation with the law it cites."""
        if citation not in self.cited:
            self.cited[citation] = basis_of(self.laws, citation)
        return self.cited[citation]

    @cached_property
    def cited(self) -> dict[Citation, LegalBasis]:
        """What `basis` has told already; every finding asks it."""
        return {}

    def check_against(self, catalogue: Catalogue) -> None:
        """See that every layer and department that a rule names is in the catalogue.

        Raises:
            InvalidRulePack: one is not; one line for each mistake.
        """
        lines = [
            f"{self.line_of(int(mistake.at[1]))}{mistake.text}"
            for mistake in _misfits(self, catalogue)
        ]
        if lines:
            raise InvalidRulePack(*lines)


def mistakes_of(pack: RulePack) -> Iterator[Mistake]:
    """What does not hang together in a pack whose every part is sound."""
    first: dict[str, int] = {}
    for row, rule in enumerate(pack.rules):
        if first.setdefault(rule.id, row) != row:
            text = f"rule {rule.id} is there twice; give each its own id"
            yield Mistake(("rules", row, "id"), text)
        yield from _mistakes_of_rule(pack, row, rule)
    yield from mistakes_of_laws(pack.laws)


def _mistakes_of_rule(pack: RulePack, row: int, rule: Rule) -> Iterator[Mistake]:
    at = ("rules", row)
    if not rule.id.startswith(f"{rule.kind}."):
        text = f"rule {rule.id}: its id must begin with {rule.kind}.; rename it"
        yield Mistake((*at, "id"), text)
    for number, citation in enumerate(rule.bases):
        departs_from = citation.departs_from
        for law in (citation.law, *(() if departs_from is None else (departs_from.law,))):
            if law not in pack.laws:
                text = f"rule {rule.id}: law {law} is not listed; add it to laws"
                yield Mistake((*at, "bases", number), text, unknown=law)
    if isinstance(rule, SiteRule) and rule.ask is not None and rule.ask not in pack.questions:
        text = f"rule {rule.id}: question {rule.ask} is not listed; add it to questions"
        yield Mistake((*at, "ask"), text, unknown=rule.ask)


def mistakes_of_laws(laws: Mapping[str, Law]) -> Iterator[Mistake]:
    """What does not hang together among the laws of a pack."""
    for name, law in laws.items():
        heir = law.superseded_by
        at = ("laws", name, "superseded_by")
        if heir is not None and heir not in laws:
            text = f"law {name}: superseded_by {heir} is not listed; add it to laws"
            yield Mistake(at, text, unknown=heir)
        elif _comes_back(laws, name):
            text = f"law {name}: is superseded by itself in the end; correct superseded_by"
            yield Mistake(at, text)
        for other in law.conflicts_with:
            if other not in laws or other == name:
                text = f"law {name}: conflicts_with {other} is no other law; add it, or take it out"
                yield Mistake(("laws", name, "conflicts_with"), text, unknown=other)


def _comes_back(laws: Mapping[str, Law], name: str) -> bool:
    """Whether following `superseded_by` from a law leads to it again."""
    seen = {name}
    follower = laws[name].superseded_by
    while follower is not None and follower in laws and follower not in seen:
        seen.add(follower)
        follower = laws[follower].superseded_by
    return follower == name


def _misfits(pack: RulePack, catalogue: Catalogue) -> Iterator[Mistake]:
    """What a pack names that a catalogue has not, or has of another geometry."""
    for row, rule in enumerate(pack.rules):
        at = ("rules", row)
        known = [name for name in rule.asked_layers() if name in catalogue.by_id]
        for layer in dict.fromkeys(rule.asked_layers()):
            if layer not in known:
                text = f"rule {rule.id}: layer {layer} is not in the catalogue; add it there"
                yield Mistake(at, text)
        for department in rule.departments:
            if department not in catalogue.department_names:
                text = f"rule {rule.id}: department {department} is not in the catalogue; add it"
                yield Mistake(at, text)
        for geometry, named in (
            ("polygon", rule.polygon_layers()),
            ("line", rule.line_layers()),
        ):
            for layer in dict.fromkeys(named):
                if layer in known and catalogue.by_id[layer].geometry != geometry:
                    text = f"rule {rule.id}: layer {layer} holds no {geometry}s; name one that does"
                    yield Mistake(at, text)
