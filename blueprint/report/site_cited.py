"""What the snapshot that a check cites says beyond the check: of its rules, laws and layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from blueprint.documents import Finding
from blueprint.report.control_lines import ControlLine, Group
from blueprint.rules.legal import Citation, Law
from blueprint.values import Bilingual


@dataclass(frozen=True, slots=True)
class Cited:
    """All empty where the snapshot is not in the store.

    `bases` are by rule, `themes` by layer; `lines` are the control lines that the reader may see.
    """

    titles: Mapping[str, Bilingual] = field(default_factory=dict)
    laws: Mapping[str, Law] = field(default_factory=dict)
    bases: Mapping[str, Sequence[Citation]] = field(default_factory=dict)
    lines: Sequence[ControlLine] = ()
    themes: Mapping[str, Bilingual] = field(default_factory=dict)

    def group_of(self, layer: str) -> Group:
        """Which control lines a layer is one of."""
        found = (line.group for line in self.lines if line.layer == layer)
        return next(found, "topic")

    def theme_of(self, layer: str) -> Bilingual | None:
        """The theme that a layer is in; None: not known."""
        return self.themes.get(layer)

    def articles_of(self, law: str, findings: Sequence[Finding]) -> list[str]:
        """The articles of a law that the rules of findings cite, in force or not."""
        cited = (
            citation.article
            for finding in findings
            for citation in self.bases.get(finding.rule, ())
            if citation.law == law
        )
        return [article for article in dict.fromkeys(cited) if article is not None]
