"""How one project comes from another."""

from typing import Literal, get_args

from blueprint.values import Bilingual

LinkKind = Literal["phase", "split", "merge", "change", "replace"]
KINDS: tuple[LinkKind, ...] = get_args(LinkKind)

KIND_NAMES: dict[LinkKind, Bilingual] = {
    "phase": Bilingual(zh="分期", en="phase"),
    "split": Bilingual(zh="拆分", en="split"),
    "merge": Bilingual(zh="合并", en="merger"),
    "change": Bilingual(zh="变更", en="change"),
    "replace": Bilingual(zh="替代", en="replacement"),
}

DIVIDING: frozenset[LinkKind] = frozenset({"phase", "split"})
"""The parent goes on in parts: what the children take is taken from it."""

SUCCEEDING: frozenset[LinkKind] = frozenset({"change", "replace"})
"""The child stands where the parent stood: a parent has one such child at most."""
