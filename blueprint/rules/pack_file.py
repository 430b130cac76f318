"""Reading a rule pack from its file: every mistake with file, line and remedy, one line each.

Input: a YAML file. Output: `RulePack`, which knows on which lines its rules stand. How it is read
is the same for packs of all kinds (`pack_reader`).
"""

from pathlib import Path
from typing import Self, get_args

from pydantic import BaseModel, model_validator

from blueprint.errors import InvalidRulePack
from blueprint.rules.legal import Law
from blueprint.rules.pack import Question, Rule, RulePack, mistakes_of
from blueprint.rules.pack_reader import PackKind, read_pack

_KINDS: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(Rule)[0])
}


class _LoosePack(RulePack):
    """A pack whose parts are sound, whether or not they hang together."""

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        return self


_RULE_PACK: PackKind[RulePack] = PackKind(
    model=RulePack,
    loose=_LoosePack,
    mistakes_of=mistakes_of,
    error=InvalidRulePack,
    docs="docs/rules.md",
    lists={"rules": "rule"},
    maps={"laws": "law", "questions": "question"},
    models={"laws": Law, "questions": Question},
    variants={"rules": _KINDS},
)


def load_rule_pack(path: Path) -> RulePack:
    """Read and check a rule pack.

    Raises:
        InvalidRulePack: one line for each mistake, with file, line and remedy.
    """
    pack, document = read_pack(_RULE_PACK, path)
    places = {row: document.line_of(("rules", row)) for row in range(len(pack.rules))}
    pack.place_in(path.name, places)
    return pack
