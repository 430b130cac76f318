"""Reading an approvals pack from its file: every mistake with file, line and remedy.

Input: a YAML file, and the rule pack that it names by `laws_from`, beside it. Output:
`ApprovalsPack`, which holds the laws of that rule pack that it cites, and so stands by itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from blueprint.approvals.fields import FormField
from blueprint.approvals.kinds import Approval, DocumentKind
from blueprint.approvals.pack import ApprovalsPack, mistakes_of
from blueprint.errors import InvalidApprovals, InvalidRulePack
from blueprint.rules.legal import Law
from blueprint.rules.pack_file import load_rule_pack
from blueprint.rules.pack_reader import PackKind, read_pack
from blueprint.rules.yaml_nodes import YamlDocument

SHIPPED_APPROVALS = Path(__file__).parent / "packs" / "xiamen.yaml"
"""The approvals pack that comes with the service."""


class _LoosePack(ApprovalsPack):
    """A pack whose parts are sound, whether or not they hang together."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        return self


_APPROVALS: PackKind[ApprovalsPack] = PackKind(
    model=ApprovalsPack,
    loose=_LoosePack,
    mistakes_of=mistakes_of,
    error=InvalidApprovals,
    docs="docs/approvals.md",
    lists={"approvals": "approval"},
    maps={"laws": "law", "documents": "document", "fields": "field"},
    models={"laws": Law, "documents": DocumentKind, "fields": FormField, "approvals": Approval},
)


def load_approvals(path: Path) -> ApprovalsPack:
    """Read and check an approvals pack.

    Raises:
        InvalidApprovals: one line for each mistake, with file, line and remedy.
    """
    pack, document = read_pack(_APPROVALS, path, lambda found: _with_laws(found, path))
    places = {row: document.line_of(("approvals", row)) for row in range(len(pack.approvals))}
    pack.place_in(path.name, places)
    return pack


def _with_laws(document: YamlDocument, path: Path) -> object:
    """What the file says, with those laws of the rule pack it names that it cites."""
    content = document.content
    name = content.get("laws_from") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(name, str):
        return content
    here = f"{path.name}:{document.line_of(('laws_from',))}: laws_from: "
    try:
        borrowed = load_rule_pack(path.parent / name).laws
    except InvalidRulePack as problem:
        first = problem.lines[0]
        raise InvalidApprovals(f"{here}{first}") from None
    own = content.get("laws") or {}
    twice = [law for law in own if law in borrowed] if isinstance(own, dict) else []
    if twice:
        where = f"{path.name}:{document.line_of(('laws', twice[0]))}: law {twice[0]}: "
        raise InvalidApprovals(f"{where}is one of laws_from too; take it out here")
    if not isinstance(own, dict):
        return content
    laws = {law: borrowed[law].model_dump(mode="json") for law in _followed(content, borrowed)}
    return content | {"laws": laws | own}


def _followed(content: Any, borrowed: dict[str, Law]) -> list[str]:
    """The laws that are cited, and those that they lead to, in the order of the rule pack."""
    found: set[str] = set()
    ahead = [law for law in _cited(content) if law in borrowed]
    while ahead:
        law = ahead.pop()
        if law not in found:
            found.add(law)
            heirs = (borrowed[law].superseded_by, *borrowed[law].conflicts_with)
            ahead += [one for one in heirs if one in borrowed]
    return [law for law in borrowed if law in found]


def _cited(content: Any) -> Iterator[str]:
    """Every law that is named anywhere."""
    if isinstance(content, list):
        for part in content:
            yield from _cited(part)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key in ("law", "superseded_by") and isinstance(value, str):
                yield value
            elif key == "conflicts_with" and isinstance(value, list):
                yield from (one for one in value if isinstance(one, str))
            else:
                yield from _cited(value)
