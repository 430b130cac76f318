"""Whether an approvals pack fits the city: its departments, its layers, the rules of its blueprint.

Input: a pack, a catalogue, a rule pack. Output: a `Misfit` for each name that leads nowhere. A
condition on a rule or a layer that is not there would never be decided.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from blueprint.approvals.needs import Leaf, OnLayer, OnRule, OnTheme, leaves
from blueprint.approvals.pack import ApprovalsPack
from blueprint.catalogue import Catalogue
from blueprint.errors import InvalidApprovals
from blueprint.rules.pack import RulePack

_UNASKED = "layer {} is asked for by no rule on sites; name another"


@dataclass(frozen=True, slots=True)
class Misfit:
    """What of a pack names what is not there; `text` is one line with the remedy."""

    what: Literal["approval", "document", "field"]
    id: str
    text: str
    row: int | None = None


def check_fit(pack: ApprovalsPack, catalogue: Catalogue | None, rules: RulePack | None) -> None:
    """See that all that a pack names is in the catalogue and among the rules.

    Raises:
        InvalidApprovals: something is not; one line for each.
    """
    lines = [
        f"{'' if one.row is None else pack.line_of(one.row)}{one.text}"
        for one in misfits(pack, catalogue, rules)
    ]
    if lines:
        raise InvalidApprovals(*lines)


def misfits(
    pack: ApprovalsPack, catalogue: Catalogue | None, rules: RulePack | None
) -> Iterator[Misfit]:
    """What a pack names that catalogue or rules have not; None: that is not looked at."""
    if catalogue is not None:
        yield from _strange_departments(pack, catalogue)
    for row, approval in enumerate(pack.approvals):
        for leaf in (leaf for need in approval.needs() for leaf in leaves(need)):
            text = _in_vain(leaf, catalogue, rules)
            if text is not None:
                yield Misfit("approval", approval.id, f"approval {approval.id}: {text}", row)
    if rules is None:
        return
    known = {rule.id for rule in rules.check_rules}
    for name, field in pack.fields.items():
        if field.from_finding is not None and field.from_finding.rule not in known:
            text = f"rule {field.from_finding.rule} checks no site; name another"
            yield Misfit("field", name, f"field {name}: {text}")
        if field.home is not None and field.home[0] == "answer":
            question = field.home[1]
            if question not in rules.questions:
                text = f"the rules do not ask {question}; drop kept_as"
                yield Misfit("field", name, f"field {name}: {text}")


def _strange_departments(pack: ApprovalsPack, catalogue: Catalogue) -> Iterator[Misfit]:
    for row, approval in enumerate(pack.approvals):
        if approval.department not in catalogue.department_names:
            text = f"department {approval.department} is not in the catalogue; add it there"
            yield Misfit("approval", approval.id, f"approval {approval.id}: {text}", row)
    for name, kind in pack.documents.items():
        if kind.department is not None and kind.department not in catalogue.department_names:
            text = f"department {kind.department} is not in the catalogue; add it there"
            yield Misfit("document", name, f"document {name}: {text}")


def _in_vain(leaf: Leaf, catalogue: Catalogue | None, rules: RulePack | None) -> str | None:
    """What a condition asks for that is not there; None: it can be decided."""
    if isinstance(leaf, OnRule):
        known = None if rules is None else {rule.id for rule in rules.check_rules}
        return _unless(leaf.rule, known, "rule {} checks no site; name another")
    if isinstance(leaf, OnTheme):
        there = catalogue is None or layers_of_theme(catalogue, leaf.theme)
        return None if there else f"theme {leaf.theme} has no layers in the catalogue; name another"
    if isinstance(leaf, OnLayer):
        known = None if catalogue is None else set(catalogue.by_id)
        missing = _unless(leaf.layer, known, "layer {} is not in the catalogue; name another")
        if rules is not None and missing is None:
            known = {layer for rule in rules.check_rules for layer in rule.asked_layers()}
        return missing or _unless(leaf.layer, known, _UNASKED)
    return None


def _unless(name: str, known: set[str] | None, text: str) -> str | None:
    return None if known is None or name in known else text.format(name)


def layers_of_theme(catalogue: Catalogue, theme: str) -> frozenset[str]:
    """The layers of a theme, or of a sub-theme, by its id."""
    return frozenset(
        layer.id
        for one in catalogue.themes
        for sub in one.subthemes
        if theme in (one.id, sub.id)
        for layer in sub.layers
    )
