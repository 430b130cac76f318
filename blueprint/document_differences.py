"""What differs between two JSON documents, path by path.

Input: two documents as `json.loads` gives them. Output: `Difference`s in the order of the first
one's members. Lists of one length are compared place by place; of another length, what was taken
out and put in is told apart from what stayed.
"""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal

from blueprint.values import Value
from layers.table import canonical_json

_MOST_ALIGNED = 500
"""Elements up to which lists of unlike length are aligned: beyond, that would take minutes."""


class Difference(Value):
    """One place where two documents differ, by its path, as in findings[0].area.mu.

    missing: the second document lacks it; added: the first one does.
    """

    path: str
    kind: Literal["changed", "missing", "added"]
    old: Any = None
    new: Any = None


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Every place where two documents differ; none where they are equal."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_members(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_elements(old, new, path)
    elif type(old) is not type(new) or old != new:
        yield Difference(path=path, kind="changed", old=old, new=new)


def _of_members(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for name in [*old, *(name for name in new if name not in old)]:
        at = f"{path}.{name}" if path else name
        if name not in new:
            yield Difference(path=at, kind="missing", old=old[name])
        elif name not in old:
            yield Difference(path=at, kind="added", new=new[name])
        else:
            yield from differences(old[name], new[name], at)


def _of_elements(old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    if len(old) == len(new):
        for row, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}[{row}]")
        return
    if max(len(old), len(new)) > _MOST_ALIGNED:
        yield Difference(path=path, kind="changed", old=old, new=new)
        return
    before, after = ([canonical_json([one]) for one in side] for side in (old, new))
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if b - a == d - c:
            for row in range(a, b):
                yield from differences(old[row], new[c + row - a], f"{path}[{row}]")
            continue
        for row in range(a, b):
            yield Difference(path=f"{path}[{row}]", kind="missing", old=old[row])
        for row in range(c, d):
            yield Difference(path=f"{path}[{row}]", kind="added", new=new[row])
