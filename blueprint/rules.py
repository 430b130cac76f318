"""Rules as data (管控规则): what a layer means for a site, which layers must not overlap.

Input: a YAML pack as docs/rules.md describes. Output: `RulePack`, whose rules answer which legal
bases are in force on a given day. A rule without a basis in force on that day is not applied.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import cql2
from pydantic import AfterValidator, Field, model_validator

from blueprint.catalogue import Catalogue
from blueprint.errors import InvalidRulePack
from blueprint.values import Bilingual, Slug, Value, load_yaml

Severity = Literal["notice", "consult", "restricted", "prohibited"]
Level = Literal["law", "regulation", "ministry", "province", "city", "pilot", "standard"]

SHIPPED_PACK = Path(__file__).parent / "packs" / "xiamen.yaml"
"""The rule pack that comes with the service."""


def _is_cql2(text: str) -> str:
    try:
        cql2.parse_text(text)
    except cql2.ParseError:
        message = f"{text!r} is not a CQL2 filter, such as class = 'A'"
        raise ValueError(message) from None
    return text


Filter = Annotated[str, AfterValidator(_is_cql2)]


class Law(Value):
    """A law, regulation or measure and the days on which it is in force, both included."""

    title: Bilingual
    level: Level
    number: str | None = None
    in_force_from: date
    in_force_until: date | None = None
    superseded_by: str | None = None
    verified: bool = False
    note: str | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.in_force_until is not None and self.in_force_until < self.in_force_from:
            message = f"in_force_until {self.in_force_until} is before {self.in_force_from}"
            raise ValueError(message)
        return self

    def in_force_on(self, day: date) -> bool:
        """Whether the law binds on `day`."""
        return self.in_force_from <= day and (
            self.in_force_until is None or day <= self.in_force_until
        )


class Citation(Value):
    """Where in which law a rule stands; `verified` says the article itself was read."""

    law: Slug
    article: str | None = None
    verified: bool = False


class LegalBasis(Value):
    """A citation together with the law it cites (法律依据), as a finding carries it."""

    law: str
    title: Bilingual
    article: str | None
    level: Level
    number: str | None
    in_force_from: date
    in_force_until: date | None
    superseded_by: str | None
    verified: bool


class _Rule(Value):
    id: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z0-9_]+$")]
    severity: Severity
    department: Slug
    title: Bilingual
    message: Bilingual
    forgive_slivers: bool = True
    bases: Annotated[tuple[Citation, ...], Field(min_length=1)]


class SiteRule(_Rule):
    """What it means when a site meets a layer, or comes within `buffer_m` of its features.

    With `touches`, features that share the site's boundary and no ground are reported too.
    """

    kind: Literal["site"]
    layer: Slug
    where: Filter | None = None
    buffer_m: Annotated[float, Field(gt=0)] | None = None
    # told only where it is set: a pack that does not know it keeps its hash
    touches: bool = Field(default=False, exclude_if=lambda told: not told)

    @model_validator(mode="after")
    def _touches_what_is_drawn(self) -> Self:
        if self.touches and self.buffer_m is not None:
            message = f"rule {self.id}: a zone of buffer_m is not touched; leave one of them out"
            raise ValueError(message)
        return self


class ExclusiveRule(_Rule):
    """Two layers that must not overlap."""

    kind: Literal["exclusive"]
    left: Slug
    right: Slug
    left_where: Filter | None = None
    right_where: Filter | None = None


Rule = Annotated[SiteRule | ExclusiveRule, Field(discriminator="kind")]


class RulePack(Value):
    """A versioned set of rules with the laws they rest on.

    `applies_from` is the earliest application date that the pack was compiled for: before it, a
    rule without a basis in force may only mean that the older law was not entered.
    """

    id: Slug
    version: str
    name: Bilingual
    applies_from: date = date.min
    laws: dict[Slug, Law]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        twice = [name for name, uses in Counter(r.id for r in self.rules).items() if uses > 1]
        if twice:
            message = f"rule {twice[0]} is there twice; give each its own id"
            raise ValueError(message)
        for rule in self.rules:
            if not rule.id.startswith(f"{rule.kind}."):
                message = f"rule {rule.id}: its id must begin with {rule.kind}."
                raise ValueError(message)
            if isinstance(rule, ExclusiveRule) and rule.left == rule.right:
                message = f"rule {rule.id}: {rule.left} cannot be exclusive of itself"
                raise ValueError(message)
            for citation in rule.bases:
                if citation.law not in self.laws:
                    message = f"rule {rule.id}: law {citation.law} is not listed; add it to laws"
                    raise ValueError(message)
        for name, law in self.laws.items():
            if law.superseded_by is not None and law.superseded_by not in self.laws:
                message = f"law {name}: superseded_by {law.superseded_by} is not listed"
                raise ValueError(message)
        return self

    @cached_property
    def layers(self) -> frozenset[str]:
        """Every layer that a rule asks for."""
        return frozenset(layer for rule in self.rules for layer in _layers_of(rule))

    @cached_property
    def site_rules(self) -> tuple[SiteRule, ...]:
        """The rules of kind `site`."""
        return tuple(rule for rule in self.rules if isinstance(rule, SiteRule))

    @cached_property
    def exclusive_rules(self) -> tuple[ExclusiveRule, ...]:
        """The rules of kind `exclusive`."""
        return tuple(rule for rule in self.rules if isinstance(rule, ExclusiveRule))

    def bases_in_force(self, rule: SiteRule | ExclusiveRule, day: date) -> list[LegalBasis]:
        """The legal bases that carry the rule on `day`; none: the rule is not in force."""
        return [
            LegalBasis(
                law=citation.law,
                article=citation.article,
                verified=citation.verified,
                **self.laws[citation.law].model_dump(exclude={"verified", "note"}),
            )
            for citation in rule.bases
            if self.laws[citation.law].in_force_on(day)
        ]

    def check_against(self, catalogue: Catalogue) -> None:
        """See that every layer and department that a rule names is in the catalogue.

        Raises:
            InvalidRulePack: one is not.
        """
        for rule in self.rules:
            for layer in _layers_of(rule):
                if layer not in catalogue.by_id:
                    message = f"rule {rule.id}: layer {layer} is not in the catalogue; add it there"
                    raise InvalidRulePack(message)
            if rule.department not in catalogue.department_names:
                message = f"rule {rule.id}: department {rule.department} is not in the catalogue"
                raise InvalidRulePack(message)
            if isinstance(rule, ExclusiveRule):
                for layer in _layers_of(rule):
                    if catalogue.by_id[layer].geometry != "polygon":
                        message = f"rule {rule.id}: layer {layer} holds no polygons to overlap"
                        raise InvalidRulePack(message)


def _layers_of(rule: SiteRule | ExclusiveRule) -> Iterator[str]:
    yield from (rule.layer,) if isinstance(rule, SiteRule) else (rule.left, rule.right)


def load_rule_pack(path: Path) -> RulePack:
    """Read and check a rule pack.

    Raises:
        InvalidRulePack: with the place in the file and what is wrong there.
    """
    return load_yaml(path, RulePack, InvalidRulePack)
